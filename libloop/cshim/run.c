/* SPDX-License-Identifier: MIT
 *
 * Running a loop: step, deliver, sleep, until there is a reason to end.
 */
#include "internal.h"

int loop__take_stop(loop_t *loop) {
    /* Nearly always 0: looked at before the swap. acquire: pairs with the release in loop_stop */
    return __atomic_load_n(&loop->stop, __ATOMIC_RELAXED) != 0 &&
           __atomic_exchange_n(&loop->stop, 0, __ATOMIC_ACQUIRE) != 0;
}

typedef struct run {
    loop_t *loop;
    uint32_t flags;      /* LOOP__STEP_* */
    int64_t deadline_ns; /* end of a run with a limit; INT64_MAX: none */
    int intr;            /* a signal ends the run */
    int ending;          /* loop_free: nothing ends the run but the end, or the limit */
} run_t;

/* A run with a limit that has passed goes on to the end of the pass, without sleeping. */
static void look_at_clock(run_t *run) {
    if (LOOP__UNLIKELY(run->deadline_ns != INT64_MAX) && !run->ending &&
        loop__clock() >= run->deadline_ns)
        run->flags |= LOOP__STEP_NOWAIT | LOOP__STEP_ONCE;
}

/* Sleep after the answer WAIT. Returns 1 to go on, 0 when the run ends, a LOOP_E* code. */
static int64_t wait(run_t *run) {
    loop_t *loop = run->loop;
    int64_t ns = loop->step.wait_ns;
    if (run->deadline_ns != INT64_MAX) {
        int64_t left = run->deadline_ns - loop__clock();
        if (left <= 0) {
            if (run->ending)
                return loop__arm_or_busy(loop) ? 1 : LOOP_EBUSY;
            run->flags |= LOOP__STEP_NOWAIT | LOOP__STEP_ONCE;
            return 1;
        }
        ns = ns < 0 || left < ns ? left : ns;
    }
    if (loop__arm_or_busy(loop))
        return 1;
    int64_t rc = loop__sleep(loop, ns);
    if (rc == LOOP_EINTR && !run->intr)
        rc = 0;
    return rc < 0 ? rc : 1;
}

/* Whether the engine has nothing to take: what the last step said of the passes to come holds. */
static int nothing_new(loop_t *loop) {
    return !loop->embedded && loop->ops.count == 0 && !loop->shared.trace_on &&
           loop__state(loop) == LOOP__OPEN && !loop__work_waits(loop);
}

/* Whether a run has nothing to tell the engine of itself. */
static int is_plain(const run_t *run) {
    return run->flags == 0 && run->deadline_ns == INT64_MAX && !run->ending;
}

/* A pass without the engine: the last step said that all phases but the check phase are empty, and
 * still are while nothing comes, and it is not yet time. Its immediates are the shim's own. Returns
 * 1 when there are some to deliver. The next step tells the engine how many passes there were. */
static int spare_pass(const run_t *run) {
    loop_t *loop = run->loop;
    loop__step_t *step = &loop->step;
    if (LOOP__LIKELY(step->spared >= step->spare))
        return 0;
    if (loop->immediates_live <= loop->immediates_unref || !is_plain(run) || !nothing_new(loop))
        return 0;
    int64_t now = loop__clock();
    if (now >= step->spare_until_ns)
        return 0;
    step->spared++;
    step->pass++;
    step->answer = LOOP__BATCH;
    step->phase = LOOP_PHASE_CHECK;
    loop->now_ns = now;
    loop__take_immediates(loop);
    return 1;
}

/* Whether to sleep without the engine: the last step said that it would answer WAIT while nothing
 * comes. plain: nor has the run or turn anything to tell it. The next step tells it of the sleep,
 * which the engine takes for one of its own. */
int loop__rests(loop_t *loop, int plain) {
    loop__step_t *step = &loop->step;
    if (LOOP__LIKELY(!step->rest))
        return 0;
    step->rest = 0;
    if (!plain || loop->immediates.count > 0 || loop->ticks.count > 0 ||
        loop->microtasks.count > 0 || !nothing_new(loop))
        return 0;
    step->wait_ns = -1;
    if (step->rest_until_ns != INT64_MAX)
        step->wait_ns = step->rest_until_ns - loop__clock();
    return step->wait_ns > 0 || step->rest_until_ns == INT64_MAX;
}

