/* SPDX-License-Identifier: MIT
 *
 * Groups for C callers: joining and leaving them, on the descriptor that the engine names.
 */
#include "internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static int to_system(const loop_address_t *a, struct sockaddr_storage *out) {
    memset(out, 0, sizeof *out);
    if (a->family == LOOP_AF_INET) {
        struct sockaddr_in *in = (struct sockaddr_in *)(void *)out;
        in->sin_family = AF_INET;
        memcpy(&in->sin_addr, a->ip, 4);
        return IPPROTO_IP;
    }
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)(void *)out;
    in6->sin6_family = AF_INET6;
    memcpy(&in6->sin6_addr, a->ip, 16);
    return IPPROTO_IPV6;
}

static int has(const struct sockaddr *at, const loop_address_t *a) {
    if (at == NULL)
        return 0;
    if (at->sa_family == AF_INET && a->family == LOOP_AF_INET)
        return memcmp(&((const struct sockaddr_in *)(const void *)at)->sin_addr, a->ip, 4) == 0;
    return at->sa_family == AF_INET6 && a->family == LOOP_AF_INET6 &&
           memcmp(&((const struct sockaddr_in6 *)(const void *)at)->sin6_addr, a->ip, 16) == 0;
}

/* The number of the interface that has an address. 0: there is none. */
static uint32_t index_of_address(const loop_address_t *a) {
    struct ifaddrs *list;
    uint32_t index = 0;
    if (getifaddrs(&list) != 0)
        return 0;
    for (const struct ifaddrs *i = list; i != NULL && index == 0; i = i->ifa_next)
        if (has(i->ifa_addr, a))
            index = if_nametoindex(i->ifa_name);
    freeifaddrs(list);
    return index;
}

static int64_t interface_index(const char *text) {
    loop_address_t a;
    if (text == NULL)
        return 0;
    uint32_t index = loop_address_parse(text, 0, &a) == 0
                         ? (a.scope != 0 ? a.scope : index_of_address(&a))
                         : loop__interface_number(text);
    return index != 0 ? (int64_t)index : LOOP_ENODEV;
}

typedef struct membership {
    loop_address_t group, source;
    int has_source;
    uint32_t index;
} membership_t;

static int64_t read_membership(membership_t *m, const char *group, const char *source,
                               const char *interface) {
    memset(m, 0, sizeof *m);
    if (group == NULL || loop_address_parse(group, 0, &m->group) != 0)
        return LOOP_EINVAL;
    m->has_source = source != NULL;
    if (source != NULL &&
        (loop_address_parse(source, 0, &m->source) != 0 || m->source.family != m->group.family))
        return LOOP_EINVAL;
    int64_t index = interface_index(interface);
    if (index < 0)
        return index;
    m->index = index > 0 ? (uint32_t)index : m->group.scope;
    return 0;
}

static int64_t change(int fd, const membership_t *m, int joins) {
    int rc;
    if (m->has_source) {
        struct group_source_req req;
        memset(&req, 0, sizeof req);
        req.gsr_interface = m->index;
        int level = to_system(&m->group, &req.gsr_group);
        (void)to_system(&m->source, &req.gsr_source);
        rc = setsockopt(fd, level, joins ? MCAST_JOIN_SOURCE_GROUP : MCAST_LEAVE_SOURCE_GROUP, &req,
                        sizeof req);
    } else {
        struct group_req req;
        memset(&req, 0, sizeof req);
        req.gr_interface = m->index;
        int level = to_system(&m->group, &req.gr_group);
        rc = setsockopt(fd, level, joins ? MCAST_JOIN_GROUP : MCAST_LEAVE_GROUP, &req, sizeof req);
    }
    if (rc == 0)
        return 0;
    return errno == EOPNOTSUPP || errno == ENOPROTOOPT || errno == EPROTO
               ? LOOP_ENOTSUP
               : loop_err_from_errno(errno);
}

static int64_t member(loop_t *loop, int64_t socket, const char *group, const char *source,
                      const char *interface, int joins) {
    membership_t m;
    int64_t rc = loop__enter_sound(loop);
    if (rc < 0)
        return rc;
    rc = read_membership(&m, group, source, interface);
    if (rc == 0)
        rc = loop__net_fd(loop, socket);
    return loop__leave(loop, rc < 0 ? rc : change((int)rc, &m, joins));
}

int64_t loop_net_join(loop_t *loop, int64_t socket, const char *group, const char *source,
                      const char *interface) {
    return member(loop, socket, group, source, interface, 1);
}

int64_t loop_net_leave(loop_t *loop, int64_t socket, const char *group, const char *source,
                       const char *interface) {
    return member(loop, socket, group, source, interface, 0);
}
