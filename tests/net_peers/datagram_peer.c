/* SPDX-License-Identifier: MIT
 *
 *     datagram_peer echo HOST PORT|- READ_SIZE        (- : HOST is a path)
 *     datagram_peer send HOST PORT|- OWN_PATH|-
 *
 * echo: prints "listening on ADDRESS" and sends back what comes; of one that is cut the text
 * "cut LENGTH" instead. send: connects, sends datagrams of the SIZES below, each when the one before
 * has come back, compares, prints how many bytes came back in all, and ends.
 */
#include <loop.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIZES = 6, LONGEST = 60000 };

static const size_t sizes[SIZES] = {1, 0, 1000, LONGEST, 7, 0};
static char body[LONGEST];
static size_t back, total;

static void must(int fine, const char *what) {
    if (!fine) {
        fprintf(stderr, "datagram_peer: %s\n", what);
        exit(1);
    }
}

static void echo(loop_t *loop, const loop_event_t *ev, void *user) {
    char text[128];
    int64_t id = (int64_t)ev->id;
    (void)user;
    must(ev->status == 0, ev->data);
    if (ev->aux == LOOP_NET_OPEN) {
        must(loop_address_text(ev->data, text, sizeof text) > 0, "no address");
        printf("listening on %s\n", text);
        fflush(stdout);
    } else if (ev->aux == LOOP_NET_DATAGRAM && (uint64_t)ev->num > ev->len) {
        int len = snprintf(text, sizeof text, "cut %lld", (long long)ev->num);
        must(loop_send_to(loop, id, loop_sender(ev), text, (uint64_t)len) == 0, "cannot send");
    } else if (ev->aux == LOOP_NET_DATAGRAM) {
        must(loop_send_to(loop, id, loop_sender(ev), ev->data, ev->len) == 0, "cannot send");
    }
}

static void came_back(loop_t *loop, const loop_event_t *ev, void *user) {
    int64_t id = (int64_t)ev->id;
    (void)user;
    must(ev->status == 0, ev->data);
    if ((ev->flags & LOOP_EV_MORE) == 0 || ev->aux != LOOP_NET_DATAGRAM)
        return;
    must(ev->len == sizes[back] && (uint64_t)ev->num == ev->len, "another length");
    must(memcmp(ev->data, body, ev->len) == 0, "other bytes");
    total += ev->len;
    if (++back == SIZES)
        must(loop_net_close(loop, id) == 0, "cannot close");
    else
        must(loop_send(loop, id, body, sizes[back]) == 0, "cannot send");
}

int main(int argc, char **argv) {
    loop_net_t request = LOOP_NET_INIT;
    loop_t *loop = NULL;
    must(argc == 5, "usage: datagram_peer echo|send HOST PORT|- READ_SIZE|OWN_PATH|-");
    for (size_t i = 0; i < LONGEST; i++)
        body[i] = (char)(i * 31 + (i >> 8) * 7);
    int send = strcmp(argv[1], "send") == 0, path = strcmp(argv[3], "-") == 0;
    request.what = send ? LOOP_NET_CONNECT : LOOP_NET_BIND;
    request.type = path ? LOOP_NET_UNIX_DGRAM : LOOP_NET_UDP;
    request.host = argv[2];
    request.port = path ? 0 : (uint32_t)strtoul(argv[3], NULL, 10);
    if (send && strcmp(argv[4], "-") != 0)
        request.local_host = argv[4];
    if (!send)
        request.read_size = (uint32_t)strtoul(argv[4], NULL, 10);
    must(loop_new(NULL, &loop) == 0, "cannot start");
    int64_t id = loop_net(loop, &request, send ? came_back : echo, NULL);
    must(id > 0, "cannot make the socket");
    must(loop_read_start(loop, id, send ? came_back : echo, NULL) == 0, "cannot read");
    if (send)
        must(loop_send(loop, id, body, sizes[0]) == 0, "cannot send");
    must(loop_run(loop, LOOP_RUN_DEFAULT) >= 0, "cannot run");
    if (send)
        printf("%zu\n", total);
    must(loop_free(loop) == 0, "cannot end");
    return 0;
}
