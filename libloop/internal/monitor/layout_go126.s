// SPDX-License-Identifier: MIT

//go:build go1.26 && !go1.27 && amd64 && linux

#include "textflag.h"

// Offsets in the records g, m and p of package runtime, Go 1.26.
#define g_m 48
#define m_curg 184
#define m_p 208
#define p_status 4
#define p_schedtick 16
#define p_m 48

// func probe(to *records)
TEXT ·probe(SB), NOSPLIT, $0-8
	MOVQ to+0(FP), DI
	MOVQ (TLS), AX
	MOVQ AX, 0(DI)
	MOVQ g_m(AX), BX
	MOVQ m_curg(BX), CX
	MOVQ CX, 8(DI)
	MOVQ BX, 16(DI)
	MOVQ m_p(BX), DX
	MOVQ p_m(DX), CX
	MOVQ CX, 24(DI)
	MOVL p_status(DX), CX
	MOVL CX, 32(DI)
	MOVL p_schedtick(DX), CX
	MOVL CX, 36(DI)
	RET

// func tick()
TEXT ·tick(SB), NOSPLIT, $0-0
	MOVQ (TLS), AX
	MOVQ g_m(AX), AX
	MOVQ m_p(AX), AX
	INCL p_schedtick(AX)
	RET
