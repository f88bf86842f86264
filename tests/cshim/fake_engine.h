/* SPDX-License-Identifier: MIT
 *
 * An engine in C, so that the C half can be built alone, under TSan and ASan, too. It keeps the
 * rules of docs/architecture.md as far as these tests need them, the simple way: no limits, no
 * deadlines of ops, no HTTP. Tests reach in through these variables.
 */
#ifndef FAKE_ENGINE_H
#define FAKE_ENGINE_H

#include "../../libloop/cshim/step.h"

extern uint32_t fake_engines; /* that are alive; atomic */
extern uint64_t fake_steps;   /* crossings of all loops, SUBMIT ones, too; atomic */
extern uint64_t fake_refused; /* ops that were refused; atomic */
extern uint32_t fake_deaf;    /* 1: takes ops and forgets them; for measuring */

/* An op of this code panics when it is taken. What is before it in the array is taken. */
#define FAKE_OP_PANIC 0xF001

#endif
