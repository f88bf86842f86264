/* SPDX-License-Identifier: MIT
 *
 * What the fuzzer asks of sockets: listeners, connections, datagrams and adopted descriptors, on
 * loopback alone, with root in a network of its own. Streams that a listener brought have ids of the
 * library's, which are kept here: each of them ends once, too. At most MAX_NETS sockets live at a
 * time, and the descriptors that the host keeps are these few.
 */
#ifndef FUZZ_SOCKETS_H
#define FUZZ_SOCKETS_H

#include "batteries.h"

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define ACCEPTED 1024u
#define MAX_NETS 160u
#define NET_RING 48u
#define KEPT 10u
#define LENT 128u

static int is_alive(uint64_t id);
static uint64_t user_of(uint64_t id); /* of a socket that lives and has one namer; else 0 */
static void fail(const char *what, const loop_event_t *ev);

enum { STREAMS, LISTENERS, DATAGRAMS, KINDS };

static struct {
    uint64_t ring[KINDS][NET_RING]; /* ids, the last ones */
    uint32_t next[KINDS];
    uint32_t port[KINDS][NET_RING]; /* of the sockets in the rings, once they are open */
    struct {
        uint64_t id, user; /* id 0: free */
    } accepted[ACCEPTED];
    uint64_t accepted_ever, accepted_live, finals;
    int kept[KEPT];
    struct {
        uint64_t user;
        int fd;
    } lent[LENT]; /* descriptors that an op takes over, unless it is refused */
    uint32_t next_lent;
} net;

/* With root: a network that has a loopback interface and nothing else. The library's threads are
 * there, too, because the program begins anew. */
static void enter_network(char **argv) {
    if (getenv("FUZZ_NETWORK") != NULL || unshare(CLONE_NEWNET) != 0)
        return;
    struct ifreq lo = {.ifr_name = "lo"};
    int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (s < 0 || ioctl(s, SIOCGIFFLAGS, &lo) != 0)
        fail("a loopback interface", NULL);
    lo.ifr_flags |= IFF_UP;
    if (ioctl(s, SIOCSIFFLAGS, &lo) != 0 || setenv("FUZZ_NETWORK", "own", 1) != 0)
        fail("a loopback interface that is up", NULL);
    close(s);
    execv("/proc/self/exe", argv);
    fail("the program begins anew in its network", NULL);
}

