/* SPDX-License-Identifier: MIT
 *
 *     chat serve HOST PORT
 *     chat join HOST PORT NAME
 *
 * A chat of lines. The server prints "listening on ADDRESS" and passes each line on to everyone but
 * who sent it. Who joins sends the lines of standard input as "NAME: text", prints those of the
 * others, and leaves at the end of the input, or when the server goes.
 */
#include <loop.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE 4096             /* bytes of a line at most; longer ones are passed on in parts */
#define BACKLOG (1024 * 1024) /* bytes that may wait for one who does not read */

typedef struct guest { /* someone at the server, or the server for one who joined */
    struct guest *next;
    int64_t id;
    size_t len; /* of the line that has begun */
    char line[LINE];
} guest_t;

static loop_t *loop;
static guest_t *guests, us; /* us: the line that comes from standard input */
static guest_t host;        /* for one who joined */
static const char *name;

static void must(int fine, const char *what) {
    if (!fine) {
        fprintf(stderr, "chat: %s\n", what);
        exit(1);
    }
}

/* Call what for each whole line of what came, with its newline. */
static void split(guest_t *g, const char *data, size_t len,
                  void (*what)(const guest_t *g, const char *line, size_t len)) {
    for (size_t i = 0; i < len; i++) {
        g->line[g->len++] = data[i];
        if (data[i] != '\n' && g->len == LINE - 1)
            g->line[g->len++] = '\n';
        if (g->line[g->len - 1] == '\n') {
            what(g, g->line, g->len);
            g->len = 0;
        }
    }
}

static void pass_on(const guest_t *from, const char *line, size_t len) {
    for (guest_t *g = guests; g != NULL; g = g->next)
        if (g != from && loop_send(loop, g->id, line, len) == LOOP_OK &&
            loop_queued(loop, g->id) > BACKLOG)
            loop_net_reset(loop, g->id); /* it does not read; its final event is on the way */
}

static void from_guest(loop_t *l, const loop_event_t *ev, void *user) {
    guest_t *g = user, **at = &guests;
    (void)l;
    if (ev->status == 0 && ev->aux == LOOP_NET_DATA)
        split(g, ev->data, ev->len, pass_on);
    if ((ev->flags & LOOP_EV_MORE) != 0)
        return;
    while (*at != g)
        at = &(*at)->next;
    *at = g->next;
    free(g);
}

static void arrived(loop_t *l, const loop_event_t *ev, void *user) {
    char text[128];
    (void)l, (void)user;
    must(ev->status == 0 || (ev->flags & LOOP_EV_MORE) != 0, ev->data);
    if (ev->status == 0 && ev->aux == LOOP_NET_OPEN) {
        must(loop_address_text(ev->data, text, sizeof text) > 0, "no address");
        printf("listening on %s\n", text);
        fflush(stdout);
    } else if (ev->status == 0 && ev->aux == LOOP_NET_ACCEPTED) {
        guest_t *g = calloc(1, sizeof *g);
        must(g != NULL, "out of memory");
        g->id = ev->num;
        g->next = guests;
        guests = g;
        must(loop_read_start(loop, g->id, from_guest, g) == 0, "cannot read");
    }
}

static void print(const guest_t *g, const char *line, size_t len) {
    (void)g;
    must(fwrite(line, 1, len, stdout) == len && fflush(stdout) == 0, "cannot write");
}

static void from_server(loop_t *l, const loop_event_t *ev, void *user) {
    (void)user;
    must(ev->status == 0, ev->data);
    if (ev->aux == LOOP_NET_DATA)
        split(&host, ev->data, ev->len, print);
    if ((ev->flags & LOOP_EV_MORE) == 0)
        loop_stop(l); /* the server has ended, or we have */
}

static void say_line(const guest_t *g, const char *line, size_t len) {
    (void)g;
    must(loop_send(loop, host.id, name, strlen(name)) == 0 &&
             loop_send(loop, host.id, ": ", 2) == 0 && loop_send(loop, host.id, line, len) == 0,
         "the server is gone");
}

static void typed(loop_t *l, const loop_event_t *ev, void *user) {
    char data[4096];
    (void)user;
    if (ev->status < 0)
        return; /* the loop ends */
    ssize_t n = read(STDIN_FILENO, data, sizeof data);
    if (n > 0) {
        split(&us, data, (size_t)n, say_line);
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        if (us.len > 0) /* the last line has no newline */
            split(&us, "\n", 1, say_line);
        loop_clear(l, (int64_t)ev->id);
        loop_end(l, host.id); /* what others say until the server answers that is still heard */
    }
}

int main(int argc, char **argv) {
    int serve = argc == 4 && strcmp(argv[1], "serve") == 0;
    must(serve || (argc == 5 && strcmp(argv[1], "join") == 0),
         "usage: chat serve HOST PORT | chat join HOST PORT NAME");
    must(loop_new(NULL, &loop) == 0, "cannot start");
    uint32_t port = (uint32_t)strtoul(argv[3], NULL, 10);
    if (serve) {
        must(loop_tcp_listen(loop, argv[2], port, arrived, NULL) > 0, "not an address");
    } else {
        name = argv[4];
        host.id = loop_tcp_connect(loop, argv[2], port, from_server, NULL);
        must(host.id > 0 && loop_read_start(loop, host.id, from_server, NULL) == 0,
             "not an address");
        must(loop_poll_fd(loop, STDIN_FILENO, LOOP_READABLE, 0, typed, NULL) > 0, "cannot poll");
    }
    must(loop_run(loop, LOOP_RUN_DEFAULT) >= 0, "cannot run");
    must(loop_close(loop) == 0 && loop_free(loop) == 0, "cannot end");
    return 0;
}
