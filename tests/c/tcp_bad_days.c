/* SPDX-License-Identifier: MIT
 *
 * Sockets on bad days, over both backends: many connections, a peer that floods, descriptors that
 * run out, arguments that mean nothing.
 */
#include "net_rig.h"

#include <sys/resource.h>

/* ---- Many ------------------------------------------------------------------------------------ */

typedef struct many {
    uint32_t port, wanted, begun, ended, served;
    int64_t listener;
} many_t;

CB(on_served) {
    many_t *m = user;
    CHECK_INT(ev->status, 0);
    if (is_told(ev, LOOP_NET_DATA))
        CHECK_CODE(loop_send(loop, (int64_t)ev->id, ev->data, ev->len), LOOP_OK);
    if ((ev->flags & LOOP_EV_MORE) == 0 && ++m->served == m->wanted)
        CHECK_CODE(loop_net_close(loop, m->listener), LOOP_OK);
}

CB(on_accepted) {
    CHECK_INT(ev->status, 0);
    if (is_told(ev, LOOP_NET_ACCEPTED))
        CHECK_CODE(loop_read_start(loop, ev->num, on_served, user), LOOP_OK);
    if (is_told(ev, LOOP_NET_OPEN))
        ((many_t *)user)->port = ((const loop_address_t *)ev->data)->port;
}

CB(on_visitor);

static void visit(loop_t *loop, many_t *m) {
    int64_t id = loop_tcp_connect(loop, "127.0.0.1", m->port, on_visitor, m);
    m->begun++;
    CHECK_ID(id);
    CHECK_CODE(loop_send(loop, id, "ping", 4), LOOP_OK);
    CHECK_CODE(loop_read_exact(loop, id, 4, on_visitor, m), LOOP_OK);
}

CB(on_visitor) {
    many_t *m = user;
    CHECK_INT(ev->status, 0);
    if (is_told(ev, LOOP_NET_DATA)) {
        CHECK_INT(memcmp(ev->data, "ping", 4), 0);
        CHECK_CODE(loop_end(loop, (int64_t)ev->id), LOOP_OK);
        CHECK_CODE(loop_read_start(loop, (int64_t)ev->id, on_visitor, m), LOOP_OK);
    }
    if ((ev->flags & LOOP_EV_MORE) == 0) {
        m->ended++;
        if (m->begun < m->wanted)
            visit(loop, m);
    }
}

static void come_and_go(uint32_t backend, uint32_t total) {
    enum { AT_ONCE = 50 };
    many_t m = {.wanted = total};
    loop_t *loop = loop_over(backend);
    m.listener = loop_tcp_listen(loop, "127.0.0.1", 0, on_accepted, &m);
    while (m.port == 0)
        REQUIRE(loop_run(loop, LOOP_RUN_ONCE) > 0);
    for (int i = 0; i < AT_ONCE; i++)
        visit(loop, &m);
    run_and_free(loop);
    CHECK_INT(m.ended, total);
    CHECK_INT(m.served, total);
}

static void ten_thousand_connections_come_and_go_and_descriptors_stay_level(void) {
    for
        BOTH_BACKENDS {
            come_and_go(backends[b], 60);
            int before = count_fds();
            come_and_go(backends[b], 10000);
            CHECK_INT(count_fds(), before);
        }
}

/* ---- A flood --------------------------------------------------------------------------------- */

enum { POLITE = 100, ROUNDS = 20, FLOOD = 64 << 10 };

typedef struct flood {
    uint32_t port, polite_done;
    int64_t listener, flooder, first;
    uint64_t pass, pieces, most; /* pieces of the flood: in this pass, and the most in one */
    int rounds[POLITE + 1];
} flood_t;

static char much[FLOOD];

CB(on_guest) {
    flood_t *f = user;
    if (is_told(ev, LOOP_NET_DATA) && ev->len > 1) {
        loop_stats_t stats = LOOP_STATS_INIT;
        CHECK_CODE(loop_stats(loop, &stats), LOOP_OK);
        f->pieces = f->pass == stats.passes ? f->pieces + 1 : 1;
        f->pass = stats.passes;
        f->most = f->pieces > f->most ? f->pieces : f->most;
    } else if (is_told(ev, LOOP_NET_DATA)) {
        CHECK_CODE(loop_send(loop, (int64_t)ev->id, ev->data, ev->len), LOOP_OK);
    }
}

CB(on_guest_accepted) {
    flood_t *f = user;
    if (is_told(ev, LOOP_NET_ACCEPTED))
        CHECK_CODE(loop_read_start(loop, ev->num, on_guest, f), LOOP_OK);
    if (is_told(ev, LOOP_NET_OPEN))
        f->port = ((const loop_address_t *)ev->data)->port;
}

CB(on_flooder) {
    if (is_told(ev, LOOP_NET_OPEN) || is_told(ev, LOOP_NET_DRAIN))
        for (int i = 0; i < 16; i++)
            CHECK_CODE(loop_send(loop, ((flood_t *)user)->flooder, much, sizeof much), LOOP_OK);
}

