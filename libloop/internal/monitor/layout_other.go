// SPDX-License-Identifier: MIT

//go:build !(go1.26 && !go1.27 && amd64 && linux)

package monitor

const known = false

func tick() {}
