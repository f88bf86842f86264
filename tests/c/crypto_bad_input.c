/* SPDX-License-Identifier: MIT
 *
 * Requests of crypto that mean nothing are refused by their call; what an algorithm does not take
 * comes as an event, once, with a text that says what is wrong. The loop goes on.
 */
#include "crypto_heard.h"

#if !defined(__SANITIZE_ADDRESS__)
#include <sys/resource.h>
#endif

static heard_t heard;

CB(never) {
    UNUSED;
    harness_fail(__FILE__, __LINE__, "a callback ran: status %s", loop_err_name(ev->status));
}

/* Nothing was made, and the loop still works. */
static void check_unharmed(loop_t *loop) {
    CHECK_INT(loop_alive(loop), 0);
    memset(&heard, 0, sizeof heard);
    run_heard(loop, loop_hash(loop, LOOP_HASH_MD5, "abc", 3, hear, &heard), &heard);
    CHECK_HEX(&heard, "900150983cd24fb0d6963f7d28e17f72");
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

#define REFUSED(change)                                                                            \
    do {                                                                                           \
        loop_crypto_t request = LOOP_CRYPTO_INIT;                                                  \
        request.what = LOOP_CRYPTO_HASH;                                                           \
        request.alg = LOOP_HASH_SHA256;                                                            \
        request.data = "abc";                                                                      \
        request.data_len = 3;                                                                      \
        change;                                                                                    \
        if (loop_crypto(loop, &request, never, NULL) != LOOP_EINVAL)                               \
            harness_fail(__FILE__, __LINE__, "a request with %s is taken", #change);               \
    } while (0)

static void requests_that_mean_nothing_are_refused(void) {
    loop_t *loop = new_loop();
    loop_buf_t bufs[] = {{NULL, 1}};
    loop_buf_t huge[] = {{bufs, (uint64_t)1 << 47}, {bufs, (uint64_t)1 << 47}};
    CHECK_CODE(loop_crypto(loop, NULL, never, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_random_bytes(loop, 1, NULL, NULL), LOOP_EINVAL);
    REFUSED(request.size = 0);
    REFUSED(request.size = sizeof request - 1);
    REFUSED(request.what = 0);
    REFUSED(request.what = LOOP_CRYPTO_HMAC_STREAM + 1);
    REFUSED(request.what = UINT32_MAX);
    REFUSED(request.alg = 0);
    REFUSED(request.alg = LOOP_HASH_MD5 + 1);
    REFUSED(request.flags = 0x8);
    REFUSED(request.flags = LOOP_CRYPTO_PEM);
    REFUSED(request.data = NULL);
    REFUSED(request.key_len = 1);
    REFUSED(request.salt_len = 1);
    REFUSED(request.info_len = 1);
    REFUSED(request.signature_len = 1);
    REFUSED(request.data_len = ((uint64_t)1 << 47) + 1);
    REFUSED(request.data_len = UINT64_MAX);
    REFUSED(request.path = "/dev/null");
    REFUSED((request.bufs = bufs, request.buf_count = 1));
    REFUSED((request.data_len = 0, request.buf_count = 1));
    REFUSED((request.data_len = 0, request.bufs = bufs, request.buf_count = 1));
    REFUSED((request.data_len = 0, request.bufs = huge, request.buf_count = 2));
    REFUSED((request.data_len = 0, request.bufs = bufs, request.buf_count = UINT64_MAX));
    REFUSED((request.what = LOOP_CRYPTO_SEAL, request.alg = 6));
    REFUSED((request.what = LOOP_CRYPTO_SEAL, request.alg = 1, request.data_len = 0,
             request.path = "/dev/null"));
    REFUSED((request.what = LOOP_CRYPTO_GENERATE_KEY, request.alg = 1,
             request.flags = LOOP_CRYPTO_PEM | LOOP_CRYPTO_RAW));
    REFUSED((request.what = LOOP_CRYPTO_SCRYPT, request.alg = 1));
    check_unharmed(loop);
}

static void the_single_calls_refuse_them_too(void) {
    loop_t *loop = new_loop();
    const int64_t answers[] = {
        loop_hash(loop, 0, "a", 1, never, NULL),
        loop_hash(loop, 16, "a", 1, never, NULL),
        loop_hash(loop, LOOP_HASH_MD5, NULL, 1, never, NULL),
        loop_hash(loop, LOOP_HASH_MD5, "a", UINT64_MAX, never, NULL),
        loop_hash_bufs(loop, LOOP_HASH_MD5, NULL, 1, never, NULL),
        loop_hash_file(loop, LOOP_HASH_MD5, NULL, never, NULL),
        loop_hash_file(loop, 77, "/dev/null", never, NULL),
        loop_hmac(loop, LOOP_HASH_MD5, NULL, 1, "a", 1, never, NULL),
        loop_hmac_bufs(loop, LOOP_HASH_MD5, "k", 1, NULL, 1, never, NULL),
        loop_hmac_file(loop, LOOP_HASH_MD5, "k", 1, NULL, never, NULL),
        loop_hash_stream(loop, 0, never, NULL),
        loop_hmac_stream(loop, LOOP_HASH_MD5, NULL, 1, never, NULL),
        loop_pbkdf2(loop, 0, "p", 1, "s", 1, 1, 1, never, NULL),
        loop_pbkdf2(loop, LOOP_HASH_MD5, NULL, 1, "s", 1, 1, 1, never, NULL),
        loop_scrypt(loop, "p", 1, NULL, 1, 2, 1, 1, 0, 1, never, NULL),
        loop_argon2id(loop, NULL, 1, "s", 1, 1, 8, 1, 0, 4, never, NULL),
        loop_hkdf(loop, LOOP_HASH_MD5, "k", 1, "s", 1, NULL, 1, 1, never, NULL),
        loop_seal(loop, 0, "k", 1, "n", 1, NULL, 0, "a", 1, never, NULL),
        loop_seal(loop, 1, "k", 1, NULL, 1, NULL, 0, "a", 1, never, NULL),
        loop_open_sealed(loop, 6, "k", 1, "n", 1, NULL, 0, "a", 1, never, NULL),
        loop_open_sealed(loop, 1, "k", 1, "n", 1, NULL, 1, "a", 1, never, NULL),
        loop_generate_key(loop, 0, 0, never, NULL),
        loop_generate_key(loop, 6, 0, never, NULL),
        loop_generate_key(loop, LOOP_KEY_P256, LOOP_CRYPTO_BORROW, never, NULL),
        loop_public_key(loop, 6, "k", 1, 0, never, NULL),
        loop_public_key(loop, 0, NULL, 1, 0, never, NULL),
        loop_sign(loop, 16, "k", 1, "a", 1, never, NULL),
        loop_verify(loop, 0, "k", 1, "a", 1, NULL, 1, never, NULL),
        loop_x25519(loop, "k", 1, NULL, 1, never, NULL),
    };
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        if (answers[i] != LOOP_EINVAL)
            harness_fail(__FILE__, __LINE__, "call %zu: want LOOP_EINVAL, got %" PRId64, i,
                         answers[i]);
    check_unharmed(loop);
}

#define FAILS(call, status, text)                                                                  \
    do {                                                                                           \
        memset(&heard, 0, sizeof heard);                                                           \
        run_heard(loop, (call), &heard);                                                           \
        CHECK_FAILED(&heard, (status), (text));                                                    \
    } while (0)

static void numbers_that_no_algorithm_takes_come_as_events(void) {
    loop_t *loop = new_loop();
    const char *key = "0123456789abcdef0123456789abcdef";
    FAILS(loop_random_bytes(loop, 0, hear, &heard), LOOP_EINVAL, "random_bytes: 0 bytes");
    FAILS(loop_random_bytes(loop, UINT64_MAX, hear, &heard), LOOP_ETOOBIG,
          "random_bytes: 18446744073709551615 bytes, more than 1073741824");
    FAILS(loop_pbkdf2(loop, LOOP_HASH_SHA1, "p", 1, "s", 1, 0, 20, hear, &heard), LOOP_EINVAL,
          "pbkdf2: 0 iterations, not 1 to 2147483647");
    FAILS(loop_pbkdf2(loop, LOOP_HASH_SHA1, "p", 1, "s", 1, 1, 0, hear, &heard), LOOP_EINVAL,
          "pbkdf2: a result of 0 bytes, less than 1");
    FAILS(loop_pbkdf2(loop, LOOP_HASH_SHA1, "p", 1, "s", 1, 1, UINT64_MAX, hear, &heard),
          LOOP_ETOOBIG, "pbkdf2: a result of 18446744073709551615 bytes, more than 1048576");
    FAILS(loop_scrypt(loop, "p", 1, "s", 1, 1000, 8, 1, 0, 20, hear, &heard), LOOP_EINVAL,
          "scrypt: a cost of 1000, no power of 2");
    FAILS(loop_scrypt(loop, "p", 1, "s", 1, 2, UINT64_MAX, UINT64_MAX, 0, 20, hear, &heard),
          LOOP_EINVAL,
          "scrypt: block size 18446744073709551615, parallelism 18446744073709551615: their "
          "product is not 1 to 2^30-1");
    FAILS(loop_argon2id(loop, "p", 1, "s", 1, 1, 7, 1, 0, 20, hear, &heard), LOOP_EINVAL,
          "argon2id: 7 KiB of memory, not 8 (8 for each lane) to 2^32-1");
    FAILS(loop_hkdf(loop, LOOP_HASH_SHA256, "k", 1, NULL, 0, NULL, 0, 8161, hear, &heard),
          LOOP_ETOOBIG, "hkdf: a result of 8161 bytes, more than 8160");
    FAILS(loop_seal(loop, LOOP_CIPHER_AES_256_GCM, key, 31, key, 12, NULL, 0, "a", 1, hear, &heard),
          LOOP_EINVAL, "seal: a key of 31 bytes, not 32");
    FAILS(loop_seal(loop, LOOP_CIPHER_CHACHA20_POLY1305, key, 32, key, 11, NULL, 0, "a", 1, hear,
                    &heard),
          LOOP_EINVAL, "seal: a nonce of 11 bytes, not 12");
    FAILS(loop_open_sealed(loop, LOOP_CIPHER_AES_256_GCM, key, 32, key, 12, NULL, 0, key, 15, hear,
                           &heard),
          LOOP_EAUTH, "open_sealed: 15 bytes, less than a tag");
    FAILS(loop_generate_key(loop, LOOP_KEY_P256, LOOP_CRYPTO_RAW, hear, &heard), LOOP_EINVAL,
          "generate_key: only keys of Ed25519 and X25519 have a raw form");
    FAILS(loop_public_key(loop, 0, key, 32, 0, hear, &heard), LOOP_EINVAL,
          "public_key: no key in PKCS#8, SEC 1 or SPKI");
    FAILS(loop_sign(loop, LOOP_HASH_SHA1, "key", 3, "a", 1, hear, &heard), LOOP_EINVAL,
          "sign: no private key in PKCS#8 or SEC 1");
    FAILS(loop_verify(loop, LOOP_HASH_NONE, "key", 3, "a", 1, "s", 1, hear, &heard), LOOP_EINVAL,
          "verify: no public key in SPKI");
    FAILS(loop_x25519(loop, key, 32, key, 31, hear, &heard), LOOP_EINVAL,
          "x25519: no public key in SPKI");
    check_unharmed(loop);
}

static void what_is_short_has_a_limit(void) {
    loop_t *loop = new_loop();
    char *long_key = calloc(1, (16 << 20) + 1);
    REQUIRE(long_key != NULL);
    FAILS(loop_hmac(loop, LOOP_HASH_MD5, long_key, (16 << 20) + 1, "a", 1, hear, &heard),
          LOOP_ETOOBIG, "hmac: a key of 16777217 bytes, more than 16777216");
    free(long_key);
    check_unharmed(loop);
}

/* Parameters that would take gigabytes are an error before any of it is allocated. */
static void memory_has_a_limit(void) {
    loop_t *loop = new_loop();
    FAILS(loop_scrypt(loop, "p", 1, "s", 1, 1 << 20, 8, 1, 0, 32, hear, &heard), LOOP_ETOOBIG,
          "scrypt: needs 1073744896 bytes of memory, more than 33554432");
    FAILS(loop_scrypt(loop, "p", 1, "s", 1, (uint64_t)1 << 62, 1 << 20, 1, 0, 32, hear, &heard),
          LOOP_ETOOBIG, "scrypt: needs 18446744073709551615 bytes of memory, more than 33554432");
    FAILS(loop_argon2id(loop, "p", 1, "s", 1, 1, 1 << 20, 4, 0, 32, hear, &heard), LOOP_ETOOBIG,
          "argon2id: needs 1073741824 bytes of memory, more than 268435456");
    check_unharmed(loop);
}

static void memory_that_the_system_has_not_is_an_error(void) {
#if defined(__SANITIZE_ADDRESS__)
    SKIP("the sanitizer ends a program that asks for so much");
#else
    loop_t *loop = new_loop();
    struct rlimit limit = {(rlim_t)8 << 30, (rlim_t)8 << 30};
    run_heard(loop, loop_hash(loop, LOOP_HASH_MD5, "abc", 3, hear, &heard), &heard);
    REQUIRE(setrlimit(RLIMIT_AS, &limit) == 0);
    FAILS(loop_scrypt(loop, "p", 1, "s", 1, 1 << 24, 8, 1, UINT64_MAX, 32, hear, &heard),
          LOOP_ENOMEM, "scrypt: needs 17179872256 bytes of memory");
    FAILS(loop_argon2id(loop, "p", 1, "s", 1, 1, 1 << 24, 4, UINT64_MAX, 32, hear, &heard),
          LOOP_ENOMEM, "argon2id: needs 17179869184 bytes of memory");
    CHECK_CODE(loop_hash(loop, LOOP_HASH_MD5, loop, (uint64_t)1 << 46, never, NULL), LOOP_ENOMEM);
    check_unharmed(loop);
#endif
}

/* A loop_turn host fills its op by hand: it is not believed. */
static void ops_by_hand_are_checked(void) {
    loop_t *loop = new_loop();
    loop_crypto_t request = LOOP_CRYPTO_INIT;
    loop_event_t events[8];
    loop_turn_t turn;
    loop_op_t ops[4];
    uint64_t first = 0;
    CHECK_CODE(loop_take_ids(loop, 4, &first), LOOP_OK);
    memset(ops, 0, sizeof ops);
    request.what = LOOP_CRYPTO_HASH; /* and no hash function */
    for (uint32_t i = 0; i < 4; i++) {
        ops[i].code = LOOP_OP_CRYPTO;
        ops[i].id = first + i * LOOP_ID_SLOT_STEP;
        ops[i].user = i;
        ops[i].data = i == 0 ? NULL : &request;
    }
    ops[2].flags = LOOP_OPF_BORROWED;
    ops[3].flags = LOOP_OPF_REPEAT;
    memset(&turn, 0, sizeof turn);
    turn.size = sizeof turn;
    turn.loop = loop;
    turn.ops = ops;
    turn.op_count = 4;
    turn.op_stride = sizeof ops[0];
    turn.events = events;
    turn.event_capacity = 8;
    turn.event_stride = sizeof events[0];
    CHECK_CODE(loop_turn(&turn), LOOP_OK);
    CHECK_INT(turn.event_count, 4);
    for (uint32_t i = 0; i < turn.event_count; i++) {
        CHECK_INT(events[i].user, i);
        CHECK_CODE(events[i].status, LOOP_EINVAL);
        CHECK((events[i].flags & LOOP_EV_REFUSED) != 0);
    }
    check_unharmed(loop);
}

TEST_MAIN(warm_up(), T(requests_that_mean_nothing_are_refused), T(the_single_calls_refuse_them_too),
          T(numbers_that_no_algorithm_takes_come_as_events), T(what_is_short_has_a_limit),
          T(memory_has_a_limit), T_ALONE(memory_that_the_system_has_not_is_an_error),
          T(ops_by_hand_are_checked))
