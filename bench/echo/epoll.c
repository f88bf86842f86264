/* SPDX-License-Identifier: MIT
 *
 * An echo server on bare epoll, level-triggered: the floor.
 */
#include "echo.h"

static char buffer[ECHO_READ];

static void add(int ep, int fd) {
    struct epoll_event want = {.events = EPOLLIN, .data = {.fd = fd}};
    bench_must(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &want) == 0);
}

static void take(int ep, int listener) {
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC), one = 1;
    bench_must(fd >= 0);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    add(ep, fd);
}

/* Returns 1 when the last message was sent back. */
static int answer(echo_t *e, int fd) {
    ssize_t n = recv(fd, buffer, sizeof buffer, 0);
    if (n <= 0) {
        close(fd);
        return 0;
    }
    for (ssize_t sent = 0, k; sent < n; sent += k) {
        k = send(fd, buffer + sent, (size_t)(n - sent), MSG_NOSIGNAL);
        bench_must(k > 0);
    }
    return echo_got(e, n);
}

int main(int argc, char **argv) {
    static echo_t e;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof at;
    echo_begin(&e, argc, argv);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bench_must(bind(listener, (struct sockaddr *)&at, len) == 0 && listen(listener, 511) == 0);
    bench_must(getsockname(listener, (struct sockaddr *)&at, &len) == 0);
    echo_listens(&e, ntohs(at.sin_port));
    int ep = epoll_create1(EPOLL_CLOEXEC);
    add(ep, listener);
    for (int done = 0; !done;) {
        struct epoll_event ready[1024];
        int n = epoll_wait(ep, ready, 1024, -1);
        for (int i = 0; i < n; i++) {
            if (ready[i].data.fd == listener)
                take(ep, listener);
            else
                done |= answer(&e, ready[i].data.fd);
        }
    }
    echo_end(&e, "epoll bare");
    return 0;
}
