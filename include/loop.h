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
#define LOOP_VERSION_MINOR 3
#define LOOP_VERSION_PATCH 0
#define LOOP_VERSION_STRING "0.3.0"

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
#define LOOP_EV_FD 0x0200      /* num is an open descriptor; whoever gets the event closes it */

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
/* A file operation. data: a loop_fs_t, read while the op is taken. Event: see loop_fs. */
#define LOOP_OP_FS 8
/* Crypto. data: a loop_crypto_t, read while the op is taken. Event: see loop_crypto. */
#define LOOP_OP_CRYPTO 10
/* Compressing or decompressing. data: a loop_zip_t, read while the op is taken. Event: see loop_zip. */
#define LOOP_OP_ZIP 11
/* Watching files and folders. data: a loop_watch_t, read while the op is taken. Event: see
 * loop_watch. */
#define LOOP_OP_WATCH 12
/* A question about names. data: a loop_dns_t, read while the op is taken. Event: see loop_dns. */
#define LOOP_OP_DNS 15

/* Input for a flow (see loop_write). target: the flow. data: len bytes, copied while the op is taken;
 * with LOOP_OPF_BORROWED they stay the host's until the final event. Event: num = bytes taken, aux =
 * bytes that still wait. To a datagram socket, arg: 0, or the address of a loop_address_t. */
#define LOOP_OP_WRITE 13

/* A socket. data: a loop_net_t, read while the op is taken. Events: see loop_net. */
#define LOOP_OP_NET 14

/* Bytes of a file to a stream. target: the stream. len: a descriptor, which is duplicated while the
 * op is taken. arg: offset. data: how many bytes, a number. Event: see loop_send_file. */
#define LOOP_OP_SEND_FILE 16

/* Control ops: no id, no event unless refused. target: the id acted on. */
#define LOOP_OP_CANCEL 32      /* ends with LOOP_ECANCELED; a result that exists is delivered */
#define LOOP_OP_CLEAR 33       /* mutes and ends */
#define LOOP_OP_REF 34         /* keeps the loop alive (the default) */
#define LOOP_OP_UNREF 35       /* does not keep the loop alive */
#define LOOP_OP_REFRESH 36     /* a timer. arg: its new absolute deadline */
#define LOOP_OP_POLL_MODIFY 37 /* a descriptor. len: the new LOOP_READABLE | LOOP_WRITABLE */
#define LOOP_OP_END 39         /* a flow or stream: no more input */
#define LOOP_OP_PAUSE 40       /* no more data until RESUME; what is on its way still comes */
#define LOOP_OP_RESUME 41
#define LOOP_OP_READ                                                                               \
    42                  /* a stream; see loop_read_start. cb, user, timeout_ns: its own from now on.
                            arg: 0, or bytes; with LOOP_OPF_ONESHOT at most so many, else exactly */
#define LOOP_OP_SEND 43 /* a stream; see loop_send. data, len: bytes, used while the op is taken */
#define LOOP_OP_CLOSE 44 /* a socket; arg 0: see loop_net_close, 1: see loop_net_reset */
#define LOOP_OP_SEND_TO                                                                            \
    45 /* a datagram socket; see loop_send_to. data, len: one datagram; arg: the address of a
          loop_address_t; both are used while the op is taken */
#define LOOP_OP_SEND_FD                                                                            \
    46 /* a Unix stream; see loop_send_fd. data, len: bytes; arg: a descriptor, which is duplicated
          while the op is taken */
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
#define LOOP_OPF_ONESHOT 0x0004  /* POLL_FD: the first event is final; READ: see there */
#define LOOP_OPF_EDGE 0x0008     /* POLL_FD: edge-triggered (LOOP_ENOTSUP on the poll backend) */
#define LOOP_OPF_BORROWED 0x0010 /* HTTP, WRITE: the bytes stay the host's until the final event */
#define LOOP_OPF_QUIET 0x0020    /* a binding's own plumbing: neither traced nor counted in seq */
#define LOOP_OPF_VECTOR 0x0040   /* WRITE to a stream: data is an array of len loop_buf_t */

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
#define LOOP_EAUTH (-24)       /* authentication failed: a wrong key or tag, or garbled data */
#define LOOP_EDATA (-25)       /* the data is corrupt, or of another format */
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
#define LOOP_EDQUOT (-59)
#define LOOP_EFBIG (-60)
#define LOOP_ETXTBSY (-61)
#define LOOP_EMLINK (-62)
#define LOOP_ENXIO (-63)
#define LOOP_ESPIPE (-64)
#define LOOP_ENODEV (-65)
#define LOOP_ESTALE (-66)

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
#define LOOP_TRACE_READY 10        /* a descriptor, a response, a change, or (id 0) a timeout */
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
 * call makes on this loop; the deadline also of the next loop_read_* or loop_net_close. On expiry the
 * outcome is LOOP_ETIMEDOUT; for watchers, intervals, descriptors and sockets it counts anew from
 * each event; an immediate whose check phase comes later says so.
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

/* ---- Flows ---------------------------------------------------------------------------------- */

/* A flow is an id that gives its data piece by piece (events with LOOP_EV_MORE), or takes its input
 * piece by piece, or both: a file that is read or written as a stream, a hash, a compression. Each
 * function that makes one says which. While it waits for input, or is paused, it does not keep the
 * loop alive. Its deadline counts anew from each event. */

/* Give a flow its next input. Writes are used in their order; the event comes when all of it is
 * used, and says in aux how many bytes of later writes wait: hold back when that grows.
 *
 * flow       id of a flow that takes input, not ended
 * data       len bytes, copied; may be NULL when len is 0
 * len        0..2^32-1
 * Returns    id, LOOP_EINVAL, LOOP_EBADID, LOOP_ENOMEM, LOOP_EBADF (a stream that can only be read).
 *            As an event: LOOP_EPIPE after loop_end,LOOP_ECANCELED when the flow ended before the
 *            input was used; LOOP_EBADID for an id that takes no input
 * Thread: loop.  Since 0.2.  Source: writable.write
 */
LOOP_API int64_t loop_write(loop_t *loop, int64_t flow, const void *data, uint64_t len, loop_cb cb,
                            void *user);

/* The same without a copy: data is borrowed until the final event.
 * Returns id, LOOP_EINVAL, LOOP_EBADID, LOOP_ENOMEM.  Thread: loop.  Since 0.2. */
LOOP_API int64_t loop_write_borrowed(loop_t *loop, int64_t flow, const void *data, uint64_t len,
                                     loop_cb cb, void *user);

/* Say that a flow gets no more input: what was written is used, then it ends. Twice is allowed.
 * Returns 0, LOOP_EBADID.  Thread: loop.  Since 0.2.  Source: writable.end */
LOOP_API int64_t loop_end(loop_t *loop, int64_t flow);

/* Stop and go on with the data of a flow; what is on its way still comes. Other ids are left alone.
 * Returns 0, LOOP_EBADID.  Thread: loop.  Since 0.2.  Source: readable.pause, resume */
LOOP_API int64_t loop_pause(loop_t *loop, int64_t flow);
LOOP_API int64_t loop_resume(loop_t *loop, int64_t flow);

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

/* ---- Files ---------------------------------------------------------------------------------- */

/* Every call of this section puts one operation on LOOP_LANE_FILE and returns its id; its event
 * comes in the poll phase. Operations that are under way together run in any order: to have one
 * after the other, start the second in the callback of the first.
 *
 *   - path: bytes as the system takes them, ended by a NUL, copied.
 *   - fd: a number >= 0 that is the host's; an operation on it must have ended before it is closed.
 *   - Returns id, LOOP_EINVAL (NULL, an unknown flag, out of range), LOOP_ENOMEM. What the system
 *     says comes as the event, with the errno in aux and the text "operation path",
 *     "operation path -> path2" or "operation fd 7": LOOP_ENOENT, LOOP_EACCES, LOOP_EPERM,
 *     LOOP_EISDIR, LOOP_ENOTDIR, LOOP_ELOOP, LOOP_ENAMETOOLONG, LOOP_EMFILE, LOOP_ENFILE,
 *     LOOP_EROFS, LOOP_EIO, LOOP_ENOSPC, LOOP_EDQUOT, LOOP_EBADF ...; a call's comment names those
 *     that are its own.
 *   - An operation that is cancelled, cleared or too late stops between two pieces of at most 1 MiB;
 *     what it has done by then stays done. Descriptors it opened are closed.
 *   - Event: undefined, unless the comment says more. aux of a value is the LOOP_FS_* of what.
 *   - *borrowed* memory stays the host's, and untouched by it, until the final event.
 */

/* Flags (loop_fs_t.flags, and the flags argument of the calls that have one). */
#define LOOP_FS_BORROW 0x1     /* data, or what bufs point at, is borrowed instead of copied */
#define LOOP_FS_EXCL 0x2       /* write_file, append_file, copy_file: LOOP_EEXIST if it is there */
#define LOOP_FS_ATOMIC 0x4     /* write_file: all of it or the old file; see loop_fs_write_file */
#define LOOP_FS_SYNC 0x8       /* write_file, append_file: the data is on the disk when it ends */
#define LOOP_FS_RECURSIVE 0x10 /* mkdir: parents, too; remove: folders with all that is in them */
#define LOOP_FS_FORCE 0x20     /* remove: a path that is not there is no error */
#define LOOP_FS_REFLINK 0x40   /* copy_file: share the blocks if the file system can */
#define LOOP_FS_REFLINK_ONLY 0x80 /* copy_file: share the blocks or fail with LOOP_ENOTSUP */
#define LOOP_FS_APPEND 0x100      /* write_stream: add to the end of the file; not with _ATOMIC */

/* What an operation does (loop_fs_t.what). Each is described at the call of its name. */
#define LOOP_FS_READ_FILE 1
#define LOOP_FS_WRITE_FILE 2
#define LOOP_FS_APPEND_FILE 3
#define LOOP_FS_COPY_FILE 4
#define LOOP_FS_STAT 5
#define LOOP_FS_LSTAT 6
#define LOOP_FS_FSTAT 7
#define LOOP_FS_STATFS 8
#define LOOP_FS_ACCESS 9
#define LOOP_FS_READDIR 10
#define LOOP_FS_MKDIR 11
#define LOOP_FS_MKDTEMP 12
#define LOOP_FS_MKSTEMP 13
#define LOOP_FS_UNLINK 14
#define LOOP_FS_RMDIR 15
#define LOOP_FS_REMOVE 16
#define LOOP_FS_RENAME 17
#define LOOP_FS_LINK 18
#define LOOP_FS_SYMLINK 19
#define LOOP_FS_READLINK 20
#define LOOP_FS_REALPATH 21
#define LOOP_FS_CHMOD 22
#define LOOP_FS_FCHMOD 23
#define LOOP_FS_CHOWN 24
#define LOOP_FS_LCHOWN 25
#define LOOP_FS_FCHOWN 26
#define LOOP_FS_UTIMES 27
#define LOOP_FS_LUTIMES 28
#define LOOP_FS_FUTIMES 29
#define LOOP_FS_TRUNCATE 30
#define LOOP_FS_FTRUNCATE 31
#define LOOP_FS_OPEN 32
#define LOOP_FS_CLOSE 33
#define LOOP_FS_READ 34
#define LOOP_FS_WRITE 35
#define LOOP_FS_READV 36
#define LOOP_FS_WRITEV 37
#define LOOP_FS_FSYNC 38
#define LOOP_FS_FDATASYNC 39
#define LOOP_FS_SENDFILE 40
#define LOOP_FS_READ_STREAM 41
#define LOOP_FS_WRITE_STREAM 42

/* How a file is opened: one of the first three, with any of the rest. Every file is opened
 * close-on-exec, and a terminal never becomes the controlling one. */
#define LOOP_O_RDONLY 0x0
#define LOOP_O_WRONLY 0x1
#define LOOP_O_RDWR 0x2
#define LOOP_O_CREAT 0x10      /* make it if it is not there */
#define LOOP_O_EXCL 0x20       /* with LOOP_O_CREAT: LOOP_EEXIST if it is there */
#define LOOP_O_TRUNC 0x40      /* cut to 0 bytes */
#define LOOP_O_APPEND 0x80     /* each write goes to the end */
#define LOOP_O_NOFOLLOW 0x100  /* LOOP_ELOOP if the last part of the path is a symbolic link */
#define LOOP_O_DIRECTORY 0x200 /* LOOP_ENOTDIR if it is none */
#define LOOP_O_SYNC 0x400      /* each write is on the disk before it ends */
#define LOOP_O_DSYNC 0x800     /* the same without what only describes the file */
#define LOOP_O_NONBLOCK 0x1000 /* for FIFOs and devices */
/* Where the system has them, else LOOP_ENOTSUP: */
#define LOOP_O_DIRECT 0x2000  /* past the cache; the host keeps to its alignments */
#define LOOP_O_TMPFILE 0x4000 /* a file without a name in the folder at path */
#define LOOP_O_NOATIME 0x8000 /* reading does not change the access time */
#define LOOP_O_PATH 0x10000   /* names the file without opening it */

/* Bits of a question to loop_fs_access. */
#define LOOP_ACCESS_EXISTS 0x0
#define LOOP_ACCESS_EXECUTE 0x1 /* of a folder: enter */
#define LOOP_ACCESS_WRITE 0x2
#define LOOP_ACCESS_READ 0x4

/* Types of files. */
#define LOOP_TYPE_UNKNOWN 0
#define LOOP_TYPE_FILE 1
#define LOOP_TYPE_DIR 2
#define LOOP_TYPE_LINK 3
#define LOOP_TYPE_FIFO 4
#define LOOP_TYPE_SOCKET 5
#define LOOP_TYPE_CHAR 6
#define LOOP_TYPE_BLOCK 7

/* Times of files are nanoseconds since 1970-01-01 UTC, also negative; what lies beyond 64 bits (the
 * years 1677 and 2262) is cut to the nearest. As arguments also: */
#define LOOP_TIME_NOW (-0x7fffffffffffffff)  /* the time when it is done */
#define LOOP_TIME_OMIT (-0x7ffffffffffffffe) /* leave it as it is */

/* Bits of loop_stat_t.known: fields that not every file system has. They are 0 where unknown. */
#define LOOP_STAT_BIRTHTIME 0x1
#define LOOP_STAT_MOUNT_ID 0x2
#define LOOP_STAT_ATTRIBUTES 0x4

