/* SPDX-License-Identifier: MIT
 *
 * The values that host functions give and events carry.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

/* ---- Filling --------------------------------------------------------------------------------- */

static void release_copy(void *data) {
    free(data);
}

/* What was put in before is released: the last one holds. */
static void set(loop_value_t *out, const loop_value_t *value) {
    if (out->release == release_copy)
        release_copy((void *)(uintptr_t)out->data);
    *out = *value;
}

static int64_t set_copy(loop_value_t *out, uint32_t kind, const void *data, int64_t len,
                        int32_t os_errno) {
    if (out == NULL || len < 0 || (data == NULL && len > 0))
        return LOOP_EINVAL;
    loop_value_t value = {.kind = kind, .os_errno = os_errno};
    if (data != NULL) {
        char *copy = (uint64_t)len < SIZE_MAX ? malloc((size_t)len + 1) : NULL;
        if (copy == NULL)
            return LOOP_ENOMEM;
        memcpy(copy, data, (size_t)len);
        copy[len] = '\0';
        value.data = copy;
        value.len = (uint64_t)len;
        value.release = release_copy;
    }
    set(out, &value);
    return 0;
}

static int64_t set_number(loop_value_t *out, uint32_t kind, int64_t num) {
    const loop_value_t value = {.kind = kind, .num = num};
    if (out == NULL)
        return LOOP_EINVAL;
    set(out, &value);
    return 0;
}

/* len < 0: up to the NUL. */
static int64_t text_len(const char *text, int64_t len) {
    return len >= 0 || text == NULL ? len : (int64_t)strlen(text);
}

int64_t loop_value_set_bool(loop_value_t *out, int32_t value) {
    return set_number(out, LOOP_KIND_BOOL, value != 0);
}

int64_t loop_value_set_int(loop_value_t *out, int64_t value) {
    return set_number(out, LOOP_KIND_INT, value);
}

int64_t loop_value_set_double(loop_value_t *out, double value) {
    int64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return set_number(out, LOOP_KIND_DOUBLE, bits);
}

int64_t loop_value_set_bytes(loop_value_t *out, const void *data, int64_t len) {
    return set_copy(out, LOOP_KIND_BYTES, data, len, 0);
}

int64_t loop_value_set_string(loop_value_t *out, const char *text, int64_t len) {
    return set_copy(out, LOOP_KIND_STRING, text, text_len(text, len), 0);
}

int64_t loop_value_set_error(loop_value_t *out, const char *text, int64_t len, int32_t os_errno) {
    if (text == NULL && len < 0)
        len = 0; /* an error without a text */
    return set_copy(out, LOOP_KIND_ERROR, text, text_len(text, len), os_errno);
}

/* ---- Reading --------------------------------------------------------------------------------- */

static int32_t kind_of(const loop_event_t *ev) {
    return ev->flags & LOOP_KIND_MASK;
}

int64_t loop_event_kind(const loop_event_t *ev) {
    return ev != NULL ? kind_of(ev) : LOOP_EINVAL;
}

static int64_t check(const loop_event_t *ev, const void *out, int32_t kind) {
    if (ev == NULL || out == NULL)
        return LOOP_EINVAL;
    return kind_of(ev) == kind ? 0 : LOOP_ETYPE;
}

int64_t loop_event_bool(const loop_event_t *ev, int32_t *out) {
    int64_t rc = check(ev, out, LOOP_KIND_BOOL);
    if (rc == 0)
        *out = ev->num != 0;
    return rc;
}

int64_t loop_event_int(const loop_event_t *ev, int64_t *out) {
    int64_t rc = check(ev, out, LOOP_KIND_INT);
    if (rc == 0)
        *out = ev->num;
    return rc;
}

int64_t loop_event_double(const loop_event_t *ev, double *out) {
    int64_t rc = check(ev, out, LOOP_KIND_DOUBLE);
    if (rc == 0)
        memcpy(out, &ev->num, sizeof *out);
    return rc;
}

static int64_t get_data(const loop_event_t *ev, const void **data_out, uint64_t *len_out,
                        int32_t kind) {
    int64_t rc = len_out != NULL ? check(ev, data_out, kind) : LOOP_EINVAL;
    if (rc == 0) {
        *data_out = ev->data != NULL ? ev->data : "";
        *len_out = ev->data != NULL ? ev->len : 0;
    }
    return rc;
}

static int64_t get_text(const loop_event_t *ev, const char **text_out, uint64_t *len_out,
                        int32_t kind) {
    const void *data;
    if (text_out == NULL)
        return LOOP_EINVAL;
    int64_t rc = get_data(ev, &data, len_out, kind);
    if (rc == 0)
        *text_out = data;
    return rc;
}

int64_t loop_event_bytes(const loop_event_t *ev, const void **data_out, uint64_t *len_out) {
    return get_data(ev, data_out, len_out, LOOP_KIND_BYTES);
}

int64_t loop_event_string(const loop_event_t *ev, const char **text_out, uint64_t *len_out) {
    return get_text(ev, text_out, len_out, LOOP_KIND_STRING);
}

int64_t loop_event_error(const loop_event_t *ev, const char **text_out, uint64_t *len_out) {
    return get_text(ev, text_out, len_out, LOOP_KIND_ERROR);
}
