/* SPDX-License-Identifier: MIT
 *
 * The two plug-ins of the Node experiment: jobs for loop_work, written outside the library.
 */
#ifndef PLUGINS_H
#define PLUGINS_H

#include <loop.h>

/* The job "File read": sleeps a second, as if the file were large, then reads all of it.
 * arg: the path (const char *). Value: bytes, or an error with the text "open PATH". */
int32_t plugin_file_read(void *arg, loop_value_t *out);

/* The job "Encrypt": the Fibonacci number of the address arg itself, found the slow way. Value:
 * int.
 */
int32_t plugin_encrypt(void *arg, loop_value_t *out);

#endif
