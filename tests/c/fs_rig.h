/* SPDX-License-Identifier: MIT
 *
 * What the test programs of file operations share: a folder of their own with short names in it,
 * and a loop on which one operation after the other is done.
 */
#ifndef FS_RIG_H
#define FS_RIG_H

#include "loops.h"

#include <errno.h>
#include <sys/stat.h>

/* What came of an operation. */
typedef struct got {
    int events, finals, outcomes;
    int32_t status;
    int os_errno;
    uint32_t kind, flags;
    int64_t num;
    uint64_t aux;
    char *data; /* a copy, of the last event, ended by a NUL */
    uint64_t len;
    loop_stat_t stat;
    loop_statfs_t statfs;
    int entries; /* of readdir, in all events */
    char names[4096];
} got_t;

static char folder[64];         /* of this program */
static char fs_paths[32][4400]; /* in turn */

/* A path in the folder of the program. Valid until 32 more are made. */
static inline const char *in_folder(const char *name) {
    static int next;
    char *path = fs_paths[next++ % 32];
    snprintf(path, sizeof fs_paths[0], "%s/%s", folder, name);
    return path;
}

static inline void take_entries(got_t *got, const loop_event_t *ev) {
    for (const loop_dirent_t *entry = NULL; (entry = loop_dirent_next(ev, entry)) != NULL;) {
        size_t at = strlen(got->names);
        CHECK_INT((uintptr_t)entry % 8, 0);
        CHECK_INT(strlen(loop_dirent_name(entry)), entry->name_len);
        snprintf(got->names + at, sizeof got->names - at, "%s%s:%u", at > 0 ? " " : "",
                 loop_dirent_name(entry), entry->type);
        got->entries++;
    }
}

/* The callback: user is a got_t. */
static inline void keep(loop_t *loop, const loop_event_t *ev, void *user) {
    got_t *got = user;
    const loop_stat_t *stat;
    const loop_statfs_t *statfs;
    (void)loop;
    got->events++;
    got->outcomes += (ev->flags & LOOP_EV_OUTCOME) != 0;
    got->finals += (ev->flags & LOOP_EV_MORE) == 0;
    got->status = ev->status;
    got->kind = ev->flags & LOOP_KIND_MASK;
    got->flags = ev->flags & ~(uint32_t)LOOP_KIND_MASK;
    got->num = ev->num;
    got->os_errno = ev->status != 0 ? (int)ev->aux : 0;
    got->aux = ev->aux;
    free(got->data);
    got->len = ev->len;
    got->data = calloc(1, ev->len + 1);
    if (got->data != NULL && ev->len > 0)
        memcpy(got->data, ev->data, ev->len);
    if (loop_event_stat(ev, &stat) == 0)
        got->stat = *stat;
    if (loop_event_statfs(ev, &statfs) == 0)
        got->statfs = *statfs;
    take_entries(got, ev);
}

static inline void forget(got_t *got) {
    free(got->data);
    memset(got, 0, sizeof *got);
}

static inline void run_one(loop_t *loop, got_t *got, int64_t id, const char *file, int line,
                           const char *text) {
    if (id <= 0)
        harness_fail(file, line, "%s: %s", text, loop_err_name(id));
    else if (loop_run(loop, LOOP_RUN_DEFAULT) != 0 || got->finals != 1)
        harness_fail(file, line, "%s: want 1 final event, got %d", text, got->finals);
}

/* Do one operation to its end; `got` has what came. */
#define DO(loop, got, call)                                                                        \
    do {                                                                                           \
        forget(got);                                                                               \
        run_one(loop, got, (call), __FILE__, __LINE__, #call);                                     \
    } while (0)

static inline void check_good(const got_t *got, const char *file, int line, const char *text) {
    if (got->status != 0)
        harness_fail(file, line, "%s: %s, errno %d, %s", text, loop_err_name(got->status),
                     got->os_errno, got->data != NULL ? got->data : "");
}

/* Do one that must succeed. */
#define GOOD(loop, got, call)                                                                      \
    do {                                                                                           \
        DO(loop, got, call);                                                                       \
        check_good(got, __FILE__, __LINE__, #call);                                                \
    } while (0)

static inline void check_bad(const got_t *got, int64_t code, int os_errno, const char *want,
                             const char *file, int line, const char *text) {
    if (got->status != code || got->os_errno != os_errno || got->kind != LOOP_KIND_ERROR ||
        got->data == NULL || strcmp(got->data, want) != 0)
        harness_fail(file, line, "%s: want %s, errno %d, \"%s\", got %s, errno %d, \"%s\"", text,
                     loop_err_name(code), os_errno, want, loop_err_name(got->status), got->os_errno,
                     got->data != NULL ? got->data : "");
}

/* Do one that must fail with a code, an errno and a text. */
#define BAD(loop, got, call, code, os_errno, text)                                                 \
    do {                                                                                           \
        DO(loop, got, call);                                                                       \
        check_bad(got, code, os_errno, text, __FILE__, __LINE__, #call);                           \
    } while (0)

/* "operation path" and "operation path -> path2". */
static inline const char *text_of(const char *operation, const char *path, const char *path2) {
    static char text[9000];
    snprintf(text, sizeof text, "%s %s%s%s", operation, path, path2 != NULL ? " -> " : "",
             path2 != NULL ? path2 : "");
    return text;
}

static inline void put_file(const char *path, const char *content) {
    FILE *file = fopen(path, "we");
    if (CHECK(file != NULL)) {
        fputs(content, file);
        CHECK_INT(fclose(file), 0);
    }
}

static inline int check_file(const char *path, const char *want, const char *file, int line) {
    char content[256] = "";
    FILE *stream = fopen(path, "re");
    if (stream == NULL) {
        harness_fail(file, line, "%s: %s", path, strerror(errno));
        return 0;
    }
    content[fread(content, 1, sizeof content - 1, stream)] = '\0';
    fclose(stream);
    return harness_check_str(content, want, file, line, path);
}

/* The content of a short file. */
#define CHECK_FILE(path, want) check_file((path), (want), __FILE__, __LINE__)

static inline int exists(const char *path) {
    struct stat st;
    return lstat(path, &st) == 0;
}

/* For the main function: makes the folder, and takes it away at exit. */
static inline void remove_folder(void) {
    got_t got = {.events = 0};
    loop_t *loop = new_loop();
    (void)loop_fs_remove(loop, folder, LOOP_FS_RECURSIVE | LOOP_FS_FORCE, keep, &got);
    run_and_free(loop);
    forget(&got);
}

static inline void make_folder(void) {
    snprintf(folder, sizeof folder, P_tmpdir "/loop-files-XXXXXX");
    if (mkdtemp(folder) == NULL || atexit(remove_folder) != 0)
        abort();
    warm_up();
}

#endif
