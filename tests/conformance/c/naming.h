/* SPDX-License-Identifier: MIT
 *
 * What the programs about names share.
 */
#ifndef NAMING_H
#define NAMING_H

#include "conformance.h"

/* A query to the runner's server, which is patient with it. */
static inline loop_dns_t query_for(const char *name, uint32_t type) {
    loop_dns_t request = LOOP_DNS_INIT;
    request.what = LOOP_DNS_QUERY;
    request.name = name;
    request.type = type;
    request.servers = from_environment("CONFORMANCE_DNS");
    request.tries = 1;
    request.try_ns = 3600 * 1000 * MS;
    return request;
}

/* Says an error's text without the server's address. */
static inline void say_failure(const loop_event_t *ev) {
    char text[256] = "";
    snprintf(text, sizeof text, "%.*s", (int)ev->len, (const char *)ev->data);
    char *at = strstr(text, ": 127.0.0.1");
    if (at != NULL)
        *at = '\0';
    say("%s, %s", loop_err_name(ev->status), text);
}

#endif
