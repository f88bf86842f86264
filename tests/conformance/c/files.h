/* SPDX-License-Identifier: MIT
 *
 * What the programs about files share: an empty folder in which they work, so that names are short
 * and the same everywhere, and a callback that says what came. One operation at a time.
 */
#ifndef FILES_H
#define FILES_H

#include "conformance.h"

#include <sys/stat.h>
#include <unistd.h>

/* Does one operation to its end. */
#define DO(call)                                                                                   \
    do {                                                                                           \
        must(call);                                                                                \
        must(loop_run(loop, LOOP_RUN_DEFAULT));                                                    \
    } while (0)

static char start_folder[4096];
static char work_folder[] = P_tmpdir "/loop-conformance-XXXXXX";

/* Begins a program: a loop, in an empty folder. */
static inline loop_t *begin(void) {
    if (getcwd(start_folder, sizeof start_folder) == NULL || mkdtemp(work_folder) == NULL ||
        chdir(work_folder) != 0) {
        say("no folder to work in");
        exit(1);
    }
    return new_loop();
}

static inline void say_nothing(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)user;
    UNUSED;
}

/* Ends a program: takes the folder away. */
static inline void end(loop_t *loop) {
    if (chdir(start_folder) != 0)
        exit(1);
    must(loop_fs_remove(loop, work_folder, LOOP_FS_RECURSIVE, say_nothing, NULL));
    run_and_free(loop);
}

/* Says user and the error: its name, the errno, what and where. */
static inline void say_error(const loop_event_t *ev, const char *user) {
    say("%s: %s, errno %d, %.*s", user, loop_err_name(ev->status), (int)ev->aux, (int)ev->len,
        (const char *)ev->data);
}

/* Says user and the value, or the error. */
static inline void say_value(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop;
    if (ev->status != 0)
        say_error(ev, user);
    else if (loop_event_kind(ev) == LOOP_KIND_BYTES)
        say("%s: \"%.*s\"", (const char *)user, (int)ev->len, (const char *)ev->data);
    else if (loop_event_kind(ev) == LOOP_KIND_INT)
        say("%s: %lld", (const char *)user, (long long)ev->num);
    else
        say("%s: done", (const char *)user);
}

static const char *const type_names[] = {"unknown", "file",   "folder", "link",
                                         "fifo",    "socket", "char",   "block"};

/* Says user, type, size and permissions of a stat, or the error. */
static inline void say_stat(loop_t *loop, const loop_event_t *ev, void *user) {
    const loop_stat_t *stat;
    (void)loop;
    if (ev->status != 0) {
        say_error(ev, user);
        return;
    }
    must(loop_event_stat(ev, &stat));
    say("%s: %s, %llu bytes, mode %o", (const char *)user, type_names[stat->type],
        (unsigned long long)stat->size, stat->mode & 07777);
}

/* Keeps the descriptor of an open. */
static inline void keep_fd(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop;
    must(ev->status);
    *(int *)user = (int)ev->num;
}

#endif
