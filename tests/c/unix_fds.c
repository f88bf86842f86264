/* SPDX-License-Identifier: MIT
 *
 * Descriptors that go over Unix streams, over both backends.
 */
#include "net_rig.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

enum { MANY = 253 };

/* What came to a stream: its descriptors, in their order. */
typedef struct taken {
    int fds[MANY + 8];
    int count;
} taken_t;

static void take(loop_t *loop, const loop_event_t *ev, voice_t *v) {
    taken_t *taken = v->with;
    (void)loop;
    if (!is_told(ev, LOOP_NET_FD))
        return;
    CHECK((ev->flags & LOOP_EV_FD) != 0);
    CHECK_INT(fcntl((int)ev->num, F_GETFD), FD_CLOEXEC);
    if (CHECK(taken->count < MANY + 8))
        taken->fds[taken->count++] = (int)ev->num;
}

/* Two streams of one loop; the second takes descriptors. */
typedef struct duo {
    loop_t *loop;
    voice_t from, to;
    taken_t taken;
    int before;
} duo_t;

static void duo_start(duo_t *duo, uint32_t backend) {
    int32_t fds[2];
    memset(duo, 0, sizeof *duo);
    duo->before = count_fds();
    duo->loop = loop_over(backend);
    duo->to.on = take;
    duo->to.with = &duo->taken;
    CHECK_CODE(loop_socketpair(LOOP_NET_UNIX, fds), LOOP_OK);
    duo->from.id = loop_adopt(duo->loop, fds[0], 0, hear, &duo->from);
    duo->to.id = loop_adopt(duo->loop, fds[1], LOOP_NET_FDS, hear, &duo->to);
    run_until(duo->loop, &duo->from, 1);
    run_until(duo->loop, &duo->to, 1);
    CHECK_CODE(loop_read_start(duo->loop, duo->to.id, hear, &duo->to), LOOP_OK);
}

/* Ends both and looks that no descriptor is left. */
static void duo_end(duo_t *duo) {
    for (int i = 0; i < duo->taken.count; i++)
        close(duo->taken.fds[i]);
    (void)loop_clear(duo->loop, duo->from.id);
    (void)loop_clear(duo->loop, duo->to.id);
    run_and_free(duo->loop);
    CHECK_INT(count_fds(), duo->before);
}

static void a_pipe_comes_with_its_bytes_and_is_adopted(void) {
    for
        BOTH_BACKENDS {
            duo_t duo;
            int32_t fds[2];
            voice_t reader = {0};
            duo_start(&duo, backends[b]);
            CHECK_CODE(loop_pipe(fds), LOOP_OK);
            CHECK_CODE(loop_send_fd(duo.loop, duo.from.id, fds[0], "a pipe", 6), LOOP_OK);
            close(fds[0]); /* at once */
            run_until(duo.loop, &duo.to, 3);
            CHECK_STR(duo.to.said, "oFd");
            CHECK_STR(duo.to.data, "a pipe");
            REQUIRE(duo.taken.count == 1);
            duo.taken.count = 0;
            int64_t id = loop_adopt(duo.loop, duo.taken.fds[0], 0, hear, &reader);
            CHECK_CODE(loop_read_start(duo.loop, id, hear, &reader), LOOP_OK);
            CHECK_INT(write(fds[1], "through", 7), 7);
            close(fds[1]);
            run_until(duo.loop, &reader, 4);
            CHECK_STR(reader.said, "ode.");
            CHECK_STR(reader.data, "through");
            duo_end(&duo);
        }
}

