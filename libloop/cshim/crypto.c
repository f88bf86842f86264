/* SPDX-License-Identifier: MIT
 *
 * Crypto for C callers: the request is checked and copied into one piece of memory that lives until
 * the engine has taken the op, and is wiped then. What an algorithm takes (lengths, parameters,
 * keys) is the engine's to say.
 */
#include "internal.h"

#include <string.h>

/* ---- Checks ---------------------------------------------------------------------------------- */

#define MOST_BUFS ((uint64_t)1 << 20)
#define ADDRESSES ((uint64_t)1 << 47) /* no buffer is longer than all memory of a process */
#define FORMS ((uint32_t)(LOOP_CRYPTO_PEM | LOOP_CRYPTO_RAW))

/* What requests of one kind take: the least and greatest alg, flags, and whether the message may
 * also come in several buffers or from a file. */
typedef struct rule {
    uint32_t least;
    uint32_t most;
    uint32_t flags;
    uint32_t anywhere;
} rule_t;

#define HASHES LOOP_HASH_SHA224, LOOP_HASH_MD5
#define CIPHERS LOOP_CIPHER_AES_128_GCM, LOOP_CIPHER_XCHACHA20_POLY1305

static const rule_t rules[] = {
    [LOOP_CRYPTO_RANDOM_BYTES] = {0, 0, 0, 0},
    [LOOP_CRYPTO_HASH] = {HASHES, LOOP_CRYPTO_BORROW, 1},
    [LOOP_CRYPTO_HMAC] = {HASHES, LOOP_CRYPTO_BORROW, 1},
    [LOOP_CRYPTO_PBKDF2] = {HASHES, 0, 0},
    [LOOP_CRYPTO_SCRYPT] = {0, 0, 0, 0},
    [LOOP_CRYPTO_ARGON2ID] = {0, 0, 0, 0},
    [LOOP_CRYPTO_HKDF] = {HASHES, 0, 0},
    [LOOP_CRYPTO_SEAL] = {CIPHERS, LOOP_CRYPTO_BORROW, 0},
    [LOOP_CRYPTO_OPEN_SEALED] = {CIPHERS, LOOP_CRYPTO_BORROW, 0},
    [LOOP_CRYPTO_GENERATE_KEY] = {LOOP_KEY_ED25519, LOOP_KEY_X25519, FORMS, 0},
    [LOOP_CRYPTO_PUBLIC_KEY] = {0, LOOP_KEY_X25519, FORMS, 0},
    [LOOP_CRYPTO_SIGN] = {LOOP_HASH_NONE, LOOP_HASH_MD5, LOOP_CRYPTO_BORROW, 0},
    [LOOP_CRYPTO_VERIFY] = {LOOP_HASH_NONE, LOOP_HASH_MD5, LOOP_CRYPTO_BORROW, 0},
    [LOOP_CRYPTO_X25519] = {0, 0, 0, 0},
    [LOOP_CRYPTO_HASH_STREAM] = {HASHES, 0, 0},
    [LOOP_CRYPTO_HMAC_STREAM] = {HASHES, 0, 0},
};

#define RULES (sizeof rules / sizeof rules[0])

static int there(const void *data, uint64_t len) {
    return len == 0 || (data != NULL && len <= ADDRESSES);
}

/* Whether there is one message: in data, in several buffers, or in a file. */
static int message_ok(const loop_crypto_t *request, int anywhere) {
    uint64_t sum = 0;
    if (!there(request->data, request->data_len))
        return 0;
    if (request->buf_count == 0 && request->path == NULL)
        return 1;
    if (!anywhere || request->data_len > 0 || request->buf_count > MOST_BUFS ||
        (request->buf_count > 0 && (request->path != NULL || request->bufs == NULL)))
        return 0;
    for (uint64_t i = 0; i < request->buf_count; i++) {
        const loop_buf_t *buf = &request->bufs[i];
        if (!there(buf->data, buf->len))
            return 0;
        sum += buf->len;
        if (sum > ADDRESSES)
            return 0;
    }
    return 1;
}

