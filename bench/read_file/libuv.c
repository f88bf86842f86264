/* SPDX-License-Identifier: MIT
 *
 * The whole file as an expert does it with libuv: four requests one after the other on one uv_fs_t,
 * into memory taken for the size that fstat tells.
 */
#include <uv.h>

#include "../files.h"

typedef struct {
    uv_fs_t request;
    uv_file fd;
    char *content;
    size_t size;
} job_t;

static int64_t done, deadline;

static void start(job_t *job, uv_loop_t *loop);

static void on_closed(uv_fs_t *request) {
    job_t *job = (job_t *)request;
    uv_loop_t *loop = request->loop;
    bench_must(request->result == 0);
    uv_fs_req_cleanup(request);
    free(job->content);
    done++;
    if (bench_clock() < deadline) {
        start(job, loop);
    }
}

static void on_read(uv_fs_t *request) {
    job_t *job = (job_t *)request;
    bench_must(request->result == FILE_BYTES);
    uv_fs_req_cleanup(request);
    bench_must(uv_fs_close(request->loop, request, job->fd, on_closed) == 0);
}

static void on_stat(uv_fs_t *request) {
    job_t *job = (job_t *)request;
    bench_must(request->result == 0);
    job->size = request->statbuf.st_size;
    uv_fs_req_cleanup(request);
    job->content = malloc(job->size);
    bench_must(job->content != NULL);
    uv_buf_t buffer = uv_buf_init(job->content, (unsigned)job->size);
    bench_must(uv_fs_read(request->loop, request, job->fd, &buffer, 1, 0, on_read) == 0);
}

static void on_open(uv_fs_t *request) {
    job_t *job = (job_t *)request;
    bench_must(request->result >= 0);
    job->fd = (uv_file)request->result;
    uv_fs_req_cleanup(request);
    bench_must(uv_fs_fstat(request->loop, request, job->fd, on_stat) == 0);
}

static void start(job_t *job, uv_loop_t *loop) {
    bench_must(uv_fs_open(loop, &job->request, bench_next_path(), UV_FS_O_RDONLY, 0, on_open) == 0);
}

static double read_for(uv_loop_t *loop, job_t *jobs, int64_t in_flight, int64_t duration) {
    int64_t begin = bench_clock();
    done = 0;
    deadline = begin + duration;
    for (int64_t i = 0; i < in_flight; i++) {
        start(&jobs[i], loop);
    }
    bench_must(uv_run(loop, UV_RUN_DEFAULT) == 0 && done >= in_flight);
    return (double)done * (double)NS_PER_S / (double)(bench_clock() - begin);
}

int main(int argc, char **argv) {
    int64_t in_flight = bench_argument(argc, argv, 1, 1);
    int64_t duration = bench_is_check(argc, argv) ? NS_PER_S / 100 : NS_PER_S;
    bench_must(setenv("UV_THREADPOOL_SIZE", "4", 1) == 0);
    bench_make_files(argv[0]);
    job_t *jobs = bench_alloc((size_t)(in_flight < 4 ? 4 : in_flight), sizeof *jobs);
    uv_loop_t loop;
    bench_must(uv_loop_init(&loop) == 0);
    read_for(&loop, jobs, 4, duration / 50);

    int64_t cpu = bench_cpu();
    double rate = read_for(&loop, jobs, in_flight, duration);
    cpu = bench_cpu() - cpu;
    printf("{\"read_file_k%" PRId64
           "\": %.0f, \"cpu_ns_per_file\": %.1f, \"version\": \"libuv %s\"}\n",
           in_flight, rate, (double)cpu / (double)done, uv_version_string());
    free(jobs);
    return uv_loop_close(&loop) == 0 ? 0 : 1;
}
