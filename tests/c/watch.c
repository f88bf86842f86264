/* SPDX-License-Identifier: MIT
 *
 * Watching files, folders and trees from C.
 */
#include "stats_rig.h"
#include "watching.h"

#include <errno.h>
#include <pthread.h>

/* ---- Tests ------------------------------------------------------------------------------------ */

static void a_folder_tells_what_happens_in_it(void) {
    loop_t *loop = new_loop();
    heard_t heard;
    make_root(temp());
    start(loop, root, 0, &heard);
    create("a");
    append("a");
    CHECK(chmod(at("a"), 0700) == 0);
    CHECK(rename(at("a"), at("b")) == 0);
    CHECK(unlink(at("b")) == 0);
    CHECK(mkdir(at("\xff sub"), 0700) == 0);
    EXPECT(&heard, "created a", "modified a", "attributes a", "renamed a -> b", "deleted b",
           "created \xff sub/");
    finish(loop);
    CHECK_INT(heard.finals, 1);
    CHECK_STR(heard.lines[0], "LOOP_ECANCELED");
}

static void a_tree_covers_folders_to_come(void) {
    loop_t *loop = new_loop();
    heard_t heard;
    make_root(temp());
    CHECK(mkdir(at("old"), 0700) == 0);
    start(loop, root, LOOP_WATCH_RECURSIVE, &heard);
    create("old/a");
    CHECK(mkdir(at("new"), 0700) == 0 && mkdir(at("new/er"), 0700) == 0);
    create("new/er/b");
    EXPECT(&heard, "created old/a", "created new/", "created new/er/", "created new/er/b");
    CHECK(rename(at("new"), at("old/new")) == 0);
    append("old/new/er/b");
    EXPECT(&heard, "renamed new -> old/new/", "modified old/new/er/b");
    finish(loop);
}

static void what_a_tree_asks_of_the_pool_counts_as_jobs_of_watch(void) {
    loop_t *loop = new_loop();
    heard_t heard;
    make_root(temp());
    CHECK(mkdir(at("old"), 0700) == 0);
    start(loop, root, LOOP_WATCH_RECURSIVE, &heard);
    create("old/a");
    EXPECT(&heard, "created old/a");
    loop_label_stats_t label = label_of(loop, "watch");
    CHECK(label.finished > 0 && label.failed == 0 && label.run_max_ns > 0);
    CHECK_INT(label.queued, label.waiting + label.started + label.canceled);
    CHECK_INT(label.started, label.running + label.finished);
    finish(loop);
}

static void a_file_outlives_its_replacement(void) {
    loop_t *loop = new_loop();
    heard_t heard;
    make_root(temp());
    create("f");
    start(loop, at("f"), 0, &heard);
    create("new");
    CHECK(rename(at("new"), at("f")) == 0);
    EXPECT(&heard, "modified ");
    append("f");
    EXPECT(&heard, "modified ");
    CHECK(unlink(at("f")) == 0);
    EXPECT(&heard, "LOOP_ENOENT");
    CHECK_INT(heard.finals, 1);
    CHECK_INT(loop_alive(loop), 0);
    finish(loop);
}

static void a_path_that_is_not_there_is_an_error_of_its_watch(void) {
    loop_t *loop = new_loop();
    heard_t heard;
    memset(&heard, 0, sizeof heard);
    make_root(temp());
    heard.wanted = 1;
    CHECK_ID(loop_watch_path(loop, at("nothing"), 0, hear, &heard));
    EXPECT(&heard, "LOOP_ENOENT");
    CHECK_ID(loop_watch_path(loop, "", 0, hear, &heard));
    EXPECT(&heard, "LOOP_ENOENT");
    CHECK_INT(heard.finals, 2);
    finish(loop);
}

static void a_folder_that_is_removed_ends_its_watch(void) {
    loop_t *loop = new_loop();
    heard_t heard;
    make_root(temp());
    CHECK(mkdir(at("a"), 0700) == 0);
    start(loop, at("a"), LOOP_WATCH_RECURSIVE, &heard);
    CHECK(rmdir(at("a")) == 0);
    EXPECT(&heard, "LOOP_ENOENT");
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    finish(loop);
}

typedef struct ending {
    heard_t heard;
    int64_t id;
    int clear;
} ending_t;

CB(end_itself) {
    ending_t *ending = user;
    hear(loop, ev, &ending->heard);
    if (ev->num == LOOP_WATCH_CREATED)
        CHECK_CODE(ending->clear ? loop_clear(loop, ending->id) : loop_cancel(loop, ending->id),
                   LOOP_OK);
}

