/* SPDX-License-Identifier: MIT
 *
 * What the fuzzer asks of the batteries: files in a temporary folder of its own and watches on
 * them, crypto and compression with small parameters, names that no server outside hears of, and
 * flows. Requests are good, or wrong in a field that no memory depends on.
 */
#ifndef FUZZ_BATTERIES_H
#define FUZZ_BATTERIES_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <loop.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define FLOWS 12u
#define OWN_FDS 4u
#define SCRATCH (64 * 1024)

static uint32_t below(uint32_t n);
static uint64_t rnd(void);

/* What an op points at; it lives until the op is taken. */
typedef struct {
    loop_fs_t fs;
    loop_crypto_t crypto;
    loop_zip_t zip;
    loop_watch_t watch;
    loop_dns_t dns;
    loop_net_t net;
    loop_address_t to;
    loop_buf_t pieces[4];
    loop_buf_t bufs[3];
    char path[96], path2[96];
} request_t;

static struct {
    char folder[64];
    int private_mount; /* what is taken away there is nobody else's */
    int fds[OWN_FDS];
    uint64_t flows[FLOWS]; /* ids of flows that were begun lately */
    uint32_t next_flow;
    char content[SCRATCH];
    char scratch[SCRATCH]; /* reads go there */
    unsigned char gzip[64];
} mine;

static int open_batteries(void) {
    snprintf(mine.folder, sizeof mine.folder, "/tmp/loop-fuzz-XXXXXX");
    if (mkdtemp(mine.folder) == NULL)
        return 0;
    if (unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
        mount("fuzz", mine.folder, "tmpfs", 0, "size=16m") == 0)
        mine.private_mount = 1;
    for (unsigned i = 0; i < OWN_FDS; i++) {
        char path[96];
        snprintf(path, sizeof path, "%s/own%u", mine.folder, i);
        mine.fds[i] = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (mine.fds[i] < 0)
            return 0;
        unlink(path);
    }
    for (size_t i = 0; i < sizeof mine.content; i++)
        mine.content[i] = (char)(i / 7);
    return 1;
}

static void close_batteries(void) {
    char command[128];
    for (unsigned i = 0; i < OWN_FDS; i++)
        close(mine.fds[i]);
    if (mine.private_mount)
        umount2(mine.folder, MNT_DETACH);
    snprintf(command, sizeof command, "rm -rf -- %s", mine.folder);
    if (system(command) != 0)
        printf("  %s stays\n", mine.folder);
}

static const char *some_path(char *to) {
    static const char *const names[] = {"f0",   "f1",   "f2", "f3",     "d0",   "d1",
                                        "d0/f", "d1/f", "l0", "d0/d/e", "f0/x", "d1/\xff"};
    snprintf(to, 96, "%s/%s", mine.folder, names[below(sizeof names / sizeof names[0])]);
    return to;
}

/* Everything but CLOSE, which could close what is not ours. */
static uint32_t some_fs(void) {
    uint32_t what = 1 + below(LOOP_FS_WRITE_STREAM);
    return what == LOOP_FS_CLOSE ? LOOP_FS_READ_FILE : what;
}

static uint32_t flags_of_fs(uint32_t what) {
    switch (what) {
    case LOOP_FS_WRITE_FILE:
        return below(16) & (LOOP_FS_BORROW | LOOP_FS_EXCL | LOOP_FS_ATOMIC);
    case LOOP_FS_APPEND_FILE:
        return below(4) & (LOOP_FS_BORROW | LOOP_FS_EXCL);
    case LOOP_FS_COPY_FILE:
        return below(2) != 0 ? LOOP_FS_EXCL : LOOP_FS_REFLINK;
    case LOOP_FS_MKDIR:
        return below(2) != 0 ? LOOP_FS_RECURSIVE : 0;
    case LOOP_FS_REMOVE:
        return mine.private_mount ? (below(2) != 0 ? LOOP_FS_RECURSIVE : 0) | LOOP_FS_FORCE : 0;
    case LOOP_FS_WRITE:
    case LOOP_FS_WRITEV:
        return below(2);
    case LOOP_FS_WRITE_STREAM:
        return (uint32_t[]){0, LOOP_FS_EXCL, LOOP_FS_ATOMIC, LOOP_FS_APPEND}[below(4)];
    default:
        return 0;
    }
}

