/* SPDX-License-Identifier: MIT
 *
 * The client of the echo servers, a process of its own, and what they count.
 *
 *     PROGRAM SIZE CONNECTIONS    ping-pong of 64 or 16384 bytes on so many connections
 *
 * Figure: CPU time of the server's process, all threads, for a message (us). It is taken from the
 * time when a tenth of the messages has come to the last one.
 */
#ifndef ECHO_H
#define ECHO_H

#include "../bench.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define ECHO_READ 65536 /* bytes that a server reads at most at once */

typedef struct echo {
    int64_t size, connections, messages;
    int64_t warm;  /* bytes after which the figure begins */
    int64_t bytes; /* that the server has read */
    int64_t cpu_ns;
    int to_client; /* the port is written here */
    pid_t client;
} echo_t;

/* ---- The client ------------------------------------------------------------------------------ */

typedef struct talk {
    int fd;
    int64_t got;
} talk_t;

static inline void echo_send(const talk_t *t, const char *data, int64_t size) {
    for (int64_t sent = 0; sent < size;) {
        ssize_t n = send(t->fd, data + sent, (size_t)(size - sent), MSG_NOSIGNAL);
        bench_must(n > 0);
        sent += n;
    }
}

static inline void echo_client(const echo_t *e, int from) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    uint16_t port;
    char *data = bench_alloc(1, (size_t)e->size), *in = bench_alloc(1, ECHO_READ);
    talk_t *talks = bench_alloc((size_t)e->connections, sizeof *talks);
    int ep = epoll_create1(EPOLL_CLOEXEC), one = 1;
    int64_t left = e->messages, open = e->connections;
    bench_must(read(from, &port, sizeof port) == sizeof port);
    at.sin_port = htons(port);
    for (int64_t i = 0; i < e->connections; i++) {
        talk_t *t = &talks[i];
        struct epoll_event want = {.events = EPOLLIN, .data = {.ptr = t}};
        t->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        bench_must(connect(t->fd, (struct sockaddr *)&at, sizeof at) == 0);
        setsockopt(t->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        bench_must(epoll_ctl(ep, EPOLL_CTL_ADD, t->fd, &want) == 0);
    }
    for (int64_t i = 0; i < e->connections; i++, left--)
        echo_send(&talks[i], data, e->size);
    while (open > 0) {
        struct epoll_event ready[256];
        int n = epoll_wait(ep, ready, 256, -1);
        for (int i = 0; i < n; i++) {
            talk_t *t = ready[i].data.ptr;
            ssize_t got = recv(t->fd, in, ECHO_READ, 0);
            bench_must(got > 0);
            if ((t->got += got) < e->size)
                continue;
            t->got = 0;
            if (left-- > 0) {
                echo_send(t, data, e->size);
            } else {
                close(t->fd);
                open--;
            }
        }
    }
    _exit(0);
}

/* ---- The server's side ----------------------------------------------------------------------- */

/* Reads the arguments and starts the client, which waits for the port. Before anything else. */
static inline void echo_begin(echo_t *e, int argc, char **argv) {
    int check = bench_is_check(argc, argv), ends[2];
    memset(e, 0, sizeof *e);
    e->size = bench_argument(argc, argv, 1, 64);
    e->connections = bench_argument(argc, argv, 2, 50);
    e->messages = check ? e->connections * 2 : e->size > 4096 ? 150000 : 400000;
    if (e->connections == 1)
        e->messages /= check ? 1 : 4;
    e->warm = e->messages * e->size / 10;
    bench_must(pipe(ends) == 0);
    e->client = fork();
    bench_must(e->client >= 0);
    if (e->client == 0) {
        close(ends[1]);
        echo_client(e, ends[0]);
    }
    close(ends[0]);
    e->to_client = ends[1];
}

static inline void echo_listens(const echo_t *e, uint16_t port) {
    bench_must(write(e->to_client, &port, sizeof port) == sizeof port);
}

/* So many bytes were read. Returns 1 when they were the last. */
static inline int echo_got(echo_t *e, int64_t n) {
    int64_t before = e->bytes;
    e->bytes += n;
    if (before < e->warm && e->bytes >= e->warm) {
        e->cpu_ns = bench_cpu();
        e->warm = e->bytes;
    }
    if (e->bytes < e->messages * e->size)
        return 0;
    e->cpu_ns = bench_cpu() - e->cpu_ns;
    return 1;
}

static inline void echo_end(const echo_t *e, const char *version) {
    int status;
    bench_must(waitpid(e->client, &status, 0) == e->client && status == 0);
    double counted = (double)(e->bytes - e->warm) / (double)e->size;
    printf("{\"echo_%s_c%d\": %.4f, \"version\": \"%s\"}\n", e->size == 16384 ? "16k" : "64",
           (int)e->connections, (double)e->cpu_ns / 1000.0 / (counted > 0 ? counted : 1), version);
}

#endif
