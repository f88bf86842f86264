/* SPDX-License-Identifier: MIT
 *
 * Files that are sent to streams, over both backends.
 */
#include "net_rig.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>

enum { SIZE = 3 << 20 }; /* more than goes at once */

static char content(uint64_t i) {
    return (char)('a' + (i * 7 + i / 251) % 26);
}

/* A file without a name. */
static int file_of(uint64_t size) {
    static char bytes[SIZE];
    char path[] = "/tmp/loop-send-XXXXXX";
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    CHECK_INT(unlink(path), 0);
    for (uint64_t i = 0; i < size; i++)
        bytes[i] = content(i);
    CHECK_INT(write(fd, bytes, size), (int64_t)size);
    return fd;
}

/* Looks that what comes is what the file has, from some byte on, after a head. */
typedef struct seen {
    uint64_t head, offset, count, wrong;
} seen_t;

static void look(loop_t *loop, const loop_event_t *ev, voice_t *v) {
    seen_t *seen = v->with;
    (void)loop;
    if (!is_told(ev, LOOP_NET_DATA))
        return;
    for (uint64_t i = 0; i < ev->len; i++, seen->count++)
        if (seen->count >= seen->head)
            seen->wrong +=
                ((const char *)ev->data)[i] != content(seen->offset + seen->count - seen->head);
}

/* What the final event of a file said. */
typedef struct result {
    int64_t num;
    int32_t status;
    int finals;
} result_t;

static void note_result(loop_t *loop, const loop_event_t *ev, void *user) {
    result_t *r = user;
    (void)loop;
    CHECK_INT(ev->code, LOOP_OP_SEND_FILE);
    r->num = ev->num;
    r->status = ev->status;
    r->finals++;
}

static void run_for(loop_t *loop, const result_t *r) {
    while (r->finals == 0)
        if (!CHECK(loop_run(loop, LOOP_RUN_ONCE) > 0 || r->finals > 0))
            return;
}

static void clear_both(rig_t *rig, int64_t client, int64_t server) {
    (void)loop_clear(rig->loop, client);
    (void)loop_clear(rig->loop, server);
    rig_end(rig);
}

static void a_file_comes_between_head_and_tail(void) {
    for
        BOTH_BACKENDS {
            rig_t rig;
            seen_t seen = {.head = 4, .offset = 100};
            result_t result = {0};
            int before = count_fds(), fd = file_of(SIZE);
            rig_start(&rig, backends[b]);
            rig.server.on = look;
            rig.server.with = &seen;
            int64_t client = rig.client.id, server = rig.server.id;
            CHECK_CODE(loop_read_start(rig.loop, server, hear, &rig.server), LOOP_OK);
            CHECK_CODE(loop_send(rig.loop, client, "head", 4), LOOP_OK);
            CHECK_ID(loop_send_file(rig.loop, client, fd, 100, SIZE - 100, note_result, &result));
            CHECK_INT(lseek(fd, 0, SEEK_CUR), SIZE); /* neither used nor moved */
            close(fd);                               /* at once */
            CHECK_CODE(loop_end(rig.loop, client), LOOP_OK);
            CHECK_CODE(loop_send(rig.loop, client, "x", 1), LOOP_EPIPE);
            while (seen.count < 4 + SIZE - 100 && CHECK(loop_run(rig.loop, LOOP_RUN_ONCE) > 0)) {
            }
            run_for(rig.loop, &result);
            CHECK_CODE(result.status, LOOP_OK);
            CHECK_INT(result.num, SIZE - 100);
            CHECK_INT(seen.count, 4 + SIZE - 100);
            CHECK_INT(seen.wrong, 0);
            CHECK(memcmp(rig.server.data, "head", 4) == 0);
            clear_both(&rig, client, server);
            CHECK_INT(count_fds(), before);
        }
}

