/* SPDX-License-Identifier: MIT
 *
 * Compression as a flow: pieces in order, writes that are told behind what they led to, flushes,
 * limits, bombs, errors, and an end in every stage.
 */
#include "loops.h"

#define CHUNK (256 * 1024)

static const uint32_t formats[] = {LOOP_ZIP_GZIP, LOOP_ZIP_DEFLATE, LOOP_ZIP_DEFLATE_RAW,
                                   LOOP_ZIP_ZSTD, LOOP_ZIP_BROTLI};
#define FORMATS (sizeof formats / sizeof formats[0])

/* What came of a stream. */
typedef struct stream {
    int64_t id;
    int64_t into; /* another stream that is written what comes of this one; 0: none */
    unsigned char *data;
    uint64_t len;
    uint64_t longest;
    int64_t total; /* what the final event said */
    int pieces, finals, pause_each, cancel_at;
    int32_t status;
    char text[64]; /* of an error */
} stream_t;

typedef struct write {
    int finals;
    int32_t status;
    int64_t num;
    uint64_t waiting;
    const stream_t *of;
    uint64_t seen; /* bytes of output when the write's event came */
} write_t;

CB(wrote) {
    write_t *write = user;
    (void)loop;
    CHECK_INT(write->finals, 0);
    if ((ev->flags & LOOP_EV_OUTCOME) != 0)
        return;
    write->finals++;
    write->status = ev->status;
    write->num = ev->num;
    write->waiting = ev->aux;
    if (write->of != NULL)
        write->seen = write->of->len;
}

CB(wrote_well) {
    UNUSED;
    CHECK_CODE(ev->status, LOOP_OK);
}

CB(resume) {
    (void)ev;
    CHECK_CODE(loop_resume(loop, ((stream_t *)user)->id), LOOP_OK);
}

CB(piece) {
    stream_t *stream = user;
    const void *data;
    uint64_t len;
    CHECK_INT(stream->finals, 0);
    if ((ev->flags & LOOP_EV_OUTCOME) != 0)
        return;
    if ((ev->flags & LOOP_EV_MORE) == 0) {
        stream->finals++;
        stream->status = ev->status;
        if (ev->status == 0)
            SHOULD(loop_event_int(ev, &stream->total));
        else
            snprintf(stream->text, sizeof stream->text, "%.*s", (int)ev->len,
                     (const char *)ev->data);
        if (stream->into != 0 && ev->status == 0) {
            /* Where a format says itself that it is over, the other stream may have ended. */
            int64_t rc = loop_end(loop, stream->into);
            CHECK(rc == LOOP_OK || rc == LOOP_EBADID);
        }
        return;
    }
    SHOULD(loop_event_bytes(ev, &data, &len));
    CHECK(len > 0 && len <= CHUNK);
    stream->pieces++;
    stream->longest = len > stream->longest ? len : stream->longest;
    stream->data = realloc(stream->data, stream->len + len);
    memcpy(stream->data + stream->len, data, len);
    stream->len += len;
    if (stream->into != 0)
        CHECK_ID(loop_write(loop, stream->into, data, len, wrote_well, NULL));
    if (stream->pause_each) {
        CHECK_CODE(loop_pause(loop, stream->id), LOOP_OK);
        CHECK_ID(loop_set_timeout(loop, 0, resume, stream));
    }
    if (stream->pieces == stream->cancel_at)
        CHECK_CODE(loop_cancel(loop, stream->id), LOOP_OK);
}

static void forget(stream_t *stream) {
    free(stream->data);
    *stream = (stream_t){.id = 0};
}

/* n bytes that compress somewhat. */
static unsigned char *make_data(uint64_t n) {
    unsigned char *data = malloc(n);
    uint32_t x = 7;
    for (uint64_t i = 0; i < n; i++) {
        x = x * 1664525 + 1013904223;
        data[i] = (unsigned char)("abcdefghijklmnop"[x >> 28]);
    }
    return data;
}

static void pack_begin(loop_t *loop, stream_t *stream, uint32_t format) {
    stream->id = loop_compress_stream(loop, format, 1, piece, stream);
    CHECK_ID(stream->id);
}

static void unpack_begin(loop_t *loop, stream_t *stream, uint32_t format, uint64_t max_out) {
    stream->id = loop_decompress_stream(loop, format, max_out, piece, stream);
    CHECK_ID(stream->id);
}

