/* SPDX-License-Identifier: MIT
 *
 * The fake engine: ids, ops, jobs, and the functions that the shim calls. See fake_engine.h.
 */
#include "fake_inside.h"

#include <sys/eventfd.h>
#include <unistd.h>

uint32_t fake_engines;
uint64_t fake_steps, fake_refused;
uint32_t fake_deaf;

/* ---- Ids ------------------------------------------------------------------------------------- */

slot_t *fake_place(engine_t *e, uint64_t id) {
    uint64_t maker = id >> 61, index = (id >> 33) & ((1u << 28) - 1);
    if ((maker != 1 && maker != 2) || index >= (1u << 22))
        return NULL;
    uint32_t *size = &e->sizes[maker - 1];
    if (index >= *size) {
        uint32_t grown = *size == 0 ? 64 : *size;
        while (grown <= index)
            grown *= 2;
        slot_t *table = realloc(e->tables[maker - 1], grown * sizeof *table);
        if (table == NULL)
            abort();
        memset(table + *size, 0, (grown - *size) * sizeof *table);
        e->tables[maker - 1] = table;
        *size = grown;
    }
    return &e->tables[maker - 1][index];
}

static int counted(const slot_t *s) {
    return (s->state == LIVE || s->state == ENDING) && !s->unref && !s->muted;
}

/* Write an event of an id; the final one, without LOOP_EV_MORE, frees its slot. */
loop_event_t *fake_tell(engine_t *e, slot_t *s, int32_t status, uint32_t flags) {
    loop_event_t *ev = push(&e->out);
    ev->id = s->id;
    ev->cb = s->cb;
    ev->user = s->user;
    ev->status = status;
    ev->code = s->code;
    ev->flags =
        (uint16_t)(flags | (status != 0 ? LOOP_KIND_ERROR : 0) | (s->muted ? LOOP_EV_MUTED : 0));
    if ((flags & LOOP_EV_MORE) == 0) {
        e->alive -= (uint64_t)counted(s);
        e->live--;
        s->state = FREE;
        if (s->code == LOOP_OP_POLL_FD)
            epoll_ctl(e->shared->poll_fd, EPOLL_CTL_DEL, (int)s->arg, NULL);
    }
    return ev;
}

/* ---- Ops ------------------------------------------------------------------------------------- */

static void refuse(engine_t *e, const loop_op_t *op, int32_t status) {
    loop_event_t *ev = push(&e->pending);
    __atomic_add_fetch(&fake_refused, 1, __ATOMIC_RELAXED);
    ev->id = op->id;
    ev->cb = op->cb;
    ev->user = op->user;
    ev->status = status;
    ev->code = op->code;
    ev->flags = LOOP_EV_REFUSED | LOOP_KIND_ERROR;
}

static void start_job(engine_t *e, slot_t *s, const loop_op_t *op) {
    loop__job_t *job = e->unused;
    if (job != NULL)
        e->unused = job->next;
    else
        job = malloc(sizeof *job);
    if (job == NULL)
        abort();
    memset(job, 0, sizeof *job);
    job->fn = (loop_work_fn)(intptr_t)op->arg;
    job->arg = (void *)(uintptr_t)op->data;
    job->id = op->id;
    job->seq = s->seq;
    job->label = op->target != 0 ? (const char *)(uintptr_t)op->target : "work";
    job->lane = (uint8_t)op->len;
    job->code = (uint8_t)op->code;
    s->job = job;
    __atomic_add_fetch(&e->shared->queued[job->lane], 1, __ATOMIC_SEQ_CST);
    *e->start_tail = job;
    e->start_tail = &job->next;
}

void fake_record(engine_t *e, uint32_t kind, const slot_t *s) {
    if (e->shared->trace_on && e->trace_count < 8)
        e->trace[e->trace_count++] = (loop_trace_t){.kind = kind,
                                                    .id = s != NULL ? s->id : 0,
                                                    .seq = s != NULL ? s->seq : e->pass,
                                                    .code = s != NULL ? s->code : 0};
}