static void a_file_that_is_shorter_ends_with_what_there_was(void) {
    for
        BOTH_BACKENDS {
            rig_t rig;
            result_t results[3];
            int fd = file_of(1000);
            memset(results, 0, sizeof results);
            rig_start(&rig, backends[b]);
            int64_t client = rig.client.id, server = rig.server.id;
            CHECK_CODE(loop_read_start(rig.loop, server, hear, &rig.server), LOOP_OK);
            CHECK_ID(
                loop_send_file(rig.loop, client, fd, 10, INT64_MAX - 10, note_result, &results[0]));
            CHECK_ID(loop_send_file(rig.loop, client, fd, 5000, 1, note_result, &results[1]));
            CHECK_ID(loop_send_file(rig.loop, client, fd, 0, 0, note_result, &results[2]));
            CHECK_CODE(loop_send(rig.loop, client, "tail", 4), LOOP_OK);
            for (int i = 0; i < 3; i++) {
                run_for(rig.loop, &results[i]);
                CHECK_CODE(results[i].status, LOOP_OK);
                CHECK_INT(results[i].num, i == 0 ? 990 : 0);
            }
            CHECK_INT(loop_queued(rig.loop, client), 0);
            while (rig.server.bytes < 994)
                run_until(rig.loop, &rig.server, rig.server.count + 1);
            CHECK_STR(rig.server.data + 990, "tail");
            close(fd);
            clear_both(&rig, client, server);
        }
}

/* What comes from a file of SIZE bytes of content that ends in zeros, cut to half its length, with
 * "tailon" behind. */
enum { LONG = 64 << 20, CUT_TO = LONG / 2 };

static void look_at_the_cut_one(loop_t *loop, const loop_event_t *ev, voice_t *v) {
    seen_t *seen = v->with;
    (void)loop;
    if (!is_told(ev, LOOP_NET_DATA))
        return;
    for (uint64_t i = 0; i < ev->len; i++, seen->count++)
        seen->wrong += ((const char *)ev->data)[i] !=
                       (seen->count < SIZE ? content(seen->count)
                        : seen->count < CUT_TO
                            ? 0
                            : "tailon?"[seen->count - CUT_TO < 6 ? seen->count - CUT_TO : 6]);
}

/* The file is cut when the first of it has come and the last cannot have been sent yet. */
static void a_file_cut_while_it_is_sent_ends_with_what_there_was(void) {
    for
        BOTH_BACKENDS {
            rig_t rig;
            result_t result = {0};
            seen_t seen = {0};
            int before = count_fds(), fd = file_of(SIZE);
            CHECK_INT(ftruncate(fd, LONG), 0); /* more than the buffers of both sockets have */
            rig_start(&rig, backends[b]);
            int64_t client = rig.client.id, server = rig.server.id;
            rig.server.on = look_at_the_cut_one;
            rig.server.with = &seen;
            CHECK_ID(loop_send_file(rig.loop, client, fd, 0, LONG, note_result, &result));
            CHECK_CODE(loop_send(rig.loop, client, "tail", 4), LOOP_OK);
            CHECK_CODE(loop_read_start(rig.loop, server, hear, &rig.server), LOOP_OK);
            while (seen.count == 0 && CHECK(loop_run(rig.loop, LOOP_RUN_ONCE) > 0)) {
            }
            CHECK_INT(result.finals, 0);
            CHECK_INT(ftruncate(fd, CUT_TO), 0);
            while (seen.count < CUT_TO + 4 && CHECK(loop_run(rig.loop, LOOP_RUN_ONCE) > 0)) {
            }
            run_for(rig.loop, &result);
            CHECK_CODE(result.status, LOOP_OK);
            CHECK_INT(result.num, CUT_TO);
            CHECK_INT(seen.count, CUT_TO + 4);
            CHECK_INT(seen.wrong, 0);
            CHECK_INT(loop_queued(rig.loop, client), 0);
            CHECK_CODE(loop_send(rig.loop, client, "on", 2), LOOP_OK);
            while (seen.count < CUT_TO + 6 && CHECK(loop_run(rig.loop, LOOP_RUN_ONCE) > 0)) {
            }
            close(fd);
            clear_both(&rig, client, server);
            CHECK_INT(count_fds(), before);
        }
}

