/* SPDX-License-Identifier: MIT
 *
 * The inside of the C half: what a loop is made of, and what its files call in each other. Names
 * that begin with loop__ are private; the linker script hides them.
 */
#ifndef LOOP_INTERNAL_H
#define LOOP_INTERNAL_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "lock.h"
#include "pool.h"
#include "step.h"

#include <signal.h>

#define LOOP__LIKELY(x) (__builtin_expect(!!(x), 1) != 0)
#define LOOP__UNLIKELY(x) (__builtin_expect(!!(x), 0) != 0)
#define LOOP__CACHE_LINE 64
#define LOOP__PAGE 4096

#pragma GCC visibility push(hidden)

/* States of a loop (loop.state, atomic). A loop that is closing or poisoned has the code that its
 * calls are refused with. */
#define LOOP__OPEN 0
#define LOOP__FREED 1

/* Makers of ids. */
#define LOOP__MAKER_SHIM 1u
#define LOOP__MAKER_HOST 2u
#define LOOP__MAKER_LOOP 3u /* accepted connections: the engine names them */
#define LOOP__MAKER_SHIFT 61
#define LOOP__SLOT_SHIFT 33
#define LOOP__MAX_SLOTS (1u << 28)

/* ---- The table of the shim's own ids (ids.c) ------------------------------------------------- */

/* Bits of a slot's word: 0..32 the generation, 63..48 the code, between them: */
#define LOOP__SLOT_LIVE ((uint64_t)1 << 33)     /* something lives in the slot */
#define LOOP__SLOT_ENDED ((uint64_t)1 << 34)    /* its final event is written, not yet delivered */
#define LOOP__SLOT_MUTED ((uint64_t)1 << 35)    /* cleared: no callback */
#define LOOP__SLOT_UNREF ((uint64_t)1 << 36)    /* does not keep the loop alive */
#define LOOP__SLOT_OUTCOME ((uint64_t)1 << 37)  /* its outcome is told: no longer counted alive */
#define LOOP__SLOT_CANCELED ((uint64_t)1 << 38) /* an immediate that ends with LOOP_ECANCELED */
#define LOOP__SLOT_REPEAT ((uint64_t)1 << 39)   /* an interval */
#define LOOP__SLOT_SHUT ((uint64_t)1 << 40)     /* a stream that is not to be written any more */
#define LOOP__SLOT_NO_READ ((uint64_t)1 << 41)  /* a stream that cannot be read */
#define LOOP__SLOT_NO_WRITE ((uint64_t)1 << 42) /* or written */
#define LOOP__SLOT_CODE_SHIFT 48

typedef struct loop__slot {
    uint64_t word;
    loop_cb cb;
    uint64_t user; /* in a free slot: the next free one of its chunk, + 1 */
    int64_t ns;    /* timers: delay or period, -1 for an absolute one; immediates: deadline or 0 */
} loop__slot_t;

#define LOOP__CHUNK 1024u /* slots */

/* A chunk is given back when nothing lives in it; `base` of the table remembers how far its
 * generations had come. */
typedef struct loop__chunk {
    loop__slot_t slots[LOOP__CHUNK];
    struct loop__chunk *next; /* list of chunks with a free slot */
    struct loop__chunk *prev;
    uint64_t base;  /* generation before the first of a slot that was not used yet */
    uint32_t index; /* in the table */
    uint32_t used;  /* slots in which something lives, and spent ones */
    uint32_t fresh; /* first slot that was not used yet */
    uint32_t free;  /* first free used slot, + 1 */
} loop__chunk_t;

typedef struct loop__ids {
    loop__chunk_t **chunks; /* NULL: given back */
    uint64_t *bases;        /* per chunk */
    loop__chunk_t *room;    /* chunks with a free slot */
    uint32_t count;         /* of chunks */
    uint32_t capacity;
    uint32_t absent; /* chunks that were given back */
    uint32_t empty;  /* chunks in which nothing lives */
    uint32_t host;   /* slots handed out to the host */
    uint64_t start;  /* generation before the first of every slot: see reset in life.c */
} loop__ids_t;

static inline uint32_t loop__slot_code(const loop__slot_t *slot) {
    return (uint32_t)(slot->word >> LOOP__SLOT_CODE_SHIFT);
}

