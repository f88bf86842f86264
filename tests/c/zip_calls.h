/* SPDX-License-Identifier: MIT
 *
 * Every call of compression that takes a loop, with arguments that are good, for tests in which all
 * calls are made.
 */
#ifndef ZIP_CALLS_H
#define ZIP_CALLS_H

#include "harness.h"

static const loop_zip_t zip_request = {.size = sizeof zip_request,
                                       .what = LOOP_ZIP_COMPRESS,
                                       .format = LOOP_ZIP_GZIP,
                                       .data = "a",
                                       .len = 1};

/* CALL is given each one in turn. */
#define EACH_ZIP_CALL(CALL, loop, cb)                                                              \
    CALL(loop_zip(loop, &zip_request, cb, NULL))                                                   \
    CALL(loop_compress(loop, LOOP_ZIP_ZSTD, 0, "a", 1, cb, NULL))                                  \
    CALL(loop_decompress(loop, LOOP_ZIP_BROTLI, 0, "a", 1, cb, NULL))                              \
    CALL(loop_compress_stream(loop, LOOP_ZIP_DEFLATE, 0, cb, NULL))                                \
    CALL(loop_decompress_stream(loop, LOOP_ZIP_DEFLATE_RAW, 0, cb, NULL))

#endif
