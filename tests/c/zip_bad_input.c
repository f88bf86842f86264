/* SPDX-License-Identifier: MIT
 *
 * Compression with arguments, records and data that are wrong: refused at the call, refused as an
 * op, or a named error for the one callback.
 */
#include "loops.h"

#define MOST_RESULT 4096

/* What came of one call. */
typedef struct came {
    int events;
    int32_t status;
    char text[128]; /* of an error */
    uint64_t len;
    unsigned char data[MOST_RESULT];
} came_t;

CB(take) {
    came_t *came = user;
    (void)loop;
    came->events++;
    came->status = ev->status;
    CHECK((ev->flags & LOOP_EV_MORE) == 0);
    CHECK_INT(ev->code, LOOP_OP_ZIP);
    if (ev->status != 0) {
        snprintf(came->text, sizeof came->text, "%.*s", (int)ev->len, (const char *)ev->data);
        return;
    }
    CHECK_INT(loop_event_kind(ev), LOOP_KIND_BYTES);
    CHECK(ev->data != NULL);
    came->len = ev->len;
    memcpy(came->data, ev->data, ev->len < MOST_RESULT ? ev->len : MOST_RESULT);
}

CB(never) {
    (void)loop, (void)user;
    harness_fail(__FILE__, __LINE__, "a callback ran with %s", loop_err_name(ev->status));
}

static const uint32_t formats[] = {LOOP_ZIP_GZIP, LOOP_ZIP_DEFLATE, LOOP_ZIP_DEFLATE_RAW,
                                   LOOP_ZIP_ZSTD, LOOP_ZIP_BROTLI};
static const char *const unpackers[] = {"gunzip", "inflate", "inflate_raw", "zstd_decompress",
                                        "brotli_decompress"};
#define FORMATS (sizeof formats / sizeof formats[0])

static const char text[] = "a text, a text, and once more a text";

static came_t pack(loop_t *loop, uint32_t format) {
    came_t came = {0};
    CHECK_ID(loop_compress(loop, format, 0, text, sizeof text, take, &came));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(came.events, 1);
    CHECK_CODE(came.status, LOOP_OK);
    return came;
}

static came_t unpack(loop_t *loop, uint32_t format, uint64_t max_out, const void *data,
                     uint64_t len) {
    came_t came = {0};
    CHECK_ID(loop_decompress(loop, format, max_out, data, len, take, &came));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(came.events, 1);
    return came;
}

/* ---- Arguments ------------------------------------------------------------------------------- */

