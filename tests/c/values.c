/* SPDX-License-Identifier: MIT
 *
 * Values: what the setters make and the accessors give back.
 */
#include "loops.h"

static loop_event_t event_of(uint16_t kind, int64_t num, const void *data, uint64_t len) {
    loop_event_t ev;
    memset(&ev, 0, sizeof ev);
    ev.flags = kind;
    ev.num = num;
    ev.data = data;
    ev.len = len;
    return ev;
}

static void every_kind_is_read_by_its_own_accessor_only(void) {
    for (uint16_t kind = LOOP_KIND_UNDEFINED; kind <= LOOP_KIND_ERROR; kind++) {
        loop_event_t ev = event_of(kind, 1, "abc", 3);
        int32_t flag = 0;
        int64_t number = 0;
        double real = 0;
        const void *data = NULL;
        const char *text = NULL;
        uint64_t len = 0;
        CHECK_INT(loop_event_kind(&ev), kind);
        CHECK_INT(loop_event_bool(&ev, &flag), kind == LOOP_KIND_BOOL ? 0 : LOOP_ETYPE);
        CHECK_INT(loop_event_int(&ev, &number), kind == LOOP_KIND_INT ? 0 : LOOP_ETYPE);
        CHECK_INT(loop_event_double(&ev, &real), kind == LOOP_KIND_DOUBLE ? 0 : LOOP_ETYPE);
        CHECK_INT(loop_event_bytes(&ev, &data, &len), kind == LOOP_KIND_BYTES ? 0 : LOOP_ETYPE);
        CHECK_INT(loop_event_string(&ev, &text, &len), kind == LOOP_KIND_STRING ? 0 : LOOP_ETYPE);
        CHECK_INT(loop_event_error(&ev, &text, &len), kind == LOOP_KIND_ERROR ? 0 : LOOP_ETYPE);
    }
}

static void outputs_are_written_only_on_success(void) {
    loop_event_t ev = event_of(LOOP_KIND_NULL, 7, "abc", 3);
    int64_t number = -1;
    const char *text = "before";
    uint64_t len = 99;
    CHECK_INT(loop_event_int(&ev, &number), LOOP_ETYPE);
    CHECK_INT(loop_event_string(&ev, &text, &len), LOOP_ETYPE);
    CHECK_INT(number, -1);
    CHECK_STR(text, "before");
    CHECK_INT(len, 99);
}

static void setters_copy_what_they_are_given(void) {
    loop_value_t value;
    char text[] = "text";
    memset(&value, 0, sizeof value);
    SHOULD(loop_value_set_string(&value, text, -1));
    text[0] = 'n';
    CHECK_INT(value.kind, LOOP_KIND_STRING);
    CHECK_INT(value.len, 4);
    CHECK(memcmp(value.data, "text", 4) == 0);
    REQUIRE(value.release != NULL);
    value.release((void *)(uintptr_t)value.data);
    memset(&value, 0, sizeof value);
    SHOULD(loop_value_set_bytes(&value, "\0\xff", 2));
    CHECK_INT(value.len, 2);
    CHECK(memcmp(value.data, "\0\xff", 2) == 0);
    value.release((void *)(uintptr_t)value.data);
}

static void a_double_keeps_all_its_bits(void) {
    static const double reals[] = {0.0, -0.0, 0.1, 1e308, -1e-308};
    for (size_t i = 0; i < sizeof reals / sizeof reals[0]; i++) {
        loop_value_t value;
        double back = 1;
        memset(&value, 0, sizeof value);
        SHOULD(loop_value_set_double(&value, reals[i]));
        loop_event_t ev = event_of((uint16_t)value.kind, value.num, NULL, 0);
        SHOULD(loop_event_double(&ev, &back));
        CHECK(memcmp(&back, &reals[i], sizeof back) == 0);
    }
}

static void setters_refuse_null_and_accessors_too(void) {
    loop_value_t value;
    loop_event_t ev = event_of(LOOP_KIND_INT, 1, NULL, 0);
    memset(&value, 0, sizeof value);
    CHECK_INT(loop_value_set_int(NULL, 1), LOOP_EINVAL);
    CHECK_INT(loop_value_set_string(&value, NULL, 3), LOOP_EINVAL);
    CHECK_INT(loop_value_set_bytes(&value, NULL, 3), LOOP_EINVAL);
    CHECK_INT(loop_event_int(&ev, NULL), LOOP_EINVAL);
    CHECK_INT(loop_event_int(NULL, NULL), LOOP_EINVAL);
    CHECK_INT(value.kind, LOOP_KIND_UNDEFINED);
}

TEST_MAIN(warm_up(), T(every_kind_is_read_by_its_own_accessor_only),
          T(outputs_are_written_only_on_success), T(setters_copy_what_they_are_given),
          T(a_double_keeps_all_its_bits), T(setters_refuse_null_and_accessors_too))
