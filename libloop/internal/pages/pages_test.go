// SPDX-License-Identifier: MIT

package pages

import "testing"

func TestABlockIsZeroed(t *testing.T) {
	for i := range 20 {
		block := New[[BlockSize / 8]uint64]
		if i%2 != 0 {
			block = NewSparse[[BlockSize / 8]uint64]
		}
		a, free := block()
		for i := range a {
			if a[i] != 0 {
				t.Fatalf("word %d is %d", i, a[i])
			}
			a[i] = ^uint64(0)
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