CB(on_polite) {
    flood_t *f = user;
    if (!is_told(ev, LOOP_NET_DATA))
        return;
    size_t k = (size_t)(((uint64_t)ev->id - (uint64_t)f->first) / LOOP_ID_SLOT_STEP);
    REQUIRE(k < POLITE + 1);
    if (++f->rounds[k] < ROUNDS)
        CHECK_CODE(loop_send(loop, (int64_t)ev->id, "x", 1), LOOP_OK);
    else if (++f->polite_done == POLITE)
        CHECK_CODE(loop_close(loop), LOOP_OK);
}

static void a_flood_does_not_keep_a_hundred_polite_streams_waiting(void) {
    for
        BOTH_BACKENDS {
            flood_t f;
            loop_options_t options = LOOP_OPTIONS_INIT;
            loop_t *loop = NULL;
            memset(&f, 0, sizeof f);
            options.backend = backends[b];
            CHECK_CODE(loop_new(&options, &loop), LOOP_OK);
            f.listener = loop_tcp_listen(loop, "127.0.0.1", 0, on_guest_accepted, &f);
            while (f.port == 0)
                REQUIRE(loop_run(loop, LOOP_RUN_ONCE) > 0);
            f.flooder = loop_tcp_connect(loop, "127.0.0.1", f.port, on_flooder, &f);
            CHECK_CODE(loop_read_start(loop, f.flooder, on_flooder, &f), LOOP_OK);
            for (int i = 0; i < POLITE; i++) {
                int64_t id = loop_tcp_connect(loop, "127.0.0.1", f.port, on_polite, &f);
                f.first = i == 0 ? id : f.first;
                CHECK_CODE(loop_send(loop, id, "x", 1), LOOP_OK);
                CHECK_CODE(loop_read_start(loop, id, on_polite, &f), LOOP_OK);
            }
            CHECK_CODE(loop_run(loop, LOOP_RUN_DEFAULT), 0);
            CHECK_CODE(loop_free(loop), LOOP_OK);
            CHECK_INT(f.polite_done, POLITE);
            CHECK(f.most >= 1 && f.most <= 4); /* 256 KiB of pieces of 64 KiB */
        }
}

/* ---- No descriptors left --------------------------------------------------------------------- */

static void a_listener_survives_without_descriptors(void) {
    for
        BOTH_BACKENDS {
            struct rlimit old, tight;
            rig_t rig;
            voice_t late = {0};
            loop_address_t at;
            rig_start(&rig, backends[b]);
            CHECK_CODE(loop_local_address(rig.loop, rig.listener.id, &at), LOOP_OK);
            REQUIRE(getrlimit(RLIMIT_NOFILE, &old) == 0);
            int next = dup(0);
            REQUIRE(next >= 0);
            close(next);
            tight = old;
            tight.rlim_cur = (rlim_t)next + 1; /* one for the client, none for its server */
            CHECK_INT(setrlimit(RLIMIT_NOFILE, &tight), 0);
            CHECK_ID(loop_tcp_connect(rig.loop, "127.0.0.1", at.port, hear, &late));
            run_until(rig.loop, &rig.listener, 3);
            CHECK_INT(setrlimit(RLIMIT_NOFILE, &old), 0);
            CHECK_STR(rig.listener.said, "oax");
            CHECK_CODE(rig.listener.status, LOOP_EMFILE);
            CHECK_CODE(loop_clear(rig.loop, rig.server.id), LOOP_OK); /* it tries again at once */
            run_until(rig.loop, &rig.listener, 4);
            CHECK_STR(rig.listener.said, "oaxa");
            CHECK_CODE(loop_clear(rig.loop, rig.listener.accepted), LOOP_OK);
            CHECK_CODE(loop_clear(rig.loop, rig.client.id), LOOP_OK);
            CHECK_CODE(loop_clear(rig.loop, late.id), LOOP_OK);
            rig_end(&rig);
        }
}

/* ---- Bad input ------------------------------------------------------------------------------- */

static void requests_that_mean_nothing_are_refused_at_the_call(void) {
    loop_t *loop = new_loop();
    voice_t v = {0};
    static const loop_net_t listen = {.size = sizeof listen, .what = LOOP_NET_LISTEN, .fd = -1};
    loop_net_t bad[16];
    size_t n = 0;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        bad[i] = listen;
        bad[i].type = LOOP_NET_TCP;
        bad[i].host = "127.0.0.1";
    }
    bad[n++].size = sizeof listen - 1;
    bad[n++].what = 0;
    bad[n++].what = 99;
    bad[n++].type = 0;
    bad[n++].type = 3;
    bad[n++].flags = 0x80;
    bad[n++].port = 65536;
    bad[n++].local_port = 65536;
    bad[n++].backlog = UINT32_MAX;
    bad[n++].low_water = 1; /* without a high one above it */
    bad[n++].read_size = 65537;
    bad[n++].read_budget = UINT32_MAX;
    bad[n++].what = LOOP_NET_CONNECT; /* port 0 */
    bad[n].what = LOOP_NET_CONNECT;
    bad[n].port = 1;
    bad[n++].host = NULL;
    bad[n].what = LOOP_NET_ADOPT;
    bad[n].type = 0;
    bad[n++].fd = -1;
    bad[n].type = LOOP_NET_UNIX;
    bad[n++].flags = LOOP_NET_REUSEPORT;
    for (size_t i = 0; i < n; i++)
        CHECK_CODE(loop_net(loop, &bad[i], hear, &v), LOOP_EINVAL);
    CHECK_CODE(loop_net(loop, NULL, hear, &v), LOOP_EINVAL);
    CHECK_CODE(loop_net(loop, &listen, NULL, &v), LOOP_EINVAL);
    CHECK_CODE(loop_tcp_connect(loop, NULL, 80, hear, &v), LOOP_EINVAL);
    CHECK_CODE(loop_unix_listen(loop, NULL, hear, &v), LOOP_EINVAL);
    CHECK_CODE(loop_unix_connect(loop, NULL, hear, &v), LOOP_EINVAL);
    CHECK_INT(loop_alive(loop), 0);
    run_and_free(loop);
    CHECK_INT(v.count, 0);
}

