/* SPDX-License-Identifier: MIT
 *
 * Signals belong to the host: what loading and using the library does to handlers and masks. Each
 * test loads it into a process of its own.
 */
#include "dlopened.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>

#define SIGNALS 64

static int sig_number(int i) {
    static const int go_takes[] = {SIGBUS, SIGFPE, SIGSEGV, SIGPIPE, SIGURG};
    return go_takes[i];
}

static int go_takes(int sig) {
    for (int i = 0; i < 5; i++)
        if (sig == sig_number(i))
            return 1;
    return 0;
}

/* ---- Handlers -------------------------------------------------------------------------------- */

typedef struct table {
    struct sigaction of[SIGNALS + 1];
    int known[SIGNALS + 1];
} table_t;

static void read_table(table_t *table) {
    memset(table, 0, sizeof *table);
    for (int sig = 1; sig <= SIGNALS; sig++)
        table->known[sig] = sigaction(sig, NULL, &table->of[sig]) == 0;
}

static void check_handler(const table_t *before, const table_t *after, int sig, int may_gain) {
    const struct sigaction *old = &before->of[sig], *now = &after->of[sig];
    char text[64];
    int flags = old->sa_flags;
    CHECK_INT(after->known[sig], before->known[sig]);
    snprintf(text, sizeof text, "handler of signal %d", sig);
    harness_check_int((int64_t)(intptr_t)now->sa_handler, (int64_t)(intptr_t)old->sa_handler,
                      __FILE__, __LINE__, text);
    if (may_gain)
        flags |= now->sa_flags & SA_ONSTACK;
    snprintf(text, sizeof text, "flags of signal %d", sig);
    harness_check_int(now->sa_flags, flags, __FILE__, __LINE__, text);
    for (int other = 1; other <= SIGNALS; other++)
        if (sigismember(&now->sa_mask, other) != sigismember(&old->sa_mask, other))
            harness_fail(__FILE__, __LINE__, "mask of signal %d changed for %d", sig, other);
}

static int handled[SIGNALS + 1]; /* atomic */

static void on_signal(int sig) {
    __atomic_add_fetch(&handled[sig], 1, __ATOMIC_RELAXED);
}

static void on_siginfo(int sig, siginfo_t *info, void *context) {
    (void)info;
    (void)context;
    on_signal(sig);
}

static void handle(int sig, void (*handler)(int), int flags) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = flags;
    sigaddset(&action.sa_mask, SIGUSR2);
    CHECK_INT(sigaction(sig, &action, NULL), 0);
}

static void install_a_host_s_handlers(void) {
    struct sigaction action;
    handle(SIGUSR1, on_signal, 0);
    handle(SIGTERM, on_signal, SA_ONSTACK | SA_RESTART);
    handle(SIGINT, SIG_IGN, 0);
    handle(SIGALRM, on_signal, SA_RESTART);
    handle(SIGRTMIN + 3, on_signal, SA_NODEFER);
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_siginfo;
    action.sa_flags = SA_SIGINFO;
    CHECK_INT(sigaction(SIGHUP, &action, NULL), 0);
}

static void loading_takes_five_signals_and_no_other(void) {
    table_t before, after;
    int taken = 0;
    install_a_host_s_handlers();
    read_table(&before);
    REQUIRE(load_library());
    read_table(&after);
    for (int sig = 1; sig <= SIGNALS; sig++) {
        if (go_takes(sig))
            taken += after.of[sig].sa_handler != before.of[sig].sa_handler;
        else
            check_handler(&before, &after, sig, 1);
    }
    CHECK_INT(taken, 5); /* else this test would prove less than it says */
}

static void using_and_freeing_loops_changes_no_handler(void) {
    table_t before, after;
    install_a_host_s_handlers();
    REQUIRE(load_library());
    read_table(&before);
    for (int i = 0; i < 3; i++)
        use_a_loop();
    read_table(&after);
    for (int sig = 1; sig <= SIGNALS; sig++)
        check_handler(&before, &after, sig, 0);
}

