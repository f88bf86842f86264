/* SPDX-License-Identifier: MIT
 *
 * The fake engine: the way through the phases.
 */
#include "fake_inside.h"

static int earlier(const void *a, const void *b) {
    const slot_t *x = *(slot_t *const *)a, *y = *(slot_t *const *)b;
    if (x->arg != y->arg)
        return x->arg < y->arg ? -1 : 1;
    return x->seq < y->seq ? -1 : 1;
}

static int older(const void *a, const void *b) {
    const slot_t *x = *(slot_t *const *)a, *y = *(slot_t *const *)b;
    return x->seq < y->seq ? -1 : 1;
}

/* All slots for which want is true, in order. Freed by the caller. */
static slot_t **list(engine_t *e, int (*want)(const engine_t *, const slot_t *),
                     int (*order)(const void *, const void *), size_t *n_out) {
    slot_t **all = malloc((e->live + 1) * sizeof *all);
    size_t n = 0;
    for (int t = 0; t < 2; t++)
        for (uint32_t i = 0; i < e->sizes[t]; i++)
            if (e->tables[t][i].state == LIVE && want(e, &e->tables[t][i]))
                all[n++] = &e->tables[t][i];
    qsort(all, n, sizeof *all, order);
    *n_out = n;
    return all;
}

static int is_due(const engine_t *e, const slot_t *s) {
    return s->code == LOOP_OP_TIMER && s->arg <= e->now;
}

static int is_watcher(const engine_t *e, const slot_t *s) {
    static const uint16_t codes[] = {0, 0, 0, LOOP_OP_IDLE, LOOP_OP_PREPARE, 0, LOOP_OP_CHECK, 0};
    return s->code == codes[e->phase];
}

static int is_any(const engine_t *e, const slot_t *s) {
    return e != NULL && s != NULL;
}

int64_t fake_first_deadline(const engine_t *e) {
    int64_t first = INT64_MAX;
    for (int t = 0; t < 2; t++)
        for (uint32_t i = 0; i < e->sizes[t]; i++) {
            const slot_t *s = &e->tables[t][i];
            if (s->state == LIVE && s->code == LOOP_OP_TIMER && s->arg < first)
                first = s->arg;
        }
    return first;
}

static void fill_timers(engine_t *e) {
    size_t n;
    e->now = clock_now();
    slot_t **due = list(e, is_due, earlier, &n);
    for (size_t i = 0; i < n; i++) {
        int repeat = (due[i]->flags & LOOP_OPF_REPEAT) != 0;
        fake_tell(e, due[i], 0, repeat ? LOOP_EV_MORE : 0)->num = due[i]->arg;
        if (repeat)
            due[i]->arg += due[i]->period;
    }
    free(due);
}

static void fill_watchers(engine_t *e) {
    size_t n;
    slot_t **all = list(e, is_watcher, older, &n);
    for (size_t i = 0; i < n; i++)
        fake_tell(e, all[i], 0, LOOP_EV_MORE);
    free(all);
}

static void fill_closing(engine_t *e) {
    size_t n;
    slot_t **all = list(e, is_any, older, &n);
    for (size_t i = 0; i < n; i++)
        fake_end(e, all[i], LOOP_ECANCELED);
    free(all);
    e->closed = 1;
}

static void fill_result(engine_t *e, loop__job_t *job) {
    slot_t *s = find(e, job->id);
    if (s != NULL) {
        loop_event_t *ev = fake_tell(e, s, s->state == IN_USE ? s->status : job->status, 0);
        if (ev->status == 0) {
            ev->flags = (uint16_t)(ev->flags | job->out.kind);
            ev->num = job->out.num;
            ev->data = job->out.data;
            ev->len = job->out.len;
        }
    }
    job->next = e->spent;
    e->spent = job;
}

static void fill_poll(engine_t *e, loop__step_t *step, uint32_t nready) {
    for (uint32_t i = 0; i < step->post_count; i++) {
        const loop__post_t *post = &step->posts[i];
        loop_event_t *ev = push(&e->out);
        ev->cb = post->cb;
        ev->user = post->user;
        ev->code = LOOP_OP_POST;
        ev->flags = LOOP_KIND_INT;
        ev->num = (int64_t)post->value;
    }
    step->posts_taken = step->post_count;
    for (; e->results.count > 0; e->results.count--, e->results.head++)
        fill_result(e, (loop__job_t *)(uintptr_t)e->results.items[e->results.head].aux);
    for (uint32_t i = 0; i < nready; i++) {
        slot_t *s = find(e, e->ready[i].data.u64);
        if (s == NULL || s->state != LIVE)
            continue;
        int oneshot = (s->flags & LOOP_OPF_ONESHOT) != 0;
        loop_event_t *ev = fake_tell(e, s, 0, (oneshot ? 0 : LOOP_EV_MORE) | LOOP_KIND_INT);
        ev->num = (e->ready[i].events & EPOLLIN ? LOOP_READABLE : 0) |
                  (e->ready[i].events & EPOLLOUT ? LOOP_WRITABLE : 0);
    }
}

