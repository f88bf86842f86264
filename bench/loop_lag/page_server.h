/* SPDX-License-Identifier: MIT
 *
 * A web server in two threads of the process, for the HTTP client to be busy with: each connection
 * gets pages of 64 KiB as long as it asks. It answers whatever comes in one piece.
 */
#ifndef PAGE_SERVER_H
#define PAGE_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../bench.h"

enum { PAGE_BYTES = 65536 };

static inline void *page_serve_one(void *argument) {
    int fd = (int)(intptr_t)argument;
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 65536\r\n\r\n";
    char *answer = bench_alloc(1, sizeof head - 1 + PAGE_BYTES);
    memcpy(answer, head, sizeof head - 1);
    char request[4096];
    while (recv(fd, request, sizeof request, 0) > 0) {
        size_t sent = 0, len = sizeof head - 1 + PAGE_BYTES;
        while (sent < len) {
            ssize_t n = send(fd, answer + sent, len - sent, MSG_NOSIGNAL);
            if (n <= 0) {
                break;
            }
            sent += (size_t)n;
        }
    }
    close(fd);
    free(answer);
    return NULL;
}

static inline void *page_accept(void *argument) {
    int listener = (int)(intptr_t)argument;
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        pthread_t thread;
        if (fd < 0 || pthread_create(&thread, NULL, page_serve_one, (void *)(intptr_t)fd) != 0) {
            return NULL;
        }
        pthread_detach(thread);
    }
}

/* Start the server; returns its port. It ends with the process. */
static inline int page_server_start(void) {
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t len = sizeof address;
    bench_must(listener >= 0);
    bench_must(bind(listener, (struct sockaddr *)&address, len) == 0 && listen(listener, 64) == 0);
    bench_must(getsockname(listener, (struct sockaddr *)&address, &len) == 0);
    pthread_t thread;
    bench_must(pthread_create(&thread, NULL, page_accept, (void *)(intptr_t)listener) == 0);
    pthread_detach(thread);
    return ntohs(address.sin_port);
}

#endif
