/* SPDX-License-Identifier: MIT
 *
 * Addresses and options of sockets for C callers: system calls on the descriptor that the engine
 * names.
 */
#include "internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

/* ---- Descriptors ----------------------------------------------------------------------------- */

int64_t loop__ask_socket(loop_t *loop, int64_t socket, uint32_t what) {
    loop__standing_t standing;
    loop__slot_t *slot;
    int64_t out = 0;
    int64_t rc = loop__look_up(loop, socket, &standing, &slot);
    if (rc == 0)
        rc = loop__ask(loop, what, (uint64_t)socket, &out);
    /* Its end is in the batch: the engine has forgotten it. */
    if (rc == LOOP_EBADID && standing == LOOP__DECIDED)
        return what == LOOP__ASK_QUEUED ? 0 : LOOP_ENOTCONN;
    return rc < 0 ? rc : out;
}

int64_t loop__net_fd(loop_t *loop, int64_t socket) {
    return loop__ask_socket(loop, socket, LOOP__ASK_FD);
}

int64_t loop_fileno(loop_t *loop, int64_t socket) {
    int64_t rc = loop__enter_sound(loop);
    return rc < 0 ? rc : loop__leave(loop, loop__ask_socket(loop, socket, LOOP__ASK_FD));
}

int64_t loop_queued(loop_t *loop, int64_t stream) {
    int64_t rc = loop__enter_sound(loop);
    return rc < 0 ? rc : loop__leave(loop, loop__ask_socket(loop, stream, LOOP__ASK_QUEUED));
}

/* ---- Addresses ------------------------------------------------------------------------------- */

static void fill_unix(loop_address_t *out, const struct sockaddr_un *un, socklen_t len) {
    size_t before = offsetof(struct sockaddr_un, sun_path);
    size_t n = len > before ? len - before : 0;
    if (n == 0)
        return;
    if (un->sun_path[0] != '\0')
        n = strnlen(un->sun_path, n);
    if (n > sizeof out->path - 1)
        n = sizeof out->path - 1;
    out->family = LOOP_AF_UNIX;
    out->path_len = (uint32_t)n;
    memcpy(out->path, un->sun_path, n);
}

static void fill(loop_address_t *out, const struct sockaddr_storage *from, socklen_t len) {
    memset(out, 0, sizeof *out);
    out->size = sizeof *out;
    if (from->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)from;
        out->family = LOOP_AF_INET;
        out->port = ntohs(in->sin_port);
        memcpy(out->ip, &in->sin_addr, 4);
    } else if (from->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)from;
        out->family = LOOP_AF_INET6;
        out->port = ntohs(in6->sin6_port);
        out->scope = in6->sin6_scope_id;
        memcpy(out->ip, &in6->sin6_addr, 16);
    } else if (from->ss_family == AF_UNIX) {
        fill_unix(out, (const struct sockaddr_un *)(const void *)from, len);
    }
}

static int64_t address(loop_t *loop, int64_t socket, loop_address_t *out,
                       int (*get)(int, struct sockaddr *, socklen_t *)) {
    struct sockaddr_storage from;
    socklen_t len = sizeof from;
    int64_t rc = loop__enter_sound(loop);
    if (rc < 0)
        return rc;
    if (out == NULL)
        return loop__leave(loop, LOOP_EINVAL);
    rc = loop__ask_socket(loop, socket, LOOP__ASK_FD);
    if (rc < 0)
        return loop__leave(loop, rc);
    memset(&from, 0, sizeof from);
    if (get((int)rc, (struct sockaddr *)(void *)&from, &len) < 0)
        return loop__leave(loop, errno == ENOTSOCK ? LOOP_ENOTSUP : loop_err_from_errno(errno));
    fill(out, &from, len);
    return loop__leave(loop, 0);
}

int64_t loop_local_address(loop_t *loop, int64_t socket, loop_address_t *out) {
    return address(loop, socket, out, getsockname);
}

int64_t loop_peer_address(loop_t *loop, int64_t socket, loop_address_t *out) {
    return address(loop, socket, out, getpeername);
}

int64_t loop_address_text(const loop_address_t *address_in, char *text_out, uint64_t room) {
    char ip[INET6_ADDRSTRLEN], scope[16] = "", text[sizeof address_in->path + 64];
    int n = -1;
    if (address_in == NULL || text_out == NULL || address_in->size < sizeof *address_in ||
        address_in->path_len >= sizeof address_in->path)
        return LOOP_EINVAL;
    const loop_address_t *a = address_in;
    switch (a->family) {
    case LOOP_AF_NONE:
        n = snprintf(text, sizeof text, "unnamed");
        break;
    case LOOP_AF_UNIX:
        n = (int)a->path_len;
        memcpy(text, a->path, a->path_len);
        if (n > 0 && text[0] == '\0')
            text[0] = '@';
        break;
    case LOOP_AF_INET:
        if (inet_ntop(AF_INET, a->ip, ip, sizeof ip) != NULL)
            n = snprintf(text, sizeof text, "%s:%u", ip, (unsigned)a->port);
        break;
    case LOOP_AF_INET6:
        if (a->scope != 0)
            (void)snprintf(scope, sizeof scope, "%%%u", (unsigned)a->scope);
        if (inet_ntop(AF_INET6, a->ip, ip, sizeof ip) != NULL)
            n = snprintf(text, sizeof text, "[%s%s]:%u", ip, scope, (unsigned)a->port);
        break;
    default:
        break;
    }
    if (n < 0)
        return LOOP_EINVAL;
    if ((uint64_t)n >= room)
        return LOOP_ETOOBIG;
    memcpy(text_out, text, (size_t)n);
    text_out[n] = '\0';
    return n;
}