static void a_watch_may_end_itself_in_its_callback(void) {
    for (int clear = 0; clear < 2; clear++) {
        loop_t *loop = new_loop();
        ending_t ending;
        memset(&ending, 0, sizeof ending);
        ending.clear = clear;
        ending.heard.wanted = LINES_MAX;
        make_root(temp());
        ending.id = loop_watch_path(loop, root, 0, end_itself, &ending);
        while (ending.heard.count == 0)
            CHECK(loop_run(loop, LOOP_RUN_ONCE) >= 0);
        create("a");
        CHECK_INT(loop_run_for(loop, LOOP_RUN_DEFAULT, FAR), 0);
        CHECK_STR(ending.heard.lines[1], "created a");
        CHECK_INT(ending.heard.finals, clear ? 0 : 1);
        CHECK_CODE(loop_cancel(loop, ending.id), LOOP_EBADID);
        create("b");
        CHECK_INT(loop_run(loop, LOOP_RUN_NOWAIT), 0);
        CHECK_INT(ending.heard.count, clear ? 2 : 3);
        finish(loop);
    }
}

static void two_watches_on_one_folder_end_one_by_one(void) {
    loop_t *loop = new_loop();
    heard_t one, two;
    make_root(temp());
    int64_t first = start(loop, root, LOOP_WATCH_RECURSIVE, &one);
    start(loop, root, 0, &two);
    create("a");
    EXPECT(&one, "created a");
    EXPECT(&two, "created a");
    CHECK_CODE(loop_cancel(loop, first), LOOP_OK);
    EXPECT(&one, "LOOP_ECANCELED");
    create("b");
    EXPECT(&two, "created b");
    CHECK_INT(one.count, 0);
    finish(loop);
}

static void a_deadline_ends_a_watch(void) {
    loop_t *loop = new_loop();
    heard_t heard;
    memset(&heard, 0, sizeof heard);
    heard.wanted = LINES_MAX;
    make_root(temp());
    CHECK_CODE(loop_next_op(loop, 10 * MS, "patience"), LOOP_OK);
    CHECK_ID(loop_watch_path(loop, root, 0, hear, &heard));
    CHECK_INT(loop_run_for(loop, LOOP_RUN_DEFAULT, FAR), 0);
    CHECK_INT(heard.finals, 1);
    CHECK_STR(heard.lines[heard.count - 1], "LOOP_ETIMEDOUT");
    finish(loop);
}

static void an_unreferenced_watch_does_not_keep_the_loop(void) {
    loop_t *loop = new_loop();
    heard_t heard;
    make_root(temp());
    int64_t id = start(loop, root, 0, &heard);
    CHECK_INT(loop_alive(loop), 1);
    CHECK_CODE(loop_unref(loop, id), LOOP_OK);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_CODE(loop_ref(loop, id), LOOP_OK);
    create("a");
    EXPECT(&heard, "created a");
    finish(loop);
}

static void a_polled_file_and_folder_tell_what_changes(void) {
    loop_t *loop = new_loop();
    heard_t heard;
    loop_watch_t watch = LOOP_WATCH_INIT;
    memset(&heard, 0, sizeof heard);
    make_root(temp());
    create("f");
    watch.path = root;
    watch.poll_ns = MS;
    watch.events = LOOP_WATCH_CREATED | LOOP_WATCH_DELETED | LOOP_WATCH_MODIFIED;
    CHECK_ID(loop_watch(loop, &watch, hear, &heard));
    EXPECT(&heard, "ready ");
    create("g");
    EXPECT(&heard, "created g");
    append("f");
    EXPECT(&heard, "modified f");
    CHECK(unlink(at("g")) == 0);
    EXPECT(&heard, "deleted g");
    finish(loop);
}

/* ---- Very many -------------------------------------------------------------------------------- */

#define MANY 100000

typedef struct many {
    int ready, created, lost;
    int done; /* atomic */
    int64_t id;
} many_t;

static void *create_many(void *arg) {
    many_t *many = arg;
    char path[128];
    for (int i = 0; i < MANY; i++) {
        snprintf(path, sizeof path, "%s/%d", root, i);
        if (mknod(path, S_IFREG | 0600, 0) != 0)
            harness_fail(__FILE__, __LINE__, "mknod %s: %s", path, strerror(errno));
    }
    snprintf(path, sizeof path, "%s/end", root);
    __atomic_store_n(&many->done, 1, __ATOMIC_SEQ_CST);
    CHECK(mknod(path, S_IFREG | 0600, 0) == 0);
    return NULL;
}

CB(count_many) {
    many_t *many = user;
    many->ready += ev->num == LOOP_WATCH_READY;
    if ((ev->num & LOOP_WATCH_CREATED) != 0 && memcmp(ev->data, "end", 3) != 0)
        many->created++;
    int over = (ev->num & LOOP_WATCH_CREATED) != 0 && memcmp(ev->data, "end", 3) == 0;
    if ((ev->num & LOOP_WATCH_OVERFLOW) != 0) {
        many->lost++;
        over = __atomic_load_n(&many->done, __ATOMIC_SEQ_CST);
    }
    if (over)
        CHECK_CODE(loop_clear(loop, many->id), LOOP_OK);
}

