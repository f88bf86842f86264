/* SPDX-License-Identifier: MIT
 *
 * FIFOs, devices, /proc, pipes, files that grow or shrink while they are read, folders with many
 * entries: what is no plain file, or does not hold still.
 */
#include "fs_rig.h"

#include <pthread.h>
#include <sys/socket.h>

static loop_t *loop;
static got_t got;

static void with_loop(void (*test)(void)) {
    loop = new_loop();
    test();
    CHECK_CODE(loop_free(loop), LOOP_OK);
    forget(&got);
}

static void reads_proc(void) {
    for (int i = 0; i < 3; i++) {
        GOOD(loop, &got, loop_fs_read_file(loop, "/proc/self/status", 0, keep, &got));
        CHECK(strstr(got.data, "\nPid:") != NULL);
        GOOD(loop, &got, loop_fs_read_file(loop, "/dev/null", 0, keep, &got));
        CHECK(got.len == 0 && got.kind == LOOP_KIND_BYTES);
    }
    BAD(loop, &got, loop_fs_read_file(loop, "/dev/zero", 3 << 20, keep, &got), LOOP_ETOOBIG, 0,
        "read_file /dev/zero");
    BAD(loop, &got, loop_fs_write_file(loop, "/dev/full", "x", 1, 0, 0, keep, &got), LOOP_ENOSPC,
        ENOSPC, "write_file /dev/full");
    GOOD(loop, &got, loop_fs_write_file(loop, "/dev/null", "x", 1, 0, 0, keep, &got));
    const char *copy = in_folder("status");
    GOOD(loop, &got, loop_fs_copy_file(loop, "/proc/self/status", copy, 0, keep, &got));
    CHECK(got.num > 100);
    GOOD(loop, &got, loop_fs_stat(loop, copy, keep, &got));
    CHECK(got.stat.size > 100);
    GOOD(loop, &got, loop_fs_read_file(loop, "/proc/self/environ", 0, keep, &got));
    BAD(loop, &got, loop_fs_read_file(loop, "/dev/stdin/x", 0, keep, &got), LOOP_ENOTDIR, ENOTDIR,
        "read_file /dev/stdin/x");
}

static void files_of_proc_and_devices_are_read_to_their_end(void) {
    with_loop(reads_proc);
}

/* ---- FIFOs ----------------------------------------------------------------------------------- */

typedef struct other_end {
    const char *path;
    const char *text; /* NULL: reads */
    char heard[64];
    pthread_t thread;
} other_end_t;

