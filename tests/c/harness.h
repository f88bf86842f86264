/* SPDX-License-Identifier: MIT
 *
 * What the test programs in C and C++ share. A test is a function whose name is the fact it proves;
 * TEST_MAIN runs them in order. A program prints one line per test and last `N passed, N failed, N
 * skipped`. After each test the number of open descriptors must be what it was before, and no
 * worker of a pool may be left.
 */
#ifndef HARNESS_H
#define HARNESS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <inttypes.h>
#include <loop.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HARNESS_TIMEOUT_S 110 /* a program that hangs is killed by SIGALRM */

#define MS ((int64_t)1000000)
#define SECOND ((int64_t)1000000000)

typedef struct harness_test {
    const char *name;
    void (*run)(void);
    int alone; /* in a process of its own */
} harness_test_t;

static struct {
    int passed, failed, skipped;
    int bad;          /* failed checks of the running test; atomic */
    const char *skip; /* why the running test is skipped */
    int left_open;    /* descriptors that the running test leaves open at most, on purpose */
} harness;

/* Count and print a failed check. Any thread. */
__attribute__((format(printf, 3, 4))) static inline void harness_fail(const char *file, int line,
                                                                      const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    __atomic_add_fetch(&harness.bad, 1, __ATOMIC_SEQ_CST);
    printf("%s:%d: %s\n", file, line, text);
    fflush(stdout);
}

static inline int harness_check(int good, const char *file, int line, const char *text) {
    if (!good)
        harness_fail(file, line, "%s: want true, got false", text);
    return good;
}

static inline int harness_check_int(int64_t got, int64_t want, const char *file, int line,
                                    const char *text) {
    if (got != want)
        harness_fail(file, line, "%s: want %" PRId64 ", got %" PRId64, text, want, got);
    return got == want;
}

static inline int harness_check_str(const char *got, const char *want, const char *file, int line,
                                    const char *text) {
    int good = got != NULL && strcmp(got, want) == 0;
    if (!good)
        harness_fail(file, line, "%s: want \"%s\", got \"%s\"", text, want,
                     got != NULL ? got : "(null)");
    return good;
}

/* Checks; each is also an expression that is 1 when it holds. */
#define CHECK(condition) harness_check((condition) ? 1 : 0, __FILE__, __LINE__, #condition)
#define CHECK_INT(got, want)                                                                       \
    harness_check_int((int64_t)(got), (int64_t)(want), __FILE__, __LINE__, #got)
#define CHECK_STR(got, want) harness_check_str((got), (want), __FILE__, __LINE__, #got)
/* A check without which the rest of the test makes no sense. Only in the test function itself. */
#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!CHECK(condition))                                                                     \
            return;                                                                                \
    } while (0)
/* Ends the test as skipped. Only in the test function itself. */
#define SKIP(reason)                                                                               \
    do {                                                                                           \
        harness.skip = (reason);                                                                   \
        return;                                                                                    \
    } while (0)
#define SHOULD(call) CHECK_INT((call), 0)

static inline int64_t clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * SECOND + now.tv_nsec;
}

/* Descriptors that are open, but for the one that looks. */
static inline int count_fds(void) {
    int n = 0;
    DIR *dir = opendir("/proc/self/fd");
    if (dir == NULL)
        return -1;
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir))
        n += entry->d_name[0] != '.';
    closedir(dir);
    return n - 1;
}

/* What a file of /proc says, cut off to size; "" if there is none. */
static inline void read_proc(const char *task, const char *what, char *out, size_t size) {
    char path[300];
    snprintf(path, sizeof path, "/proc/self/task/%s/%s", task, what);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? 0 : read(fd, out, size - 1);
    if (fd >= 0)
        close(fd);
    out[len > 0 ? len : 0] = '\0';
}

/* Whether a thread is one of Go's. It has the name of the thread that made it, which may be a
 * worker; but a worker has SIGPROF blocked. */
static inline int is_gos(const char *task) {
    char status[4096];
    read_proc(task, "status", status, sizeof status);
    const char *blocked = strstr(status, "SigBlk:");
    return blocked != NULL && (strtoull(blocked + 7, NULL, 16) >> (SIGPROF - 1) & 1) == 0;
}

/* Threads whose name is a prefix and a number, but for Go's; "": all threads. A thread that is
 * joined may stay listed for a moment: the kernel wakes the joiner before it takes the thread off
 * the list. */
