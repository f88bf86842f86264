/* SPDX-License-Identifier: MIT
 *
 * Ten thousand streams that are idle and a thousand that talk, with a process of plain sockets at
 * their other ends; a tenth of that over poll. Every byte is compared there.
 */
#include "net_rig.h"

#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum { IDLE = 10000, ACTIVE = 1000, PIECE = 4096, ROUNDS = 10 };

/* ---- The other process: no library, because it was forked ------------------------------------- */

static int talk(int fd, uint32_t seed) {
    unsigned char out[PIECE], in[PIECE];
    for (int i = 0; i < PIECE; i++) {
        seed = seed * 1664525 + 1013904223;
        out[i] = (unsigned char)(seed >> 24);
    }
    if (send(fd, out, PIECE, MSG_NOSIGNAL) != PIECE || recv(fd, in, PIECE, MSG_WAITALL) != PIECE)
        return 0;
    return memcmp(in, out, PIECE) == 0;
}

static int visit(uint32_t port, int idle, int active) {
    static int fds[IDLE + ACTIVE];
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < idle + active; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM, 0);
        if (fds[i] < 0 || connect(fds[i], (struct sockaddr *)&to, sizeof to) != 0)
            return 2;
    }
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < active; i++)
            if (!talk(fds[i * (idle / active + 1)], (uint32_t)(round * active + i)))
                return 3;
    return 0; /* and all are closed */
}

/* ---- The server ------------------------------------------------------------------------------ */

typedef struct crowd {
    int wanted, accepted, open, most, ended;
    uint64_t bytes;
    uint32_t port;
    int64_t listener;
} crowd_t;

CB(on_visitor) {
    crowd_t *c = user;
    CHECK_INT(ev->status, 0);
    if (is_told(ev, LOOP_NET_DATA)) {
        c->bytes += ev->len;
        CHECK_CODE(loop_send(loop, (int64_t)ev->id, ev->data, ev->len), LOOP_OK);
    }
    if ((ev->flags & LOOP_EV_MORE) == 0) {
        c->open--;
        if (++c->ended == c->wanted)
            CHECK_CODE(loop_net_close(loop, c->listener), LOOP_OK);
    }
}

CB(on_arrival) {
    crowd_t *c = user;
    CHECK_INT(ev->status, 0);
    if (is_told(ev, LOOP_NET_OPEN))
        c->port = ((const loop_address_t *)ev->data)->port;
    if (is_told(ev, LOOP_NET_ACCEPTED)) {
        c->accepted++;
        if (++c->open > c->most)
            c->most = c->open;
        CHECK_CODE(loop_read_start(loop, ev->num, on_visitor, c), LOOP_OK);
    }
}

static void serve(uint32_t backend, int idle, int active) {
    crowd_t c = {.wanted = idle + active};
    int status = -1;
    loop_t *loop = loop_over(backend);
    c.listener = loop_tcp_listen(loop, "127.0.0.1", 0, on_arrival, &c);
    while (c.port == 0)
        REQUIRE(loop_run(loop, LOOP_RUN_ONCE) > 0);
    pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0)
        _exit(visit(c.port, idle, active));
    run_and_free(loop);
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK_INT(status, 0);
    CHECK_INT(c.accepted, c.wanted);
    CHECK_INT(c.most, c.wanted); /* all at once */
    CHECK_INT(c.bytes, (uint64_t)active * ROUNDS * PIECE);
}

static long resident_kib(void) {
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!CHECK(file != NULL))
        return 0;
    CHECK_INT(fscanf(file, "%*d %ld", &pages), 1);
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void streams_are_served_by_the_thousand(uint32_t backend, int idle, int active) {
    struct rlimit limit;
    REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = limit.rlim_max;
    REQUIRE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    REQUIRE(limit.rlim_max > (rlim_t)(idle + active) + 100);
    serve(backend, idle, active);
    int before = count_fds();
    long resident = resident_kib();
    serve(backend, idle, active);
    serve(backend, idle, active);
    CHECK_INT(count_fds(), before);
    CHECK(resident_kib() < resident + 32 * 1024); /* a leak of 2 KiB a stream would be more */
}

static void ten_thousand_idle_and_a_thousand_active_streams_over_epoll(void) {
    streams_are_served_by_the_thousand(LOOP_BACKEND_EPOLL, IDLE, ACTIVE);
}

static void a_thousand_idle_and_a_hundred_active_streams_over_poll(void) {
    streams_are_served_by_the_thousand(LOOP_BACKEND_POLL, IDLE / 10, ACTIVE / 10);
}

TEST_MAIN(warm_up(), T(ten_thousand_idle_and_a_thousand_active_streams_over_epoll),
          T(a_thousand_idle_and_a_hundred_active_streams_over_poll))
