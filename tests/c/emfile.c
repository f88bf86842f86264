/* SPDX-License-Identifier: MIT
 *
 * Out of descriptors: what needs one says so, everything else goes on, and nothing is lost when
 * there are some again.
 */
#include "loops.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>

static struct rlimit before;

/* From here on no descriptor can be opened, until give_descriptors. */
static void take_descriptors(void) {
    struct rlimit now;
    int lowest = open("/dev/null", O_RDONLY | O_CLOEXEC);
    CHECK_INT(getrlimit(RLIMIT_NOFILE, &before), 0);
    now = before;
    now.rlim_cur = (rlim_t)lowest;
    close(lowest);
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &now), 0);
    CHECK_INT(open("/dev/null", O_RDONLY | O_CLOEXEC), -1);
    CHECK_INT(errno, EMFILE);
}

static void give_descriptors(void) {
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void loop_new_says_emfile_and_works_again_later(void) {
    loop_t *loop = (loop_t *)&before;
    int fds = count_fds();
    take_descriptors();
    for (int i = 0; i < 100; i++)
        CHECK_CODE(loop_new(NULL, &loop), LOOP_EMFILE);
    CHECK(loop == (loop_t *)&before); /* outputs are written only on success */
    give_descriptors();
    CHECK_INT(count_fds(), fds);
    loop = new_loop();
    run_and_free(loop);
}

/* The same with room for some of a loop's descriptors but not for all. */
static void a_loop_that_is_made_in_part_leaks_none(void) {
    int fds = count_fds(), refused = 0;
    for (int room = 1; room < 4; room++) {
        int keep[4];
        loop_t *loop = NULL;
        for (int i = 0; i < room; i++)
            keep[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
        take_descriptors();
        for (int i = 0; i < room; i++)
            close(keep[i]);
        int64_t rc = loop_new(NULL, &loop);
        give_descriptors();
        refused += rc == LOOP_EMFILE;
        if (rc == 0)
            CHECK_CODE(loop_free(loop), LOOP_OK);
        else
            CHECK_CODE(rc, LOOP_EMFILE);
        CHECK_INT(count_fds(), fds);
    }
    printf("    %d of 3 were refused\n", refused);
}

static void loop_default_is_null_and_comes_later(void) {
    take_descriptors();
    CHECK(loop_default() == NULL);
    give_descriptors();
    loop_t *loop = loop_default();
    REQUIRE(loop != NULL);
    run_and_free(loop);
}

CB(read_byte) {
    char byte;
    CHECK_CODE(ev->status, LOOP_OK);
    CHECK_INT(read((int)(intptr_t)user, &byte, 1), 1);
    CHECK_CODE(loop_clear(loop, (int64_t)ev->id), LOOP_OK);
}

CB(write_byte) {
    UNUSED;
    CHECK_INT(write((int)(intptr_t)user, "x", 1), 1);
}

static void timers_jobs_posts_and_descriptors_go_on(void) {
    int fds[2], events = 0;
    loop_t *loop = new_loop();
    CHECK_INT(pipe2(fds, O_CLOEXEC), 0);
    take_descriptors();
    CHECK_ID(loop_set_timeout(loop, MS, count_event, &events));
    CHECK_ID(loop_work(loop, do_nothing, NULL, NULL, count_event, &events));
    CHECK_CODE(loop_post(loop, 1, count_event, &events), LOOP_OK);
    CHECK_ID(loop_poll_fd(loop, fds[0], LOOP_READABLE, LOOP_POLL_LEVEL, read_byte,
                          (void *)(intptr_t)fds[0]));
    CHECK_ID(loop_set_timeout(loop, 2 * MS, write_byte, (void *)(intptr_t)fds[1]));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    give_descriptors();
    CHECK_INT(events, 3);
    CHECK_CODE(loop_free(loop), LOOP_OK);
    close(fds[0]);
    close(fds[1]);
}

/* ---- HTTP ------------------------------------------------------------------------------------ */

typedef struct server {
    int fd, port;
    pthread_t thread;
} server_t;

/* Answers one request. */
static void *serve(void *arg) {
    server_t *server = arg;
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n"
                                 "\r\nok";
    char text[4096];
    struct pollfd waits = {server->fd, POLLIN, 0};
    CHECK_INT(poll(&waits, 1, -1), 1); /* accept takes a descriptor before it waits */
    int fd = accept(server->fd, NULL, NULL);
    if (CHECK(fd >= 0)) {
        CHECK(read(fd, text, sizeof text) > 0);
        CHECK_INT(write(fd, answer, sizeof answer - 1), sizeof answer - 1);
        close(fd);
    }
    return NULL;
}

static void start_server(server_t *server) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_INT(bind(server->fd, (struct sockaddr *)&address, sizeof address), 0);
    CHECK_INT(listen(server->fd, 8), 0);
    CHECK_INT(getsockname(server->fd, (struct sockaddr *)&address, &len), 0);
    server->port = ntohs(address.sin_port);
    CHECK_INT(pthread_create(&server->thread, NULL, serve, server), 0);
}

typedef struct answer {
    int n, status_code;
    int32_t status;
    uint64_t os_errno;
} answer_t;

CB(on_answer) {
    answer_t *answer = user;
    UNUSED;
    answer->n++;
    answer->status = ev->status;
    answer->os_errno = ev->status < 0 ? ev->aux : 0;
    answer->status_code = ev->status == 0 ? (int)ev->num : 0;
}

static void a_request_says_emfile_and_works_again_later(void) {
    server_t server;
    answer_t answer = {0, 0, 0, 0};
    char url[64];
    loop_t *loop = new_loop();
    start_server(&server);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", server.port);
    take_descriptors();
    CHECK_ID(loop_http_get(loop, url, on_answer, &answer));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(answer.n, 1);
    CHECK_CODE(answer.status, LOOP_EMFILE);
    CHECK_INT(answer.os_errno, EMFILE);
    give_descriptors();
    CHECK_ID(loop_http_get(loop, url, on_answer, &answer));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(answer.n, 2);
    CHECK_CODE(answer.status, LOOP_OK);
    CHECK_INT(answer.status_code, 200);
    pthread_join(server.thread, NULL);
    close(server.fd);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

TEST_MAIN(warm_up(), T(loop_new_says_emfile_and_works_again_later),
          T(a_loop_that_is_made_in_part_leaks_none), T(loop_default_is_null_and_comes_later),
          T(timers_jobs_posts_and_descriptors_go_on),
          T(a_request_says_emfile_and_works_again_later))