/* Bits of loop_stat_t.attributes. */
#define LOOP_ATTR_COMPRESSED 0x1
#define LOOP_ATTR_IMMUTABLE 0x2
#define LOOP_ATTR_APPEND 0x4
#define LOOP_ATTR_NODUMP 0x8
#define LOOP_ATTR_ENCRYPTED 0x10
#define LOOP_ATTR_MOUNT_ROOT 0x20
#define LOOP_ATTR_VERITY 0x40
#define LOOP_ATTR_DAX 0x80

/* What is known of a file. Fields are only ever appended: an event's len says how many there are. */
typedef struct loop_stat {
    uint64_t size;        /* bytes */
    uint64_t ino;         /* with dev: which file it is */
    uint64_t dev;         /* as st_dev */
    uint64_t rdev;        /* as st_rdev, of a device */
    uint64_t nlink;       /* names it has */
    uint64_t blocks;      /* 512 bytes each: what it takes on the disk */
    uint64_t block_size;  /* bytes: good for reading and writing */
    uint64_t mount_id;    /* LOOP_STAT_MOUNT_ID: which mount; a number is never given again */
    int64_t atime_ns;     /* last read */
    int64_t mtime_ns;     /* last change of the content */
    int64_t ctime_ns;     /* last change of content, mode, owner or names */
    int64_t birthtime_ns; /* LOOP_STAT_BIRTHTIME */
    uint32_t type;        /* LOOP_TYPE_* */
    uint32_t mode;        /* as st_mode: type and permissions */
    uint32_t uid;
    uint32_t gid;
    uint32_t known;      /* LOOP_STAT_* */
    uint32_t attributes; /* LOOP_ATTR_*, LOOP_STAT_ATTRIBUTES */
} loop_stat_t;

/* What is known of a file system. Fields are only ever appended. */
typedef struct loop_statfs {
    uint64_t type;       /* the system's number for its kind */
    uint64_t block_size; /* bytes */
    uint64_t blocks;
    uint64_t blocks_free;
    uint64_t blocks_available; /* of those, for who is not root */
    uint64_t files;            /* inodes; 0: without limit */
    uint64_t files_free;
    uint64_t id;
    uint64_t name_max; /* bytes of the longest name */
    uint64_t flags;    /* as f_flags of the mount */
} loop_statfs_t;

/* An entry of a folder. They lie one behind the other in the events of loop_fs_readdir, each at a
 * multiple of 8 bytes. The name follows, ended by a NUL. */
typedef struct loop_dirent {
    uint64_t ino;
    uint32_t type;     /* LOOP_TYPE_* */
    uint16_t size;     /* bytes from here to the next entry */
    uint16_t name_len; /* bytes, without the NUL */
} loop_dirent_t;

/* A piece of memory of the host, for loop_fs_readv and loop_fs_writev (which only reads it). */
typedef struct loop_buf {
    void *data;
    uint64_t len; /* bytes */
} loop_buf_t;

/* An operation with all that any of them takes. Fill with LOOP_FS_INIT, then set what its call
 * takes under that name; the rest is not looked at. */
typedef struct loop_fs {
    uint32_t size; /* sizeof(loop_fs_t) */
    uint32_t what; /* LOOP_FS_READ_FILE ... */
    uint32_t flags;
    uint32_t mode;
    const char *path;
    const char *path2;
    uint32_t path_len; /* bytes at path; 0: up to the NUL. A NUL among them is LOOP_EINVAL */
    uint32_t path2_len;
    int32_t fd;
    int32_t fd2;
    const void *data; /* what is written */
    void *buffer;     /* where to read to, borrowed; NULL: memory of the library */
    const loop_buf_t *bufs;
    uint64_t len;
    int64_t offset;
    int64_t offset2;
    int64_t atime_ns;
    int64_t mtime_ns;
    uint64_t limit;
    uint32_t uid;
    uint32_t gid;
    uint32_t open_flags;
    uint32_t buf_count;
} loop_fs_t;

#define LOOP_FS_INIT                                                                               \
    {                                                                                              \
        sizeof(loop_fs_t), 0, 0, 0, 0, 0, 0, 0, -1, -1, 0, 0, 0, 0, -1, -1, LOOP_TIME_OMIT,        \
            LOOP_TIME_OMIT, 0, 0xffffffffu, 0xffffffffu, 0, 0                                      \
    }

/* Any operation of this section.
 *
 * request    copied with all it points at, but for what is borrowed
 * Returns    id, LOOP_EINVAL (also a size, what or flag that is unknown, a NUL in a path),
 *            LOOP_ENOMEM
 * Thread: loop.  Since 0.2.
 */
LOOP_API int64_t loop_fs(loop_t *loop, const loop_fs_t *request, loop_cb cb, void *user);

/* Read a whole file. A small file that is in the system's cache is read by the loop's thread, with
 * the same event in the poll phase of the next pass. What has no size (/proc, devices, a FIFO) is
 * read to its end. A FIFO without a writer is waited for; that can be cancelled.
 *
 * limit      bytes, else LOOP_ETOOBIG; 0: 2 GiB
 * Event      bytes: the content; num = its length
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.2.  Source: fs.readFile
 */
LOOP_API int64_t loop_fs_read_file(loop_t *loop, const char *path, uint64_t limit, loop_cb cb,
                                   void *user);

/* Write a whole file: made if it is not there, else cut to 0 bytes first.
 *
 * With LOOP_FS_ATOMIC the data goes to a new file in the same folder, is brought to the disk, and
 * takes the place of the old one in one step; then the folder, which must be readable, is brought to
 * the disk. On any error before that last step the old file is as it was. The new one has the
 * permissions of the old and, if that is allowed, its owner; a symbolic link is replaced, not
 * followed; so is what else the name stands for, but for a folder. With LOOP_FS_EXCL it never
 * replaces.
 *
 * data, len  copied, or with LOOP_FS_BORROW borrowed
 * mode       permissions of a new file, less the umask; 0: 0666
 * flags      LOOP_FS_EXCL, _ATOMIC, _SYNC, _BORROW
 * Event      int: bytes written
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.2.  Source: fs.writeFile
 */
LOOP_API int64_t loop_fs_write_file(loop_t *loop, const char *path, const void *data, uint64_t len,
                                    uint32_t mode, uint32_t flags, loop_cb cb, void *user);

/* Add to the end of a file, made if it is not there.
 *
 * data, len, mode, Event  as loop_fs_write_file
 * flags      LOOP_FS_EXCL, _SYNC, _BORROW
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.2.  Source: fs.appendFile
 */
LOOP_API int64_t loop_fs_append_file(loop_t *loop, const char *path, const void *data, uint64_t len,
                                     uint32_t mode, uint32_t flags, loop_cb cb, void *user);

/* Copy a file with its permissions to path2, whose content is replaced unless flags say otherwise.
 * If the copy fails, one that was begun anew is taken away. A file is not copied onto itself. Holes
 * stay holes where the file systems have such.
 *
 * flags      LOOP_FS_EXCL, _REFLINK, _REFLINK_ONLY
 * Event      int: bytes copied, holes included
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.2.  Source: fs.copyFile, uv_fs_copyfile
 */
LOOP_API int64_t loop_fs_copy_file(loop_t *loop, const char *path, const char *path2,
                                   uint32_t flags, loop_cb cb, void *user);

/* Ask what is known of a file: stat follows a symbolic link at the end of the path, lstat does not,
 * fstat asks for an open one. stat may be done by the loop's thread, as loop_fs_read_file.
 * Event: bytes, a loop_stat_t; see loop_event_stat.  Returns id, LOOP_EINVAL, LOOP_ENOMEM.
 * Thread: loop.  Since 0.2.  Source: fs.stat, fs.lstat, fs.fstat; statx */
LOOP_API int64_t loop_fs_stat(loop_t *loop, const char *path, loop_cb cb, void *user);
LOOP_API int64_t loop_fs_lstat(loop_t *loop, const char *path, loop_cb cb, void *user);
LOOP_API int64_t loop_fs_fstat(loop_t *loop, int32_t fd, loop_cb cb, void *user);

/* Ask what is known of the file system on which a path lies.
 * Event: bytes, a loop_statfs_t; see loop_event_statfs.  Returns id, LOOP_EINVAL, LOOP_ENOMEM.
 * Thread: loop.  Since 0.2.  Source: fs.statfs, uv_fs_statfs */
LOOP_API int64_t loop_fs_statfs(loop_t *loop, const char *path, loop_cb cb, void *user);

/* Ask whether this process may use a file: an event without error is a yes, LOOP_EACCES, LOOP_ENOENT
 * or LOOP_EROFS a no.
 *
 * mode       LOOP_ACCESS_*, together
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.2.  Source: fs.access
 */
LOOP_API int64_t loop_fs_access(loop_t *loop, const char *path, uint32_t mode, loop_cb cb,
                                void *user);

/* List a folder, without "." and "..", in no order. Large ones come in several events of at most
 * 64 KiB, all but the last with LOOP_EV_MORE.
 *
 * Event      bytes: entries; num = how many; see loop_dirent_next
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.2.  Source: fs.readdir, fs.opendir; uv_fs_scandir
 */
LOOP_API int64_t loop_fs_readdir(loop_t *loop, const char *path, loop_cb cb, void *user);

/* Make a folder.
 *
 * mode       permissions, less the umask; 0: 0777
 * flags      LOOP_FS_RECURSIVE: the folders above it, too, and no error if it is there
 * Event      with LOOP_FS_RECURSIVE bytes: the path of the first folder that was made; undefined if
 *            there was none to make
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.2.  Source: fs.mkdir
 */
LOOP_API int64_t loop_fs_mkdir(loop_t *loop, const char *path, uint32_t mode, uint32_t flags,
                               loop_cb cb, void *user);

/* Make a folder (0700), or a file (0600, open for reading and writing), with a new name: path and
 * six letters or digits.
 * Event: bytes, its path; mkstemp also num = the descriptor, which is the host's from then on, and
 * the flag LOOP_EV_FD.  Returns id, LOOP_EINVAL, LOOP_ENOMEM.
 * Thread: loop.  Since 0.2.  Source: fs.mkdtemp; uv_fs_mkdtemp, uv_fs_mkstemp */
LOOP_API int64_t loop_fs_mkdtemp(loop_t *loop, const char *path, loop_cb cb, void *user);
LOOP_API int64_t loop_fs_mkstemp(loop_t *loop, const char *path, loop_cb cb, void *user);

/* Take a name away: of a file or link, or of an empty folder (LOOP_ENOTEMPTY).
 * Returns id, LOOP_EINVAL, LOOP_ENOMEM.  Thread: loop.  Since 0.2.  Source: fs.unlink, fs.rmdir */
LOOP_API int64_t loop_fs_unlink(loop_t *loop, const char *path, loop_cb cb, void *user);
LOOP_API int64_t loop_fs_rmdir(loop_t *loop, const char *path, loop_cb cb, void *user);

/* Take a file, link or folder away. Symbolic links are taken away, never followed, also when
 * somebody puts them there meanwhile. It goes on after an error and tells the first.
 *
 * flags      LOOP_FS_RECURSIVE: a folder with all that is in it; without it LOOP_ENOTEMPTY
 *            LOOP_FS_FORCE: no error if path is not there
 * Event      int: how many were taken away
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.2.  Source: fs.rm
 */
LOOP_API int64_t loop_fs_remove(loop_t *loop, const char *path, uint32_t flags, loop_cb cb,
                                void *user);

/* Give a file or folder another name, on the same file system (else LOOP_EXDEV). What has the name
 * path2 is replaced.
 * Returns id, LOOP_EINVAL, LOOP_ENOMEM.  Thread: loop.  Since 0.2.  Source: fs.rename */
LOOP_API int64_t loop_fs_rename(loop_t *loop, const char *path, const char *path2, loop_cb cb,
                                void *user);

/* Give the file at path the further name path2; or make path2 a symbolic link that says path.
 * Returns id, LOOP_EINVAL, LOOP_ENOMEM.  Thread: loop.  Since 0.2.  Source: fs.link, fs.symlink */
LOOP_API int64_t loop_fs_link(loop_t *loop, const char *path, const char *path2, loop_cb cb,
                              void *user);
LOOP_API int64_t loop_fs_symlink(loop_t *loop, const char *path, const char *path2, loop_cb cb,
                                 void *user);

/* Read what a symbolic link says; or find the absolute path without links, "." and "..".
 * Event: bytes.  Returns id, LOOP_EINVAL, LOOP_ENOMEM.
 * Thread: loop.  Since 0.2.  Source: fs.readlink, fs.realpath */
LOOP_API int64_t loop_fs_readlink(loop_t *loop, const char *path, loop_cb cb, void *user);
LOOP_API int64_t loop_fs_realpath(loop_t *loop, const char *path, loop_cb cb, void *user);

/* Set the permissions of a file.
 *
 * mode       0..07777
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.2.  Source: fs.chmod, fs.fchmod
 */
LOOP_API int64_t loop_fs_chmod(loop_t *loop, const char *path, uint32_t mode, loop_cb cb,
                               void *user);
LOOP_API int64_t loop_fs_fchmod(loop_t *loop, int32_t fd, uint32_t mode, loop_cb cb, void *user);

/* Set the owner of a file; lchown that of a symbolic link itself.
 *
 * uid, gid   0xffffffff: leave it as it is
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.2.  Source: fs.chown, fs.lchown, fs.fchown
 */
LOOP_API int64_t loop_fs_chown(loop_t *loop, const char *path, uint32_t uid, uint32_t gid,
                               loop_cb cb, void *user);
LOOP_API int64_t loop_fs_lchown(loop_t *loop, const char *path, uint32_t uid, uint32_t gid,
                                loop_cb cb, void *user);
LOOP_API int64_t loop_fs_fchown(loop_t *loop, int32_t fd, uint32_t uid, uint32_t gid, loop_cb cb,
                                void *user);

/* Set the times of a file; lutimes those of a symbolic link itself.
 *
 * atime_ns, mtime_ns  last read and last change, LOOP_TIME_NOW or LOOP_TIME_OMIT
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.2.  Source: fs.utimes, fs.lutimes, fs.futimes (in seconds)
 */
LOOP_API int64_t loop_fs_utimes(loop_t *loop, const char *path, int64_t atime_ns, int64_t mtime_ns,
                                loop_cb cb, void *user);
