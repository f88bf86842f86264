/* SPDX-License-Identifier: MIT
 *
 * Every call about names that takes a loop, with arguments that are good, for tests in which all
 * calls are made.
 */
#ifndef DNS_CALLS_H
#define DNS_CALLS_H

#include "harness.h"

static const loop_dns_t dns_request = {
    .size = sizeof dns_request, .what = LOOP_DNS_LOOKUP, .name = "127.0.0.1"};

/* CALL is given each one in turn. */
#define EACH_DNS_CALL(CALL, loop, cb)                                                              \
    CALL(loop_dns(loop, &dns_request, cb, NULL))                                                   \
    CALL(loop_dns_lookup(loop, "127.0.0.1", 0, 0, cb, NULL))                                       \
    CALL(loop_dns_reverse(loop, "127.0.0.1", cb, NULL))                                            \
    CALL(loop_dns_query(loop, "localhost", LOOP_DNS_A, cb, NULL))

#endif
