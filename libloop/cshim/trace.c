/* SPDX-License-Identifier: MIT
 *
 * Tracing: one lock orders all records of a loop, whichever thread they come from. Under it the time
 * is stamped, so it never falls, and the sink is called: a callback, or a line to a descriptor.
 */
#include "internal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- Writing a line -------------------------------------------------------------------------- */

/* Write all of it. Returns 0 when the descriptor takes no more. */
static int write_all(int fd, const char *text, uint64_t len) {
    while (len > 0) {
        ssize_t n = write(fd, text, len);
        if (n >= 0) {
            text += n;
            len -= (uint64_t)n;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            struct pollfd full = {.fd = fd, .events = POLLOUT};
            (void)poll(&full, 1, -1);
        } else if (errno != EINTR) {
            return 0;
        }
    }
    return 1;
}

/* A pipe without a reader raises SIGPIPE, which would end the host: it is blocked here, and taken
 * back if this write raised it. */
static int write_quietly(int fd, const char *text, uint64_t len) {
    sigset_t pipe_set, pending, saved;
    sigemptyset(&pipe_set);
    sigaddset(&pipe_set, SIGPIPE);
    sigpending(&pending);
    int was_pending = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_set, &saved);
    int saved_errno = errno;
    int written = write_all(fd, text, len);
    if (!written && errno == EPIPE && !was_pending) {
        sigpending(&pending);
        if (sigismember(&pending, SIGPIPE) == 1) {
#if defined(__linux__)
            const struct timespec at_once = {0, 0};
            (void)sigtimedwait(&pipe_set, NULL, &at_once);
#else
            int sig;
            (void)sigwait(&pipe_set, &sig);
#endif
        }
    }
    errno = saved_errno;
    pthread_sigmask(SIG_SETMASK, &saved, NULL);
    return written;
}

/* Under the lock. */
static void write_line(loop_t *loop, const loop_trace_t *record) {
    char line[LOOP__TRACE_TEXT], *text = line;
    uint64_t room = sizeof line;
    uint64_t len = loop__trace_format(record, loop->trace.format, text, room);
    if (len > room) { /* a long label */
        text = malloc(len);
        if (text == NULL)
            return;
        len = loop__trace_format(record, loop->trace.format, text, len);
    }
    if (len > 0 && !write_quietly(loop->trace.fd, text, len))
        loop->trace.fd = -1;
    if (text != line)
        free(text);
}

/* ---- Records --------------------------------------------------------------------------------- */

/* Complete a record and give it to the sink. Any thread. */
void loop__trace_emit(loop_t *loop, loop_trace_t *record) {
    loop__trace_t *trace = &loop->trace;
    record->size = sizeof *record;
    if (record->thread == NULL)
        record->thread = record->kind == LOOP_TRACE_READY ? loop_backend_name(loop) : "main";
    if (record->label == NULL)
        record->label = record->kind == LOOP_TRACE_PHASE ? loop__phase_name(record->code)
                                                         : loop__code_name(record->code);
    loop__lock_take(&trace->lock);
    record->time_ns = loop__clock();
    if (record->time_ns < trace->last_ns)
        record->time_ns = trace->last_ns;
    trace->last_ns = record->time_ns;
    if (trace->cb != NULL)
        trace->cb(record, trace->user);
    else if (trace->fd >= 0)
        write_line(loop, record);
    loop__lock_give(&trace->lock);
}

/* Emit what the engine left in the step. */
void loop__trace_step(loop_t *loop) {
    const loop__step_t *step = &loop->step;
    for (uint32_t i = 0; i < step->trace_count; i++)
        loop__trace_emit(loop, &step->trace[i]);
}

/* Emit a record of the shim's own. thread NULL: the loop's; label NULL: the name of the code. */
void loop__trace_own(loop_t *loop, uint32_t kind, uint32_t code, uint64_t id, const char *thread,
                     const char *label, int32_t status) {
    loop_trace_t record = {
        .kind = kind, .id = id, .thread = thread, .label = label, .status = status, .code = code};
    loop__trace_emit(loop, &record);
}

void loop__trace_worker(loop_t *loop, uint32_t kind, const loop__job_t *job,
                        const char *thread_name) {
    loop_trace_t record = {.kind = kind, .thread = thread_name, .code = LOOP_OP_WORK};
    if (job != NULL) {
        record.id = job->id;
        record.seq = job->seq;
        record.label = job->label;
        record.num = job->lane;
        record.code = job->code;
        record.status = kind == LOOP_TRACE_JOB_END ? job->status : 0;
    }
    loop__trace_emit(loop, &record);
}

/* ---- Sinks ----------------------------------------------------------------------------------- */

/* Ops that were queued before tracing began are not part of it. */
static int64_t set_sink(loop_t *loop, loop_trace_cb cb, void *user, int32_t fd, uint32_t format) {
    int64_t rc = loop->ops.count > 0 ? loop__submit(loop) : 0;
    if (rc < 0)
        return rc;
    loop__lock_take(&loop->trace.lock);
    loop->trace.cb = cb;
    loop->trace.user = user;
    loop->trace.fd = fd;
    loop->trace.format = format;
    /* relaxed: a worker that sees it late leaves out a record */
    __atomic_store_n(&loop->shared.trace_on, cb != NULL || fd >= 0, __ATOMIC_RELAXED);
    loop__lock_give(&loop->trace.lock);
    return 0;
}

int64_t loop_trace(loop_t *loop, loop_trace_cb cb, void *user) {
    int64_t rc = loop__enter_sound(loop);
    if (rc < 0)
        return rc;
    return loop__leave(loop, set_sink(loop, cb, user, -1, 0));
}

int64_t loop_trace_fd(loop_t *loop, int32_t fd, uint32_t format) {
    int64_t rc = loop__enter_sound(loop);
    if (rc < 0)
        return rc;
    if (fd < -1 || (fd >= 0 && format != LOOP_TRACE_JSON && format != LOOP_TRACE_BOOK))
        return loop__leave(loop, LOOP_EINVAL);
    return loop__leave(loop, set_sink(loop, NULL, NULL, fd, format));
}
