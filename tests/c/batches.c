/* SPDX-License-Identifier: MIT
 *
 * The size of the batch decides how many turns a phase takes, and nothing else.
 */
#include "loops.h"
#include "said.h"

#include <sys/eventfd.h>

static const uint32_t sizes[] = {1024, 1, 2, 3};
#define SIZES (sizeof sizes / sizeof sizes[0])

static loop_t *loop_with(uint32_t event_capacity) {
    loop_t *loop = NULL;
    loop_options_t options = LOOP_OPTIONS_INIT;
    options.event_capacity = event_capacity;
    CHECK_CODE(loop_new(&options, &loop), LOOP_OK);
    return loop;
}

static int started;

CB(start_immediate_once) {
    say_user(loop, ev, user);
    if (started++ == 0)
        CHECK_ID(loop_set_immediate(loop, say_user, "immediate"));
}

static void an_immediate_started_by_a_check_watcher_waits_for_the_next_pass(void) {
    for (size_t i = 0; i < SIZES; i++) {
        loop_t *loop = loop_with(sizes[i]);
        started = 0;
        CHECK_ID(loop_start_check(loop, start_immediate_once, "check1"));
        CHECK_ID(loop_start_check(loop, say_user, "check2"));
        CHECK_ID(loop_start_check(loop, say_user, "check3"));
        CHECK(loop_run(loop, LOOP_RUN_NOWAIT) >= 0);
        CHECK_SAID("check1 check2 check3");
        CHECK(loop_run(loop, LOOP_RUN_NOWAIT) >= 0);
        CHECK_SAID("immediate check1 check2 check3");
        CHECK_CODE(loop_free(loop), LOOP_OK);
        said[0] = '\0';
    }
}

static int64_t watchers[6];

/* Starts one more of the kind that it is, of which the first comes in the next pass. */
CB(start_another) {
    say_user(loop, ev, user);
    switch (ev->code) {
    case LOOP_OP_TIMER:
        CHECK_ID(loop_set_timeout(loop, 0, say_user, "timer+"));
        break;
    case LOOP_OP_POST:
        CHECK_CODE(loop_post(loop, 0, say_user, "post+"), LOOP_OK);
        break;
    case LOOP_OP_IMMEDIATE:
        CHECK_ID(loop_set_immediate(loop, say_user, "immediate+"));
        break;
    default:
        break;
    }
    CHECK_CODE(loop_queue_microtask(loop, say_user, "microtask"), LOOP_OK);
    CHECK_CODE(loop_next_tick(loop, say_user, "tick"), LOOP_OK);
}

CB(stop_watching) {
    UNUSED;
    say("cleared");
    for (size_t i = 0; i < sizeof watchers / sizeof watchers[0]; i++)
        SHOULD(loop_clear(loop, watchers[i]));
}

/* Two of everything; the second timer's next one clears the watchers. */
static void all_phases_go_on_where_a_full_batch_ended(void) {
    char first[sizeof said] = "";
    int fd = eventfd(1, EFD_CLOEXEC);
    for (size_t i = 0; i < SIZES; i++) {
        loop_t *loop = loop_with(sizes[i]);
        int64_t *watcher = watchers;
        for (int k = 0; k < 2; k++) {
            CHECK_ID(*watcher++ = loop_start_idle(loop, say_user, k ? "idle2" : "idle1"));
            CHECK_ID(*watcher++ = loop_start_prepare(loop, say_user, k ? "prepare2" : "prepare1"));
            CHECK_ID(*watcher++ = loop_start_check(loop, say_user, k ? "check2" : "check1"));
            CHECK_ID(loop_set_timeout(loop, 0, start_another, k ? "timer2" : "timer1"));
            CHECK_ID(loop_set_immediate(loop, start_another, k ? "immediate2" : "immediate1"));
            CHECK_CODE(loop_post(loop, 0, start_another, k ? "post2" : "post1"), LOOP_OK);
            CHECK_ID(loop_poll_fd(loop, fd, LOOP_READABLE, LOOP_POLL_ONESHOT, say_status,
                                  k ? "second" : "descriptor"));
        }
        CHECK_ID(loop_set_timer_at(loop, 0, say_user, "earliest"));
        CHECK(loop_run(loop, LOOP_RUN_NOWAIT) > 0);
        CHECK_ID(loop_set_immediate(loop, stop_watching, NULL));
        CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
        CHECK_CODE(loop_free(loop), LOOP_OK);
        if (i == 0) {
            strcpy(first, said);
            CHECK(strstr(first, "earliest timer1 tick microtask timer2 tick microtask "
                                "second!LOOP_EEXIST idle1 idle2 prepare1 prepare2 post1") == first);
        }
        CHECK_SAID(first);
    }
    close(fd);
}

TEST_MAIN(warm_up(), T(an_immediate_started_by_a_check_watcher_waits_for_the_next_pass),
          T(all_phases_go_on_where_a_full_batch_ended))
