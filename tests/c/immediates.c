/* SPDX-License-Identifier: MIT
 *
 * Long chains of immediates, each started by the one before. The passes between them are made
 * without a look at most other things, and still nothing that has come is passed over.
 */
#include "loops.h"
#include "said.h"

#include <pthread.h>
#include <sys/eventfd.h>

enum { LINKS = 1000 };

typedef struct chain {
    int left, done;
    int pending;     /* something was started that has to come before the next link */
    int passed_over; /* it did not */
    int fd;
    int64_t last_now;
    void (*before)(loop_t *loop, struct chain *chain);
} chain_t;

CB(come) {
    UNUSED;
    ((chain_t *)user)->pending = 0;
}

CB(link_of_chain) {
    chain_t *chain = user;
    (void)ev;
    chain->done++;
    chain->passed_over += chain->pending;
    int64_t now = loop_now(loop);
    CHECK(now >= chain->last_now);
    chain->last_now = now;
    if (chain->before != NULL)
        chain->before(loop, chain);
    if (--chain->left > 0)
        CHECK_ID(loop_set_immediate(loop, link_of_chain, chain));
}

/* A loop with the first link of a chain of so many. */
static loop_t *start_chain(chain_t *chain, int links) {
    loop_t *loop = new_loop();
    chain->left = links;
    CHECK_ID(loop_set_immediate(loop, link_of_chain, chain));
    return loop;
}

/* Runs a chain; what is done in each link is done by `before`. */
static void run_chain(chain_t *chain, int want) {
    run_and_free(start_chain(chain, LINKS));
    CHECK_INT(chain->done, want);
    CHECK_INT(chain->passed_over, 0);
}

static void post_now_and_then(loop_t *loop, chain_t *chain) {
    if (chain->left % 7 == 0) {
        chain->pending = 1;
        CHECK_CODE(loop_post(loop, 0, come, chain), LOOP_OK);
    }
}

static void a_post_of_an_immediate_comes_before_the_next_one(void) {
    run_chain(&(chain_t){.before = post_now_and_then}, LINKS);
}

static void start_a_timer_now_and_then(loop_t *loop, chain_t *chain) {
    if (chain->left % 7 == 0) {
        chain->pending = 1;
        CHECK_ID(loop_set_timeout(loop, 0, come, chain));
    }
}

static void a_timer_that_is_due_comes_before_the_next_immediate(void) {
    run_chain(&(chain_t){.before = start_a_timer_now_and_then}, LINKS);
}

static void start_a_check_watcher(loop_t *loop, chain_t *chain) {
    if (chain->left == LINKS / 2)
        CHECK_ID(loop_start_check(loop, come, chain));
    chain->pending = chain->left < LINKS / 2 && chain->left > 1;
    if (chain->left == 1)
        CHECK_CODE(loop_close(loop), LOOP_OK);
}

