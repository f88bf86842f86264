// SPDX-License-Identifier: MIT

package watch

import (
	"os"
	"testing"
)

func TestAFileTellsWhatHappensToIt(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	d.create("f")
	r.start(1, Spec{Path: d.at("f")})
	d.write("f", "x")
	r.want(1, "modified")
	d.chmod("f")
	r.want(1, "attributes")
	do(t, os.Link(d.at("f"), d.at("g")))
	r.want(1, "attributes")
	d.write("f", "x")
	r.want(1, "modified")
}

func TestAFileThatIsReplacedIsModifiedAndGoesOn(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	d.create("f")
	r.start(1, Spec{Path: d.at("f")})
	for range 20 {
		d.create("new")
		d.rename("new", "f")
		r.want(1, "modified")
		d.write("f", "x")
		r.want(1, "modified")
	}
}

func TestAFileThatIsReplacedWhileOpenIsNoticed(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	d.create("f")
	open := must(os.Open(d.at("f")))
	r.start(1, Spec{Path: d.at("f")})
	d.create("new")
	d.rename("new", "f")
	r.want(1, "modified")
	do(t, open.Close())
	d.write("f", "x")
	r.want(1, "modified")
}

func TestAFileThatIsMovedAwayAndMadeAnewGoesOn(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	d.create("f")
	r.start(1, Spec{Path: d.at("f")})
	r.held = true
	d.rename("f", "f~")
	r.until("an errand", func() bool { return len(r.errands) > 0 })
	r.errands[0].Run() // it finds nothing there
	r.errands = nil
	d.create("f")
	r.held = false
	r.want(1, "modified")
	d.write("f~", "x")
	d.write("f", "x")
	r.want(1, "modified")
}

func TestAFileThatIsRemovedEndsItsWatch(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	d.create("f")
	r.start(1, Spec{Path: d.at("f")})
	d.remove("f")
	r.want(1, "end 2 "+d.at("f"))
}

func TestAFileThatBecomesAFolderEndsItsWatch(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	d.create("f")
	r.start(1, Spec{Path: d.at("f")})
	r.held = true
	d.remove("f")
	d.mkdir("f")
	r.held = false
	r.want(1, "end 2 "+d.at("f"))
}
