/* SPDX-License-Identifier: MIT
 *
 * The program of the book "The Node Experiment" on libloop.
 *
 *     node_experiment [FILE [URL]]
 *
 * javascript() registers everything; the callbacks below it stand in the order in which the book
 * nests them. The lines about ticks, pool and poller are the library's own trace.
 */
#include "plugins.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MS ((int64_t)1000000) /* ns */

/* fib(39) takes a moment, fib(100) a lifetime: texts of any length stay below this. */
#define MAGIC_LIMIT 40

typedef struct program {
    char *file;
    const char *url;
    int failures;
} program_t;

typedef void callback(loop_t *loop, const loop_event_t *ev, void *user);
static callback first_read, encrypted, immediate1, immediate2, second_read, third_read,
    timeout_3000, timeout_500, timeout_1000, web_call;

/* ---- print: unbuffered, so that these lines and the trace leave in the order they happen ------- */

static void write_all(const char *data, size_t len) {
    while (len > 0) {
        ssize_t n = write(STDOUT_FILENO, data, len);
        if (n < 0) {
            return;
        }
        data += n;
        len -= (size_t)n;
    }
}

__attribute__((format(printf, 1, 2))) static void print(const char *format, ...) {
    char line[1024];
    int head = snprintf(line, sizeof line, "Thread: main\t ");
    va_list arguments;
    va_start(arguments, format);
    int tail = vsnprintf(line + head, sizeof line - (size_t)head - 1, format, arguments);
    va_end(arguments);
    if (tail < 0) {
        return;
    }
    size_t len = strlen(line);
    line[len++] = '\n';
    write_all(line, len);
}

/* Print the first two lines of a text and the line that says where it moved to. */
static void print_content(const char *text, size_t len, const char *title) {
    char *block = NULL;
    size_t block_len = 0;
    FILE *out = open_memstream(&block, &block_len);
    if (out == NULL) {
        return;
    }
    fprintf(out, "\n===== THREAD main START CONTENT - %s =====\n", title);
    int moved = 0;
    const char *end = text + len;
    for (int number = 0; text < end; number++) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        const char *next = stop == NULL ? end : stop + 1;
        size_t line_len = (size_t)((stop == NULL ? end : stop) - text);
        if (line_len > 0 && text[line_len - 1] == '\r') {
            line_len--;
        }
        int location = !moved && line_len >= 8 && memcmp(text, "Location", 8) == 0;
        if (number < 2 || location) {
            fwrite(text, 1, line_len, out);
            fputc('\n', out);
        }
        moved |= location;
        text = next;
    }
    fprintf(out, "... [Note: Abbreviated for display] ...\n===== END CONTENT =====\n\n");
    fclose(out);
    write_all(block, block_len);
    free(block);
}

/* ---- The modules: two plug-ins of our own, and two of the library's calls -------------------- */

static void must(int64_t code, const char *what) {
    if (code < 0) {
        fprintf(stderr, "%s: %s\n", what, loop_strerror(code));
        exit(1);
    }
}

static void fs_read(loop_t *loop, loop_cb cb, program_t *program) {
    must(loop_work(loop, plugin_file_read, program->file, "File read", cb, program), "loop_work");
}

static void crypto_encrypt(loop_t *loop, int64_t n, loop_cb cb, program_t *program) {
    must(loop_work(loop, plugin_encrypt, (void *)(intptr_t)n, "Encrypt", cb, program), "loop_work");
}

static void http_get(loop_t *loop, const char *url, loop_cb cb, program_t *program) {
    must(loop_http_get(loop, url, cb, program), "loop_http_get");
}

static void set_timeout(loop_t *loop, int64_t ms, loop_cb cb, program_t *program) {
    must(loop_set_timeout(loop, ms * MS, cb, program), "loop_set_timeout");
}

/* ---- The program ----------------------------------------------------------------------------- */

