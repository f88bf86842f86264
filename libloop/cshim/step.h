/* SPDX-License-Identifier: MIT
 *
 * The records that the C half (this folder) and the Go engine (package libloop) share. Private:
 * nothing here is installed. The Go mirrors are in libloop/internal/wire; a compile-time check in
 * layout.go ties both layouts together. All of this is C memory; every pointer is a uintptr on
 * the Go side.
 *
 * Who does what. The shim hands out ids, queues ops, keeps ticks, microtasks and immediates of C
 * callers, dispatches callbacks, sleeps, and runs host functions on its own threads. The engine is
 * one state machine that only the loop's thread steps: ops, posts, finished jobs and readiness go
 * in, events and jobs to start come out. It never sleeps and never calls out, so no Go frame lies
 * under a callback.
 */
#ifndef LOOP_STEP_H
#define LOOP_STEP_H

#include "../../include/loop.h"

/* One post, as loop_post wrote it. 32 bytes. */
typedef struct loop__post {
    loop_cb cb;
    uint64_t user;
    uint64_t value;
    uint64_t reserved;
} loop__post_t;

/* State of a job; the only field that worker and engine race for (compare-and-swap, seq-cst).
 * A block whose fn is NULL is the engine's own task, numbered by arg: a worker has loopgo_task do
 * it piece by piece. One that has more to do may lie in the queue while it is RUNNING.
 *
 *   QUEUED   -> RUNNING   a worker took it
 *   QUEUED   -> CANCELED  the engine cancelled it: the function will never run; the block still
 *                         comes back through the finished list, to be used again
 *   RUNNING  -> FINISHED  the worker is done; out, started_ns and ended_ns are valid
 */
#define LOOP__JOB_QUEUED 0u
#define LOOP__JOB_RUNNING 1u
#define LOOP__JOB_CANCELED 2u
#define LOOP__JOB_FINISHED 3u

/* One job of the pool. The engine allocates and recycles the blocks; between `start` and `finished`
 * the shim's pool owns the links. 128 bytes. */
typedef struct loop__job {
    struct loop__job *next; /* start list, queue, finished list */
    loop_work_fn fn;
    void *arg;
    uint64_t id;
    uint64_t seq;      /* the trace's registration number */
    const char *label; /* static, or NULL */
    uint32_t state;    /* atomic, LOOP__JOB_* */
    uint8_t lane;
    uint8_t code;       /* LOOP_OP_* of the id it is for */
    uint16_t group;     /* the engine's own: whose statistics it counts in, 0 when it has been */
    int32_t status;     /* what fn returned */
    uint32_t flags;     /* the engine's own */
    int64_t queued_ns;  /* loop clock when the engine started it */
    int64_t started_ns; /* when a worker took it, and later by as long as it was set aside since;
                           0: no worker could be made */
    int64_t ended_ns;
    loop_value_t out; /* 40 bytes */
} loop__job_t;

/* What sleeps, wakes and is polled; written by both sides as said. One per loop, in C memory. */
typedef struct loop__shared {
    uint32_t armed;      /* atomic. 1: whoever adds work must write wake_fd (and swaps it to 0) */
    uint32_t go_pending; /* atomic. engine work that arrived from goroutines, not yet collected */
    uint32_t queued[LOOP_LANES]; /* atomic. jobs that wait in each lane: engine adds on start and
                                    subtracts on cancel, pool subtracts when it takes one */
    uint32_t trace_on;           /* shim writes, engine reads: fill step.trace */
    int32_t wake_fd;             /* eventfd (pipe on kqueue); made by the engine's poller */
    int32_t backend;             /* LOOP_BACKEND_EPOLL ...; chosen by the engine */
    int32_t poll_fd;             /* epoll or kqueue descriptor, -1 on poll */
    uint32_t ready_capacity;     /* records at ready (epoll, kqueue) */
    void *ready; /* epoll: struct epoll_event[]; kqueue: struct kevent[]; poll: struct pollfd[] */
    uint32_t poll_count; /* poll backend: entries at ready; index 0 is wake_fd */
    uint32_t resized;    /* atomic. 1: SIGWINCH came (set before go_pending) */
    uint64_t retained;   /* atomic. bytes retained by the host (shim counts, engine reads) */
} loop__shared_t;