static void fs_request(request_t *r) {
    loop_fs_t *fs = &r->fs;
    *fs = (loop_fs_t)LOOP_FS_INIT;
    fs->what = some_fs();
    fs->flags = flags_of_fs(fs->what);
    fs->path = some_path(r->path);
    fs->path2 = some_path(r->path2);
    fs->fd = mine.fds[below(OWN_FDS)];
    fs->fd2 = mine.fds[below(OWN_FDS)];
    fs->mode = fs->what == LOOP_FS_ACCESS ? below(8) : 0700;
    fs->data = mine.content;
    fs->len = below(SCRATCH);
    fs->offset = (int64_t)below(3) - 1;
    fs->offset2 = fs->offset;
    fs->open_flags = below(4) != 0 ? LOOP_O_RDWR | LOOP_O_CREAT : LOOP_O_RDONLY;
    if (fs->what == LOOP_FS_READ && below(2) != 0)
        fs->buffer = mine.scratch;
    fs->bufs = r->bufs;
    fs->buf_count = 1 + below(3);
    for (unsigned i = 0; i < 3; i++) {
        r->bufs[i].data = fs->what == LOOP_FS_WRITEV ? mine.content : mine.scratch;
        r->bufs[i].len = below(SCRATCH);
    }
    if (below(16) != 0)
        return;
    switch (below(6)) {
    case 0:
        fs->what = (uint32_t)rnd() | 0x100; /* unknown */
        break;
    case 1:
        fs->flags = 0x80000000u | (uint32_t)rnd();
        break;
    case 2:
        fs->offset = -2 - (int64_t)below(1000);
        break;
    case 3:
        fs->fd = below(2) != 0 ? -1 : 1 << 24;
        break;
    case 4:
        fs->size = below(2) != 0 ? 8 : 0;
        break;
    default:
        fs->path = NULL;
        break;
    }
}

static void crypto_request(request_t *r) {
    static const char key[32] = "0123456789abcdef0123456789abcde";
    loop_crypto_t *c = &r->crypto;
    *c = (loop_crypto_t)LOOP_CRYPTO_INIT;
    c->what = 1 + below(LOOP_CRYPTO_HMAC_STREAM);
    c->flags = below(3) == 0 ? LOOP_CRYPTO_BORROW : 0;
    c->key = key;
    c->key_len = below(4) == 0 ? below(33) : 32;
    c->data = mine.content;
    c->data_len = below(SCRATCH);
    c->salt = mine.content;
    c->salt_len = 12;
    c->out_len = 1 + below(100);
    c->iterations = 1 + below(3);
    c->cost = 16;
    c->block_size = 1 + below(4);
    c->parallelism = 1 + below(2);
    c->memory_kib = 64;
    switch (c->what) {
    case LOOP_CRYPTO_SEAL:
    case LOOP_CRYPTO_OPEN_SEALED:
        c->alg = 1 + below(LOOP_CIPHER_XCHACHA20_POLY1305);
        break;
    case LOOP_CRYPTO_GENERATE_KEY:
    case LOOP_CRYPTO_PUBLIC_KEY:
        c->alg = 1 + below(LOOP_KEY_X25519);
        break;
    case LOOP_CRYPTO_SIGN:
    case LOOP_CRYPTO_VERIFY:
        c->alg = LOOP_HASH_NONE;
        c->signature = mine.content;
        c->signature_len = 64;
        break;
    case LOOP_CRYPTO_HASH:
    case LOOP_CRYPTO_HMAC:
    case LOOP_CRYPTO_PBKDF2:
    case LOOP_CRYPTO_HKDF:
    case LOOP_CRYPTO_HASH_STREAM:
    case LOOP_CRYPTO_HMAC_STREAM:
        c->alg = 1 + below(LOOP_HASH_MD5);
        break;
    default:
        break;
    }
    if (c->what == LOOP_CRYPTO_HASH && below(4) == 0) {
        c->data = NULL;
        c->data_len = 0;
        c->path = some_path(r->path);
    }
    if (below(16) == 0)
        c->alg = (uint32_t)rnd();
    if (below(32) == 0)
        c->what = (uint32_t)rnd();
}

static void zip_request(request_t *r) {
    loop_zip_t *z = &r->zip;
    *z = (loop_zip_t)LOOP_ZIP_INIT;
    z->what = 1 + below(4);
    z->format = 1 + below(5);
    z->flags = below(2);
    if (z->what == LOOP_ZIP_COMPRESS || z->what == LOOP_ZIP_DECOMPRESS) {
        z->data = mine.content + below(SCRATCH / 2);
        z->len = below(SCRATCH / 2);
    }
    if (z->what == LOOP_ZIP_COMPRESS || z->what == LOOP_ZIP_COMPRESS_STREAM)
        z->level = (int32_t)below(7);
    z->max_out = below(3) == 0 ? 1 + below(10000) : 0;
    if (below(16) == 0)
        z->level = (int32_t)rnd();
    if (below(16) == 0)
        z->format = below(8);
    if (below(32) == 0)
        z->what = (uint32_t)rnd();
}

