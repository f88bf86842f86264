/* SPDX-License-Identifier: MIT
 *
 * What both sides of the load cases share: opening a library and finding its functions.
 */
#ifndef LOAD_H
#define LOAD_H

#include <dlfcn.h>
#include <unistd.h>

#include "../bench.h"

static inline void *load_open(const char *path) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    return library;
}

/* Write the address of a function to a pointer of its type. */
static inline void load_function(void *library, const char *name, void *function_out) {
    void *found = dlsym(library, name);
    bench_must(found != NULL);
    memcpy(function_out, &found, sizeof found);
}

/* Resident memory of this process (bytes). */
static inline int64_t load_resident(void) {
    FILE *file = fopen("/proc/self/statm", "r");
    long long total = 0, resident = 0;
    bench_must(file != NULL && fscanf(file, "%lld %lld", &total, &resident) == 2);
    fclose(file);
    return resident * sysconf(_SC_PAGESIZE);
}

static inline void load_print(int64_t begin, int64_t ended, int64_t before, const char *name,
                              const char *version) {
    int64_t after = load_resident();
    printf("{\"load_ms\": %.4f, \"load_rss\": %" PRId64 ", \"rss_grown\": %" PRId64
           ", \"version\": \"%s %s\"}\n",
           (double)(ended - begin) / (double)NS_PER_MS, after, after - before, name, version);
}

#endif