LOOP_API int64_t loop_fs_lutimes(loop_t *loop, const char *path, int64_t atime_ns, int64_t mtime_ns,
                                 loop_cb cb, void *user);
LOOP_API int64_t loop_fs_futimes(loop_t *loop, int32_t fd, int64_t atime_ns, int64_t mtime_ns,
                                 loop_cb cb, void *user);

/* Cut a file to len bytes, or fill it with zeros up to them.
 *
 * len        0..2^63-1; LOOP_EFBIG as event: more than the file system can
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.2.  Source: fs.truncate, fs.ftruncate
 */
LOOP_API int64_t loop_fs_truncate(loop_t *loop, const char *path, uint64_t len, loop_cb cb,
                                  void *user);
LOOP_API int64_t loop_fs_ftruncate(loop_t *loop, int32_t fd, uint64_t len, loop_cb cb, void *user);

/* Open a file. A FIFO without LOOP_O_NONBLOCK is waited for: until there is something to read, or
 * somebody who reads; that can be cancelled.
 *
 * open_flags LOOP_O_*
 * mode       permissions of a new file, less the umask; 0: 0666
 * Event      int: the descriptor, which is the host's from then on; flag LOOP_EV_FD. An event that
 *            is not delivered because its id was cleared takes the descriptor with it
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.2.  Source: fs.open
 */
LOOP_API int64_t loop_fs_open(loop_t *loop, const char *path, uint32_t open_flags, uint32_t mode,
                              loop_cb cb, void *user);

/* Close a descriptor. Once a worker has begun, it is closed, whatever the event says, also after a
 * cancel or a deadline: an outcome event (LOOP_EV_OUTCOME) says that it has begun, so the number is
 * no longer the host's. A close that never began leaves the descriptor open: its only event is final
 * and LOOP_ECANCELED, LOOP_ETIMEDOUT, LOOP_EFULL or LOOP_EAGAIN (no thread). Of one that is cleared
 * nobody learns which it was.
 * Returns id, LOOP_EINVAL, LOOP_ENOMEM.  Thread: loop.  Since 0.2.  Source: fs.close */
LOOP_API int64_t loop_fs_close(loop_t *loop, int32_t fd, loop_cb cb, void *user);

/* Read from a descriptor: into the library's memory, or into the host's. A file gives all that is
 * asked for unless it ends before; a pipe, socket or terminal what is there, once there is
 * something, and waiting for it can be cancelled.
 *
 * len        bytes; without a buffer at most 2 GiB
 * offset     where in the file, >= 0; -1: at the current position, which then moves
 * buffer     len bytes, borrowed
 * Event      read: bytes, num = how many (0: at the end). read_into: int, how many
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM. LOOP_ESPIPE as event: it has no offsets
 * Thread: loop.  Since 0.2.  Source: fs.read, uv_fs_read
 */
LOOP_API int64_t loop_fs_read(loop_t *loop, int32_t fd, uint64_t len, int64_t offset, loop_cb cb,
                              void *user);
LOOP_API int64_t loop_fs_read_into(loop_t *loop, int32_t fd, void *buffer, uint64_t len,
                                   int64_t offset, loop_cb cb, void *user);

/* Write to a descriptor.
 *
 * data, len  copied, or with LOOP_FS_BORROW borrowed
 * offset     where in the file, >= 0 (ignored by one opened with LOOP_O_APPEND); -1: at the current
 *            position, which then moves
 * flags      LOOP_FS_BORROW
 * Event      int: bytes written; fewer than len if an error came behind them, which the next write
 *            tells
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM. LOOP_EPIPE as event: nobody reads; no signal comes
 * Thread: loop.  Since 0.2.  Source: fs.write, uv_fs_write
 */
LOOP_API int64_t loop_fs_write(loop_t *loop, int32_t fd, const void *data, uint64_t len,
                               int64_t offset, uint32_t flags, loop_cb cb, void *user);

/* Read or write several pieces of memory as one.
 *
 * bufs, buf_count  1..1,048,576 pieces; the array is copied. For readv the memory is borrowed; for
 *            writev copied, or with LOOP_FS_BORROW borrowed
 * offset, Event  as loop_fs_read_into and loop_fs_write
 * flags      LOOP_FS_BORROW
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.2.  Source: fs.readv, fs.writev
 */
LOOP_API int64_t loop_fs_readv(loop_t *loop, int32_t fd, const loop_buf_t *bufs, uint32_t buf_count,
                               int64_t offset, loop_cb cb, void *user);
LOOP_API int64_t loop_fs_writev(loop_t *loop, int32_t fd, const loop_buf_t *bufs,
                                uint32_t buf_count, int64_t offset, uint32_t flags, loop_cb cb,
                                void *user);

/* Bring what was written to the disk; fdatasync without what only describes the file.
 * Returns id, LOOP_EINVAL, LOOP_ENOMEM.  Thread: loop.  Since 0.2.
 * Source: fs.fsync, fs.fdatasync */
LOOP_API int64_t loop_fs_fsync(loop_t *loop, int32_t fd, loop_cb cb, void *user);
LOOP_API int64_t loop_fs_fdatasync(loop_t *loop, int32_t fd, loop_cb cb, void *user);

/* Copy from one open file to another inside the system.
 *
 * fd, offset    where to; offset -1: at the current position, which then moves
 * fd2, offset2  where from, the same
 * len        bytes, 0..2^63-1
 * Event      int: bytes copied; fewer than len: fd2 ended, or an error came behind them
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.2.  Source: uv_fs_sendfile; copy_file_range
 */
LOOP_API int64_t loop_fs_sendfile(loop_t *loop, int32_t fd, int64_t offset, int32_t fd2,
                                  int64_t offset2, uint64_t len, loop_cb cb, void *user);

/* Read a file as a flow: piece after piece, so that a file of any size takes the memory of one. The
 * next piece is read when the last one's event has been delivered; loop_pause and loop_resume hold
 * it back. A FIFO is waited for.
 *
 * offset     where to begin, >= 0; -1: at the start. LOOP_ESPIPE as event: it has no offsets
 * len        bytes to read at most; 0: to the end
 * piece      bytes in one event at most, up to 1 MiB; 0: 64 KiB
 * Event      bytes with LOOP_EV_MORE; in the end int: how many there were
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.2.  Source: fs.createReadStream
 */
LOOP_API int64_t loop_fs_read_stream(loop_t *loop, const char *path, int64_t offset, uint64_t len,
                                     uint32_t piece, loop_cb cb, void *user);

/* Write a file as a flow: what loop_write gives it, until loop_end. The file is opened with the
 * first write or the end.
 *
 * mode       permissions of a new file, less the umask; 0: 0666
 * flags      LOOP_FS_EXCL, _APPEND, _SYNC, or _ATOMIC: the file takes its place when all is written
 * Event      int: bytes written
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.2.  Source: fs.createWriteStream
 */
LOOP_API int64_t loop_fs_write_stream(loop_t *loop, const char *path, uint32_t mode, uint32_t flags,
                                      loop_cb cb, void *user);

/* Write the address of what loop_fs_stat, loop_fs_lstat, loop_fs_fstat, or loop_fs_statfs found;
 * borrowed as the event is. Returns 0, LOOP_ETYPE, LOOP_EINVAL.  Thread: any.  Since 0.2. */
LOOP_API int64_t loop_event_stat(const loop_event_t *ev, const loop_stat_t **stat_out);
LOOP_API int64_t loop_event_statfs(const loop_event_t *ev, const loop_statfs_t **statfs_out);

/* Returns the entry behind another in an event of loop_fs_readdir, the first for NULL; NULL behind
 * the last, and for other events. Borrowed as the event is.  Thread: any.  Since 0.2. */
LOOP_API const loop_dirent_t *loop_dirent_next(const loop_event_t *ev, const loop_dirent_t *entry);

/* Returns the name of an entry, ended by a NUL; "" for NULL. Borrowed as the event is.
 * Thread: any.  Since 0.2. */
LOOP_API const char *loop_dirent_name(const loop_dirent_t *entry);

/* ---- Crypto --------------------------------------------------------------------------------- */

/* What a request of crypto does. In brackets: what of loop_crypto_t it takes beside `alg`. */
#define LOOP_CRYPTO_RANDOM_BYTES 1  /* [out_len 1..1 GiB] bytes of the system's random generator */
#define LOOP_CRYPTO_HASH 2          /* [data, or bufs, or path] */
#define LOOP_CRYPTO_HMAC 3          /* [key; data, or bufs, or path] */
#define LOOP_CRYPTO_PBKDF2 4        /* [key, salt, iterations, out_len] key: the password */
#define LOOP_CRYPTO_SCRYPT 5        /* [key, salt, cost, block_size, parallelism, out_len] */
#define LOOP_CRYPTO_ARGON2ID 6      /* [key, salt, iterations, memory_kib, parallelism, out_len] */
#define LOOP_CRYPTO_HKDF 7          /* [key, salt, info, out_len] */
#define LOOP_CRYPTO_SEAL 8          /* [key, salt, info, data] salt: nonce; info: additional data */
#define LOOP_CRYPTO_OPEN_SEALED 9   /* [key, salt, info, data] */
#define LOOP_CRYPTO_GENERATE_KEY 10 /* [] */
#define LOOP_CRYPTO_PUBLIC_KEY 11   /* [key] */
#define LOOP_CRYPTO_SIGN 12         /* [key, data] */
#define LOOP_CRYPTO_VERIFY 13       /* [key, data, signature] */
#define LOOP_CRYPTO_X25519 14       /* [key, data] data: the public key of the other side */
#define LOOP_CRYPTO_HASH_STREAM 15  /* [] a flow: the message comes with loop_write */
#define LOOP_CRYPTO_HMAC_STREAM 16  /* [key] a flow, too */

/* Hash functions: `alg` of HASH, HMAC, PBKDF2, HKDF, SIGN, VERIFY and of the flows. */
#define LOOP_HASH_NONE 0 /* SIGN and VERIFY with Ed25519, which hashes by itself */
#define LOOP_HASH_SHA224 1
#define LOOP_HASH_SHA256 2
#define LOOP_HASH_SHA384 3
#define LOOP_HASH_SHA512 4
#define LOOP_HASH_SHA512_256 5
#define LOOP_HASH_SHA3_224 6
#define LOOP_HASH_SHA3_256 7
#define LOOP_HASH_SHA3_384 8
#define LOOP_HASH_SHA3_512 9
#define LOOP_HASH_BLAKE2B_256 10
#define LOOP_HASH_BLAKE2B_384 11
#define LOOP_HASH_BLAKE2B_512 12
#define LOOP_HASH_BLAKE2S_256 13
#define LOOP_HASH_SHA1 14 /* broken, for old data; not for signatures */
#define LOOP_HASH_MD5 15  /* broken, for old data; not for signatures */

/* Ciphers: `alg` of SEAL and OPEN_SEALED. The tag has 16 bytes. */
#define LOOP_CIPHER_AES_128_GCM 1        /* key 16 bytes, nonce 12 (1..128 are taken) */
#define LOOP_CIPHER_AES_192_GCM 2        /* key 24, nonce 12 (1..128 are taken) */
#define LOOP_CIPHER_AES_256_GCM 3        /* key 32, nonce 12 (1..128 are taken) */
#define LOOP_CIPHER_CHACHA20_POLY1305 4  /* key 32, nonce 12 */
#define LOOP_CIPHER_XCHACHA20_POLY1305 5 /* key 32, nonce 24 */

/* Kinds of keys: `alg` of GENERATE_KEY, and of PUBLIC_KEY with a raw key. */
#define LOOP_KEY_ED25519 1 /* to sign */
#define LOOP_KEY_P256 2    /* to sign, as the next two (ECDSA) */
#define LOOP_KEY_P384 3
#define LOOP_KEY_P521 4
#define LOOP_KEY_X25519 5 /* to agree on a secret */

/* Flags. BORROW: data, or what bufs point at, stays the host's until the final event: no copy.
 * GENERATE_KEY and PUBLIC_KEY give keys as PEM text, or RAW: 32 bytes of Ed25519 or X25519; else as
 * DER. */
#define LOOP_CRYPTO_BORROW 0x1
#define LOOP_CRYPTO_PEM 0x2
#define LOOP_CRYPTO_RAW 0x4

/* A request of crypto. Fill with LOOP_CRYPTO_INIT, then set fields. Of key, salt, info and signature
 * each may have 16 MiB, else LOOP_ETOOBIG. */
typedef struct loop_crypto {
    uint32_t size;   /* sizeof(loop_crypto_t) */
    uint32_t flags;  /* LOOP_CRYPTO_BORROW ... */
    uint32_t what;   /* LOOP_CRYPTO_HASH ... */
    uint32_t alg;    /* LOOP_HASH_*, LOOP_CIPHER_* or LOOP_KEY_*, as `what` says; else 0 */
    const void *key; /* key, password or secret; always copied, and the copy is wiped */
    uint64_t key_len;
    const void *data; /* message, plain or sealed text, or public key of the other side */
    uint64_t data_len;
    const loop_buf_t *bufs; /* HASH and HMAC: the message in pieces, at most 1,048,576 */
    uint64_t buf_count;
    const char *path; /* HASH and HMAC: the message is what this file has */
    const void *salt; /* salt or nonce */
    uint64_t salt_len;
    const void *info; /* HKDF's info, or the additional data that a tag covers */
    uint64_t info_len;
    const void *signature;
    uint64_t signature_len;
    uint64_t iterations;  /* PBKDF2: 1..2^31-1; ARGON2ID: passes, 1..2^32-1 */
    uint64_t cost;        /* SCRYPT: N, a power of 2 */
    uint64_t block_size;  /* SCRYPT: r */
    uint64_t parallelism; /* SCRYPT: p; ARGON2ID: lanes, 1..255 */
    uint64_t memory_kib;  /* ARGON2ID: at least 8 for each lane */
    uint64_t max_memory;  /* bytes that SCRYPT (0: 32 MiB) or ARGON2ID (0: 256 MiB) may need, else
                             LOOP_ETOOBIG before any of it is allocated */
    uint64_t out_len;     /* bytes to make; of derived keys 1..1 MiB */
} loop_crypto_t;

