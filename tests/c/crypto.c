/* SPDX-License-Identifier: MIT
 *
 * Each call of crypto does its own work, keeps nothing of what it was given beyond its return unless
 * that is lent, and wipes what it copied.
 */
#include "crypto_heard.h"

#define ASK(call)                                                                                  \
    do {                                                                                           \
        memset(&heard, 0, sizeof heard);                                                           \
        run_heard(loop, (call), &heard);                                                           \
    } while (0)

static heard_t heard;

static void hashes_and_macs_give_their_digests(void) {
    loop_t *loop = new_loop();
    char ab[] = "ab", c[] = "c";
    const loop_buf_t bufs[] = {{ab, 2}, {NULL, 0}, {c, 1}};
    const char *sha = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    const char *mac = "9c196e32dc0175f86f4b1cb89289d6619de6bee699e4c378e68309ed97a1a6ab";
    ASK(loop_hash(loop, LOOP_HASH_SHA256, "abc", 3, hear, &heard));
    CHECK_HEX(&heard, sha);
    ASK(loop_hash_bufs(loop, LOOP_HASH_SHA256, bufs, 3, hear, &heard));
    CHECK_HEX(&heard, sha);
    ASK(loop_hash_file(loop, LOOP_HASH_MD5, "/dev/null", hear, &heard));
    CHECK_HEX(&heard, "d41d8cd98f00b204e9800998ecf8427e");
    ASK(loop_hmac(loop, LOOP_HASH_SHA256, "key", 3, "abc", 3, hear, &heard));
    CHECK_HEX(&heard, mac);
    ASK(loop_hmac_bufs(loop, LOOP_HASH_SHA256, "key", 3, bufs, 3, hear, &heard));
    CHECK_HEX(&heard, mac);
    ASK(loop_hmac_file(loop, LOOP_HASH_SHA256, "key", 3, "/dev/null", hear, &heard));
    CHECK_HEX(&heard, "5d5d139563c95b5967b9bd9a8c9b233a9dedb45072794cd232dc1b74832607d0");
    ASK(loop_hash(loop, LOOP_HASH_SHA256, NULL, 0, hear, &heard));
    CHECK_HEX(&heard, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    run_and_free(loop);
}

static void derived_keys_are_the_published_ones(void) {
    loop_t *loop = new_loop();
    ASK(loop_pbkdf2(loop, LOOP_HASH_SHA1, "password", 8, "salt", 4, 4096, 20, hear, &heard));
    CHECK_HEX(&heard, "4b007901b765489abead49d926f721d065a429c1");
    ASK(loop_scrypt(loop, "", 0, "", 0, 16, 1, 1, 0, 32, hear, &heard));
    CHECK_HEX(&heard, "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442");
    ASK(loop_argon2id(loop, "password", 8, "somesalt", 8, 2, 256, 2, 0, 32, hear, &heard));
    CHECK_HEX(&heard, "6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037");
    ASK(loop_hkdf(loop, LOOP_HASH_SHA256, "\v\v\v\v\v\v\v\v\v\v\v\v\v\v\v\v\v\v\v\v\v\v", 22, NULL,
                  0, NULL, 0, 32, hear, &heard));
    CHECK_HEX(&heard, "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
    run_and_free(loop);
}

static void sealed_texts_open_again_with_everything_the_same(void) {
    static const char key[32] = "0123456789abcdef0123456789abcdef";
    static const char nonce[24] = "0123456789ab0123456789ab";
    static const struct {
        uint32_t alg;
        uint64_t key, nonce;
    } ciphers[] = {{LOOP_CIPHER_AES_128_GCM, 16, 12},
                   {LOOP_CIPHER_AES_192_GCM, 24, 12},
                   {LOOP_CIPHER_AES_256_GCM, 32, 16},
                   {LOOP_CIPHER_CHACHA20_POLY1305, 32, 12},
                   {LOOP_CIPHER_XCHACHA20_POLY1305, 32, 24}};
    loop_t *loop = new_loop();
    for (size_t i = 0; i < sizeof ciphers / sizeof ciphers[0]; i++) {
        unsigned char sealed[64];
        ASK(loop_seal(loop, ciphers[i].alg, key, ciphers[i].key, nonce, ciphers[i].nonce, "aad", 3,
                      "text", 4, hear, &heard));
        CHECK_INT(heard.len, 4 + 16);
        memcpy(sealed, heard.data, 20);
        ASK(loop_open_sealed(loop, ciphers[i].alg, key, ciphers[i].key, nonce, ciphers[i].nonce,
                             "aad", 3, sealed, 20, hear, &heard));
        CHECK_HEX(&heard, "74657874");
        ASK(loop_open_sealed(loop, ciphers[i].alg, key, ciphers[i].key, nonce, ciphers[i].nonce,
                             "add", 3, sealed, 20, hear, &heard));
        CHECK_FAILED(&heard, LOOP_EAUTH, "open_sealed");
        sealed[19] ^= 1;
        ASK(loop_open_sealed(loop, ciphers[i].alg, key, ciphers[i].key, nonce, ciphers[i].nonce,
                             "aad", 3, sealed, 20, hear, &heard));
        CHECK_FAILED(&heard, LOOP_EAUTH, "open_sealed");
    }
    run_and_free(loop);
}

static void keys_sign_verify_and_agree_in_every_form(void) {
    static const uint32_t kinds[] = {LOOP_KEY_ED25519, LOOP_KEY_P256, LOOP_KEY_P384, LOOP_KEY_P521};
    loop_t *loop = new_loop();
    for (size_t i = 0; i < 8; i++) {
        unsigned char private[1024], public[1024], signature[256];
        uint32_t kind = kinds[i / 2], form = i % 2 == 0 ? 0 : LOOP_CRYPTO_PEM;
        uint32_t alg = kind == LOOP_KEY_ED25519 ? LOOP_HASH_NONE : LOOP_HASH_SHA512;
        ASK(loop_generate_key(loop, kind, form, hear, &heard));
        uint64_t private_len = heard.aux, public_len = heard.len - heard.aux;
        if (!CHECK(private_len > 0 && private_len < heard.len && heard.len < 1024))
            continue;
        memcpy(private, heard.data, private_len);
        memcpy(public, heard.data + private_len, public_len);
        ASK(loop_public_key(loop, kind, private, private_len, form, hear, &heard));
        CHECK_INT(heard.len, public_len);
        CHECK(memcmp(heard.data, public, public_len) == 0);
        ASK(loop_sign(loop, alg, private, private_len, "message", 7, hear, &heard));
        uint64_t signature_len = heard.len;
        if (!CHECK(signature_len >= 64 && signature_len <= sizeof signature))
            continue;
        memcpy(signature, heard.data, signature_len);
        ASK(loop_verify(loop, alg, public, public_len, "message", 7, signature, signature_len, hear,
                        &heard));
        CHECK_INT(heard.kind, LOOP_KIND_BOOL);
        CHECK_INT(heard.num, 1);
        ASK(loop_verify(loop, alg, public, public_len, "massage", 7, signature, signature_len, hear,
                        &heard));
        CHECK_CODE(heard.status, LOOP_OK); /* a wrong signature is no error */
        CHECK_INT(heard.kind, LOOP_KIND_BOOL);
        CHECK_INT(heard.num, 0);
    }
    run_and_free(loop);
}

static void two_sides_agree_on_a_secret(void) {
    loop_t *loop = new_loop();
    unsigned char a[64], b[64], secret[32];
    ASK(loop_generate_key(loop, LOOP_KEY_X25519, LOOP_CRYPTO_RAW, hear, &heard));
    CHECK_INT(heard.len, 64);
    memcpy(a, heard.data, 64);
    ASK(loop_generate_key(loop, LOOP_KEY_X25519, LOOP_CRYPTO_RAW, hear, &heard));
    memcpy(b, heard.data, 64);
    ASK(loop_x25519(loop, a, 32, b + 32, 32, hear, &heard));
    CHECK_INT(heard.len, 32);
    memcpy(secret, heard.data, 32);
    ASK(loop_x25519(loop, b, 32, a + 32, 32, hear, &heard));
    CHECK_INT(loop_timing_safe_equal(heard.data, secret, 32), 1);
    memset(b, 0, 32);
    ASK(loop_x25519(loop, a, 32, b, 32, hear, &heard));
    CHECK_FAILED(&heard, LOOP_EINVAL, "x25519: a public key that gives a secret of zeros");
    run_and_free(loop);
}

static void random_bytes_are_as_many_as_asked_for(void) {
    loop_t *loop = new_loop();
    unsigned char first[4096];
    ASK(loop_random_bytes(loop, sizeof first, hear, &heard));
    CHECK_INT(heard.len, sizeof first);
    memcpy(first, heard.data, sizeof first);
    ASK(loop_random_bytes(loop, sizeof first, hear, &heard));
    CHECK(memcmp(first, heard.data, sizeof first) != 0);
    ASK(loop_random_bytes(loop, 5000001, hear, &heard));
    CHECK_INT(heard.len, 5000001);
    run_and_free(loop);
}

/* Everything is overwritten as soon as the call has returned. */
static void what_is_given_is_copied(void) {
    loop_t *loop = new_loop();
    char key[] = "key", ab[] = "ab", c[] = "c", path[] = "/dev/null";
    loop_buf_t bufs[] = {{ab, 2}, {c, 1}};
    heard_t second = {0};
    memset(&heard, 0, sizeof heard);
    CHECK_ID(loop_hmac_bufs(loop, LOOP_HASH_SHA256, key, 3, bufs, 2, hear, &heard));
    memset(ab, '!', 2);
    memset(c, '!', 1);
    memset(bufs, 0, sizeof bufs);
    CHECK_ID(loop_hmac_file(loop, LOOP_HASH_SHA256, key, 3, path, hear, &second));
    memset(key, '!', 3);
    memset(path, '!', 9);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_HEX(&heard, "9c196e32dc0175f86f4b1cb89289d6619de6bee699e4c378e68309ed97a1a6ab");
    CHECK_HEX(&second, "5d5d139563c95b5967b9bd9a8c9b233a9dedb45072794cd232dc1b74832607d0");
    run_and_free(loop);
}

/* Lent bytes are read where they lie: a change before a worker takes the job is seen. */
static void what_is_lent_is_read_where_it_lies(void) {
    loop_t *loop = new_loop();
    char text[] = "xbc";
    loop_buf_t buf = {text, 3};
    loop_crypto_t request = LOOP_CRYPTO_INIT;
    request.what = LOOP_CRYPTO_HASH;
    request.alg = LOOP_HASH_SHA1;
    request.flags = LOOP_CRYPTO_BORROW;
    for (int several = 0; several < 2; several++) {
        request.data = several ? NULL : text;
        request.data_len = several ? 0 : 3;
        request.bufs = several ? &buf : NULL;
        request.buf_count = several ? 1 : 0;
        memset(&heard, 0, sizeof heard);
        CHECK_ID(loop_crypto(loop, &request, hear, &heard));
        text[0] = 'a';
        CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
        CHECK_HEX(&heard, "a9993e364706816aba3e25717850c26c9cd0d89d");
        text[0] = 'x';
    }
    run_and_free(loop);
}

static void comparing_says_equal_or_not(void) {
    unsigned char a[300], b[300];
    for (int i = 0; i < 300; i++)
        a[i] = b[i] = (unsigned char)i;
    CHECK_INT(loop_timing_safe_equal(a, b, 300), 1);
    CHECK_INT(loop_timing_safe_equal(a, b, 0), 1);
    CHECK_INT(loop_timing_safe_equal(NULL, NULL, 0), 1);
    CHECK_CODE(loop_timing_safe_equal(NULL, b, 1), LOOP_EINVAL);
    CHECK_CODE(loop_timing_safe_equal(a, NULL, 1), LOOP_EINVAL);
    for (int i = 0; i < 300; i++)
        for (int bit = 0; bit < 8; bit++) {
            b[i] = (unsigned char)(b[i] ^ (1 << bit));
            if (loop_timing_safe_equal(a, b, 300) != 0)
                harness_fail(__FILE__, __LINE__, "bit %d of byte %d makes no difference", bit, i);
            b[i] = a[i];
        }
}

TEST_MAIN(warm_up(), T(hashes_and_macs_give_their_digests), T(derived_keys_are_the_published_ones),
          T(sealed_texts_open_again_with_everything_the_same),
          T(keys_sign_verify_and_agree_in_every_form), T(two_sides_agree_on_a_secret),
          T(random_bytes_are_as_many_as_asked_for), T(what_is_given_is_copied),
          T(what_is_lent_is_read_where_it_lies), T(comparing_says_equal_or_not))