static void handlers_installed_later_are_fixed_on_request_only(void) {
    table_t before, after;
    REQUIRE(load_library());
    (void)lib.loop_fix_signal_handlers();
    handle(SIGUSR1, on_signal, 0);
    handle(SIGUSR2, on_signal, SA_RESTART);
    handle(SIGTERM, on_signal, SA_ONSTACK);
    handle(SIGINT, SIG_IGN, 0);
    read_table(&before);
    use_a_loop();
    read_table(&after);
    check_handler(&before, &after, SIGUSR1, 0);
    CHECK_INT(lib.loop_fix_signal_handlers(), 2);
    CHECK_INT(lib.loop_fix_signal_handlers(), 0);
    read_table(&after);
    CHECK((after.of[SIGUSR1].sa_flags & SA_ONSTACK) != 0);
    CHECK((after.of[SIGUSR2].sa_flags & SA_ONSTACK) != 0);
    for (int sig = 1; sig <= SIGNALS; sig++)
        check_handler(&before, &after, sig, 1);
}

/* ---- Masks ----------------------------------------------------------------------------------- */

static sigset_t own_mask(void) {
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    return mask;
}

static void check_mask(const sigset_t *want, const char *when) {
    sigset_t now = own_mask();
    for (int sig = 1; sig <= SIGNALS; sig++)
        if (sigismember(&now, sig) != sigismember(want, sig))
            harness_fail(__FILE__, __LINE__, "%s, signal %d: want %s, got the contrary", when, sig,
                         sigismember(want, sig) ? "blocked" : "open");
}

/* Blocks what a host may want to wait for elsewhere, with signalfd or sigwait. */
static sigset_t block_some(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGPROF);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    return own_mask();
}

static void *use_in_a_thread(void *arg) {
    sigset_t mask = block_some();
    (void)arg;
    use_a_loop();
    check_mask(&mask, "another thread, after its first call");
    use_a_loop();
    check_mask(&mask, "another thread, after its second call");
    return NULL;
}

static void the_masks_of_the_host_s_threads_stay(void) {
    pthread_t thread;
    sigset_t mask = block_some();
    REQUIRE(load_library());
    check_mask(&mask, "main, after loading");
    use_a_loop();
    check_mask(&mask, "main, after its first call");
    use_a_loop();
    check_mask(&mask, "main, after its second call");
    CHECK_INT(pthread_create(&thread, NULL, use_in_a_thread, NULL), 0);
    pthread_join(thread, NULL);
    check_mask(&mask, "main, after another thread's calls");
}

static void an_open_mask_stays_open(void) {
    sigset_t mask = own_mask();
    REQUIRE(load_library());
    check_mask(&mask, "after loading");
    use_a_loop();
    check_mask(&mask, "after the first call");
}

/* The blocked signals of a thread, bit 0 for signal 1. */
static uint64_t blocked_in(const char *task) {
    char path[300], text[4096] = "";
    snprintf(path, sizeof path, "/proc/self/task/%s/status", task);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return UINT64_MAX; /* it has ended */
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    const char *line = n > 0 ? strstr(text, "SigBlk:") : NULL;
    return line != NULL ? strtoull(line + 7, NULL, 16) : UINT64_MAX;
}

/* Every thread but this one blocks the signals that are sent to a process. Returns how many
 * threads there are. */
static int check_other_threads(void) {
    static const int to_process[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGUSR1,   SIGUSR2,  SIGALRM,
                                     SIGTERM, SIGCONT, SIGTSTP, SIGVTALRM, SIGWINCH, SIGIO};
    int threads = 0;
    char self[16];
    snprintf(self, sizeof self, "%ld", syscall(SYS_gettid));
    DIR *dir = opendir("/proc/self/task");
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (entry->d_name[0] == '.' || strcmp(entry->d_name, self) == 0)
            continue;
        uint64_t blocked = blocked_in(entry->d_name);
        threads++;
        for (size_t i = 0; i < sizeof to_process / sizeof to_process[0]; i++)
            if ((blocked >> (to_process[i] - 1) & 1) == 0)
                harness_fail(__FILE__, __LINE__, "thread %s: want signal %d blocked, got open",
                             entry->d_name, to_process[i]);
    }
    closedir(dir);
    return threads;
}