static void a_connection_is_handed_over_while_it_is_used(void) {
    for
        BOTH_BACKENDS {
            duo_t duo;
            rig_t rig;
            voice_t server = {0};
            duo_start(&duo, backends[b]);
            rig_start(&rig, backends[b]);
            int64_t listener = rig.listener.id;
            CHECK_CODE(loop_send(rig.loop, rig.client.id, "hello", 5), LOOP_OK);
            CHECK_CODE(loop_read_start(rig.loop, rig.client.id, hear, &rig.client), LOOP_OK);
            int fd = (int)loop_fileno(rig.loop, rig.server.id);
            CHECK_CODE(loop_send_fd(duo.loop, duo.from.id, fd, "x", 1), LOOP_OK);
            CHECK_CODE(loop_net_close(rig.loop, rig.server.id), LOOP_OK);
            run_until(duo.loop, &duo.to, 3);
            REQUIRE(duo.taken.count == 1);
            duo.taken.count = 0;
            int64_t id = loop_adopt(duo.loop, duo.taken.fds[0], 0, hear, &server);
            CHECK_CODE(loop_read_start(duo.loop, id, hear, &server), LOOP_OK);
            CHECK_CODE(loop_run(rig.loop, LOOP_RUN_NOWAIT) >= 0 ? 0 : -1, LOOP_OK);
            run_until(duo.loop, &server, 2);
            CHECK_STR(server.data, "hello");
            CHECK_CODE(loop_send(duo.loop, id, "world", 5), LOOP_OK);
            CHECK_CODE(loop_net_close(duo.loop, id), LOOP_OK);
            run_until(duo.loop, &server, 3);
            run_until(rig.loop, &rig.client, 3);
            CHECK_STR(rig.client.data, "world");
            rig.listener.id = listener; /* it heard the end of the stream, too */
            rig_end(&rig);
            duo_end(&duo);
        }
}

static void a_file_comes_as_the_same_open_file(void) {
    for
        BOTH_BACKENDS {
            duo_t duo;
            struct stat one, two;
            char path[] = "/tmp/loop-fds-XXXXXX";
            duo_start(&duo, backends[b]);
            int file = mkstemp(path);
            REQUIRE(file >= 0);
            CHECK_INT(fstat(file, &one), 0);
            CHECK_CODE(loop_send_fd(duo.loop, duo.from.id, file, "f", 1), LOOP_OK);
            run_until(duo.loop, &duo.to, 3);
            REQUIRE(duo.taken.count == 1);
            CHECK_INT(fstat(duo.taken.fds[0], &two), 0);
            CHECK(one.st_ino == two.st_ino && one.st_dev == two.st_dev);
            CHECK_INT(write(file, "abc", 3), 3);
            CHECK_INT(lseek(duo.taken.fds[0], 0, SEEK_CUR), 3);
            close(file);
            CHECK_INT(unlink(path), 0);
            duo_end(&duo);
        }
}

static void descriptors_keep_their_order_among_bytes(void) {
    for
        BOTH_BACKENDS {
            duo_t duo;
            struct stat want, got;
            int32_t fds[2];
            char expected[64] = "";
            duo_start(&duo, backends[b]);
            CHECK_CODE(loop_pipe(fds), LOOP_OK);
            for (int i = 0; i < 8; i++) {
                char text[16];
                snprintf(text, sizeof text, "%d,", i);
                strcat(expected, text);
                CHECK_CODE(i % 3 == 1 ? loop_send(duo.loop, duo.from.id, text, 2)
                                      : loop_send_fd(duo.loop, duo.from.id, fds[i % 2], text, 2),
                           LOOP_OK);
            }
            while (duo.to.bytes < 16)
                run_until(duo.loop, &duo.to, duo.to.count + 1);
            CHECK_STR(duo.to.data, expected);
            REQUIRE(duo.taken.count == 5); /* of 0, 2, 3, 5, 6 */
            static const int which[] = {0, 0, 1, 1, 0};
            for (int i = 0; i < 5; i++) {
                CHECK_INT(fstat(duo.taken.fds[i], &got), 0);
                CHECK_INT(fstat(fds[which[i]], &want), 0);
                CHECK_INT(fcntl(duo.taken.fds[i], F_GETFL) & O_ACCMODE,
                          fcntl(fds[which[i]], F_GETFL) & O_ACCMODE);
                CHECK(got.st_ino == want.st_ino);
            }
            close(fds[0]);
            close(fds[1]);
            duo_end(&duo);
        }
}

/* Sends many descriptors with one message, as no call of the library does. */
static void send_many(int fd, int what, int count) {
    static char control[CMSG_SPACE(sizeof(int) * MANY)];
    struct iovec piece = {"many", 4};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control};
    message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)count);
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)count);
    for (int i = 0; i < count; i++)
        memcpy(CMSG_DATA(head) + sizeof(int) * (size_t)i, &what, sizeof what);
    CHECK_INT(sendmsg(fd, &message, 0), 4);
}

