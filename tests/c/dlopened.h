/* SPDX-License-Identifier: MIT
 *
 * For programs that load the library themselves, while they run. They name none of its functions,
 * so the linker leaves the library out. LIBLOOP_LIBRARY in the environment says where it is, else
 * the run path does (which dlopen does not look at under a sanitizer).
 */
#ifndef DLOPENED_H
#define DLOPENED_H

#include "harness.h"

#include <dlfcn.h>

#define DLOPENED_FUNCTIONS(F)                                                                      \
    F(loop_new)                                                                                    \
    F(loop_run)                                                                                    \
    F(loop_free)                                                                                   \
    F(loop_set_timeout)                                                                            \
    F(loop_work)                                                                                   \
    F(loop_post)                                                                                   \
    F(loop_http)                                                                                   \
    F(loop_http_get)                                                                               \
    F(loop_trace_fd)                                                                               \
    F(loop_fix_signal_handlers)                                                                    \
    F(loop_err_name)

#define DLOPENED_MEMBER(name) __typeof__(&name) name;
static struct {
    void *handle;
    DLOPENED_FUNCTIONS(DLOPENED_MEMBER)
} lib;

#define DLOPENED_FIND(name) *(void **)&lib.name = dlsym(lib.handle, #name);
/* Loads the library and finds its functions. Returns whether that worked. */
static inline int load_library(void) {
    const char *path = getenv("LIBLOOP_LIBRARY");
    lib.handle = dlopen(path != NULL ? path : "libloop.so", RTLD_NOW | RTLD_LOCAL);
    if (lib.handle == NULL) {
        harness_fail(__FILE__, __LINE__, "%s", dlerror());
        return 0;
    }
    DLOPENED_FUNCTIONS(DLOPENED_FIND)
    return CHECK(lib.loop_free != NULL && lib.loop_err_name != NULL);
}

static inline int32_t nothing_to_do(void *arg, loop_value_t *out) {
    (void)arg;
    (void)out;
    return 0;
}

static inline void count_one(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop;
    (void)ev;
    __atomic_add_fetch((int *)user, 1, __ATOMIC_RELAXED);
}

/* Makes, uses and frees a loop: a timer, three jobs, a post, and a request that fails at once. */
static inline void use_a_loop(void) {
    loop_t *loop = NULL;
    int events = 0;
    CHECK_INT(lib.loop_new(NULL, &loop), 0);
    if (loop == NULL)
        return;
    CHECK(lib.loop_set_timeout(loop, 100000, count_one, &events) > 0);
    for (int i = 0; i < 3; i++)
        CHECK(lib.loop_work(loop, nothing_to_do, NULL, NULL, count_one, &events) > 0);
    CHECK_INT(lib.loop_post(loop, 1, count_one, &events), 0);
    CHECK(lib.loop_http_get(loop, "http://127.0.0.1:1/", count_one, &events) > 0);
    CHECK_INT(lib.loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(events, 6);
    CHECK_INT(lib.loop_free(loop), 0);
}

#endif