/* The slot in which an id of the shim lives; NULL when it is stale, forged or another maker's. */
static inline loop__slot_t *loop__ids_find(const loop__ids_t *ids, uint64_t id) {
    uint32_t index = (uint32_t)(id >> LOOP__SLOT_SHIFT) & (LOOP__MAX_SLOTS - 1);
    if (id >> LOOP__MAKER_SHIFT != LOOP__MAKER_SHIM || index / LOOP__CHUNK >= ids->count)
        return NULL;
    loop__chunk_t *chunk = ids->chunks[index / LOOP__CHUNK];
    if (chunk == NULL)
        return NULL;
    loop__slot_t *slot = &chunk->slots[index % LOOP__CHUNK];
    uint64_t want = (id & LOOP_ID_GENERATION_MAX) | LOOP__SLOT_LIVE;
    return (slot->word & (LOOP_ID_GENERATION_MAX | LOOP__SLOT_LIVE)) == want ? slot : NULL;
}

/* Take a slot; 0 when out of memory or slots. The word has the generation, LIVE and the code. */
uint64_t loop__ids_take(loop__ids_t *ids, uint32_t code, loop__slot_t **slot_out);
/* End the life of an id. */
void loop__ids_end(loop__ids_t *ids, uint64_t id);
void loop__ids_free(loop__ids_t *ids);

/* ---- The ids that the engine makes (made.c) --------------------------------------------------
 * Each is noted when the event that brings it passes, so that a call knows a stale one. */

typedef struct loop__made {
    uint64_t *words; /* by slot, as of loop__slot_t */
    uint32_t capacity;
} loop__made_t;

/* ---- Rings: ticks, microtasks, immediates (ring.c) ------------------------------------------- */

typedef struct loop__ring_item {
    uint64_t what; /* ticks: the callback; immediates: the id */
    void *with;    /* ticks: user; immediates: the label, or NULL */
} loop__ring_item_t;

typedef struct loop__ring {
    loop__ring_item_t *items;
    uint32_t capacity; /* a power of two, or 0 */
    uint32_t head;
    uint32_t count;
    uint32_t peak;  /* most items since the last look */
    uint32_t calms; /* looks in a row that found it mostly unused */
} loop__ring_t;

int loop__ring_grow(loop__ring_t *ring);
/* Look now and then whether a ring has become too large. */
void loop__ring_relax(loop__ring_t *ring);
void loop__ring_free(loop__ring_t *ring);

/* Returns 0 when out of memory. */
static inline int loop__ring_push(loop__ring_t *ring, uint64_t what, void *with) {
    if (LOOP__UNLIKELY(ring->count == ring->capacity) && !loop__ring_grow(ring))
        return 0;
    loop__ring_item_t *item = &ring->items[(ring->head + ring->count) & (ring->capacity - 1)];
    item->what = what;
    item->with = with;
    ring->count++;
    return 1;
}

static inline loop__ring_item_t loop__ring_pop(loop__ring_t *ring) {
    loop__ring_item_t item = ring->items[ring->head];
    if (ring->count > ring->peak)
        ring->peak = ring->count;
    ring->head = (ring->head + 1) & (ring->capacity - 1);
    ring->count--;
    return item;
}

/* ---- Parts of a loop ------------------------------------------------------------------------- */

/* Memory that an op points at, freed when the engine has taken the op. */
typedef struct loop__blob {
    struct loop__blob *next;
    uint64_t bytes;  /* behind this header */
    uint32_t secret; /* 1: wiped before it is freed */
    uint32_t reserved[3];
} loop__blob_t;

typedef struct loop__ops {
    loop_op_t *items;
    uint32_t count;
    uint32_t capacity;
    uint32_t peak;       /* most ops in one submission since the last look */
    uint32_t calms;      /* submissions in a row that needed a quarter of the room at most */
    loop__blob_t *blobs; /* what the queued ops point at */
    char *arena;         /* the same for small things: memory that is kept; NULL: none yet */
    uint32_t arena_used;
} loop__ops_t;

#define LOOP__ARENA 65536u /* bytes */

/* Posts: threads add to `in`, the loop takes from `out`; when `out` is empty the two change. */
typedef struct loop__post_array {
    loop__post_t *items;
    uint32_t count;
    uint32_t capacity;
    uint32_t calms; /* exchanges in a row with much unused room */
} loop__post_array_t;

