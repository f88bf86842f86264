/* SPDX-License-Identifier: MIT
 *
 * Files as flows: pieces in order, pause and resume, backpressure, errors, cancel and deadline.
 */
#include "loops.h"
#include "said.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define BYTES (3 * 1024 * 1024 + 17)
#define PIECE (64 * 1024)

static char folder[] = P_tmpdir "/loop-streams-XXXXXX";
static char path[64], other[64];

static unsigned char byte_at(uint64_t i) {
    return (unsigned char)(i * 31 + i / 997);
}

static void make_file(uint64_t bytes) {
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL);
    for (uint64_t i = 0; i < bytes; i++)
        putc(byte_at(i), file);
    CHECK_INT(fclose(file), 0);
}

/* What came of a stream. */
typedef struct stream {
    uint64_t at; /* where the next byte of the file is */
    uint64_t bytes;
    int64_t id;
    int64_t total; /* what the final event said */
    int pieces, ends, bad, status;
    uint64_t longest;
    int pause_each; /* after each piece, until a timer resumes it */
    int cancel_at;  /* cancel after so many pieces; 0: never */
} stream_t;

CB(resume) {
    stream_t *stream = user;
    (void)ev;
    CHECK_CODE(loop_resume(loop, stream->id), LOOP_OK);
}

CB(on_piece) {
    stream_t *stream = user;
    const void *data;
    uint64_t len;
    if ((ev->flags & LOOP_EV_MORE) == 0) {
        stream->ends++;
        stream->status = ev->status;
        if (ev->status == 0)
            SHOULD(loop_event_int(ev, &stream->total));
        return;
    }
    if ((ev->flags & LOOP_EV_OUTCOME) != 0)
        return;
    SHOULD(loop_event_bytes(ev, &data, &len));
    for (uint64_t i = 0; i < len; i++)
        stream->bad += ((const unsigned char *)data)[i] != byte_at(stream->at + i);
    stream->at += len;
    stream->bytes += len;
    stream->pieces++;
    stream->longest = len > stream->longest ? len : stream->longest;
    if (stream->pause_each) {
        CHECK_CODE(loop_pause(loop, stream->id), LOOP_OK);
        CHECK_ID(loop_set_timeout(loop, 0, resume, stream));
    }
    if (stream->pieces == stream->cancel_at)
        CHECK_CODE(loop_cancel(loop, stream->id), LOOP_OK);
}

static void read_all(stream_t *stream, int64_t offset, uint64_t len, uint32_t piece) {
    loop_t *loop = new_loop();
    stream->at = offset > 0 ? (uint64_t)offset : 0;
    stream->id = loop_fs_read_stream(loop, path, offset, len, piece, on_piece, stream);
    CHECK_ID(stream->id);
    run_and_free(loop);
    CHECK_INT(stream->ends, 1);
    CHECK_INT(stream->bad, 0);
}

/* ---- Reading --------------------------------------------------------------------------------- */

static void a_file_comes_in_pieces_in_order(void) {
    stream_t stream = {.pieces = 0};
    make_file(BYTES);
    read_all(&stream, -1, 0, 0);
    CHECK_INT(stream.bytes, BYTES);
    CHECK_INT(stream.total, BYTES);
    CHECK_INT(stream.longest, PIECE);
    CHECK_INT(stream.pieces, BYTES / PIECE + 1);
}

static void a_part_of_a_file_may_be_asked_for(void) {
    stream_t stream = {.pieces = 0};
    make_file(BYTES);
    read_all(&stream, 1000003, 5000, 999);
    CHECK_INT(stream.bytes, 5000);
    CHECK_INT(stream.longest, 999);
    stream_t behind = {.pieces = 0};
    read_all(&behind, BYTES + 5, 0, 0);
    CHECK_INT(behind.bytes, 0);
    CHECK_INT(behind.total, 0);
}

static void a_paused_stream_gives_nothing_until_it_is_resumed(void) {
    stream_t stream = {.pause_each = 1};
    make_file(20 * 1000);
    read_all(&stream, 0, 0, 1000);
    CHECK_INT(stream.bytes, 20 * 1000);
    CHECK_INT(stream.pieces, 20);
}

