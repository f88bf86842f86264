// SPDX-License-Identifier: MIT

//go:build race

package zip

const underRace = true
