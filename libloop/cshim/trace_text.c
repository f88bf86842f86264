/* SPDX-License-Identifier: MIT
 *
 * Trace records as text: JSON, one object a line, and the lines of "The Node Experiment".
 */
#include "internal.h"

#include <stdio.h>
#include <string.h>

const char *loop__code_name(uint32_t code) {
    switch (code) {
    case LOOP_OP_TIMER:
        return "timer";
    case LOOP_OP_IDLE:
        return "idle";
    case LOOP_OP_PREPARE:
        return "prepare";
    case LOOP_OP_CHECK:
        return "check";
    case LOOP_OP_POLL_FD:
        return "poll";
    case LOOP_OP_WORK:
        return "work";
    case LOOP_OP_HTTP:
        return "http";
    case LOOP_OP_FS:
        return "fs";
    case LOOP_OP_CRYPTO:
        return "crypto";
    case LOOP_OP_ZIP:
        return "zip";
    case LOOP_OP_WATCH:
        return "watch";
    case LOOP_OP_DNS:
        return "dns";
    case LOOP_OP_WRITE:
        return "write";
    case LOOP_OP_NET:
        return "net";
    case LOOP_OP_READ:
        return "read";
    case LOOP_OP_SEND:
        return "send";
    case LOOP_OP_SEND_TO:
        return "send_to";
    case LOOP_OP_CLOSE:
        return "close";
    case LOOP_OP_CANCEL:
        return "cancel";
    case LOOP_OP_CLEAR:
        return "clear";
    case LOOP_OP_REF:
        return "ref";
    case LOOP_OP_UNREF:
        return "unref";
    case LOOP_OP_REFRESH:
        return "refresh";
    case LOOP_OP_POLL_MODIFY:
        return "poll_modify";
    case LOOP_OP_END:
        return "end";
    case LOOP_OP_PAUSE:
        return "pause";
    case LOOP_OP_RESUME:
        return "resume";
    case LOOP_OP_LABEL:
        return "label";
    case LOOP_OP_POST:
        return "post";
    case LOOP_OP_IMMEDIATE:
        return "immediate";
    case LOOP_OP_TICK:
        return "tick";
    case LOOP_OP_MICROTASK:
        return "microtask";
    default:
        return "";
    }
}

const char *loop__phase_name(uint32_t phase) {
    static const char *const names[] = {"none",    "timers", "pending", "idle",
                                        "prepare", "poll",   "check",   "closing"};
    return phase < sizeof names / sizeof names[0] ? names[phase] : "";
}

static const char *kind_name(uint32_t kind) {
    static const char *const names[] = {
        "",      "register",  "control", "refused", "pass",         "turn",         "phase",
        "event", "job_start", "job_end", "ready",   "worker_close", "poller_close", "finished"};
    return kind < sizeof names / sizeof names[0] ? names[kind] : "";
}

/* ---- Text of a limited length ---------------------------------------------------------------- */

/* Counts what it would write when there is no room. */
typedef struct text {
    char *out;
    uint64_t room;
    uint64_t len;
} text_t;

static void put(text_t *text, char c) {
    if (text->len < text->room)
        text->out[text->len] = c;
    text->len++;
}

static void put_all(text_t *text, const char *s) {
    while (*s != '\0')
        put(text, *s++);
}

static void put_int(text_t *text, int64_t value) {
    char digits[24];
    (void)snprintf(digits, sizeof digits, "%lld", (long long)value);
    put_all(text, digits);
}

static void put_json_string(text_t *text, const char *s) {
    put(text, '"');
    for (; *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\') {
            put(text, '\\');
            put(text, *s);
        } else if (c < 0x20) {
            char escape[8];
            (void)snprintf(escape, sizeof escape, "\\u%04x", (unsigned)c);
            put_all(text, escape);
        } else {
            put(text, *s);
        }
    }
    put(text, '"');
}

static void put_field(text_t *text, const char *name, int64_t value) {
    put_all(text, ",\"");
    put_all(text, name);
    put_all(text, "\":");
    put_int(text, value);
}