static void javascript(loop_t *loop, program_t *program) {
    print("First call to read test.txt");
    fs_read(loop, first_read, program);

    print("Registering immediate timeout 1");
    set_timeout(loop, 0, immediate1, program);
    print("Registering immediate timeout 2");
    set_timeout(loop, 0, immediate2, program);

    print("Second call to read test.txt");
    fs_read(loop, second_read, program);

    print("Registering a 3000 and a 500 ms timeout");
    set_timeout(loop, 3000, timeout_3000, program);

    print("Registering a 1000 ms timeout");
    set_timeout(loop, 1000, timeout_1000, program);

    print("Registering http get request to google.com");
    http_get(loop, program->url, web_call, program);
}

/* Say that an event is an error. Returns whether it is one. */
static int failed(const loop_event_t *ev, program_t *program) {
    if (ev->status == LOOP_OK) {
        return 0;
    }
    const char *text = "";
    uint64_t len = 0;
    loop_event_error(ev, &text, &len);
    print("Error: %.*s: %s", (int)len, text, loop_strerror(ev->status));
    program->failures++;
    return 1;
}

/* Characters of UTF-8 text: its bytes but for the second and later ones of a character. */
static int64_t count_characters(const loop_event_t *ev) {
    const unsigned char *text = ev->data;
    int64_t count = 0;
    for (uint64_t i = 0; i < ev->len; i++) {
        count += (text[i] & 0xC0) != 0x80;
    }
    return count;
}

static void first_read(loop_t *loop, const loop_event_t *ev, void *user) {
    if (failed(ev, user)) {
        return;
    }
    int64_t count = count_characters(ev);
    print("First count: %lld characters.", (long long)count);
    print("I want to create a \"magic\" number based on the text.");
    crypto_encrypt(loop, count % MAGIC_LIMIT, encrypted, user);
}

static void encrypted(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop;
    if (failed(ev, user)) {
        return;
    }
    int64_t number = 0;
    loop_event_int(ev, &number);
    print("\"Encrypted\" number is: %lld", (long long)number);
}

static void immediate1(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop, (void)ev, (void)user;
    print("Immediate1 timed out");
}

static void immediate2(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop, (void)ev, (void)user;
    print("Immediate2 timed out");
}

static void second_read(loop_t *loop, const loop_event_t *ev, void *user) {
    if (failed(ev, user)) {
        return;
    }
    print("Second count: %lld characters.", (long long)count_characters(ev));
    print("Third call to read test.txt");
    fs_read(loop, third_read, user);
}

static void third_read(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop;
    if (!failed(ev, user)) {
        print_content(ev->data, ev->len, "FILE READ");
    }
}

static void timeout_3000(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)ev;
    print("3000ms timer timed out");
    set_timeout(loop, 500, timeout_500, user);
}

static void timeout_500(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop, (void)ev, (void)user;
    print("500ms timer(nested) timed out");
}

static void timeout_1000(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop, (void)ev, (void)user;
    print("SETTIMEOUT");
}

static void web_call(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop;
    if (!failed(ev, user)) {
        print_content(ev->data, ev->len, "WEB CALL");
    }
}

int main(int argc, char **argv) {
    program_t program = {
        .file = argc > 1 ? argv[1] : "test.txt",
        .url = argc > 2 ? argv[2] : "http://www.google.com",
    };
    loop_options_t options = LOOP_OPTIONS_INIT;
    options.worker_idle_ns = -1; /* the four threads stay to the end, as the book's do */
    loop_t *loop = NULL;
    must(loop_new(&options, &loop), "loop_new");
    must(loop_trace_fd(loop, STDOUT_FILENO, LOOP_TRACE_BOOK), "loop_trace_fd");
    javascript(loop, &program);
    must(loop_run(loop, LOOP_RUN_DEFAULT), "loop_run");
    must(loop_free(loop), "loop_free");
    return program.failures == 0 ? 0 : 1;
}
