/* SPDX-License-Identifier: MIT
 *
 *     peer echo|http|send|end HOST PORT|-  (- : HOST is a path, or @NAME for an abstract name)
 *
 * echo: sends back what comes, with back-pressure, and ends when the peer ends; http: answers each
 * request with BODY bytes; both print "listening on ADDRESS", and so does end, which takes one
 * connection, resets it when it sends "reset", else sends back what comes, prints the name of how it
 * ended, and ends itself. send: connects, sends BODY bytes, ends,
 * and prints how many bytes came back and their FNV-1a checksum.
 */
#include <loop.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BODY = 4 << 20 };

static char body[BODY];
static uint64_t count, checksum = 14695981039346656037u;

static void must(int fine, const char *what) {
    if (!fine) {
        fprintf(stderr, "peer: %s\n", what);
        exit(1);
    }
}

static void echo(loop_t *loop, const loop_event_t *ev, void *user) {
    int64_t id = (int64_t)ev->id;
    (void)user;
    if (ev->status != 0 || (ev->flags & LOOP_EV_MORE) == 0)
        return;
    if (ev->aux == LOOP_NET_DATA)
        loop_send(loop, id, ev->data, ev->len);
    else if (ev->aux == LOOP_NET_END)
        loop_end(loop, id);
    else if (ev->aux == LOOP_NET_FULL)
        loop_pause(loop, id);
    else if (ev->aux == LOOP_NET_DRAIN)
        loop_resume(loop, id);
}

/* A request is taken to be one piece, as clients send it; it has to end with an empty line. */
static void http(loop_t *loop, const loop_event_t *ev, void *user) {
    static const char head[] = "HTTP/1.0 200 OK\r\nContent-Length: 4194304\r\n\r\n";
    int64_t id = (int64_t)ev->id;
    (void)user;
    if (ev->status != 0 || (ev->flags & LOOP_EV_MORE) == 0 || ev->aux != LOOP_NET_DATA)
        return;
    must(ev->len > 4 && memcmp((const char *)ev->data + ev->len - 4, "\r\n\r\n", 4) == 0,
         "request");
    must(loop_send(loop, id, head, sizeof head - 1) == 0 && loop_send(loop, id, body, BODY) == 0 &&
             loop_net_close(loop, id) == 0,
         "cannot answer");
}

static void tell_end(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)user;
    if ((ev->flags & LOOP_EV_MORE) == 0) {
        printf("%s\n", ev->status == 0 ? "LOOP_OK" : loop_err_name(ev->status));
        must(loop_close(loop) == 0, "cannot close");
    } else if (ev->aux == LOOP_NET_DATA && ev->len == 5 && memcmp(ev->data, "reset", 5) == 0) {
        must(loop_net_reset(loop, (int64_t)ev->id) == 0, "cannot reset");
    } else if (ev->aux == LOOP_NET_DATA) {
        must(loop_send(loop, (int64_t)ev->id, ev->data, ev->len) == 0, "cannot send");
    }
}

static void came_back(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop, (void)user;
    must(ev->status == 0, ev->data);
    if ((ev->flags & LOOP_EV_MORE) == 0 || ev->aux != LOOP_NET_DATA)
        return;
    for (uint64_t i = 0; i < ev->len; i++)
        checksum = (checksum ^ ((const uint8_t *)ev->data)[i]) * 1099511628211u;
    count += ev->len;
}

static void arrived(loop_t *loop, const loop_event_t *ev, void *user) {
    char text[128];
    if ((ev->flags & LOOP_EV_MORE) == 0)
        return;
    must(ev->status == 0, ev->data);
    if (ev->aux == LOOP_NET_OPEN) {
        must(loop_address_text(ev->data, text, sizeof text) > 0, "no address");
        printf("listening on %s\n", text);
        fflush(stdout);
    } else {
        must(loop_read_start(loop, ev->num, *(loop_cb *)user, NULL) == 0, "cannot read");
    }
}

int main(int argc, char **argv) {
    loop_net_t request = LOOP_NET_INIT;
    loop_t *loop = NULL;
    must(argc == 4, "usage: peer echo|http|send|end HOST PORT|-");
    for (size_t i = 0; i < BODY; i++)
        body[i] = (char)(i * 31 + (i >> 8) * 7);
    int send = strcmp(argv[1], "send") == 0, path = strcmp(argv[3], "-") == 0;
    loop_cb cb = strcmp(argv[1], "http") == 0  ? http
                 : strcmp(argv[1], "end") == 0 ? tell_end
                                               : echo;
    request.what = send ? LOOP_NET_CONNECT : LOOP_NET_LISTEN;
    request.type = path ? LOOP_NET_UNIX : LOOP_NET_TCP;
    request.flags = LOOP_NET_HALF_OPEN;
    request.host = argv[2];
    request.host_len = (uint32_t)strlen(argv[2]);
    request.port = path ? 0 : (uint32_t)strtoul(argv[3], NULL, 10);
    if (path && argv[2][0] == '@')
        argv[2][0] = '\0';
    must(loop_new(NULL, &loop) == 0, "cannot start");
    int64_t id = loop_net(loop, &request, send ? came_back : arrived, &cb);
    must(id > 0, "cannot make the socket");
    if (send)
        must(loop_read_start(loop, id, came_back, NULL) == 0 &&
                 loop_send(loop, id, body, BODY) == 0 && loop_end(loop, id) == 0,
             "cannot send");
    must(loop_run(loop, LOOP_RUN_DEFAULT) >= 0, "cannot run");
    if (send)
        printf("%llu %016llx\n", (unsigned long long)count, (unsigned long long)checksum);
    must(loop_free(loop) == 0, "cannot end");
    return 0;
}
