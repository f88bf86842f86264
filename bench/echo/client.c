/* SPDX-License-Identifier: MIT
 *
 * The client of all echo servers, a process of its own, and what measures them from outside:
 *
 *     client PID PORT pingpong SIZE CONNECTIONS MESSAGES
 *     client PID PORT sparse SIZE PER_SECOND MESSAGES
 *     client PID PORT idle CONNECTIONS MESSAGES
 *
 * pingpong: each connection sends its next message when the last one has come back whole.
 * sparse: one connection sends so many messages a second, at even distances.
 * idle: opens connections that send nothing, waits a second, then plays ping-pong on one more.
 *
 * us_cpu_per_msg is CPU time of the server's process, all threads, for a message. The first tenth
 * of the messages is not counted.
 */
#include "echo.h"

#include <ctype.h>
#include <dirent.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>

#define SETTLE_EVERY 64 /* connections that may wait for accept: far below every backlog */

static char data[ECHO_READ], in[ECHO_READ];
static struct sockaddr_in at = {.sin_family = AF_INET};
static pid_t server;

/* ---- What is known of the server ------------------------------------------------------------- */

/* User and system time of all threads of the server, ended ones as well (ns). */
static int64_t server_cpu(void) {
    clockid_t clock;
    struct timespec spent;
    bench_must(clock_getcpuclockid(server, &clock) == 0 && clock_gettime(clock, &spent) == 0);
    return spent.tv_sec * NS_PER_S + spent.tv_nsec;
}

/* A line of a /proc/.../status file. */
static int64_t status_of(const char *path, const char *name) {
    char line[256];
    size_t len = strlen(name);
    int64_t value = -1;
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return 0; /* the thread has ended */
    while (value < 0 && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, name, len) == 0 && line[len] == ':')
            value = strtoll(line + len + 1, NULL, 10);
    fclose(file);
    return value < 0 ? 0 : value;
}

static int64_t server_rss(void) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/status", (int)server);
    int64_t kib = status_of(path, "VmRSS");
    bench_must(kib > 0);
    return kib * 1024;
}

/* How often the server's threads have gone to sleep: as often as they have been woken. */
static int64_t server_sleeps(void) {
    char path[320];
    int64_t all = 0;
    snprintf(path, sizeof path, "/proc/%d/task", (int)server);
    DIR *threads = opendir(path);
    bench_must(threads != NULL);
    for (struct dirent *thread; (thread = readdir(threads)) != NULL;) {
        if (!isdigit((unsigned char)thread->d_name[0]))
            continue;
        snprintf(path, sizeof path, "/proc/%d/task/%s/status", (int)server, thread->d_name);
        all += status_of(path, "voluntary_ctxt_switches");
    }
    closedir(threads);
    return all;
}

/* ---- Connections ----------------------------------------------------------------------------- */

typedef struct talk {
    int fd;
    int64_t got; /* bytes of the message that is on its way back */
} talk_t;