static int request_ok(const loop_crypto_t *request) {
    if (request == NULL || request->size < sizeof *request ||
        !loop__rest_is_zero(request, request->size, sizeof *request) || request->what == 0 ||
        request->what >= RULES)
        return 0;
    const rule_t *rule = &rules[request->what];
    return request->alg >= rule->least && request->alg <= rule->most &&
           (request->flags & ~rule->flags) == 0 && (request->flags & FORMS) != FORMS &&
           there(request->key, request->key_len) && there(request->salt, request->salt_len) &&
           there(request->info, request->info_len) &&
           there(request->signature, request->signature_len) &&
           message_ok(request, (int)rule->anywhere);
}

/* ---- Copies ---------------------------------------------------------------------------------- */

static const void *put(char **at, const void *data, uint64_t len) {
    char *copy = *at;
    if (len == 0)
        return NULL;
    memcpy(copy, data, len);
    *at += len;
    return copy;
}

/* A copy of a request with everything it points at, but for a message that is lent. NULL: out of
 * memory. No sum here overflows: each length is at most ADDRESSES. */
static loop__blob_t *copy_request(const loop_crypto_t *request) {
    int lent = (request->flags & LOOP_CRYPTO_BORROW) != 0;
    uint64_t path = request->path != NULL ? strlen(request->path) + 1 : 0;
    uint64_t bytes = sizeof *request + request->buf_count * sizeof *request->bufs + path +
                     request->key_len + request->salt_len + request->info_len +
                     request->signature_len;
    if (!lent) {
        bytes += request->data_len;
        for (uint64_t i = 0; i < request->buf_count; i++)
            bytes += request->bufs[i].len;
    }
    loop__blob_t *blob = loop__blob_new(bytes);
    if (blob == NULL)
        return NULL;
    blob->secret = 1;
    loop_crypto_t *copy = loop__blob_data(blob);
    loop_buf_t *bufs = (loop_buf_t *)(void *)(copy + 1);
    char *at = (char *)(bufs + request->buf_count);
    *copy = *request;
    copy->size = sizeof *copy;
    copy->key = put(&at, request->key, request->key_len);
    copy->salt = put(&at, request->salt, request->salt_len);
    copy->info = put(&at, request->info, request->info_len);
    copy->signature = put(&at, request->signature, request->signature_len);
    copy->path = put(&at, request->path, path);
    if (!lent)
        copy->data = put(&at, request->data, request->data_len);
    if (request->buf_count > 0)
        copy->bufs = bufs;
    for (uint64_t i = 0; i < request->buf_count; i++) {
        bufs[i] = request->bufs[i];
        if (!lent)
            bufs[i].data = (void *)(uintptr_t)put(&at, bufs[i].data, bufs[i].len);
    }
    return blob;
}

int64_t loop_crypto(loop_t *loop, const loop_crypto_t *request, loop_cb cb, void *user) {
    loop_op_t *op;
    int64_t rc = loop__enter_open(loop);
    if (rc < 0)
        return rc;
    if (!request_ok(request) || cb == NULL)
        return loop__leave(loop, LOOP_EINVAL);
    loop__blob_t *blob = copy_request(request);
    if (blob == NULL)
        return loop__leave(loop, LOOP_ENOMEM);
    rc = loop__start(loop, LOOP_OP_CRYPTO, cb, user, 0, &op);
    if (rc < 0) {
        loop__blobs_free(blob);
        return loop__leave(loop, rc);
    }
    op->data = loop__blob_data(blob);
    blob->next = loop->ops.blobs;
    loop->ops.blobs = blob;
    (void)loop__submit_queued(loop);
    return loop__leave(loop, rc);
}

/* ---- The single calls ------------------------------------------------------------------------ */

/* Begins a request: the fields by name are those that follow. */
#define REQUEST(...)                                                                               \
    const loop_crypto_t request = {.size = sizeof request, __VA_ARGS__};                           \
    return loop_crypto(loop, &request, cb, user)

int64_t loop_random_bytes(loop_t *loop, uint64_t len, loop_cb cb, void *user) {
    REQUEST(.what = LOOP_CRYPTO_RANDOM_BYTES, .out_len = len);
}

