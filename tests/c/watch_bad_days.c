/* SPDX-License-Identifier: MIT
 *
 * Watches on bad days: ended at any stage, with more changes than anybody takes, without permission,
 * with names that are no text, beside a forked child.
 */
#include "said.h"
#include "watching.h"

#include <errno.h>
#include <pthread.h>
#include <sys/syscall.h>

/* ---- Ends at every stage ---------------------------------------------------------------------- */

enum { NOT_TAKEN, NOT_READY, READY, TOLD, MISSING, LOOKING, STAGES };
enum { CANCEL, CLEAR, CLOSE, ENDS };

static int64_t to_stage(loop_t *loop, int stage, heard_t *heard) {
    loop_watch_t watch = LOOP_WATCH_INIT;
    int64_t id;
    memset(heard, 0, sizeof *heard);
    create("f");
    CHECK(mkdir(at("sub"), 0700) == 0);
    watch.path = stage == MISSING ? at("f") : root;
    watch.flags = LOOP_WATCH_RECURSIVE;
    watch.poll_ns = stage == LOOKING ? MS : 0;
    id = loop_watch(loop, &watch, hear, heard);
    CHECK_ID(id);
    if (stage == NOT_READY)
        CHECK(loop_run(loop, LOOP_RUN_NOWAIT) >= 0);
    if (stage >= READY)
        EXPECT(heard, "ready ");
    if (stage == MISSING)
        CHECK(unlink(at("f")) == 0);
    for (int i = 0; i < 20 && (stage == TOLD || stage == LOOKING); i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        CHECK(mkdir(at(name), 0700) == 0);
    }
    heard->wanted = LINES_MAX;
    return id;
}

static void a_watch_ends_once_at_every_stage(void) {
    for (int stage = 0; stage < STAGES; stage++) {
        for (int end = 0; end < ENDS; end++) {
            loop_t *loop = new_loop();
            heard_t heard;
            make_root(temp());
            int64_t id = to_stage(loop, stage, &heard);
            CHECK_CODE(end == CANCEL  ? loop_cancel(loop, id)
                       : end == CLEAR ? loop_clear(loop, id)
                                      : loop_close(loop),
                       LOOP_OK);
            CHECK_INT(loop_run_for(loop, LOOP_RUN_DEFAULT, FAR), 0);
            CHECK_INT(heard.finals, end == CLEAR ? 0 : 1);
            if (end != CLEAR)
                CHECK_STR(heard.lines[heard.count - 1], "LOOP_ECANCELED");
            int told = heard.count;
            create("late");
            finish(loop);
            CHECK_INT(heard.count, told);
        }
    }
}

/* ---- More than anybody takes ------------------------------------------------------------------ */

static int queued_most(void) {
    char text[32] = "";
    int fd = open("/proc/sys/fs/inotify/max_queued_events", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        CHECK(read(fd, text, sizeof text - 1) > 0);
        close(fd);
    }
    return atoi(text);
}

typedef struct slow {
    int64_t id;
    int files, created, lost, after;
} slow_t;

static void create_as(const char *name) {
    if (mknod(at(name), S_IFREG | 0600, 0) != 0)
        harness_fail(__FILE__, __LINE__, "mknod %s: %s", at(name), strerror(errno));
}

CB(take_slowly) {
    slow_t *slow = user;
    if (ev->num == LOOP_WATCH_READY) {
        for (int i = 0; i < slow->files; i++) { /* nobody takes changes meanwhile */
            char name[16];
            snprintf(name, sizeof name, "%d", i);
            create_as(name);
        }
    } else if (ev->num == LOOP_WATCH_CREATED && strncmp(ev->data, "after", 5) == 0) {
        slow->after++;
        CHECK_CODE(loop_clear(loop, slow->id), LOOP_OK);
    } else if (ev->num == LOOP_WATCH_CREATED) {
        slow->created++;
    } else if (CHECK_INT(ev->num, LOOP_WATCH_OVERFLOW)) {
        char name[16]; /* the file after one loss may fall into the next */
        snprintf(name, sizeof name, "after%d", slow->lost++);
        create_as(name);
    }
}