static void a_paused_stream_keeps_no_loop_alive(void) {
    stream_t stream = {.pieces = 0};
    make_file(100);
    loop_t *loop = new_loop();
    stream.id = loop_fs_read_stream(loop, path, -1, 0, 10, on_piece, &stream);
    CHECK_CODE(loop_pause(loop, stream.id), LOOP_OK);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(stream.pieces, 1); /* it was on its way */
    CHECK_INT(stream.ends, 0);
    CHECK_CODE(loop_free(loop), LOOP_OK);
    CHECK_INT(stream.status, LOOP_ECANCELED);
    CHECK_INT(stream.ends, 1);
}

static void a_cancelled_stream_ends_once_and_closes_its_file(void) {
    stream_t stream = {.cancel_at = 3};
    make_file(BYTES);
    int before = dup(0);
    read_all(&stream, -1, 0, 0);
    CHECK_INT(stream.status, LOOP_ECANCELED);
    CHECK(stream.pieces >= 3 && stream.pieces < 5);
    close(before);
    int after = dup(0);
    CHECK_INT(after, before); /* the lowest free descriptor is the same */
    close(after);
}

static void what_is_no_file_says_so(void) {
    loop_t *loop = new_loop();
    CHECK_ID(loop_fs_read_stream(loop, "/nowhere/at/all", -1, 0, 0, say_status, word("gone")));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_ID(loop_fs_read_stream(loop, folder, -1, 0, 0, say_status, word("folder")));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_CODE(loop_fs_read_stream(loop, NULL, -1, 0, 0, say_status, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_fs_read_stream(loop, path, -2, 0, 0, say_status, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_fs_read_stream(loop, path, -1, 0, 0, NULL, NULL), LOOP_EINVAL);
    run_and_free(loop);
    CHECK_SAID("gone!LOOP_ENOENT folder!LOOP_EISDIR");
}

static void a_fifo_is_waited_for_until_the_deadline(void) {
    stream_t stream = {.pieces = 0};
    loop_t *loop = new_loop();
    CHECK_INT(mkfifo(other, 0600), 0);
    CHECK_CODE(loop_next_op(loop, 20 * MS, NULL), LOOP_OK);
    CHECK_ID(loop_fs_read_stream(loop, other, -1, 0, 0, on_piece, &stream));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_CODE(loop_free(loop), LOOP_OK);
    CHECK_INT(stream.status, LOOP_ETIMEDOUT);
    CHECK_INT(stream.pieces, 0);
    unlink(other);
}

/* Retaining more than the limit holds the next piece back until something is released. */
typedef struct keeper {
    stream_t stream;
    const void *kept[64];
    int count, released;
} keeper_t;

CB(release_all) {
    keeper_t *keeper = user;
    UNUSED;
    keeper->released = keeper->count;
    for (int i = 0; i < keeper->count; i++)
        loop_release(keeper->kept[i]);
}

CB(keep_piece) {
    keeper_t *keeper = user;
    if ((ev->flags & LOOP_EV_MORE) != 0 && keeper->released == 0) {
        keeper->kept[keeper->count] = loop_retain(loop, ev);
        CHECK(keeper->kept[keeper->count] != NULL);
        if (++keeper->count == 3) /* beyond the limit */
            CHECK_ID(loop_set_timeout(loop, 30 * MS, release_all, keeper));
    }
    on_piece(loop, ev, &keeper->stream);
}

static void a_host_that_retains_too_much_gets_no_more(void) {
    keeper_t keeper = {.count = 0};
    loop_options_t options = LOOP_OPTIONS_INIT;
    loop_t *loop = NULL;
    options.retain_limit = 2 * PIECE;
    SHOULD(loop_new(&options, &loop));
    make_file(BYTES);
    keeper.stream.id = loop_fs_read_stream(loop, path, -1, 0, 0, keep_piece, &keeper);
    run_and_free(loop);
    CHECK(keeper.count >= 3 && keeper.count <= 4); /* one was on its way */
    CHECK_INT(keeper.released, keeper.count);
    CHECK_INT(keeper.stream.bytes, BYTES);
    CHECK_INT(keeper.stream.bad, 0);
}

/* ---- Writing --------------------------------------------------------------------------------- */

static uint64_t size_of(const char *file) {
    struct stat st;
    return stat(file, &st) == 0 ? (uint64_t)st.st_size : UINT64_MAX;
}

CB(say_number) {
    char text[64];
    (void)loop;
    if (ev->status != 0) {
        say_status(loop, ev, user);
        return;
    }
    snprintf(text, sizeof text, "%s=%" PRId64, (const char *)user, ev->num);
    say(text);
}

CB(say_waiting) {
    char text[64];
    (void)loop;
    snprintf(text, sizeof text, "%s=%" PRId64 "/%" PRIu64, (const char *)user, ev->num, ev->aux);
    say(text);
}

static void writes_are_used_in_order_and_say_what_waits(void) {
    char content[16] = {0};
    loop_t *loop = new_loop();
    int64_t id = loop_fs_write_stream(loop, other, 0, 0, say_number, word("file"));
    CHECK_ID(id);
    CHECK_ID(loop_write(loop, id, "one", 3, say_waiting, word("a")));
    CHECK_ID(loop_write(loop, id, NULL, 0, say_waiting, word("b")));
    CHECK_ID(loop_write_borrowed(loop, id, "three", 5, say_waiting, word("c")));
    CHECK_CODE(loop_end(loop, id), LOOP_OK);
    run_and_free(loop);
    CHECK_SAID("a=3/5 b=0/5 c=5/0 file=8");
    FILE *file = fopen(other, "rb");
    CHECK(file != NULL && fread(content, 1, sizeof content, file) == 8);
    fclose(file);
    CHECK_STR(content, "onethree");
    unlink(other);
}

static void a_stream_without_input_makes_an_empty_file(void) {
    loop_t *loop = new_loop();
    int64_t id = loop_fs_write_stream(loop, other, 0640, 0, say_number, word("file"));
    CHECK_CODE(loop_end(loop, id), LOOP_OK);
    CHECK_CODE(loop_end(loop, id), LOOP_OK);
    run_and_free(loop);
    CHECK_SAID("file=0");
    CHECK_INT(size_of(other), 0);
    unlink(other);
}

static void appending_adds_and_exclusive_refuses(void) {
    loop_t *loop = new_loop();
    make_file(10);
    int64_t id = loop_fs_write_stream(loop, path, 0, LOOP_FS_APPEND, say_number, word("more"));
    CHECK_ID(loop_write(loop, id, "12345", 5, say_status, word("w")));
    CHECK_CODE(loop_end(loop, id), LOOP_OK);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_SAID("w more=5");
    CHECK_INT(size_of(path), 15);
    id = loop_fs_write_stream(loop, path, 0, LOOP_FS_EXCL, say_number, word("there"));
    CHECK_ID(loop_write(loop, id, "x", 1, say_status, word("w")));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_SAID("there!LOOP_EEXIST w!LOOP_ECANCELED");
    CHECK_CODE(
        loop_fs_write_stream(loop, path, 0, LOOP_FS_APPEND | LOOP_FS_ATOMIC, say_number, NULL),
        LOOP_EINVAL);
    run_and_free(loop);
    CHECK_INT(size_of(path), 15);
}

static int entries_of_folder(void) {
    char command[96];
    int n = -1;
    snprintf(command, sizeof command, "ls -A %s | wc -l", folder);
    FILE *pipe = popen(command, "r");
    CHECK(pipe != NULL && fscanf(pipe, "%d", &n) == 1);
    pclose(pipe);
    return n;
}

static void an_atomic_stream_leaves_the_old_file_until_its_end(void) {
    loop_t *loop = new_loop();
    make_file(10);
    int64_t id = loop_fs_write_stream(loop, path, 0, LOOP_FS_ATOMIC, say_number, word("file"));
    CHECK_ID(loop_write(loop, id, "new", 3, say_status, word("w")));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_SAID("w");
    CHECK_INT(size_of(path), 10);
    CHECK_CODE(loop_end(loop, id), LOOP_OK);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_SAID("file=3");
    CHECK_INT(size_of(path), 3);

    id = loop_fs_write_stream(loop, path, 0, LOOP_FS_ATOMIC, say_number, word("given up"));
    CHECK_ID(loop_write(loop, id, "other", 5, say_status, word("w")));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(entries_of_folder(), 2);
    CHECK_CODE(loop_cancel(loop, id), LOOP_OK);
    run_and_free(loop);
    CHECK_SAID("w given up!LOOP_ECANCELED given up!LOOP_ECANCELED");
    CHECK_INT(size_of(path), 3);
    CHECK_INT(entries_of_folder(), 1);
}

static void a_full_disk_ends_the_stream_and_what_waits(void) {
    static char block[1 << 16];
    loop_t *loop = new_loop();
    if (access("/dev/full", W_OK) != 0) {
        CHECK_CODE(loop_free(loop), LOOP_OK);
        return;
    }
    int64_t id = loop_fs_write_stream(loop, "/dev/full", 0, 0, say_status, word("file"));
    CHECK_ID(loop_write_borrowed(loop, id, block, sizeof block, say_status, word("first")));
    CHECK_ID(loop_write_borrowed(loop, id, block, sizeof block, say_status, word("second")));
    run_and_free(loop);
    CHECK_SAID("file!LOOP_ENOSPC first!LOOP_ECANCELED second!LOOP_ECANCELED");
}

/* ---- Both ------------------------------------------------------------------------------------ */

/* A copy: the reader rests while the writer has more than two pieces. */
typedef struct copy {
    int64_t from, to;
    int writes, most, finals;
    const void *kept[BYTES / PIECE + 2];
} copy_t;

CB(on_written) {
    copy_t *copy = user;
    CHECK_INT(ev->status, 0);
    copy->writes--;
    if (copy->writes < 2 && copy->from != 0)
        CHECK_CODE(loop_resume(loop, copy->from), LOOP_OK);
}

CB(on_copied) {
    copy_t *copy = user;
    (void)loop;
    CHECK_INT(ev->status, 0);
    CHECK_INT(ev->num, BYTES);
    copy->finals++;
}

CB(on_source) {
    copy_t *copy = user;
    CHECK_INT(ev->status, 0);
    if ((ev->flags & LOOP_EV_MORE) == 0) {
        copy->finals++;
        copy->from = 0;
        CHECK_CODE(loop_end(loop, copy->to), LOOP_OK);
        return;
    }
    CHECK_ID(loop_write(loop, copy->to, ev->data, ev->len, on_written, copy));
    copy->writes++;
    copy->most = copy->writes > copy->most ? copy->writes : copy->most;
    if (copy->writes >= 2)
        CHECK_CODE(loop_pause(loop, copy->from), LOOP_OK);
}

static void a_copy_with_backpressure_is_the_same_file(void) {
    copy_t copy = {.writes = 0};
    char command[160];
    make_file(BYTES);
    loop_t *loop = new_loop();
    copy.to = loop_fs_write_stream(loop, other, 0, 0, on_copied, &copy);
    copy.from = loop_fs_read_stream(loop, path, -1, 0, 0, on_source, &copy);
    run_and_free(loop);
    CHECK_INT(copy.finals, 2);
    CHECK(copy.most <= 3);
    snprintf(command, sizeof command, "cmp %s %s", path, other);
    CHECK_INT(system(command), 0);
    unlink(other);
}

static void take_folder(void) {
    warm_up();
    CHECK(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/file", folder);
    snprintf(other, sizeof other, "%s/other", folder);
}

static void give_folder(void) {
    unlink(path);
    unlink(other);
    CHECK_INT(rmdir(folder), 0);
}

TEST_MAIN(take_folder(), T(a_file_comes_in_pieces_in_order), T(a_part_of_a_file_may_be_asked_for),
          T(a_paused_stream_gives_nothing_until_it_is_resumed),
          T(a_paused_stream_keeps_no_loop_alive),
          T(a_cancelled_stream_ends_once_and_closes_its_file), T(what_is_no_file_says_so),
          T(a_fifo_is_waited_for_until_the_deadline), T(a_host_that_retains_too_much_gets_no_more),
          T(writes_are_used_in_order_and_say_what_waits),
          T(a_stream_without_input_makes_an_empty_file), T(appending_adds_and_exclusive_refuses),
          T(an_atomic_stream_leaves_the_old_file_until_its_end),
          T(a_full_disk_ends_the_stream_and_what_waits),
          T(a_copy_with_backpressure_is_the_same_file), T(give_folder))