static void a_hundred_thousand_files_are_told_or_their_loss_is(void) {
    loop_t *loop = new_loop();
    many_t many;
    loop_watch_t watch = LOOP_WATCH_INIT;
    pthread_t thread;
    memset(&many, 0, sizeof many);
    make_root(access("/dev/shm", W_OK) == 0 ? "/dev/shm" : temp());
    watch.path = root;
    watch.events = LOOP_WATCH_CREATED;
    many.id = loop_watch(loop, &watch, count_many, &many);
    while (many.ready == 0 && loop_run(loop, LOOP_RUN_ONCE) > 0) {
    }
    CHECK(pthread_create(&thread, NULL, create_many, &many) == 0);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(many.lost > 0 || many.created == MANY);
    CHECK(many.created <= MANY);
    finish(loop);
}

/* ---- Bad arguments ---------------------------------------------------------------------------- */

#define REFUSED(change)                                                                            \
    do {                                                                                           \
        loop_watch_t watch = LOOP_WATCH_INIT;                                                      \
        watch.path = "/";                                                                          \
        change;                                                                                    \
        if (loop_watch(loop, &watch, hear, NULL) != LOOP_EINVAL)                                   \
            harness_fail(__FILE__, __LINE__, "a watch with %s is taken", #change);                 \
    } while (0)

static void watches_that_are_none_are_refused(void) {
    loop_t *loop = new_loop();
    loop_watch_t good = LOOP_WATCH_INIT;
    good.path = "/";
    CHECK_CODE(loop_watch(NULL, &good, hear, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_watch(loop, NULL, hear, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_watch(loop, &good, NULL, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_watch_path(NULL, "/", 0, hear, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_watch_path(loop, NULL, 0, hear, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_watch_path(loop, "/", 0, NULL, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_watch_path(loop, "/", 2, hear, NULL), LOOP_EINVAL);
    REFUSED(watch.size = 0);
    REFUSED(watch.size--);
    REFUSED(watch.flags = UINT32_MAX);
    REFUSED(watch.events = LOOP_WATCH_READY);
    REFUSED(watch.path = NULL);
    REFUSED(watch.path_len = 2);
    REFUSED(watch.path_len = UINT32_MAX);
    REFUSED(watch.poll_ns = -1);
    CHECK_INT(loop_alive(loop), 0);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

static void a_larger_record_is_taken_if_the_rest_is_zero(void) {
    loop_t *loop = new_loop();
    heard_t heard;
    struct {
        loop_watch_t watch;
        uint64_t later;
    } larger;
    memset(&heard, 0, sizeof heard);
    memset(&larger, 0, sizeof larger);
    larger.watch.size = sizeof larger;
    larger.watch.path = "/and more";
    larger.watch.path_len = 1;
    CHECK_ID(loop_watch(loop, &larger.watch, hear, &heard));
    EXPECT(&heard, "ready ");
    larger.later = 1;
    CHECK_CODE(loop_watch(loop, &larger.watch, hear, &heard), LOOP_EINVAL);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

static void paths_of_other_events_are_refused(void) {
    loop_event_t ev;
    const char *path;
    uint64_t len;
    memset(&ev, 0, sizeof ev);
    CHECK_CODE(loop_watch_paths(NULL, &path, &len, NULL, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_watch_paths(&ev, NULL, &len, NULL, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_watch_paths(&ev, &path, NULL, NULL, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_watch_paths(&ev, &path, &len, NULL, NULL), LOOP_ETYPE);
    ev.code = LOOP_OP_WATCH;
    ev.flags = LOOP_KIND_ERROR;
    CHECK_CODE(loop_watch_paths(&ev, &path, &len, NULL, NULL), LOOP_ETYPE);
    ev.flags = LOOP_KIND_BYTES;
    CHECK_CODE(loop_watch_paths(&ev, &path, &len, NULL, NULL), LOOP_OK);
    CHECK(len == 0 && path[0] == '\0');
}

TEST_MAIN(warm_up(), T(a_folder_tells_what_happens_in_it), T(a_tree_covers_folders_to_come),
          T(what_a_tree_asks_of_the_pool_counts_as_jobs_of_watch),
          T(a_file_outlives_its_replacement), T(a_path_that_is_not_there_is_an_error_of_its_watch),
          T(a_folder_that_is_removed_ends_its_watch), T(a_watch_may_end_itself_in_its_callback),
          T(two_watches_on_one_folder_end_one_by_one), T(a_deadline_ends_a_watch),
          T(an_unreferenced_watch_does_not_keep_the_loop),
          T(a_polled_file_and_folder_tell_what_changes),
          T(a_hundred_thousand_files_are_told_or_their_loss_is),
          T(watches_that_are_none_are_refused), T(a_larger_record_is_taken_if_the_rest_is_zero),
          T(paths_of_other_events_are_refused))
