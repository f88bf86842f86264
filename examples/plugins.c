/* SPDX-License-Identifier: MIT
 *
 * What the book calls C++ plug-ins: work that the runtime knows nothing about. The C example is
 * linked with this file; the Python example loads it as libplugins.so.
 */
#include "plugins.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static int32_t fail(loop_value_t *out, const char *operation, const char *path) {
    int reason = errno;
    char text[512];
    snprintf(text, sizeof text, "%s %s", operation, path);
    loop_value_set_error(out, text, -1, reason);
    return (int32_t)loop_err_from_errno(reason);
}

static void sleep_one_second(void) {
    struct timespec left = {.tv_sec = 1};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

/* Read fd to its end into a block of malloc's. Returns 0, or -1 with errno set. */
static int read_all(int fd, char **data_out, size_t *len_out) {
    char *data = NULL;
    size_t len = 0, room = 0;
    for (;;) {
        if (len == room) {
            size_t bigger = room == 0 ? 4096 : room * 2;
            char *grown = realloc(data, bigger);
            if (grown == NULL) {
                break;
            }
            data = grown;
            room = bigger;
        }
        ssize_t n = read(fd, data + len, room - len);
        if (n == 0) {
            *data_out = data;
            *len_out = len;
            return 0;
        }
        if (n > 0) {
            len += (size_t)n;
        } else if (errno != EINTR) {
            break;
        }
    }
    int reason = errno;
    free(data);
    errno = reason;
    return -1;
}

int32_t plugin_file_read(void *arg, loop_value_t *out) {
    const char *path = arg;
    sleep_one_second();
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return fail(out, "open", path);
    }
    char *data = NULL;
    size_t len = 0;
    int failed = read_all(fd, &data, &len);
    int reason = errno;
    close(fd);
    if (failed != 0) {
        errno = reason;
        return fail(out, "read", path);
    }
    /* The block goes to the library, which frees it after the callback: nothing is copied. */
    out->kind = LOOP_KIND_BYTES;
    out->data = data;
    out->len = len;
    out->release = free;
    return LOOP_OK;
}

static int64_t fibonacci(int64_t n) {
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

int32_t plugin_encrypt(void *arg, loop_value_t *out) {
    return (int32_t)loop_value_set_int(out, fibonacci((int64_t)(intptr_t)arg));
}