/* Packs data in one write. */
static stream_t pack(loop_t *loop, uint32_t format, const void *data, uint64_t len) {
    stream_t stream = {.id = 0};
    pack_begin(loop, &stream, format);
    CHECK_ID(loop_write(loop, stream.id, data, len, wrote_well, NULL));
    CHECK_CODE(loop_end(loop, stream.id), LOOP_OK);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(stream.finals, 1);
    CHECK_CODE(stream.status, LOOP_OK);
    CHECK_INT(stream.total, stream.len);
    return stream;
}

/* ---- The good way ---------------------------------------------------------------------------- */

static void what_goes_through_two_streams_comes_back(void) {
    enum { SIZE = 2000000, STEP = 77777 };
    loop_t *loop = new_loop();
    unsigned char *data = make_data(SIZE);
    for (size_t i = 0; i < FORMATS; i++) {
        stream_t there = {.id = 0}, back = {.id = 0};
        pack_begin(loop, &there, formats[i]);
        unpack_begin(loop, &back, formats[i], 0);
        there.into = back.id;
        for (uint64_t at = 0; at < SIZE; at += STEP) {
            uint64_t n = SIZE - at < STEP ? SIZE - at : STEP;
            CHECK_ID(loop_write(loop, there.id, data + at, n, wrote_well, NULL));
        }
        CHECK_CODE(loop_end(loop, there.id), LOOP_OK);
        CHECK_CODE(loop_end(loop, there.id), LOOP_OK);
        CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
        CHECK_INT(there.finals, 1);
        CHECK_INT(back.finals, 1);
        CHECK_CODE(back.status, LOOP_OK);
        CHECK_INT(back.total, SIZE);
        CHECK(back.len == SIZE && memcmp(back.data, data, SIZE) == 0);
        forget(&there);
        forget(&back);
    }
    free(data);
    run_and_free(loop);
}

static void streams_and_one_shot_understand_each_other(void) {
    loop_t *loop = new_loop();
    for (size_t i = 0; i < FORMATS; i++) {
        stream_t packed = pack(loop, formats[i], "one way", 7);
        stream_t back = {.id = 0};
        loop_zip_t request = LOOP_ZIP_INIT;
        write_t shot = {.finals = 0};
        request.what = LOOP_ZIP_DECOMPRESS;
        request.format = formats[i];
        request.data = packed.data;
        request.len = packed.len;
        request.max_out = 7;
        CHECK_ID(loop_zip(loop, &request, wrote, &shot));
        unpack_begin(loop, &back, formats[i], 7);
        CHECK_ID(loop_write(loop, back.id, packed.data, packed.len, wrote_well, NULL));
        CHECK_CODE(loop_end(loop, back.id), LOOP_OK);
        CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
        CHECK_CODE(shot.status, LOOP_OK);
        CHECK(back.len == 7 && memcmp(back.data, "one way", 7) == 0);
        forget(&packed);
        forget(&back);
    }
    run_and_free(loop);
}

static void writing_nothing_lets_out_what_was_written(void) {
    loop_t *loop = new_loop();
    for (size_t i = 0; i < FORMATS; i++) {
        stream_t there = {.id = 0}, back = {.id = 0};
        pack_begin(loop, &there, formats[i]);
        unpack_begin(loop, &back, formats[i], 0);
        there.into = back.id;
        for (uint64_t n = 1; n <= 3; n++) {
            write_t flush = {.of = &there};
            uint64_t before = there.len;
            CHECK_ID(loop_write(loop, there.id, "piece ", 6, wrote_well, NULL));
            CHECK_ID(loop_write(loop, there.id, NULL, 0, wrote, &flush));
            CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
            CHECK_INT(flush.finals, 1);
            CHECK_CODE(flush.status, LOOP_OK);
            /* Its event comes behind the output. */
            CHECK(there.len > before);
            CHECK_INT(flush.seen, there.len);
            CHECK_INT(back.len, 6 * n);
        }
        CHECK_CODE(loop_end(loop, there.id), LOOP_OK);
        CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
        CHECK_CODE(back.status, LOOP_OK);
        CHECK(back.len == 18 && memcmp(back.data, "piece piece piece ", 18) == 0);
        forget(&there);
        forget(&back);
    }
    run_and_free(loop);
}

