/* SPDX-License-Identifier: MIT
 *
 * Throws random arrays of ops at loop_turn and keeps a model of every id. What must hold: nothing
 * crashes (run it under ASan), every accepted id ends exactly once, no event comes for an id that
 * is not alive, a refusal ends nothing, at least a third of the ops are accepted, and every code is
 * accepted often enough to mean something.
 *
 * Usage: fuzz_turn [OPS [SEED [MIN_PER_CODE]]]; the seed is printed. Sockets stay on loopback (see
 * sockets.h), paths in a temporary folder (see batteries.h). LOOP_BACKEND chooses the poller.
 */
#define _GNU_SOURCE
#include <loop.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "batteries.h"
#include "http_server.h"
#include "sockets.h"

#define SLOTS 4096u
#define MAX_OPS 48u
#define MAX_EVENTS 96u
#define CODES 128u
#define FDS 64u
#define PATIENCE_NS INT64_C(30000000000) /* with what still runs when the loop is closed */

typedef enum { FREE, LIVE, SPENT } life_t;

#define NAMERS 8u

/* One slot of the host's block: the id that is to be named next or that lives in it, and the ops that
 * named it, oldest first. Which of them was accepted shows only later: the others are refused. */
typedef struct {
    uint64_t id;
    life_t life;
    unsigned namers;
    struct {
        uint64_t user;
        uint16_t code;
    } namer[NAMERS];
} slot_t;

static slot_t slots[SLOTS];
static uint64_t first_id;
static uint64_t submitted[CODES], refused[CODES], finals, events_seen;
static uint64_t serial, state;
static uint32_t live;
static int fds[FDS];
static loop_t *loop;

