// SPDX-License-Identifier: MIT

package pages

import (
	"testing"
	"unsafe"
)

func TestABlockIsZeroedAndAligned(t *testing.T) {
	for range 20 {
		a, free := New[[BlockSize / 8]uint64]()
		for i := range a {
			if a[i] != 0 {
				t.Fatalf("word %d is %d", i, a[i])
			}
			a[i] = ^uint64(0)
		}
		if p := mapBlock(); p != nil {
			if uintptr(p)%BlockSize != 0 || uintptr(unsafe.Pointer(a))%BlockSize != 0 {
				t.Fatalf("blocks at %p and %p", p, a)
			}
			unmapBlock(p)
		}
		free()
	}
}

func TestWhatIsLargerThanABlockIsGoMemory(t *testing.T) {
	a, free := New[[BlockSize + 1]byte]()
	a[BlockSize] = 1
	free()
	if a[BlockSize] != 1 {
		t.Fatal("gone")
	}
}
