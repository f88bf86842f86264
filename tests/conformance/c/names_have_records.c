/* SPDX-License-Identifier: MIT
 *
 * Records of every kind have their fields; addresses have names, and are their own answer.
 */
#include "naming.h"

#include <arpa/inet.h>

static const char *text_of(const loop_dns_record_t *record, uint32_t index) {
    return loop_dns_text(record, index, NULL);
}

static void say_record(const loop_dns_record_t *r) {
    char ip[INET6_ADDRSTRLEN];
    uint64_t len;
    switch (r->type) {
    case LOOP_DNS_A:
    case LOOP_DNS_AAAA:
        say("address %s, ttl %u",
            inet_ntop(r->family == 4 ? AF_INET : AF_INET6, r->ip, ip, sizeof ip), r->ttl);
        break;
    case LOOP_DNS_MX:
        say("mx %u %s, ttl %u", r->priority, text_of(r, 0), r->ttl);
        break;
    case LOOP_DNS_SRV:
        say("srv %u %u %u %s", r->priority, r->weight, r->port, text_of(r, 0));
        break;
    case LOOP_DNS_SOA:
        say("soa %s %s %u %u %u %u %u", text_of(r, 0), text_of(r, 1), r->serial, r->refresh,
            r->retry, r->expire, r->minimum);
        break;
    case LOOP_DNS_CAA:
        say("caa %u %s %s", r->flags, text_of(r, 0), text_of(r, 1));
        break;
    case LOOP_DNS_NAPTR:
        say("naptr %u %u %s %s %s %s", r->priority, r->weight, text_of(r, 0), text_of(r, 1),
            text_of(r, 2), text_of(r, 3));
        break;
    case LOOP_DNS_TXT:
        for (uint32_t i = 0; loop_dns_text(r, i, &len) != NULL; i++)
            say("txt of %d bytes", (int)len);
        break;
    default:
        say("name %s", text_of(r, 0));
        break;
    }
}

CB(say_records) {
    (void)loop, (void)user;
    for (const loop_dns_record_t *r = loop_dns_next(ev, NULL); r != NULL; r = loop_dns_next(ev, r))
        say_record(r);
}

CB(say_count) {
    (void)loop, (void)user;
    say("%d texts over TCP", (int)ev->num);
}

int main(void) {
    static const uint32_t types[] = {LOOP_DNS_A,   LOOP_DNS_AAAA, LOOP_DNS_MX,    LOOP_DNS_SRV,
                                     LOOP_DNS_SOA, LOOP_DNS_CAA,  LOOP_DNS_NAPTR, LOOP_DNS_TXT,
                                     LOOP_DNS_NS,  LOOP_DNS_CNAME};
    loop_t *loop = new_loop();
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        loop_dns_t request = query_for("a.test", types[i]);
        must(loop_dns(loop, &request, say_records, NULL));
        must(loop_run(loop, LOOP_RUN_DEFAULT));
    }
    loop_dns_t request = query_for("long.test", LOOP_DNS_TXT);
    must(loop_dns(loop, &request, say_count, NULL));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    request = query_for("192.0.2.1", 0);
    request.what = LOOP_DNS_REVERSE;
    must(loop_dns(loop, &request, say_records, NULL));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    must(loop_dns_lookup(loop, "2001:DB8::1", 0, 0, say_records, NULL));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    must(loop_dns_lookup(loop, "any.localhost", 0, LOOP_DNS_IPV4_FIRST, say_records, NULL));
    run_and_free(loop);
    return 0;
}
