// SPDX-License-Identifier: MIT

// Package libloop is the engine: one state machine for each loop, stepped by the thread that owns the loop.
// Ops, posts, finished jobs and readiness go in, events and jobs to start come out. It never sleeps and
// never calls host code.
//
// The records it shares with the C half are in package wire; docs/architecture.md tells the step.
package libloop