static void who_is_slow_is_told_of_the_loss_and_of_all_that_follows(void) {
    slow_t slow;
    memset(&slow, 0, sizeof slow);
    slow.files = queued_most() + 40000; /* more than all queues together have room for */
    if (slow.files > 1000000)
        SKIP("the system's queue is very long");
    loop_t *loop = new_loop();
    make_root(access("/dev/shm", W_OK) == 0 ? "/dev/shm" : temp());
    slow.id = loop_watch_path(loop, root, 0, take_slowly, &slow);
    CHECK_ID(slow.id);
    CHECK_INT(loop_run_for(loop, LOOP_RUN_DEFAULT, FAR), 0);
    CHECK(slow.lost > 0);
    CHECK_INT(slow.after, 1);
    CHECK(slow.created > 0 && slow.created < slow.files);
    finish(loop);
}

/* ---- Many on one ------------------------------------------------------------------------------ */

#define WATCHES 300

typedef struct crowd {
    int ready, created, finals;
    int wanted; /* the loop stops when so many changes are told */
} crowd_t;

CB(in_a_crowd) {
    crowd_t *crowd = user;
    crowd->ready += ev->num == LOOP_WATCH_READY;
    crowd->created += ev->num == LOOP_WATCH_CREATED;
    crowd->finals += (ev->flags & LOOP_EV_MORE) == 0;
    if (ev->status == 0 && crowd->ready + crowd->created == crowd->wanted)
        CHECK_CODE(loop_stop(loop), LOOP_OK);
}

static void very_many_watches_on_one_folder_are_each_told(void) {
    loop_t *loop = new_loop();
    crowd_t crowd;
    int64_t ids[WATCHES];
    memset(&crowd, 0, sizeof crowd);
    crowd.wanted = WATCHES;
    make_root(temp());
    for (int i = 0; i < WATCHES; i++) {
        ids[i] = loop_watch_path(loop, root, (uint32_t)(i % 2), in_a_crowd, &crowd);
        CHECK_ID(ids[i]);
    }
    CHECK(loop_run_for(loop, LOOP_RUN_DEFAULT, FAR) >= 0);
    CHECK_INT(crowd.ready, WATCHES);
    crowd.wanted += WATCHES;
    create("a");
    CHECK(loop_run_for(loop, LOOP_RUN_DEFAULT, FAR) >= 0);
    CHECK_INT(crowd.created, WATCHES);
    for (int i = 0; i < WATCHES; i++)
        CHECK_CODE(loop_cancel(loop, ids[i]), LOOP_OK);
    CHECK_INT(loop_run_for(loop, LOOP_RUN_DEFAULT, FAR), 0);
    CHECK_INT(crowd.finals, WATCHES);
    finish(loop);
}

/* ---- Names, permission, children -------------------------------------------------------------- */

static void names_are_any_bytes(void) {
    loop_t *loop = new_loop();
    heard_t heard;
    make_root(temp());
    start(loop, root, LOOP_WATCH_RECURSIVE, &heard);
    for (int c = 1; c < 256; c++) {
        char name[4] = {(char)c, 'x', (char)c, '\0'}, line[32];
        const char *lines[] = {line};
        if (c == '/')
            continue;
        snprintf(line, sizeof line, "created %s", name);
        create(name);
        expect(loop, &heard, 1, lines);
    }
    finish(loop);
}

/* Gives only this thread, and those it starts, another user; the kernel's call does no more. */
static void become(unsigned uid) {
    CHECK(syscall(SYS_setresuid, -1, uid, -1) == 0);
}