typedef struct loop__posts {
    loop__lock_t lock;
    uint32_t limit;
    uint64_t waiting;       /* atomic; written under the lock: posts not taken by the engine */
    loop__post_array_t in;  /* guarded by lock */
    loop__post_array_t out; /* loop thread */
    uint32_t out_at;        /* loop thread: first one not taken */
} loop__posts_t;

/* The events that the library itself calls callbacks for. */
typedef struct loop__batch {
    loop_event_t *events;
    int32_t *direct_fds; /* of each event, see loop__step_t */
    void **blocks;       /* blocks of event data in the batch; the engine's, see loop_retain */
    uint32_t capacity;   /* of events and direct_fds */
    uint32_t count;
    uint32_t at; /* first one not delivered */
    uint32_t block_count;
    uint32_t block_capacity;
} loop__batch_t;

/* A stream whose data the last batch of a turn brought, and where the shim may send to it. */
typedef struct loop__answer {
    uint64_t id;
    int32_t fd;
} loop__answer_t;

/* Those of a batch, in its order. None once the engine has been entered again. */
typedef struct loop__answers {
    loop__answer_t *items;
    uint32_t count;
    uint32_t capacity;
} loop__answers_t;

typedef struct loop__trace {
    loop__lock_t lock;
    loop_trace_cb cb; /* guarded by lock, as all of it */
    void *user;
    int32_t fd;
    uint32_t format;
    int64_t last_ns;
} loop__trace_t;

/* One loop. The memory is type-stable: once a loop, always a loop or free to become one, so that a
 * late call finds a state word. */
struct loop {
    /* What most calls look at; late ones, too. */
    uint64_t owner; /* atomic. LOOP__NOBODY, or the owner's token, + 1 in a movable loop */
    int32_t state;  /* atomic. LOOP__OPEN, LOOP_ECLOSED, LOOP_EPANIC, LOOP__FREED */

    /* From here to `posts` a new loop begins with zeros. */
    uint32_t movable;   /* LOOP_MOVABLE */
    uint32_t depth;     /* movable: calls inside one another */
    uint32_t embedded;  /* loop_backend_fd was called: arm whenever a run ends */
    uint32_t next_used; /* 1: loop_next_op was called */
    uint32_t dispatching;
    loop__ops_t ops;
    loop__ids_t ids;
    loop__made_t made;
    int64_t next_timeout_ns;
    loop__blob_t *next_label;

    /* Dispatching. */
    loop__ring_t ticks;
    loop__ring_t microtasks;
    loop__ring_t immediates;
    uint32_t immediates_live;  /* in the ring and neither cleared nor over */
    uint32_t immediates_unref; /* of those */
    uint32_t immediates_left;  /* in the ring, of the check phase that is being delivered */
    int32_t immediates_status; /* what those end with */
    uint64_t immediates_pass;  /* the pass whose check phase took its immediates */
    uint64_t current;          /* the id whose callback runs, 0 for none */
    uint32_t current_final;    /* its event is the final one */
    uint32_t called;           /* callbacks of events called since the turn began */
    loop__batch_t batch;
    loop__answers_t answers;
    loop_event_t tick_event;
    int64_t now_ns; /* loop time of the batch */

    /* The engine and what goes in and out of it. */
    void *engine;
    loop__pool_t *pool;
    loop__job_t *values;   /* jobs whose values are in the batch */
    loop__job_t *returned; /* jobs whose values are released, for the engine to use again */
    uint32_t waited;       /* a sleep is over whose result the engine has not had */
    uint32_t wait_ready;   /* records it left */
    uint32_t close_told;   /* the engine knows that the loop is closed */
    int64_t deferred;      /* an error for the next turn, 0 for none */
    uint32_t epitaph;      /* after a panic: LOOP__EPITAPH_* */
    uint32_t epitaph_chunk;
    char *panic_text;       /* atomic */
    uint64_t retained_peak; /* most bytes retained at once, for statistics */
    loop_options_t options; /* complete, without the strings */
    loop__step_t step;

    /* What other threads write. */
    _Alignas(LOOP__CACHE_LINE) loop__posts_t posts;
    _Alignas(LOOP__CACHE_LINE) loop__shared_t shared;
    uint32_t stop;   /* atomic */
    uint32_t wake;   /* atomic: another pass is asked for */
    uint32_t guests; /* atomic: calls of other threads that use the wake descriptor */
    uint64_t holds;  /* atomic */
    loop__trace_t trace;