static int32_t look_around(void *arg, loop_value_t *out) {
    int *go_on = arg;
    (void)out;
    while (!__atomic_load_n(go_on, __ATOMIC_ACQUIRE))
        usleep(100);
    return 0;
}

static int threads_seen;

static void look_at_threads(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop;
    (void)ev;
    threads_seen = check_other_threads();
    __atomic_store_n((int *)user, 1, __ATOMIC_RELEASE);
}

static void threads_of_the_library_take_no_signal_of_the_process(void) {
    loop_t *loop = NULL;
    int go_on = 0, n = 0;
    REQUIRE(load_library());
    check_other_threads();
    use_a_loop(); /* requests make Go start threads */
    CHECK_INT(lib.loop_new(NULL, &loop), 0);
    for (int i = 0; i < 4; i++)
        CHECK(lib.loop_work(loop, look_around, &go_on, NULL, count_one, &n) > 0);
    for (int i = 0; i < 20; i++)
        CHECK(lib.loop_http_get(loop, "http://127.0.0.1:1/", count_one, &n) > 0);
    CHECK(lib.loop_set_timeout(loop, 2 * MS, look_at_threads, &go_on) > 0);
    CHECK_INT(lib.loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(n, 24);
    CHECK(threads_seen >= 4 + 3); /* workers and some of Go's */
    CHECK_INT(lib.loop_free(loop), 0);
}

static void *send_signals(void *arg) {
    sigset_t all;
    (void)arg;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    for (int i = 0; i < 2000; i++) {
        CHECK_INT(kill(getpid(), SIGUSR1), 0);
        usleep(50);
    }
    return NULL;
}

static int elsewhere; /* atomic. signals that another thread than the main one took */

static void note_thread(int sig) {
    (void)sig;
    if (syscall(SYS_gettid) != getpid())
        __atomic_add_fetch(&elsewhere, 1, __ATOMIC_RELAXED);
    else
        __atomic_add_fetch(&handled[SIGUSR1], 1, __ATOMIC_RELAXED);
}

static void signals_to_the_process_arrive_on_the_host_s_thread(void) {
    pthread_t thread;
    void *done = NULL;
    REQUIRE(load_library());
    handle(SIGUSR1, note_thread, SA_ONSTACK | SA_RESTART);
    CHECK_INT(pthread_create(&thread, NULL, send_signals, NULL), 0);
    while (pthread_tryjoin_np(thread, &done) == EBUSY)
        use_a_loop();
    CHECK_INT(__atomic_load_n(&elsewhere, __ATOMIC_RELAXED), 0);
    CHECK(__atomic_load_n(&handled[SIGUSR1], __ATOMIC_RELAXED) > 0);
}

/* A host that blocks a signal in its own threads and waits for it must get every one: no thread of
 * the library may take it away. */
static void a_signal_that_the_host_waits_for_reaches_sigwait(void) {
    struct timespec limit = {10, 0};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGTERM);
    handle(SIGUSR2, on_signal, SA_ONSTACK);
    handle(SIGTERM, on_signal, SA_ONSTACK);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    REQUIRE(load_library());
    use_a_loop();
    for (int i = 0; i < 200; i++) {
        int sig = i % 2 == 0 ? SIGUSR2 : SIGTERM;
        CHECK_INT(kill(getpid(), sig), 0);
        if (i % 20 == 0)
            use_a_loop();
        if (!CHECK_INT(sigtimedwait(&set, NULL, &limit), sig))
            return;
    }
    CHECK_INT(handled[SIGUSR2] + handled[SIGTERM], 0);
}

TEST_MAIN((void)0, T_ALONE(loading_takes_five_signals_and_no_other),
          T_ALONE(using_and_freeing_loops_changes_no_handler),
          T_ALONE(handlers_installed_later_are_fixed_on_request_only),
          T_ALONE(the_masks_of_the_host_s_threads_stay), T_ALONE(an_open_mask_stays_open),
          T_ALONE(threads_of_the_library_take_no_signal_of_the_process),
          T_ALONE(signals_to_the_process_arrive_on_the_host_s_thread),
          T_ALONE(a_signal_that_the_host_waits_for_reaches_sigwait))
