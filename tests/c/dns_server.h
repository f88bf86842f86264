/* SPDX-License-Identifier: MIT
 *
 * A DNS server on a thread of its own and a port of 127.0.0.1 that the system picks. The first part
 * of a name says what it answers: see answer_to.
 */
#ifndef DNS_SERVER_H
#define DNS_SERVER_H

#include "loops.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

enum { HEAD = 12, MESSAGE_MAX = 1500 };

typedef struct dns_server {
    pthread_t thread;
    int fd;
    char address[32]; /* for loop_dns_t.servers */
    int asked;        /* atomic: questions that came */
    loop_t *heard_by; /* atomic: woken by a post when a question comes; NULL: nobody */
    loop_cb heard;
} dns_server_t;

typedef struct message {
    unsigned char data[MESSAGE_MAX];
    size_t len;
} message_t;

static inline void put(message_t *m, const void *bytes, size_t len) {
    memcpy(m->data + m->len, bytes, len);
    m->len += len;
}

/* Adds a record of the name that was asked for, with a ttl of 60. */
static inline void put_record(message_t *m, unsigned type, const void *data, size_t len) {
    unsigned char head[] = {0xc0, HEAD, (unsigned char)(type >> 8), (unsigned char)type, 0, 1, 0, 0,
                            0,    60,   (unsigned char)(len >> 8),  (unsigned char)len};
    put(m, head, sizeof head);
    put(m, data, len);
    m->data[7]++;
}

#define RECORD(type, bytes) put_record(m, type, bytes, sizeof bytes - 1)

/* A record of the type that is asked for. */
static inline void put_answer(message_t *m, unsigned type) {
    switch (type) {
    case LOOP_DNS_A:
        RECORD(LOOP_DNS_A, "\xc0\x00\x02\x01");
        RECORD(LOOP_DNS_A, "\xc0\x00\x02\x02");
        break;
    case LOOP_DNS_AAAA:
        RECORD(LOOP_DNS_AAAA, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1");
        break;
    case LOOP_DNS_MX:
        RECORD(LOOP_DNS_MX, "\0\12\4mail\xc0\x0c");
        break;
    case LOOP_DNS_TXT:
        RECORD(LOOP_DNS_TXT, "\3one\3t\0o\0");
        break;
    case LOOP_DNS_SRV:
        RECORD(LOOP_DNS_SRV, "\0\1\0\2\0\3\4host\0");
        break;
    case LOOP_DNS_CAA:
        RECORD(LOOP_DNS_CAA, "\x80\5issueca.test");
        break;
    case LOOP_DNS_SOA:
        RECORD(LOOP_DNS_SOA, "\2ns\0\5admin\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5");
        break;
    case LOOP_DNS_NAPTR:
        RECORD(LOOP_DNS_NAPTR, "\0\1\0\2\1s\7SIP+D2U\2!!\3sip\0");
        break;
    case LOOP_DNS_NS:
    case LOOP_DNS_CNAME:
    case LOOP_DNS_PTR:
        put_record(m, type, "\4name\0", 6);
        break;
    default:
        break;
    }
}

/* Makes the answer to a question. 0: there is none. */
static inline int answer_to(message_t *m) {
    char name[64] = "";
    size_t at = HEAD;
    memcpy(name, m->data + HEAD + 1, m->data[HEAD] < sizeof name ? m->data[HEAD] : 0);
    while (m->data[at] != 0)
        at += m->data[at] + 1u;
    unsigned type = (unsigned)m->data[at + 1] << 8 | m->data[at + 2];
    m->len = at + 5;   /* without what came behind the question */
    m->data[2] = 0x81; /* a response; recursion was desired */
    m->data[3] = 0x80; /* recursion is available; no error */
    memset(m->data + 6, 0, 6);
    if (strcmp(name, "silent") == 0)
        return 0;
    if (strcmp(name, "missing") == 0)
        m->data[3] |= 3;
    else if (strcmp(name, "failing") == 0)
        m->data[3] |= 2;
    else if (strcmp(name, "refused") == 0)
        m->data[3] |= 5;
    else if (strcmp(name, "garbled") == 0)
        m->data[7] = 1; /* a record that is not there */
    else if (strcmp(name, "circle") == 0)
        put_record(m, LOOP_DNS_CNAME, "\xc0\x0c", 2);
    else if (strcmp(name, "nothing") != 0)
        put_answer(m, type);
    return 1;
}

static inline void *serve_dns(void *arg) {
    dns_server_t *server = arg;
    for (;;) {
        message_t m;
        struct sockaddr_in from;
        socklen_t from_len = sizeof from;
        ssize_t n =
            recvfrom(server->fd, m.data, sizeof m.data, 0, (struct sockaddr *)&from, &from_len);
        if (n < HEAD)
            return NULL; /* stop_dns */
        m.len = (size_t)n;
        int answered = answer_to(&m);
        __atomic_add_fetch(&server->asked, 1, __ATOMIC_SEQ_CST);
        loop_t *loop = __atomic_load_n(&server->heard_by, __ATOMIC_SEQ_CST);
        if (loop != NULL)
            (void)loop_post(loop, 0, server->heard, server);
        if (answered)
            (void)sendto(server->fd, m.data, m.len, 0, (struct sockaddr *)&from, from_len);
    }
}

static inline void start_dns(dns_server_t *server) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    *server = (dns_server_t){.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    CHECK(server->fd >= 0 && bind(server->fd, (struct sockaddr *)&address, len) == 0 &&
          getsockname(server->fd, (struct sockaddr *)&address, &len) == 0);
    snprintf(server->address, sizeof server->address, "127.0.0.1:%d", ntohs(address.sin_port));
    CHECK(pthread_create(&server->thread, NULL, serve_dns, server) == 0);
}

static inline void stop_dns(dns_server_t *server) {
    struct sockaddr_in address;
    socklen_t len = sizeof address;
    CHECK(getsockname(server->fd, (struct sockaddr *)&address, &len) == 0);
    CHECK(sendto(server->fd, "", 0, 0, (struct sockaddr *)&address, len) == 0);
    CHECK(pthread_join(server->thread, NULL) == 0);
    CHECK(close(server->fd) == 0);
}

/* A query to the server, which is patient with it. */
static inline loop_dns_t dns_query(const dns_server_t *server, const char *name, uint32_t type) {
    loop_dns_t request = LOOP_DNS_INIT;
    request.what = LOOP_DNS_QUERY;
    request.name = name;
    request.type = type;
    request.servers = server->address;
    request.tries = 1;
    request.try_ns = 3600 * SECOND;
    return request;
}

#endif