static void a_paused_stream_holds_back_its_writer(void) {
    loop_t *loop = new_loop();
    unsigned char *zeros = calloc(1, 4 << 20);
    stream_t packed = pack(loop, LOOP_ZIP_ZSTD, zeros, 4 << 20);
    stream_t back = {.pause_each = 1};
    unpack_begin(loop, &back, LOOP_ZIP_ZSTD, 0);
    CHECK_ID(loop_write_borrowed(loop, back.id, packed.data, packed.len, wrote_well, NULL));
    CHECK_CODE(loop_end(loop, back.id), LOOP_OK);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_CODE(back.status, LOOP_OK);
    CHECK(back.pieces >= 16);
    CHECK(back.len == 4 << 20 && memcmp(back.data, zeros, 4 << 20) == 0);
    forget(&packed);
    forget(&back);
    free(zeros);
    run_and_free(loop);
}

static void a_bomb_comes_in_chunks_until_its_limit(void) {
    enum { SIZE = 32 << 20 };
    loop_t *loop = new_loop();
    unsigned char *zeros = calloc(1, SIZE);
    for (size_t i = 0; i < FORMATS; i++) {
        stream_t bomb = pack(loop, formats[i], zeros, SIZE);
        stream_t back = {.id = 0};
        unpack_begin(loop, &back, formats[i], 1 << 20);
        CHECK_ID(loop_write(loop, back.id, bomb.data, bomb.len, wrote, &(write_t){.finals = 0}));
        CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
        CHECK_INT(back.finals, 1);
        CHECK_CODE(back.status, LOOP_ETOOBIG);
        CHECK(back.len <= 1 << 20 && back.longest <= CHUNK);
        forget(&bomb);
        forget(&back);
    }
    free(zeros);
    run_and_free(loop);
}

/* ---- Errors ---------------------------------------------------------------------------------- */

static void a_stream_of_garbage_ends_with_a_name_and_its_writes_end_too(void) {
    loop_t *loop = new_loop();
    stream_t back = {.id = 0};
    write_t first = {.finals = 0}, second = {.finals = 0}, late = {.finals = 0};
    unpack_begin(loop, &back, LOOP_ZIP_GZIP, 0);
    CHECK_ID(loop_write(loop, back.id, "this is no gzip at all", 22, wrote, &first));
    CHECK_ID(loop_write(loop, back.id, "nor is this", 11, wrote, &second));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(back.finals, 1);
    CHECK_CODE(back.status, LOOP_EDATA);
    CHECK_STR(back.text, "gunzip: header");
    CHECK_INT(first.finals + second.finals, 2);
    CHECK_CODE(second.status, LOOP_ECANCELED);
    CHECK_CODE(loop_write(loop, back.id, "", 0, wrote, &late), LOOP_EBADID);
    CHECK_CODE(loop_end(loop, back.id), LOOP_EBADID);
    run_and_free(loop);
}

static void input_that_stops_too_soon_is_eof(void) {
    loop_t *loop = new_loop();
    unsigned char *data = make_data(600000);
    for (size_t i = 0; i < FORMATS; i++) {
        stream_t packed = pack(loop, formats[i], data, 600000);
        stream_t back = {.id = 0}, none = {.id = 0};
        unpack_begin(loop, &back, formats[i], 0);
        CHECK_ID(loop_write(loop, back.id, packed.data, packed.len - 9, wrote_well, NULL));
        CHECK_CODE(loop_end(loop, back.id), LOOP_OK);
        unpack_begin(loop, &none, formats[i], 0);
        CHECK_CODE(loop_end(loop, none.id), LOOP_OK);
        CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
        CHECK_CODE(back.status, LOOP_EOF);
        CHECK(back.len > 0 && memcmp(back.data, data, back.len) == 0);
        CHECK_CODE(none.status, LOOP_EOF);
        forget(&packed);
        forget(&back);
    }
    free(data);
    run_and_free(loop);
}

static void writes_that_come_too_late_or_to_no_stream_are_errors(void) {
    loop_t *loop = new_loop();
    stream_t there = {.id = 0};
    write_t late = {.finals = 0}, wrong = {.finals = 0}, shot = {.finals = 0};
    pack_begin(loop, &there, LOOP_ZIP_GZIP);
    CHECK_CODE(loop_end(loop, there.id), LOOP_OK);
    CHECK_ID(loop_write(loop, there.id, "late", 4, wrote, &late));
    int64_t id = loop_compress(loop, LOOP_ZIP_GZIP, 0, "a", 1, wrote, &shot);
    CHECK_ID(id);
    CHECK_ID(loop_write(loop, id, "wrong", 5, wrote, &wrong));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_CODE(there.status, LOOP_OK);
    CHECK_CODE(late.status, LOOP_EPIPE);
    CHECK_CODE(wrong.status, LOOP_EBADID);
    CHECK_CODE(shot.status, LOOP_OK);
    forget(&there);
    run_and_free(loop);
}

