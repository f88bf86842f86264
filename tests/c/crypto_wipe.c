/* SPDX-License-Identifier: MIT
 *
 * No memory is given back to malloc with a key in it. The program's own free looks into every block.
 */
#include "crypto_heard.h"

#include <malloc.h>

/* A key that no other memory holds. */
static const char key[] = "\x9e\x37 this key is ours and no else.";
#define KEY 32
_Static_assert(sizeof key == KEY + 1, "and a NUL");
static int found; /* atomic: blocks that were freed with it */

static void look(void *p) {
    if (p != NULL && memmem(p, malloc_usable_size(p), key, KEY) != NULL)
        __atomic_add_fetch(&found, 1, __ATOMIC_SEQ_CST);
}

#if defined(__SANITIZE_ADDRESS__)
void __sanitizer_free_hook(const volatile void *p);
void __sanitizer_free_hook(const volatile void *p) {
    look((void *)(uintptr_t)p);
}
#else
extern void __libc_free(void *p);
void free(void *p) {
    look(p);
    __libc_free(p);
}
#endif

static heard_t heard;

#define WIPES(call)                                                                                \
    do {                                                                                           \
        int before = __atomic_load_n(&found, __ATOMIC_SEQ_CST);                                    \
        memset(&heard, 0, sizeof heard);                                                           \
        run_heard(loop, (call), &heard);                                                           \
        if (__atomic_load_n(&found, __ATOMIC_SEQ_CST) != before)                                   \
            harness_fail(__FILE__, __LINE__, "%s leaves a key in memory", #call);                  \
    } while (0)

static void copies_of_keys_are_wiped_when_the_work_is_done(void) {
    loop_t *loop = new_loop();
    char *copy = malloc(KEY);
    void (*volatile give_back)(void *) = free; /* else the compiler sees that nobody reads it */
    REQUIRE(copy != NULL);
    memcpy(copy, key, KEY);
    give_back(copy);
    CHECK_INT(found, 1); /* the look works */
    WIPES(loop_hmac(loop, LOOP_HASH_SHA256, key, 32, "text", 4, hear, &heard));
    CHECK_CODE(heard.status, LOOP_OK);
    WIPES(loop_hmac_file(loop, LOOP_HASH_SHA256, key, 32, "/dev/null", hear, &heard));
    CHECK_CODE(heard.status, LOOP_OK);
    WIPES(loop_hash(loop, LOOP_HASH_SHA256, key, 32, hear, &heard));
    WIPES(loop_pbkdf2(loop, LOOP_HASH_SHA256, key, 32, "salt", 4, 5000, 32, hear, &heard));
    WIPES(loop_scrypt(loop, key, 32, "salt", 4, 16, 1, 1, 0, 32, hear, &heard));
    WIPES(loop_argon2id(loop, key, 32, "salt", 4, 1, 8, 1, 0, 32, hear, &heard));
    WIPES(loop_hkdf(loop, LOOP_HASH_SHA256, key, 32, "salt", 4, NULL, 0, 32, hear, &heard));
    WIPES(loop_seal(loop, LOOP_CIPHER_AES_256_GCM, key, 32, "0123456789ab", 12, NULL, 0, "text", 4,
                    hear, &heard));
    CHECK_CODE(heard.status, LOOP_OK);
    WIPES(loop_open_sealed(loop, LOOP_CIPHER_AES_256_GCM, key, 32, "0123456789ab", 12, NULL, 0, key,
                           32, hear, &heard));
    CHECK_CODE(heard.status, LOOP_EAUTH);
    WIPES(loop_sign(loop, LOOP_HASH_NONE, key, 32, "text", 4, hear, &heard));
    CHECK_CODE(heard.status, LOOP_OK);
    WIPES(loop_public_key(loop, LOOP_KEY_ED25519, key, 32, 0, hear, &heard));
    CHECK_CODE(heard.status, LOOP_OK);
    WIPES(loop_x25519(loop, key, 32, "0123456789abcdef0123456789abcdef", 32, hear, &heard));
    CHECK_CODE(heard.status, LOOP_OK);
    WIPES(loop_seal(loop, LOOP_CIPHER_AES_128_GCM, key, 32, "n", 1, NULL, 0, NULL, 0, hear,
                    &heard)); /* a key of a wrong length */
    CHECK_CODE(heard.status, LOOP_EINVAL);
    int64_t flow = loop_hmac_stream(loop, LOOP_HASH_SHA256, key, 32, hear, &heard);
    CHECK_CODE(loop_end(loop, flow), LOOP_OK);
    WIPES(flow);
    run_and_free(loop);
    CHECK_INT(__atomic_load_n(&found, __ATOMIC_SEQ_CST), 1);
}

static void copies_of_keys_are_wiped_when_the_work_never_began(void) {
    int before = __atomic_load_n(&found, __ATOMIC_SEQ_CST);
    for (int how = 0; how < 4; how++) {
        loop_t *loop = new_loop();
        memset(&heard, 0, sizeof heard);
        CHECK_CODE(loop_set_workers(loop, LOOP_LANE_CPU, 1), LOOP_OK);
        CHECK_ID(loop_pbkdf2(loop, LOOP_HASH_SHA512, "p", 1, "s", 1, INT32_MAX, 32, count_event,
                             &before));
        int64_t id = loop_hmac(loop, LOOP_HASH_SHA256, key, 32, "text", 4, hear, &heard);
        if (how > 0) /* else the engine has not seen it */
            CHECK(loop_run(loop, LOOP_RUN_NOWAIT) > 0);
        if (how == 2)
            CHECK_CODE(loop_cancel(loop, id), LOOP_OK);
        if (how == 3)
            CHECK_CODE(loop_clear(loop, id), LOOP_OK);
        CHECK_CODE(loop_free(loop), LOOP_OK);
        if (how != 3)
            CHECK_CODE(heard.status, LOOP_ECANCELED);
    }
    CHECK_INT(__atomic_load_n(&found, __ATOMIC_SEQ_CST), before);
}

TEST_MAIN(warm_up(), T(copies_of_keys_are_wiped_when_the_work_is_done),
          T(copies_of_keys_are_wiped_when_the_work_never_began))