static uint64_t rnd(void) {
    /* splitmix64: the whole run follows from the seed. */
    uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint32_t below(uint32_t n) {
    return (uint32_t)(rnd() % n);
}

static void fail(const char *what, const loop_event_t *ev) {
    printf("not ok %s", what);
    if (ev != NULL)
        printf(": id %#" PRIx64 " user %" PRIu64 " code %u flags %#x status %s", ev->id, ev->user,
               ev->code, ev->flags, loop_err_name(ev->status));
    if (loop != NULL)
        printf("\n%s", loop_last_panic(loop));
    printf("\n0 passed, 1 failed, 0 skipped\n");
    exit(1);
}

static slot_t *slot_of(uint64_t id) {
    uint64_t base = first_id / LOOP_ID_SLOT_STEP, s = id / LOOP_ID_SLOT_STEP;
    return s >= base && s - base < SLOTS ? &slots[s - base] : NULL;
}

static int is_alive(uint64_t id) {
    const slot_t *s = slot_of(id);
    return s != NULL && s->id == id ? s->life == LIVE : find_accepted(id) >= 0;
}

static uint64_t user_of(uint64_t id) {
    const slot_t *s = slot_of(id);
    int64_t i = find_accepted(id);
    if (i >= 0)
        return net.accepted[i].user;
    if (s == NULL || s->id != id || s->life != LIVE || s->namers != 1 ||
        s->namer[0].code != LOOP_OP_NET)
        return 0;
    return s->namer[0].user;
}

/* Forgets the first n ops that named a slot's id. */
static void forget_namers(slot_t *s, unsigned n) {
    memmove(s->namer, s->namer + n, (s->namers - n) * sizeof s->namer[0]);
    s->namers -= n;
}

static unsigned find_namer(const slot_t *s, const loop_event_t *ev) {
    for (unsigned i = 0; i < s->namers; i++)
        if (s->namer[i].user == ev->user && s->namer[i].code == ev->code)
            return i;
    return NAMERS;
}

/* A refused naming op names nothing, and ends nothing that was alive. */
static void account_refusal(const loop_event_t *ev) {
    slot_t *s = slot_of(ev->id);
    if (ev->status >= 0)
        fail("a refusal has an error", ev);
    refused[ev->code % CODES]++;
    if (ev->code == LOOP_OP_NET)
        take_back(ev);
    if (s == NULL || s->id != ev->id || s->life != LIVE)
        return;
    unsigned i = find_namer(s, ev);
    if (i == NAMERS)
        return;
    memmove(s->namer + i, s->namer + i + 1, (s->namers - i - 1) * sizeof s->namer[0]);
    if (--s->namers == 0) {
        s->life = FREE;
        live--;
    }
}

/* Checks one event against the model; final events free their slot. */
static void account(const loop_event_t *ev) {
    events_seen++;
    if (ev->code == LOOP_OP_POST)
        return;
    if ((ev->flags & LOOP_EV_REFUSED) != 0) {
        account_refusal(ev);
        return;
    }
    if (ev->len > 0 && ev->data == NULL)
        fail("an event with a length has data", ev);
    if (ev->data != NULL) {
        /* Touch it all: ASan sees what is not ours. */
        volatile unsigned char sum = 0;
        for (uint64_t k = 0; k < ev->len; k++)
            sum = (unsigned char)(sum + ((const unsigned char *)ev->data)[k]);
    }
    slot_t *s = slot_of(ev->id);
    if (ev->code == LOOP_OP_NET)
        note_net(ev);
    if (s == NULL && ev->code == LOOP_OP_NET) {
        account_accepted(ev);
        return;
    }
    if (s == NULL || s->id != ev->id || s->life != LIVE)
        fail("no event comes for an id that is not alive", ev);
    unsigned i = find_namer(s, ev);
    if (i == NAMERS)
        fail("an event carries the user and code of its op", ev);
    forget_namers(s, i); /* those before it are refused; that may be told later */
    take_fd(ev);
    if ((ev->flags & LOOP_EV_MORE) == 0) {
        finals++;
        live--;
        s->namers = 0;
        s->life = (s->id & LOOP_ID_GENERATION_MAX) == LOOP_ID_GENERATION_MAX ? SPENT : FREE;
        s->id += s->life == FREE ? 1 : 0;
    }
}

static void on_event(loop_t *l, const loop_event_t *ev, void *user) {
    (void)l;
    if ((uint64_t)(uintptr_t)user != ev->user)
        fail("the callback's user is the event's", ev);
    account(ev);
}

static int32_t job(void *arg, loop_value_t *out) {
    switch ((uintptr_t)arg % 8) {
    case 0:
        return 0;
    case 1:
        loop_value_set_int(out, -1);
        return 0;
    case 2:
        loop_value_set_string(out, "text", -1);
        return 0;
    case 3:
        loop_value_set_bytes(out, "\0\1\2", 3);
        return 0;
    case 4:
        loop_value_set_error(out, "broken", -1, 2);
        return LOOP_ENOENT;
    case 5:
        loop_value_set_double(out, 0.5);
        return 0;
    case 6:
        return -12345;
    default:
        return 7;
    }
}

static int64_t odd_number(void) {
    static const int64_t odd[] = {0, 1, -1, INT64_MAX, INT64_MIN, 1 << 30, -(1 << 30), 4096, 2};
    return below(3) != 0 ? odd[below(9)] : (int64_t)rnd();
}

static uint64_t some_id(void) {
    slot_t *s = &slots[below(SLOTS)];
    switch (below(12)) {
    case 0:
        return 0;
    case 1:
        return rnd();
    case 2:
        return s->id - 1; /* stale, or the generation 0 that no id has */
    case 3:
        return s->id ^ ((uint64_t)3 << 61); /* another maker's */
    case 4:
        return first_id + SLOTS * LOOP_ID_SLOT_STEP + rnd() % 1000; /* beyond the block */
    default:
        for (unsigned i = 0; i < 64 && (s->life != LIVE || s->namers == NAMERS); i++)
            s = &slots[below(SLOTS)];
        return s->namers == NAMERS ? 0 : s->id;
    }
}

/* Fills in the fields of a naming op as the header asks. */
static void good_request(loop_op_t *op, loop_http_t *http, request_t *request) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t now_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    switch (op->code) {
    case LOOP_OP_TIMER:
        op->arg = now_ns + (int64_t)below(3000000);
        if (below(8) == 0) {
            op->flags = LOOP_OPF_REPEAT;
            op->target = 1000 + below(1000000);
        }
        break;
    case LOOP_OP_POLL_FD:
        op->arg = fds[below(FDS)];
        op->len = 1 + below(3);
        op->flags = below(2) != 0 ? LOOP_OPF_ONESHOT : 0;
        break;
    case LOOP_OP_WORK:
        op->arg = (int64_t)(intptr_t)job;
        op->data = (void *)(uintptr_t)below(8);
        op->len = below(LOOP_LANES);
        op->target = below(2) != 0 ? (uint64_t)(uintptr_t) "fuzz" : 0;
        break;
    case LOOP_OP_HTTP:
        http->url = url;
        http->flags = below(2) != 0 ? LOOP_HTTP_STREAM : 0;
        op->data = http;
        break;
    case LOOP_OP_FS:
    case LOOP_OP_CRYPTO:
    case LOOP_OP_ZIP:
    case LOOP_OP_WATCH:
    case LOOP_OP_DNS:
    case LOOP_OP_WRITE:
        battery_request(op, request);
        if (op->code == LOOP_OP_WRITE && below(2) != 0)
            net_write(op, request);
        break;
    case LOOP_OP_NET:
        net_request(op, request);
        break;
    default:
        break;
    }
    if (below(6) == 0)
        op->flags |= LOOP_OPF_UNREF;
    if (below(4) == 0)
        op->timeout_ns = 1 + below(2000000);
}

