/* SPDX-License-Identifier: MIT
 *
 * What the library cannot recover from (its own stack is full) ends the process at once and loudly:
 * by SIGABRT, with a trace on standard error.
 */
#include "faults.h"

#define OVERFLOW 0xF004

/* Runs in a process of its own, which is to end here. */
static void overflow_the_stack(void) {
    loop_t *loop = NULL;
    loop_op_t op;
    SHOULD(loop_new(NULL, &loop));
    memset(&op, 0, sizeof op);
    op.code = OVERFLOW;
    loop_turn_t turn = turn_of(loop, &op, 1);
    CHECK_INT(loop_turn(&turn), 0);
}

static void begin(int argc, char **argv) {
    loop_t *loop = NULL;
    if (argc == 3 && strcmp(argv[2], "overflow_the_stack") == 0)
        overflow_the_stack();
    if (loop_new(NULL, &loop) == 0)
        loop_free(loop);
}

static void a_fatal_error_ends_the_process_with_sigabrt_and_a_trace(void) {
    static char text[1 << 16];
    FILE *file = tmpfile();
    REQUIRE(file != NULL);
    int keep = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
    CHECK_INT(dup2(fileno(file), STDERR_FILENO), STDERR_FILENO);
    int status = spawn_self("--alone", "overflow_the_stack");
    CHECK_INT(dup2(keep, STDERR_FILENO), STDERR_FILENO);
    close(keep);
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    CHECK(WIFSIGNALED(status));
    CHECK_INT(WTERMSIG(status), SIGABRT);
    CHECK(strstr(text, "stack overflow") != NULL);
    CHECK(strstr(text, "libloop.overflow") != NULL); /* where it was */
}

TEST_MAIN(begin(argc, argv), T(a_fatal_error_ends_the_process_with_sigabrt_and_a_trace))
