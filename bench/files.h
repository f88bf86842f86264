/* SPDX-License-Identifier: MIT
 *
 * The files of the file benchmarks: FILES of 4 KiB in a folder of their own beside the program, in
 * the system's cache. They are made once and taken away at the end.
 */
#ifndef BENCH_FILES_H
#define BENCH_FILES_H

#include "bench.h"

#include <fcntl.h>
#include <unistd.h>

#define FILES 1000
#define FILE_BYTES 4096

static char bench_folder[4096];
static char bench_paths[FILES][4200];

static void bench_remove_files(void) {
    for (int i = 0; i < FILES; i++)
        unlink(bench_paths[i]);
    rmdir(bench_folder);
}

/* Beside the program, because the system's folder for temporary files may lie in memory. */
static inline void bench_make_files(const char *program) {
    static char content[FILE_BYTES];
    memset(content, 'x', sizeof content);
    snprintf(bench_folder, sizeof bench_folder, "%s.XXXXXX", program);
    bench_must(mkdtemp(bench_folder) != NULL);
    for (int i = 0; i < FILES; i++) {
        snprintf(bench_paths[i], sizeof bench_paths[i], "%s/%d", bench_folder, i);
        int fd = open(bench_paths[i], O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
        bench_must(fd >= 0 && write(fd, content, sizeof content) == sizeof content);
        bench_must(fsync(fd) == 0 && close(fd) == 0);
        fd = open(bench_paths[i], O_RDONLY | O_CLOEXEC); /* into the cache */
        bench_must(read(fd, content, sizeof content) == sizeof content && close(fd) == 0);
    }
    atexit(bench_remove_files);
}

/* The path of the next file. */
static inline const char *bench_next_path(void) {
    static unsigned next;
    return bench_paths[next++ % FILES];
}

#endif