/* Sockets that live, or may. */
static uint32_t count_nets(void) {
    uint32_t n = (uint32_t)net.accepted_live;
    for (unsigned i = 0; i < SLOTS; i++)
        n += slots[i].life == LIVE && slots[i].namer[0].code == LOOP_OP_NET;
    return n;
}

static uint16_t some_code(void) {
    static const uint16_t often[] = {LOOP_OP_TIMER,   LOOP_OP_TIMER, LOOP_OP_WORK,   LOOP_OP_CLEAR,
                                     LOOP_OP_CANCEL,  LOOP_OP_CLEAR, LOOP_OP_REF,    LOOP_OP_UNREF,
                                     LOOP_OP_REFRESH, LOOP_OP_LABEL, LOOP_OP_POLL_FD};
    uint32_t r = below(1000);
    if (r < 4)
        return LOOP_OP_HTTP;
    if (r < 30)
        return (uint16_t)(LOOP_OP_IDLE + below(3));
    if (r < 80)
        return LOOP_OP_POLL_MODIFY;
    if (r < 100)
        return (uint16_t)rnd();
    if (r < 200) {
        static const uint16_t batteries[] = {LOOP_OP_FS,     LOOP_OP_FS,    LOOP_OP_CRYPTO,
                                             LOOP_OP_ZIP,    LOOP_OP_WRITE, LOOP_OP_WRITE,
                                             LOOP_OP_WRITE,  LOOP_OP_END,   LOOP_OP_PAUSE,
                                             LOOP_OP_RESUME, LOOP_OP_WATCH, LOOP_OP_DNS};
        return batteries[below(sizeof batteries / sizeof batteries[0])];
    }
    if (r < 320) {
        static const uint16_t sockets[] = {LOOP_OP_NET,   LOOP_OP_NET,  LOOP_OP_READ,
                                           LOOP_OP_READ,  LOOP_OP_SEND, LOOP_OP_SEND_TO,
                                           LOOP_OP_WRITE, LOOP_OP_CLOSE};
        uint16_t code = sockets[below(sizeof sockets / sizeof sockets[0])];
        return code == LOOP_OP_NET && count_nets() >= MAX_NETS ? LOOP_OP_CLOSE : code;
    }
    return often[below(11)];
}