static void put_text_field(text_t *text, const char *name, const char *value) {
    put_all(text, ",\"");
    put_all(text, name);
    put_all(text, "\":");
    put_json_string(text, value);
}

/* ---- Formats --------------------------------------------------------------------------------- */

static void format_json(text_t *text, const loop_trace_t *r) {
    put_all(text, "{\"time_ns\":");
    put_int(text, r->time_ns);
    put_text_field(text, "kind", kind_name(r->kind));
    put_text_field(text, "thread", r->thread);
    if (r->id != 0)
        put_field(text, "id", (int64_t)r->id);
    if (r->seq != 0)
        put_field(text, "seq", (int64_t)r->seq);
    if (r->label[0] != '\0')
        put_text_field(text, "label", r->label);
    if (r->num != 0)
        put_field(text, "num", r->num);
    if (r->status != 0)
        put_text_field(text, "status", loop_err_name(r->status));
    if (r->kind == LOOP_TRACE_PHASE)
        put_text_field(text, "phase", loop__phase_name(r->code));
    else if (r->code != 0)
        put_text_field(text, "op", loop__code_name(r->code));
    put_all(text, "}\n");
}

static void book_begin(text_t *text, const char *thread) {
    put_all(text, "Thread: ");
    put_all(text, thread);
    put_all(text, "\t ");
}

static void book_register(text_t *text, const loop_trace_t *r) {
    switch (r->code) {
    case LOOP_OP_TIMER:
        book_begin(text, r->thread);
        put_all(text, "Registered timer event id: ");
        put_int(text, (int64_t)r->seq);
        put(text, '\n');
        break;
    case LOOP_OP_HTTP:
    case LOOP_OP_POLL_FD:
    case LOOP_OP_WATCH:
    case LOOP_OP_DNS:
        book_begin(text, r->thread);
        put_all(text, "Event with id: ");
        put_int(text, (int64_t)r->seq);
        put_all(text, " registered.\n");
        break;
    default: /* the book is silent about its jobs until a thread takes them */
        break;
    }
}

static void book_line(text_t *text, const char *thread, const char *before, const char *middle,
                      const char *after) {
    book_begin(text, thread);
    put_all(text, before);
    put_all(text, middle);
    put_all(text, after);
    put(text, '\n');
}

/* The book's poller is a thread of its own with this name, whichever backend ours has. */
static const char book_poller[] = "epoll";

/* A record of which the book knows nothing gives no line. */
static void format_book(text_t *text, const loop_trace_t *r) {
    char number[24];
    (void)snprintf(number, sizeof number, "%llu", (unsigned long long)r->seq);
    switch (r->kind) {
    case LOOP_TRACE_REGISTER:
        book_register(text, r);
        break;
    case LOOP_TRACE_PASS:
        book_line(text, r->thread, "===== TICK ", number, " =====");
        break;
    case LOOP_TRACE_JOB_START:
        book_line(text, r->thread, "received a task of type: ", r->label, "");
        break;
    case LOOP_TRACE_JOB_END:
        book_line(text, r->thread, "finished running a task of type: ", r->label, ".");
        break;
    case LOOP_TRACE_READY:
        book_line(text, book_poller, "epoll event ", r->id == 0 ? "timeout" : number, " is ready");
        break;
    case LOOP_TRACE_WORKER_CLOSE:
        book_line(text, r->thread, "received a task of type: Close", "", "");
        break;
    case LOOP_TRACE_POLLER_CLOSE:
        book_line(text, book_poller, "received event of type: Close", "", "");
        break;
    case LOOP_TRACE_FINISHED:
        book_line(text, r->thread, "FINISHED", "", "");
        break;
    default:
        break;
    }
}

/* Write a record as a line. Returns its length, 0 for none; if that is more than room, the text is
 * cut off. */
uint64_t loop__trace_format(const loop_trace_t *record, uint32_t format, char *out, uint64_t room) {
    text_t text = {.out = out, .room = room};
    if (format == LOOP_TRACE_JSON)
        format_json(&text, record);
    else
        format_book(&text, record);
    return text.len;
}
