/* SPDX-License-Identifier: MIT
 *
 * What an algorithm does not take, a wrong tag and a missing file are errors with a text.
 */
#include "crypto.h"

int main(void) {
    loop_t *loop = new_loop();
    const char *key = "0123456789abcdef0123456789abcdef";
    ASK(loop_random_bytes(loop, 0, say_result, "none"));
    ASK(loop_random_bytes(loop, ((uint64_t)1 << 30) + 1, say_result, "too many"));
    ASK(loop_pbkdf2(loop, LOOP_HASH_SHA1, "p", 1, "s", 1, 0, 20, say_result, "iterations"));
    ASK(loop_scrypt(loop, "p", 1, "s", 1, 1000, 8, 1, 32 << 20, 32, say_result, "cost"));
    ASK(loop_scrypt(loop, "p", 1, "s", 1, 1 << 20, 8, 1, 32 << 20, 32, say_result, "memory"));
    ASK(loop_argon2id(loop, "p", 1, "s", 1, 1, 1 << 20, 4, 256 << 20, 32, say_result, "memory"));
    ASK(loop_hkdf(loop, LOOP_HASH_SHA256, "k", 1, "s", 1, "i", 1, 8161, say_result, "length"));
    ASK(loop_seal(loop, LOOP_CIPHER_AES_256_GCM, key, 31, key, 12, NULL, 0, "a", 1, say_result,
                  "key"));
    ASK(loop_seal(loop, LOOP_CIPHER_CHACHA20_POLY1305, key, 32, key, 24, NULL, 0, "a", 1,
                  say_result, "nonce"));
    ASK(loop_open_sealed(loop, LOOP_CIPHER_AES_256_GCM, key, 32, key, 12, NULL, 0, key, 32,
                         say_result, "tag"));
    ASK(loop_open_sealed(loop, LOOP_CIPHER_AES_256_GCM, key, 32, key, 12, NULL, 0, key, 15,
                         say_result, "cut off"));
    ASK(loop_sign(loop, LOOP_HASH_SHA256, "no key", 6, "a", 1, say_result, "private key"));
    ASK(loop_verify(loop, LOOP_HASH_SHA256, "no key", 6, "a", 1, "s", 1, say_result, "public key"));
    ASK(loop_sign(loop, LOOP_HASH_SHA256, key, 32, "a", 1, say_result, "hash"));
    ASK(loop_generate_key(loop, LOOP_KEY_P256, LOOP_CRYPTO_RAW, say_result, "form"));
    ASK(loop_x25519(loop, key, 32, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
                    32, say_result, "zeros"));
    ASK(loop_hash_file(loop, LOOP_HASH_MD5, "/no/such/file", say_result, "file"));
    ASK(loop_hmac_file(loop, LOOP_HASH_MD5, "k", 1, "/", say_result, "folder"));
    run_and_free(loop);
    return 0;
}