static int open_sockets(void) {
    int pipes[2][2], pairs[2][2];
    for (unsigned i = 0; i < 2; i++)
        if (pipe2(pipes[i], O_CLOEXEC | O_NONBLOCK) != 0 ||
            socketpair(AF_UNIX, (i == 0 ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK,
                       0, pairs[i]) != 0)
            return 0;
    const int all[KEPT] = {pipes[0][0], pipes[0][1], pipes[1][0],
                           pipes[1][1], pairs[0][0], pairs[0][1],
                           pairs[1][0], pairs[1][1], open("/dev/null", O_RDWR | O_CLOEXEC),
                           mine.fds[0]};
    memcpy(net.kept, all, sizeof all);
    return all[8] >= 0;
}

static void close_sockets(void) {
    for (unsigned i = 0; i < KEPT - 1; i++) /* the last one is the batteries' */
        close(net.kept[i]);
}

static void remember_net(unsigned kind, uint64_t id) {
    net.port[kind][net.next[kind] % NET_RING] = 0;
    net.ring[kind][net.next[kind]++ % NET_RING] = id;
}

/* A socket of a kind that lives, if one is found soon; at times one that has ended. */
static uint64_t some_net(unsigned kind) {
    uint64_t id = 0;
    for (unsigned i = 0; i < 24; i++) {
        id = net.ring[kind][below(NET_RING)];
        if (is_alive(id) || below(64) == 0)
            break;
    }
    return id;
}

/* The port of a socket that lives, if there is one. */
static uint32_t some_port(unsigned kind) {
    uint32_t from = below(NET_RING);
    for (unsigned i = 0; i < NET_RING; i++) {
        unsigned k = (from + i) % NET_RING;
        if (net.port[kind][k] != 0 && is_alive(net.ring[kind][k]))
            return net.port[kind][k];
    }
    return 1; /* nobody's */
}

static int64_t find_accepted(uint64_t id) {
    for (int64_t i = 0; id != 0 && i < ACCEPTED; i++)
        if (net.accepted[i].id == id)
            return i;
    return -1;
}

/* A descriptor for an op to take over. */
static int lend(uint64_t user) {
    int fd = fcntl(net.kept[below(KEPT)], F_DUPFD_CLOEXEC, 3);
    net.lent[net.next_lent % LENT].user = user;
    net.lent[net.next_lent++ % LENT].fd = fd;
    return fd;
}

/* What a refused op would have taken over is still the host's. */
static void take_back(const loop_event_t *ev) {
    for (unsigned i = 0; i < LENT; i++)
        if (net.lent[i].user == ev->user && net.lent[i].fd >= 0 && ev->user != 0) {
            close(net.lent[i].fd);
            net.lent[i].user = 0;
        }
}

static const char *some_socket_path(loop_net_t *n, char *to) {
    if (below(3) == 0) {
        to[0] = '\0'; /* an abstract name */
        n->host_len =
            1 + (uint32_t)snprintf(to + 1, 90, "loop-fuzz-%d-%u", (int)getpid(), below(4));
    } else
        snprintf(to, 96, "%s/s%u", mine.folder, below(6));
    return to;
}

static void net_request(loop_op_t *op, request_t *r) {
    static const char *const hosts[] = {"127.0.0.1", "127.0.0.1", "localhost", "::1"};
    loop_net_t *n = &r->net;
    *n = (loop_net_t)LOOP_NET_INIT;
    op->data = n;
    n->what = below(3) == 0 ? LOOP_NET_CONNECT : 1 + below(LOOP_NET_BIND);
    n->type =
        n->what == LOOP_NET_BIND ? 3 + below(2) : 1 + below(n->what == LOOP_NET_LISTEN ? 2 : 4);
    if (below(2) != 0)
        n->flags = LOOP_NET_HALF_OPEN;
    unsigned datagrams = n->type >= LOOP_NET_UDP;
    if (n->what == LOOP_NET_ADOPT) {
        unsigned which = below(KEPT);
        n->type = 0;
        n->flags &= datagrams ? 0u : ~0u;
        if (which == KEPT - 1)
            (void)!ftruncate(net.kept[which], 0); /* it does not grow for ever */
        n->flags |= below(2) != 0 ? LOOP_NET_KEEP : 0;
        n->fd = n->flags & LOOP_NET_KEEP ? net.kept[which] : lend(op->user);
    } else if (n->type == LOOP_NET_UNIX || n->type == LOOP_NET_UNIX_DGRAM) {
        n->host = some_socket_path(n, r->path);
    } else {
        n->host = hosts[below(n->what == LOOP_NET_CONNECT ? 4 : 3)];
        if (n->what == LOOP_NET_CONNECT)
            n->port = below(16) != 0 ? some_port(datagrams ? DATAGRAMS : LISTENERS) : 1;
        if (n->type == LOOP_NET_TCP)
            n->flags |= below(2) != 0 ? LOOP_NET_NODELAY : 0;
    }
    if (datagrams && n->what != LOOP_NET_ADOPT)
        n->flags = 0;
    if (below(4) == 0) {
        n->high_water = 1 + below(10000);
        n->read_size = 1 + below(65536);
        n->read_budget = 1 + below(20);
    }
    if (below(16) == 0 && n->what != LOOP_NET_ADOPT)
        switch (below(6)) {
        case 0:
            n->what = (uint32_t)rnd() | 0x100; /* unknown */
            break;
        case 1:
            n->flags = (uint32_t)rnd();
            break;
        case 2:
            n->size = below(2) != 0 ? 8 : 0;
            break;
        case 3:
            n->host = NULL;
            n->host_len = 0;
            break;
        case 4:
            n->low_water = rnd();
            break;
        default:
            n->type = (uint32_t)rnd();
            break;
        }
    remember_net(n->what == LOOP_NET_LISTEN ? LISTENERS : datagrams ? DATAGRAMS : STREAMS, op->id);
    if (n->what == LOOP_NET_CONNECT)
        mine.flows[mine.next_flow++ % FLOWS] = op->id;
}

/* Fills in an op on a socket. */
static void net_control(loop_op_t *op, request_t *r) {
    uint64_t small = below(16) == 0 ? SCRATCH : 4096;
    op->arg = 0;
    switch (op->code) {
    case LOOP_OP_READ:
        op->target = below(8) != 0 ? some_net(STREAMS) : some_net(DATAGRAMS);
        op->user = user_of(op->target); /* its events keep their user */
        if (op->user == 0)
            op->target = 0;
        if (below(3) == 0) {
            op->arg = 1 + (int64_t)below(20000);
            op->flags = below(2) != 0 ? LOOP_OPF_ONESHOT : 0;
        }
        op->timeout_ns = below(4) == 0 ? 1 + below(5000000) : 0;
        return;
    case LOOP_OP_SEND:
        op->target = some_net(below(4) != 0 ? STREAMS : DATAGRAMS);
        break;
    case LOOP_OP_SEND_TO:
        op->target = some_net(DATAGRAMS);
        (void)loop_address_parse("127.0.0.1", some_port(DATAGRAMS), &r->to);
        if (below(16) == 0)
            r->to.family = (uint16_t)rnd();
        op->arg = (int64_t)(intptr_t)&r->to;
        small = 1500;
        break;
    default: /* CLOSE */
        op->target = some_net(below(24) == 0 ? LISTENERS : below(2) != 0 ? STREAMS : DATAGRAMS);
        op->arg = below(3) == 0;
        return;
    }
    op->data = mine.content;
    op->len = below((uint32_t)small);
}

/* Turns a write into one of several pieces, or of a datagram with an address. */
static void net_write(loop_op_t *op, request_t *r) {
    op->target = some_net(below(3) != 0 ? STREAMS : DATAGRAMS);
    op->len = below(4096);
    if (below(3) == 0) {
        op->flags |= LOOP_OPF_VECTOR;
        op->data = r->pieces;
        op->len = 1 + below(4);
        for (unsigned i = 0; i < 4; i++) {
            r->pieces[i].data = mine.content + below(1000);
            r->pieces[i].len = below(3000);
        }
    } else if (below(3) == 0) {
        (void)loop_address_parse("127.0.0.1", some_port(DATAGRAMS), &r->to);
        op->target = some_net(DATAGRAMS);
        op->arg = (int64_t)(intptr_t)&r->to;
    }
}

static void note_net(const loop_event_t *ev) {
    if (ev->status != 0 || (ev->flags & LOOP_EV_MORE) == 0)
        return;
    if (ev->aux == LOOP_NET_OPEN && ev->data != NULL) {
        const loop_address_t *at = ev->data;
        for (unsigned kind = LISTENERS; kind < KINDS && at->family >= LOOP_AF_INET; kind++)
            for (unsigned i = 0; i < NET_RING; i++)
                if (net.ring[kind][i] == ev->id)
                    net.port[kind][i] = at->port;
    } else if (ev->aux == LOOP_NET_ACCEPTED) {
        if ((ev->flags & LOOP_EV_MUTED) != 0)
            return; /* nobody's: the library closes it */
        for (unsigned i = 0; i < ACCEPTED; i++)
            if (net.accepted[i].id == 0) {
                net.accepted[i].id = (uint64_t)ev->num;
                net.accepted[i].user = ev->user;
                net.accepted_ever++;
                net.accepted_live++;
                remember_net(STREAMS, (uint64_t)ev->num);
                return;
            }
        fail("a few streams live at a time", ev);
    }
}

/* An event of an id that is not the host's: of a stream that was accepted and has not ended. */
static void account_accepted(const loop_event_t *ev) {
    int64_t i = find_accepted(ev->id);
    if (i < 0)
        fail("no event comes for a stream that is not alive", ev);
    if (ev->user != net.accepted[i].user || ev->code != LOOP_OP_NET)
        fail("an accepted stream has the user of its listener, or of the op that reads", ev);
    if ((ev->flags & LOOP_EV_MORE) == 0) {
        net.accepted[i].id = 0;
        net.accepted_live--;
        net.finals++;
    }
}

#endif
