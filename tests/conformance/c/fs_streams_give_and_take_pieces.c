/* SPDX-License-Identifier: MIT
 *
 * A file is written from the pieces that a flow is given, and read piece by piece, also with pauses.
 */
#include "files.h"

static int64_t flow;
static int over;

CB(say_piece) {
    (void)loop;
    if (ev->status != 0)
        say_error(ev, user);
    else if ((ev->flags & LOOP_EV_MORE) != 0)
        say("%s: \"%.*s\"", (const char *)user, (int)ev->len, (const char *)ev->data);
    else
        say("%s: end", (const char *)user);
}

CB(pause_it) {
    (void)user;
    must(ev->status);
    over = (ev->flags & LOOP_EV_MORE) == 0;
    if (!over)
        must(loop_pause(loop, flow));
}

CB(say_used) {
    (void)loop;
    say("%s: %s, %d bytes", (const char *)user, loop_err_name(ev->status), (int)ev->num);
}

static void begin_writing(loop_t *loop, uint32_t flags, const char *what) {
    flow = must(loop_fs_write_stream(loop, "file", 0, flags, say_value, (void *)(uintptr_t)what));
}

int main(void) {
    loop_t *loop = begin();
    begin_writing(loop, 0, "written");
    DO(loop_write(loop, flow, "hello", 5, say_used, "first"));
    must(loop_write(loop, flow, ", world", 7, say_used, "second"));
    must(loop_write(loop, flow, NULL, 0, say_used, "nothing"));
    DO(loop_end(loop, flow));
    begin_writing(loop, LOOP_FS_APPEND, "appended");
    must(loop_write_borrowed(loop, flow, "!", 1, say_used, "third"));
    must(loop_end(loop, flow));
    DO(loop_write(loop, flow, "late", 4, say_used, "after the end"));
    begin_writing(loop, LOOP_FS_EXCL, "exclusive");
    DO(loop_end(loop, flow));
    DO(loop_fs_read_stream(loop, "file", -1, 0, 4, say_piece, "by four"));
    DO(loop_fs_read_stream(loop, "file", 7, 5, 0, say_piece, "a part"));
    DO(loop_fs_read_stream(loop, "missing", -1, 0, 0, say_piece, "missing"));
    flow = must(loop_fs_read_stream(loop, "file", -1, 0, 1, pause_it, NULL));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    say("paused: %s", over ? "over" : "not over");
    for (int i = 0; i < 13 && !over; i++)
        DO(loop_resume(loop, flow));
    say("resumed: %s", over ? "over" : "not over");
    begin_writing(loop, LOOP_FS_ATOMIC, "atomic");
    DO(loop_write(loop, flow, "new", 3, say_used, "fourth"));
    DO(loop_fs_read_file(loop, "file", 0, say_value, "before the end"));
    DO(loop_end(loop, flow));
    DO(loop_fs_read_file(loop, "file", 0, say_value, "after it"));
    end(loop);
    return 0;
}
