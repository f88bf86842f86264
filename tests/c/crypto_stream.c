/* SPDX-License-Identifier: MIT
 *
 * A hash as a flow: what is written to it, in whatever pieces, gives the digest of all of it.
 */
#include "crypto_heard.h"

static heard_t heard;

typedef struct written {
    int finals;
    int32_t status;
    int64_t bytes;
} written_t;

CB(count_written) {
    written_t *written = user;
    (void)loop;
    if ((ev->flags & LOOP_EV_MORE) != 0)
        return;
    written->finals++;
    written->bytes += ev->status == 0 ? ev->num : 0;
    if (ev->status != 0)
        written->status = ev->status;
}

static void a_flow_gives_the_digest_of_what_was_written(void) {
    loop_t *loop = new_loop();
    written_t written = {0};
    for (int keyed = 0; keyed < 2; keyed++) {
        memset(&heard, 0, sizeof heard);
        memset(&written, 0, sizeof written);
        int64_t flow = keyed ? loop_hmac_stream(loop, LOOP_HASH_SHA256, "key", 3, hear, &heard)
                             : loop_hash_stream(loop, LOOP_HASH_SHA256, hear, &heard);
        CHECK_ID(loop_write(loop, flow, "a", 1, count_written, &written));
        CHECK_ID(loop_write(loop, flow, NULL, 0, count_written, &written));
        CHECK_ID(loop_write(loop, flow, "bc", 2, count_written, &written));
        CHECK_CODE(loop_end(loop, flow), LOOP_OK);
        run_heard(loop, flow, &heard);
        CHECK_HEX(&heard, keyed
                              ? "9c196e32dc0175f86f4b1cb89289d6619de6bee699e4c378e68309ed97a1a6ab"
                              : "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        CHECK_INT(written.finals, 3);
        CHECK_INT(written.bytes, 3);
        CHECK_CODE(written.status, LOOP_OK);
    }
    run_and_free(loop);
}

static void a_flow_without_input_is_the_hash_of_nothing(void) {
    loop_t *loop = new_loop();
    memset(&heard, 0, sizeof heard);
    int64_t flow = loop_hash_stream(loop, LOOP_HASH_MD5, hear, &heard);
    CHECK_CODE(loop_end(loop, flow), LOOP_OK);
    run_heard(loop, flow, &heard);
    CHECK_HEX(&heard, "d41d8cd98f00b204e9800998ecf8427e");
    run_and_free(loop);
}

/* 10 MB, lent in pieces of all sizes up to 3 MB, is what the hash of all in one gives. */
static void large_pieces_are_hashed_where_they_lie(void) {
    enum { BYTES = 10000000 };
    loop_t *loop = new_loop();
    char *text = malloc(BYTES), want[128] = "";
    written_t written = {0};
    int writes = 0;
    REQUIRE(text != NULL);
    for (int i = 0; i < BYTES; i++)
        text[i] = (char)(i * 7 + i / 1000);
    memset(&heard, 0, sizeof heard);
    run_heard(loop, loop_hash(loop, LOOP_HASH_BLAKE2S_256, text, BYTES, hear, &heard), &heard);
    for (int i = 0; i < 32; i++)
        snprintf(want + 2 * i, 3, "%02x", heard.data[i]);
    memset(&heard, 0, sizeof heard);
    int64_t flow = loop_hash_stream(loop, LOOP_HASH_BLAKE2S_256, hear, &heard);
    for (uint64_t at = 0, n = 1; at < BYTES; at += n, n = n * 3 < 3000000 ? n * 3 : 1) {
        n = n < BYTES - at ? n : BYTES - at;
        CHECK_ID(loop_write_borrowed(loop, flow, text + at, n, count_written, &written));
        writes++;
    }
    CHECK_CODE(loop_end(loop, flow), LOOP_OK);
    run_heard(loop, flow, &heard);
    CHECK_HEX(&heard, want);
    CHECK_INT(written.finals, writes);
    CHECK_INT(written.bytes, BYTES);
    free(text);
    run_and_free(loop);
}

static void a_cancelled_flow_ends_its_writes(void) {
    loop_t *loop = new_loop();
    written_t written = {0};
    memset(&heard, 0, sizeof heard);
    int64_t flow = loop_hmac_stream(loop, LOOP_HASH_SHA512, "key", 3, hear, &heard);
    CHECK_ID(loop_write(loop, flow, "a", 1, count_written, &written));
    CHECK_ID(loop_write(loop, flow, "b", 1, count_written, &written));
    CHECK_CODE(loop_cancel(loop, flow), LOOP_OK);
    run_heard(loop, flow, &heard);
    CHECK_CODE(heard.status, LOOP_ECANCELED);
    CHECK_INT(written.finals, 2);
    CHECK_CODE(loop_write(loop, flow, "c", 1, count_written, &written), LOOP_EBADID);
    run_and_free(loop);
}

static void a_flow_that_waits_ends_with_its_loop(void) {
    loop_t *loop = new_loop();
    memset(&heard, 0, sizeof heard);
    CHECK_ID(loop_hash_stream(loop, LOOP_HASH_SHA1, hear, &heard));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0); /* it does not keep the loop alive */
    CHECK_INT(heard.finals, 0);
    CHECK_CODE(loop_free(loop), LOOP_OK);
    CHECK_INT(heard.finals, 1);
    CHECK_CODE(heard.status, LOOP_ECANCELED);
}

static void a_write_to_another_request_is_an_error(void) {
    loop_t *loop = new_loop();
    written_t written = {0};
    memset(&heard, 0, sizeof heard);
    int64_t id = loop_hash(loop, LOOP_HASH_SHA1, "abc", 3, hear, &heard);
    CHECK_ID(loop_write(loop, id, "a", 1, count_written, &written));
    run_heard(loop, id, &heard);
    CHECK_HEX(&heard, "a9993e364706816aba3e25717850c26c9cd0d89d");
    CHECK_INT(written.finals, 1);
    CHECK_CODE(written.status, LOOP_EBADID);
    run_and_free(loop);
}

TEST_MAIN(warm_up(), T(a_flow_gives_the_digest_of_what_was_written),
          T(a_flow_without_input_is_the_hash_of_nothing), T(large_pieces_are_hashed_where_they_lie),
          T(a_cancelled_flow_ends_its_writes), T(a_flow_that_waits_ends_with_its_loop),
          T(a_write_to_another_request_is_an_error))