static void as_many_as_one_message_has_come_one_by_one(void) {
    for
        BOTH_BACKENDS {
            duo_t duo;
            duo_start(&duo, backends[b]);
            send_many((int)loop_fileno(duo.loop, duo.from.id), 0, MANY);
            while (duo.to.bytes < 4)
                run_until(duo.loop, &duo.to, duo.to.count + 1);
            CHECK_INT(duo.taken.count, MANY);
            CHECK_STR(duo.to.data, "many");
            duo_end(&duo);
        }
}

static void what_was_not_told_is_closed_with_the_stream(void) {
    for
        BOTH_BACKENDS {
            for (int how = 0; how < 4; how++) {
                duo_t duo;
                duo_start(&duo, backends[b]);
                send_many((int)loop_fileno(duo.loop, duo.from.id), 0, MANY);
                while (duo.taken.count < 3)
                    run_until(duo.loop, &duo.to, duo.to.count + 1);
                CHECK_CODE(how == 0   ? loop_cancel(duo.loop, duo.to.id)
                           : how == 1 ? loop_clear(duo.loop, duo.to.id)
                           : how == 2 ? loop_net_reset(duo.loop, duo.to.id)
                                      : loop_close(duo.loop),
                           LOOP_OK);
                duo_end(&duo);
            }
        }
}

/* Ends its own stream with the first descriptor that comes: others are in the same batch. */
static void clear_with_the_first(loop_t *loop, const loop_event_t *ev, voice_t *v) {
    take(loop, ev, v);
    if (is_told(ev, LOOP_NET_FD))
        CHECK_CODE(loop_clear(loop, v->id), LOOP_OK);
}

static void events_of_a_stream_that_is_cleared_leave_no_descriptor(void) {
    for
        BOTH_BACKENDS {
            for (int accepted = 0; accepted < 2; accepted++) {
                char folder[] = "/tmp/loop-fds-XXXXXX", path[64];
                duo_t duo;
                voice_t listener = {0}, client = {0}, server = {0};
                duo_start(&duo, backends[b]);
                REQUIRE(mkdtemp(folder) != NULL);
                snprintf(path, sizeof path, "%s/socket", folder);
                loop_net_t request = LOOP_NET_INIT;
                request.what = LOOP_NET_LISTEN;
                request.type = LOOP_NET_UNIX;
                request.flags = LOOP_NET_FDS;
                request.host = path;
                int64_t id = loop_net(duo.loop, &request, hear, &listener);
                int64_t from = loop_unix_connect(duo.loop, path, hear, &client);
                run_until(duo.loop, &listener, 2);
                run_until(duo.loop, &client, 1);
                server.on = clear_with_the_first;
                server.with = &duo.taken;
                int64_t to = accepted ? listener.accepted : duo.to.id;
                CHECK_CODE(loop_read_start(duo.loop, to, hear, &server), LOOP_OK);
                send_many((int)loop_fileno(duo.loop, accepted ? from : duo.from.id), 0, 9);
                run_until(duo.loop, &server, 1);
                CHECK_INT(duo.taken.count, 1);
                (void)loop_clear(duo.loop, listener.accepted);
                (void)loop_clear(duo.loop, from);
                CHECK_CODE(loop_clear(duo.loop, id), LOOP_OK);
                duo_end(&duo);
                CHECK_INT(rmdir(folder), 0);
            }
        }
}

static void without_the_flag_bytes_come_and_descriptors_are_closed(void) {
    for
        BOTH_BACKENDS {
            duo_t duo;
            duo_start(&duo, backends[b]);
            CHECK_CODE(loop_read_start(duo.loop, duo.from.id, hear, &duo.from), LOOP_OK);
            CHECK_CODE(loop_send_fd(duo.loop, duo.to.id, 0, "bytes", 5), LOOP_OK);
            run_until(duo.loop, &duo.from, 2);
            CHECK_STR(duo.from.said, "od");
            CHECK_STR(duo.from.data, "bytes");
            duo_end(&duo);
        }
}

