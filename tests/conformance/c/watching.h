/* SPDX-License-Identifier: MIT
 *
 * What the programs about watching share: a folder of their own, what is done in it, and a callback
 * that says each change and then takes the next step.
 */
#ifndef WATCHING_H
#define WATCHING_H

#include "conformance.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[256];

static inline const char *at(const char *name) {
    static char paths[4][512];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static inline void done(int good, const char *what) {
    if (!good) {
        say("cannot %s", what);
        exit(1);
    }
}

static inline void make_folder(void) {
    const char *temp = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/watchingXXXXXX", temp != NULL ? temp : P_tmpdir);
    done(mkdtemp(folder) != NULL, "make a folder");
}

static inline void make(const char *name) {
    done(mkdir(at(name), 0700) == 0, "make a folder");
}

static inline void create(const char *name) {
    int fd = open(at(name), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    done(fd >= 0 && close(fd) == 0, "create a file");
}

static inline void append(const char *name) {
    int fd = open(at(name), O_WRONLY | O_APPEND | O_CLOEXEC);
    done(fd >= 0 && write(fd, "text", 4) == 4 && close(fd) == 0, "write a file");
}

static inline void move(const char *from, const char *to) {
    done(rename(at(from), at(to)) == 0, "rename");
}

static inline void erase(const char *name) {
    done(remove(at(name)) == 0, "remove");
}

/* So many renames overflow the system's queue and the library's, while nobody takes what is told. */
static inline int too_many(void) {
    char text[32] = "";
    FILE *file = fopen("/proc/sys/fs/inotify/max_queued_events", "re");
    done(file != NULL && fgets(text, sizeof text, file) != NULL, "read a limit of the system");
    fclose(file);
    return atoi(text) + 40000;
}

/* A name with a question mark for each byte that is not ASCII. */
static inline const char *plain(const char *name, uint64_t len) {
    static char texts[2][64];
    static int next;
    char *text = texts[next++ % 2];
    uint64_t i = 0;
    for (; i < len && i < sizeof texts[0] - 1; i++)
        text[i] = (char)((unsigned char)name[i] < 0x80 ? name[i] : '?');
    text[i] = '\0';
    return text;
}

static inline void say_change(const loop_event_t *ev) {
    static const char *const kinds[] = {"created", "deleted", "modified", "attributes", "renamed"};
    const char *path = NULL, *old = NULL;
    uint64_t len = 0, old_len = 0;
    if (ev->status != 0) {
        say("%s", loop_err_name(ev->status));
        return;
    }
    must(loop_watch_paths(ev, &path, &len, &old, &old_len));
    if (ev->num == LOOP_WATCH_READY) {
        say("ready, %d folders", (int)ev->aux);
        return;
    }
    if (len == 0)
        path = "itself", len = strlen(path);
    for (int bit = 0; bit < 5; bit++)
        if (ev->num == 1 << bit)
            say("%s %.*s%s%.*s%s", kinds[bit], (int)old_len, old != NULL ? old : "",
                old != NULL ? " -> " : "", (int)len, path, ev->aux == 1 ? "/" : "");
}

#endif
