/* SPDX-License-Identifier: MIT
 *
 * Modes and sizes of terminals.
 *
 * Each id whose mode was set has an entry with a descriptor of its own and what the mode was before.
 * loop_tty_reset may run in a signal handler at any moment, so entries are never freed, only used
 * again, and a word says who works on one: whoever swaps it from SET to BUSY.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

enum { FREE, SET, BUSY };

typedef struct terminal {
    struct terminal *next; /* never changes once it is in the list */
    uint32_t state;        /* atomic. FREE, SET: the rest is whole; BUSY: being put back */
    int fd;
    dev_t device;
    struct termios before;
    const loop_t *loop;
    uint64_t id;
} terminal_t;

static terminal_t *terminals;                             /* atomic */
static uint32_t in_use;                                   /* atomic. Entries that are not FREE */
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER; /* of everything but loop_tty_reset */

static terminal_t *first(void) {
    return __atomic_load_n(&terminals, __ATOMIC_ACQUIRE);
}

/* Also from the background: SIGTTOU would stop the process. Async-signal-safe. */
static int apply(int fd, const struct termios *mode) {
    sigset_t set, was;
    sigemptyset(&set);
    sigaddset(&set, SIGTTOU);
    pthread_sigmask(SIG_BLOCK, &set, &was);
    int rc = tcsetattr(fd, TCSANOW, mode);
    int error = errno;
    pthread_sigmask(SIG_SETMASK, &was, NULL);
    errno = error;
    return rc;
}

