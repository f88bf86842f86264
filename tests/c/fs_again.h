/* SPDX-License-Identifier: MIT
 *
 * Runs one test of a program again behind another program: in a mount namespace, or as somebody
 * else. The test asks IS_AGAIN which of the two it is.
 */
#ifndef FS_AGAIN_H
#define FS_AGAIN_H

#include "fs_rig.h"

#define AGAIN "LOOP_TEST_AGAIN"
#define IS_AGAIN (getenv(AGAIN) != NULL)

/* Run a program, ended by NULL. Returns its exit status, -1 if it did not exit. */
static inline int run_program(const char *const *words) {
    pid_t pid;
    int status = -1;
    fflush(stdout);
    if (posix_spawnp(&pid, words[0], NULL, NULL, (char **)(uintptr_t)words, environ) != 0)
        return -1;
    while (waitpid(pid, &status, 0) < 0) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Run the test again behind the words, of which there are at most 8. value: what AGAIN says. */
static inline void again_behind(const char *const *words, const char *test, const char *value) {
    static char self[4096];
    const char *all[12];
    size_t n = 0;
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    CHECK(len > 0);
    for (; words[n] != NULL && n < 8; n++)
        all[n] = words[n];
    all[n] = self;
    all[n + 1] = "--alone";
    all[n + 2] = test;
    all[n + 3] = NULL;
    setenv(AGAIN, value, 1);
    int status = run_program(all);
    unsetenv(AGAIN);
    if (status == HARNESS_SKIPPED)
        harness.skip = "see above";
    else
        CHECK_INT(status, 0);
}

#endif