static void start(engine_t *e, const loop_op_t *op) {
    slot_t *s = fake_place(e, op->id);
    if (s == NULL || s->state != FREE || op->id <= s->id) {
        refuse(e, op, LOOP_EBADID);
        return;
    }
    if (e->closing) {
        refuse(e, op, LOOP_ECLOSED);
        return;
    }
    *s = (slot_t){.id = op->id,
                  .seq = ++e->seq,
                  .user = op->user,
                  .cb = op->cb,
                  .arg = op->arg,
                  .period = (int64_t)op->target,
                  .data = op->data,
                  .len = op->len,
                  .code = op->code,
                  .flags = op->flags,
                  .state = LIVE,
                  .unref = (op->flags & LOOP_OPF_UNREF) != 0};
    e->live++;
    e->alive += (uint64_t)counted(s);
    fake_record(e, LOOP_TRACE_REGISTER, s);
    if (op->code == LOOP_OP_WORK)
        start_job(e, s, op);
    if (op->code == LOOP_OP_POLL_FD) {
        struct epoll_event ev = {.events = (op->len & LOOP_READABLE ? EPOLLIN : 0u) |
                                           (op->len & LOOP_WRITABLE ? EPOLLOUT : 0u),
                                 .data.u64 = op->id};
        epoll_ctl(e->shared->poll_fd, EPOLL_CTL_ADD, (int)op->arg, &ev);
    }
}