static int is_naming(uint16_t code) {
    return (code >= LOOP_OP_TIMER && code <= LOOP_OP_FS) || code == LOOP_OP_CRYPTO ||
           code == LOOP_OP_ZIP || code == LOOP_OP_WATCH || code == LOOP_OP_DNS ||
           code == LOOP_OP_WRITE || code == LOOP_OP_NET;
}

/* Its length, its arg and the flag VECTOR say where there is memory to read. */
static int points_at_bytes(uint16_t code) {
    return code == LOOP_OP_WRITE || code == LOOP_OP_SEND || code == LOOP_OP_SEND_TO;
}

static void make_op(loop_op_t *op, loop_http_t *http, request_t *request) {
    memset(op, 0, sizeof *op);
    *http = (loop_http_t)LOOP_HTTP_INIT;
    op->code = some_code();
    op->user = ++serial;
    op->cb = below(4) == 0 ? on_event : NULL;
    if (op->code < 32) {
        slot_t *s = &slots[below(SLOTS)];
        for (unsigned i = 0; i < 64 && s->life != FREE; i++)
            s = &slots[below(SLOTS)];
        op->id = below(20) != 0 ? s->id : some_id();
        good_request(op, http, request);
    } else {
        op->target = some_id();
        op->arg = odd_number();
        if (op->code == LOOP_OP_LABEL) {
            op->target = 0;
            op->arg = 0;
            op->data = "label";
            op->len = below(6);
        } else if (op->code == LOOP_OP_POLL_MODIFY) {
            op->arg = 0;
            op->len = 1 + below(3);
            for (unsigned i = 0; i < 256; i++) {
                slot_t *s = &slots[below(SLOTS)];
                if (s->life == LIVE && s->namer[0].code == LOOP_OP_POLL_FD)
                    op->target = s->id;
            }
        } else if (op->code == LOOP_OP_REFRESH) {
            for (unsigned i = 0; i < 64; i++) {
                slot_t *s = &slots[below(SLOTS)];
                if (s->life == LIVE && s->namer[0].code == LOOP_OP_TIMER)
                    op->target = s->id;
            }
        } else if (op->code == LOOP_OP_READ || op->code == LOOP_OP_SEND ||
                   op->code == LOOP_OP_SEND_TO || op->code == LOOP_OP_CLOSE) {
            net_control(op, request);
        } else if ((op->code == LOOP_OP_CLEAR || op->code == LOOP_OP_CANCEL) && below(24) == 0) {
            op->arg = 0;
            op->target = some_net(below(2) != 0 ? STREAMS : DATAGRAMS);
        } else if (op->code < 64) {
            op->arg = 0;
            if (op->code >= LOOP_OP_END && op->code <= LOOP_OP_RESUME && below(8) != 0)
                op->target = below(2) != 0 ? some_flow() : some_net(below(KINDS));
        }
    }
    if (below(8) == 0) {
        switch (below(6)) { /* one wrong field */
        case 0:
            if (!points_at_bytes(op->code))
                op->flags = (uint16_t)rnd();
            break;
        case 1:
            if (op->code != LOOP_OP_LABEL && !points_at_bytes(op->code))
                op->len = (uint32_t)rnd();
            break;
        case 2:
            if (op->code != LOOP_OP_WORK && !points_at_bytes(op->code))
                op->arg = odd_number();
            break;
        case 3:
            op->timeout_ns = odd_number();
            break;
        case 4:
            if (op->code != LOOP_OP_WORK && op->code != LOOP_OP_READ)
                op->target = some_id();
            break;
        default:
            op->id = some_id();
            break;
        }
    }
    if (op->code == LOOP_OP_HTTP && op->data != NULL && below(10) == 0)
        http->url = below(2) != 0 ? NULL : "http://127.0.0.1:1/";
    if (op->code < 32 && !is_naming(op->code))
        op->data = NULL;
    if (op->code >= 0xf000) /* planted faults of test builds are not for this test */
        op->code = 9999;
}