/* What the engine says a step ended with. */
#define LOOP__BATCH 0u /* nevents > 0, or check phase with immediates held, or ops taken (SUBMIT) */
#define LOOP__WAIT 1u  /* sleep at most wait_ns (-1: no limit; never 0), then step with nready */
#define LOOP__PASS 2u  /* the pass ended (only with LOOP__STEP_ONCE) */
#define LOOP__DONE 3u  /* nothing referenced is alive; or closing has ended everything */

/* Flags into a step. */
#define LOOP__STEP_SUBMIT 0x1u /* take ops, then answer BATCH with nevents 0 */
/* NOWAIT: poll without sleeping instead of answering WAIT, once a step; with nothing to do the
 * answer is PASS. */
#define LOOP__STEP_NOWAIT 0x2u
#define LOOP__STEP_ONCE 0x4u    /* answer PASS at the end of the pass (see LOOP_RUN_ONCE) */
#define LOOP__STEP_CLOSE 0x8u   /* loop_close was called: end all; refuse ops with LOOP_ECLOSED */
#define LOOP__STEP_WAITED 0x10u /* the sleep is over; nready is valid */
/* A host sleeps on poll_fd: look at it in every pass, even if only the wake descriptor is in it, so
 * that it does not stay readable. */
#define LOOP__STEP_EMBEDDED 0x20u

/* One step. The same block for the life of the loop; the shim fills the first part, the engine the
 * second. */
typedef struct loop__step {
    /* in */
    const loop_op_t *ops;
    loop_event_t *events;
    const loop__post_t *posts; /* contiguous; offered again until taken */
    loop__job_t *finished; /* list, oldest first; the engine takes all of it and owns the blocks */
    loop__job_t *returned; /* the `values` list of an earlier step, released; to be used again */
    uint32_t op_count;
    uint32_t op_stride;
    uint32_t event_capacity;
    uint32_t event_stride;
    uint32_t post_count;
    uint32_t flags;      /* LOOP__STEP_* */
    uint32_t nready;     /* records that the sleep left at shared->ready */
    int32_t wait_errno;  /* errno of the sleep, 0 or EINTR for none */
    uint32_t immediates; /* held by shim and host together */
    uint32_t ticks;      /* held by shim and host together: > 0 means do not sleep */
    uint64_t keep_alive; /* holds + posts waiting + immediates + ticks */
    uint32_t shim_slots; /* slots handed out by maker 1; ids beyond are forged */
    uint32_t host_slots; /* the same for maker 2 */
    /* out */
    uint32_t answer; /* LOOP__BATCH ... */
    uint32_t nevents;
    uint32_t posts_taken;
    uint32_t phase; /* LOOP_PHASE_* */
    int64_t wait_ns;
    int64_t now_ns;
    uint64_t pass;
    uint64_t alive;      /* referenced live ids */
    loop__job_t *start;  /* jobs to hand to the pool, oldest first */
    loop__job_t *values; /* finished jobs whose value data is in this batch: when the batch is given
                            back the shim calls out.release(out.data) and returns the list */
    loop_trace_t *trace; /* records to emit before dispatching; valid until the next step */
    uint32_t trace_count;
    /* in, at the end of the block: the generation before the first of the engine's own ids */
    uint32_t made_base;
    uint32_t spared;        /* in: passes that the shim has made by itself since the last step */
    uint32_t spare;         /* out: how many it may make, see spare_pass in run.c */
    int64_t spare_until_ns; /* out: a pass that begins at this time or later is the engine's */
    int32_t *direct_fds;    /* in: room for one of each event; NULL: not wanted */
    uint32_t direct; /* out: 1: direct_fds is good until the next step: of an event with data of a
                               stream, where the shim may send by itself to that stream, or -1 */
    uint32_t sent;   /* in: how often it has since the last step */
    int64_t
        rest_until_ns; /* out: with rest, when the sleep ends at the latest; INT64_MAX: no limit */
    uint32_t rest;     /* out: 1: with nothing new the next answer would be WAIT, see run.c */
    uint32_t reserved;
} loop__step_t;