/* Ends a live id, now or when its function has returned. */
void fake_end(engine_t *e, slot_t *s, int32_t status) {
    uint32_t queued = LOOP__JOB_QUEUED;
    s->status = status;
    if (s->code == LOOP_OP_WORK) {
        if (!__atomic_compare_exchange_n(&s->job->state, &queued, LOOP__JOB_CANCELED, 0,
                                         __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
            if (!s->muted)
                fake_tell(e, s, status, LOOP_EV_MORE | LOOP_EV_OUTCOME);
            e->alive -= (uint64_t)counted(s);
            s->state = IN_USE;
            return;
        }
        __atomic_sub_fetch(&e->shared->queued[s->job->lane], 1, __ATOMIC_SEQ_CST);
    }
    fake_tell(e, s, status, 0);
}

static void control(engine_t *e, const loop_op_t *op) {
    slot_t *s = find(e, op->target);
    if (op->code == LOOP_OP_LABEL || op->code == LOOP__OP_QUEUE_LIMIT)
        return;
    if (op->code < LOOP_OP_CANCEL || op->code > LOOP_OP_LABEL || s == NULL) {
        refuse(e, op, s == NULL && op->code <= LOOP_OP_LABEL ? LOOP_EBADID : LOOP_EINVAL);
        return;
    }
    int was = counted(s);
    switch (op->code) {
    case LOOP_OP_REF:
    case LOOP_OP_UNREF:
        s->unref = op->code == LOOP_OP_UNREF;
        break;
    case LOOP_OP_REFRESH:
        s->arg = op->arg;
        break;
    case LOOP_OP_CLEAR:
        s->muted = 1;
        break;
    default:
        break;
    }
    e->alive += (uint64_t)(counted(s) - was);
    if (s->state == LIVE && (op->code == LOOP_OP_CANCEL || op->code == LOOP_OP_CLEAR)) {
        /* Ends in the pending phase. */
        queue_t saved = e->out;
        e->out = e->pending;
        fake_end(e, s, LOOP_ECANCELED);
        e->pending = e->out;
        e->out = saved;
    }
}

static void take_ops(engine_t *e, const loop__step_t *step) {
    for (uint32_t i = 0; i < step->op_count && !e->panicked && !fake_deaf; i++) {
        const loop_op_t *op =
            (const loop_op_t *)((const char *)step->ops + (size_t)i * step->op_stride);
        if (op->code == FAKE_OP_PANIC)
            e->panicked = 1;
        else if (op->code >= LOOP_OP_TIMER && op->code <= LOOP_OP_HTTP)
            start(e, op);
        else
            control(e, op);
    }
}

static void take_finished(engine_t *e, loop__step_t *step) {
    loop__job_t *next;
    for (loop__job_t *job = step->returned; job != NULL; job = next) {
        next = job->next;
        job->next = e->unused;
        e->unused = job;
    }
    step->returned = NULL;
    for (loop__job_t *job = step->finished; job != NULL; job = next) {
        next = job->next;
        if (__atomic_load_n(&job->state, __ATOMIC_SEQ_CST) == LOOP__JOB_CANCELED) {
            job->next = e->unused;
            e->unused = job;
            continue;
        }
        loop_event_t *ev = push(&e->results);
        ev->id = job->id;
        ev->aux = (uint64_t)(uintptr_t)job;
    }
    step->finished = NULL;
}

/* ---- What the shim calls --------------------------------------------------------------------- */

int32_t loopgo_new(loop_options_t *options, loop__shared_t *shared, void **engine_out) {
    engine_t *e = calloc(1, sizeof *e);
    if (e == NULL)
        return LOOP_ENOMEM;
    if (options->backend > LOOP_BACKEND_EPOLL) {
        free(e);
        return LOOP_ENOTSUP;
    }
    e->shared = shared;
    e->start_tail = &e->start;
    shared->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    shared->poll_fd = epoll_create1(EPOLL_CLOEXEC);
    shared->backend = LOOP_BACKEND_EPOLL;
    shared->ready = e->ready;
    shared->ready_capacity = READY;
    struct epoll_event ev = {.events = EPOLLIN | EPOLLET};
    epoll_ctl(shared->poll_fd, EPOLL_CTL_ADD, shared->wake_fd, &ev);
    __atomic_add_fetch(&fake_engines, 1, __ATOMIC_RELAXED);
    *engine_out = e;
    return 0;
}

int32_t loopgo_step(void *engine, loop__step_t *step) {
    engine_t *e = engine;
    __atomic_add_fetch(&fake_steps, 1, __ATOMIC_RELAXED);
    if (e->panicked)
        return LOOP_EPANIC;
    if ((step->flags & LOOP__STEP_CLOSE) != 0)
        e->closing = 1;
    e->trace_count = 0;
    take_ops(e, step);
    if (e->panicked)
        return LOOP_EPANIC;
    take_finished(e, step);
    step->answer = LOOP__BATCH;
    step->nevents = step->posts_taken = step->phase = 0;
    if ((step->flags & LOOP__STEP_SUBMIT) == 0) {
        if (e->out.count > 0)
            step->phase = e->phase;
        else
            fake_advance(e, step);
        fake_write_batch(e, step);
        step->values = e->spent;
        e->spent = NULL;
    }
    step->start = e->start;
    e->start = NULL;
    e->start_tail = &e->start;
    step->alive = e->alive;
    step->pass = e->pass;
    step->now_ns = e->now = clock_now();
    step->trace = e->trace;
    step->trace_count = e->trace_count;
    return 0;
}

int32_t loopgo_task(void *engine, loop__job_t *job) {
    (void)engine, (void)job;
    return 0;
}

int32_t loopgo_stats(void *engine, uint32_t what, uint32_t index, void *out) {
    (void)engine, (void)what, (void)index, (void)out;
    return 0;
}

int32_t loopgo_ask(void *engine, uint32_t what, uint64_t id, int64_t *out) {
    engine_t *e = engine;
    slot_t *s = find(e, id);
    if (what == LOOP__ASK_BACKEND_TIMEOUT) {
        int64_t first = fake_first_deadline(e), now = clock_now();
        *out = first == INT64_MAX ? -1 : first <= now ? 0 : first - now;
        return 0;
    }
    if (s == NULL)
        return LOOP_EBADID;
    if (what == LOOP__ASK_DUE_IN) {
        int64_t left = s->arg - clock_now();
        if (s->code != LOOP_OP_TIMER)
            return LOOP_EBADID;
        *out = left > 0 ? left : 0;
    } else {
        *out = !s->unref;
    }
    return 0;
}

int32_t loopgo_epitaph(void *engine, loop__step_t *step) {
    engine_t *e = engine;
    step->nevents = 0;
    e->out.count = e->out.head = 0;
    for (int t = 0; t < 2; t++)
        for (uint32_t i = 0; i < e->sizes[t]; i++) {
            if (step->nevents + e->out.count == step->event_capacity)
                break;
            if (e->tables[t][i].state != FREE)
                fake_tell(e, &e->tables[t][i], LOOP_EPANIC, 0);
        }
    fake_write_batch(e, step);
    return 0;
}

int32_t loopgo_panic_text(void *engine, char *text, uint32_t capacity) {
    (void)engine;
    strncpy(text, "a fake panic", capacity);
    return 0;
}

int32_t loopgo_free(void *engine) {
    engine_t *e = engine;
    loop__job_t *next;
    if (e->live > 0)
        return LOOP_EBUSY;
    close(e->shared->wake_fd);
    close(e->shared->poll_fd);
    e->shared->wake_fd = e->shared->poll_fd = -1;
    for (loop__job_t *job = e->unused; job != NULL; job = next) {
        next = job->next;
        free(job);
    }
    free(e->tables[0]);
    free(e->tables[1]);
    free(e->pending.items);
    free(e->results.items);
    free(e->out.items);
    free(e);
    __atomic_sub_fetch(&fake_engines, 1, __ATOMIC_RELAXED);
    return 0;
}
