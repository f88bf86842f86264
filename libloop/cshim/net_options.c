/* SPDX-License-Identifier: MIT
 *
 * Options of UDP sockets for C callers. Those of hops and groups exist once for each family.
 */
#include "internal.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

typedef struct option {
    int v4; /* of IPPROTO_IP; of SOL_SOCKET for BROADCAST */
    int v6; /* of IPPROTO_IPV6 */
    int least;
    int most;
} option_t;

static const option_t options[] = {
    [LOOP_NET_OPT_BROADCAST] = {SO_BROADCAST, SO_BROADCAST, 0, 1},
    [LOOP_NET_OPT_TTL] = {IP_TTL, IPV6_UNICAST_HOPS, 1, 255},
    [LOOP_NET_OPT_MULTICAST_TTL] = {IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS, 0, 255},
    [LOOP_NET_OPT_MULTICAST_LOOP] = {IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP, 0, 1},
    [LOOP_NET_OPT_MULTICAST_IF] = {IP_MULTICAST_IF, IPV6_MULTICAST_IF, 0, INT32_MAX},
};

int loop__is_datagram_option(uint32_t option) {
    return option >= LOOP_NET_OPT_BROADCAST && option < sizeof options / sizeof options[0];
}

int loop__datagram_value_ok(uint32_t option, int64_t value) {
    return value >= options[option].least && value <= options[option].most;
}

static int64_t code_of(int error) {
    return error == EOPNOTSUPP || error == ENOPROTOOPT ? LOOP_ENOTSUP : loop_err_from_errno(error);
}

/* The family of a UDP socket; LOOP_ENOTSUP for any other. */
static int64_t family_of(int fd) {
    struct sockaddr_storage at;
    int type = 0;
    socklen_t len = sizeof type;
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) != 0)
        return code_of(errno);
    len = sizeof at;
    if (getsockname(fd, (struct sockaddr *)(void *)&at, &len) != 0)
        return code_of(errno);
    if (type != SOCK_DGRAM || (at.ss_family != AF_INET && at.ss_family != AF_INET6))
        return LOOP_ENOTSUP;
    return at.ss_family;
}

static int set_v4(int fd, uint32_t option, int value) {
    if (option == LOOP_NET_OPT_MULTICAST_IF) {
        struct ip_mreqn by_index;
        memset(&by_index, 0, sizeof by_index);
        by_index.imr_ifindex = value;
        return setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &by_index, sizeof by_index);
    }
    if (option == LOOP_NET_OPT_TTL)
        return setsockopt(fd, IPPROTO_IP, IP_TTL, &value, sizeof value);
    unsigned char byte = (unsigned char)value; /* all systems take these as one */
    return setsockopt(fd, IPPROTO_IP, options[option].v4, &byte, sizeof byte);
}

int64_t loop__datagram_set(int fd, uint32_t option, int value) {
    int64_t family = family_of(fd);
    if (family < 0)
        return family;
    int rc;
    if (option == LOOP_NET_OPT_BROADCAST) {
        rc = setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &value, sizeof value);
    } else if (family == AF_INET6) {
        rc = setsockopt(fd, IPPROTO_IPV6, options[option].v6, &value, sizeof value);
        if (rc == 0)
            (void)set_v4(fd, option, value); /* for IPv4 on a socket of both, where there is such */
    } else {
        rc = set_v4(fd, option, value);
    }
    return rc == 0 ? 0 : code_of(errno);
}

static int get_v4(int fd, uint32_t option, int *value_out) {
    if (option == LOOP_NET_OPT_TTL) {
        socklen_t len = sizeof *value_out;
        return getsockopt(fd, IPPROTO_IP, IP_TTL, value_out, &len);
    }
    unsigned char byte = 0;
    socklen_t len = sizeof byte;
    int rc = getsockopt(fd, IPPROTO_IP, options[option].v4, &byte, &len);
    *value_out = byte;
    return rc;
}

int64_t loop__datagram_get(int fd, uint32_t option, int64_t *value_out) {
    int value = 0, rc;
    socklen_t len = sizeof value;
    int64_t family = family_of(fd);
    if (family < 0)
        return family;
    if (option == LOOP_NET_OPT_MULTICAST_IF && family == AF_INET)
        return LOOP_ENOTSUP; /* the system says its address, not its number */
    if (option == LOOP_NET_OPT_BROADCAST)
        rc = getsockopt(fd, SOL_SOCKET, SO_BROADCAST, &value, &len);
    else if (family == AF_INET6)
        rc = getsockopt(fd, IPPROTO_IPV6, options[option].v6, &value, &len);
    else
        rc = get_v4(fd, option, &value);
    if (rc != 0)
        return code_of(errno);
    *value_out = value;
    return 0;
}
