/* SPDX-License-Identifier: MIT
 *
 * What read_budget costs and saves: one connection that floods beside 100 polite ones, which send
 * 64 bytes every 10 ms and wait for their echo.
 *
 *     sweep BUDGET READ_SIZE
 *
 * flood_mb_s: what the flood gets through. polite_us_p50, _p99: round trips of the polite ones.
 * timer_us_p99: how late a timer of 2 ms comes. The clients are processes of their own.
 */
#include <loop.h>

#include "../bench.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define POLITE 100
#define PAUSE_NS (10 * NS_PER_MS)
#define TIMER_NS (2 * NS_PER_MS)
#define MESSAGE 64
#define SAMPLES_MAX 200000

static int64_t run_ns = 2 * NS_PER_S;
static uint16_t port;
static int64_t flooded, timer_count, *trip_count;
static double late[SAMPLES_MAX], *trips; /* microseconds; trips is shared with the client */
static pid_t clients[2];

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double percentile(double *samples, int64_t n, int64_t percent) {
    bench_must(n > 0);
    qsort(samples, (size_t)n, sizeof *samples, by_value);
    return samples[(n - 1) * percent / 100];
}

/* ---- The clients ----------------------------------------------------------------------------- */

static int dial(void) {
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bench_must(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static void flood(void) {
    static char data[1 << 18];
    memset(data, 'f', sizeof data);
    int fd = dial();
    while (send(fd, data, sizeof data, MSG_NOSIGNAL) > 0)
        continue;
}

/* One thread for all: due[i] is when connection i sends next, asked[i] when it did; 0: it has not. */
static void be_polite(void) {
    static struct pollfd fds[POLITE];
    static int64_t due[POLITE], asked[POLITE];
    static size_t got[POLITE];
    char message[MESSAGE];
    memset(message, 'p', sizeof message);
    int64_t start = bench_clock();
    for (int i = 0; i < POLITE; i++) {
        fds[i] = (struct pollfd){.fd = dial(), .events = POLLIN};
        due[i] = start + PAUSE_NS * i / POLITE;
    }
    while (bench_clock() - start < run_ns) {
        (void)poll(fds, POLITE, 1);
        for (int i = 0; i < POLITE; i++) {
            int64_t now = bench_clock();
            if (asked[i] == 0 && now >= due[i]) {
                bench_must(send(fds[i].fd, message, MESSAGE, MSG_NOSIGNAL) == MESSAGE);
                asked[i] = now;
                got[i] = 0;
            }
            if ((fds[i].revents & POLLIN) == 0)
                continue;
            ssize_t n = recv(fds[i].fd, message, MESSAGE, 0);
            bench_must(n > 0);
            if ((got[i] += (size_t)n) < MESSAGE)
                continue;
            if (*trip_count < SAMPLES_MAX)
                trips[(*trip_count)++] = (double)(bench_clock() - asked[i]) / 1000.0;
            due[i] = asked[i] + PAUSE_NS;
            asked[i] = 0;
        }
    }
}

static pid_t start(void (*client)(void)) {
    pid_t pid = fork();
    bench_must(pid >= 0);
    if (pid == 0) {
        client();
        _exit(0);
    }
    return pid;
}

/* ---- The server ------------------------------------------------------------------------------ */

static void on_stream(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)user;
    if (ev->aux != LOOP_NET_DATA || ev->status != 0)
        return;
    if (*(const char *)ev->data == 'f')
        flooded += (int64_t)ev->len;
    else
        bench_must(loop_send(loop, (int64_t)ev->id, ev->data, ev->len) == 0);
}

static void on_timer(loop_t *loop, const loop_event_t *ev, void *user) {
    int64_t *due = user, now = bench_clock();
    (void)ev;
    if (timer_count < SAMPLES_MAX)
        late[timer_count++] = now > *due ? (double)(now - *due) / 1000.0 : 0;
    *due = now + TIMER_NS;
    bench_must(loop_set_timeout(loop, TIMER_NS, on_timer, user) > 0);
}

static void on_end(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)ev;
    (void)user;
    loop_stop(loop);
}

static void on_listener(loop_t *loop, const loop_event_t *ev, void *user) {
    static int64_t due;
    bench_must(ev->status == 0);
    if (ev->aux == LOOP_NET_ACCEPTED)
        bench_must(loop_read_start(loop, ev->num, on_stream, user) == 0);
    if (ev->aux != LOOP_NET_OPEN)
        return;
    port = ((const loop_address_t *)ev->data)->port;
    clients[0] = start(flood);
    clients[1] = start(be_polite);
    due = bench_clock() + TIMER_NS;
    bench_must(loop_set_timeout(loop, TIMER_NS, on_timer, &due) > 0);
    bench_must(loop_set_timeout(loop, run_ns, on_end, NULL) > 0);
}

int main(int argc, char **argv) {
    uint32_t budget = (uint32_t)bench_argument(argc, argv, 1, 0);
    uint32_t size = (uint32_t)bench_argument(argc, argv, 2, 0);
    if (bench_is_check(argc, argv))
        run_ns = 200 * NS_PER_MS;
    size_t shared = sizeof *trip_count + SAMPLES_MAX * sizeof *trips;
    trip_count = mmap(NULL, shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bench_must(trip_count != MAP_FAILED);
    trips = (double *)(trip_count + 1);

    loop_t *loop;
    bench_must(loop_new(NULL, &loop) == 0);
    loop_net_t request = LOOP_NET_INIT;
    request.what = LOOP_NET_LISTEN;
    request.type = LOOP_NET_TCP;
    request.host = "127.0.0.1";
    request.flags = LOOP_NET_NODELAY;
    request.read_budget = budget;
    request.read_size = size;
    bench_must(loop_net(loop, &request, on_listener, NULL) > 0);
    int64_t cpu = bench_cpu();
    bench_must(loop_run(loop, LOOP_RUN_DEFAULT) >= 0);
    cpu = bench_cpu() - cpu;
    for (int i = 0; i < 2; i++) {
        kill(clients[i], SIGKILL);
        waitpid(clients[i], NULL, 0);
    }
    printf("{\"read_budget\": %u, \"read_size\": %u, \"flood_mb_s\": %.0f, ", budget, size,
           (double)flooded / 1e6 / ((double)run_ns / (double)NS_PER_S));
    printf("\"polite_us_p50\": %.0f, \"polite_us_p99\": %.0f, ", percentile(trips, *trip_count, 50),
           percentile(trips, *trip_count, 99));
    printf("\"timer_us_p99\": %.0f, \"cpu_ms\": %.0f}\n", percentile(late, timer_count, 99),
           (double)cpu / (double)NS_PER_MS);
    return 0;
}