/* Returns 0 when the answer is WAIT. */
static int begin_poll(engine_t *e, loop__step_t *step) {
    uint32_t nready = 0;
    int64_t first = fake_first_deadline(e);
    int idle = 0;
    e->now = clock_now();
    e->phase = LOOP_PHASE_IDLE;
    size_t n;
    free(list(e, is_watcher, older, &n));
    idle = n > 0;
    e->phase = LOOP_PHASE_POLL;
    if ((step->flags & LOOP__STEP_WAITED) != 0 && e->asleep) {
        nready = step->nready;
    } else {
        int haste = idle || e->pending.count > 0 || e->results.count > 0 || step->post_count > 0 ||
                    step->immediates > 0 || step->ticks > 0 || first <= e->now ||
                    (e->closing && !e->closed) || (!e->closing && e->alive + step->keep_alive == 0);
        if (!haste && !e->asleep && (step->flags & LOOP__STEP_NOWAIT) == 0) {
            e->asleep = 1;
            step->answer = LOOP__WAIT;
            step->phase = LOOP_PHASE_POLL;
            step->wait_ns = first == INT64_MAX ? -1 : first - e->now;
            return 0;
        }
        int got = epoll_wait(e->shared->poll_fd, e->ready, READY, 0);
        nready = got > 0 ? (uint32_t)got : 0;
    }
    e->asleep = 0;
    fill_poll(e, step, nready);
    return 1;
}

static int over(const engine_t *e, const loop__step_t *step) {
    if (e->pending.count > 0 || step->post_count > step->posts_taken)
        return 0;
    return e->closing ? e->live == 0 : e->alive + step->keep_alive == 0;
}

/* Move on to the next phase that has something. */
void fake_advance(engine_t *e, loop__step_t *step) {
    int polled = 0;
    for (;;) {
        if (e->phase == LOOP_PHASE_NONE) {
            if (over(e, step)) {
                step->answer = LOOP__DONE;
                return;
            }
            if (polled && (step->flags & (LOOP__STEP_NOWAIT | LOOP__STEP_ONCE)) != 0) {
                step->answer = LOOP__PASS;
                return;
            }
            e->pass++;
            e->phase = LOOP_PHASE_TIMERS;
            e->begun = e->held = 0;
            fake_record(e, LOOP_TRACE_PASS, NULL);
        }
        if (!e->begun) {
            e->begun = 1;
            if (e->phase == LOOP_PHASE_TIMERS && !e->closing)
                fill_timers(e);
            else if (e->phase == LOOP_PHASE_PENDING) {
                queue_t empty = e->out;
                e->out = e->pending;
                e->pending = empty;
            } else if (e->phase == LOOP_PHASE_POLL) {
                polled = 1;
                if (!begin_poll(e, step)) {
                    e->begun = 0;
                    return;
                }
            } else if (e->phase == LOOP_PHASE_CLOSING) {
                if (e->closing && !e->closed)
                    fill_closing(e);
            } else if (!e->closing) {
                fill_watchers(e);
            }
        }
        int check = e->phase == LOOP_PHASE_CHECK && step->immediates > 0 && !e->held;
        if (e->out.count > 0 || check) {
            e->held |= (uint32_t)check;
            step->phase = e->phase;
            return;
        }
        e->begun = 0;
        e->phase = e->phase == LOOP_PHASE_CLOSING ? LOOP_PHASE_NONE : e->phase + 1;
        if (e->phase == LOOP_PHASE_NONE && (step->flags & LOOP__STEP_ONCE) != 0)
            polled = 1;
    }
}

void fake_write_batch(engine_t *e, loop__step_t *step) {
    while (e->out.count > 0 && step->nevents < step->event_capacity) {
        char *to = (char *)step->events + (size_t)step->nevents++ * step->event_stride;
        memcpy(to, &e->out.items[e->out.head], sizeof(loop_event_t));
        e->out.head++;
        e->out.count--;
    }
    if (e->out.count == 0)
        e->out.head = 0;
}