/* Codes from LOOP__OP_PRIVATE on are the shim's own. An op of a host with such a code is unknown:
 * loop_turn hands it on as LOOP__OP_UNKNOWN (but for the four of LOOP_FAULTS builds). */
#define LOOP__OP_PRIVATE 0x8000u
/* Set how many jobs may wait. len: lane. arg: limit, 0 for none. */
#define LOOP__OP_QUEUE_LIMIT 0x8001u
#define LOOP__OP_UNKNOWN 0x7fffu
/* The shim has sent by itself, and the system refused. target: stream. arg: errno. */
#define LOOP__OP_SEND_FAILED 0x8002u

/* Private flag of an event: data is a loop__block of its own, so loop_retain adds a reference
 * instead of copying. The shim clears it before a host sees the event. */
#define LOOP__EV_BLOCK 0x8000u

/* Questions that loop_has_ref, loop_timer_due_in ... put to the engine after submitting what is
 * queued. */
#define LOOP__ASK_HAS_REF 1u
#define LOOP__ASK_DUE_IN 2u
#define LOOP__ASK_ALIVE 3u           /* referenced live ids */
#define LOOP__ASK_BACKEND_TIMEOUT 4u /* ns, 0, or -1 */
#define LOOP__ASK_PERIOD 5u /* a timer's delay or period, for refresh; LOOP_EINVAL for timer_at */

/* What loopgo_stats is to do. */
#define LOOP__STATS_LOOP 1u  /* out: loop_stats_t, but for what only the shim knows */
#define LOOP__STATS_LANE 2u  /* index: lane. out: loop_lane_stats_t, but for the workers */
#define LOOP__STATS_LABEL 3u /* out: loop_label_stats_t */
#define LOOP__STATS_RESET 4u /* out: NULL */

/* A live socket: its descriptor, or LOOP_ENOTCONN; the bytes that wait to be sent; LOOP_NET_TCP ...;
 * the size of a terminal, columns << 32 | rows, whose changes are told from then on. */
#define LOOP__ASK_FD 16u
#define LOOP__ASK_QUEUED 17u
#define LOOP__ASK_TYPE 20u
#define LOOP__ASK_SIZE 21u

/* ---- Go exports that only the shim calls ----------------------------------------------------
 * Each returns 0 or a LOOP_E* code; a panic inside gives LOOP_EPANIC and poisons the engine.
 * `engine` is the go-pointer handle made by loopgo_new. loopgo_panic_text copies the text of the
 * panic (NUL-ended). */

/* options: complete (defaults filled in, backend still as the host gave it or from LOOP_BACKEND). */
extern int32_t loopgo_new(loop_options_t *options, loop__shared_t *shared, void **engine_out);
extern int32_t loopgo_step(void *engine, loop__step_t *step);
/* The next piece of the task of a job. Returns 1 when there is more to do at once, 0 when the block
 * goes back. Thread: a worker. */
extern int32_t loopgo_task(void *engine, loop__job_t *job);
extern int32_t loopgo_ask(void *engine, uint32_t what, uint64_t id, int64_t *out);
/* out: a whole record, zeroed. Returns LOOP_ENOENT for an index that has no label. */
extern int32_t loopgo_stats(void *engine, uint32_t what, uint32_t index, void *out);
/* After LOOP_EPANIC: writes final events with LOOP_EPANIC for live ids, as many as fit; 0 events:
 * all are out. It walks the id table only. */
extern int32_t loopgo_epitaph(void *engine, loop__step_t *step);
extern int32_t loopgo_panic_text(void *engine, char *text, uint32_t capacity);
/* Everything has ended: closes descriptors, stops goroutines, frees the engine's C memory. */
extern int32_t loopgo_free(void *engine);

/* ---- C functions that the Go side calls ----------------------------------------------------- */
extern void *loop__alloc(uint64_t bytes); /* zeroed; NULL when out of memory */
extern void loop__dealloc(void *p);
/* A block for event data: ends with a NUL that bytes does not count; one reference. Blocks of more
 * than 16 KiB travel alone, so that loop_retain only adds a reference. */
extern void *loop__block(loop__shared_t *shared, uint64_t bytes);
extern void loop__block_unref(void *data);

#endif