/* The number of an interface, which text names or says. 0: there is none. */
uint32_t loop__interface_number(const char *text) {
    uint64_t n = 0;
    const char *c = text;
    for (; *c >= '0' && *c <= '9' && n <= UINT32_MAX; c++)
        n = n * 10 + (uint64_t)(*c - '0');
    if (*c == '\0' && c != text)
        return n <= UINT32_MAX ? (uint32_t)n : 0;
    return if_nametoindex(text);
}

int64_t loop_address_parse(const char *text, uint32_t port, loop_address_t *out) {
    char ip[INET6_ADDRSTRLEN];
    loop_address_t a;
    if (text == NULL || port > 65535 || out == NULL)
        return LOOP_EINVAL;
    memset(&a, 0, sizeof a);
    a.size = sizeof a;
    a.port = (uint16_t)port;
    if (inet_pton(AF_INET, text, a.ip) == 1) {
        a.family = LOOP_AF_INET;
    } else {
        const char *percent = strchr(text, '%');
        size_t n = percent != NULL ? (size_t)(percent - text) : strlen(text);
        if (n >= sizeof ip)
            return LOOP_EINVAL;
        memcpy(ip, text, n);
        ip[n] = '\0';
        if (inet_pton(AF_INET6, ip, a.ip) != 1)
            return LOOP_EINVAL;
        a.family = LOOP_AF_INET6;
        if (percent != NULL && (a.scope = loop__interface_number(percent + 1)) == 0)
            return LOOP_EINVAL;
    }
    *out = a;
    return 0;
}

/* ---- Options --------------------------------------------------------------------------------- */

#ifdef TCP_KEEPIDLE
#define KEEP_IDLE TCP_KEEPIDLE
#else
#define KEEP_IDLE TCP_KEEPALIVE /* macOS */
#endif

typedef struct option {
    int level;
    int name;
} option_t;

/* KEEPALIVE has two: the seconds here, and SO_KEEPALIVE. */
static const option_t options[] = {
    [LOOP_NET_OPT_NODELAY] = {IPPROTO_TCP, TCP_NODELAY},
    [LOOP_NET_OPT_KEEPALIVE] = {IPPROTO_TCP, KEEP_IDLE},
    [LOOP_NET_OPT_RCVBUF] = {SOL_SOCKET, SO_RCVBUF},
    [LOOP_NET_OPT_SNDBUF] = {SOL_SOCKET, SO_SNDBUF},
};

static int known(uint32_t option) {
    return option >= LOOP_NET_OPT_NODELAY && option < sizeof options / sizeof options[0];
}

/* What a Unix socket says to an option of TCP, and a pipe to any. */
static int64_t refused(int error) {
    return error == EOPNOTSUPP || error == ENOPROTOOPT || error == ENOTSOCK
               ? LOOP_ENOTSUP
               : loop_err_from_errno(error);
}

static int64_t set_int(int fd, int level, int name, int value) {
    if (setsockopt(fd, level, name, &value, sizeof value) == 0)
        return 0;
    return refused(errno);
}

static int64_t get_int(int fd, int level, int name, int *value_out) {
    socklen_t len = sizeof *value_out;
    if (getsockopt(fd, level, name, value_out, &len) == 0)
        return 0;
    return refused(errno);
}

static int64_t set_option(int fd, uint32_t option, int value) {
    int64_t rc = 0;
    if (option != LOOP_NET_OPT_KEEPALIVE || value > 0)
        rc = set_int(fd, options[option].level, options[option].name, value);
    if (rc == 0 && option == LOOP_NET_OPT_KEEPALIVE) {
        int seconds;
        rc = get_int(fd, IPPROTO_TCP, KEEP_IDLE, &seconds); /* of a Unix socket: no */
        if (rc == 0)
            rc = set_int(fd, SOL_SOCKET, SO_KEEPALIVE, value > 0);
    }
    return rc;
}

static int64_t get_option(int fd, uint32_t option, int64_t *value_out) {
    int value = 0, on = 1;
    int64_t rc = get_int(fd, options[option].level, options[option].name, &value);
    if (rc == 0 && option == LOOP_NET_OPT_KEEPALIVE)
        rc = get_int(fd, SOL_SOCKET, SO_KEEPALIVE, &on);
    if (rc == 0)
        *value_out = on != 0 ? value : 0;
    return rc;
}

int64_t loop_net_set(loop_t *loop, int64_t socket, uint32_t option, int64_t value) {
    int64_t rc = loop__enter_sound(loop);
    if (rc < 0)
        return rc;
    int of_datagrams = loop__is_datagram_option(option);
    if (value < 0 || value > INT32_MAX || (option == LOOP_NET_OPT_NODELAY && value > 1) ||
        (of_datagrams ? !loop__datagram_value_ok(option, value) : !known(option)))
        return loop__leave(loop, LOOP_EINVAL);
    rc = loop__ask_socket(loop, socket, LOOP__ASK_FD);
    if (rc >= 0)
        rc = of_datagrams ? loop__datagram_set((int)rc, option, (int)value)
                          : set_option((int)rc, option, (int)value);
    return loop__leave(loop, rc);
}

int64_t loop_net_get(loop_t *loop, int64_t socket, uint32_t option, int64_t *value_out) {
    int64_t rc = loop__enter_sound(loop);
    if (rc < 0)
        return rc;
    int of_datagrams = loop__is_datagram_option(option);
    if ((!of_datagrams && !known(option)) || value_out == NULL)
        return loop__leave(loop, LOOP_EINVAL);
    rc = loop__ask_socket(loop, socket, LOOP__ASK_FD);
    if (rc >= 0)
        rc = of_datagrams ? loop__datagram_get((int)rc, option, value_out)
                          : get_option((int)rc, option, value_out);
    return loop__leave(loop, rc);
}