static void what_waits_is_closed_with_the_stream(void) {
    for
        BOTH_BACKENDS {
            static char much[1 << 20];
            duo_t duo;
            duo_start(&duo, backends[b]);
            CHECK_CODE(loop_pause(duo.loop, duo.to.id), LOOP_OK);
            CHECK_CODE(loop_send(duo.loop, duo.from.id, much, sizeof much), LOOP_OK);
            for (int i = 0; i < 5; i++)
                CHECK_CODE(loop_send_fd(duo.loop, duo.from.id, 0, "x", 1), LOOP_OK);
            CHECK(loop_queued(duo.loop, duo.from.id) > 5);
            CHECK_CODE(loop_cancel(duo.loop, duo.from.id), LOOP_OK);
            duo_end(&duo);
        }
}

static void what_waits_comes_in_its_order_when_there_is_room(void) {
    for
        BOTH_BACKENDS {
            static char much[1 << 20];
            duo_t duo;
            voice_t end = {0};
            duo_start(&duo, backends[b]);
            CHECK_CODE(loop_pause(duo.loop, duo.to.id), LOOP_OK);
            CHECK_CODE(loop_send(duo.loop, duo.from.id, much, sizeof much), LOOP_OK);
            CHECK_CODE(loop_send_fd(duo.loop, duo.from.id, 0, much, sizeof much), LOOP_OK);
            int64_t written = loop_write(duo.loop, duo.from.id, "end", 3, hear, &end);
            CHECK_ID(written);
            CHECK_CODE(loop_resume(duo.loop, duo.to.id), LOOP_OK);
            while (duo.to.bytes < 2 * sizeof much + 3)
                run_until(duo.loop, &duo.to, duo.to.count + 1);
            CHECK_INT(duo.to.bytes, 2 * sizeof much + 3);
            CHECK_INT(duo.taken.count, 1);
            duo_end(&duo);
        }
}

static void exact_reads_have_their_descriptors_first(void) {
    for
        BOTH_BACKENDS {
            duo_t duo;
            duo_start(&duo, backends[b]);
            CHECK_CODE(loop_read_exact(duo.loop, duo.to.id, 6, hear, &duo.to), LOOP_OK);
            CHECK_CODE(loop_send(duo.loop, duo.from.id, "abc", 3), LOOP_OK);
            CHECK_CODE(loop_send_fd(duo.loop, duo.from.id, 0, "defg", 4), LOOP_OK);
            run_until(duo.loop, &duo.to, 3);
            CHECK_STR(duo.to.said, "oFd");
            CHECK_STR(duo.to.data, "abcdef");
            CHECK_CODE(loop_read_once(duo.loop, duo.to.id, 9, hear, &duo.to), LOOP_OK);
            CHECK_CODE(loop_send_fd(duo.loop, duo.from.id, 0, "h", 1), LOOP_OK);
            run_until(duo.loop, &duo.to, 5);
            CHECK_STR(duo.to.said, "oFdFd"); /* "g" was sent before the descriptor */
            CHECK_STR(duo.to.data, "abcdefgh");
            duo_end(&duo);
        }
}

static void without_room_for_a_descriptor_that_is_said(void) {
    for
        BOTH_BACKENDS {
            duo_t duo;
            struct rlimit was, now;
            duo_start(&duo, backends[b]);
            int next = dup(0);
            close(next);
            send_many((int)loop_fileno(duo.loop, duo.from.id), 0, 3);
            REQUIRE(getrlimit(RLIMIT_NOFILE, &was) == 0);
            now = was;
            now.rlim_cur = (rlim_t)next + 1;
            REQUIRE(setrlimit(RLIMIT_NOFILE, &now) == 0);
            CHECK_CODE(loop_send_fd(duo.loop, duo.to.id, 0, "x", 1), LOOP_OK);
            run_until(duo.loop, &duo.to, 4);
            CHECK_STR(duo.to.said, "oFxd");
            CHECK_STR(duo.to.data, "many");
            CHECK_CODE(loop_send_fd(duo.loop, duo.to.id, 0, "x", 1), LOOP_EMFILE);
            REQUIRE(setrlimit(RLIMIT_NOFILE, &was) == 0);
            CHECK_CODE(loop_send_fd(duo.loop, duo.from.id, 0, "more", 4), LOOP_OK);
            run_until(duo.loop, &duo.to, 6);
            CHECK_STR(duo.to.said, "oFxdFd");
            CHECK_INT(duo.taken.count, 2);
            duo_end(&duo);
        }
}