static void *talk(void *arg) {
    other_end_t *end = arg;
    int fd = open(end->path, (end->text != NULL ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    if (end->text != NULL) {
        (void)!write(fd, end->text, strlen(end->text));
    } else {
        size_t at = 0;
        ssize_t n;
        while ((n = read(fd, end->heard + at, sizeof end->heard - 1 - at)) > 0)
            at += (size_t)n;
    }
    close(fd);
    return NULL;
}

static void start_other_end(loop_t *its, const loop_event_t *ev, void *user) {
    other_end_t *end = user;
    (void)its, (void)ev;
    CHECK_INT(pthread_create(&end->thread, NULL, talk, end), 0);
}

static void joins(other_end_t *end) {
    CHECK_INT(pthread_join(end->thread, NULL), 0);
}

static void waits_for_the_other_end(void) {
    other_end_t writer = {.path = in_folder("fifo"), .text = "said"};
    other_end_t reader = {.path = writer.path};
    REQUIRE(mkfifo(writer.path, 0600) == 0);
    CHECK_ID(loop_set_timeout(loop, 30 * MS, start_other_end, &writer));
    GOOD(loop, &got, loop_fs_read_file(loop, writer.path, 0, keep, &got));
    CHECK_STR(got.data, "said");
    joins(&writer);
    CHECK_ID(loop_set_timeout(loop, 30 * MS, start_other_end, &reader));
    GOOD(loop, &got, loop_fs_write_file(loop, writer.path, "heard", 5, 0, 0, keep, &got));
    joins(&reader);
    CHECK_STR(reader.heard, "heard");
    /* The same by descriptors. */
    CHECK_ID(loop_set_timeout(loop, 30 * MS, start_other_end, &writer));
    GOOD(loop, &got, loop_fs_open(loop, writer.path, LOOP_O_RDONLY, 0, keep, &got));
    int fd = (int)got.num;
    CHECK_INT(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    GOOD(loop, &got, loop_fs_read(loop, fd, 100, -1, keep, &got));
    CHECK_STR(got.data, "said");
    GOOD(loop, &got, loop_fs_read(loop, fd, 100, -1, keep, &got));
    CHECK_INT(got.num, 0);
    joins(&writer);
    CHECK_INT(close(fd), 0);
    GOOD(loop, &got,
         loop_fs_open(loop, writer.path, LOOP_O_RDONLY | LOOP_O_NONBLOCK, 0, keep, &got));
    CHECK_INT(close((int)got.num), 0);
    BAD(loop, &got, loop_fs_open(loop, writer.path, LOOP_O_WRONLY | LOOP_O_NONBLOCK, 0, keep, &got),
        LOOP_ENXIO, ENXIO, text_of("open", writer.path, NULL));
}

static void a_fifo_is_waited_for_without_a_worker(void) {
    with_loop(waits_for_the_other_end);
}

#define MANY 12 /* more than there are workers */

static void many_fifos(void) {
    got_t fifos[MANY];
    int64_t ids[MANY];
    char path[200];
    snprintf(path, sizeof path, "%s", in_folder("nobody-writes"));
    REQUIRE(mkfifo(path, 0600) == 0);
    memset(fifos, 0, sizeof fifos);
    for (int i = 0; i < MANY; i++) {
        ids[i] = loop_fs_read_file(loop, path, 0, keep, &fifos[i]);
        CHECK_ID(ids[i]);
        CHECK_CODE(loop_unref(loop, ids[i]), LOOP_OK);
    }
    put_file(in_folder("beside"), "goes on");
    for (int i = 0; i < 5; i++) {
        GOOD(loop, &got, loop_fs_read_file(loop, in_folder("beside"), 0, keep, &got));
        GOOD(loop, &got, loop_fs_append_file(loop, in_folder("beside"), ".", 1, 0, 0, keep, &got));
    }
    for (int i = 0; i < MANY; i++)
        CHECK_CODE(loop_cancel(loop, ids[i]), LOOP_OK);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_CODE(loop_close(loop), LOOP_OK);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    for (int i = 0; i < MANY; i++) {
        CHECK_INT(fifos[i].finals, 1);
        CHECK_CODE(fifos[i].status, LOOP_ECANCELED);
        CHECK_STR(fifos[i].data, text_of("read_file", path, NULL));
        forget(&fifos[i]);
    }
}

static void fifos_that_nobody_writes_to_hold_no_worker_and_end_when_cancelled(void) {
    with_loop(many_fifos);
}

static void pipes_and_sockets(void) {
    int ends[2];
    char text[32];
    REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
    GOOD(loop, &got, loop_fs_write(loop, ends[1], "through", 7, -1, 0, keep, &got));
    CHECK_INT(got.num, 7);
    GOOD(loop, &got, loop_fs_read(loop, ends[0], 100, -1, keep, &got));
    CHECK_STR(got.data, "through");
    snprintf(text, sizeof text, "read fd %d", ends[0]);
    BAD(loop, &got, loop_fs_read(loop, ends[0], 1, 0, keep, &got), LOOP_ESPIPE, ESPIPE, text);
    close(ends[0]);
    snprintf(text, sizeof text, "write fd %d", ends[1]);
    BAD(loop, &got, loop_fs_write(loop, ends[1], "x", 1, -1, 0, keep, &got), LOOP_EPIPE, EPIPE,
        text); /* and no signal ends this process */
    close(ends[1]);
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    GOOD(loop, &got, loop_fs_write(loop, ends[1], "socket", 6, -1, 0, keep, &got));
    GOOD(loop, &got, loop_fs_read(loop, ends[0], 100, -1, keep, &got));
    CHECK_STR(got.data, "socket");
    close(ends[0]);
    snprintf(text, sizeof text, "write fd %d", ends[1]);
    BAD(loop, &got, loop_fs_write(loop, ends[1], "x", 1, -1, 0, keep, &got), LOOP_EPIPE, EPIPE,
        text);
    close(ends[1]);
}

static void pipes_and_sockets_give_what_they_have(void) {
    with_loop(pipes_and_sockets);
}

/* ---- Files that change ----------------------------------------------------------------------- */

#define GROWN (4 * 1024 * 1024)

typedef struct changer {
    const char *path;
    int stop; /* atomic */
    pthread_t thread;
} changer_t;

/* Makes a file long and short again. */
static void *change(void *arg) {
    changer_t *changer = arg;
    while (!__atomic_load_n(&changer->stop, __ATOMIC_SEQ_CST)) {
        CHECK_INT(truncate(changer->path, GROWN), 0);
        CHECK_INT(truncate(changer->path, 1000), 0);
    }
    return NULL;
}

static void changes_while_it_is_read(void) {
    char path[400]; /* in_folder uses its memory again, and the other thread reads this all along */
    snprintf(path, sizeof path, "%s", in_folder("changing"));
    changer_t changer = {.path = path};
    put_file(changer.path, "");
    CHECK_INT(pthread_create(&changer.thread, NULL, change, &changer), 0);
    for (int i = 0; i < 50; i++) {
        GOOD(loop, &got, loop_fs_read_file(loop, changer.path, 0, keep, &got));
        CHECK(got.len <= GROWN && got.num == (int64_t)got.len);
        GOOD(loop, &got,
             loop_fs_copy_file(loop, changer.path, in_folder("changed"), 0, keep, &got));
        CHECK(got.num <= 2 * GROWN);
    }
    __atomic_store_n(&changer.stop, 1, __ATOMIC_SEQ_CST);
    CHECK_INT(pthread_join(changer.thread, NULL), 0);
}

static void a_file_may_grow_and_shrink_while_it_is_read(void) {
    with_loop(changes_while_it_is_read);
}

/* ---- Folders --------------------------------------------------------------------------------- */

#define ENTRIES 1000

static void is_large(void) {
    char path[400];
    const char *dir = in_folder("large");
    CHECK_INT(mkdir(dir, 0700), 0);
    for (int i = 0; i < ENTRIES; i++) {
        snprintf(path, sizeof path, "%s/an entry with a long name %0200d", dir, i);
        int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        CHECK(fd >= 0);
        close(fd);
    }
    GOOD(loop, &got, loop_fs_readdir(loop, dir, keep, &got));
    CHECK_INT(got.entries, ENTRIES);
    CHECK(got.events > 3 && got.len <= 64 * 1024);
    GOOD(loop, &got, loop_fs_remove(loop, dir, LOOP_FS_RECURSIVE, keep, &got));
    CHECK_INT(got.num, ENTRIES + 1);
    CHECK(!exists(dir));
}

static void a_large_folder_is_told_in_pieces_and_taken_away(void) {
    with_loop(is_large);
}

static void has_links(void) {
    const char *tree = in_folder("tree"), *outside = in_folder("outside");
    CHECK(mkdir(tree, 0700) == 0 && mkdir(outside, 0700) == 0);
    put_file(in_folder("outside/precious"), "x");
    CHECK(symlink("../outside", in_folder("tree/out")) == 0 &&
          symlink("/", in_folder("tree/root")) == 0);
    CHECK_INT(symlink("outside", in_folder("to-outside")), 0);
    GOOD(loop, &got, loop_fs_remove(loop, tree, LOOP_FS_RECURSIVE, keep, &got));
    CHECK_INT(got.num, 3);
    GOOD(loop, &got, loop_fs_remove(loop, in_folder("to-outside"), LOOP_FS_RECURSIVE, keep, &got));
    CHECK_INT(got.num, 1);
    CHECK_FILE(in_folder("outside/precious"), "x");
}

static void links_in_a_tree_are_taken_away_and_not_followed(void) {
    with_loop(has_links);
}

TEST_MAIN(make_folder(), T(files_of_proc_and_devices_are_read_to_their_end),
          T(a_fifo_is_waited_for_without_a_worker),
          T(fifos_that_nobody_writes_to_hold_no_worker_and_end_when_cancelled),
          T(pipes_and_sockets_give_what_they_have), T(a_file_may_grow_and_shrink_while_it_is_read),
          T(a_large_folder_is_told_in_pieces_and_taken_away),
          T(links_in_a_tree_are_taken_away_and_not_followed))
