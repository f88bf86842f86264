/* SPDX-License-Identifier: MIT
 *
 * libloop: Node's event loop for every language. This header is the whole public promise.
 *
 * How to read it. A `loop_t` is one event loop; one thread at a time owns it. What you ask for is
 * an *op*, what comes back is an *event*, and an *id* ties the two together. An id lives from the
 * call that made it until the one event without LOOP_EV_MORE that ends it. Exactly one such final
 * event comes for every id, whatever happens, and it also says that the library holds no pointer
 * that came with that id: free there and nowhere else.
 *
 * Conventions that hold for every function:
 *   - Times are int64_t nanoseconds on CLOCK_MONOTONIC. Sums saturate.
 *   - Ids and errors share int64_t: > 0 is an id, < 0 is a LOOP_E* code. Other calls return 0 or a
 *     count on success and a LOOP_E* code on failure. Outputs are written only on success.
 *   - If a call returns an error, its callback never runs.
 *   - NULL where an object is required gives LOOP_EINVAL. A stale, forged or foreign id gives
 *     LOOP_EBADID. Neither is ever a crash.
 *   - C calls copy what they are given before they return, unless a comment says *borrowed*.
 *   - `Thread: loop` calls come from the thread that owns the loop (LOOP_EWRONGTHREAD elsewhere),
 *     `Thread: any` calls from any thread, `signal-safe` ones also from a signal handler.
 *   - Every loop call may also return LOOP_EFORK (in a child made by fork without exec),
 *     LOOP_ECLOSED (the loop is closed) and LOOP_EPANIC (a bug inside the library ended the loop).
 */
#ifndef LOOP_H
#define LOOP_H

#include <stddef.h>
#include <stdint.h>

#if UINTPTR_MAX != 0xffffffffffffffffu
#error "libloop needs a 64-bit platform"
#endif

