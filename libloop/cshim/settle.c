/* SPDX-License-Identifier: MIT
 *
 * Gives back the memory that only loading needs.
 *
 * Relocations and the tables that Go's start reads are 4 MB of the library file's read-only pages. Once
 * read they stay mapped, and so count as memory of every process with the library in it. They are told
 * to go: what is needed again comes back from the system's cache, without a read of the disk.
 *
 * Not the pages with code: a debugger writes its breakpoints there, and these would go, too. Nor what
 * can be written, where relocations and the host's program have left their marks.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "internal.h"

#if defined(__linux__)

#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

/* Whether the library is the object that info is about: this file's code lies in it. */
static int is_library(const struct dl_phdr_info *info) {
    uintptr_t here = (uintptr_t)&loop__settle;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        uintptr_t begin = info->dlpi_addr + part->p_vaddr;
        if (part->p_type == PT_LOAD && here >= begin && here - begin < part->p_memsz)
            return 1;
    }
    return 0;
}

static int let_go(struct dl_phdr_info *info, size_t size, void *unused) {
    (void)size, (void)unused;
    if (!is_library(info))
        return 0;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || part->p_flags != PF_R)
            continue;
        uintptr_t begin = info->dlpi_addr + part->p_vaddr, end = begin + part->p_memsz;
        begin = (begin + page - 1) / page * page;
        end = end / page * page;
        /* Refused for memory that the host has locked; then it stays. */
        if (begin < end)
            (void)madvise((void *)begin, end - begin, MADV_DONTNEED);
    }
    return 1;
}

void loop__settle(void) {
    static int settled;
    if (__atomic_exchange_n(&settled, 1, __ATOMIC_RELAXED) == 0)
        (void)dl_iterate_phdr(let_go, NULL);
}

#else

void loop__settle(void) {}

#endif
