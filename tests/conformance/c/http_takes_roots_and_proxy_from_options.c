/* SPDX-License-Identifier: MIT
 *
 * options.ca_pem replaces the system's roots of trust; requests go through options.http_proxy.
 */
#include "conformance.h"

CB(response) {
    const void *body;
    uint64_t len;
    (void)loop;
    if (loop_http_body(ev, &body, &len) == 0)
        say("%s: %s, %.*s", (const char *)user, loop_err_name(ev->status), (int)len,
            (const char *)body);
    else
        say("%s: %s", (const char *)user, loop_err_name(ev->status));
}

static void get(const loop_options_t *options, const char *url, uint32_t flags, char *what) {
    loop_t *loop = NULL;
    loop_http_t request = LOOP_HTTP_INIT;
    request.url = url;
    request.flags = flags;
    must(loop_new(options, &loop));
    must(loop_http(loop, &request, response, what));
    run_and_free(loop);
}

int main(void) {
    static char roots[8192];
    const char *url = from_environment("CONFORMANCE_SECURE");
    loop_options_t options = LOOP_OPTIONS_INIT;
    FILE *file = fopen(from_environment("CONFORMANCE_ROOTS"), "re");
    if (file == NULL)
        return 1;
    options.ca_pem_len = fread(roots, 1, sizeof roots, file);
    fclose(file);
    get(NULL, url, 0, "the system's roots");
    get(NULL, url, LOOP_HTTP_INSECURE, "any certificate");
    options.ca_pem = roots;
    get(&options, url, 0, "the roots given");
    loop_options_t with_proxy = LOOP_OPTIONS_INIT;
    with_proxy.http_proxy = from_environment("CONFORMANCE_PROXY");
    get(&with_proxy, "http://example.invalid/page", 0, "through the proxy");
    return 0;
}