static inline int count_threads(const char *prefix) {
    int n = 0;
    size_t prefix_len = strlen(prefix);
    DIR *dir = opendir("/proc/self/task");
    if (dir == NULL)
        return -1;
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        char name[32];
        if (entry->d_name[0] == '.')
            continue;
        read_proc(entry->d_name, "comm", name, sizeof name);
        n +=
            prefix_len == 0 || (strncmp(name, prefix, prefix_len) == 0 && name[prefix_len] >= '0' &&
                                name[prefix_len] <= '9' && !is_gos(entry->d_name));
    }
    closedir(dir);
    return n;
}

static inline int count_workers(void) {
    return count_threads("pool") + count_threads("file") + count_threads("cpu");
}

/* Whether a number sinks to a limit within 5 s. */
static inline int sinks_to(int (*count)(void), int limit) {
    int64_t until = clock_ns() + 5 * SECOND;
    while (count() > limit) {
        if (clock_ns() > until)
            return 0;
        usleep(1000);
    }
    return 1;
}

/* Run this program again with one argument before a name. Returns the status of waitpid, -1 if
 * it could not be started. */
static inline int spawn_self(const char *option, const char *name) {
    pid_t pid;
    int status = -1;
    char self[] = "/proc/self/exe";
    char *arguments[4] = {self, (char *)(uintptr_t)option, (char *)(uintptr_t)name, NULL};
    fflush(stdout);
    if (posix_spawn(&pid, self, NULL, NULL, arguments, environ) != 0)
        return -1;
    while (waitpid(pid, &status, 0) < 0) {
    }
    return status;
}

#define HARNESS_SKIPPED 77

/* Runs a test in a process of its own: loading a library happens once in a process. */
static inline void harness_run_alone(const harness_test_t *test) {
    int status = spawn_self("--alone", test->name);
    if (status >= 0 && WIFEXITED(status) && WEXITSTATUS(status) == HARNESS_SKIPPED)
        harness.skip = "see above";
    else if (status < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        harness_fail(__FILE__, __LINE__, "the process of the test ended with status %#x", status);
}

static inline void harness_run(const harness_test_t *test, int in_process) {
    int fds = count_fds();
    harness.skip = NULL;
    harness.left_open = 0;
    __atomic_store_n(&harness.bad, 0, __ATOMIC_SEQ_CST);
    if (test->alone && !in_process)
        harness_run_alone(test);
    else
        test->run();
    if (!test->alone && !sinks_to(count_fds, fds + harness.left_open))
        harness_fail(__FILE__, __LINE__, "descriptors: want %d, got %d", fds + harness.left_open,
                     count_fds());
    if (!sinks_to(count_workers, 0))
        harness_fail(__FILE__, __LINE__, "workers left: want 0, got %d", count_workers());
    if (__atomic_load_n(&harness.bad, __ATOMIC_SEQ_CST) != 0) {
        harness.failed++;
        if (!in_process)
            printf("FAILED %s\n", test->name);
    } else if (harness.skip != NULL) {
        harness.skipped++;
        printf("skip %s: %s\n", test->name, harness.skip);
    } else {
        harness.passed++;
        if (!in_process)
            printf("ok %s\n", test->name);
    }
    fflush(stdout);
}

/* Run the tests whose names are given (none: all). Returns the exit status. */
static inline int harness_main(const harness_test_t *tests, size_t n, int argc, char **argv) {
    int alone = argc > 1 && strcmp(argv[1], "--alone") == 0;
    alarm(HARNESS_TIMEOUT_S);
    for (size_t i = 0; i < n; i++) {
        int wanted = argc < 2;
        for (int k = 1; k < argc; k++)
            wanted |= strcmp(argv[k], tests[i].name) == 0;
        if (wanted)
            harness_run(&tests[i], alone);
    }
    if (alone)
        return harness.failed != 0 ? 1 : harness.skipped != 0 ? HARNESS_SKIPPED : 0;
    printf("%d passed, %d failed, %d skipped\n", harness.passed, harness.failed, harness.skipped);
    fflush(stdout);
    return harness.failed != 0;
}

#define T(name)                                                                                    \
    { #name, name, 0 }
#define T_ALONE(name)                                                                              \
    { #name, name, 1 }
/* The main function. `before` runs first: what is opened once and for good (a library's own
 * descriptors) must be open before the first count. */
#define TEST_MAIN(before, ...)                                                                     \
    int main(int argc, char **argv) {                                                              \
        static const harness_test_t tests[] = {__VA_ARGS__};                                       \
        before;                                                                                    \
        return harness_main(tests, sizeof tests / sizeof tests[0], argc, argv);                    \
    }

#endif