    uint32_t sized;         /* atomic. 1: a terminal's size was asked for (net_tty.c) */
    struct loop *all_next;  /* list of all loops, for the child of a fork */
    struct loop *free_next; /* list of free ones, the first freed first */
};

#define LOOP__EPITAPH_NONE 0u
#define LOOP__EPITAPH_POOL 1u   /* host functions are waited for */
#define LOOP__EPITAPH_ENGINE 2u /* the engine's table is walked */
#define LOOP__EPITAPH_POSTS 3u  /* posts that the engine had not taken */
#define LOOP__EPITAPH_SHIM 4u   /* the shim's table is walked */
#define LOOP__EPITAPH_DONE 5u

/* ---- Entering a loop call (life.c, fork.c) --------------------------------------------------- */

#define LOOP__NOBODY 2u

/* word: 1 in the process that loaded the library, 0 in a child made by fork. Alone in its page. */
typedef struct loop__process {
    _Alignas(LOOP__PAGE) uint32_t word;
    char rest[LOOP__PAGE - sizeof(uint32_t)];
} loop__process_t;
extern loop__process_t loop__process;

/* The token of this thread, 0 until its first call; an even number never used again. */
extern _Thread_local uint64_t loop__self __attribute__((tls_model("initial-exec")));

static inline int loop__forked(void) {
    return LOOP__UNLIKELY(__atomic_load_n(&loop__process.word, __ATOMIC_RELAXED) == 0);
}

int64_t loop__claim(loop_t *loop);
void loop__give_back_claim(loop_t *loop);

/* Every loop-thread call begins with this. */
static inline int64_t loop__enter(loop_t *loop) {
    if (loop__forked())
        return LOOP_EFORK;
    if (LOOP__UNLIKELY(loop == NULL))
        return LOOP_EINVAL;
    /* relaxed: the owner wrote it itself; anybody else's value only sends us to loop__claim */
    if (LOOP__LIKELY(__atomic_load_n(&loop->owner, __ATOMIC_RELAXED) == loop__self))
        return 0;
    return loop__claim(loop);
}

/* Every call that loop__enter let in ends with this. */
static inline int64_t loop__leave(loop_t *loop, int64_t result) {
    if (LOOP__UNLIKELY(loop->movable))
        loop__give_back_claim(loop);
    return result;
}

static inline int32_t loop__state(const loop_t *loop) {
    return __atomic_load_n(&loop->state, __ATOMIC_ACQUIRE);
}

/* loop__enter for calls that a poisoned loop refuses. */
static inline int64_t loop__enter_sound(loop_t *loop) {
    int64_t rc = loop__enter(loop);
    if (LOOP__UNLIKELY(rc == 0 && loop__state(loop) == LOOP_EPANIC))
        return loop__leave(loop, LOOP_EPANIC);
    return rc;
}

/* loop__enter for calls that a closed or poisoned loop refuses. */
static inline int64_t loop__enter_open(loop_t *loop) {
    int64_t rc = loop__enter(loop);
    if (LOOP__LIKELY(rc == 0)) {
        int32_t state = loop__state(loop);
        if (LOOP__UNLIKELY(state != LOOP__OPEN))
            return loop__leave(loop, state);
    }
    return rc;
}

/* Calls of any thread that use the wake descriptor: between these it is not closed. */
int64_t loop__guest_enter(loop_t *loop);
void loop__guest_leave(loop_t *loop);

/* Used as a cleanup attribute: gives the claim back when an exception leaves a call. */
void loop__unclaim(loop_t **loop);

/* ---- Functions of the files ------------------------------------------------------------------ */

/* submit.c */
loop_op_t *loop__ops_room(loop_t *loop, uint32_t n);
void loop__ops_taken(loop_t *loop);
int64_t loop__start(loop_t *loop, uint32_t code, loop_cb cb, void *user, int64_t ns,
                    loop_op_t **op_out);