#define LOOP_CRYPTO_INIT                                                                           \
    { sizeof(loop_crypto_t), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Run any request of crypto on LOOP_LANE_CPU. The functions below are this one with the fields that
 * their work needs; docs/crypto.md says more of each.
 *
 * The event holds the result as bytes; of VERIFY a bool. Lengths and numbers that an algorithm does
 * not take, and keys that are none, come as an event with LOOP_EINVAL whose text says what is
 * wrong. The copy of a key is wiped as soon as it is not needed; results are not.
 *
 * Work is done in pieces of about a millisecond, between which a cancel or deadline ends it. But
 * scrypt, argon2id, sealing, opening and Ed25519 are each one piece: a cancel is told at once, and
 * the final event comes when they are done.
 *
 * request    copied (but for LOOP_CRYPTO_BORROW)
 * Returns    id, LOOP_EINVAL (NULL, unknown what, alg or flag), LOOP_ENOMEM. Everything else comes
 *            as an event: LOOP_EINVAL, LOOP_EAUTH, LOOP_ETOOBIG, what the system says of a file ...
 * Thread: loop.  Since 0.2.  Source: node:crypto
 */
LOOP_API int64_t loop_crypto(loop_t *loop, const loop_crypto_t *request, loop_cb cb, void *user);

/* Make random bytes that nobody can guess.
 *
 * len        1..1 GiB; 0 is LOOP_EINVAL and more is LOOP_ETOOBIG, in an event
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.2.  Source: crypto.randomBytes, uv_random
 */
LOOP_API int64_t loop_random_bytes(loop_t *loop, uint64_t len, loop_cb cb, void *user);

/* Hash bytes; the event has the digest.
 *
 * alg        LOOP_HASH_*
 * data       copied, NULL with len 0; use loop_crypto with LOOP_CRYPTO_BORROW to save the copy
 * bufs       copied with all they point at; the digest is that of all in a row
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.2.  Source: crypto.hash
 */
LOOP_API int64_t loop_hash(loop_t *loop, uint32_t alg, const void *data, uint64_t len, loop_cb cb,
                           void *user);
LOOP_API int64_t loop_hash_bufs(loop_t *loop, uint32_t alg, const loop_buf_t *bufs, uint64_t count,
                                loop_cb cb, void *user);

/* Hash what a file has, read in pieces to its end: a regular file, also of /proc, a pipe, a device.
 *
 * path       copied. A FIFO without a writer is waited for. An error's text is "hash_file path"
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM. What the system says of the file comes as an event:
 *            LOOP_ENOENT, LOOP_EACCES, LOOP_EISDIR, LOOP_EMFILE ...
 * Thread: loop.  Since 0.2.  Source: fs.createReadStream(path).pipe(crypto.createHash(...))
 */
LOOP_API int64_t loop_hash_file(loop_t *loop, uint32_t alg, const char *path, loop_cb cb,
                                void *user);

/* The same with a key: HMAC (RFC 2104).
 *
 * key        copied, any length up to 16 MiB
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.2.  Source: crypto.createHmac
 */
LOOP_API int64_t loop_hmac(loop_t *loop, uint32_t alg, const void *key, uint64_t key_len,
                           const void *data, uint64_t len, loop_cb cb, void *user);
LOOP_API int64_t loop_hmac_bufs(loop_t *loop, uint32_t alg, const void *key, uint64_t key_len,
                                const loop_buf_t *bufs, uint64_t count, loop_cb cb, void *user);
LOOP_API int64_t loop_hmac_file(loop_t *loop, uint32_t alg, const void *key, uint64_t key_len,
                                const char *path, loop_cb cb, void *user);

/* Make a flow that hashes what is written to it (loop_write), without or with a key. After loop_end
 * its event comes with the digest.
 *
 * alg        LOOP_HASH_*
 * key        copied
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.2.  Source: crypto.createHash, crypto.createHmac
 */
LOOP_API int64_t loop_hash_stream(loop_t *loop, uint32_t alg, loop_cb cb, void *user);
LOOP_API int64_t loop_hmac_stream(loop_t *loop, uint32_t alg, const void *key, uint64_t key_len,
                                  loop_cb cb, void *user);

/* Derive a key from a password with PBKDF2 (RFC 8018).
 *
 * alg        LOOP_HASH_*
 * iterations 1..2^31-1
 * out_len    bytes to derive, 1..1 MiB
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.2.  Source: crypto.pbkdf2
 */
LOOP_API int64_t loop_pbkdf2(loop_t *loop, uint32_t alg, const void *password,
                             uint64_t password_len, const void *salt, uint64_t salt_len,
                             uint64_t iterations, uint64_t out_len, loop_cb cb, void *user);

/* Derive a key from a password with scrypt (RFC 7914).
 *
 * cost       N, a power of 2 greater than 1; Node's default is 16384
 * block_size r; Node's default is 8
 * parallelism p; Node's default is 1
 * max_memory bytes; 0: 32 MiB. Less than 128 * r * (N + p + 2) is LOOP_ETOOBIG, in an event
 * out_len    bytes to derive, 1..1 MiB
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.2.  Source: crypto.scrypt
 */
LOOP_API int64_t loop_scrypt(loop_t *loop, const void *password, uint64_t password_len,
                             const void *salt, uint64_t salt_len, uint64_t cost,
                             uint64_t block_size, uint64_t parallelism, uint64_t max_memory,
                             uint64_t out_len, loop_cb cb, void *user);

/* Derive a key from a password with Argon2id, version 1.3 (RFC 9106).
 *
 * passes     1..2^32-1
 * memory_kib KiB to use, at least 8 for each lane
 * lanes      1..255
 * max_memory bytes; 0: 256 MiB. Less than memory_kib * 1024 is LOOP_ETOOBIG, in an event
 * out_len    bytes to derive, 4..1 MiB
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.2.  Source: crypto.argon2
 */
LOOP_API int64_t loop_argon2id(loop_t *loop, const void *password, uint64_t password_len,
                               const void *salt, uint64_t salt_len, uint64_t passes,
                               uint64_t memory_kib, uint64_t lanes, uint64_t max_memory,
                               uint64_t out_len, loop_cb cb, void *user);

/* Derive a key from a good secret with HKDF (RFC 5869). Not for passwords.
 *
 * out_len    bytes to derive, 1..255 digests, else LOOP_ETOOBIG in an event
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.2.  Source: crypto.hkdf
 */
LOOP_API int64_t loop_hkdf(loop_t *loop, uint32_t alg, const void *secret, uint64_t secret_len,
                           const void *salt, uint64_t salt_len, const void *info, uint64_t info_len,
                           uint64_t out_len, loop_cb cb, void *user);

/* Encrypt and authenticate: the event has the sealed text, which is the encrypted text and a tag of
 * 16 bytes. Never use a nonce twice with the same key.
 *
 * alg        LOOP_CIPHER_*
 * aad        additional data that the tag covers and that is not part of the sealed text
 * data       at most 1 GiB, else LOOP_ETOOBIG in an event
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.2.  Source: crypto.createCipheriv
 */
LOOP_API int64_t loop_seal(loop_t *loop, uint32_t alg, const void *key, uint64_t key_len,
                           const void *nonce, uint64_t nonce_len, const void *aad, uint64_t aad_len,
                           const void *data, uint64_t len, loop_cb cb, void *user);

/* Decrypt what loop_seal made, if key, nonce, additional data and every byte are the same.
 *
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM. Anything else than the same, also a text that was cut
 *            off, comes as an event with LOOP_EAUTH and without data
 * Thread: loop.  Since 0.2.  Source: crypto.createDecipheriv
 */
LOOP_API int64_t loop_open_sealed(loop_t *loop, uint32_t alg, const void *key, uint64_t key_len,
                                  const void *nonce, uint64_t nonce_len, const void *aad,
                                  uint64_t aad_len, const void *data, uint64_t len, loop_cb cb,
                                  void *user);

/* Make a pair of keys: the event has the private key (PKCS#8) and behind it the public key (SPKI),
 * which begins at aux.
 *
 * kind       LOOP_KEY_*
 * format     0: DER; LOOP_CRYPTO_PEM: text; LOOP_CRYPTO_RAW: 32 bytes each
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.2.  Source: crypto.generateKeyPair
 */
LOOP_API int64_t loop_generate_key(loop_t *loop, uint32_t kind, uint32_t format, loop_cb cb,
                                   void *user);

/* Give the public key of a private key, or a public key in another form.
 *
 * kind       LOOP_KEY_* that the key must be of; 0: any. A raw private key needs it
 * key        PKCS#8, SEC 1 or SPKI, each in DER or PEM; or 32 bytes of a raw private key
 * format     as in loop_generate_key
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.2.  Source: crypto.createPublicKey
 */
LOOP_API int64_t loop_public_key(loop_t *loop, uint32_t kind, const void *key, uint64_t key_len,
                                 uint32_t format, loop_cb cb, void *user);

/* Sign a message with Ed25519 or ECDSA, as the key says. The event has the signature: 64 bytes, or
 * ASN.1 DER.
 *
 * alg        ECDSA: LOOP_HASH_* but SHA1 and MD5; Ed25519: LOOP_HASH_NONE
 * key        private: PKCS#8 or SEC 1, in DER or PEM; or 32 bytes of Ed25519
 * data       with Ed25519 at most 1 GiB, else LOOP_ETOOBIG in an event
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.2.  Source: crypto.sign
 */
LOOP_API int64_t loop_sign(loop_t *loop, uint32_t alg, const void *key, uint64_t key_len,
                           const void *data, uint64_t len, loop_cb cb, void *user);

/* Say whether a signature is of this message and this key: the event is a bool. A wrong or garbled
 * signature is no error.
 *
 * key        public: SPKI in DER or PEM; or 32 bytes of Ed25519
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.2.  Source: crypto.verify
 */
LOOP_API int64_t loop_verify(loop_t *loop, uint32_t alg, const void *key, uint64_t key_len,
                             const void *data, uint64_t len, const void *signature,
                             uint64_t signature_len, loop_cb cb, void *user);

/* Agree on a secret with X25519 (RFC 7748): the event has the 32 bytes that both sides get. Derive
 * keys from it with loop_hkdf.
 *
 * key        private: PKCS#8 in DER or PEM, or 32 bytes
 * peer       the other side's public key: SPKI in DER or PEM, or 32 bytes. One that gives a secret
 *            of zeros is LOOP_EINVAL in an event
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.2.  Source: crypto.diffieHellman
 */
LOOP_API int64_t loop_x25519(loop_t *loop, const void *key, uint64_t key_len, const void *peer,
                             uint64_t peer_len, loop_cb cb, void *user);

/* Compare len bytes in a time that does not depend on what they are. No loop, no event.
 * Returns 1 (equal), 0, LOOP_EINVAL (NULL with len > 0).
 * Thread: any, also in a forked child.  Since 0.2.  Source: crypto.timingSafeEqual */
LOOP_API int64_t loop_timing_safe_equal(const void *a, const void *b, uint64_t len);

/* ---- Compression ---------------------------------------------------------------------------- */

/* What is asked for. */
#define LOOP_ZIP_COMPRESS 1
#define LOOP_ZIP_DECOMPRESS 2
#define LOOP_ZIP_COMPRESS_STREAM 3 /* a flow: the input comes by loop_write */
#define LOOP_ZIP_DECOMPRESS_STREAM 4

/* Formats. A level is a trade of time for size; 0 is the format's default. */
#define LOOP_ZIP_GZIP 1        /* RFC 1952. Levels 1..9 and LOOP_ZIP_STORE; default 6 */
#define LOOP_ZIP_DEFLATE 2     /* RFC 1950, zlib's. Levels as for gzip; dictionaries */
#define LOOP_ZIP_DEFLATE_RAW 3 /* RFC 1951. Levels as for gzip; dictionaries */
#define LOOP_ZIP_ZSTD 4        /* RFC 8878. Levels 1..22; default 3; dictionaries */
#define LOOP_ZIP_BROTLI 5      /* RFC 7932. Levels 1..11; default 6 */

#define LOOP_ZIP_STORE (-1) /* level: nothing is compressed, only the format is put around it */

#define LOOP_ZIP_BORROW 0x1 /* data and dictionary stay the host's until the final event */

/* What to compress or decompress. Fill with LOOP_ZIP_INIT, then set fields. */
typedef struct loop_zip {
    uint32_t size;           /* sizeof(loop_zip_t) */
    uint32_t flags;          /* LOOP_ZIP_BORROW or 0 */
    uint32_t what;           /* LOOP_ZIP_COMPRESS ... */
    uint32_t format;         /* LOOP_ZIP_GZIP ... */
    int32_t level;           /* to compress: of the format's; 0: its default. To decompress: 0 */
    uint32_t dictionary_len; /* bytes at dictionary */
    const void *dictionary; /* what both sides know already, for formats that have it; NULL: none */
    const void *data;       /* in one shot: the input */
    uint64_t len;           /* bytes at data; of a stream 0 */
    uint64_t max_out; /* bytes of output, else LOOP_ETOOBIG; 0: 1 GiB for LOOP_ZIP_DECOMPRESS, else
                         no limit */
} loop_zip_t;

#define LOOP_ZIP_INIT                                                                              \
    { sizeof(loop_zip_t), 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Compress or decompress on a worker of LOOP_LANE_CPU. It is done in pieces, so that other jobs go
 * in between, and a cancel or a deadline ends it in the middle. Memory for the output is taken as
 * it comes into being.
 *
 * In one shot the event holds the output as bytes. A stream is a flow that is written to
 * (loop_write) until loop_end: its output comes as bytes of at most 256 KiB, with LOOP_EV_MORE, and
 * the final event is an int, how many there were. Writing 0 bytes to a stream that compresses lets out all that
 * was written before (zlib.flush); any write's event comes behind the output that it led to.
 *
 * Decompressing gzip goes on through all members; a zero byte behind one ends it, anything else
 * there has to be a member. Deflate, raw deflate and brotli end where their data ends, whatever
 * follows. Zstd goes on through all frames, and nothing else may follow. A zstd frame whose window
 * is larger than 128 MiB, or than both 8 MiB and max_out, is LOOP_ETOOBIG.
 *
 * request    copied (but for LOOP_ZIP_BORROW)
 * Returns    id, LOOP_EINVAL (what, format, level, flags, sizes, NULL; a dictionary for a format
 *            that has none), LOOP_ENOMEM. Everything else comes as an event: LOOP_EOF (the input
 *            ends too soon), LOOP_EDATA, LOOP_ETOOBIG, LOOP_ENOMEM, LOOP_EINVAL (a zstd dictionary
 *            whose tables are broken)
 * Thread: loop.  Since 0.2.  Source: zlib.gzip, zlib.createGunzip ...
 */
LOOP_API int64_t loop_zip(loop_t *loop, const loop_zip_t *request, loop_cb cb, void *user);

/* loop_zip with LOOP_ZIP_COMPRESS. data is copied.
 * Returns id, LOOP_EINVAL, LOOP_ENOMEM.  Thread: loop.  Since 0.2.
 * Source: zlib.gzip, zlib.deflate, zlib.deflateRaw, zlib.brotliCompress, zlib.zstdCompress */
LOOP_API int64_t loop_compress(loop_t *loop, uint32_t format, int32_t level, const void *data,
                               uint64_t len, loop_cb cb, void *user);

/* loop_zip with LOOP_ZIP_DECOMPRESS. data is copied; max_out: bytes of output, 0 for 1 GiB.
 * Returns id, LOOP_EINVAL, LOOP_ENOMEM.  Thread: loop.  Since 0.2.
 * Source: zlib.gunzip, zlib.inflate, zlib.inflateRaw, zlib.brotliDecompress, zlib.zstdDecompress */
LOOP_API int64_t loop_decompress(loop_t *loop, uint32_t format, uint64_t max_out, const void *data,
                                 uint64_t len, loop_cb cb, void *user);

/* Streams: loop_zip with LOOP_ZIP_COMPRESS_STREAM and LOOP_ZIP_DECOMPRESS_STREAM.
 *
 * max_out    bytes of output, else LOOP_ETOOBIG; 0: no limit
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.2.  Source: zlib.createGzip, zlib.createGunzip ...
 */
LOOP_API int64_t loop_compress_stream(loop_t *loop, uint32_t format, int32_t level, loop_cb cb,
                                      void *user);
LOOP_API int64_t loop_decompress_stream(loop_t *loop, uint32_t format, uint64_t max_out, loop_cb cb,
                                        void *user);

/* ---- Watching files and folders ------------------------------------------------------------- */

#define LOOP_WATCH_RECURSIVE 0x1 /* flag: the folder and all folders below it */

/* What an event tells (bits of num). The first five may be chosen with `events`. */
#define LOOP_WATCH_CREATED 0x1     /* a name is new */
#define LOOP_WATCH_DELETED 0x2     /* a name is gone */
#define LOOP_WATCH_MODIFIED 0x4    /* content was written, or a watched file was replaced */
#define LOOP_WATCH_ATTRIBUTES 0x8  /* mode, owner, times, links or the like */
#define LOOP_WATCH_RENAMED 0x10    /* a name became another one; data has both */
#define LOOP_WATCH_READY 0x100     /* the first event: from now on everything is told */
#define LOOP_WATCH_OVERFLOW 0x200  /* changes were lost: look for yourself; what follows is told */
#define LOOP_WATCH_UNWATCHED 0x400 /* this folder below the root cannot be watched */

/* What to watch. Fill with LOOP_WATCH_INIT, then set fields. */
typedef struct loop_watch {
    uint32_t size;     /* sizeof(loop_watch_t) */
    uint32_t flags;    /* LOOP_WATCH_RECURSIVE */
    uint32_t events;   /* which of the first five to tell; 0: all */
    uint32_t path_len; /* bytes at path; 0: up to the NUL. A NUL among them is LOOP_EINVAL */
    const char *path;  /* a file or folder; a symlink there is followed, none below it. A relative
                          one is meant from the working directory of the call */
    int64_t poll_ns; /* > 0: look again after this long (1 ms at least) instead of being told by the
                        system: for network file systems, FUSE and /proc; 0: be told */
} loop_watch_t;

#define LOOP_WATCH_INIT                                                                            \
    { sizeof(loop_watch_t), 0, 0, 0, 0, 0 }

/* Watch a file or a folder, with LOOP_WATCH_RECURSIVE all folders below it, too, those to come
 * included.
 *
 * Each event has LOOP_EV_MORE. num is one or more LOOP_WATCH_* bits. data is the path below `path`,
 * bytes as the system has them, empty for what is watched itself; with LOOP_WATCH_RENAMED the old
 * path, a NUL, and the new one (see loop_watch_paths). aux is 1 for a folder, else 0; with
 * LOOP_WATCH_READY and LOOP_WATCH_OVERFLOW the number of folders that are watched (0: it is a file,
 * or poll_ns is set).
 *
 * While the loop does not take them, at most 1 MiB of changes wait; then changes are lost, and
 * LOOP_WATCH_OVERFLOW tells that.
 *
 * The watch ends with an error: LOOP_ENOENT when what is watched was removed, moved away or
 * unmounted; LOOP_ENOSPC when the system has no watches left (raise fs.inotify.max_user_watches),
 * LOOP_EMFILE when it has no inotify instances or the process no descriptors left; or because it
 * was cancelled. A deadline counts anew from each event.
 *
 * watch      copied
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM. What the system says of the path comes as an event:
 *            LOOP_ENOENT, LOOP_EACCES ...
 * Thread: loop.  Since 0.2.  Source: fs.watch, uv_fs_event_start, uv_fs_poll_start
 */
LOOP_API int64_t loop_watch(loop_t *loop, const loop_watch_t *watch, loop_cb cb, void *user);

/* loop_watch with a path, flags, and defaults.
 *
 * path       ended by a NUL, copied
 * flags      LOOP_WATCH_RECURSIVE or 0
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.2.  Source: fs.watch
 */
LOOP_API int64_t loop_watch_path(loop_t *loop, const char *path, uint32_t flags, loop_cb cb,
                                 void *user);

/* Find the path in an event of a watch, and with LOOP_WATCH_RENAMED the one before. Both are
 * borrowed as the event is, and ended by a NUL that the length does not count.
 *
 * path_out   receives the path (the new one of two), "" for what is watched itself
 * old_out    receives the old path, NULL if there is none; may be NULL, as may old_len_out
 * Returns    0, LOOP_ETYPE (no change of a watch), LOOP_EINVAL
 * Thread: any.  Since 0.2.
 */
LOOP_API int64_t loop_watch_paths(const loop_event_t *ev, const char **path_out, uint64_t *len_out,
                                  const char **old_out, uint64_t *old_len_out);

/* ---- Names ---------------------------------------------------------------------------------- */

/* What a question about names is. */
#define LOOP_DNS_LOOKUP 1  /* the addresses of a host, as the system finds them */
#define LOOP_DNS_REVERSE 2 /* the names of an address */
#define LOOP_DNS_QUERY 3   /* the records of a name, from DNS servers */

/* Flags of a lookup: the order of its addresses. Without one it is that of RFC 6724, as getaddrinfo
 * has it. */
#define LOOP_DNS_IPV4_FIRST 0x1
#define LOOP_DNS_IPV6_FIRST 0x2

/* Types of records, with the numbers of DNS. What `texts` are is in brackets; see loop_dns_text. */
#define LOOP_DNS_A 1     /* family, ip */
#define LOOP_DNS_NS 2    /* [name of a server] */
#define LOOP_DNS_CNAME 5 /* [the name it is an alias of] */
#define LOOP_DNS_SOA 6   /* serial, refresh, retry, expire, minimum; [primary server, mailbox] */
#define LOOP_DNS_PTR 12  /* [name] */
#define LOOP_DNS_MX 15   /* priority; [exchange] */
#define LOOP_DNS_TXT 16  /* [string, string ...] bytes */
#define LOOP_DNS_AAAA 28 /* family, ip */
#define LOOP_DNS_SRV 33  /* priority, weight, port; [target] */
/* NAPTR: priority is its order, weight its preference; [flags, service, regular expression,
 * replacement] */
#define LOOP_DNS_NAPTR 35
#define LOOP_DNS_ANY 255 /* only asked for: all of these that a server tells */
#define LOOP_DNS_CAA 257 /* flags; [tag, value] */

/* Why there is no answer: aux of an event with LOOP_EDNS, in place of an errno. */
#define LOOP_DNS_NOT_FOUND 1       /* there is no such name (NXDOMAIN) */
#define LOOP_DNS_NO_DATA 2         /* the name has no record of that type */
#define LOOP_DNS_SERVER_FAILURE 3  /* the servers failed (SERVFAIL) */
#define LOOP_DNS_REFUSED 4         /* the servers refuse to answer (REFUSED) */
#define LOOP_DNS_BAD_ANSWER 5      /* the answers are garbled, or aliases in a circle */
#define LOOP_DNS_BAD_NAME 6        /* it is no name; nobody was asked */
#define LOOP_DNS_BAD_QUERY 7       /* the servers do not understand the question (FORMERR) */
#define LOOP_DNS_NOT_IMPLEMENTED 8 /* the servers do not do that (NOTIMP) */

/* A question about names. Fill with LOOP_DNS_INIT, then set fields. Of those in brackets only the
 * named questions take more than 0 or NULL.
 *
 * servers    addresses: "192.0.2.1", "192.0.2.1:5353", "2001:db8::1" or "[2001:db8::1]:5353", with
 *            commas or blanks between them, at most 16; NULL: the system's
 * tries      how often each server is asked, 1..100
 * try_ns     how long to wait for an answer before the next server is asked, at most 1 h
 *
 * tries and try_ns 0: what the system's resolv.conf says, else 2 tries of 5 s.
 */
typedef struct loop_dns {
    uint32_t size;        /* sizeof(loop_dns_t) */
    uint32_t what;        /* LOOP_DNS_LOOKUP ... */
    uint32_t flags;       /* [LOOKUP] LOOP_DNS_IPV4_FIRST or LOOP_DNS_IPV6_FIRST */
    uint32_t type;        /* [QUERY] LOOP_DNS_MX ... */
    uint32_t family;      /* [LOOKUP] 4 or 6: only such addresses; 0: both */
    uint32_t tries;       /* [QUERY, REVERSE] */
    uint32_t name_len;    /* bytes at name; 0: up to the NUL. A NUL among them is LOOP_EINVAL */
    uint32_t servers_len; /* the same for servers */
    const char *name;     /* a name, or for REVERSE an address */
    const char *servers;  /* [QUERY, REVERSE] */
    int64_t try_ns;       /* [QUERY, REVERSE] */
} loop_dns_t;

#define LOOP_DNS_INIT                                                                              \
    { sizeof(loop_dns_t), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* A record of an answer. They lie one behind the other in the event, each at a multiple of 8 bytes.
 * Fields that a type does not have are 0. Fields are only ever appended: walk with loop_dns_next and
 * loop_dns_text. */
typedef struct loop_dns_record {
    uint32_t size;       /* bytes from here to the next record */
    uint16_t type;       /* LOOP_DNS_A ... */
    uint16_t family;     /* A: 4, AAAA: 6 */
    uint32_t ttl;        /* seconds for which it holds; 0 from lookup and the hosts file */
    uint32_t scope;      /* of a link-local address: the number of its interface */
    uint8_t ip[16];      /* A: 4 bytes, AAAA: 16 */
    uint16_t priority;   /* MX, SRV: the lowest first; NAPTR: order */
    uint16_t weight;     /* SRV; NAPTR: preference */
    uint16_t port;       /* SRV */
    uint16_t flags;      /* CAA: 128 is critical */
    uint32_t serial;     /* SOA: number of the zone's version */
    uint32_t refresh;    /* SOA: seconds, as the next three */
    uint32_t retry;      /* SOA */
    uint32_t expire;     /* SOA */
    uint32_t minimum;    /* SOA: for how long "there is no such name" holds */
    uint32_t text_count; /* see loop_dns_text */
} loop_dns_record_t;

/* Ask about a name. The functions below are this one with the fields that each needs.
 *
 * No thread of the pool is used; at most 128 questions of a loop are on their way at a time, the
 * rest waits its turn. A cancel or deadline ends the asking itself. Answers are not kept.
 *
 * A name is ASCII as in a zone file, so that a byte may be written \DDD, or UTF-8, which is asked
 * for in its IDNA form ("xn--..."). A dot at its end says that it is complete. Names of more than
 * 253 bytes or with parts of more than 63, and empty ones, give LOOP_EDNS with LOOP_DNS_BAD_NAME.
 *
 * request    copied with all it points at
 * Event      bytes: records, num = how many; see loop_dns_next. An error's text says what was asked,
 *            what went wrong and which server said it. LOOP_EDNS: no answer, aux says why
 *            (LOOP_DNS_NOT_FOUND ...); LOOP_ETIMEDOUT: no server answered, or the deadline passed;
 *            LOOP_EINVAL: a server or an address that is none; LOOP_ECONNREFUSED and others: what
 *            the system says
 * Returns    id, LOOP_EINVAL (also a size, what, flag, type or family that is unknown, a field that
 *            is not the question's, a NUL in a text), LOOP_ENOMEM
 * Thread: loop.  Since 0.3.
 */
LOOP_API int64_t loop_dns(loop_t *loop, const loop_dns_t *request, loop_cb cb, void *user);

/* Find the addresses of a host as other programs find them: in the hosts file, else from the servers
 * of resolv.conf, with its search list. An address is its own answer, without a thread or a server.
 * localhost, and what ends in .localhost, is 127.0.0.1 and ::1 unless the hosts file has it, and is
 * never asked for; nor is a name whose last part is a number (LOOP_DNS_BAD_NAME).
 *
 * family     4 or 6: only such addresses; 0: both
 * flags      LOOP_DNS_IPV4_FIRST or LOOP_DNS_IPV6_FIRST; 0: in the order of RFC 6724
 * Event      bytes: A and AAAA records, without a ttl. A name that has no address is
 *            LOOP_DNS_NOT_FOUND
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.3.  Source: dns.lookup, uv_getaddrinfo
 */
LOOP_API int64_t loop_dns_lookup(loop_t *loop, const char *name, uint32_t family, uint32_t flags,
                                 loop_cb cb, void *user);

/* Find the names of an address: in the hosts file, else its PTR records.
 *
 * address    "192.0.2.1" or "2001:db8::1"
 * Event      bytes: PTR records
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.3.  Source: dns.reverse, uv_getnameinfo
 */
LOOP_API int64_t loop_dns_reverse(loop_t *loop, const char *address, loop_cb cb, void *user);

/* Ask the system's DNS servers for the records of a name: over UDP, and over TCP when the answer is
 * too long for that. The hosts file and the search list do not count. Aliases are followed within
 * the answer; a ttl is the least on that way. What comes from another address, or answers another
 * question, is not looked at. When a server is silent or fails, the next is asked.
 *
 * type       LOOP_DNS_A ...
 * Event      bytes: records of that type, in the server's order
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.3.  Source: dns.resolve
 */
LOOP_API int64_t loop_dns_query(loop_t *loop, const char *name, uint32_t type, loop_cb cb,
                                void *user);

/* Returns the record behind another in an event of a question about names, the first for NULL; NULL
 * behind the last, and for other events. Borrowed as the event is.  Thread: any.  Since 0.3. */
LOOP_API const loop_dns_record_t *loop_dns_next(const loop_event_t *ev,
                                                const loop_dns_record_t *record);

/* Returns a text of a record, 0 the first, and writes its length; ended by a NUL, which the length
 * does not count. Names have no dot at their end, and bytes that are no plain letters as in a zone
 * file; other texts are bytes as they came. NULL behind the last, and for NULL. len_out may be NULL.
 * Borrowed as the event is.  Thread: any.  Since 0.3. */
LOOP_API const char *loop_dns_text(const loop_dns_record_t *record, uint32_t index,
                                   uint64_t *len_out);

/* ---- Sockets -------------------------------------------------------------------------------- */

/* A *stream* is a connection: bytes in both directions, over TCP or a Unix socket. A *listener*
 * takes connections and gives each as a stream of its own. Both are ids; so loop_cancel, loop_clear,
 * loop_ref, loop_unref, loop_next_op, loop_pause and loop_resume work as for any id, and
 * loop_write, loop_write_borrowed and loop_end as for a flow. A socket keeps the loop alive, also
 * while it only waits, unless it is unreferenced.
 *
 * Every event of a socket but the last has LOOP_EV_MORE and says in aux what happened:
 *
 *   LOOP_NET_OPEN      it is connected, or listens. data: a loop_address_t, of the peer or its own
 *   LOOP_NET_ACCEPTED  a listener: num is the id of a new stream, data the peer's loop_address_t
 *   LOOP_NET_DATA      data: bytes that came, borrowed as the event is
 *   LOOP_NET_END       the peer sends no more. data: what loop_read_exact had got by then, or none
 *   LOOP_NET_FULL      more than high_water bytes wait to be sent: hold back until
 *   LOOP_NET_DRAIN     no more than low_water bytes wait
 *   LOOP_NET_DATAGRAM  see Datagrams below
 *   LOOP_NET_FD        num is a descriptor that came (see Passing descriptors below)
 *   LOOP_NET_RESIZED   a terminal: num is its new size, columns << 32 | rows (see loop_tty_size)
 *
 * An event with a status < 0 and LOOP_EV_MORE reports what the socket survives: a listener for
 * which there is no descriptor left (LOOP_EMFILE, LOOP_ENFILE, LOOP_ENOBUFS, LOOP_ENOMEM). It is
 * told once, and the listener goes on when there is room again.
 *
 * The final event has status 0 after loop_net_close, loop_net_reset, and when both sides have ended;
 * else the error, with the errno in aux and the text "operation address": LOOP_ECONNREFUSED,
 * LOOP_ECONNRESET, LOOP_EPIPE, LOOP_EADDRINUSE, LOOP_EADDRNOTAVAIL, LOOP_EACCES, LOOP_ENOENT,
 * LOOP_EHOSTUNREACH, LOOP_ENETUNREACH, LOOP_ETIMEDOUT, LOOP_EDNS ... The descriptor is closed by
 * then, and the writes that were not finished have had their final events, with LOOP_ECANCELED. A
 * host that is gone or cut off is noticed only by a deadline, or by LOOP_NET_OPT_KEEPALIVE.
 *
 * A stream that was accepted has the callback of its listener, with ev->id saying which it is,
 * until loop_read_start gives it its own. It is the program's from that event on: one that is not
 * wanted has to be closed. Nothing is read, and no end noticed, before reading is asked for.
 *
 * When the peer has ended and LOOP_NET_HALF_OPEN was not asked for, the stream ends, too: after what
 * the callback of LOOP_NET_END has sent. When both sides have ended it closes by itself.
 */

/* What to make (loop_net_t.what). */
#define LOOP_NET_LISTEN 1
#define LOOP_NET_CONNECT 2
#define LOOP_NET_ADOPT 3
#define LOOP_NET_BIND 4 /* a datagram socket at an address of its own */

/* Over what (loop_net_t.type). */
#define LOOP_NET_TCP 1
#define LOOP_NET_UNIX 2
#define LOOP_NET_UDP 3
#define LOOP_NET_UNIX_DGRAM 4

/* What loop_net_type may say besides. */
#define LOOP_NET_PIPE 5 /* an end of a pipe, a FIFO */
#define LOOP_NET_TTY 6  /* a terminal, either side of a pseudo-terminal */
#define LOOP_NET_FILE 7 /* a regular file, another device */

/* Flags (loop_net_t.flags). A listener's hold for the streams that it accepts, too. */
#define LOOP_NET_HALF_OPEN 0x1 /* the peer's end does not end the stream */
#define LOOP_NET_REUSEPORT 0x2 /* listen: several sockets may share the port; each gets its part */
#define LOOP_NET_V6ONLY 0x4    /* listen on "::": no IPv4 connections */
#define LOOP_NET_NODELAY 0x8   /* TCP: small pieces are sent at once */
#define LOOP_NET_FDS 0x10      /* Unix streams: descriptors may come, as LOOP_NET_FD */
#define LOOP_NET_KEEP 0x20     /* adopt: the descriptor stays the host's, see loop_adopt */
#define LOOP_NET_REUSEADDR                                                                         \
    0x40 /* bind UDP: several sockets may have one address; each gets what comes by multicast */

/* What an event of a socket says (its aux). */
#define LOOP_NET_OPEN 1
#define LOOP_NET_ACCEPTED 2
#define LOOP_NET_DATA 3
#define LOOP_NET_END 4
#define LOOP_NET_FULL 5
#define LOOP_NET_DRAIN 6
#define LOOP_NET_DATAGRAM 7
#define LOOP_NET_FD 8
#define LOOP_NET_RESIZED 9

/* A socket to be made. Fill with LOOP_NET_INIT, then set what and type and what they need. Fields are
 * only ever appended; 0 means the default. */
typedef struct loop_net {
    uint32_t size;           /* sizeof(loop_net_t) */
    uint32_t what;           /* LOOP_NET_LISTEN, _CONNECT, _ADOPT, _BIND */
    uint32_t flags;          /* LOOP_NET_HALF_OPEN ... */
    uint32_t type;           /* LOOP_NET_TCP, _UNIX, _UDP, _UNIX_DGRAM; adopt: 0 */
    const char *host;        /* TCP, UDP: an address, "localhost", with connect also a name; with
                                listen and bind NULL for all addresses.
                                Unix: the path, or an abstract name, which begins with a NUL (Linux);
                                bind: NULL for a socket without a name, which can only send */
    const char *local_host;  /* connect, not Unix streams: an address to come from; NULL: any */
    uint32_t host_len;       /* bytes at host; 0: up to its NUL */
    uint32_t local_host_len; /* the same of local_host */
    uint32_t port;           /* TCP, UDP; 0 with listen and bind: any that is free */
    uint32_t local_port;     /* TCP, UDP connect: a port to come from; 0: any */
    uint32_t backlog;        /* listen: connections that may wait to be accepted; 0: 511 */
    int32_t fd;              /* adopt: a descriptor, see loop_adopt */
    uint64_t high_water;     /* bytes that may wait before LOOP_NET_FULL; 0: 64 KiB */
    uint64_t low_water;      /* bytes for LOOP_NET_DRAIN, below high_water; 0: a quarter of it */
    uint32_t read_size; /* bytes in one LOOP_NET_DATA or _DATAGRAM at most, to 64 KiB; 0: 64 KiB */
    uint32_t read_budget; /* events that one socket may give in one pass before it is the next
                                one's turn; 0: 16, of a stream at most 256 KiB of read_size */
} loop_net_t;

#define LOOP_NET_INIT                                                                              \
    { sizeof(loop_net_t), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, 0, 0, 0, 0 }

/* Families of addresses; the numbers are the library's own. */
#define LOOP_AF_NONE 0 /* a Unix socket without a name */
#define LOOP_AF_UNIX 1
#define LOOP_AF_INET 4
#define LOOP_AF_INET6 6

/* An address. */
typedef struct loop_address {
    uint32_t size;   /* sizeof(loop_address_t) */
    uint16_t family; /* LOOP_AF_* */
    uint16_t port;
    uint32_t scope;    /* IPv6: number of the interface, 0 for none */
    uint32_t path_len; /* Unix: bytes at path, without the NUL */
    uint8_t ip[16];    /* in the order of the network; IPv4: the first four */
    char path[112];    /* Unix; an abstract name begins with a NUL */
} loop_address_t;

/* Make a socket of any kind; the calls below are this one with fewer arguments.
 *
 * request    copied
 * cb, user   for its events, and those of the streams that a listener accepts
 * Returns    id, LOOP_EINVAL (a field or flag that is unknown or out of range), LOOP_ENOMEM. The
 *            rest comes as the final event (see above). LOOP_NET_ADOPT takes the descriptor over,
 *            also when that fails: it is closed with the id, see loop_adopt
 * Thread: loop.  Since 0.3.  Source: net.createServer, net.connect, uv_tcp_open
 */
LOOP_API int64_t loop_net(loop_t *loop, const loop_net_t *request, loop_cb cb, void *user);

/* Listen on a port. Events: LOOP_NET_OPEN with the address it got, LOOP_NET_ACCEPTED for each
 * connection. SO_REUSEADDR is set; "::" and NULL take IPv4 connections, too. A deadline
 * (loop_next_op) counts anew from each event. loop_pause stops accepting: connections wait in the
 * backlog.
 *
 * host       an address, "localhost", or NULL for all addresses
 * port       0..65535; 0: any that is free
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.3.  Source: server.listen, uv_tcp_bind, uv_listen
 */
LOOP_API int64_t loop_tcp_listen(loop_t *loop, const char *host, uint32_t port, loop_cb cb,
                                 void *user);

/* Connect to a port. What is written before LOOP_NET_OPEN is sent then. With more than one address
 * the next is tried when one has failed, or after 250 ms beside it, and the first connection is
 * taken (RFC 8305); when all fail the first error is told. A deadline (loop_next_op) is for all of
 * that; after LOOP_NET_OPEN the one of loop_read_start counts. A connection to itself, which the
 * system makes when a port is free and drawn by chance, is LOOP_ECONNREFUSED.
 *
 * host       an address, "localhost" (::1, then 127.0.0.1), or a name, which is looked up as
 *            loop_dns_lookup does; LOOP_EDNS: it has no address, aux says why (LOOP_DNS_NOT_FOUND ...)
 * port       1..65535
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.3.  Source: net.connect, uv_tcp_connect
 */
LOOP_API int64_t loop_tcp_connect(loop_t *loop, const char *host, uint32_t port, loop_cb cb,
                                  void *user);

/* Listen on the path of a Unix socket, or connect to it. A path that is there already is
 * LOOP_EADDRINUSE; a listener's path is removed when it ends. Paths of more than 107 bytes (Linux)
 * are LOOP_ENAMETOOLONG.
 * Returns id, LOOP_EINVAL, LOOP_ENOMEM.  Thread: loop.  Since 0.3.
 * Source: uv_pipe_bind, uv_pipe_connect */
LOOP_API int64_t loop_unix_listen(loop_t *loop, const char *path, loop_cb cb, void *user);
LOOP_API int64_t loop_unix_connect(loop_t *loop, const char *path, loop_cb cb, void *user);

/* Read a stream: its data comes as it arrives, LOOP_NET_DATA each, until LOOP_NET_END. From now on
 * its events have this callback; those in the current batch still go to the one before. A deadline
 * given by loop_next_op counts from event to event and not while it is paused; without one there is
 * none from now on. May be called again, also in between the next two, which it replaces.
 *
 * Returns    0, LOOP_EINVAL (cb NULL), LOOP_EBADID, LOOP_ENOMEM. An id that is no stream is left
 *            alone
 * Thread: loop.  Since 0.3.  Source: uv_read_start
 */
LOOP_API int64_t loop_read_start(loop_t *loop, int64_t stream, loop_cb cb, void *user);

/* The same, but pause after one LOOP_NET_DATA of at most max bytes (1..2^31-1).
 * Returns 0, LOOP_EINVAL, LOOP_EBADID, LOOP_ENOMEM.  Thread: loop.  Since 0.3.
 * Source: socket.once('data') */
LOOP_API int64_t loop_read_once(loop_t *loop, int64_t stream, uint64_t max, loop_cb cb, void *user);

/* The same, but pause after one LOOP_NET_DATA of exactly len bytes (1..2^31-1); if the peer ends
 * before, LOOP_NET_END has what came.
 * Returns 0, LOOP_EINVAL, LOOP_EBADID, LOOP_ENOMEM.  Thread: loop.  Since 0.3.
 * Source: readable.read(size) */
LOOP_API int64_t loop_read_exact(loop_t *loop, int64_t stream, uint64_t len, loop_cb cb,
                                 void *user);

/* Send bytes, in the order of all sends and writes of the stream, without an id and without an
 * event: the fastest way. They are handed to the system in the loop's next step, or at once: by a
 * callback to the stream whose data it hears, before it has called anything else. What the system
 * does not take waits (LOOP_NET_FULL, loop_queued). An error ends the stream.
 *
 * data       len bytes, copied. The data of the LOOP_NET_DATA event that is being delivered, or a
 *            part of it, is sent from where it lies
 * len        0..2^32-1
 * Returns    0, LOOP_EINVAL, LOOP_EBADID, LOOP_EBADF (it can only be read), LOOP_EPIPE (after loop_end
 *            or loop_net_close), LOOP_ENOMEM
 * Thread: loop.  Since 0.3.  Source: uv_try_write
 */
LOOP_API int64_t loop_send(loop_t *loop, int64_t stream, const void *data, uint64_t len);

/* Write several pieces as one (see loop_write). The final event comes in the pending phase: num =
 * bytes sent, also of an error; aux = bytes of the stream that wait behind it. A write that is
 * cancelled before any of it was sent is left out; else, and when its deadline passes, those behind
 * it and all later ones end with LOOP_ECANCELED, because the peer would not see where the gap is.
 *
 * bufs       count pieces, copied
 * count      1..1,048,576; 2^32-1 bytes together
 * Returns    id, LOOP_EINVAL, LOOP_EBADID, LOOP_ENOMEM
 * Thread: loop.  Since 0.3.  Source: writable.cork, uv_write
 */
LOOP_API int64_t loop_writev(loop_t *loop, int64_t stream, const loop_buf_t *bufs, uint32_t count,
                             loop_cb cb, void *user);

/* The same without a copy, for streams only: what the pieces point at is borrowed until the final
 * event; the array itself is copied.
 * Returns id, LOOP_EINVAL, LOOP_EBADID, LOOP_ENOMEM.  Thread: loop.  Since 0.3. */
LOOP_API int64_t loop_writev_borrowed(loop_t *loop, int64_t stream, const loop_buf_t *bufs,
                                      uint32_t count, loop_cb cb, void *user);

/* Close a socket: nothing is read or accepted any more, what was written before is sent, then the
 * descriptor is closed and the final event comes, with status 0. Connections that wait in a
 * listener's backlog are reset. loop_cancel and loop_clear close at once.
 * A deadline given by loop_next_op is for the sending.
 * Returns 0, LOOP_EBADID, LOOP_ENOMEM.  Thread: loop.  Since 0.3.
 * Source: socket.destroySoon, uv_close */
LOOP_API int64_t loop_net_close(loop_t *loop, int64_t socket);

/* Close a stream at once with a reset: the peer's reads and writes fail with ECONNRESET, what was
 * written and not sent is lost. A Unix socket is just closed.
 * Returns 0, LOOP_EBADID, LOOP_ENOMEM.  Thread: loop.  Since 0.3.
 * Source: socket.resetAndDestroy, uv_tcp_close_reset */
LOOP_API int64_t loop_net_reset(loop_t *loop, int64_t socket);

/* Returns the descriptor of a socket, which stays the library's: it must not be closed, read or
 * written. LOOP_EBADID, LOOP_ENOTCONN while it has none (it connects, or its end is on the way).
 * Thread: loop.  Since 0.3.  Source: uv_fileno */
LOOP_API int64_t loop_fileno(loop_t *loop, int64_t socket);

/* Returns how many bytes of a stream wait to be sent. LOOP_EBADID.
 * Thread: loop.  Since 0.3.  Source: socket.writableLength, uv_stream_get_write_queue_size */
LOOP_API int64_t loop_queued(loop_t *loop, int64_t stream);

/* Write the address of a socket's own end, or of its peer's.
 * Returns 0, LOOP_EINVAL, LOOP_EBADID, LOOP_ENOTCONN, LOOP_ENOTSUP (no socket), another error of the
 * system.
 * Thread: loop.  Since 0.3.  Source: uv_tcp_getsockname, uv_tcp_getpeername */
LOOP_API int64_t loop_local_address(loop_t *loop, int64_t socket, loop_address_t *out);
LOOP_API int64_t loop_peer_address(loop_t *loop, int64_t socket, loop_address_t *out);

/* Who is at the other end of a Unix stream. */
typedef struct loop_credentials {
    uint32_t size; /* in: sizeof(loop_credentials_t) */
    int32_t pid;   /* of the process that connected, or listened; 0: unknown */
    uint32_t uid;  /* its effective user and group then */
    uint32_t gid;
} loop_credentials_t;

/* Write who is at the other end of a Unix stream, as the system noted it when the peer connected or
 * listened. It may have handed its descriptor to another process since, or have ended.
 *
 * out        size set by the host; the rest is written
 * Returns    0, LOOP_EINVAL, LOOP_EBADID, LOOP_ENOTCONN (no descriptor), LOOP_ENOTSUP (no Unix stream, or
 *            a listener), another error of the system
 * Thread: loop.  Since 0.3.  Source: getsockopt(SO_PEERCRED), getpeereid
 */
LOOP_API int64_t loop_peer_credentials(loop_t *loop, int64_t stream, loop_credentials_t *out);

/* Options of a socket. */
#define LOOP_NET_OPT_NODELAY 1 /* TCP: 1: small pieces are sent at once; 0: they may be gathered */
#define LOOP_NET_OPT_KEEPALIVE 2 /* TCP: seconds of silence before the peer is probed; 0: never */
#define LOOP_NET_OPT_RCVBUF 3    /* bytes of the system's buffer; it may take another size */
#define LOOP_NET_OPT_SNDBUF 4
#define LOOP_NET_OPT_BROADCAST 5      /* UDP: 1: sending to broadcast addresses is allowed */
#define LOOP_NET_OPT_TTL 6            /* UDP: hops, 1..255 */
#define LOOP_NET_OPT_MULTICAST_TTL 7  /* UDP: hops of what goes to groups, 0..255; 1 by default */
#define LOOP_NET_OPT_MULTICAST_LOOP 8 /* UDP: 1 (default): sockets of this machine get it, too */
#define LOOP_NET_OPT_MULTICAST_IF                                                                  \
    9 /* UDP: number of the interface to groups; 0: any. IPv4: set only */
#define LOOP_NET_OPT_LINGER                                                                        \
    10 /* TCP: 0: whatever closes the socket resets it; -1 (default): the system sends the rest */

/* Set an option, or write what it is.
 *
 * option     LOOP_NET_OPT_*
 * value      0..2^31-1, see there. LOOP_NET_OPT_LINGER takes no seconds, because the loop would wait
 *            for them: a close that waits is loop_net_close with a deadline
 * Returns    0, LOOP_EINVAL, LOOP_EBADID, LOOP_ENOTCONN (no descriptor yet), an error of the system:
 *            LOOP_ENOTSUP (of a Unix socket, or what is no socket)
 * Thread: loop.  Since 0.3.  Source: uv_tcp_nodelay, uv_tcp_keepalive, uv_recv_buffer_size
 */
LOOP_API int64_t loop_net_set(loop_t *loop, int64_t socket, uint32_t option, int64_t value);
LOOP_API int64_t loop_net_get(loop_t *loop, int64_t socket, uint32_t option, int64_t *value_out);

/* Write an address as text: "127.0.0.1:80", "[::1]:80", "[fe80::1%2]:80", "/path", "@abstract",
 * "unnamed".
 *
 * text_out   room for so many bytes; the text is ended by a NUL
 * Returns    the text's length without the NUL, LOOP_EINVAL, LOOP_ETOOBIG (no room; nothing written)
 * Thread: any.  Since 0.3.  Source: uv_ip_name
 */
LOOP_API int64_t loop_address_text(const loop_address_t *address, char *text_out, uint64_t room);

/* Read an address: "127.0.0.1", "::1", "fe80::1%eth0".
 * Returns 0, LOOP_EINVAL (no address, or port above 65535).  Thread: any.  Since 0.3.
 * Source: uv_ip4_addr, uv_ip6_addr */
LOOP_API int64_t loop_address_parse(const char *text, uint32_t port, loop_address_t *out);

/* ---- Datagrams ---- */

/* Datagrams. A datagram socket sends and receives single messages, over UDP or a Unix socket. It is
 * an id like a stream: loop_read_start (not loop_read_once and loop_read_exact), loop_pause,
 * loop_resume, loop_net_close, loop_fileno, loop_queued, the addresses and the options work on it,
 * too. loop_end keeps it from sending; it goes on receiving.
 *
 *   LOOP_NET_OPEN      data: its own loop_address_t, or that of its peer when it is connected
 *   LOOP_NET_DATAGRAM  data: one datagram, never NULL, len 0 when it is empty; num: its real length,
 *                      greater than len when read_size was too little for it (not Linux: len + 1).
 *                      loop_sender says who sent it. Borrowed as the event is
 *   LOOP_NET_FULL, LOOP_NET_DRAIN   as for a stream
 *
 * An event with a status < 0 and LOOP_EV_MORE reports an error that ends nothing: that of one
 * datagram of loop_send or loop_send_to, which was not sent (LOOP_ETOOBIG: more than the system
 * sends at once; LOOP_ENOTCONN: no peer and no address; LOOP_EACCES, LOOP_ENETUNREACH,
 * LOOP_ENOENT ...), with the text "write address"; or that of one sent before, of which the system
 * of a connected peer has complained (LOOP_ECONNREFUSED), with "read address" or "write address".
 *
 * What is sent with one step of the loop goes to the system with as few calls as it takes, in the
 * order of all sends and writes. Datagrams for which it has no room wait. */

/* Make a datagram socket at an address. Events: LOOP_NET_OPEN with the address it got. More choices
 * (LOOP_NET_REUSEADDR, LOOP_NET_REUSEPORT, LOOP_NET_V6ONLY, read_size ...): loop_net with
 * LOOP_NET_BIND. "::" and NULL take IPv4, too: its addresses are then "::ffff:1.2.3.4".
 *
 * host       an address, "localhost", or NULL for all addresses; no other name
 * port       0..65535; 0: any that is free
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.3.  Source: dgram.createSocket, socket.bind, uv_udp_bind
 */
LOOP_API int64_t loop_udp_bind(loop_t *loop, const char *host, uint32_t port, loop_cb cb,
                               void *user);

/* Make a datagram socket with a peer: it sends to that with loop_send and gets only what comes from
 * there. Nobody is asked, so it is open at once, or when the name is looked up: the first address is
 * taken to which the system has a way. What is sent before waits.
 *
 * host       an address, "localhost", or a name (see loop_tcp_connect)
 * port       1..65535
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM
 * Thread: loop.  Since 0.3.  Source: socket.connect, uv_udp_connect
 */
LOOP_API int64_t loop_udp_connect(loop_t *loop, const char *host, uint32_t port, loop_cb cb,
                                  void *user);

/* The same for Unix sockets. The path, which must not be there yet (LOOP_EADDRINUSE), is removed
 * with the socket. Bind with NULL: a socket without a name. Connect makes one without a name, too,
 * unless loop_net has local_host. Where nobody receives it is LOOP_ECONNREFUSED or LOOP_ENOENT, when
 * connecting and when sending.
 * Returns id, LOOP_EINVAL, LOOP_ENOMEM.  Thread: loop.  Since 0.3. */
LOOP_API int64_t loop_unix_dgram_bind(loop_t *loop, const char *path, loop_cb cb, void *user);
LOOP_API int64_t loop_unix_dgram_connect(loop_t *loop, const char *path, loop_cb cb, void *user);

/* Send one datagram to an address, without an id and without an event unless it fails. (loop_send
 * sends one to the peer of a connected socket.)
 *
 * to         copied
 * data       len bytes, copied; see loop_send
 * len        0..2^32-1; more than the system sends at once is told (see above)
 * Returns    0, LOOP_EINVAL (also: to is no address), LOOP_EBADID, LOOP_EPIPE (after loop_end or
 *            loop_net_close), LOOP_ENOMEM
 * Thread: loop.  Since 0.3.  Source: socket.send, uv_udp_try_send
 */
LOOP_API int64_t loop_send_to(loop_t *loop, int64_t socket, const loop_address_t *to,
                              const void *data, uint64_t len);

/* The same with an id. (loop_write and loop_writev write one to the peer.) The final event comes in
 * the pending phase when the system has it: num = its bytes; aux = bytes of the socket that wait
 * behind it. Its error fails only this one. A deadline given by loop_next_op, and loop_cancel, take
 * it out of the queue.
 *
 * to         copied; NULL: the peer
 * Returns    id, LOOP_EINVAL, LOOP_EBADID, LOOP_ENOMEM
 * Thread: loop.  Since 0.3.  Source: socket.send, uv_udp_send
 */
LOOP_API int64_t loop_write_to(loop_t *loop, int64_t socket, const loop_address_t *to,
                               const void *data, uint64_t len, loop_cb cb, void *user);

/* Returns who sent a datagram; family LOOP_AF_NONE: a Unix socket without a name. NULL for other
 * events. Borrowed as the event is.  Thread: any.  Since 0.3. */
LOOP_API const loop_address_t *loop_sender(const loop_event_t *ev);

/* Have a UDP socket get what is sent to a group, or no longer.
 *
 * group      a multicast address
 * source     only what this address sends, of the same family; NULL: any. A socket may join several
 * interface  by name, number or address; NULL: the system's choice
 * Returns    0, LOOP_EINVAL (no such address; the system: no group), LOOP_ENODEV (no such
 *            interface), LOOP_EADDRINUSE (it has joined), LOOP_EADDRNOTAVAIL (it has not),
 *            LOOP_EBADID, LOOP_ENOTCONN (no descriptor), LOOP_ENOTSUP (no UDP socket), other errors
 *            of the system
 * Thread: loop.  Since 0.3.  Source: socket.addMembership, addSourceSpecificMembership,
 * uv_udp_set_membership
 */
LOOP_API int64_t loop_net_join(loop_t *loop, int64_t socket, const char *group, const char *source,
                               const char *interface);
LOOP_API int64_t loop_net_leave(loop_t *loop, int64_t socket, const char *group, const char *source,
                                const char *interface);

/* ---- Passing descriptors ---- */

/* Descriptors go over Unix streams to other processes: open files, sockets, pipes, anything. The
 * receiver gets one of its own for the same open file.
 *
 *   LOOP_NET_FD   num: a descriptor that came, with LOOP_EV_FD: whoever gets the event closes it, or
 *                 hands it to loop_adopt. Programs that are started do not inherit it
 *
 * They come only to streams with LOOP_NET_FDS (of loop_net, and of a listener for the streams that it
 * accepts); others get the bytes alone, and what came with them is closed. Each is told before the
 * LOOP_NET_DATA that has the byte it was sent with, in the order of sending; bytes sent before may be
 * in the same LOOP_NET_DATA. An event with status LOOP_EMFILE and LOOP_EV_MORE, before the same data,
 * says that some came for which the process had no room: the system has dropped them.
 */

/* Send a descriptor with bytes, in the order of all sends and writes of the stream. It is duplicated
 * before the call returns; so the host may close its own at once. An error ends the stream. What is
 * not received is closed with the stream. While more are on the way than the process may have
 * (RLIMIT_NOFILE) the next wait.
 *
 * stream     a Unix stream
 * fd         an open descriptor
 * data       len bytes, copied; the descriptor goes with the first
 * len        1..2^32-1
 * Returns    0, LOOP_EINVAL, LOOP_EBADID, LOOP_EBADF (fd is not open), LOOP_ENOTSUP (no Unix stream),
 *            LOOP_EPIPE (after loop_end or loop_net_close), LOOP_EMFILE, LOOP_ENOMEM
 * Thread: loop.  Since 0.3.  Source: uv_write2, subprocess.send(message, handle)
 */
LOOP_API int64_t loop_send_fd(loop_t *loop, int64_t stream, int32_t fd, const void *data,
                              uint64_t len);

/* ---- Files ---- */

/* Send bytes of an open file, in the order of all sends and writes of the stream, without a copy of
 * them in the process where the system can do so (sendfile). The loop's thread waits for the disk, for
 * at most 1 MiB in one go. The final event is that of a write (see loop_writev): num = bytes sent, aux
 * = bytes that wait behind it. When the file ends before len bytes, also because it was cut meanwhile,
 * the status is 0 and num less than len. loop_cancel and a deadline work as for a write. An error of
 * the file or the stream ends the stream. All of len counts in loop_queued and for LOOP_NET_FULL.
 *
 * stream     any that can be written
 * fd         an open file or block device, to be read; duplicated before the call returns, its own
 *            offset is neither used nor moved
 * offset     in the file; offset + len up to 2^63-1
 * len        0..2^63-1
 * Returns    id, LOOP_EINVAL, LOOP_EBADID, LOOP_EBADF (a stream that can only be read), LOOP_ENOMEM. As
 *            the final event, nothing sent and the stream as it was: LOOP_EBADF (fd is not open, or not
 *            to be read), LOOP_EISDIR, LOOP_ESPIPE (fd is a pipe, a socket, a terminal ...),
 *            LOOP_ENOTSUP (a datagram socket), LOOP_EBADID (no stream), LOOP_EPIPE (after loop_end),
 *            LOOP_EMFILE
 * Thread: loop.  Since 0.3.  Source: uv_fs_sendfile, fs.createReadStream(path).pipe(socket)
 */
LOOP_API int64_t loop_send_file(loop_t *loop, int64_t stream, int32_t fd, uint64_t offset,
                                uint64_t len, loop_cb cb, void *user);

/* ---- Pipes and terminals ---- */

/* Take a descriptor of the host's over as a stream: a connected stream socket, an end of a pipe, a
 * FIFO, a terminal, a character device, a regular file; or a listening socket as a listener. All
 * that is said of streams holds, with LOOP_NET_OPEN first; its address has the family LOOP_AF_NONE
 * when it is no socket. An end that can only be read refuses to be written, and the other way round,
 * both with LOOP_EBADF. When the last reader of a pipe goes, its end for writing is over at once, with
 * LOOP_EPIPE; no SIGPIPE comes. When nothing can be written, LOOP_NET_END is followed by the final
 * event, and when nothing can be read loop_end is. A regular file is read and written from its
 * current offset, by the loop's thread: the disk is waited for.
 *
 * Without LOOP_NET_KEEP the descriptor belongs to the id from now on, also when adopting fails: it is
 * closed with it. Only LOOP_EEXIST (another id of the loop has it) leaves it alone. With
 * LOOP_NET_KEEP the id uses a descriptor of its own, and the host's stays open. A terminal is opened
 * once more, and with LOOP_NET_KEEP a pipe, so that its mode (O_NONBLOCK) changes for no other
 * program. Where that cannot be (no /proc, no permission, a FIFO, a socket), the mode is that of the
 * open file, and with LOOP_NET_KEEP, and of a terminal, it is put back when the id ends.
 *
 * fd         open
 * flags      LOOP_NET_KEEP, LOOP_NET_HALF_OPEN, LOOP_NET_NODELAY, LOOP_NET_FDS (a Unix stream, or a
 *            listener of such; else the final event is LOOP_ENOTSUP)
 * cb, user   for its events
 * Returns    id, LOOP_EINVAL, LOOP_ENOMEM; as the final event LOOP_EBADF, LOOP_EEXIST, LOOP_EISDIR,
 *            LOOP_EMFILE, LOOP_ENFILE, LOOP_ENOMEM, LOOP_ENOSPC, LOOP_ESYS (neither of these: an
 *            epoll set, a timer ...)
 * Thread: loop.  Since 0.3.  Source: uv_pipe_open, uv_tty_init, uv_tcp_open, new net.Socket({ fd })
 */
LOOP_API int64_t loop_adopt(loop_t *loop, int32_t fd, uint32_t flags, loop_cb cb, void *user);

/* Make a pipe: what is written to fds_out[1] is read from fds_out[0]. Both are non-blocking and not
 * inherited by programs that are started. They are the host's, to be closed, adopted or passed on.
 * Returns 0, LOOP_EINVAL, LOOP_EMFILE, LOOP_ENFILE, LOOP_EFORK.  Thread: any.  Since 0.3.
 * Source: uv_pipe */
LOOP_API int64_t loop_pipe(int32_t fds_out[2]);

/* The same with two connected sockets, each for both directions.
 *
 * type       LOOP_NET_UNIX: streams; LOOP_NET_UNIX_DGRAM: datagrams
 * Returns    0, LOOP_EINVAL, LOOP_EMFILE, LOOP_ENFILE, LOOP_EFORK
 * Thread: any.  Since 0.3.  Source: uv_socketpair
 */
LOOP_API int64_t loop_socketpair(uint32_t type, int32_t fds_out[2]);

/* Returns what a socket is: LOOP_NET_TCP, _UNIX, _UDP, _UNIX_DGRAM, _PIPE, _TTY, _FILE. LOOP_EBADID,
 * LOOP_ENOTCONN (its end is on the way).  Thread: loop.  Since 0.3.  Source: uv_guess_handle */
LOOP_API int64_t loop_net_type(loop_t *loop, int64_t socket);

/* Modes of a terminal. */
#define LOOP_TTY_NORMAL 0 /* as it was before: as a rule line by line, with echo */
#define LOOP_TTY_RAW 1    /* each key at once, no echo, no signals for keys; output as usual */
#define LOOP_TTY_IO 2     /* nothing is translated in either direction */

/* Set the mode of a terminal. What it was is kept, and put back by LOOP_TTY_NORMAL, when the id has
 * ended (before its final event), by loop_tty_reset, and when the process exits; when several ids are
 * the same terminal, by the last of them. Not when a signal kills the process: a handler may call
 * loop_tty_reset.
 *
 * mode       LOOP_TTY_*
 * Returns    0, LOOP_EINVAL, LOOP_EBADID, LOOP_ENOTSUP (no terminal), LOOP_ENOTCONN (its end is on the
 *            way), LOOP_ENOMEM, LOOP_EMFILE, an error of the system
 * Thread: loop.  Since 0.3.  Source: uv_tty_set_mode
 */
LOOP_API int64_t loop_tty_mode(loop_t *loop, int64_t terminal, uint32_t mode);

/* Put back the modes of all terminals of all loops. Async-signal-safe; errno is kept.
 * Returns 0, LOOP_EFORK, the first error of the system.  Thread: any.  Since 0.3.
 * Source: uv_tty_reset_mode */
LOOP_API int64_t loop_tty_reset(void);

/* Write the size of a terminal in characters. From the first call for a loop on until it is freed the
 * process has a handler for SIGWINCH, which calls the one that was there; changes of that terminal
 * come as LOOP_NET_RESIZED. A handler that the host sets later takes its place, and is left alone.
 * Returns 0, LOOP_EINVAL, LOOP_EBADID, LOOP_ENOTSUP (no terminal), LOOP_ENOTCONN, an error of the
 * system.  Thread: loop.  Since 0.3.  Source: uv_tty_get_winsize, the event 'resize' */
LOOP_API int64_t loop_tty_size(loop_t *loop, int64_t terminal, uint32_t *columns_out,
                               uint32_t *rows_out);

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
#define LOOP_TURN_DATA 0x20 /* every event brings data of a stream (LOOP_NET_DATA, status 0): */
                            /* a host may look at id, data and len alone. Since 0.3 */

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

/* ---- Statistics ----------------------------------------------------------------------------- */

/* What a loop has done and what its jobs waited for, counted since the loop was made or since the
 * last loop_stats_reset. In every one of these records the host sets size; a larger size than the
 * library knows is fine, the rest is set to 0. Counting costs a few nanoseconds a job and is always
 * on. */

/* A loop as a whole. Fill with LOOP_STATS_INIT. */
typedef struct loop_stats {
    uint32_t size;          /* in: sizeof(loop_stats_t) */
    uint32_t labels;        /* loop_stats_label knows the indexes below this one */
    int64_t elapsed_ns;     /* how long has been counted */
    uint64_t passes;        /* passes begun */
    uint64_t turns;         /* turns begun; loop_run takes turns, too */
    uint64_t events;        /* events delivered in batches: not immediates, ticks and microtasks */
    uint64_t ops;           /* ops taken, labels and control ops among them */
    uint64_t ops_refused;   /* ops refused */
    uint64_t posts;         /* posts delivered */
    uint64_t posts_waiting; /* now */
    uint64_t alive;         /* now: as loop_alive */
    uint64_t ids;           /* now: live ids, but for those of LOOP_OPF_QUIET ops */
    uint64_t ids_peak;      /* the most at once */
    uint64_t timers;        /* now: timers and deadlines of ops that are to come */
    uint64_t timers_peak;   /* the most at once */
    uint64_t retained;      /* now: bytes that the host retains (loop_retain) */
    uint64_t retained_peak; /* the most at once */
    uint64_t
        steps; /* of the engine: one for each turn, at most one more for each sleep, and one for
                       each submission outside of a turn */
} loop_stats_t;

#define LOOP_STATS_INIT                                                                            \
    { sizeof(loop_stats_t), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* A lane of the pool. Fill with LOOP_LANE_STATS_INIT. */
typedef struct loop_lane_stats {
    uint32_t size;         /* in: sizeof(loop_lane_stats_t) */
    uint32_t workers;      /* now: threads that there are */
    uint32_t workers_max;  /* as options.workers or loop_set_workers said */
    uint32_t queue_limit;  /* as options.queue_limit or loop_set_queue_limit said; 0: none */
    uint64_t waiting;      /* now: jobs that no worker has taken */
    uint64_t running;      /* now: jobs that a worker has taken and not given back */
    uint64_t waiting_peak; /* the most that waited at once */
} loop_lane_stats_t;

#define LOOP_LANE_STATS_INIT                                                                       \
    { sizeof(loop_lane_stats_t), 0, 0, 0, 0, 0, 0 }

/* How many labels there are at most, one of them for all that come when the others are taken: it is
 * named "(others)" and flagged LOOP_STATS_OTHERS. */
#define LOOP_STATS_LABELS 1024
#define LOOP_STATS_OTHERS 0x1

/* The jobs of one label: host functions, and the library's own tasks on the pool. Unless something
 * was counted before a reset and goes on after it, queued is waiting + started + canceled, and
 * started is running + finished.
 *
 * Times are those of the jobs that have finished, each of them counted once: how long it waited in
 * the queue, and how long it was at work. A percentile is at most 6.25 % away from that of the
 * exact times (buckets of a logarithmic scale, 8 for each power of two); max and sum are exact.
 * Fill with LOOP_LABEL_STATS_INIT. */
typedef struct loop_label_stats {
    uint32_t size;       /* in: sizeof(loop_label_stats_t) */
    uint32_t flags;      /* LOOP_STATS_OTHERS or 0 */
    const char *label;   /* ended by a NUL, at most 4096 bytes; lives as long as the loop */
    uint64_t label_len;  /* bytes at label */
    uint64_t queued;     /* jobs accepted */
    uint64_t started;    /* of those: a worker (or the loop itself: at_once) has begun */
    uint64_t finished;   /* of those: the loop has their result */
    uint64_t failed;     /* of those: the result is an error */
    uint64_t canceled;   /* ended before they began: cancelled, cleared, past their deadline, the
                             loop closed, or no thread could be made */
    uint64_t rejected;   /* never queued: the lane was full, there was no memory, or the system
                             lacks what is asked (a path of more than 64 KiB) */
    uint64_t at_once;    /* finished by the loop's thread itself, without a worker */
    uint64_t waiting;    /* now: not begun. A flow that had no input yet has not begun */
    uint64_t running;    /* now: begun, the loop does not have the result yet */
    int64_t wait_sum_ns; /* in the queue; 0 for what was done at once */
    int64_t wait_p50_ns;
    int64_t wait_p90_ns;
    int64_t wait_p99_ns;
    int64_t wait_max_ns;
    int64_t run_sum_ns; /* at work: of a flow, all its pieces together */
    int64_t run_p50_ns;
    int64_t run_p90_ns;
    int64_t run_p99_ns;
    int64_t run_max_ns;
} loop_label_stats_t;

#define LOOP_LABEL_STATS_INIT                                                                      \
    { sizeof(loop_label_stats_t), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Write what the loop as a whole has done. Also on a loop that is closed and not freed yet.
 *
 * out        size is read, all of it is written
 * Returns    0, LOOP_EINVAL (out is NULL, or its size is too small or no size)
 * Thread: loop.  Since 0.2.  Source: uv_metrics_info, performance.eventLoopUtilization
 */
LOOP_API int64_t loop_stats(loop_t *loop, loop_stats_t *out);

/* Write how one lane of the pool is.
 *
 * lane       LOOP_LANE_*
 * Returns    0, LOOP_EINVAL (lane; out as above)
 * Thread: loop.  Since 0.2.
 */
LOOP_API int64_t loop_stats_lane(loop_t *loop, uint32_t lane, loop_lane_stats_t *out);

/* Write the statistics of one label. Labels are numbered from 0 in the order in which they came; a
 * number never changes its label, so that new labels disturb nobody who counts through them.
 * Calls without a turn or a new op between them see waiting and running at one moment: that of the
 * first of them, or of the last loop_stats. Looking costs about 10 ns for each job that is alive.
 *
 * index      from 0; see loop_stats_t.labels
 * Returns    0, LOOP_ENOENT (there are not so many labels), LOOP_EINVAL (out as above)
 * Thread: loop.  Since 0.2.
 */
LOOP_API int64_t loop_stats_label(loop_t *loop, uint32_t index, loop_label_stats_t *out);

/* Count anew from now: counts and times begin at 0, peaks at what is now. Labels keep their numbers.
 * Returns 0.  Thread: loop.  Since 0.2. */
LOOP_API int64_t loop_stats_reset(loop_t *loop);

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