/* A naming op joins those that may own its id: if it is refused, the refusal takes it out again. */
static void expect(const loop_op_t *op) {
    submitted[op->code % CODES]++;
    slot_t *s = slot_of(op->id);
    if (!is_naming(op->code) || s == NULL || s->id != op->id || s->life == SPENT)
        return;
    if (s->life == FREE) {
        s->life = LIVE;
        live++;
    }
    s->namer[s->namers].user = op->user;
    s->namer[s->namers++].code = op->code;
}

static uint32_t turn_once(loop_op_t *ops, uint32_t count, uint32_t capacity, int64_t timeout_ns) {
    static loop_event_t events[MAX_EVENTS];
    loop_turn_t turn;
    memset(&turn, 0, sizeof turn);
    turn.size = sizeof turn;
    turn.loop = loop;
    turn.ops = ops;
    turn.op_count = count;
    turn.op_stride = sizeof(loop_op_t);
    turn.events = events;
    turn.event_capacity = capacity;
    turn.event_stride = sizeof(loop_event_t);
    turn.timeout_ns = timeout_ns;
    turn.ticks = timeout_ns == 0 ? below(2) : 0;
    turn.immediates = timeout_ns == 0 && below(8) == 0 ? 1 : 0;
    int64_t rc = loop_turn(&turn);
    if (rc < 0) {
        printf("loop_turn: %s\n", loop_err_name(rc));
        fail("loop_turn takes every array of ops", NULL);
    }
    if (turn.event_count > capacity)
        fail("a batch fits its capacity", NULL);
    for (uint32_t i = 0; i < turn.event_count; i++)
        account(&events[i]);
    return turn.result;
}

static int report(uint64_t ops, uint64_t min_per_code) {
    static const struct {
        uint16_t code;
        const char *name;
    } codes[] = {{LOOP_OP_TIMER, "timer"},     {LOOP_OP_IDLE, "idle"},
                 {LOOP_OP_PREPARE, "prepare"}, {LOOP_OP_CHECK, "check"},
                 {LOOP_OP_POLL_FD, "poll_fd"}, {LOOP_OP_WORK, "work"},
                 {LOOP_OP_HTTP, "http"},       {LOOP_OP_CANCEL, "cancel"},
                 {LOOP_OP_CLEAR, "clear"},     {LOOP_OP_REF, "ref"},
                 {LOOP_OP_UNREF, "unref"},     {LOOP_OP_REFRESH, "refresh"},
                 {LOOP_OP_LABEL, "label"},     {LOOP_OP_POLL_MODIFY, "poll_modify"},
                 {LOOP_OP_FS, "fs"},           {LOOP_OP_CRYPTO, "crypto"},
                 {LOOP_OP_ZIP, "zip"},         {LOOP_OP_WRITE, "write"},
                 {LOOP_OP_END, "end"},         {LOOP_OP_PAUSE, "pause"},
                 {LOOP_OP_RESUME, "resume"},   {LOOP_OP_WATCH, "watch"},
                 {LOOP_OP_DNS, "dns"},         {LOOP_OP_NET, "net"},
                 {LOOP_OP_READ, "read"},       {LOOP_OP_SEND, "send"},
                 {LOOP_OP_SEND_TO, "send_to"}, {LOOP_OP_CLOSE, "close"}};
    uint64_t accepted = 0;
    int good = 1;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        uint64_t n = submitted[codes[i].code] - refused[codes[i].code];
        accepted += n;
        printf("  %-12s accepted %8" PRIu64 "  refused %8" PRIu64 "\n", codes[i].name, n,
               refused[codes[i].code]);
        if (n < min_per_code) {
            printf("not ok every code is accepted at least %" PRIu64 " times: %s\n", min_per_code,
                   codes[i].name);
            good = 0;
        }
    }
    printf("%" PRIu64 " streams were accepted by listeners, %" PRIu64 " ended\n", net.accepted_ever,
           net.finals);
    printf("%" PRIu64 " ops, %" PRIu64 " accepted, %" PRIu64 " events, %" PRIu64 " finals\n", ops,
           accepted, events_seen, finals);
    if (accepted * 3 < ops) {
        printf("not ok at least a third of the ops is accepted\n");
        good = 0;
    }
    return good;
}