static void only_unix_streams_take_descriptors(void) {
    for
        BOTH_BACKENDS {
            rig_t rig;
            int32_t fds[2], pair[2];
            voice_t pipe_end = {0}, wrong[3], dgram = {0};
            memset(wrong, 0, sizeof wrong);
            int before = count_fds();
            rig_start(&rig, backends[b]);
            CHECK_CODE(loop_send_fd(rig.loop, rig.client.id, 0, "x", 1), LOOP_ENOTSUP);
            CHECK_CODE(loop_pipe(fds), LOOP_OK);
            int64_t id = loop_adopt(rig.loop, fds[1], LOOP_NET_KEEP, hear, &pipe_end);
            CHECK_CODE(loop_send_fd(rig.loop, id, 0, "x", 1), LOOP_ENOTSUP);
            int64_t datagrams = loop_unix_dgram_bind(rig.loop, NULL, hear, &dgram);
            CHECK_CODE(loop_send_fd(rig.loop, datagrams, 0, "x", 1), LOOP_ENOTSUP);
            CHECK_CODE(loop_socketpair(LOOP_NET_UNIX_DGRAM, pair), LOOP_OK);
            int tcp = dup((int)loop_fileno(rig.loop, rig.client.id));
            CHECK_ID(loop_adopt(rig.loop, fds[0], LOOP_NET_FDS, hear, &wrong[0]));
            CHECK_ID(loop_adopt(rig.loop, pair[0], LOOP_NET_FDS, hear, &wrong[1]));
            CHECK_ID(loop_adopt(rig.loop, tcp, LOOP_NET_FDS, hear, &wrong[2]));
            for (int i = 0; i < 3; i++) {
                run_until(rig.loop, &wrong[i], 1);
                CHECK_STR(wrong[i].said, "x");
                CHECK_CODE(wrong[i].status, LOOP_ENOTSUP);
            }
            loop_net_t request = LOOP_NET_INIT;
            request.what = LOOP_NET_LISTEN;
            request.type = LOOP_NET_TCP;
            request.flags = LOOP_NET_FDS;
            CHECK_CODE(loop_net(rig.loop, &request, hear, &dgram), LOOP_EINVAL);
            int64_t live[] = {id, datagrams, rig.client.id, rig.server.id};
            for (int i = 0; i < 4; i++)
                CHECK_CODE(loop_clear(rig.loop, live[i]), LOOP_OK);
            close(fds[1]);
            close(pair[1]);
            rig_end(&rig);
            CHECK_INT(count_fds(), before);
        }
}

static void the_peer_of_a_unix_stream_says_who_it_is(void) {
    for
        BOTH_BACKENDS {
            duo_t duo;
            rig_t rig;
            loop_credentials_t who = {.size = sizeof who};
            duo_start(&duo, backends[b]);
            CHECK_CODE(loop_peer_credentials(duo.loop, duo.to.id, &who), LOOP_OK);
#ifdef __linux__
            CHECK_INT(who.pid, getpid());
#endif
            CHECK_INT(who.uid, geteuid());
            CHECK_INT(who.gid, getegid());
            CHECK_CODE(loop_peer_credentials(duo.loop, duo.to.id, NULL), LOOP_EINVAL);
            who.size = 4;
            CHECK_CODE(loop_peer_credentials(duo.loop, duo.to.id, &who), LOOP_EINVAL);
            who.size = sizeof who;
            CHECK_CODE(loop_peer_credentials(duo.loop, duo.to.id + 1000, &who), LOOP_EBADID);
            rig_start(&rig, backends[b]);
            CHECK_CODE(loop_peer_credentials(rig.loop, rig.client.id, &who), LOOP_ENOTSUP);
            (void)loop_clear(rig.loop, rig.client.id);
            (void)loop_clear(rig.loop, rig.server.id);
            rig_end(&rig);
            duo_end(&duo);
        }
}