static void arguments_of_stream_calls_that_mean_nothing_are_refused(void) {
    rig_t rig;
    int64_t value;
    static char byte[1];
    loop_buf_t null_piece = {NULL, 1}, huge = {byte, UINT64_MAX};
    rig_start(&rig, LOOP_BACKEND_AUTO);
    loop_t *loop = rig.loop;
    int64_t id = rig.client.id, listener = rig.listener.id;
    CHECK_CODE(loop_read_start(loop, id, NULL, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_read_once(loop, id, 0, hear, &rig.client), LOOP_EINVAL);
    CHECK_CODE(loop_read_once(loop, id, 1u << 31, hear, &rig.client), LOOP_EINVAL);
    CHECK_CODE(loop_read_exact(loop, id, 0, hear, &rig.client), LOOP_EINVAL);
    CHECK_CODE(loop_read_exact(loop, id, UINT64_MAX, hear, &rig.client), LOOP_EINVAL);
    CHECK_CODE(loop_send(loop, id, NULL, 1), LOOP_EINVAL);
    CHECK_CODE(loop_send(loop, id, "", (uint64_t)1 << 32), LOOP_EINVAL);
    CHECK_CODE(loop_send(loop, id, NULL, 0), LOOP_OK);
    CHECK_CODE(loop_writev(loop, id, NULL, 1, hear, &rig.client), LOOP_EINVAL);
    CHECK_CODE(loop_writev(loop, id, &null_piece, 1, hear, &rig.client), LOOP_EINVAL);
    CHECK_CODE(loop_writev(loop, id, &huge, 1, hear, &rig.client), LOOP_EINVAL);
    CHECK_CODE(loop_writev_borrowed(loop, id, &null_piece, 0, hear, &rig.client), LOOP_EINVAL);
    CHECK_CODE(loop_writev_borrowed(loop, id, &null_piece, 1048577, hear, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_net_set(loop, id, 0, 1), LOOP_EINVAL);
    CHECK_CODE(loop_net_set(loop, id, 99, 1), LOOP_EINVAL);
    CHECK_CODE(loop_net_set(loop, id, LOOP_NET_OPT_NODELAY, 2), LOOP_EINVAL);
    CHECK_CODE(loop_net_set(loop, id, LOOP_NET_OPT_RCVBUF, -1), LOOP_EINVAL);
    CHECK_CODE(loop_net_get(loop, id, LOOP_NET_OPT_RCVBUF, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_net_get(loop, id, UINT32_MAX, &value), LOOP_EINVAL);
    CHECK_CODE(loop_local_address(loop, id, NULL), LOOP_EINVAL);
    /* What is no stream is left alone. */
    CHECK_CODE(loop_read_start(loop, listener, hear, &rig.client), LOOP_OK);
    CHECK_CODE(loop_end(loop, listener), LOOP_OK);
    int64_t timer = loop_set_timeout(loop, 0, count_event, &(int){0});
    CHECK_CODE(loop_fileno(loop, timer), LOOP_EBADID);
    CHECK_CODE(loop_queued(loop, timer), LOOP_EBADID);
    CHECK_CODE(loop_net_close(loop, timer), LOOP_OK);
    CHECK_CODE(loop_read_start(loop, timer, hear, &rig.client), LOOP_OK);
    CHECK_CODE(loop_clear(loop, timer), LOOP_OK);
    CHECK(loop_run(loop, LOOP_RUN_NOWAIT) > 0);
    CHECK_STR(rig.listener.said, "oa");
    CHECK_CODE(loop_clear(loop, id), LOOP_OK);
    CHECK_CODE(loop_clear(loop, rig.server.id), LOOP_OK);
    rig_end(&rig);
}

TEST_MAIN(warm_up(), T(ten_thousand_connections_come_and_go_and_descriptors_stay_level),
          T(a_flood_does_not_keep_a_hundred_polite_streams_waiting),
          T(a_listener_survives_without_descriptors),
          T(requests_that_mean_nothing_are_refused_at_the_call),
          T(arguments_of_stream_calls_that_mean_nothing_are_refused))
