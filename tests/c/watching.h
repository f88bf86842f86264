/* SPDX-License-Identifier: MIT
 *
 * What the tests of watching share: a folder of their own, what is done in it, and what is told.
 */
#ifndef WATCHING_H
#define WATCHING_H

#include "loops.h"

#include <sys/stat.h>

#define LINES_MAX 64
#define FAR (60 * SECOND)

/* ---- A folder of its own ---------------------------------------------------------------------- */

static char root[64];

static inline const char *at(const char *name) {
    static char paths[8][512];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", root, name);
    return path;
}

static inline void make_root(const char *where) {
    snprintf(root, sizeof root, "%s/watchXXXXXX", where);
    CHECK(mkdtemp(root) != NULL);
}

static inline void remove_root(void) {
    char path[] = "/bin/rm", option[] = "-rf";
    char *arguments[] = {path, option, root, NULL};
    pid_t pid;
    int status;
    CHECK(posix_spawn(&pid, path, NULL, NULL, arguments, environ) == 0);
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

static inline const char *temp(void) {
    const char *dir = getenv("TMPDIR");
    return dir != NULL ? dir : P_tmpdir;
}

static inline void create(const char *name) {
    int fd = open(at(name), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
    CHECK(fd >= 0 && close(fd) == 0);
}

static inline void append(const char *name) {
    int fd = open(at(name), O_WRONLY | O_APPEND | O_CLOEXEC);
    CHECK(fd >= 0 && write(fd, "text", 4) == 4 && close(fd) == 0);
}

/* ---- What is told ----------------------------------------------------------------------------- */

typedef struct heard {
    char lines[LINES_MAX][128];
    int count;
    int wanted; /* the loop stops when there are so many */
    int finals;
} heard_t;

static inline const char *kind_word(int64_t kinds) {
    switch (kinds) {
    case LOOP_WATCH_CREATED:
        return "created";
    case LOOP_WATCH_DELETED:
        return "deleted";
    case LOOP_WATCH_MODIFIED:
        return "modified";
    case LOOP_WATCH_ATTRIBUTES:
        return "attributes";
    case LOOP_WATCH_RENAMED:
        return "renamed";
    case LOOP_WATCH_READY:
        return "ready";
    case LOOP_WATCH_OVERFLOW:
        return "overflow";
    case LOOP_WATCH_UNWATCHED:
        return "unwatched";
    default:
        return "?";
    }
}

CB(hear) {
    heard_t *heard = user;
    const char *path = NULL, *old = NULL;
    uint64_t len = 0, old_len = 0;
    char *line = heard->lines[heard->count];
    if (heard->count < LINES_MAX - 1)
        heard->count++;
    heard->finals += (ev->flags & LOOP_EV_MORE) == 0;
    if (ev->status != 0) {
        snprintf(line, sizeof heard->lines[0], "%s", loop_err_name(ev->status));
    } else if (CHECK_CODE(loop_watch_paths(ev, &path, &len, &old, &old_len), LOOP_OK)) {
        CHECK(strlen(path) == len);
        CHECK(old == NULL || strlen(old) == old_len);
        snprintf(line, sizeof heard->lines[0], "%s %s%s%s%s", kind_word(ev->num),
                 old != NULL ? old : "", old != NULL ? " -> " : "", path,
                 ev->aux == 1 && ev->num != LOOP_WATCH_READY ? "/" : "");
    }
    if (heard->count >= heard->wanted)
        CHECK_CODE(loop_stop(loop), LOOP_OK);
}

/* Runs until n more events are told; checks that these are they. */
static inline void expect(loop_t *loop, heard_t *heard, int n, const char *const *lines) {
    int64_t until = clock_ns() + FAR;
    heard->wanted = n;
    while (heard->count < n && clock_ns() < until) /* another watch may stop it */
        CHECK(loop_run_for(loop, LOOP_RUN_DEFAULT, FAR) >= 0);
    for (int i = 0; i < n; i++)
        CHECK_STR(i < heard->count ? heard->lines[i] : "(nothing)", lines[i]);
    heard->count -= n < heard->count ? n : heard->count;
    memmove(heard->lines, heard->lines + n, sizeof heard->lines[0] * (size_t)heard->count);
}

#define EXPECT(heard, ...)                                                                         \
    do {                                                                                           \
        static const char *const lines[] = {__VA_ARGS__};                                          \
        expect(loop, heard, (int)(sizeof lines / sizeof lines[0]), lines);                         \
    } while (0)

static inline int64_t start(loop_t *loop, const char *path, uint32_t flags, heard_t *heard) {
    int64_t id = loop_watch_path(loop, path, flags, hear, heard);
    memset(heard, 0, sizeof *heard);
    CHECK_ID(id);
    EXPECT(heard, "ready ");
    return id;
}

static inline void finish(loop_t *loop) {
    CHECK_CODE(loop_free(loop), LOOP_OK);
    remove_root();
}

#endif
