/* SPDX-License-Identifier: MIT
 *
 *     grep PATTERN FOLDER [--in-flight N] [--time] [--sort]
 *
 * Prints the lines that have a text as `path:line number:line`, from all files of a tree, many of
 * them read at a time. Links are not followed; files with a NUL are left out. A bar on standard
 * error shows how far it is, if that is a terminal. Exits with 0 if there was such a line, 1 if not,
 * 2 after an error.
 */
#include <loop.h>

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MS ((int64_t)1000000) /* ns */
#define BAR "########################################"

typedef struct place { /* a file or folder that was found */
    struct place *next;
    int is_folder;
    char path[];
} place_t;

static loop_t *loop;
static FILE *out;
static place_t *todo;
static const char *pattern;
static size_t limit = 64, in_flight, found, done, files, matches;
static int bar_shown, failed;

static void must(int fine, const char *what) {
    if (!fine) {
        fprintf(stderr, "grep: %s\n", what);
        exit(2);
    }
}

static void hide_bar(void) {
    if (bar_shown)
        fputs("\r\x1b[K", stderr);
    bar_shown = 0;
}

static void show_bar(loop_t *l, const loop_event_t *ev, void *user) {
    (void)l, (void)user;
    int width = (int)strlen(BAR), full = (int)((size_t)width * done / found);
    if (ev != NULL && ev->status < 0)
        return; /* the loop ends, and the timer with it */
    hide_bar();
    fflush(out);
    fprintf(stderr, "[%.*s%*s] %zu/%zu", full, BAR, width - full, "", done, found);
    bar_shown = 1;
}

static void add(const char *folder, const char *name, int is_folder) {
    size_t len = strlen(folder), size = len + strlen(name) + 2;
    place_t *place = calloc(1, sizeof *place + size);
    must(place != NULL, "out of memory");
    const char *slash = *name != '\0' && len > 0 && folder[len - 1] != '/' ? "/" : "";
    snprintf(place->path, size, "%s%s%s", folder, slash, name);
    place->is_folder = is_folder;
    place->next = todo;
    todo = place;
    found++;
}

/* Print the lines of a file that have the pattern. */
static void look(const char *path, const char *line, size_t len) {
    const char *end = line + len, *hit, *stop;
    size_t number = 1, before = matches;
    while (line < end && (hit = memmem(line, (size_t)(end - line), pattern, strlen(pattern)))) {
        if (matches == before && memchr(line, '\0', (size_t)(end - line)) != NULL)
            return; /* the first match, so line is where the file begins */
        for (; (stop = memchr(line, '\n', (size_t)(hit - line))) != NULL; number++)
            line = stop + 1;
        if ((stop = memchr(hit, '\n', (size_t)(end - hit))) == NULL)
            stop = end;
        hide_bar();
        fprintf(out, "%s:%zu:%.*s\n", path, number++, (int)(stop - line), line);
        line = stop + 1;
        matches++;
    }
}

static void go_on(void);

static void arrived(loop_t *l, const loop_event_t *ev, void *user) {
    place_t *place = user;
    const loop_dirent_t *entry = NULL;
    (void)l;
    if (ev->status < 0) {
        hide_bar();
        fprintf(stderr, "grep: %s: %s\n", place->path, loop_strerror(ev->status));
        failed = 1;
    } else if (!place->is_folder) {
        look(place->path, ev->data, ev->len);
        files++;
    }
    while (place->is_folder && (entry = loop_dirent_next(ev, entry)) != NULL)
        if (entry->type == LOOP_TYPE_DIR || entry->type == LOOP_TYPE_FILE)
            add(place->path, loop_dirent_name(entry), entry->type == LOOP_TYPE_DIR);
    if ((ev->flags & LOOP_EV_MORE) != 0) /* a large folder comes in parts */
        return;
    free(place);
    done++;
    in_flight--;
    go_on();
}

/* Start as much as may be under way. */
static void go_on(void) {
    for (place_t *place; in_flight < limit && (place = todo) != NULL; in_flight++) {
        todo = place->next;
        must((place->is_folder ? loop_fs_readdir(loop, place->path, arrived, place)
                               : loop_fs_read_file(loop, place->path, 0, arrived, place)) > 0,
             place->path);
    }
}

int main(int argc, char **argv) {
    const char *usage = "PATTERN FOLDER [--in-flight N] [--time] [--sort]";
    int sort = 0, timed = 0;
    const struct option options[] = {
        {"in-flight", 1, NULL, 'n'}, {"time", 0, &timed, 1}, {"sort", 0, &sort, 1}, {0}};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
        limit = option == 'n' ? strtoul(optarg, NULL, 10) : option == '?' ? 0 : limit;
    must(argc == optind + 2 && limit > 0, usage);
    pattern = argv[optind];
    out = sort ? popen("LC_ALL=C sort -s -t : -k 1,1", "w") : stdout;
    must(out != NULL && loop_new(NULL, &loop) == 0, "cannot start");
    int64_t start = loop_now(loop);
    add(argv[optind + 1], "", 1);
    if (isatty(STDERR_FILENO)) {
        show_bar(loop, NULL, NULL);
        loop_unref(loop, loop_set_interval(loop, 100 * MS, show_bar, NULL));
    }
    go_on();
    must(loop_run(loop, LOOP_RUN_DEFAULT) >= 0, "cannot run");
    hide_bar();
    must((sort ? pclose(out) : fflush(out)) == 0, "cannot write");
    if (timed)
        fprintf(stderr, "%zu files, %zu lines, %.3f s\n", files, matches,
                (double)(loop_now(loop) - start) / 1e9);
    must(loop_free(loop) == 0, "cannot end");
    return failed ? 2 : matches > 0 ? 0 : 1;
}