int main(int argc, char **argv) {
    uint64_t ops_wanted = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)time(NULL) * 1000003u;
    uint64_t min_per_code = argc > 3 ? strtoull(argv[3], NULL, 10) : ops_wanted / 1000;
    enter_network(argv);
    printf("seed %" PRIu64 "\n", seed);
    fflush(stdout);
    state = seed;
    int listener = start_server();
    if (!open_batteries() || !open_sockets())
        fail("a temporary folder, and descriptors", NULL);
    for (unsigned i = 0; i < FDS; i += 2) {
        int pair[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
            fail("a socket pair", NULL);
        fds[i] = pair[0];
        fds[i + 1] = pair[1];
    }
    loop_options_t options = LOOP_OPTIONS_INIT;
    options.queue_limit = 512;
    if (loop_new(&options, &loop) != 0 || loop_take_ids(loop, SLOTS, &first_id) != 0)
        fail("a loop with a block of ids", NULL);
    for (uint32_t i = 0; i < SLOTS; i++)
        slots[i].id = first_id + i * LOOP_ID_SLOT_STEP;

    static loop_op_t ops[MAX_OPS];
    static loop_http_t https[MAX_OPS];
    static request_t requests[MAX_OPS];
    uint64_t done = 0, next_note = ops_wanted / 10;
    while (done < ops_wanted) {
        uint32_t count = below(MAX_OPS + 1);
        for (uint32_t i = 0; i < count; i++) {
            make_op(&ops[i], &https[i], &requests[i]);
            expect(&ops[i]);
        }
        if (below(16) == 0)
            (void)!write(fds[below(FDS)], "x", 1);
        if (below(16) == 0) {
            char sink[64];
            (void)!read(fds[below(FDS)], sink, sizeof sink);
        }
        if (below(32) == 0 && loop_post(loop, serial, NULL, NULL) != 0)
            fail("a post is taken", NULL);
        uint32_t capacity = below(8) == 0 ? below(3) : below(MAX_EVENTS + 1);
        turn_once(ops, count, capacity, below(64) == 0 ? 200000 : 0);
        done += count;
        if (done >= next_note) {
            printf("  %" PRIu64 " ops, %u ids alive\n", done, live);
            fflush(stdout);
            next_note += ops_wanted / 10;
        }
    }
    if (loop_close(loop) != 0)
        fail("a loop closes", NULL);
    uint64_t told;
    uint32_t result;
    do {
        told = events_seen;
        result = turn_once(NULL, 0, MAX_EVENTS, PATIENCE_NS);
    } while ((result & LOOP_TURN_DONE) == 0 &&
             ((result & LOOP_TURN_TIMEDOUT) == 0 || events_seen > told));
    for (uint32_t i = 0; i < SLOTS; i++)
        if (slots[i].life == LIVE) {
            printf("id %#" PRIx64 " code %u user %" PRIu64 "\n", slots[i].id,
                   slots[i].namer[0].code, slots[i].namer[0].user);
            fail("every id ends once", NULL);
        }
    if (net.accepted_live != 0)
        fail("every accepted stream ends once", NULL);
    if (loop_free(loop) != 0)
        fail("a loop is freed", NULL);
    int good = report(done, min_per_code);
    shutdown(listener, SHUT_RDWR);
    close_sockets();
    close_batteries();
    printf("%d passed, %d failed, 0 skipped\n", good, !good);
    return !good;
}