static void a_check_watcher_runs_after_each_immediate(void) {
    chain_t chain = {.before = start_a_check_watcher};
    loop_t *loop = start_chain(&chain, LINKS);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(chain.done, LINKS);
    CHECK_INT(chain.passed_over, 0);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

CB(end_chain) {
    UNUSED;
    ((chain_t *)user)->left = 1;
}

/* Runs a chain without an end, in whose first link something is started that ends it. */
static void run_until_ended(chain_t *chain) {
    loop_t *loop = start_chain(chain, INT32_MAX);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK(chain->done > 1);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

enum { DELAY_NS = 3000000 };
static int64_t begun;

CB(end_chain_by_timer) {
    UNUSED;
    CHECK(loop_now(loop) - begun >= DELAY_NS);
    ((chain_t *)user)->left = 1;
}

static void start_the_last_timer(loop_t *loop, chain_t *chain) {
    if (chain->done == 1) {
        begun = loop_now(loop);
        CHECK_ID(loop_set_timeout(loop, DELAY_NS, end_chain_by_timer, chain));
    }
}

static void a_timer_ends_a_chain_without_an_end_and_not_early(void) {
    run_until_ended(&(chain_t){.before = start_the_last_timer});
}

static void start_a_job(loop_t *loop, chain_t *chain) {
    if (chain->done == 1)
        CHECK_ID(loop_work(loop, do_nothing, NULL, NULL, end_chain, chain));
}

static void a_job_that_ends_is_told_in_a_chain_without_an_end(void) {
    run_until_ended(&(chain_t){.before = start_a_job});
}

typedef struct poster {
    loop_t *loop;
    chain_t *chain;
    pthread_t thread;
} poster_t;

static poster_t poster;

static void *post_the_end(void *unused) {
    (void)unused;
    CHECK_CODE(loop_post(poster.loop, 0, end_chain, poster.chain), LOOP_OK);
    return NULL;
}

static void start_a_poster(loop_t *loop, chain_t *chain) {
    if (chain->done == 1) {
        poster.loop = loop;
        poster.chain = chain;
        CHECK_INT(pthread_create(&poster.thread, NULL, post_the_end, NULL), 0);
    }
}

static void a_post_of_another_thread_comes_in_a_chain_without_an_end(void) {
    run_until_ended(&(chain_t){.before = start_a_poster});
    pthread_join(poster.thread, NULL);
}

CB(readable) {
    chain_t *chain = user;
    eventfd_t value;
    CHECK_INT(ev->num & LOOP_READABLE, LOOP_READABLE);
    CHECK_INT(eventfd_read(chain->fd, &value), 0);
    chain->pending = 0;
    if (chain->left <= 20)
        CHECK_CODE(loop_clear(loop, (int64_t)ev->id), LOOP_OK);
}

static void make_readable(loop_t *loop, chain_t *chain) {
    (void)loop;
    if (chain->left % 100 == 20) {
        CHECK_INT(eventfd_write(chain->fd, 1), 0);
        chain->pending = 1;
    }
}

/* Busy passes look at descriptors after 16 without a look at most. */
static void a_descriptor_is_looked_at_every_17_passes(void) {
    chain_t chain = {.before = make_readable, .fd = eventfd(0, EFD_NONBLOCK)};
    loop_t *loop = start_chain(&chain, LINKS);
    CHECK_ID(loop_poll_fd(loop, chain.fd, LOOP_READABLE, LOOP_POLL_LEVEL, readable, &chain));
    run_and_free(loop);
    CHECK_INT(chain.done, LINKS);
    CHECK(chain.passed_over <= LINKS / 100 * 17);
    CHECK_INT(chain.pending, 0);
    close(chain.fd);
}

static void look_at_the_passes(loop_t *loop, chain_t *chain) {
    loop_stats_t stats = LOOP_STATS_INIT;
    if (chain->done % 10 == 0) {
        CHECK_CODE(loop_stats(loop, &stats), LOOP_OK);
        CHECK_INT((int64_t)stats.passes, chain->done);
    }
}

static void each_link_is_a_pass_of_the_statistics(void) {
    run_chain(&(chain_t){.before = look_at_the_passes}, LINKS);
}

static void unreference_the_next(loop_t *loop, chain_t *chain) {
    if (chain->left == LINKS / 2) {
        int64_t next = loop_set_immediate(loop, link_of_chain, chain);
        CHECK_ID(next);
        CHECK_CODE(loop_unref(loop, next), LOOP_OK);
        chain->left = 1; /* no other is started */
    }
}

static void an_immediate_that_nobody_waits_for_ends_the_run(void) {
    chain_t chain = {.before = unreference_the_next};
    loop_t *loop = start_chain(&chain, LINKS);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(chain.done, LINKS / 2 + 1);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

static void stop_in_the_middle(loop_t *loop, chain_t *chain) {
    if (chain->left == LINKS / 2)
        CHECK_CODE(loop_stop(loop), LOOP_OK);
}

static void a_chain_that_was_stopped_goes_on_pass_by_pass(void) {
    chain_t chain = {.before = stop_in_the_middle};
    loop_t *loop = start_chain(&chain, LINKS);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 1);
    CHECK_INT(chain.done, LINKS / 2 + 1);
    for (int i = 0; i < 40; i++) /* the first one ends the pass in which it was stopped */
        CHECK_INT(loop_run(loop, LOOP_RUN_ONCE), 1);
    CHECK_INT(chain.done, LINKS / 2 + 40);
    CHECK_INT(loop_run(loop, LOOP_RUN_NOWAIT), 1);
    CHECK_INT(chain.done, LINKS / 2 + 41);
    run_and_free(loop);
    CHECK_INT(chain.done, LINKS);
}

TEST_MAIN(warm_up(), T(a_post_of_an_immediate_comes_before_the_next_one),
          T(a_timer_that_is_due_comes_before_the_next_immediate),
          T(a_check_watcher_runs_after_each_immediate),
          T(a_timer_ends_a_chain_without_an_end_and_not_early),
          T(a_job_that_ends_is_told_in_a_chain_without_an_end),
          T(a_post_of_another_thread_comes_in_a_chain_without_an_end),
          T(a_descriptor_is_looked_at_every_17_passes), T(each_link_is_a_pass_of_the_statistics),
          T(an_immediate_that_nobody_waits_for_ends_the_run),
          T(a_chain_that_was_stopped_goes_on_pass_by_pass))
