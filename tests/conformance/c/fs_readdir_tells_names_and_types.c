/* SPDX-License-Identifier: MIT
 *
 * readdir tells each entry once, with its type; many entries come in several events.
 */
#include "files.h"

#define MANY 2000

static const char *names[MANY + 10];
static uint32_t types[MANY + 10];
static int count, events;

CB(collect) {
    (void)loop, (void)user;
    must(ev->status);
    events++;
    for (const loop_dirent_t *entry = NULL; (entry = loop_dirent_next(ev, entry)) != NULL;) {
        names[count] = strdup(loop_dirent_name(entry));
        types[count++] = entry->type;
    }
}

/* Sorted by name. */
static void say_entries(void) {
    for (int i = 0; i < count; i++) {
        int least = i;
        for (int k = i + 1; k < count; k++)
            if (strcmp(names[k], names[least]) < 0)
                least = k;
        const char *name = names[least];
        uint32_t type = types[least];
        names[least] = names[i], types[least] = types[i];
        names[i] = name, types[i] = type;
        say("%s: %s", name, type_names[type]);
        free((char *)name);
    }
}

int main(void) {
    loop_t *loop = begin();
    char path[64];
    DO(loop_fs_readdir(loop, ".", collect, NULL));
    say("empty: %d entries, %d event", count, events);
    DO(loop_fs_write_file(loop, "file", "x", 1, 0, 0, say_value, "write"));
    DO(loop_fs_mkdir(loop, "folder", 0, 0, say_value, "mkdir"));
    DO(loop_fs_symlink(loop, "nowhere", "link", say_value, "symlink"));
    DO(loop_fs_write_file(loop, "caf\xc3\xa9", "x", 1, 0, 0, say_value, "write"));
    DO(loop_fs_readdir(loop, ".", collect, NULL));
    say_entries();
    count = events = 0;
    for (int i = 0; i < MANY; i++) {
        snprintf(path, sizeof path, "folder/an entry with a long name %06d", i);
        must(loop_fs_write_file(loop, path, NULL, 0, 0, 0, say_nothing, NULL));
    }
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    DO(loop_fs_readdir(loop, "folder", collect, NULL));
    say("many: %d entries, %s", count, events > 1 ? "several events" : "one event");
    end(loop);
    return 0;
}