static void calls_with_arguments_out_of_range_are_refused(void) {
    loop_t *loop = new_loop();
    CHECK_CODE(loop_zip(loop, NULL, never, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_compress(loop, LOOP_ZIP_GZIP, 0, text, 1, NULL, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_decompress(loop, LOOP_ZIP_GZIP, 0, text, 1, NULL, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_compress(loop, LOOP_ZIP_GZIP, 0, NULL, 1, never, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_decompress(loop, LOOP_ZIP_GZIP, 0, NULL, 1, never, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_compress(loop, 0, 0, text, 1, never, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_compress(loop, LOOP_ZIP_BROTLI + 1, 0, text, 1, never, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_decompress(loop, UINT32_MAX, 0, text, 1, never, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_compress(loop, LOOP_ZIP_GZIP, 10, text, 1, never, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_compress(loop, LOOP_ZIP_GZIP, -2, text, 1, never, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_compress(loop, LOOP_ZIP_ZSTD, 23, text, 1, never, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_compress(loop, LOOP_ZIP_ZSTD, LOOP_ZIP_STORE, text, 1, never, NULL),
               LOOP_EINVAL);
    CHECK_CODE(loop_compress(loop, LOOP_ZIP_BROTLI, 12, text, 1, never, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_compress(loop, LOOP_ZIP_GZIP, 0, text, UINT64_MAX, never, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_compress(loop, LOOP_ZIP_GZIP, 0, text, INT64_MAX, never, NULL), LOOP_ENOMEM);
    CHECK_INT(loop_alive(loop), 0);
    run_and_free(loop);
}

typedef void (*change_t)(loop_zip_t *request);
static void size_0(loop_zip_t *r) {
    r->size = 0;
}
static void size_less(loop_zip_t *r) {
    r->size -= 8;
}
static void size_huge(loop_zip_t *r) {
    r->size = UINT32_MAX;
}
static void flag_unknown(loop_zip_t *r) {
    r->flags = 0x2;
}
static void what_0(loop_zip_t *r) {
    r->what = 0;
}
static void what_unknown(loop_zip_t *r) {
    r->what = 5;
}
static void format_0(loop_zip_t *r) {
    r->format = 0;
}
static void format_unknown(loop_zip_t *r) {
    r->format = 6;
}
static void level_high(loop_zip_t *r) {
    r->level = 10;
}
static void level_low(loop_zip_t *r) {
    r->level = INT32_MIN;
}
static void level_to_decompress(loop_zip_t *r) {
    r->what = LOOP_ZIP_DECOMPRESS, r->level = 1;
}
static void data_null(loop_zip_t *r) {
    r->data = NULL;
}
static void data_of_a_stream(loop_zip_t *r) {
    r->what = LOOP_ZIP_COMPRESS_STREAM;
}
static void data_endless(loop_zip_t *r) {
    r->len = UINT64_MAX;
}
static void dictionary_null(loop_zip_t *r) {
    r->format = LOOP_ZIP_DEFLATE, r->dictionary_len = 1;
}
static void dictionary_of_gzip(loop_zip_t *r) {
    r->dictionary = text, r->dictionary_len = 4;
}
static void dictionary_of_brotli(loop_zip_t *r) {
    r->format = LOOP_ZIP_BROTLI;
    dictionary_of_gzip(r);
}

static const change_t changes[] = {
    size_0,
    size_less,
    size_huge,
    flag_unknown,
    what_0,
    what_unknown,
    format_0,
    format_unknown,
    level_high,
    level_low,
    data_null,
    data_of_a_stream,
    data_endless,
    level_to_decompress,
    dictionary_null,
    dictionary_of_gzip,
    dictionary_of_brotli,
};
#define CHANGES (sizeof changes / sizeof changes[0])

static loop_zip_t good_request(void) {
    loop_zip_t request = LOOP_ZIP_INIT;
    request.what = LOOP_ZIP_COMPRESS;
    request.format = LOOP_ZIP_GZIP;
    request.data = text;
    request.len = sizeof text;
    return request;
}

static void records_that_make_no_sense_are_refused_at_the_call(void) {
    loop_t *loop = new_loop();
    for (size_t i = 0; i < CHANGES; i++) {
        loop_zip_t request = good_request();
        changes[i](&request);
        CHECK_CODE(loop_zip(loop, &request, never, NULL), LOOP_EINVAL);
    }
    CHECK_INT(loop_alive(loop), 0);
    run_and_free(loop);
}

static void records_of_a_turn_host_are_refused_with_its_user(void) {
    loop_t *loop = new_loop();
    loop_zip_t requests[CHANGES];
    loop_op_t ops[CHANGES + 5];
    loop_event_t events[CHANGES + 5];
    uint64_t first;
    uint32_t n = 0;
    REQUIRE(loop_take_ids(loop, CHANGES + 5, &first) == 0);
    memset(ops, 0, sizeof ops);
    for (; n < CHANGES + 5; n++)
        ops[n] =
            (loop_op_t){.code = LOOP_OP_ZIP, .id = first + n * LOOP_ID_SLOT_STEP, .user = 100 + n};
    for (size_t i = 0; i < CHANGES; i++) {
        requests[i] = good_request();
        changes[i](&requests[i]);
        ops[i].data = &requests[i];
    }
    loop_zip_t good = good_request();
    ops[CHANGES].data = NULL;
    ops[CHANGES + 1].data = (const char *)&good + 4;
    ops[CHANGES + 2] = (loop_op_t){.code = LOOP_OP_ZIP,
                                   .id = ops[CHANGES + 2].id,
                                   .user = 99,
                                   .data = &good,
                                   .flags = LOOP_OPF_REPEAT};
    ops[CHANGES + 2].user = 100 + CHANGES + 2;
    ops[CHANGES + 3].data = &good;
    ops[CHANGES + 3].arg = 1;
    ops[CHANGES + 4].data = &good;
    ops[CHANGES + 4].target = 1;
    loop_turn_t turn = {.size = sizeof turn,
                        .loop = loop,
                        .ops = ops,
                        .events = events,
                        .op_count = n,
                        .op_stride = sizeof ops[0],
                        .event_capacity = n,
                        .event_stride = sizeof events[0]};
    CHECK_CODE(loop_turn(&turn), LOOP_OK);
    CHECK_INT(turn.event_count, n);
    for (uint32_t i = 0; i < turn.event_count; i++) {
        CHECK_CODE(events[i].status, LOOP_EINVAL);
        CHECK((events[i].flags & LOOP_EV_REFUSED) != 0);
        CHECK_INT(events[i].user, 100 + i);
    }
    CHECK_INT(turn.alive, 0);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

static void a_record_of_a_later_version_is_taken_when_the_rest_is_zero(void) {
    struct {
        loop_zip_t request;
        uint64_t more[4];
    } later = {good_request(), {0, 0, 0, 0}};
    loop_t *loop = new_loop();
    came_t came = {0};
    later.request.size = sizeof later;
    CHECK_ID(loop_zip(loop, &later.request, take, &came));
    later.more[3] = 1;
    CHECK_CODE(loop_zip(loop, &later.request, never, NULL), LOOP_EINVAL);
    run_and_free(loop);
    CHECK_INT(came.events, 1);
    CHECK_CODE(came.status, LOOP_OK);
}

/* ---- Data ------------------------------------------------------------------------------------ */

static void what_was_packed_comes_back(void) {
    loop_t *loop = new_loop();
    for (size_t i = 0; i < FORMATS; i++) {
        came_t packed = pack(loop, formats[i]);
        came_t back = unpack(loop, formats[i], 0, packed.data, packed.len);
        CHECK_CODE(back.status, LOOP_OK);
        CHECK(back.len == sizeof text && memcmp(back.data, text, sizeof text) == 0);
    }
    run_and_free(loop);
}

static void arguments_are_copied_at_the_call(void) {
    char data[sizeof text], dictionary[sizeof text];
    loop_t *loop = new_loop();
    came_t came = {0};
    loop_zip_t request = good_request();
    memcpy(data, text, sizeof text);
    memcpy(dictionary, text, sizeof text);
    request.format = LOOP_ZIP_DEFLATE;
    request.data = data;
    request.dictionary = dictionary;
    request.dictionary_len = sizeof dictionary;
    CHECK_ID(loop_zip(loop, &request, take, &came));
    memset(data, 'x', sizeof data);
    memset(dictionary, 'y', sizeof dictionary);
    memset(&request, 0xff, sizeof request);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_CODE(came.status, LOOP_OK);
    request = good_request();
    request.what = LOOP_ZIP_DECOMPRESS;
    request.format = LOOP_ZIP_DEFLATE;
    request.data = came.data;
    request.len = came.len;
    request.dictionary = text;
    request.dictionary_len = sizeof text;
    CHECK_ID(loop_zip(loop, &request, take, &came));
    run_and_free(loop);
    CHECK_CODE(came.status, LOOP_OK);
    CHECK(came.len == sizeof text && memcmp(came.data, text, sizeof text) == 0);
}

static void input_that_ends_too_soon_is_eof_wherever_it_ends(void) {
    loop_t *loop = new_loop();
    for (size_t i = 0; i < FORMATS; i++) {
        came_t packed = pack(loop, formats[i]);
        for (uint64_t n = 0; n < packed.len; n++) {
            came_t came = unpack(loop, formats[i], 0, n > 0 ? packed.data : NULL, n);
            CHECK_CODE(came.status, LOOP_EOF);
            CHECK_STR(came.text, unpackers[i]);
        }
    }
    run_and_free(loop);
}

static void corrupt_input_is_an_error_or_other_data_and_the_loop_goes_on(void) {
    loop_t *loop = new_loop();
    int wrong = 0;
    for (size_t i = 0; i < FORMATS; i++) {
        came_t packed = pack(loop, formats[i]);
        for (uint64_t bit = 0; bit < packed.len * 8; bit++) {
            packed.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
            came_t came = unpack(loop, formats[i], 1 << 20, packed.data, packed.len);
            packed.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
            CHECK(came.status == 0 || came.status == LOOP_EOF || came.status == LOOP_EDATA ||
                  came.status == LOOP_ETOOBIG);
            wrong += came.status == LOOP_EDATA;
        }
        CHECK_CODE(unpack(loop, formats[i], 0, packed.data, packed.len).status, LOOP_OK);
    }
    CHECK(wrong > 500);
    run_and_free(loop);
}

static void data_of_another_format_is_an_error(void) {
    loop_t *loop = new_loop();
    for (size_t i = 0; i < FORMATS; i++) {
        came_t packed = pack(loop, formats[i]);
        for (size_t k = 0; k < FORMATS; k++) {
            int32_t status = unpack(loop, formats[k], 0, packed.data, packed.len).status;
            CHECK(i == k ? status == 0 : status == LOOP_EDATA || status == LOOP_EOF);
        }
    }
    CHECK_CODE(unpack(loop, LOOP_ZIP_GZIP, 0, text, sizeof text).status, LOOP_EDATA);
    run_and_free(loop);
}

static void more_than_max_out_is_too_big(void) {
    loop_t *loop = new_loop();
    for (size_t i = 0; i < FORMATS; i++) {
        came_t packed = pack(loop, formats[i]);
        CHECK_CODE(unpack(loop, formats[i], sizeof text, packed.data, packed.len).status, LOOP_OK);
        came_t came = unpack(loop, formats[i], sizeof text - 1, packed.data, packed.len);
        CHECK_CODE(came.status, LOOP_ETOOBIG);
        CHECK_STR(came.text, unpackers[i]);
        loop_zip_t request = good_request();
        request.format = formats[i];
        request.max_out = packed.len - 1;
        memset(&came, 0, sizeof came);
        CHECK_ID(loop_zip(loop, &request, take, &came));
        CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
        CHECK_CODE(came.status, LOOP_ETOOBIG);
    }
    run_and_free(loop);
}

static void a_bomb_is_stopped_at_its_limit(void) {
    enum { SIZE = 64 << 20 };
    loop_t *loop = new_loop();
    char *zeros = calloc(1, SIZE);
    REQUIRE(zeros != NULL);
    for (size_t i = 0; i < FORMATS; i++) {
        static came_t bomb;
        loop_zip_t request = good_request();
        memset(&bomb, 0, sizeof bomb);
        request.flags = LOOP_ZIP_BORROW;
        request.format = formats[i];
        request.level = 9;
        request.data = zeros;
        request.len = SIZE;
        CHECK_ID(loop_zip(loop, &request, take, &bomb));
        CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
        CHECK_CODE(bomb.status, LOOP_OK);
        if (bomb.len <= MOST_RESULT)
            CHECK_CODE(unpack(loop, formats[i], 1 << 20, bomb.data, bomb.len).status, LOOP_ETOOBIG);
    }
    free(zeros);
    run_and_free(loop);
}

TEST_MAIN(warm_up(), T(calls_with_arguments_out_of_range_are_refused),
          T(records_that_make_no_sense_are_refused_at_the_call),
          T(records_of_a_turn_host_are_refused_with_its_user),
          T(a_record_of_a_later_version_is_taken_when_the_rest_is_zero),
          T(what_was_packed_comes_back), T(arguments_are_copied_at_the_call),
          T(input_that_ends_too_soon_is_eof_wherever_it_ends),
          T(corrupt_input_is_an_error_or_other_data_and_the_loop_goes_on),
          T(data_of_another_format_is_an_error), T(more_than_max_out_is_too_big),
          T(a_bomb_is_stopped_at_its_limit))
