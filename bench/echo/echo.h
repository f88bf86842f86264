/* SPDX-License-Identifier: MIT
 *
 * What the echo servers in C share. Each serves until it is told to end by SIGTERM; bench/served.py
 * reads the line it prints, and has client.c talk to it and measure it.
 */
#ifndef ECHO_H
#define ECHO_H

#include "../bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#define ECHO_READ 65536 /* bytes that a server reads at most at once */

/* The server listens: where, and whose it is. */
static inline void echo_listens(uint16_t port, const char *of, const char *version) {
    printf("{\"port\": %d, \"version\": \"%s %s\"}\n", (int)port, of, version);
    bench_must(fflush(stdout) == 0);
}

#endif