/* Addresses, this machine, what is no name, and questions to servers that are not there. */
static void dns_request(request_t *r) {
    static const char *const names[] = {
        "127.0.0.1", "::1", "fe80::1%1", "localhost", "a.localhost", "", "a..b", "127.1", "a b"};
    static const uint32_t types[] = {LOOP_DNS_A, LOOP_DNS_MX, LOOP_DNS_ANY, LOOP_DNS_CAA};
    loop_dns_t *d = &r->dns;
    *d = (loop_dns_t)LOOP_DNS_INIT;
    d->what = 1 + below(3);
    d->name = names[below(sizeof names / sizeof names[0])];
    d->name_len = below(4) == 0 ? (uint32_t)strlen(d->name) : 0;
    if (d->what == LOOP_DNS_LOOKUP) {
        d->family = below(2) == 0 ? 0 : below(2) == 0 ? 4 : 6;
        d->flags = below(3);
    } else {
        d->servers = below(8) == 0 ? "nonsense" : "127.0.0.1:1 [::1]:1";
        d->tries = 1 + below(2);
        d->try_ns = 1 + below(20000000);
        d->type = d->what == LOOP_DNS_QUERY ? types[below(4)] : 0;
    }
    if (below(16) != 0)
        return;
    switch (below(6)) {
    case 0:
        d->flags = (uint32_t)rnd();
        break;
    case 1:
        d->type = (uint32_t)rnd();
        break;
    case 2:
        d->size = below(2) != 0 ? 8 : 0;
        break;
    case 3:
        d->try_ns = INT64_MIN + (int64_t)below(1000);
        break;
    case 4:
        d->name_len = UINT32_MAX - below(1000);
        break;
    default:
        d->name = NULL;
        break;
    }
}

/* A file, a folder, all that there is, or nothing, in the folder that the file operations change. */
static void watch_request(request_t *r) {
    loop_watch_t *w = &r->watch;
    *w = (loop_watch_t)LOOP_WATCH_INIT;
    w->flags = below(2) != 0 ? LOOP_WATCH_RECURSIVE : 0;
    w->events = below(3) == 0 ? below(LOOP_WATCH_RENAMED << 1) : 0;
    w->path = below(4) == 0 ? mine.folder : some_path(r->path);
    w->path_len = below(4) == 0 ? (uint32_t)strlen(w->path) : 0;
    w->poll_ns = below(4) == 0 ? 1 + below(20000000) : 0;
    if (below(16) != 0)
        return;
    switch (below(6)) {
    case 0:
        w->flags = (uint32_t)rnd();
        break;
    case 1:
        w->events = (uint32_t)rnd();
        break;
    case 2:
        w->size = below(2) != 0 ? 8 : 0;
        break;
    case 3:
        w->poll_ns = INT64_MIN + (int64_t)below(1000);
        break;
    case 4:
        w->path_len = UINT32_MAX - below(1000);
        break;
    default:
        w->path = NULL;
        break;
    }
}

static int is_flow(const loop_op_t *op) {
    const request_t *r = NULL;
    switch (op->code) {
    case LOOP_OP_FS:
        r = (const request_t *)(const void *)((const char *)op->data - offsetof(request_t, fs));
        return r->fs.what >= LOOP_FS_READ_STREAM;
    case LOOP_OP_CRYPTO:
        r = (const request_t *)(const void *)((const char *)op->data - offsetof(request_t, crypto));
        return r->crypto.what >= LOOP_CRYPTO_HASH_STREAM;
    case LOOP_OP_ZIP:
        r = (const request_t *)(const void *)((const char *)op->data - offsetof(request_t, zip));
        return r->zip.what >= LOOP_ZIP_COMPRESS_STREAM;
    default:
        return 0;
    }
}

static uint64_t some_flow(void) {
    return mine.flows[below(FLOWS)];
}

/* Fills in a naming op of a battery. */
static void battery_request(loop_op_t *op, request_t *r) {
    switch (op->code) {
    case LOOP_OP_FS:
        fs_request(r);
        op->data = &r->fs;
        break;
    case LOOP_OP_CRYPTO:
        crypto_request(r);
        op->data = &r->crypto;
        break;
    case LOOP_OP_ZIP:
        zip_request(r);
        op->data = &r->zip;
        break;
    case LOOP_OP_DNS:
        dns_request(r);
        op->data = &r->dns;
        break;
    case LOOP_OP_WATCH:
        watch_request(r);
        op->data = &r->watch;
        break;
    default: /* WRITE */
        op->target = some_flow();
        op->data = mine.content;
        op->len = below(3) == 0 ? 0 : below(SCRATCH);
        op->flags = below(2) != 0 ? LOOP_OPF_BORROWED : 0;
        return;
    }
    if (is_flow(op))
        mine.flows[mine.next_flow++ % FLOWS] = op->id;
}

/* An event that hands a descriptor over. */
static void take_fd(const loop_event_t *ev) {
    if ((ev->flags & LOOP_EV_FD) != 0 && ev->status == 0)
        close((int)ev->num);
}

#endif
