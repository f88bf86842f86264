/* SPDX-License-Identifier: MIT
 *
 * The HTTP server that the fuzzer's requests go to.
 */
#ifndef FUZZ_HTTP_SERVER_H
#define FUZZ_HTTP_SERVER_H

#include <loop.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void fail(const char *what, const loop_event_t *ev);

static char url[64];

/* Answers HTTP requests on loopback: most well, some with garbage, some not at all. */
static void *serve(void *arg) {
    int listener = (int)(intptr_t)arg;
    unsigned n = 0;
    for (;;) {
        int c = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (c < 0)
            return NULL;
        char request[2048];
        ssize_t got = recv(c, request, sizeof request, 0);
        const char *answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
        if (++n % 16 == 3)
            answer = "garbage\r\n\r\n";
        if (got > 0 && n % 16 != 7)
            (void)!send(c, answer, strlen(answer), MSG_NOSIGNAL);
        close(c);
    }
}

static int start_server(void) {
    struct sockaddr_in a;
    memset(&a, 0, sizeof a);
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t len = sizeof a;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&a, len) != 0 ||
        listen(listener, 64) != 0 || getsockname(listener, (struct sockaddr *)&a, &len) != 0)
        fail("a listener on loopback", NULL);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", ntohs(a.sin_port));
    pthread_t thread;
    if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)listener) != 0)
        fail("a server thread", NULL);
    pthread_detach(thread);
    return listener;
}

#endif