int64_t loop_hash(loop_t *loop, uint32_t alg, const void *data, uint64_t len, loop_cb cb,
                  void *user) {
    REQUEST(.what = LOOP_CRYPTO_HASH, .alg = alg, .data = data, .data_len = len);
}

int64_t loop_hash_bufs(loop_t *loop, uint32_t alg, const loop_buf_t *bufs, uint64_t count,
                       loop_cb cb, void *user) {
    REQUEST(.what = LOOP_CRYPTO_HASH, .alg = alg, .bufs = bufs, .buf_count = count);
}

int64_t loop_hmac(loop_t *loop, uint32_t alg, const void *key, uint64_t key_len, const void *data,
                  uint64_t len, loop_cb cb, void *user) {
    REQUEST(.what = LOOP_CRYPTO_HMAC, .alg = alg, .key = key, .key_len = key_len, .data = data,
            .data_len = len);
}

int64_t loop_hmac_bufs(loop_t *loop, uint32_t alg, const void *key, uint64_t key_len,
                       const loop_buf_t *bufs, uint64_t count, loop_cb cb, void *user) {
    REQUEST(.what = LOOP_CRYPTO_HMAC, .alg = alg, .key = key, .key_len = key_len, .bufs = bufs,
            .buf_count = count);
}

/* Without a path it would be the hash of nothing: an unknown `what` is refused after all that comes
 * first. */
static uint32_t with_path(const char *path, uint32_t what) {
    return path != NULL ? what : 0;
}

int64_t loop_hash_file(loop_t *loop, uint32_t alg, const char *path, loop_cb cb, void *user) {
    REQUEST(.what = with_path(path, LOOP_CRYPTO_HASH), .alg = alg, .path = path);
}

int64_t loop_hmac_file(loop_t *loop, uint32_t alg, const void *key, uint64_t key_len,
                       const char *path, loop_cb cb, void *user) {
    REQUEST(.what = with_path(path, LOOP_CRYPTO_HMAC), .alg = alg, .key = key, .key_len = key_len,
            .path = path);
}

int64_t loop_hash_stream(loop_t *loop, uint32_t alg, loop_cb cb, void *user) {
    REQUEST(.what = LOOP_CRYPTO_HASH_STREAM, .alg = alg);
}

int64_t loop_hmac_stream(loop_t *loop, uint32_t alg, const void *key, uint64_t key_len, loop_cb cb,
                         void *user) {
    REQUEST(.what = LOOP_CRYPTO_HMAC_STREAM, .alg = alg, .key = key, .key_len = key_len);
}

int64_t loop_pbkdf2(loop_t *loop, uint32_t alg, const void *password, uint64_t password_len,
                    const void *salt, uint64_t salt_len, uint64_t iterations, uint64_t out_len,
                    loop_cb cb, void *user) {
    REQUEST(.what = LOOP_CRYPTO_PBKDF2, .alg = alg, .key = password, .key_len = password_len,
            .salt = salt, .salt_len = salt_len, .iterations = iterations, .out_len = out_len);
}

int64_t loop_scrypt(loop_t *loop, const void *password, uint64_t password_len, const void *salt,
                    uint64_t salt_len, uint64_t cost, uint64_t block_size, uint64_t parallelism,
                    uint64_t max_memory, uint64_t out_len, loop_cb cb, void *user) {
    REQUEST(.what = LOOP_CRYPTO_SCRYPT, .key = password, .key_len = password_len, .salt = salt,
            .salt_len = salt_len, .cost = cost, .block_size = block_size,
            .parallelism = parallelism, .max_memory = max_memory, .out_len = out_len);
}

int64_t loop_argon2id(loop_t *loop, const void *password, uint64_t password_len, const void *salt,
                      uint64_t salt_len, uint64_t passes, uint64_t memory_kib, uint64_t lanes,
                      uint64_t max_memory, uint64_t out_len, loop_cb cb, void *user) {
    REQUEST(.what = LOOP_CRYPTO_ARGON2ID, .key = password, .key_len = password_len, .salt = salt,
            .salt_len = salt_len, .iterations = passes, .memory_kib = memory_kib,
            .parallelism = lanes, .max_memory = max_memory, .out_len = out_len);
}

