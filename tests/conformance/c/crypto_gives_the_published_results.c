/* SPDX-License-Identifier: MIT
 *
 * Every function of crypto whose result is certain gives it.
 */
#include "crypto.h"

static const unsigned char seed[32] = {
    0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4,
    0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60};

static void ignore(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop, (void)user;
    must(ev->status);
}

static void streams(loop_t *loop) {
    int64_t flow = must(loop_hash_stream(loop, LOOP_HASH_SHA256, say_result, "hash stream"));
    must(loop_write(loop, flow, "a", 1, ignore, NULL));
    must(loop_write(loop, flow, "bc", 2, ignore, NULL));
    must(loop_end(loop, flow));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    flow = must(loop_hmac_stream(loop, LOOP_HASH_SHA256, "key", 3, say_result, "hmac stream"));
    must(loop_write(loop, flow, "abc", 3, ignore, NULL));
    must(loop_end(loop, flow));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
}

int main(void) {
    static const struct {
        uint32_t alg;
        const char *name;
    } hashes[] = {
        {LOOP_HASH_SHA224, "sha224"},
        {LOOP_HASH_SHA256, "sha256"},
        {LOOP_HASH_SHA384, "sha384"},
        {LOOP_HASH_SHA512, "sha512"},
        {LOOP_HASH_SHA512_256, "sha512-256"},
        {LOOP_HASH_SHA3_224, "sha3-224"},
        {LOOP_HASH_SHA3_256, "sha3-256"},
        {LOOP_HASH_SHA3_384, "sha3-384"},
        {LOOP_HASH_SHA3_512, "sha3-512"},
        {LOOP_HASH_BLAKE2B_256, "blake2b256"},
        {LOOP_HASH_BLAKE2B_384, "blake2b384"},
        {LOOP_HASH_BLAKE2B_512, "blake2b512"},
        {LOOP_HASH_BLAKE2S_256, "blake2s256"},
        {LOOP_HASH_SHA1, "sha1"},
        {LOOP_HASH_MD5, "md5"},
    };
    static const struct {
        uint32_t alg;
        const char *name;
        uint64_t key, nonce;
    } ciphers[] = {
        {LOOP_CIPHER_AES_128_GCM, "aes-128-gcm", 16, 12},
        {LOOP_CIPHER_AES_192_GCM, "aes-192-gcm", 24, 12},
        {LOOP_CIPHER_AES_256_GCM, "aes-256-gcm", 32, 12},
        {LOOP_CIPHER_CHACHA20_POLY1305, "chacha20-poly1305", 32, 12},
        {LOOP_CIPHER_XCHACHA20_POLY1305, "xchacha20-poly1305", 32, 24},
    };
    loop_t *loop = new_loop();
    char a[] = "a", bc[] = "bc";
    const loop_buf_t bufs[] = {{a, 1}, {bc, 2}};
    unsigned char public[32], signature[64];
    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++)
        ASK(loop_hash(loop, hashes[i].alg, "abc", 3, say_result,
                      (void *)(uintptr_t)hashes[i].name));
    ASK(loop_hash_bufs(loop, LOOP_HASH_SHA256, bufs, 2, say_result, "hash of pieces"));
    ASK(loop_hash_file(loop, LOOP_HASH_SHA256, "/dev/null", say_result, "hash of a file"));
    ASK(loop_hmac(loop, LOOP_HASH_SHA256, "key", 3, "abc", 3, say_result, "hmac"));
    ASK(loop_hmac_bufs(loop, LOOP_HASH_SHA256, "key", 3, bufs, 2, say_result, "hmac of pieces"));
    ASK(loop_hmac_file(loop, LOOP_HASH_SHA256, "key", 3, "/dev/null", say_result,
                       "hmac of a file"));
    streams(loop);
    ASK(loop_pbkdf2(loop, LOOP_HASH_SHA1, "password", 8, "salt", 4, 4096, 20, say_result,
                    "pbkdf2"));
    ASK(loop_scrypt(loop, "password", 8, "NaCl", 4, 1024, 8, 16, 0, 16, say_result, "scrypt"));
    ASK(loop_argon2id(loop, "password", 8, "somesalt", 8, 2, 256, 2, 0, 32, say_result,
                      "argon2id"));
    ASK(loop_hkdf(loop, LOOP_HASH_SHA256, "secret", 6, "salt", 4, "info", 4, 42, say_result,
                  "hkdf"));
    for (size_t i = 0; i < sizeof ciphers / sizeof ciphers[0]; i++) {
        void *name = (void *)(uintptr_t)ciphers[i].name;
        ASK(loop_seal(loop, ciphers[i].alg, seed, ciphers[i].key, seed, ciphers[i].nonce, "aad", 3,
                      "text", 4, keep, NULL));
        say_hex(name, came.data, came.len);
        ASK(loop_open_sealed(loop, ciphers[i].alg, seed, ciphers[i].key, seed, ciphers[i].nonce,
                             "aad", 3, came.data, came.len, say_result, name));
    }
    ASK(loop_public_key(loop, LOOP_KEY_ED25519, seed, 32, LOOP_CRYPTO_RAW, keep, NULL));
    say_hex("public key", came.data, came.len);
    memcpy(public, came.data, 32);
    ASK(loop_public_key(loop, LOOP_KEY_ED25519, seed, 32, 0, say_result, "in DER"));
    ASK(loop_sign(loop, LOOP_HASH_NONE, seed, 32, NULL, 0, keep, NULL));
    say_hex("signature", came.data, came.len);
    memcpy(signature, came.data, 64);
    ASK(loop_verify(loop, LOOP_HASH_NONE, public, 32, NULL, 0, signature, 64, say_result, "good"));
    ASK(loop_verify(loop, LOOP_HASH_NONE, public, 32, "x", 1, signature, 64, say_result, "good"));
    ASK(loop_public_key(loop, LOOP_KEY_X25519, seed, 32, LOOP_CRYPTO_RAW, keep, NULL));
    ASK(loop_x25519(loop, seed, 32, came.data, 32, say_result, "x25519"));
    say("equal: %s, %s", loop_timing_safe_equal("same", "same", 4) == 1 ? "yes" : "no",
        loop_timing_safe_equal("same", "sane", 4) == 1 ? "yes" : "no");
    run_and_free(loop);
    return 0;
}