int64_t loop__control(loop_t *loop, uint32_t code, uint64_t target, uint32_t len, int64_t arg);
void loop__next_clear(loop_t *loop);
void loop__quiet_refusal(loop_t *loop, const loop_event_t *ev, void *user);
/* Copies bytes for an op for which there is room already. NULL: out of memory. */
const void *loop__ops_copy(loop_t *loop, const void *data, uint64_t len);
loop__blob_t *loop__blob_new(uint64_t bytes);
void loop__blobs_free(loop__blob_t *blobs);
static inline void *loop__blob_data(loop__blob_t *blob) {
    return blob + 1;
}

/* What an id is to a call. */
typedef enum {
    LOOP__GONE,   /* it is stale, forged, cleared, or its final callback runs */
    LOOP__ALIVE,  /* in the engine, or an immediate that waits */
    LOOP__DECIDED /* its final event waits in the batch that is being delivered */
} loop__standing_t;

/* calls.c. slot_out: its slot, or NULL for an id that the shim did not make.
 * Returns 0, LOOP_EBADID */
int64_t loop__look_up(loop_t *loop, int64_t id, loop__standing_t *standing_out,
                      loop__slot_t **slot_out);

/* The word of a live id of the shim or the engine; NULL when it is stale, forged, or the host's. */
uint64_t *loop__word(loop_t *loop, uint64_t id);

/* Whether an id has one of these bits. */
static inline int loop__refuses(loop_t *loop, int64_t id, uint64_t bits) {
    const uint64_t *word = loop__word(loop, (uint64_t)id);
    return word != NULL && (*word & bits) != 0;
}

/* net_pipe.c: mark the id of an adopted descriptor with the directions that it refuses. */
void loop__note_direction(loop_t *loop, int64_t id, int fd);
/* net_tty.c: put the modes of the terminals of an id back; of id 0: of the whole loop. */
void loop__tty_ended(const loop_t *loop, uint64_t id);
/* The same when a loop is freed, and no signal of a window is heard for it any more. */
void loop__tty_free(loop_t *loop);
/* net_values.c: a question about a socket. what: LOOP__ASK_FD ... */
int64_t loop__ask_socket(loop_t *loop, int64_t socket, uint32_t what);
/* net.c, net_stream.c, net_datagram.c, net_values.c */
/* loop_net with the fields that the short calls have. */
int64_t loop__net_make(loop_t *loop, uint32_t what, uint32_t type, const char *host, uint32_t port,
                       loop_cb cb, void *user);
/* 1: a socket takes what is sent. 0: its end is in the batch, and what is sent goes the way of what
 * was sent before. Else the error. Inside a call. */
int64_t loop__takes_data(loop_t *loop, int64_t socket);
/* Whether the shim may send by itself: no op waits that comes before. LOOP_FAULTS builds let the
 * engine send, where the faults are. */
int loop__may_send_direct(const loop_t *loop);
int64_t loop__send_direct(loop_t *loop, int fd, int64_t stream, const void *data, uint64_t len);
/* Whether bytes are those of the event that is being delivered, which are sent without a copy. */
int loop__is_current_data(const loop_t *loop, const void *data, uint64_t len);
/* Whether a request for a datagram socket is good. */
int loop__datagram_ok(const loop_net_t *request);
/* The descriptor of a socket, or LOOP_EBADID, LOOP_ENOTCONN. Inside a call. */
int64_t loop__net_fd(loop_t *loop, int64_t socket);
/* Options of UDP sockets (net_options.c). */
int loop__is_datagram_option(uint32_t option);
int loop__datagram_value_ok(uint32_t option, int64_t value);
int64_t loop__datagram_set(int fd, uint32_t option, int value);
int64_t loop__datagram_get(int fd, uint32_t option, int64_t *value_out);
/* The number of an interface, which text names or says. 0: there is none. */
uint32_t loop__interface_number(const char *text);

/* made.c */
void loop__made_note(loop__made_t *made, uint64_t id);
uint64_t *loop__made_find(const loop__made_t *made, uint64_t id);
void loop__made_free(loop__made_t *made);
/* End the life of an id of the shim or the engine. */
void loop__end_id(loop_t *loop, uint64_t id);

/* engine.c: the crossings */
typedef struct loop__io {
    const loop_op_t *ops;
    loop_event_t *events;
    uint32_t op_count;
    uint32_t op_stride;
    uint32_t event_capacity;
    uint32_t event_stride;
    uint32_t ticks; /* held by the host, as are immediates */
    uint32_t immediates;
} loop__io_t;
int64_t loop__step(loop_t *loop, uint32_t flags, const loop__io_t *io);
int64_t loop__submit(loop_t *loop);
int64_t loop__submit_ops(loop_t *loop, const loop_op_t *ops, uint32_t count, uint32_t stride,
                         uint32_t flags);
