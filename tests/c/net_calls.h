/* SPDX-License-Identifier: MIT
 *
 * Every call of sockets, once, for the tests that look at all calls of the library.
 */
#ifndef NET_CALLS_H
#define NET_CALLS_H

#include "loops.h"

static inline const loop_net_t *a_request(void) {
    static loop_net_t request = LOOP_NET_INIT;
    request.what = LOOP_NET_LISTEN;
    request.type = LOOP_NET_TCP;
    return &request;
}

static const loop_buf_t one_piece[1] = {{NULL, 0}};

static inline const loop_address_t *an_address(void) {
    static loop_address_t at;
    (void)loop_address_parse("127.0.0.1", 1, &at);
    return &at;
}

/* The calls that make a socket. */
#define EACH_NET_MAKER(X, loop, cb)                                                                \
    X(loop_net(loop, a_request(), cb, NULL))                                                       \
    X(loop_tcp_listen(loop, "127.0.0.1", 0, cb, NULL))                                             \
    X(loop_tcp_connect(loop, "127.0.0.1", 1, cb, NULL))                                            \
    X(loop_unix_listen(loop, "/nowhere/at/all", cb, NULL))                                         \
    X(loop_unix_connect(loop, "/nowhere/at/all", cb, NULL))                                        \
    X(loop_adopt(loop, 1000000, 0, cb, NULL))                                                      \
    X(loop_udp_bind(loop, "127.0.0.1", 0, cb, NULL))                                               \
    X(loop_udp_connect(loop, "127.0.0.1", 1, cb, NULL))                                            \
    X(loop_unix_dgram_bind(loop, NULL, cb, NULL))                                                  \
    X(loop_unix_dgram_connect(loop, "/nowhere/at/all", cb, NULL))

/* The calls on one. */
#define EACH_NET_CALL(X, loop, id, cb, address, value)                                             \
    X(loop_read_start(loop, id, cb, NULL))                                                         \
    X(loop_read_once(loop, id, 1, cb, NULL))                                                       \
    X(loop_read_exact(loop, id, 1, cb, NULL))                                                      \
    X(loop_send(loop, id, "", 0))                                                                  \
    X(loop_writev(loop, id, one_piece, 1, cb, NULL))                                               \
    X(loop_writev_borrowed(loop, id, one_piece, 1, cb, NULL))                                      \
    X(loop_net_set(loop, id, LOOP_NET_OPT_NODELAY, 1))                                             \
    X(loop_net_get(loop, id, LOOP_NET_OPT_NODELAY, value))                                         \
    X(loop_fileno(loop, id))                                                                       \
    X(loop_queued(loop, id))                                                                       \
    X(loop_local_address(loop, id, address))                                                       \
    X(loop_peer_address(loop, id, address))                                                        \
    X(loop_net_type(loop, id))                                                                     \
    X(loop_tty_mode(loop, id, LOOP_TTY_NORMAL))                                                    \
    X(loop_tty_size(loop, id, (uint32_t *)value, (uint32_t *)value + 1))                           \
    X(loop_send_to(loop, id, an_address(), "", 0))                                                 \
    X(loop_write_to(loop, id, an_address(), "", 0, cb, NULL))                                      \
    X(loop_net_join(loop, id, "224.0.0.1", NULL, NULL))                                            \
    X(loop_net_leave(loop, id, "224.0.0.1", NULL, NULL))                                           \
    X(loop_net_close(loop, id))                                                                    \
    X(loop_net_reset(loop, id))

#endif
