/* SPDX-License-Identifier: MIT
 *
 * Pipes, FIFOs, files and devices as streams, over both backends.
 */
#include "net_rig.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

static int is_blocking(int fd) {
    return (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0;
}

static void a_pipe_carries_bytes_and_its_end(void) {
    for
        BOTH_BACKENDS {
            int32_t fds[2];
            voice_t from = {0}, to = {0};
            loop_t *loop = loop_over(backends[b]);
            CHECK_CODE(loop_pipe(fds), LOOP_OK);
            CHECK(!is_blocking(fds[0]) && !is_blocking(fds[1]));
            CHECK((fcntl(fds[0], F_GETFD) & fcntl(fds[1], F_GETFD) & FD_CLOEXEC) != 0);
            int64_t reader = loop_adopt(loop, fds[0], 0, hear, &from);
            int64_t writer = loop_adopt(loop, fds[1], 0, hear, &to);
            CHECK_INT(loop_net_type(loop, reader), LOOP_NET_PIPE);
            CHECK_CODE(loop_read_start(loop, reader, hear, &from), LOOP_OK);
            CHECK_CODE(loop_send(loop, writer, "hello", 5), LOOP_OK);
            run_until(loop, &from, 2);
            CHECK_CODE(loop_end(loop, writer), LOOP_OK);
            run_and_free(loop);
            CHECK_STR(from.said, "ode.");
            CHECK_STR(from.data, "hello");
            CHECK_STR(to.said, "o.");
        }
}

static void each_end_refuses_the_other_direction_by_name(void) {
    for
        BOTH_BACKENDS {
            int32_t fds[2];
            voice_t from = {0}, to = {0};
            loop_t *loop = loop_over(backends[b]);
            CHECK_CODE(loop_pipe(fds), LOOP_OK);
            int64_t reader = loop_adopt(loop, fds[0], 0, hear, &from);
            int64_t writer = loop_adopt(loop, fds[1], LOOP_NET_KEEP, hear, &to);
            loop_buf_t piece = {"x", 1};
            CHECK_CODE(loop_send(loop, reader, "x", 1), LOOP_EBADF);
            CHECK_CODE(loop_write(loop, reader, "x", 1, hear, &from), LOOP_EBADF);
            CHECK_CODE(loop_write_borrowed(loop, reader, "x", 1, hear, &from), LOOP_EBADF);
            CHECK_CODE(loop_writev(loop, reader, &piece, 1, hear, &from), LOOP_EBADF);
            CHECK_CODE(loop_writev_borrowed(loop, reader, &piece, 1, hear, &from), LOOP_EBADF);
            CHECK_CODE(loop_read_start(loop, writer, hear, &to), LOOP_EBADF);
            CHECK_CODE(loop_read_once(loop, writer, 1, hear, &to), LOOP_EBADF);
            CHECK_CODE(loop_read_exact(loop, writer, 1, hear, &to), LOOP_EBADF);
            CHECK_CODE(loop_net_close(loop, reader), LOOP_OK);
            CHECK_CODE(loop_net_close(loop, writer), LOOP_OK);
            run_and_free(loop);
            CHECK_INT(close(fds[1]), 0);
        }
}

static void on_signal(int sig) {
    (void)sig;
    harness_fail(__FILE__, __LINE__, "SIGPIPE was delivered");
}

static void no_signal_comes_when_the_reader_goes(void) {
    for
        BOTH_BACKENDS {
            for (int how = 0; how < 4; how++) {
                int32_t fds[2];
                voice_t to = {0};
                sigset_t pipe_set, was, pending;
                struct sigaction old, action = {.sa_handler = how == 1 ? on_signal : SIG_DFL};
                loop_t *loop = loop_over(backends[b]);
                sigaction(SIGPIPE, how < 3 ? &action : NULL, &old);
                sigemptyset(&pipe_set);
                sigaddset(&pipe_set, SIGPIPE);
                pthread_sigmask(how == 2 ? SIG_BLOCK : SIG_UNBLOCK, &pipe_set, &was);
                CHECK_CODE(loop_pipe(fds), LOOP_OK);
                int64_t writer = loop_adopt(loop, fds[1], 0, hear, &to);
                run_until(loop, &to, 1);
                close(fds[0]);
                CHECK_CODE(loop_send(loop, writer, "nobody", 6), LOOP_OK);
                run_and_free(loop);
                CHECK_STR(to.said, "ox");
                CHECK_CODE(to.status, LOOP_EPIPE);
                CHECK_STR(to.text, "write pipe");
                sigpending(&pending);
                CHECK(!sigismember(&pending, SIGPIPE));
                sigaction(SIGPIPE, &old, NULL);
                pthread_sigmask(SIG_SETMASK, &was, NULL);
            }
        }
}

static void a_writer_is_told_when_the_last_reader_goes(void) {
    for
        BOTH_BACKENDS {
            int32_t fds[2];
            voice_t to = {0};
            loop_t *loop = loop_over(backends[b]);
            CHECK_CODE(loop_pipe(fds), LOOP_OK);
            CHECK_ID(loop_adopt(loop, fds[1], 0, hear, &to));
            run_until(loop, &to, 1);
            close(fds[0]);
            run_and_free(loop);
            CHECK_STR(to.said, "ox");
            CHECK_CODE(to.status, LOOP_EPIPE);
        }
}

static void a_kept_descriptor_stays_the_hosts(void) {
    for
        BOTH_BACKENDS {
            int fds[2], pair[2];
            char byte = 0;
            voice_t to = {0}, two = {0};
            loop_t *loop = loop_over(backends[b]);
            REQUIRE(pipe2(fds, O_CLOEXEC) == 0);
            REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
            int64_t writer = loop_adopt(loop, fds[1], LOOP_NET_KEEP, hear, &to);
            int64_t stream = loop_adopt(loop, pair[0], LOOP_NET_KEEP, hear, &two);
            CHECK_CODE(loop_send(loop, writer, "a", 1), LOOP_OK);
            CHECK_CODE(loop_send(loop, stream, "b", 1), LOOP_OK);
            run_until(loop, &two, 1);
            CHECK(is_blocking(fds[1]));
            CHECK_INT(loop_net_type(loop, stream), LOOP_NET_UNIX);
            CHECK_CODE(loop_net_close(loop, writer), LOOP_OK);
            CHECK_CODE(loop_net_close(loop, stream), LOOP_OK);
            run_and_free(loop);
            CHECK(is_blocking(fds[1]) && is_blocking(pair[0]));
            CHECK(read(fds[0], &byte, 1) == 1 && byte == 'a');
            CHECK(read(pair[1], &byte, 1) == 1 && byte == 'b');
            CHECK(write(fds[1], "c", 1) == 1 && write(pair[0], "d", 1) == 1);
            for (int i = 0; i < 2; i++) {
                close(fds[i]);
                close(pair[i]);
            }
        }
}

static void a_file_at_the_limit_of_the_process_ends_without_a_signal(void) {
    for
        BOTH_BACKENDS {
            char path[] = "/tmp/loop-limit-XXXXXX";
            struct rlimit was, small;
            voice_t v = {0};
            loop_t *loop = loop_over(backends[b]);
            int fd = mkostemp(path, O_CLOEXEC);
            REQUIRE(fd >= 0 && getrlimit(RLIMIT_FSIZE, &was) == 0);
            small = was;
            small.rlim_cur = 1;
            int64_t id = loop_adopt(loop, fd, 0, hear, &v);
            run_until(loop, &v, 1);
            setrlimit(RLIMIT_FSIZE, &small);
            CHECK_CODE(loop_send(loop, id, "xyz", 3), LOOP_OK);
            run_until(loop, &v, 2);
            setrlimit(RLIMIT_FSIZE, &was);
            run_and_free(loop);
            CHECK_STR(v.said, "ox");
            CHECK_CODE(v.status, LOOP_EFBIG);
            CHECK_STR(v.text, "write file");
            unlink(path);
        }
}

static void without_descriptors_keeping_one_fails_by_name(void) {
    struct rlimit was, none;
    int32_t fds[2], more[2] = {-7, -7};
    voice_t v = {0};
    loop_t *loop = loop_over(LOOP_BACKEND_AUTO);
    CHECK_CODE(loop_pipe(fds), LOOP_OK);
    REQUIRE(getrlimit(RLIMIT_NOFILE, &was) == 0);
    none = was;
    none.rlim_cur = (rlim_t)fds[1] + 1;
    int64_t id = loop_adopt(loop, fds[0], LOOP_NET_KEEP, hear, &v);
    setrlimit(RLIMIT_NOFILE, &none);
    int fillers[64], n = 0;
    while (n < 64 && (fillers[n] = dup(fds[0])) >= 0)
        n++;
    CHECK_CODE(loop_pipe(more), LOOP_EMFILE);
    CHECK_CODE(loop_socketpair(LOOP_NET_UNIX, more), LOOP_EMFILE);
    CHECK_INT(more[0], -7);
    CHECK_ID(id);
    run_until(loop, &v, 1);
    setrlimit(RLIMIT_NOFILE, &was);
    while (n > 0)
        close(fillers[--n]);
    CHECK_STR(v.said, "x");
    CHECK_CODE(v.status, LOOP_EMFILE);
    run_and_free(loop);
    CHECK(fcntl(fds[0], F_GETFD) >= 0);
    close(fds[0]);
    close(fds[1]);
}

static void what_is_no_socket_has_no_address_and_no_options(void) {
    loop_address_t at;
    int64_t value;
    int32_t fds[2];
    voice_t from = {0};
    loop_t *loop = loop_over(LOOP_BACKEND_AUTO);
    CHECK_CODE(loop_pipe(fds), LOOP_OK);
    int64_t reader = loop_adopt(loop, fds[0], 0, hear, &from);
    CHECK_CODE(loop_local_address(loop, reader, &at), LOOP_ENOTSUP);
    CHECK_CODE(loop_peer_address(loop, reader, &at), LOOP_ENOTSUP);
    CHECK_CODE(loop_net_set(loop, reader, LOOP_NET_OPT_RCVBUF, 4096), LOOP_ENOTSUP);
    CHECK_CODE(loop_net_get(loop, reader, LOOP_NET_OPT_RCVBUF, &value), LOOP_ENOTSUP);
    close(fds[1]);
    CHECK_CODE(loop_clear(loop, reader), LOOP_OK);
    run_and_free(loop);
}

static void pairs_of_sockets_are_connected(void) {
    int32_t fds[2] = {-7, -7};
    char text[8] = "";
    CHECK_CODE(loop_socketpair(LOOP_NET_TCP, fds), LOOP_EINVAL);
    CHECK_CODE(loop_socketpair(LOOP_NET_UNIX, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_pipe(NULL), LOOP_EINVAL);
    CHECK_INT(fds[0], -7);
    CHECK_CODE(loop_socketpair(LOOP_NET_UNIX, fds), LOOP_OK);
    CHECK(!is_blocking(fds[0]) && !is_blocking(fds[1]));
    CHECK_INT(write(fds[0], "to", 2), 2);
    CHECK_INT(read(fds[1], text, sizeof text), 2);
    CHECK_INT(write(fds[1], "fro", 3), 3);
    CHECK_INT(read(fds[0], text, sizeof text), 3);
    close(fds[0]);
    close(fds[1]);
}

static void a_flag_or_descriptor_that_is_none_is_refused(void) {
    voice_t v = {0};
    loop_net_t request = LOOP_NET_INIT;
    loop_t *loop = loop_over(LOOP_BACKEND_AUTO);
    CHECK_CODE(loop_adopt(loop, -1, 0, hear, &v), LOOP_EINVAL);
    CHECK_CODE(loop_adopt(loop, 0, LOOP_NET_V6ONLY, hear, &v), LOOP_EINVAL);
    CHECK_CODE(loop_adopt(loop, 0, 0x80000000u, hear, &v), LOOP_EINVAL);
    CHECK_CODE(loop_adopt(loop, 0, LOOP_NET_KEEP, NULL, &v), LOOP_EINVAL);
    request.what = LOOP_NET_LISTEN;
    request.type = LOOP_NET_TCP;
    request.flags = LOOP_NET_KEEP;
    CHECK_CODE(loop_net(loop, &request, hear, &v), LOOP_EINVAL);
    CHECK_CODE(loop_net_type(loop, 12345), LOOP_EBADID);
    run_and_free(loop);
}

TEST_MAIN(warm_up(), T(a_pipe_carries_bytes_and_its_end),
          T(each_end_refuses_the_other_direction_by_name), T(no_signal_comes_when_the_reader_goes),
          T(a_writer_is_told_when_the_last_reader_goes), T(a_kept_descriptor_stays_the_hosts),
          T(a_file_at_the_limit_of_the_process_ends_without_a_signal),
          T(without_descriptors_keeping_one_fails_by_name),
          T(what_is_no_socket_has_no_address_and_no_options), T(pairs_of_sockets_are_connected),
          T(a_flag_or_descriptor_that_is_none_is_refused))