static void a_file_goes_to_pipes_and_other_files(void) {
    for
        BOTH_BACKENDS {
            int32_t fds[2];
            char got[64] = "";
            voice_t pipe_end = {0}, file_end = {0};
            result_t results[2];
            int before = count_fds(), fd = file_of(10), to = file_of(3);
            memset(results, 0, sizeof results);
            loop_t *loop = loop_over(backends[b]);
            CHECK_CODE(loop_pipe(fds), LOOP_OK);
            int64_t writer = loop_adopt(loop, fds[1], 0, hear, &pipe_end);
            int64_t file = loop_adopt(loop, to, LOOP_NET_KEEP, hear, &file_end);
            CHECK_ID(loop_send_file(loop, writer, fd, 0, 10, note_result, &results[0]));
            CHECK_ID(loop_send_file(loop, file, fd, 0, 10, note_result, &results[1]));
            CHECK_CODE(loop_net_close(loop, writer), LOOP_OK);
            CHECK_CODE(loop_net_close(loop, file), LOOP_OK);
            run_and_free(loop);
            for (int i = 0; i < 2; i++) {
                CHECK_CODE(results[i].status, LOOP_OK);
                CHECK_INT(results[i].num, 10);
            }
            CHECK_INT(read(fds[0], got, sizeof got), 10);
            CHECK(got[0] == content(0) && got[9] == content(9));
            CHECK_INT(pread(to, got, sizeof got, 0), 13);
            CHECK(got[2] == content(2) && got[3] == content(0) && got[12] == content(9));
            close(fds[0]);
            close(fd);
            close(to);
            CHECK_INT(count_fds(), before);
        }
}

static void what_is_no_file_is_named_and_the_stream_goes_on(void) {
    for
        BOTH_BACKENDS {
            rig_t rig;
            int32_t fds[2];
            char path[] = "/tmp/loop-send-XXXXXX";
            int before = count_fds();
            voice_t dgram = {0};
            rig_start(&rig, backends[b]);
            int64_t client = rig.client.id, server = rig.server.id;
            int64_t datagrams = loop_unix_dgram_bind(rig.loop, NULL, hear, &dgram);
            int folder = open("/", O_RDONLY | O_CLOEXEC), only = mkstemp(path);
            int written = open(path, O_WRONLY | O_CLOEXEC);
            REQUIRE(folder >= 0 && only >= 0 && written >= 0);
            CHECK_INT(unlink(path), 0);
            CHECK_CODE(loop_pipe(fds), LOOP_OK);
            const struct {
                int64_t stream;
                int fd, status;
            } wrong[] = {{client, fds[0], LOOP_ESPIPE},
                         {client, (int)loop_fileno(rig.loop, server), LOOP_ESPIPE},
                         {client, folder, LOOP_EISDIR},
                         {client, 1000000, LOOP_EBADF},
                         {client, written, LOOP_EBADF},
                         {rig.listener.id, only, LOOP_EBADID},
                         {datagrams, only, LOOP_ENOTSUP}};
            for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
                result_t result = {0};
                CHECK_ID(loop_send_file(rig.loop, wrong[i].stream, wrong[i].fd, 0, 1, note_result,
                                        &result));
                run_for(rig.loop, &result);
                CHECK_CODE(result.status, wrong[i].status);
            }
            CHECK_CODE(loop_send_file(rig.loop, client, -1, 0, 1, note_result, NULL), LOOP_EINVAL);
            CHECK_CODE(loop_send_file(rig.loop, client, 0, 0, 1, NULL, NULL), LOOP_EINVAL);
            CHECK_CODE(loop_send_file(rig.loop, client, 0, 1, INT64_MAX, note_result, NULL),
                       LOOP_EINVAL);
            CHECK_CODE(loop_send_file(rig.loop, client, 0, UINT64_MAX, 1, note_result, NULL),
                       LOOP_EINVAL);
            CHECK_CODE(loop_send_file(rig.loop, client + 1000, 0, 0, 1, note_result, NULL),
                       LOOP_EBADID);
            CHECK_CODE(loop_send(rig.loop, client, "on", 2), LOOP_OK);
            CHECK_CODE(loop_read_start(rig.loop, server, hear, &rig.server), LOOP_OK);
            run_until(rig.loop, &rig.server, 1);
            CHECK_STR(rig.server.data, "on");
            CHECK_CODE(loop_clear(rig.loop, datagrams), LOOP_OK);
            int all[] = {folder, only, written, fds[0], fds[1]};
            for (int i = 0; i < 5; i++)
                close(all[i]);
            clear_both(&rig, client, server);
            CHECK_INT(count_fds(), before);
        }
}