#ifdef __cplusplus
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow" /* loop_turn and others are a struct and a function */
#endif
extern "C" {
#endif

#if defined(__GNUC__)
#define LOOP_API __attribute__((visibility("default")))
#else
#define LOOP_API
#endif

/* ---- Versions ------------------------------------------------------------------------------- */

#define LOOP_VERSION_MAJOR 0
#define LOOP_VERSION_MINOR 1
#define LOOP_VERSION_PATCH 0
#define LOOP_VERSION_STRING "0.1.0"

/* The number of the binary interface. A host compares it with loop_abi_version() at start. */
#define LOOP_ABI_VERSION 1

/* ---- Types ---------------------------------------------------------------------------------- */

/* One event loop. Opaque: made by loop_new, ended by loop_free. */
typedef struct loop loop_t;

typedef struct loop_op loop_op_t;
typedef struct loop_event loop_event_t;

/* The one callback type.
 *
 * loop   the loop that delivers
 * ev     the event; it and its data are borrowed until the callback returns (see loop_retain)
 * user   the pointer given with the callback
 * Thread: loop. No library frame of another language lies below it: it may longjmp, throw or unwind
 *         out of loop_run (then call loop_unwound after a longjmp). Since 0.1.
 */
typedef void (*loop_cb)(loop_t *loop, const loop_event_t *ev, void *user);

/* What a host asks for: 64 bytes, no padding. C programs use the calls further down; hosts for
 * which a C callback is expensive fill these and give them to loop_turn. */
struct loop_op {
    uint16_t code;      /* LOOP_OP_* */
    uint16_t flags;     /* LOOP_OPF_* */
    uint32_t len;       /* bytes at data, or what the code says */
    uint64_t id;        /* names the new request; 0 for control ops */
    uint64_t target;    /* the id acted on, or what the code says */
    uint64_t user;      /* comes back in every event of this id, and in a refusal */
    loop_cb cb;         /* NULL: the event goes to the loop_turn host; else the library calls it */
    const void *data;   /* what the code says */
    int64_t arg;        /* what the code says */
    int64_t timeout_ns; /* deadline counted from when the op is taken; 0: none */
};

/* What comes back: 64 bytes, no padding. It carries a value, its kind in the low bits of flags. */
struct loop_event {
    uint64_t id;      /* 0 for posts */
    loop_cb cb;       /* as in the op */
    uint64_t user;    /* as in the op */
    int32_t status;   /* 0, or a LOOP_E* code */
    uint16_t code;    /* LOOP_OP_* of the op that made the id, or LOOP_OP_POST ... */
    uint16_t flags;   /* LOOP_EV_* | LOOP_KIND_* */
    int64_t num;      /* bool, int, or the bits of a double; else what the code says */
    const void *data; /* bytes, string, or the text "operation subject" of an error */
    uint64_t len;     /* bytes at data */
    uint64_t aux;     /* errno of an error (0: none); else what the code says */
};

/* Kinds of a value (the low four bits of loop_event_t.flags, and loop_value_t.kind). */
#define LOOP_KIND_MASK 0x000f
#define LOOP_KIND_UNDEFINED 0
#define LOOP_KIND_NULL 1
#define LOOP_KIND_BOOL 2
#define LOOP_KIND_INT 3
#define LOOP_KIND_DOUBLE 4
#define LOOP_KIND_BYTES 5
#define LOOP_KIND_STRING 6 /* UTF-8 by promise of whoever made it; NUL inside is allowed */
#define LOOP_KIND_ERROR 7

/* Flags of an event. */
#define LOOP_EV_MORE 0x0010    /* the id lives on; without it this is the final event */
#define LOOP_EV_REFUSED 0x0020 /* the op was refused; nothing that was alive has ended */
#define LOOP_EV_MUTED 0x0040   /* the id was cleared: do not call, only free */
#define LOOP_EV_OUTCOME 0x0080 /* the result is decided, resources are in use: a final follows */
#define LOOP_EV_HEAD 0x0100    /* HTTP stream: the head; body chunks follow */

/* ---- Codes ---------------------------------------------------------------------------------- */

/* Ops that name an id. `cb`, `user` and `timeout_ns` hold for all of them. */

/* A timer. arg: absolute deadline (ns). target: period (ns), > 0 with LOOP_OPF_REPEAT, else 0.
 * Event: num = the deadline that fired, aux = missed periods (LOOP_OPF_REPEAT; else 0). */
#define LOOP_OP_TIMER 1
/* Watchers: one event in the phase of the name in every pass, LOOP_EV_MORE set. */
#define LOOP_OP_IDLE 2
#define LOOP_OP_PREPARE 3
#define LOOP_OP_CHECK 4
/* Readiness of a descriptor. arg: fd. len: LOOP_READABLE | LOOP_WRITABLE. flags: LOOP_OPF_ONESHOT
 * or LOOP_OPF_EDGE (neither: level). Event: kind int, num = what is ready. */
#define LOOP_OP_POLL_FD 5
/* A host function on a worker. data: its argument. arg: the loop_work_fn. target: a static label
 * (const char *, lives as long as the loop) or 0. len: LOOP_LANE_*. Event: the function's value. */
#define LOOP_OP_WORK 6
/* An HTTP request. data: a loop_http_t, read while the op is taken. Event: see loop_http. */
#define LOOP_OP_HTTP 7

/* Control ops: no id, no event unless refused. target: the id acted on. */
#define LOOP_OP_CANCEL 32      /* ends with LOOP_ECANCELED; a result that exists is delivered */
#define LOOP_OP_CLEAR 33       /* mutes and ends */
#define LOOP_OP_REF 34         /* keeps the loop alive (the default) */
#define LOOP_OP_UNREF 35       /* does not keep the loop alive */
#define LOOP_OP_REFRESH 36     /* a timer. arg: its new absolute deadline */
#define LOOP_OP_POLL_MODIFY 37 /* a descriptor. len: the new LOOP_READABLE | LOOP_WRITABLE */
/* Names the next op of the same array in traces and statistics. data, len: UTF-8 text, copied. */
#define LOOP_OP_LABEL 38

/* Codes that only events have. */
#define LOOP_OP_POST 64      /* from loop_post: kind int, num = its value */
#define LOOP_OP_IMMEDIATE 65 /* from loop_set_immediate */
#define LOOP_OP_TICK 66      /* from loop_next_tick */
#define LOOP_OP_MICROTASK 67 /* from loop_queue_microtask */

/* Flags of an op. A flag that its code does not know refuses the op with LOOP_EINVAL. */
#define LOOP_OPF_UNREF 0x0001    /* starts unreferenced */
#define LOOP_OPF_REPEAT 0x0002   /* TIMER: an interval */
#define LOOP_OPF_ONESHOT 0x0004  /* POLL_FD: the first event is final */
#define LOOP_OPF_EDGE 0x0008     /* POLL_FD: edge-triggered (LOOP_ENOTSUP on the poll backend) */
#define LOOP_OPF_BORROWED 0x0010 /* HTTP: the body stays the host's until the final event */
#define LOOP_OPF_QUIET 0x0020    /* a binding's own plumbing: neither traced nor counted in seq */

/* Readiness. LOOP_ERROR and LOOP_HANGUP are reported whether asked for or not. */
#define LOOP_READABLE 0x1
#define LOOP_WRITABLE 0x2
#define LOOP_HANGUP 0x4
#define LOOP_ERROR 0x8

/* Lanes of the pool. */
#define LOOP_LANE_HOST 0 /* host jobs; workers pool0, pool1, ... */
#define LOOP_LANE_FILE 1 /* jobs that wait for a disk; workers file0, file1, ... */
#define LOOP_LANE_CPU 2  /* jobs that compute; workers cpu0, cpu1, ... */
#define LOOP_LANES 3

/* Errors. Numbers are fixed and never used again for something else. An errno that has no name here
 * gives LOOP_ESYS; the errno itself is in the event's aux. */
#define LOOP_OK 0
#define LOOP_EINVAL (-1)       /* an argument is NULL, unknown or out of range */
#define LOOP_EBADID (-2)       /* the id is stale, forged or another loop's */
#define LOOP_ECLOSED (-3)      /* the loop is closed */
#define LOOP_EWRONGTHREAD (-4) /* another thread owns the loop */
#define LOOP_ENESTED (-5)      /* a run or turn inside a callback of the same loop */
#define LOOP_EFORK (-6)        /* a forked child cannot use the library */
#define LOOP_EPANIC (-7)       /* a bug inside the library; see loop_last_panic */
#define LOOP_ENOMEM (-8)       /* out of memory */
#define LOOP_EFULL (-9)        /* a bounded queue is full */
#define LOOP_EBUSY (-10)       /* still in use; call again */
#define LOOP_ECANCELED (-11)   /* canceled */
#define LOOP_ETIMEDOUT (-12)   /* its deadline passed */
#define LOOP_ENOTSUP (-13)     /* this backend or platform cannot */
#define LOOP_EEXIST (-14)      /* exists already */
#define LOOP_EPERM (-15)       /* not permitted, or a file that readiness has no meaning for */
#define LOOP_EOF (-16)         /* ended before it was complete */
#define LOOP_ETOOBIG (-17)     /* larger than its limit */
#define LOOP_ETYPE (-18)       /* the value is of another kind */
#define LOOP_EJOB (-19)        /* a host function returned a code without a name */
#define LOOP_EHTTP (-20)       /* the peer does not speak HTTP as it should */
#define LOOP_EDNS (-21)        /* the name does not resolve */
#define LOOP_ETLS (-22)        /* no trusted TLS connection */
#define LOOP_EREDIRECT (-23)   /* more redirects than allowed */
#define LOOP_ESYS (-32)        /* another system error; errno in aux */
#define LOOP_ENOENT (-33)
#define LOOP_EACCES (-34)
#define LOOP_EBADF (-35)
#define LOOP_EIO (-36)
#define LOOP_EMFILE (-37)
#define LOOP_ENFILE (-38)
#define LOOP_EAGAIN (-39)
#define LOOP_EINTR (-40)
#define LOOP_ENOSPC (-41)
#define LOOP_EPIPE (-42)
#define LOOP_ECONNREFUSED (-43)
#define LOOP_ECONNRESET (-44)
#define LOOP_ECONNABORTED (-45)
#define LOOP_EHOSTUNREACH (-46)
#define LOOP_ENETUNREACH (-47)
#define LOOP_EADDRINUSE (-48)
#define LOOP_EADDRNOTAVAIL (-49)
#define LOOP_ENOTCONN (-50)
#define LOOP_EISDIR (-51)
#define LOOP_ENOTDIR (-52)
#define LOOP_ENOTEMPTY (-53)
#define LOOP_ENAMETOOLONG (-54)
#define LOOP_ELOOP (-55)
#define LOOP_EROFS (-56)
#define LOOP_EXDEV (-57)
#define LOOP_ENOBUFS (-58)

/* ---- Library -------------------------------------------------------------------------------- */

/* Returns the library's version, "major.minor.patch". Static.  Thread: any, also in a forked child.
 * Since 0.1. */
LOOP_API const char *loop_version(void);

/* Returns LOOP_ABI_VERSION of the library.  Thread: any, also in a forked child.  Since 0.1. */
LOOP_API int64_t loop_abi_version(void);

/* Returns a sentence for a LOOP_E* code, "unknown error" for any other number. Static.
 * Thread: any, also in a forked child.  Since 0.1. */
LOOP_API const char *loop_strerror(int64_t code);

/* Returns the name of a LOOP_E* code ("LOOP_EINVAL"), "LOOP_UNKNOWN" for any other number. Static.
 * Thread: any, also in a forked child.  Since 0.1. */
LOOP_API const char *loop_err_name(int64_t code);

/* Returns the LOOP_E* code for an errno (LOOP_ESYS for one without a name, LOOP_OK for 0).
 * Thread: any, also in a forked child.  Since 0.1. */
LOOP_API int64_t loop_err_from_errno(int32_t os_errno);

/* ---- Life of a loop ------------------------------------------------------------------------- */

/* AUTO: what LOOP_BACKEND in the environment says ("epoll", "poll"), else the best. */
#define LOOP_BACKEND_AUTO 0
#define LOOP_BACKEND_EPOLL 1
#define LOOP_BACKEND_POLL 2
#define LOOP_BACKEND_KQUEUE 3

/* The loop may be used by one thread after the other without loop_detach: it is claimed for the
 * length of each call and given back. */
#define LOOP_MOVABLE 0x1

/* A step of the loop, for traces. */
typedef struct loop_trace {
    uint32_t size;   /* bytes of this struct */
    uint32_t kind;   /* LOOP_TRACE_* */
    int64_t time_ns; /* loop clock, never falling from one record of a loop to the next */
    uint64_t id;     /* the id, or 0 */
    uint64_t seq;    /* REGISTER: the loop's count of accepted ids from 1; READY, EVENT, JOB_*: that
                        of the id; PASS, TURN: its number from 1 */
    const char *thread; /* name of the thread it happened on ("main", "pool0", "epoll"); borrowed */
    const char *label;  /* the op's label, else the code's name ("timer"); borrowed */
    int64_t num;        /* what the kind says */
    int32_t status;     /* 0 or LOOP_E* */
    uint32_t code;      /* LOOP_OP_*, or LOOP_PHASE_* for PHASE */
} loop_trace_t;

#define LOOP_TRACE_REGISTER 1      /* an op that names an id was accepted */
#define LOOP_TRACE_CONTROL 2       /* a control op was accepted; id is its target */
#define LOOP_TRACE_REFUSED 3       /* an op was refused; status says why */
#define LOOP_TRACE_PASS 4          /* a pass begins */
#define LOOP_TRACE_TURN 5          /* a turn begins */
#define LOOP_TRACE_PHASE 6         /* a phase has num events */
#define LOOP_TRACE_EVENT 7         /* an event is delivered */
#define LOOP_TRACE_JOB_START 8     /* a worker took a job */
#define LOOP_TRACE_JOB_END 9       /* a worker finished a job */
#define LOOP_TRACE_READY 10        /* the poller: a descriptor, a response, or (id 0) a timeout */
#define LOOP_TRACE_WORKER_CLOSE 11 /* a worker ends */
#define LOOP_TRACE_POLLER_CLOSE 12 /* the poller ends */
#define LOOP_TRACE_FINISHED 13     /* the loop is free */

/* Called for every record, one at a time (a lock orders them), on the thread it happens on: the
 * loop thread or a worker. It must not call loop functions but loop_post, loop_wake and loop_stop.
 */
typedef void (*loop_trace_cb)(const loop_trace_t *record, void *user);

#define LOOP_TRACE_JSON 1 /* one JSON object a line */
#define LOOP_TRACE_BOOK 2 /* the lines of "The Node Experiment" */

/* What a loop is made with. Fill with LOOP_OPTIONS_INIT, then set fields; 0 always means the
 * default. Fields are only ever appended. */
typedef struct loop_options {
    uint32_t size;        /* sizeof(loop_options_t) */
    uint32_t flags;       /* LOOP_MOVABLE */
    uint32_t backend;     /* LOOP_BACKEND_* */
    uint32_t workers;     /* threads of LOOP_LANE_HOST and each other lane, 1..1024; default 4 */
    uint32_t queue_limit; /* jobs that may wait in each lane; default: no limit */
    uint32_t phase_limit; /* events of one phase in one pass; the rest waits for the next; default:
                             none */
    uint32_t post_limit;  /* posts that may wait; default 1,048,576 */
    uint32_t event_capacity; /* events in one batch of loop_run, 1..65,536; default 1,024 */
    int64_t worker_idle_ns;  /* an idle worker leaves after this; -1 never; default 10 s */
    int64_t free_wait_ns;    /* how long loop_free waits for running host functions; -1 for ever;
                                default 5 s */
    uint64_t retain_limit;   /* bytes that may be retained before responses pause; default 64 MiB */
    const char *http_proxy;  /* URL of a proxy for HTTP requests, copied; NULL: none */
    const void *ca_pem;      /* PEM roots that replace the system's, copied; NULL: the system's */
    uint64_t ca_pem_len;     /* bytes at ca_pem */
} loop_options_t;

#define LOOP_OPTIONS_INIT                                                                          \
    { sizeof(loop_options_t), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Make a loop. The calling thread owns it once it makes its first loop call.
 *
 * options    NULL for all defaults; size must not exceed what this library knows, unless the rest
 *            is 0
 * loop_out   receives the loop
 * Returns    0, or LOOP_EINVAL, LOOP_ENOMEM, LOOP_EMFILE, LOOP_ENFILE, LOOP_ENOTSUP (backend)
 * Thread: any.  Since 0.1.  Source: uv_loop_init
 */
LOOP_API int64_t loop_new(const loop_options_t *options, loop_t **loop_out);

/* Returns the process's default loop, made with defaults by the first call; NULL if that failed.
 * After loop_free of it the next call makes another.
 * Thread: any.  Since 0.1.  Source: uv_default_loop (which is not thread-safe) */
LOOP_API loop_t *loop_default(void);

/* Close a loop: everything alive ends with LOOP_ECANCELED in the closing phase, new ops are refused
 * with LOOP_ECLOSED, a sleeping loop wakes. Runs and turns go on until all final events are out.
 * Posts that were accepted are still delivered, immediates end first in the closing phase, holds no
 * longer count, and ticks may still be queued.
 *
 * Returns    0; LOOP_ECLOSED when it was closed already
 * Thread: any.  Since 0.1.  Source: minimio's close_loop
 */
LOOP_API int64_t loop_close(loop_t *loop);

/* End a loop: closes it, delivers every final event (callbacks run), joins the workers, gives back
 * all memory and descriptors. NULL is allowed.
 *
 * Returns    0; LOOP_EBUSY when a host function still runs after options.free_wait_ns, nothing is
 *            freed then and the call may be made again; LOOP_ENESTED inside a callback
 * Thread: loop.  Since 0.1.  Source: uv_loop_close
 */
LOOP_API int64_t loop_free(loop_t *loop);

/* Give up ownership, so that another thread may use the loop.
 * Returns 0, LOOP_ENESTED inside a callback.  Thread: loop.  Since 0.1. */
LOOP_API int64_t loop_detach(loop_t *loop);

/* Returns the text of the panic that ended a loop ("" if none). Lives as long as the loop.
 * Thread: any.  Since 0.1. */
LOOP_API const char *loop_last_panic(const loop_t *loop);

/* ---- Running -------------------------------------------------------------------------------- */

/* Run modes. ONCE: if the pass delivered nothing and timers have come due by its end, they are
 * delivered, too. */
#define LOOP_RUN_DEFAULT 0 /* until nothing referenced is alive, or loop_stop */
#define LOOP_RUN_ONCE 1    /* one pass; sleeps if nothing is ready */
#define LOOP_RUN_NOWAIT 2  /* one pass; never sleeps */
#define LOOP_RUN_INTR 0x10 /* flag: a signal ends the run with LOOP_EINTR */

/* Run the loop: passes through timers, pending, idle, prepare, poll, check and closing.
 *
 * mode       LOOP_RUN_DEFAULT, _ONCE or _NOWAIT, LOOP_RUN_INTR may be added. Events of a loop_turn
 *            host, which have no callback, are dropped
 * Returns    what loop_alive would say (0: nothing left), or LOOP_EINVAL (mode), LOOP_ENESTED,
 *            LOOP_EINTR, or the error of the poller's wait
 * Thread: loop.  Since 0.1.  Source: uv_run
 */
LOOP_API int64_t loop_run(loop_t *loop, uint32_t mode);

/* The same for at most max_ns (>= 0); callbacks are not cut short. Returns as loop_run does.
 * Thread: loop.  Since 0.1. */
LOOP_API int64_t loop_run_for(loop_t *loop, uint32_t mode, int64_t max_ns);

/* End the run after the current callback and its ticks. Set before a run it ends that run at once.
 * Returns 0.  Thread: any, signal-safe.  Since 0.1.  Source: uv_stop (which does not wake) */
LOOP_API int64_t loop_stop(loop_t *loop);

/* Make a sleeping loop begin another pass. Several calls may be one wake-up.
 * Returns 0.  Thread: any, signal-safe.  Since 0.1.  Source: uv_async_send */
LOOP_API int64_t loop_wake(loop_t *loop);

/* After a longjmp out of a callback: tell the loop that the callback is over. What was not
 * dispatched comes first in the next run. C++ exceptions and Rust unwinding need no call.
 * Returns 0.  Thread: loop.  Since 0.1. */
LOOP_API int64_t loop_unwound(loop_t *loop);

/* Returns the number of referenced live ids, queued ticks, immediates, posts and holds.
 * Thread: loop.  Since 0.1.  Source: uv_loop_alive; the seed's pending_events */
LOOP_API int64_t loop_alive(loop_t *loop);

/* Returns the loop's time (ns), read once a phase; outside a run it is read anew.
 * Thread: loop.  Since 0.1.  Source: uv_now (in ms) */
LOOP_API int64_t loop_now(loop_t *loop);

/* Keep the loop alive for posts to come; counted. loop_unhold without a hold gives LOOP_EINVAL.
 * Returns 0.  Thread: any.  Since 0.1. */
LOOP_API int64_t loop_hold(loop_t *loop);
LOOP_API int64_t loop_unhold(loop_t *loop);

/* Returns a descriptor that is readable when the loop has something to do, for embedding in another
 * loop: when it is readable or loop_backend_timeout has passed, call loop_run with LOOP_RUN_NOWAIT.
 * LOOP_ENOTSUP on the poll backend.  Thread: loop.  Since 0.1.  Source: uv_backend_fd */
LOOP_API int64_t loop_backend_fd(loop_t *loop);

/* Writes how long the host may sleep (ns): 0 while anything is unsubmitted, undelivered or ready,
 * -1 for without limit.
 * Returns 0.  Thread: loop.  Since 0.1.  Source: uv_backend_timeout (in ms) */
LOOP_API int64_t loop_backend_timeout(loop_t *loop, int64_t *timeout_ns_out);

/* Returns "epoll", "poll" or "kqueue". Static.  Thread: any.  Since 0.1. */
LOOP_API const char *loop_backend_name(const loop_t *loop);

/* ---- Ids ------------------------------------------------------------------------------------ */

/* Bits of an id: 62..61 maker, 60..33 slot, 32..0 generation. */
#define LOOP_ID_SLOT_STEP ((uint64_t)1 << 33)
#define LOOP_ID_GENERATION_MAX (((uint64_t)1 << 33) - 1)

/* Take a block of ids for ops of a loop_turn host. The slots are consecutive: id +
 * LOOP_ID_SLOT_STEP is the next one. When an id has ended, id + 1 is the next to use in that slot,
 * up to generation LOOP_ID_GENERATION_MAX; then the slot is spent.
 *
 * count      1..1,048,576
 * first_out  receives the first id
 * Returns    0, LOOP_EINVAL, LOOP_ENOMEM (2^28 slots are out)
 * Thread: loop.  Since 0.1.
 */
LOOP_API int64_t loop_take_ids(loop_t *loop, uint32_t count, uint64_t *first_out);

/* Set the deadline (ns, 0 none) and the label (UTF-8, copied, NULL none) of the next id that a C
 * call makes on this loop. On expiry the outcome is LOOP_ETIMEDOUT; for watchers, intervals and
 * descriptors it counts anew from each event; an immediate whose check phase comes later says so.
 * Returns 0, LOOP_EINVAL, LOOP_ENOMEM.  Thread: loop.  Since 0.1. */
LOOP_API int64_t loop_next_op(loop_t *loop, int64_t timeout_ns, const char *label);

/* Keep the loop alive for this id (the default), or not; idempotent. loop_has_ref returns 1 or 0.
 * Returns 0, LOOP_EBADID.  Thread: loop.  Since 0.1.  Source: uv_ref, uv_unref, uv_has_ref */
LOOP_API int64_t loop_ref(loop_t *loop, int64_t id);
LOOP_API int64_t loop_unref(loop_t *loop, int64_t id);
LOOP_API int64_t loop_has_ref(loop_t *loop, int64_t id);

/* End an id with LOOP_ECANCELED: its callback comes, unless a result exists already, which is then
 * delivered. A host function that runs goes on; its final event comes when it returns. An immediate
 * keeps its place in the check phase.
 * Returns 0, LOOP_EBADID.  Thread: loop.  Since 0.1.  Source: uv_cancel (queued work only) */
LOOP_API int64_t loop_cancel(loop_t *loop, int64_t id);

/* End an id silently: its callback will not run again, not even for events of the current batch.
 * Works for every kind: timers, immediates, watchers, descriptors, jobs, requests.
 * Returns 0, LOOP_EBADID.  Thread: loop.  Since 0.1.  Source: clearTimeout, uv_close */
LOOP_API int64_t loop_clear(loop_t *loop, int64_t id);

/* ---- Timers --------------------------------------------------------------------------------- */

/* Run cb once, delay_ns after this call; 0 means the next timers phase. Timers come in the order of
 * (deadline, start), never early.
 *
 * delay_ns   >= 0
 * Returns    id, or LOOP_EINVAL (cb NULL, delay_ns < 0), LOOP_ENOMEM
 * Thread: loop.  Since 0.1.  Source: setTimeout, uv_timer_start
 */
LOOP_API int64_t loop_set_timeout(loop_t *loop, int64_t delay_ns, loop_cb cb, void *user);

/* Run cb every period_ns (> 0) until cleared. The next deadline is the last one plus the period: no
 * drift. Periods that passed unseen are counted in the event's aux and not called for.
 * Returns id, LOOP_EINVAL, LOOP_ENOMEM.  Thread: loop.  Since 0.1.  Source: setInterval */
LOOP_API int64_t loop_set_interval(loop_t *loop, int64_t period_ns, loop_cb cb, void *user);

/* Run cb once at an absolute loop time (ns); a time that has passed means the next timers phase.
 * Returns id, LOOP_EINVAL, LOOP_ENOMEM.  Thread: loop.  Since 0.1. */
LOOP_API int64_t loop_set_timer_at(loop_t *loop, int64_t deadline_ns, loop_cb cb, void *user);

/* Clear a timer (as loop_clear; other ids give LOOP_EBADID). A timer that is due in the batch being
 * dispatched does not run.
 * Returns 0, LOOP_EBADID.  Thread: loop.  Since 0.1.  Source: clearTimeout */
LOOP_API int64_t loop_clear_timer(loop_t *loop, int64_t id);

/* Start a timer's delay or period anew from now. From its own callback, after it fired, the timer
 * goes on under a new id.
 * Returns the id under which it lives, LOOP_EBADID, LOOP_EINVAL (made by loop_set_timer_at).
 * Thread: loop.  Since 0.1.  Source: timeout.refresh(), uv_timer_again */
LOOP_API int64_t loop_refresh_timer(loop_t *loop, int64_t id);

/* Writes how long until a timer is due (ns, 0 if it is). Returns 0, LOOP_EBADID.
 * Thread: loop.  Since 0.1.  Source: uv_timer_get_due_in */
LOOP_API int64_t loop_timer_due_in(loop_t *loop, int64_t id, int64_t *due_ns_out);

/* ---- Immediates, ticks, watchers ------------------------------------------------------------ */

/* Run cb in the check phase of this pass; from an immediate, of the next pass. FIFO.
 * Returns id, LOOP_EINVAL, LOOP_ENOMEM.  Thread: loop.  Since 0.1.  Source: setImmediate */
LOOP_API int64_t loop_set_immediate(loop_t *loop, loop_cb cb, void *user);

/* Run cb after the current callback, before microtasks and before anything else. FIFO; ticks may
 * queue ticks.
 * Returns 0, LOOP_EINVAL, LOOP_ENOMEM.  Thread: loop.  Since 0.1.  Source: process.nextTick */
LOOP_API int64_t loop_next_tick(loop_t *loop, loop_cb cb, void *user);

/* Run cb after the current callback and all ticks. Returns 0, LOOP_EINVAL, LOOP_ENOMEM.
 * Thread: loop.  Since 0.1.  Source: queueMicrotask */
LOOP_API int64_t loop_queue_microtask(loop_t *loop, loop_cb cb, void *user);

/* Run cb once in every pass, in the phase of that name, in the order of starting. One that is
 * started in its own phase runs from the next pass on. An idle watcher keeps the loop from
 * sleeping.
 * Returns id, LOOP_EINVAL, LOOP_ENOMEM.  Thread: loop.  Since 0.1.
 * Source: uv_idle_start, uv_prepare_start, uv_check_start (last started first) */
LOOP_API int64_t loop_start_idle(loop_t *loop, loop_cb cb, void *user);
LOOP_API int64_t loop_start_prepare(loop_t *loop, loop_cb cb, void *user);
LOOP_API int64_t loop_start_check(loop_t *loop, loop_cb cb, void *user);

/* ---- Descriptors ---------------------------------------------------------------------------- */

#define LOOP_POLL_LEVEL 0
#define LOOP_POLL_ONESHOT LOOP_OPF_ONESHOT
#define LOOP_POLL_EDGE LOOP_OPF_EDGE

/* Call cb when a descriptor is ready. The descriptor stays the host's; clear the id before closing
 * it.
 *
 * fd         >= 0, any that can be waited for; regular files give an event with LOOP_EPERM
 * interest   LOOP_READABLE | LOOP_WRITABLE, at least one
 * mode       LOOP_POLL_LEVEL: in every pass while ready; LOOP_POLL_ONESHOT: one event, which ends
 *            the id; LOOP_POLL_EDGE: when it becomes ready
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM, LOOP_ENOTSUP. What the system says of the fd comes as an
 *            event: LOOP_EBADF, LOOP_EPERM, LOOP_EEXIST (one id per fd)
 * Thread: loop.  Since 0.1.  Source: uv_poll_start; minimio's register
 */
LOOP_API int64_t loop_poll_fd(loop_t *loop, int32_t fd, uint32_t interest, uint32_t mode,
                              loop_cb cb, void *user);

/* Change what a descriptor is watched for. Returns 0, LOOP_EBADID, LOOP_EINVAL.
 * Thread: loop.  Since 0.1. */
LOOP_API int64_t loop_poll_modify(loop_t *loop, int64_t id, uint32_t interest);

/* ---- Any thread ----------------------------------------------------------------------------- */

/* Call cb on the loop thread with a value: delivered exactly once, posts of one thread in their
 * order.
 *
 * cb         NULL: an event for the loop_turn host, with user
 * Returns    0: it will be delivered; LOOP_EFULL (options.post_limit), LOOP_ECLOSED, LOOP_ENOMEM:
 *            it will not
 * Thread: any.  Since 0.1.  Source: uv_async_send (which coalesces)
 */
LOOP_API int64_t loop_post(loop_t *loop, uint64_t value, loop_cb cb, void *user);

/* ---- The pool ------------------------------------------------------------------------------- */

/* A value that a host function gives. Zeroed before the call, so undefined if left alone. */
typedef struct loop_value {
    uint32_t kind;               /* LOOP_KIND_* */
    int32_t os_errno;            /* LOOP_KIND_ERROR: errno, or 0 */
    int64_t num;                 /* bool, int, bits of a double */
    const void *data;            /* bytes, string, error text */
    uint64_t len;                /* bytes at data */
    void (*release)(void *data); /* called once with data when the library is done; may be NULL */
} loop_value_t;

/* A host function. Runs on a worker; it must return (no longjmp, no exception, no pthread_exit).
 *
 * arg        the pointer given to loop_work
 * out        the result
 * Returns    0, or a LOOP_E* code that becomes the event's status (then out may hold the error text)
 */
typedef int32_t (*loop_work_fn)(void *arg, loop_value_t *out);

/* Run a host function on a worker, then cb on the loop thread with its value.
 *
 * fn, arg    what to run; arg is borrowed until the final event
 * label      static text for traces and statistics, NULL for "work"
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM. A full queue comes as an event with LOOP_EFULL
 * Thread: loop.  Since 0.1.  Source: uv_queue_work
 */
LOOP_API int64_t loop_work(loop_t *loop, loop_work_fn fn, void *arg, const char *label, loop_cb cb,
                           void *user);

/* The same on a lane of choice (LOOP_LANE_*).
 * Returns id, LOOP_EINVAL, LOOP_ENOMEM.  Thread: loop.  Since 0.1. */
LOOP_API int64_t loop_work_lane(loop_t *loop, uint32_t lane, loop_work_fn fn, void *arg,
                                const char *label, loop_cb cb, void *user);

/* Set the number of workers of a lane (1..1024); surplus ones leave after their job.
 * Returns 0, LOOP_EINVAL.  Thread: loop.  Since 0.1. */
LOOP_API int64_t loop_set_workers(loop_t *loop, uint32_t lane, uint32_t workers);

/* Set how many jobs may wait in a lane (0: no limit). Jobs that wait already stay.
 * Returns 0, LOOP_EINVAL.  Thread: loop.  Since 0.1. */
LOOP_API int64_t loop_set_queue_limit(loop_t *loop, uint32_t lane, uint32_t limit);

/* Fill a value by copying. For the text ones len < 0 means up to the NUL.
 * Returns 0, LOOP_EINVAL, LOOP_ENOMEM.  Thread: any.  Since 0.1. */
LOOP_API int64_t loop_value_set_bool(loop_value_t *out, int32_t value);
LOOP_API int64_t loop_value_set_int(loop_value_t *out, int64_t value);
LOOP_API int64_t loop_value_set_double(loop_value_t *out, double value);
LOOP_API int64_t loop_value_set_bytes(loop_value_t *out, const void *data, int64_t len);
LOOP_API int64_t loop_value_set_string(loop_value_t *out, const char *text, int64_t len);
LOOP_API int64_t loop_value_set_error(loop_value_t *out, const char *text, int64_t len,
                                      int32_t os_errno);

/* ---- Values of events ----------------------------------------------------------------------- */

/* Returns LOOP_KIND_* of an event's value.  Thread: any.  Since 0.1. */
LOOP_API int64_t loop_event_kind(const loop_event_t *ev);

/* Write an event's value. Returns 0, LOOP_ETYPE (another kind), LOOP_EINVAL.
 * Thread: any.  Since 0.1.  Source: the seed's into_int, into_string */
LOOP_API int64_t loop_event_bool(const loop_event_t *ev, int32_t *out);
LOOP_API int64_t loop_event_int(const loop_event_t *ev, int64_t *out);
LOOP_API int64_t loop_event_double(const loop_event_t *ev, double *out);

/* Write address and length of an event's bytes, string, or error text; borrowed as the event is,
 * and not ended by a NUL. Returns 0, LOOP_ETYPE, LOOP_EINVAL.  Thread: any.  Since 0.1. */
LOOP_API int64_t loop_event_bytes(const loop_event_t *ev, const void **data_out, uint64_t *len_out);
LOOP_API int64_t loop_event_string(const loop_event_t *ev, const char **text_out,
                                   uint64_t *len_out);
LOOP_API int64_t loop_event_error(const loop_event_t *ev, const char **text_out, uint64_t *len_out);

/* Keep an event's data beyond its callback. The address may differ from ev->data.
 * Returns the data, ended by a NUL that len does not count; NULL without data, or out of memory.
 * Thread: loop.  Since 0.1. */
LOOP_API const void *loop_retain(loop_t *loop, const loop_event_t *ev);

/* Give retained data back; NULL is allowed. Also after loop_free.  Thread: any.  Since 0.1. */
LOOP_API void loop_release(const void *data);

/* ---- HTTP client ---------------------------------------------------------------------------- */

#define LOOP_HTTP_STREAM 0x1 /* events: head, body chunks, end; else one event with everything */
#define LOOP_HTTP_FOLLOW 0x2 /* follow redirects */
#define LOOP_HTTP_BORROW_BODY 0x4  /* body stays the host's until the final event */
#define LOOP_HTTP_NO_KEEPALIVE 0x8 /* close the connection afterwards */
#define LOOP_HTTP_INSECURE 0x10    /* accept any certificate */

/* A request. Fill with LOOP_HTTP_INIT, then set fields. */
typedef struct loop_http {
    uint32_t size;       /* sizeof(loop_http_t) */
    uint32_t flags;      /* LOOP_HTTP_* */
    const char *method;  /* NULL: GET */
    const char *url;     /* http:// or https:// */
    const char *headers; /* "Name: value\r\n..." or NULL */
    const void *body;    /* NULL: none */
    uint64_t body_len;   /* bytes at body */
    uint64_t max_body;   /* bytes of response body, else LOOP_ETOOBIG; 0: 64 MiB (stream: none) */
    uint32_t max_header; /* bytes of response head, else LOOP_ETOOBIG; 0: 1 MiB */
    uint32_t max_redirects; /* with LOOP_HTTP_FOLLOW, else LOOP_EREDIRECT; 0: 10 */
} loop_http_t;

#define LOOP_HTTP_INIT                                                                             \
    { sizeof(loop_http_t), 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Make an HTTP(S) request. A status of 404 or 500 is a response, not an error.
 *
 * The event holds the response as bytes, "HTTP/1.1 200 OK\r\nName: value\r\n...\r\n" and the body;
 * num is the status code, aux the offset of the body. With LOOP_HTTP_STREAM: one event LOOP_EV_HEAD
 * (num status code, data the head), one per chunk of the body, and the final one without data. A
 * stream holds back its peer while 256 KiB of it wait to be delivered.
 *
 * request    copied (but for LOOP_HTTP_BORROW_BODY)
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM. Everything else comes as an event: LOOP_EDNS,
 *            LOOP_ECONNREFUSED, LOOP_ECONNRESET, LOOP_EHTTP, LOOP_ETLS, LOOP_EOF, LOOP_ETOOBIG ...
 * Thread: loop.  Since 0.1.  Source: http.request
 */
LOOP_API int64_t loop_http(loop_t *loop, const loop_http_t *request, loop_cb cb, void *user);

/* loop_http with GET and defaults.
 * Returns id, LOOP_EINVAL, LOOP_ENOMEM.  Thread: loop.  Since 0.1.  Source: http.get */
LOOP_API int64_t loop_http_get(loop_t *loop, const char *url, loop_cb cb, void *user);

/* Find a header (any case) in a response or head event. Writes the first one's value, borrowed, not
 * ended by a NUL. Returns 0, LOOP_ENOENT (not there), LOOP_ETYPE, LOOP_EINVAL.
 * Thread: any.  Since 0.1. */
LOOP_API int64_t loop_http_header(const loop_event_t *ev, const char *name, const char **value_out,
                                  uint64_t *len_out);

/* Write address and length of a response event's body. Returns 0, LOOP_ETYPE, LOOP_EINVAL.
 * Thread: any.  Since 0.1. */
LOOP_API int64_t loop_http_body(const loop_event_t *ev, const void **data_out, uint64_t *len_out);

/* ---- Batches -------------------------------------------------------------------------------- */

/* Phases, in the order of a pass. */
#define LOOP_PHASE_NONE 0
#define LOOP_PHASE_TIMERS 1
#define LOOP_PHASE_PENDING 2
#define LOOP_PHASE_IDLE 3
#define LOOP_PHASE_PREPARE 4
#define LOOP_PHASE_POLL 5
#define LOOP_PHASE_CHECK 6
#define LOOP_PHASE_CLOSING 7

/* Flags the host sets in a turn. */
#define LOOP_TURN_SUBMIT 0x1 /* take the ops, nothing else (as does event_capacity 0) */
#define LOOP_TURN_ONCE 0x2   /* return at the end of the pass, too, with LOOP_TURN_PASS */

/* Flags the library sets in a turn. */
#define LOOP_TURN_DONE 0x1 /* nothing referenced is alive (or the closed loop has ended all) */
#define LOOP_TURN_PASS 0x2 /* this turn ended a pass (only with LOOP_TURN_ONCE) */
#define LOOP_TURN_INTERRUPTED 0x4 /* a signal ended the sleep */
#define LOOP_TURN_STOPPED 0x8     /* loop_stop was called; the flag is now reset */
#define LOOP_TURN_TIMEDOUT 0x10   /* timeout_ns passed without an event */

/* One turn: ops in, at most one batch of events out. */
typedef struct loop_turn {
    uint32_t size;           /* in: sizeof(loop_turn_t) */
    uint32_t flags;          /* in: LOOP_TURN_SUBMIT or 0 */
    loop_t *loop;            /* in */
    const loop_op_t *ops;    /* in: read during the call, not kept */
    loop_event_t *events;    /* in: room for the batch; valid until the next turn */
    uint32_t op_count;       /* in */
    uint32_t op_stride;      /* in: sizeof(loop_op_t) */
    uint32_t event_capacity; /* in */
    uint32_t event_stride;   /* in: sizeof(loop_event_t) */
    int64_t timeout_ns;      /* in: longest sleep; 0 none, -1 as long as it takes */
    uint32_t ticks;          /* in: ticks and microtasks the host holds; > 0: do not sleep */
    uint32_t immediates;     /* in: immediates the host holds; the check phase is then reported */
    uint32_t event_count;    /* out */
    uint32_t phase;      /* out: LOOP_PHASE_* of the batch. On CHECK run your immediates first */
    uint32_t result;     /* out: LOOP_TURN_* */
    uint32_t dispatched; /* out: events that had a cb and were called for by the library */
    uint64_t pass;       /* out: number of the pass, from 1 */
    int64_t now_ns;      /* out: loop time of the phase */
    uint64_t alive;      /* out: as loop_alive, without what the host holds */
} loop_turn_t;

/* Take one turn: takes the ops, goes on through the phases where the last turn stopped, and returns
 * at the first phase that has events (or, with immediates held, at the check phase), or when its
 * one sleep has ended without any. Events whose cb is set are dispatched before it returns; the
 * rest is in events. Data of events stays valid until the next turn that is not a SUBMIT one, which
 * leaves them and loop_stop alone. The results are written before callbacks run.
 *
 * After a panic turns give final events with LOOP_EPANIC, then return LOOP_EPANIC: an id that had
 * none by then was never taken.
 *
 * turn       the one argument
 * Returns    0 (also with events), or LOOP_EINVAL (sizes, strides, NULL), LOOP_ENESTED (inside a
 *            callback, without LOOP_TURN_SUBMIT), the error of the poller's wait; the ops are then
 *            not taken
 * Thread: loop.  Since 0.1.
 */
LOOP_API int64_t loop_turn(loop_turn_t *turn);

/* Call the callbacks of a batch, each followed by the ticks and microtasks of C callers; skips
 * muted events and those without a cb. Returns the number called.  Thread: loop.  Since 0.1. */
LOOP_API int64_t loop_dispatch(loop_t *loop, const loop_event_t *events, uint32_t count);

/* ---- Tracing -------------------------------------------------------------------------------- */

/* Call cb for every step of the loop (NULL: stop). Off, it costs one predictable branch.
 * Returns 0.  Thread: loop.  Since 0.1. */
LOOP_API int64_t loop_trace(loop_t *loop, loop_trace_cb cb, void *user);

/* Write every step as a line to a descriptor, which stays the host's.
 *
 * fd         -1: stop
 * format     LOOP_TRACE_JSON or LOOP_TRACE_BOOK
 * Returns    0, LOOP_EINVAL
 * Thread: loop.  Since 0.1.
 */
LOOP_API int64_t loop_trace_fd(loop_t *loop, int32_t fd, uint32_t format);

/* ---- Hosts ---------------------------------------------------------------------------------- */

/* Add SA_ONSTACK to every signal handler of the process that lacks it. Needed once after a host
 * installs a handler with plain signal(2) and without SA_ONSTACK; not done by itself.
 * Returns the number of handlers changed.  Thread: any.  Since 0.1. */
LOOP_API int64_t loop_fix_signal_handlers(void);

#ifdef __cplusplus
}
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
#endif
#endif
