/* SPDX-License-Identifier: MIT
 *
 * Runs the programs of a file in libloop and prints the order of their callbacks; runner.js does
 * the same in Node. Usage: runner PROGRAMS
 */
#include <loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NODES 128
#define MAX_BODY 32

typedef struct {
    int id, runs, left, live;
    char kind[12];
    int64_t delay_ns;
    int64_t handle;
    int body_len;
    struct {
        char what;
        int target;
    } body[MAX_BODY];
} node_t;

static loop_t *loop;
static FILE *programs;
static node_t nodes[MAX_NODES];
static char program_index[16];
static int order[65536];
static int order_len, pending;

static void die(const char *what, int64_t code) {
    fprintf(stderr, "runner: %s: %s\n", what, code < 0 ? loop_err_name(code) : "bad input");
    exit(2);
}

static int32_t nothing(void *arg, loop_value_t *out) {
    (void)arg;
    (void)out;
    return 0;
}

static void next_program(void);

static void settle(void) {
    if (--pending != 0)
        return;
    printf("%s:", program_index);
    for (int i = 0; i < order_len; i++)
        printf(" %d", order[i]);
    printf("\n");
    next_program();
}

static void on_node(loop_t *l, const loop_event_t *ev, void *user);

static void schedule(node_t *node) {
    int64_t rc = -1;
    pending++;
    node->live = 1;
    if (strcmp(node->kind, "timeout") == 0)
        rc = node->handle = loop_set_timeout(loop, node->delay_ns, on_node, node);
    else if (strcmp(node->kind, "interval") == 0)
        rc = node->handle = loop_set_interval(loop, node->delay_ns, on_node, node);
    else if (strcmp(node->kind, "immediate") == 0)
        rc = node->handle = loop_set_immediate(loop, on_node, node);
    else if (strcmp(node->kind, "tick") == 0)
        rc = loop_next_tick(loop, on_node, node);
    else if (strcmp(node->kind, "micro") == 0)
        rc = loop_queue_microtask(loop, on_node, node);
    else if (strcmp(node->kind, "job") == 0)
        rc = loop_work(loop, nothing, NULL, "job", on_node, node);
    if (rc < 0)
        die(node->kind, rc);
}

static void on_node(loop_t *l, const loop_event_t *ev, void *user) {
    node_t *node = user;
    (void)l;
    if (ev->status < 0)
        die(node->kind, ev->status);
    if (order_len == (int)(sizeof order / sizeof order[0]))
        die("too many callbacks", 0);
    order[order_len++] = node->id;
    int first = node->left == node->runs;
    node->left--;
    int last = strcmp(node->kind, "interval") != 0 || node->left == 0;
    if (last) {
        if (strcmp(node->kind, "interval") == 0)
            loop_clear_timer(loop, node->handle);
        node->live = 0;
    }
    for (int i = 0; first && i < node->body_len; i++) {
        node_t *target = &nodes[node->body[i].target];
        if (node->body[i].what == 's') {
            schedule(target);
        } else if (target->live) {
            int64_t rc = loop_clear(loop, target->handle);
            if (rc < 0)
                die("clear", rc);
            target->live = 0;
            settle();
        }
    }
    if (last)
        settle();
}

/* Reads one program and starts its root from a callback of the kind it names. */
static void next_program(void) {
    char line[256], root[12] = "";
    memset(nodes, 0, sizeof nodes);
    while (fgets(line, sizeof line, programs) != NULL && strcmp(line, "end\n") != 0) {
        int id, runs, target;
        long delay;
        char kind[12], what;
        if (sscanf(line, "program %15s %11s", program_index, root) == 2)
            continue;
        if (sscanf(line, "n %d %11s %ld %d", &id, kind, &delay, &runs) == 4 && id < MAX_NODES) {
            nodes[id].id = id;
            nodes[id].delay_ns = (int64_t)delay * 1000000;
            nodes[id].runs = nodes[id].left = runs;
            strcpy(nodes[id].kind, kind);
        } else if (sscanf(line, "b %d %c %d", &id, &what, &target) == 3 && id < MAX_NODES &&
                   nodes[id].body_len < MAX_BODY) {
            nodes[id].body[nodes[id].body_len].what = what;
            nodes[id].body[nodes[id].body_len++].target = target;
        } else {
            die(line, 0);
        }
    }
    if (root[0] == '\0')
        return;
    order_len = 0;
    strcpy(nodes[0].kind, root);
    nodes[0].delay_ns = 1000000;
    pending = 0;
    schedule(&nodes[0]);
}

int main(int argc, char **argv) {
    if (argc != 2 || (programs = fopen(argv[1], "r")) == NULL) {
        fprintf(stderr, "usage: runner PROGRAMS\n");
        return 2;
    }
    int64_t rc = loop_new(NULL, &loop);
    if (rc < 0)
        die("loop_new", rc);
    next_program();
    rc = loop_run(loop, LOOP_RUN_DEFAULT);
    if (rc != 0)
        die("loop_run", rc);
    rc = loop_free(loop);
    if (rc < 0)
        die("loop_free", rc);
    fclose(programs);
    return 0;
}
