/* SPDX-License-Identifier: MIT
 *
 * Tally: a module by a third party. It adds one kind of job (counting words on the pool) and one
 * descriptor event (a line has arrived) to any loop, and knows nothing but loop.h.
 */
#ifndef TALLY_H
#define TALLY_H

#include <loop.h>

/* Count the words of a text on the pool. The event's value is an int; a text with a control
 * character ends with LOOP_EINVAL and the text "tally TEXT".
 *
 * text       copied
 * Returns    id, LOOP_EINVAL (NULL), LOOP_ENOMEM
 */
int64_t tally_words(loop_t *loop, const char *text, loop_cb cb, void *user);

/* A line without its end, borrowed until the callback returns; NULL at the end of the stream. */
typedef void (*tally_line_cb)(loop_t *loop, const char *line, size_t len, void *user);

/* Call cb for each line that arrives on fd, and once more with NULL at its end. The descriptor is
 * made non-blocking and stays the caller's, who must not close it before that last call.
 * Returns 0, LOOP_EINVAL, LOOP_ENOMEM. */
int64_t tally_lines(loop_t *loop, int32_t fd, tally_line_cb cb, void *user);

/* How many requests of the module hold memory; 0 when every one has ended. */
int64_t tally_live(void);

#endif