static int swap(terminal_t *t, uint32_t from, uint32_t to) {
    return __atomic_compare_exchange_n(&t->state, &from, to, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

int64_t loop_tty_reset(void) {
    int64_t rc = 0;
    int error = errno;
    if (loop__forked())
        return LOOP_EFORK;
    for (terminal_t *t = first(); t != NULL; t = t->next) {
        if (!swap(t, SET, BUSY))
            continue;
        if (apply(t->fd, &t->before) < 0 && rc == 0)
            rc = loop_err_from_errno(errno);
        __atomic_store_n(&t->state, SET, __ATOMIC_SEQ_CST);
    }
    errno = error;
    return rc;
}

__attribute__((destructor)) static void at_exit(void) {
    (void)loop_tty_reset();
}

/* ---- Under the guard ------------------------------------------------------------------------- */

static int is_of(const terminal_t *t, const loop_t *loop, uint64_t id) {
    return __atomic_load_n(&t->state, __ATOMIC_SEQ_CST) != FREE && t->loop == loop &&
           (id == 0 || t->id == id);
}

/* Another entry for the same terminal. */
static terminal_t *twin(const terminal_t *t) {
    for (terminal_t *other = first(); other != NULL; other = other->next)
        if (other != t && __atomic_load_n(&other->state, __ATOMIC_SEQ_CST) != FREE &&
            other->device == t->device)
            return other;
    return NULL;
}

/* Puts the mode back and gives the entry up. The mode first: a handler that runs in between finds
 * the entry. */
static int64_t end_entry(terminal_t *t) {
    int64_t rc = 0;
    if (twin(t) == NULL && apply(t->fd, &t->before) < 0)
        rc = loop_err_from_errno(errno);
    while (!swap(t, SET, FREE)) /* a handler in another thread is at it */
        sched_yield();
    close(t->fd);
    __atomic_sub_fetch(&in_use, 1, __ATOMIC_SEQ_CST);
    return rc;
}

/* An entry that is FREE, and stays so until its state is set. */
static terminal_t *free_entry(void) {
    for (terminal_t *t = first(); t != NULL; t = t->next)
        if (__atomic_load_n(&t->state, __ATOMIC_SEQ_CST) == FREE)
            return t;
    terminal_t *t = calloc(1, sizeof *t);
    if (t != NULL) {
        t->next = terminals;
        __atomic_store_n(&terminals, t, __ATOMIC_RELEASE);
    }
    return t;
}

static int64_t begin_entry(const loop_t *loop, uint64_t id, int fd, terminal_t **out) {
    struct stat st;
    terminal_t *t = free_entry();
    if (t == NULL)
        return LOOP_ENOMEM;
    if (fstat(fd, &st) < 0 || tcgetattr(fd, &t->before) < 0)
        return loop_err_from_errno(errno);
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (own < 0)
        return loop_err_from_errno(errno);
    t->fd = own;
    t->device = st.st_rdev;
    t->loop = loop;
    t->id = id;
    const terminal_t *other = twin(t);
    if (other != NULL)
        t->before = other->before;
    __atomic_add_fetch(&in_use, 1, __ATOMIC_SEQ_CST);
    __atomic_store_n(&t->state, SET, __ATOMIC_SEQ_CST);
    *out = t;
    return 0;
}

static int64_t set_mode(const loop_t *loop, uint64_t id, int fd, uint32_t mode) {
    terminal_t *t = first();
    while (t != NULL && !is_of(t, loop, id))
        t = t->next;
    if (mode == LOOP_TTY_NORMAL)
        return t == NULL ? 0 : end_entry(t);
    if (t == NULL) {
        int64_t rc = begin_entry(loop, id, fd, &t);
        if (rc < 0)
            return rc;
    }
    struct termios next = t->before;
    if (mode == LOOP_TTY_IO) {
        cfmakeraw(&next);
    } else {
        next.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INPCK | ISTRIP | IXON);
        next.c_oflag |= (tcflag_t)ONLCR;
        next.c_cflag |= (tcflag_t)CS8;
        next.c_lflag &= ~(tcflag_t)(ECHO | ICANON | IEXTEN | ISIG);
    }
    next.c_cc[VMIN] = 1;
    next.c_cc[VTIME] = 0;
    return apply(t->fd, &next) < 0 ? loop_err_from_errno(errno) : 0;
}

/* ---- For the rest of the library ------------------------------------------------------------- */

void loop__tty_ended(const loop_t *loop, uint64_t id) {
    if (__atomic_load_n(&in_use, __ATOMIC_RELAXED) == 0)
        return;
    pthread_mutex_lock(&guard);
    for (terminal_t *t = first(); t != NULL; t = t->next)
        if (is_of(t, loop, id))
            (void)end_entry(t);
    pthread_mutex_unlock(&guard);
}

int64_t loop_tty_mode(loop_t *loop, int64_t terminal, uint32_t mode) {
    int64_t rc = loop__enter_sound(loop);
    if (rc < 0)
        return rc;
    if (mode > LOOP_TTY_IO)
        return loop__leave(loop, LOOP_EINVAL);
    rc = loop__ask_socket(loop, terminal, LOOP__ASK_FD);
    if (rc < 0)
        return loop__leave(loop, rc);
    int fd = (int)rc;
    rc = loop__ask_socket(loop, terminal, LOOP__ASK_TYPE);
    if (rc >= 0 && rc != LOOP_NET_TTY)
        rc = LOOP_ENOTSUP;
    if (rc >= 0) {
        pthread_mutex_lock(&guard);
        rc = set_mode(loop, (uint64_t)terminal, fd, mode);
        pthread_mutex_unlock(&guard);
    }
    return loop__leave(loop, rc);
}

/* ---- Sizes ----------------------------------------------------------------------------------- */

static uint32_t sized_loops; /* under the guard */
static int installed;        /* under the guard */
static struct sigaction before_ours;

static void on_winch(int sig, siginfo_t *info, void *context) {
    for (loop_t *loop = loop__all_loops(); loop != NULL; loop = loop->all_next) {
        if (__atomic_load_n(&loop->sized, __ATOMIC_SEQ_CST) == 0)
            continue;
        __atomic_store_n(&loop->shared.resized, 1, __ATOMIC_SEQ_CST);
        __atomic_add_fetch(&loop->shared.go_pending, 1, __ATOMIC_SEQ_CST);
        loop__wake_if_armed(&loop->shared);
    }
    if ((before_ours.sa_flags & SA_SIGINFO) != 0)
        before_ours.sa_sigaction(sig, info, context);
    else if (before_ours.sa_handler != SIG_DFL && before_ours.sa_handler != SIG_IGN)
        before_ours.sa_handler(sig);
}

/* Under the guard. */
static void hear_signals(void) {
    struct sigaction ours;
    if (sized_loops++ > 0 || installed)
        return;
    if (sigaction(SIGWINCH, NULL, &before_ours) != 0)
        return;
    ours = before_ours; /* its mask, and whether calls go on */
    ours.sa_sigaction = on_winch;
    ours.sa_flags = (before_ours.sa_flags & SA_RESTART) | SA_SIGINFO | SA_ONSTACK;
    if ((before_ours.sa_flags & SA_SIGINFO) == 0 &&
        (before_ours.sa_handler == SIG_DFL || before_ours.sa_handler == SIG_IGN))
        ours.sa_flags |= SA_RESTART; /* the signal interrupted nothing until now */
    installed = sigaction(SIGWINCH, &ours, NULL) == 0;
}

/* Under the guard. A handler that came after ours may call ours: then ours stays. */
static void hear_no_signals(void) {
    struct sigaction now;
    if (--sized_loops > 0 || !installed || sigaction(SIGWINCH, NULL, &now) != 0 ||
        (now.sa_flags & SA_SIGINFO) == 0 || now.sa_sigaction != on_winch)
        return;
    installed = sigaction(SIGWINCH, &before_ours, NULL) != 0;
}

static void size_no_more(loop_t *loop) {
    pthread_mutex_lock(&guard);
    __atomic_store_n(&loop->sized, 0, __ATOMIC_SEQ_CST);
    hear_no_signals();
    pthread_mutex_unlock(&guard);
}

int64_t loop_tty_size(loop_t *loop, int64_t terminal, uint32_t *columns_out, uint32_t *rows_out) {
    int64_t rc = loop__enter_sound(loop);
    if (rc < 0)
        return rc;
    if (columns_out == NULL || rows_out == NULL)
        return loop__leave(loop, LOOP_EINVAL);
    int fresh = loop->sized == 0;
    if (fresh) { /* before the look: no change is missed */
        pthread_mutex_lock(&guard);
        __atomic_store_n(&loop->sized, 1, __ATOMIC_SEQ_CST);
        hear_signals();
        pthread_mutex_unlock(&guard);
    }
    rc = loop__ask_socket(loop, terminal, LOOP__ASK_SIZE);
    if (rc < 0 && fresh)
        size_no_more(loop);
    if (rc < 0)
        return loop__leave(loop, rc);
    *columns_out = (uint32_t)(rc >> 32);
    *rows_out = (uint32_t)rc;
    return loop__leave(loop, 0);
}

void loop__tty_free(loop_t *loop) {
    loop__tty_ended(loop, 0);
    if (loop->sized != 0)
        size_no_more(loop);
}