uint32_t loop__tell_close(loop_t *loop);
int64_t loop__submit_queued(loop_t *loop);
int64_t loop__ask(loop_t *loop, uint32_t what, uint64_t id, int64_t *out);
int64_t loop__ask_stats(loop_t *loop, uint32_t what, uint32_t index, void *out);
void loop__give_batch_back(loop_t *loop);
uint64_t loop__held(loop_t *loop);
uint64_t loop__undelivered(const loop_t *loop);
uint64_t loop__alive_count(loop_t *loop);

/* panic.c */
void loop__panicked(loop_t *loop);
int64_t loop__epitaph(loop_t *loop, uint32_t capacity, int64_t wait_ns);

/* dispatch.c */
int loop__batch_reserve(loop__batch_t *batch, uint32_t capacity);
void loop__batch_accept(loop_t *loop, loop_event_t *events, uint32_t count, uint32_t stride);
void loop__take_immediates(loop_t *loop);
void loop__dispatch(loop_t *loop);
int loop__dispatch_left(const loop_t *loop);
void loop__finish_current(loop_t *loop);
void loop__end_immediate(loop_t *loop, const loop__slot_t *slot);

/* wake.c */
void loop__ring_wake_fd(const loop__shared_t *shared);
int64_t loop__sleep(loop_t *loop, int64_t ns);
int loop__arm_or_busy(loop_t *loop);
int loop__work_waits(loop_t *loop);
void loop__disarm(loop_t *loop);
void loop__arm_for_host(loop_t *loop);
void loop__begin_embedded(loop_t *loop);

/* turn_direct.c */
int loop__answers_reserve(loop__answers_t *answers, uint32_t capacity);
int64_t loop__send_answers(loop_t *loop, loop__io_t *io);

/* run.c */
int64_t loop__run(loop_t *loop, uint32_t mode, int64_t max_ns, int ending);
int loop__take_stop(loop_t *loop);
int loop__rests(loop_t *loop, int plain);

/* post.c */
void loop__posts_offer(loop_t *loop);
void loop__posts_consume(loop_t *loop, uint32_t taken);
void loop__posts_free(loop_t *loop);

/* trace.c */
void loop__trace_emit(loop_t *loop, loop_trace_t *record);
void loop__trace_step(loop_t *loop);
void loop__trace_own(loop_t *loop, uint32_t kind, uint32_t code, uint64_t id, const char *thread,
                     const char *label, int32_t status);
const char *loop__code_name(uint32_t code);
const char *loop__phase_name(uint32_t phase);

/* trace_text.c */
#define LOOP__TRACE_TEXT 1024u /* bytes of the longest line but for its label */
uint64_t loop__trace_format(const loop_trace_t *record, uint32_t format, char *out, uint64_t room);

/* life.c */
loop_t *loop__all_loops(void);

/* settle.c: give back the memory that only loading needs. The first call does it. */
void loop__settle(void);

/* options.c */
int64_t loop__options_complete(const loop_options_t *given, loop_options_t *out);
int loop__rest_is_zero(const void *record, uint32_t size, size_t known);

/* signals.c: what a thread's first call of Go needs around it. Every call stands between
 * loop__go_begin and loop__go_end. */
extern _Thread_local uint32_t loop__go_known __attribute__((tls_model("initial-exec")));
typedef struct loop__go_mask {
    sigset_t saved;
    int cancel_state;
} loop__go_mask_t;
void loop__go_first(loop__go_mask_t *mask);
void loop__go_first_done(const loop__go_mask_t *mask);

static inline void loop__go_begin(loop__go_mask_t *mask) {
    if (LOOP__UNLIKELY(!loop__go_known))
        loop__go_first(mask);
}

static inline void loop__go_end(const loop__go_mask_t *mask) {
    if (LOOP__UNLIKELY(!loop__go_known))
        loop__go_first_done(mask);
}

static inline int64_t loop__sum_ns(int64_t a, int64_t b) {
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return b < 0 ? INT64_MIN : INT64_MAX;
    return sum;
}

#pragma GCC visibility pop
#endif
