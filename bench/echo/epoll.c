/* SPDX-License-Identifier: MIT
 *
 * An echo server on bare epoll, level-triggered: the floor.
 */
#include "echo.h"

#include <sys/epoll.h>

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

static void answer(int fd) {
    ssize_t n = recv(fd, buffer, sizeof buffer, 0);
    if (n <= 0) {
        close(fd);
        return;
    }
    for (ssize_t sent = 0, k; sent < n; sent += k) {
        k = send(fd, buffer + sent, (size_t)(n - sent), MSG_NOSIGNAL);
        bench_must(k > 0);
    }
}

int main(void) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bench_must(bind(listener, (struct sockaddr *)&at, len) == 0 && listen(listener, 511) == 0);
    bench_must(getsockname(listener, (struct sockaddr *)&at, &len) == 0);
    int ep = epoll_create1(EPOLL_CLOEXEC);
    add(ep, listener);
    echo_listens(ntohs(at.sin_port), "epoll", "bare");
    for (;;) {
        struct epoll_event ready[1024];
        int n = epoll_wait(ep, ready, 1024, -1);
        for (int i = 0; i < n; i++) {
            if (ready[i].data.fd == listener)
                take(ep, listener);
            else
                answer(ready[i].data.fd);
        }
    }
}
