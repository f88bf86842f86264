/* SPDX-License-Identifier: MIT
 *
 *     cores HOST PORT THREADS
 *
 * An echo server on several cores: one loop on each thread, each with a listener of its own at the
 * same port (LOOP_NET_REUSEPORT), among which the system shares out the connections. Prints
 * "listening on ADDRESS" when all listen. Each connection is first told the number of its loop.
 */
#include <loop.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct core {
    pthread_t thread;
    unsigned number;
} core_t;

static const char *host;
static uint32_t port; /* of the first listener, before the others begin */
static pthread_barrier_t listens;

static void must(int fine, const char *what) {
    if (!fine) {
        fprintf(stderr, "cores: %s\n", what);
        exit(1);
    }
}

static void echo(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)user;
    if (ev->status != 0 || (ev->flags & LOOP_EV_MORE) == 0)
        return;
    if (ev->aux == LOOP_NET_DATA)
        loop_send(loop, (int64_t)ev->id, ev->data, ev->len);
    else if (ev->aux == LOOP_NET_FULL) /* it does not read: take no more from it */
        loop_pause(loop, (int64_t)ev->id);
    else if (ev->aux == LOOP_NET_DRAIN)
        loop_resume(loop, (int64_t)ev->id);
}

static void arrived(loop_t *loop, const loop_event_t *ev, void *user) {
    core_t *core = user;
    char text[128];
    must(ev->status == 0 || (ev->flags & LOOP_EV_MORE) != 0, ev->data);
    if (ev->status == 0 && ev->aux == LOOP_NET_OPEN) {
        if (core->number == 0)
            port = ((const loop_address_t *)ev->data)->port;
        pthread_barrier_wait(&listens); /* the first: the others may begin; they: all listen */
        if (core->number > 0)
            return;
        pthread_barrier_wait(&listens); /* all listen */
        must(loop_address_text(ev->data, text, sizeof text) > 0, "no address");
        printf("listening on %s\n", text);
        fflush(stdout);
    } else if (ev->status == 0 && ev->aux == LOOP_NET_ACCEPTED) {
        int len = snprintf(text, sizeof text, "loop %u\n", core->number);
        must(loop_send(loop, ev->num, text, (uint64_t)len) == 0 &&
                 loop_read_start(loop, ev->num, echo, NULL) == 0,
             "cannot read");
    }
}

static void *run(void *user) {
    core_t *core = user;
    loop_net_t request = LOOP_NET_INIT;
    loop_t *loop = NULL;
    if (core->number > 0)
        pthread_barrier_wait(&listens);
    request.what = LOOP_NET_LISTEN;
    request.type = LOOP_NET_TCP;
    request.flags = LOOP_NET_REUSEPORT;
    request.host = host;
    request.port = port;
    must(loop_new(NULL, &loop) == 0, "cannot start");
    must(loop_net(loop, &request, arrived, core) > 0, "not an address");
    must(loop_run(loop, LOOP_RUN_DEFAULT) >= 0 && loop_free(loop) == 0, "cannot run");
    return NULL;
}

int main(int argc, char **argv) {
    must(argc == 4, "usage: cores HOST PORT THREADS");
    unsigned threads = (unsigned)strtoul(argv[3], NULL, 10);
    must(threads > 0 && threads <= 1024, "not a number of threads");
    host = argv[1];
    port = (uint32_t)strtoul(argv[2], NULL, 10);
    core_t *cores = calloc(threads, sizeof *cores);
    must(cores != NULL && pthread_barrier_init(&listens, NULL, threads) == 0, "out of memory");
    for (unsigned i = 0; i < threads; i++) {
        cores[i].number = i;
        must(pthread_create(&cores[i].thread, NULL, run, &cores[i]) == 0, "no thread");
    }
    for (unsigned i = 0; i < threads; i++)
        pthread_join(cores[i].thread, NULL);
    free(cores);
    return 0;
}