static void talk_open(talk_t *t) {
    int one = 1;
    t->got = 0;
    t->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bench_must(t->fd >= 0 && connect(t->fd, (struct sockaddr *)&at, sizeof at) == 0);
    setsockopt(t->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

static void talk_send(const talk_t *t, int64_t size) {
    for (int64_t sent = 0; sent < size;) {
        ssize_t n = send(t->fd, data + sent, (size_t)(size - sent), MSG_NOSIGNAL);
        bench_must(n > 0);
        sent += n;
    }
}

/* Takes what is there. Returns 1 when it is the message's last byte. */
static int talk_receive(talk_t *t, int64_t size) {
    ssize_t n = recv(t->fd, in, sizeof in, 0);
    bench_must(n > 0 && t->got + n <= size && memcmp(in, data + t->got, (size_t)n) == 0);
    t->got = t->got + n < size ? t->got + n : 0;
    return t->got == 0;
}

/* One message there and back. */
static void talk_once(talk_t *t, int64_t size) {
    talk_send(t, size);
    while (!talk_receive(t, size))
        continue;
}

/* ---- Counting -------------------------------------------------------------------------------- */

typedef struct count {
    int64_t messages, warm, done, cpu_ns;
} count_t;

static count_t count_of(int64_t messages) {
    return (count_t){.messages = messages, .warm = messages / 10};
}

/* A message came back. */
static void count_one(count_t *c) {
    if (++c->done == c->warm)
        c->cpu_ns -= server_cpu();
    if (c->done == c->messages)
        c->cpu_ns += server_cpu();
}

static double count_us(const count_t *c) {
    bench_must(c->done == c->messages && c->warm > 0);
    return (double)c->cpu_ns / 1000.0 / (double)(c->messages - c->warm);
}

/* ---- The three ways -------------------------------------------------------------------------- */

static void pingpong(count_t *c, int64_t size, int64_t connections) {
    talk_t *talks = bench_alloc((size_t)connections, sizeof *talks);
    int ep = epoll_create1(EPOLL_CLOEXEC);
    int64_t left = c->messages, open = connections;
    for (int64_t i = 0; i < connections; i++) {
        struct epoll_event want = {.events = EPOLLIN, .data = {.ptr = &talks[i]}};
        talk_open(&talks[i]);
        bench_must(epoll_ctl(ep, EPOLL_CTL_ADD, talks[i].fd, &want) == 0);
    }
    for (int64_t i = 0; i < connections; i++, left--)
        talk_send(&talks[i], size);
    while (open > 0) {
        struct epoll_event ready[256];
        int n = epoll_wait(ep, ready, 256, -1);
        for (int i = 0; i < n; i++) {
            talk_t *t = ready[i].data.ptr;
            if (!talk_receive(t, size))
                continue;
            count_one(c);
            if (left-- > 0) {
                talk_send(t, size);
            } else {
                close(t->fd);
                open--;
            }
        }
    }
    close(ep);
    free(talks);
}

static void sleep_until(int64_t at_ns) {
    struct timespec until = {.tv_sec = at_ns / NS_PER_S, .tv_nsec = at_ns % NS_PER_S};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
        continue;
}

static void sparse(count_t *c, int64_t size, int64_t per_second) {
    talk_t t;
    talk_open(&t);
    int64_t next = bench_clock();
    while (c->done < c->messages) {
        talk_once(&t, size);
        next += NS_PER_S / per_second;
        sleep_until(next);
        count_one(c); /* behind the pause: what the server does in it counts, too */
    }
    close(t.fd);
}

static void idle(count_t *c, int64_t connections, int check) {
    talk_t active, *talks = bench_alloc((size_t)connections, sizeof *talks);
    talk_open(&active);
    talk_once(&active, 64);
    int64_t before = server_rss();
    for (int64_t i = 0; i < connections; i++) {
        talk_open(&talks[i]);
        if ((i + 1) % SETTLE_EVERY == 0 || i + 1 == connections)
            talk_once(&talks[i], 64); /* it has been accepted, and all before it */
    }
    int64_t grown = server_rss() - before, wait_ns = check ? 10 * NS_PER_MS : NS_PER_S;
    sleep_until(bench_clock() + wait_ns / 4); /* what it still does about their coming is over */
    int64_t cpu = server_cpu(), sleeps = server_sleeps(), start = bench_clock();
    sleep_until(start + wait_ns);
    double waited = (double)(bench_clock() - start) / (double)NS_PER_S;
    printf("\"wakeups_per_s\": %.2f, \"idle_cpu_us_per_s\": %.2f, ",
           (double)(server_sleeps() - sleeps) / waited,
           (double)(server_cpu() - cpu) / 1000.0 / waited);
    printf("\"bytes_per_conn\": %.2f, ", (double)grown / (double)connections);
    while (c->done < c->messages) {
        talk_once(&active, 64);
        count_one(c);
    }
}

int main(int argc, char **argv) {
    int check = bench_is_check(argc, argv);
    bench_must(argc > 5 + check);
    server = (pid_t)bench_argument(argc, argv, 1, 0);
    at.sin_port = htons((uint16_t)bench_argument(argc, argv, 2, 0));
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (char)(i * 7 + i / 256);
    const char *way = argv[3];
    int64_t first = bench_argument(argc, argv, 4, 0), second = bench_argument(argc, argv, 5, 0);
    int64_t third = bench_argument(argc, argv, 6, 0);
    printf("{");
    count_t c;
    if (strcmp(way, "pingpong") == 0) {
        bench_must(first > 0 && first <= ECHO_READ && second > 0 && third >= second);
        c = count_of(check ? second * 20 : third);
        pingpong(&c, first, second);
    } else if (strcmp(way, "sparse") == 0) {
        bench_must(first > 0 && first <= ECHO_READ && second > 0 && third > 0);
        c = count_of(check ? 20 : third);
        sparse(&c, first, second);
    } else {
        bench_must(strcmp(way, "idle") == 0 && first > 0 && second > 0);
        c = count_of(check ? 20 : second);
        idle(&c, check && first > 100 ? 100 : first, check);
    }
    printf("\"us_cpu_per_msg\": %.4f}\n", count_us(&c));
    return 0;
}
