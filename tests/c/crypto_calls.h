/* SPDX-License-Identifier: MIT
 *
 * Every call of crypto that takes a loop, with arguments that are good, for tests in which all calls
 * are made.
 */
#ifndef CRYPTO_CALLS_H
#define CRYPTO_CALLS_H

#include "harness.h"

static const loop_crypto_t crypto_request = {
    .size = sizeof crypto_request, .what = LOOP_CRYPTO_RANDOM_BYTES, .out_len = 16};

/* CALL is given each one in turn. */
#define EACH_CRYPTO_CALL(CALL, loop, cb)                                                           \
    CALL(loop_crypto(loop, &crypto_request, cb, NULL))                                             \
    CALL(loop_random_bytes(loop, 16, cb, NULL))                                                    \
    CALL(loop_hash(loop, LOOP_HASH_SHA256, "a", 1, cb, NULL))                                      \
    CALL(loop_hash_bufs(loop, LOOP_HASH_SHA256, NULL, 0, cb, NULL))                                \
    CALL(loop_hash_file(loop, LOOP_HASH_SHA256, "/dev/null", cb, NULL))                            \
    CALL(loop_hmac(loop, LOOP_HASH_SHA256, "k", 1, "a", 1, cb, NULL))                              \
    CALL(loop_hmac_bufs(loop, LOOP_HASH_SHA256, "k", 1, NULL, 0, cb, NULL))                        \
    CALL(loop_hmac_file(loop, LOOP_HASH_SHA256, "k", 1, "/dev/null", cb, NULL))                    \
    CALL(loop_hash_stream(loop, LOOP_HASH_SHA256, cb, NULL))                                       \
    CALL(loop_hmac_stream(loop, LOOP_HASH_SHA256, "k", 1, cb, NULL))                               \
    CALL(loop_pbkdf2(loop, LOOP_HASH_SHA256, "p", 1, "s", 1, 1, 32, cb, NULL))                     \
    CALL(loop_scrypt(loop, "p", 1, "s", 1, 2, 1, 1, 0, 32, cb, NULL))                              \
    CALL(loop_argon2id(loop, "p", 1, "s", 1, 1, 8, 1, 0, 32, cb, NULL))                            \
    CALL(loop_hkdf(loop, LOOP_HASH_SHA256, "k", 1, "s", 1, "i", 1, 32, cb, NULL))                  \
    CALL(loop_seal(loop, LOOP_CIPHER_AES_128_GCM, "0123456789abcdef", 16, "0123456789ab", 12,      \
                   NULL, 0, "a", 1, cb, NULL))                                                     \
    CALL(loop_open_sealed(loop, LOOP_CIPHER_AES_128_GCM, "0123456789abcdef", 16, "0123456789ab",   \
                          12, NULL, 0, "a", 1, cb, NULL))                                          \
    CALL(loop_generate_key(loop, LOOP_KEY_ED25519, 0, cb, NULL))                                   \
    CALL(loop_public_key(loop, 0, "k", 1, 0, cb, NULL))                                            \
    CALL(loop_sign(loop, LOOP_HASH_NONE, "k", 1, "a", 1, cb, NULL))                                \
    CALL(loop_verify(loop, LOOP_HASH_NONE, "k", 1, "a", 1, "s", 1, cb, NULL))                      \
    CALL(loop_x25519(loop, "k", 1, "p", 1, cb, NULL))

#endif