/* One step with what it gives. Returns as wait. */
static int64_t advance(run_t *run) {
    loop_t *loop = run->loop;
    loop__give_batch_back(loop);
    if (spare_pass(run))
        return 1;
    if (loop__rests(loop, is_plain(run)))
        return wait(run);
    look_at_clock(run);
    uint32_t closing = loop__tell_close(loop);
    if (LOOP__UNLIKELY(closing != 0 && loop->ops.count > 0))
        (void)loop__submit(loop);
    const loop__io_t io = {.ops = loop->ops.items,
                           .op_count = loop->ops.count,
                           .op_stride = sizeof(loop_op_t),
                           .events = loop->batch.events,
                           .event_capacity = loop->options.event_capacity,
                           .event_stride = sizeof(loop_event_t)};
    loop->batch.at = loop->batch.count = 0;
    loop->step.direct_fds = loop->batch.direct_fds;
    int64_t rc = loop__step(loop, run->flags | closing, &io);
    loop->step.direct_fds = NULL;
    if (LOOP__UNLIKELY(rc == LOOP_EPANIC))
        return 1;
    loop__ops_taken(loop);
    loop->batch.count = loop->step.nevents;
    loop__batch_accept(loop, loop->batch.events, loop->batch.count, sizeof(loop_event_t));
    if (rc < 0)
        return rc;
    loop__take_immediates(loop);
    switch (loop->step.answer) {
    case LOOP__BATCH:
        return 1;
    case LOOP__WAIT:
        return wait(run);
    default:
        loop__dispatch(loop); /* immediates of a closed loop */
        return 0;
    }
}

/* The events of a poisoned loop. Returns LOOP_EPANIC when all are out, or when the run may wait no
 * longer for a host function (then loop_free says LOOP_EBUSY); the next run goes on. */
static int64_t run_epitaph(run_t *run) {
    loop_t *loop = run->loop;
    int64_t wait_ns = -1;
    if ((run->flags & LOOP__STEP_NOWAIT) != 0) {
        wait_ns = 0;
    } else if (run->deadline_ns != INT64_MAX) {
        wait_ns = run->deadline_ns - loop__clock();
        wait_ns = wait_ns < 0 ? 0 : wait_ns;
    }
    int64_t rc = loop__epitaph(loop, loop->options.event_capacity, wait_ns);
    if (rc < 0)
        return rc == LOOP_EBUSY && !run->ending ? LOOP_EPANIC : rc;
    return loop->epitaph == LOOP__EPITAPH_DONE && loop->batch.count == 0 ? LOOP_EPANIC : 1;
}

/* Run. mode, max_ns (< 0: no limit): see loop_run_for. ending: see run_t.
 * Returns 0 at its end, or a LOOP_E* code. */
int64_t loop__run(loop_t *loop, uint32_t mode, int64_t max_ns, int ending) {
    run_t run = {.loop = loop, .deadline_ns = INT64_MAX, .ending = ending};
    if ((mode & ~(uint32_t)LOOP_RUN_INTR) == LOOP_RUN_ONCE)
        run.flags = LOOP__STEP_ONCE;
    else if ((mode & ~(uint32_t)LOOP_RUN_INTR) == LOOP_RUN_NOWAIT)
        run.flags = LOOP__STEP_ONCE | LOOP__STEP_NOWAIT;
    run.intr = (mode & LOOP_RUN_INTR) != 0;
    if (max_ns >= 0)
        run.deadline_ns = loop__sum_ns(loop__clock(), max_ns);
    if (!loop__batch_reserve(&loop->batch, loop->options.event_capacity))
        return LOOP_ENOMEM;
    int64_t rc = 1;
    for (;;) {
        /* loop_stop is looked at before the first callback, and by every dispatch after each. */
        if (loop__take_stop(loop) && !ending)
            return 0;
        if (rc <= 0)
            return rc;
        if (loop__dispatch_left(loop))
            loop__dispatch(loop);
        else if (LOOP__UNLIKELY(loop__state(loop) == LOOP_EPANIC))
            rc = run_epitaph(&run);
        else
            rc = advance(&run);
    }
}

static int64_t run_and_count(loop_t *loop, uint32_t mode, int64_t max_ns) {
    uint32_t plain = mode & ~(uint32_t)LOOP_RUN_INTR;
    if (plain > LOOP_RUN_NOWAIT)
        return LOOP_EINVAL;
    if (loop->dispatching)
        return LOOP_ENESTED;
    loop__begin_embedded(loop);
    int64_t rc = loop__run(loop, mode, max_ns, 0);
    if (!loop__dispatch_left(loop))
        loop__give_batch_back(loop);
    if (loop->embedded && loop__state(loop) != LOOP_EPANIC)
        loop__arm_for_host(loop);
    if (rc < 0)
        return rc;
    uint64_t alive = loop__alive_count(loop);
    return loop__state(loop) == LOOP_EPANIC ? LOOP_EPANIC : (int64_t)alive;
}

int64_t loop_run(loop_t *loop, uint32_t mode) {
    int64_t rc = loop__enter(loop);
    if (rc < 0)
        return rc;
    loop_t *claimed __attribute__((cleanup(loop__unclaim))) = loop;
    return run_and_count(claimed, mode, -1);
}

int64_t loop_run_for(loop_t *loop, uint32_t mode, int64_t max_ns) {
    int64_t rc = loop__enter(loop);
    if (rc < 0)
        return rc;
    loop_t *claimed __attribute__((cleanup(loop__unclaim))) = loop;
    if (max_ns < 0)
        return LOOP_EINVAL;
    return run_and_count(claimed, mode, max_ns);
}