int64_t loop_hkdf(loop_t *loop, uint32_t alg, const void *secret, uint64_t secret_len,
                  const void *salt, uint64_t salt_len, const void *info, uint64_t info_len,
                  uint64_t out_len, loop_cb cb, void *user) {
    REQUEST(.what = LOOP_CRYPTO_HKDF, .alg = alg, .key = secret, .key_len = secret_len,
            .salt = salt, .salt_len = salt_len, .info = info, .info_len = info_len,
            .out_len = out_len);
}

int64_t loop_seal(loop_t *loop, uint32_t alg, const void *key, uint64_t key_len, const void *nonce,
                  uint64_t nonce_len, const void *aad, uint64_t aad_len, const void *data,
                  uint64_t len, loop_cb cb, void *user) {
    REQUEST(.what = LOOP_CRYPTO_SEAL, .alg = alg, .key = key, .key_len = key_len, .salt = nonce,
            .salt_len = nonce_len, .info = aad, .info_len = aad_len, .data = data, .data_len = len);
}

int64_t loop_open_sealed(loop_t *loop, uint32_t alg, const void *key, uint64_t key_len,
                         const void *nonce, uint64_t nonce_len, const void *aad, uint64_t aad_len,
                         const void *data, uint64_t len, loop_cb cb, void *user) {
    REQUEST(.what = LOOP_CRYPTO_OPEN_SEALED, .alg = alg, .key = key, .key_len = key_len,
            .salt = nonce, .salt_len = nonce_len, .info = aad, .info_len = aad_len, .data = data,
            .data_len = len);
}

int64_t loop_generate_key(loop_t *loop, uint32_t kind, uint32_t format, loop_cb cb, void *user) {
    REQUEST(.what = LOOP_CRYPTO_GENERATE_KEY, .alg = kind, .flags = format);
}

int64_t loop_public_key(loop_t *loop, uint32_t kind, const void *key, uint64_t key_len,
                        uint32_t format, loop_cb cb, void *user) {
    REQUEST(.what = LOOP_CRYPTO_PUBLIC_KEY, .alg = kind, .key = key, .key_len = key_len,
            .flags = format);
}

int64_t loop_sign(loop_t *loop, uint32_t alg, const void *key, uint64_t key_len, const void *data,
                  uint64_t len, loop_cb cb, void *user) {
    REQUEST(.what = LOOP_CRYPTO_SIGN, .alg = alg, .key = key, .key_len = key_len, .data = data,
            .data_len = len);
}

int64_t loop_verify(loop_t *loop, uint32_t alg, const void *key, uint64_t key_len, const void *data,
                    uint64_t len, const void *signature, uint64_t signature_len, loop_cb cb,
                    void *user) {
    REQUEST(.what = LOOP_CRYPTO_VERIFY, .alg = alg, .key = key, .key_len = key_len, .data = data,
            .data_len = len, .signature = signature, .signature_len = signature_len);
}

int64_t loop_x25519(loop_t *loop, const void *key, uint64_t key_len, const void *peer,
                    uint64_t peer_len, loop_cb cb, void *user) {
    REQUEST(.what = LOOP_CRYPTO_X25519, .key = key, .key_len = key_len, .data = peer,
            .data_len = peer_len);
}

/* ---- Comparing ------------------------------------------------------------------------------- */

int64_t loop_timing_safe_equal(const void *a, const void *b, uint64_t len) {
    /* volatile: the compiler may not look for an early way out. */
    const volatile unsigned char *left = a;
    const volatile unsigned char *right = b;
    unsigned char differs = 0;
    if (len > 0 && (a == NULL || b == NULL))
        return LOOP_EINVAL;
    for (uint64_t i = 0; i < len; i++)
        differs = (unsigned char)(differs | (left[i] ^ right[i]));
    return (int64_t)((((uint32_t)differs - 1) >> 8) & 1);
}