static void no_descriptor_is_left_however_it_ends(void) {
    for
        BOTH_BACKENDS {
            for (int how = 0; how < 6; how++) {
                rig_t rig;
                result_t one = {0}, two = {0};
                int before = count_fds(), fd = file_of(SIZE);
                rig_start(&rig, backends[b]);
                int64_t client = rig.client.id, server = rig.server.id, listener = rig.listener.id;
                /* Nobody reads: both wait. */
                if (how == 5)
                    CHECK_CODE(loop_next_op(rig.loop, 1, NULL), LOOP_OK);
                int64_t first = loop_send_file(rig.loop, client, fd, 0, SIZE, note_result, &one);
                for (int i = 0; i < 40; i++)
                    (void)loop_send_file(rig.loop, client, fd, 0, SIZE, note_result, &two);
                close(fd);
                CHECK_CODE(how == 0   ? loop_cancel(rig.loop, first)
                           : how == 1 ? loop_cancel(rig.loop, client)
                           : how == 2 ? loop_clear(rig.loop, client)
                           : how == 3 ? loop_net_reset(rig.loop, client)
                           : how == 4 ? loop_net_reset(rig.loop, server)
                                      : 0,
                           LOOP_OK);
                if (how == 4)
                    CHECK_CODE(loop_read_start(rig.loop, client, hear, &rig.client), LOOP_OK);
                while (two.finals < 40)
                    if (!CHECK(loop_run(rig.loop, LOOP_RUN_ONCE) >= 0))
                        break;
                CHECK(two.status != LOOP_OK);
                CHECK_INT(two.num, 0);
                rig.listener.id = listener; /* it may have heard the end of the server */
                clear_both(&rig, client, server);
                CHECK_INT(count_fds(), before);
            }
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
                result_t result = {0};
                sigset_t pipe_set, was, pending;
                struct sigaction old, action = {.sa_handler = how == 1 ? on_signal : SIG_DFL};
                int fd = file_of(100);
                loop_t *loop = loop_over(backends[b]);
                sigaction(SIGPIPE, how < 3 ? &action : NULL, &old);
                sigemptyset(&pipe_set);
                sigaddset(&pipe_set, SIGPIPE);
                pthread_sigmask(how == 2 ? SIG_BLOCK : SIG_UNBLOCK, &pipe_set, &was);
                CHECK_CODE(loop_socketpair(LOOP_NET_UNIX, fds), LOOP_OK);
                int64_t stream = loop_adopt(loop, fds[1], 0, hear, &to);
                run_until(loop, &to, 1);
                close(fds[0]);
                CHECK_ID(loop_send_file(loop, stream, fd, 0, 100, note_result, &result));
                close(fd);
                run_and_free(loop);
                CHECK_CODE(result.status, LOOP_EPIPE);
                CHECK_CODE(to.status, LOOP_EPIPE);
                sigpending(&pending);
                CHECK(!sigismember(&pending, SIGPIPE));
                sigaction(SIGPIPE, &old, NULL);
                pthread_sigmask(SIG_SETMASK, &was, NULL);
            }
        }
}

TEST_MAIN(warm_up(), T(a_file_comes_between_head_and_tail),
          T(a_file_that_is_shorter_ends_with_what_there_was),
          T(a_file_cut_while_it_is_sent_ends_with_what_there_was),
          T(a_file_goes_to_pipes_and_other_files),
          T(what_is_no_file_is_named_and_the_stream_goes_on),
          T(no_descriptor_is_left_however_it_ends), T(no_signal_comes_when_the_reader_goes))
