/* SPDX-License-Identifier: MIT
 *
 * An echo server on libuv, in its best form: one static buffer for all reads, and uv_try_write.
 */
#include "echo.h"

#include <uv.h>

static uv_tcp_t listener;
static char buffer[ECHO_READ];

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf) {
    (void)handle, (void)suggested;
    *buf = uv_buf_init(buffer, sizeof buffer);
}

static void on_close(uv_handle_t *handle) {
    free(handle);
}

typedef struct rest {
    uv_write_t request;
    char data[];
} rest_t;

static void on_written(uv_write_t *request, int status) {
    bench_must(status == 0);
    free(request);
}

static void send_back(uv_stream_t *stream, size_t len) {
    uv_buf_t buf = uv_buf_init(buffer, (unsigned)len);
    int sent = uv_try_write(stream, &buf, 1);
    sent = sent < 0 ? 0 : sent;
    if ((size_t)sent == len)
        return;
    rest_t *rest = malloc(sizeof *rest + len);
    bench_must(rest != NULL);
    memcpy(rest->data, buffer + sent, len - (size_t)sent);
    buf = uv_buf_init(rest->data, (unsigned)len - (unsigned)sent);
    bench_must(uv_write(&rest->request, stream, &buf, 1, on_written) == 0);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf) {
    (void)buf;
    if (n > 0)
        send_back(stream, (size_t)n);
    else if (n < 0)
        uv_close((uv_handle_t *)stream, on_close);
}

static void on_connection(uv_stream_t *server, int status) {
    uv_tcp_t *stream = malloc(sizeof *stream);
    bench_must(status == 0 && stream != NULL && uv_tcp_init(server->loop, stream) == 0);
    bench_must(uv_accept(server, (uv_stream_t *)stream) == 0);
    uv_tcp_nodelay(stream, 1);
    bench_must(uv_read_start((uv_stream_t *)stream, on_alloc, on_read) == 0);
}

int main(void) {
    struct sockaddr_in at;
    int len = sizeof at;
    uv_loop_t *loop = uv_default_loop();
    uv_ip4_addr("127.0.0.1", 0, &at);
    bench_must(uv_tcp_init(loop, &listener) == 0);
    bench_must(uv_tcp_bind(&listener, (struct sockaddr *)&at, 0) == 0);
    bench_must(uv_listen((uv_stream_t *)&listener, 511, on_connection) == 0);
    bench_must(uv_tcp_getsockname(&listener, (struct sockaddr *)&at, &len) == 0);
    echo_listens(ntohs(at.sin_port), "libuv", uv_version_string());
    return uv_run(loop, UV_RUN_DEFAULT);
}
