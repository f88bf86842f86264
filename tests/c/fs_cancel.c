/* SPDX-License-Identifier: MIT
 *
 * File operations that are cancelled, cleared or too late, in every stage: each id ends once, what
 * was borrowed is left alone from then on, descriptors and temporary files do not stay.
 */
#include "fs_rig.h"

static got_t got;
static char fifo[80]; /* nobody is at its other end */

static void make_fifo(void) {
    snprintf(fifo, sizeof fifo, "%s/never", folder);
    if (!exists(fifo))
        CHECK_INT(mkfifo(fifo, 0600), 0);
}

/* A loop with one worker for files, which is busy with the FIFO until it is asked for something
 * else. */
static loop_t *narrow_loop(void) {
    loop_t *loop = new_loop();
    CHECK_CODE(loop_set_workers(loop, LOOP_LANE_FILE, 1), LOOP_OK);
    make_fifo();
    return loop;
}

static void what_waits_in_the_queue_never_begins(void) {
    got_t gots[20];
    loop_t *loop = narrow_loop();
    const char *path = in_folder("never-made");
    memset(gots, 0, sizeof gots);
    for (int i = 0; i < 20; i++) {
        int64_t id = loop_fs_write_file(loop, path, "x", 1, 0, 0, keep, &gots[i]);
        CHECK_ID(id);
        CHECK_CODE(loop_cancel(loop, id), LOOP_OK);
    }
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    for (int i = 0; i < 20; i++) {
        CHECK(gots[i].finals == 1 && gots[i].outcomes == 0);
        CHECK_CODE(gots[i].status, LOOP_ECANCELED);
        CHECK_STR(gots[i].data, text_of("write_file", path, NULL));
        forget(&gots[i]);
    }
    CHECK(!exists(path));
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

typedef struct running {
    int64_t id;
    int is_clear;
} running_t;

static void stop_it(loop_t *loop, const loop_event_t *ev, void *user) {
    running_t *running = user;
    (void)ev;
    CHECK_CODE(running->is_clear ? loop_clear(loop, running->id) : loop_cancel(loop, running->id),
               LOOP_OK);
}

static void what_runs_says_so_at_once_and_ends_when_it_has_let_go(void) {
    loop_t *loop = narrow_loop();
    running_t running = {0, 0};
    forget(&got);
    running.id = loop_fs_read_file(loop, fifo, 0, keep, &got);
    CHECK_ID(running.id);
    CHECK_ID(loop_set_timeout(loop, 30 * MS, stop_it, &running));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(got.outcomes, 1);
    CHECK_CODE(got.status, LOOP_ECANCELED);
    CHECK_STR(got.data, text_of("read_file", fifo, NULL));
    CHECK_CODE(loop_free(loop), LOOP_OK);
    CHECK_INT(got.finals, 1);
    CHECK_INT(got.events, 2);
    forget(&got);
}

static void what_is_cleared_calls_nothing(void) {
    loop_t *loop = narrow_loop();
    running_t running = {0, 1};
    forget(&got);
    running.id = loop_fs_write_file(loop, fifo, "x", 1, 0, 0, keep, &got);
    CHECK_ID(loop_set_timeout(loop, 30 * MS, stop_it, &running));
    run_and_free(loop);
    CHECK_INT(got.events, 0);
}

static void a_deadline_ends_any_wait(void) {
    char text[32];
    int ends[2];
    loop_t *loop = narrow_loop();
    REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
    snprintf(text, sizeof text, "read fd %d", ends[0]);
    for (int kind = 0; kind < 4; kind++) {
        int64_t id = 0;
        CHECK_CODE(loop_next_op(loop, 30 * MS, NULL), LOOP_OK);
        forget(&got);
        switch (kind) {
        case 0:
            id = loop_fs_open(loop, fifo, LOOP_O_WRONLY, 0, keep, &got);
            break;
        case 1:
            id = loop_fs_append_file(loop, fifo, "x", 1, 0, 0, keep, &got);
            break;
        case 2:
            id = loop_fs_copy_file(loop, fifo, in_folder("copy"), 0, keep, &got);
            break;
        default:
            id = loop_fs_read(loop, ends[0], 1, -1, keep, &got);
        }
        CHECK_ID(id);
        CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
        CHECK_CODE(got.status, LOOP_ETIMEDOUT);
        CHECK(got.data != NULL && strstr(got.data, kind < 3 ? fifo : text) != NULL);
        while (got.finals == 0)
            (void)loop_run(loop, LOOP_RUN_ONCE);
        CHECK_INT(got.finals, 1);
    }
    close(ends[0]);
    close(ends[1]);
    run_and_free(loop);
    CHECK(!exists(in_folder("copy")));
    forget(&got);
}

/* ---- Borrowed memory ------------------------------------------------------------------------- */

#define LARGE ((uint64_t)64 << 20)

/* The host may do with its memory what it likes from the final event on; until then the worker may
 * use it. */
static void borrowed_memory_is_left_alone_after_the_final_event(void) {
    for (int is_read = 0; is_read < 2; is_read++)
        for (int after = 0; after < 6; after++) {
            const char *path = in_folder("large");
            loop_t *loop = narrow_loop();
            unsigned char *memory = malloc(LARGE);
            int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
            REQUIRE(memory != NULL && fd >= 0 && ftruncate(fd, LARGE) == 0);
            memset(memory, 'm', LARGE);
            forget(&got);
            int64_t id = is_read ? loop_fs_read_into(loop, fd, memory, LARGE, 0, keep, &got)
                                 : loop_fs_write_file(loop, path, memory, LARGE, 0, LOOP_FS_BORROW,
                                                      keep, &got);
            CHECK_ID(id);
            for (int i = 0; i < after; i++)
                (void)loop_run_for(loop, LOOP_RUN_NOWAIT, MS);
            (void)loop_cancel(loop, id);
            while (got.finals == 0)
                (void)loop_run(loop, LOOP_RUN_ONCE);
            CHECK(got.status == 0 || got.status == LOOP_ECANCELED);
            memset(memory, 'x', LARGE);
            for (uint64_t i = 0; is_read && i < LARGE; i += 4096)
                if (!CHECK(memory[i] == 'x'))
                    break;
            free(memory); /* a read of it would be found by ASan */
            close(fd);
            run_and_free(loop);
        }
    CHECK_INT(unlink(in_folder("large")), 0);
    forget(&got);
}

/* ---- What is held ---------------------------------------------------------------------------- */

static void a_temporary_file_does_not_stay(void) {
    char *data = calloc(1, LARGE);
    REQUIRE(data != NULL);
    put_file(in_folder("old"), "old");
    for (int after = 0; after < 10; after++) {
        loop_t *loop = narrow_loop();
        forget(&got);
        int64_t id = loop_fs_write_file(loop, in_folder("old"), data, LARGE, 0,
                                        LOOP_FS_ATOMIC | LOOP_FS_BORROW, keep, &got);
        for (int i = 0; i < after; i++)
            (void)loop_run_for(loop, LOOP_RUN_NOWAIT, MS);
        (void)loop_cancel(loop, id);
        while (got.finals == 0)
            (void)loop_run(loop, LOOP_RUN_ONCE);
        if (got.status != 0)
            CHECK_FILE(in_folder("old"), "old");
        GOOD(loop, &got, loop_fs_readdir(loop, folder, keep, &got));
        CHECK(strstr(got.names, ".loop-") == NULL);
        run_and_free(loop);
    }
    free(data);
    forget(&got);
}

static void close_it(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop;
    if ((ev->flags & LOOP_EV_FD) != 0)
        CHECK_INT(close((int)ev->num), 0);
    *(int *)user += (ev->flags & LOOP_EV_MORE) == 0;
}

/* Those that come are closed by the callback, the others by the library: the harness counts. */
static void descriptors_that_nobody_gets_are_closed(void) {
    put_file(in_folder("opened"), "x");
    for (int i = 0; i < 100; i++) {
        loop_t *loop = new_loop();
        int64_t ids[8];
        int came = 0;
        for (int k = 0; k < 8; k++) {
            ids[k] = k % 2 == 0 ? loop_fs_open(loop, in_folder("opened"), LOOP_O_RDONLY, 0,
                                               close_it, &came)
                                : loop_fs_mkstemp(loop, in_folder("temp-"), close_it, &came);
            CHECK_ID(ids[k]);
        }
        for (int k = 0; k < i % 4; k++)
            (void)loop_run_for(loop, LOOP_RUN_NOWAIT, 0);
        for (int k = 0; i % 5 != 0 && k < 8; k++)
            (void)(i % 3 != 0 ? loop_clear(loop, ids[k]) : loop_cancel(loop, ids[k]));
        CHECK_CODE(loop_free(loop), LOOP_OK);
        CHECK(came <= 8);
        CHECK(came == 8 || i % 5 != 0);
    }
}

typedef struct opener {
    int64_t ids[8];
    int came;
} opener_t;

static void clear_the_others(loop_t *loop, const loop_event_t *ev, void *user) {
    opener_t *opener = user;
    if (ev->status != 0)
        return;
    CHECK_INT(close((int)ev->num), 0);
    opener->came++;
    for (int k = 0; k < 8; k++)
        (void)loop_clear(loop, opener->ids[k]);
}

static void a_descriptor_in_the_batch_is_closed_when_its_id_is_cleared(void) {
    put_file(in_folder("opened"), "x");
    for (int i = 0; i < 50; i++) {
        opener_t opener = {.came = 0};
        loop_t *loop = new_loop();
        for (int k = 0; k < 8; k++)
            opener.ids[k] = loop_fs_open(loop, in_folder("opened"), LOOP_O_RDONLY, 0,
                                         clear_the_others, &opener);
        loop_run(loop, LOOP_RUN_NOWAIT); /* they begin */
        usleep(2000);                    /* and, as a rule, all end */
        run_and_free(loop);
        CHECK_INT(opener.came, 1);
    }
}

static void a_loop_with_waiting_files_is_freed_at_once(void) {
    int64_t start = clock_ns();
    loop_t *loop = new_loop();
    make_fifo();
    got_t gots[30];
    memset(gots, 0, sizeof gots);
    for (int i = 0; i < 30; i++)
        CHECK_ID(i % 2 == 0 ? loop_fs_read_file(loop, fifo, 0, keep, &gots[i])
                            : loop_fs_open(loop, fifo, LOOP_O_WRONLY, 0, keep, &gots[i]));
    (void)loop_run_for(loop, LOOP_RUN_DEFAULT, 30 * MS);
    CHECK_CODE(loop_free(loop), LOOP_OK);
    CHECK(clock_ns() - start < 60 * SECOND); /* LOOP_EBUSY is what it would be if they could not be
                                                stopped */
    for (int i = 0; i < 30; i++) {
        CHECK_INT(gots[i].finals, 1);
        /* One of each kind may have met. */
        CHECK(gots[i].status == LOOP_ECANCELED || gots[i].status == 0);
        if (gots[i].status == 0 && (gots[i].flags & LOOP_EV_FD) != 0)
            close((int)gots[i].num);
        forget(&gots[i]);
    }
}

TEST_MAIN(make_folder(), T(what_waits_in_the_queue_never_begins),
          T(what_runs_says_so_at_once_and_ends_when_it_has_let_go),
          T(what_is_cleared_calls_nothing), T(a_deadline_ends_any_wait),
          T(borrowed_memory_is_left_alone_after_the_final_event), T(a_temporary_file_does_not_stay),
          T(descriptors_that_nobody_gets_are_closed),
          T(a_descriptor_in_the_batch_is_closed_when_its_id_is_cleared),
          T(a_loop_with_waiting_files_is_freed_at_once))
