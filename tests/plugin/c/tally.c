/* SPDX-License-Identifier: MIT */
#include "tally.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int64_t live; /* only the loop thread writes it */

int64_t tally_live(void) {
    return live;
}

/* ---- The job ------------------------------------------------------------------------------- */

typedef struct words {
    loop_cb cb;
    void *user;
    char text[]; /* ends with a NUL */
} words_t;

static int32_t count_words(void *arg, loop_value_t *out) {
    const char *text = ((words_t *)arg)->text;
    int64_t count = 0;
    int inside = 0;
    for (const char *at = text; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ') {
            char message[128];
            snprintf(message, sizeof message, "tally %.*s", (int)(at - text), text);
            loop_value_set_error(out, message, -1, 0);
            return LOOP_EINVAL;
        }
        count += *at != ' ' && !inside;
        inside = *at != ' ';
    }
    return (int32_t)loop_value_set_int(out, count);
}

/* The text is borrowed by the job, so it is freed with the final event and not before. */
static void words_done(loop_t *loop, const loop_event_t *ev, void *user) {
    words_t *words = user;
    loop_cb cb = words->cb;
    void *cb_user = words->user;
    if ((ev->flags & LOOP_EV_MORE) == 0) {
        live--;
        free(words);
    }
    cb(loop, ev, cb_user);
}

int64_t tally_words(loop_t *loop, const char *text, loop_cb cb, void *user) {
    if (text == NULL || cb == NULL) {
        return LOOP_EINVAL;
    }
    size_t room = strlen(text) + 1;
    words_t *words = malloc(sizeof *words + room);
    if (words == NULL) {
        return LOOP_ENOMEM;
    }
    words->cb = cb;
    words->user = user;
    memcpy(words->text, text, room);
    int64_t id = loop_work(loop, count_words, words, "Tally", words_done, words);
    if (id < 0) {
        free(words);
        return id;
    }
    live++;
    return id;
}

/* ---- The descriptor event ------------------------------------------------------------------ */

typedef struct lines {
    tally_line_cb cb;
    void *user;
    int32_t fd;
    size_t used;
    char buffer[256]; /* a longer line comes in pieces */
} lines_t;

static void deliver(loop_t *loop, lines_t *lines) {
    char *end;
    while ((end = memchr(lines->buffer, '\n', lines->used)) != NULL) {
        size_t len = (size_t)(end - lines->buffer);
        lines->cb(loop, lines->buffer, len, lines->user);
        lines->used -= len + 1;
        memmove(lines->buffer, end + 1, lines->used);
    }
    if (lines->used == sizeof lines->buffer) {
        lines->cb(loop, lines->buffer, lines->used, lines->user);
        lines->used = 0;
    }
}

static void fd_ready(loop_t *loop, const loop_event_t *ev, void *user) {
    lines_t *lines = user;
    if ((ev->flags & LOOP_EV_MORE) == 0) { /* ended by the loop itself: closed, or a bad fd */
        lines->cb(loop, NULL, 0, lines->user);
        live--;
        free(lines);
        return;
    }
    for (;;) {
        ssize_t n =
            read(lines->fd, lines->buffer + lines->used, sizeof lines->buffer - lines->used);
        if (n > 0) {
            lines->used += (size_t)n;
            deliver(loop, lines);
        } else if (n < 0 && errno == EINTR) {
            continue;
        } else if (n < 0 && errno == EAGAIN) {
            return;
        } else {
            break;
        }
    }
    if (lines->used > 0) {
        lines->cb(loop, lines->buffer, lines->used, lines->user);
    }
    /* Not cleared: cancelled, so that the final event comes, which frees. */
    lines->used = 0;
    loop_cancel(loop, (int64_t)ev->id);
}

int64_t tally_lines(loop_t *loop, int32_t fd, tally_line_cb cb, void *user) {
    int flags = cb == NULL ? -1 : fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
        return LOOP_EINVAL;
    }
    lines_t *lines = calloc(1, sizeof *lines);
    if (lines == NULL) {
        return LOOP_ENOMEM;
    }
    *lines = (lines_t){.cb = cb, .user = user, .fd = fd};
    loop_next_op(loop, 0, "Lines");
    int64_t id = loop_poll_fd(loop, fd, LOOP_READABLE, LOOP_POLL_LEVEL, fd_ready, lines);
    if (id < 0) {
        free(lines);
        return id;
    }
    live++;
    return 0;
}