/* A process connects and ends: what it was stays known. */
static void the_peer_of_an_accepted_stream_is_known_and_a_listener_has_none(void) {
    for
        BOTH_BACKENDS {
            char folder[] = "/tmp/loop-fds-XXXXXX", path[64];
            voice_t listener = {0};
            loop_credentials_t who = {.size = sizeof who};
            struct sockaddr_un at = {.sun_family = AF_UNIX};
            loop_t *loop = loop_over(backends[b]);
            REQUIRE(mkdtemp(folder) != NULL);
            snprintf(path, sizeof path, "%s/socket", folder);
            snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
            int64_t id = loop_unix_listen(loop, path, hear, &listener);
            run_until(loop, &listener, 1);
            pid_t child = fork();
            if (child == 0) {
                int fd = socket(AF_UNIX, SOCK_STREAM, 0);
                _exit(connect(fd, (struct sockaddr *)&at, sizeof at) != 0);
            }
            int status = -1;
            CHECK_INT(waitpid(child, &status, 0), child);
            CHECK_INT(status, 0);
            run_until(loop, &listener, 2);
            CHECK_CODE(loop_peer_credentials(loop, listener.accepted, &who), LOOP_OK);
#ifdef __linux__
            CHECK_INT(who.pid, child);
#endif
            CHECK_INT(who.uid, geteuid());
            CHECK_CODE(loop_peer_credentials(loop, id, &who), LOOP_ENOTSUP);
            CHECK_CODE(loop_clear(loop, listener.accepted), LOOP_OK);
            CHECK_CODE(loop_clear(loop, id), LOOP_OK);
            run_and_free(loop);
            CHECK_INT(rmdir(folder), 0);
        }
}

static void bad_calls_are_named(void) {
    duo_t duo;
    duo_start(&duo, LOOP_BACKEND_AUTO);
    CHECK_CODE(loop_send_fd(duo.loop, duo.from.id, -1, "x", 1), LOOP_EINVAL);
    CHECK_CODE(loop_send_fd(duo.loop, duo.from.id, 0, NULL, 1), LOOP_EINVAL);
    CHECK_CODE(loop_send_fd(duo.loop, duo.from.id, 0, "", 0), LOOP_EINVAL);
    CHECK_CODE(loop_send_fd(duo.loop, duo.from.id, 0, "x", 1ull << 32), LOOP_EINVAL);
    CHECK_CODE(loop_send_fd(duo.loop, duo.from.id, 1000000, "x", 1), LOOP_EBADF);
    CHECK_CODE(loop_send_fd(duo.loop, duo.from.id + 1000, 0, "x", 1), LOOP_EBADID);
    CHECK_CODE(loop_end(duo.loop, duo.from.id), LOOP_OK);
    CHECK_CODE(loop_send_fd(duo.loop, duo.from.id, 0, "x", 1), LOOP_EPIPE);
    run_until(duo.loop, &duo.to, 2);
    CHECK_STR(duo.to.said, "oe");
    duo_end(&duo);
}

TEST_MAIN(warm_up(), T(a_pipe_comes_with_its_bytes_and_is_adopted),
          T(a_connection_is_handed_over_while_it_is_used), T(a_file_comes_as_the_same_open_file),
          T(descriptors_keep_their_order_among_bytes),
          T(as_many_as_one_message_has_come_one_by_one),
          T(what_was_not_told_is_closed_with_the_stream),
          T(events_of_a_stream_that_is_cleared_leave_no_descriptor),
          T(without_the_flag_bytes_come_and_descriptors_are_closed),
          T(what_waits_is_closed_with_the_stream),
          T(what_waits_comes_in_its_order_when_there_is_room),
          T(exact_reads_have_their_descriptors_first),
          T_ALONE(without_room_for_a_descriptor_that_is_said),
          T(only_unix_streams_take_descriptors), T(the_peer_of_a_unix_stream_says_who_it_is),
          T(the_peer_of_an_accepted_stream_is_known_and_a_listener_has_none),
          T(bad_calls_are_named))