static void *watch_as_nobody(void *arg) {
    heard_t heard;
    int is_root = geteuid() == 0;
    (void)arg;
    memset(&heard, 0, sizeof heard);
    make_root(temp());
    CHECK(mkdir(at("open"), 0700) == 0 && mkdir(at("closed"), 0700) == 0);
    CHECK(mkdir(at("closed/sub"), 0700) == 0);
    CHECK(chmod(root, 0755) == 0 && chmod(at("open"), 0755) == 0);
    CHECK(chmod(at("closed/sub"), 0755) == 0 && chmod(at("closed"), is_root ? 0700 : 0) == 0);
    if (is_root)
        become(65534);
    loop_t *loop = new_loop();
    heard.wanted = 1;
    CHECK_ID(loop_watch_path(loop, at("closed"), 0, hear, &heard));
    EXPECT(&heard, "LOOP_EACCES");
    CHECK_ID(loop_watch_path(loop, at("closed/sub"), 0, hear, &heard));
    EXPECT(&heard, "LOOP_EACCES");
    CHECK_ID(loop_watch_path(loop, root, LOOP_WATCH_RECURSIVE, hear, &heard));
    EXPECT(&heard, "unwatched closed/", "ready ");
    if (is_root)
        become(0);
    CHECK(chmod(at("closed"), 0755) == 0);
    EXPECT(&heard, "attributes closed/", "created closed/sub/");
    create("closed/sub/f");
    EXPECT(&heard, "created closed/sub/f");
    finish(loop);
    return NULL;
}

static void a_folder_without_permission_is_told_and_watched_when_it_may_be(void) {
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, watch_as_nobody, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
}

static void a_forked_child_takes_no_changes_away(void) {
    loop_t *loop = new_loop();
    heard_t heard;
    int go[2], status = -1;
    CHECK(pipe2(go, O_CLOEXEC) == 0);
    make_root(temp());
    start(loop, root, 0, &heard);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        char byte;
        alarm(60);
        close(go[1]);
        int refused = loop_watch_path(loop, root, 0, hear, &heard) == LOOP_EFORK &&
                      loop_run(loop, LOOP_RUN_NOWAIT) == LOOP_EFORK;
        while (read(go[0], &byte, 1) < 0 && errno == EINTR) {
        }
        _exit(refused ? 0 : 1);
    }
    create("a");
    EXPECT(&heard, "created a");
    close(go[1]);
    close(go[0]);
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    create("b");
    EXPECT(&heard, "created b");
    finish(loop);
}

/* ---- Traces ----------------------------------------------------------------------------------- */

static void on_record(const loop_trace_t *record, void *user) {
    (void)user;
    if (record->kind == LOOP_TRACE_REGISTER)
        say("register");
    else if (record->kind == LOOP_TRACE_READY && record->id != 0)
        say("ready");
    else if (record->kind == LOOP_TRACE_EVENT)
        say("event");
    else
        return;
    say(record->label);
}

static void a_trace_tells_of_a_watch_under_its_label(void) {
    loop_t *loop = new_loop();
    heard_t heard;
    memset(&heard, 0, sizeof heard);
    make_root(temp());
    CHECK_CODE(loop_trace(loop, on_record, NULL), LOOP_OK);
    CHECK_CODE(loop_next_op(loop, 0, "eyes"), LOOP_OK);
    int64_t id = loop_watch_path(loop, root, 0, hear, &heard);
    EXPECT(&heard, "ready ");
    CHECK_SAID("register eyes ready eyes event eyes");
    create("a");
    EXPECT(&heard, "created a");
    CHECK_SAID("ready eyes event eyes");
    CHECK_CODE(loop_cancel(loop, id), LOOP_OK);
    EXPECT(&heard, "LOOP_ECANCELED");
    CHECK_SAID("event eyes");
    CHECK_CODE(loop_trace(loop, NULL, NULL), LOOP_OK);
    finish(loop);
}

TEST_MAIN(warm_up(), T(a_watch_ends_once_at_every_stage),
          T(who_is_slow_is_told_of_the_loss_and_of_all_that_follows),
          T(very_many_watches_on_one_folder_are_each_told), T(names_are_any_bytes),
          T(a_folder_without_permission_is_told_and_watched_when_it_may_be),
          T(a_forked_child_takes_no_changes_away), T(a_trace_tells_of_a_watch_under_its_label))