static void a_stream_that_is_given_data_is_refused(void) {
    loop_t *loop = new_loop();
    stream_t there = {.id = 0};
    loop_zip_t request = LOOP_ZIP_INIT;
    request.what = LOOP_ZIP_COMPRESS_STREAM;
    request.format = LOOP_ZIP_GZIP;
    request.data = "data";
    request.len = 4;
    CHECK_CODE(loop_zip(loop, &request, piece, &there), LOOP_EINVAL);
    CHECK_CODE(loop_compress_stream(loop, LOOP_ZIP_GZIP, 10, piece, &there), LOOP_EINVAL);
    CHECK_CODE(loop_compress_stream(loop, 0, 0, piece, &there), LOOP_EINVAL);
    CHECK_CODE(loop_decompress_stream(loop, LOOP_ZIP_GZIP, 0, NULL, &there), LOOP_EINVAL);
    run_and_free(loop);
}

/* ---- An end in every stage ------------------------------------------------------------------- */

static void a_stream_that_waits_for_input_keeps_no_loop_alive(void) {
    loop_t *loop = new_loop();
    stream_t there = {.id = 0}, back = {.id = 0};
    pack_begin(loop, &there, LOOP_ZIP_BROTLI);
    unpack_begin(loop, &back, LOOP_ZIP_ZSTD, 0);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_ID(loop_write(loop, back.id, "\x28\xb5\x2f", 3, wrote_well, NULL));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(there.finals + back.finals, 0);
    CHECK_CODE(loop_free(loop), LOOP_OK);
    CHECK_CODE(there.status, LOOP_ECANCELED);
    CHECK_CODE(back.status, LOOP_ECANCELED);
    CHECK_INT(there.finals + back.finals, 2);
}

static void a_stream_is_cancelled_in_every_stage(void) {
    enum { SIZE = 3000000 };
    unsigned char *data = make_data(SIZE);
    for (int at = 0; at < 8; at++) {
        loop_t *loop = new_loop();
        stream_t packed = pack(loop, LOOP_ZIP_GZIP, data, SIZE);
        stream_t back = {.cancel_at = at};
        write_t write = {.finals = 0};
        unpack_begin(loop, &back, LOOP_ZIP_GZIP, 0);
        if (at > 0)
            CHECK_ID(loop_write_borrowed(loop, back.id, packed.data, packed.len, wrote, &write));
        else
            CHECK_CODE(loop_cancel(loop, back.id), LOOP_OK);
        CHECK_CODE(loop_hold(loop), LOOP_OK);
        while (back.finals == 0)
            CHECK(loop_run(loop, LOOP_RUN_ONCE) >= 0);
        CHECK_CODE(loop_unhold(loop), LOOP_OK);
        CHECK_CODE(back.status, LOOP_ECANCELED);
        CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
        CHECK_INT(write.finals, at > 0);
        forget(&packed);
        forget(&back);
        CHECK_CODE(loop_free(loop), LOOP_OK);
    }
    free(data);
}

static void a_deadline_counts_from_the_last_event(void) {
    loop_t *loop = new_loop();
    stream_t back = {.id = 0};
    CHECK_CODE(loop_next_op(loop, 5 * MS, "idle"), LOOP_OK);
    unpack_begin(loop, &back, LOOP_ZIP_GZIP, 0);
    CHECK_CODE(loop_hold(loop), LOOP_OK);
    while (back.finals == 0)
        CHECK(loop_run(loop, LOOP_RUN_ONCE) >= 0);
    CHECK_CODE(loop_unhold(loop), LOOP_OK);
    CHECK_CODE(back.status, LOOP_ETIMEDOUT);
    run_and_free(loop);
}

TEST_MAIN(warm_up(), T(what_goes_through_two_streams_comes_back),
          T(streams_and_one_shot_understand_each_other),
          T(writing_nothing_lets_out_what_was_written), T(a_paused_stream_holds_back_its_writer),
          T(a_bomb_comes_in_chunks_until_its_limit),
          T(a_stream_of_garbage_ends_with_a_name_and_its_writes_end_too),
          T(input_that_stops_too_soon_is_eof),
          T(writes_that_come_too_late_or_to_no_stream_are_errors),
          T(a_stream_that_is_given_data_is_refused),
          T(a_stream_that_waits_for_input_keeps_no_loop_alive),
          T(a_stream_is_cancelled_in_every_stage), T(a_deadline_counts_from_the_last_event))
