/* SPDX-License-Identifier: MIT
 *
 * Keys of every kind, in every form, sign and agree with each other; random bytes are as many as
 * asked for.
 */
#include "crypto.h"

int main(void) {
    static const char *const kinds[] = {"", "ed25519", "p-256", "p-384", "p-521", "x25519"};
    static const char *const forms[] = {"der", "pem", "raw"};
    static const uint32_t flags[] = {0, LOOP_CRYPTO_PEM, LOOP_CRYPTO_RAW};
    loop_t *loop = new_loop();
    came_t first, second, secret;
    for (uint32_t kind = LOOP_KEY_ED25519; kind <= LOOP_KEY_P521; kind++)
        for (int form = 0; form < (kind == LOOP_KEY_ED25519 ? 3 : 2); form++) {
            uint32_t alg = kind == LOOP_KEY_ED25519 ? LOOP_HASH_NONE : LOOP_HASH_SHA256;
            char what[64];
            snprintf(what, sizeof what, "%s in %s", kinds[kind], forms[form]);
            ASK(loop_generate_key(loop, kind, flags[form], keep, NULL));
            first = came;
            ASK(loop_public_key(loop, kind, first.data, first.aux, flags[form], keep, NULL));
            say("%s: the public key is %s", what,
                came.len == first.len - first.aux &&
                        memcmp(came.data, first.data + first.aux, came.len) == 0
                    ? "the same"
                    : "another");
            ASK(loop_sign(loop, alg, first.data, first.aux, "text", 4, keep, NULL));
            ASK(loop_verify(loop, alg, first.data + first.aux, first.len - first.aux, "text", 4,
                            came.data, came.len, say_result, what));
            ASK(loop_verify(loop, alg, first.data + first.aux, first.len - first.aux, "test", 4,
                            came.data, came.len, say_result, what));
        }
    ASK(loop_generate_key(loop, LOOP_KEY_X25519, LOOP_CRYPTO_RAW, keep, NULL));
    first = came;
    ASK(loop_generate_key(loop, LOOP_KEY_X25519, LOOP_CRYPTO_PEM, keep, NULL));
    second = came;
    ASK(loop_x25519(loop, first.data, first.aux, second.data + second.aux, second.len - second.aux,
                    keep, NULL));
    secret = came;
    ASK(loop_x25519(loop, second.data, second.aux, first.data + first.aux, first.len - first.aux,
                    keep, NULL));
    say("the secrets are %s",
        loop_timing_safe_equal(secret.data, came.data, 32) == 1 ? "equal" : "different");
    ASK(loop_random_bytes(loop, 1000, keep, NULL));
    first = came;
    ASK(loop_random_bytes(loop, 1000, keep, NULL));
    say("%d random bytes, %s", (int)came.len,
        memcmp(first.data, came.data, 1000) == 0 ? "the same" : "others each time");
    run_and_free(loop);
    return 0;
}
