// SPDX-License-Identifier: MIT

package watch

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
	"libloop.dev/libloop/libloop/internal/wire"
)

func TestAFolderTellsWhatHappensInIt(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	r.start(1, Spec{Path: d.dir})
	d.create("a")
	d.write("a", "text")
	d.chmod("a")
	d.mkdir("sub")
	d.create("sub/unseen")
	d.chmod("sub")
	d.rename("a", "b")
	d.remove("b")
	do(t, os.RemoveAll(d.at("sub")))
	r.want(1, "created a", "modified a", "attributes a", "created sub/", "attributes sub/", "renamed a -> b",
		"deleted b", "deleted sub/")
}

func TestAMoveOverTheEdgeIsACreationOrARemoval(t *testing.T) {
	r, d, out := newRig(t), newDisk(t), newDisk(t)
	out.create("in")
	d.create("out")
	r.start(1, Spec{Path: d.dir})
	do(t, os.Rename(out.at("in"), d.at("in")), os.Rename(d.at("out"), out.at("out")))
	r.want(1, "created in", "deleted out")
}

func TestAMoveBetweenTwoWatchesIsToldToBoth(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	d.mkdir("a")
	d.mkdir("b")
	d.create("a/x")
	r.start(1, Spec{Path: d.at("a")})
	r.start(2, Spec{Path: d.at("b")})
	r.start(3, Spec{Path: d.dir, Recursive: true})
	d.rename("a/x", "b/y")
	r.want(1, "deleted x")
	r.want(2, "created y")
	r.want(3, "renamed a/x -> b/y")
}

func TestOnlyWhatIsAskedForIsTold(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	r.start(1, Spec{Path: d.dir, Events: wire.WatchDeleted})
	r.start(2, Spec{Path: d.dir, Events: wire.WatchModified})
	d.create("a")
	d.write("a", "text")
	d.chmod("a")
	d.remove("a")
	r.want(1, "deleted a")
	d.create("b")
	d.write("b", "text")
	r.want(2, "modified a", "modified b")
}

func TestNamesAreBytes(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	r.start(1, Spec{Path: d.dir, Recursive: true})
	name := "\xff\n\x01 "
	d.mkdir(name)
	d.create(name + "/" + name)
	r.want(1, "created "+name+"/", "created "+name+"/"+name)
	d.rename(name, "x")
	r.want(1, "renamed "+name+" -> x/")
}

func TestTheSameChangeAgainIsNoNewsWhileItWaits(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	d.create("a")
	r.start(1, Spec{Path: d.dir})
	for range 100 {
		d.write("a", "x")
	}
	d.create("end")
	seen := 0
	r.until("end", func() bool {
		for _, line := range r.log[1] {
			switch line {
			case "modified a":
				seen++
			case "created end":
				return true
			default:
				t.Fatal(line)
			}
		}
		r.log[1] = nil
		return false
	})
	if seen == 0 || seen > 100 {
		t.Fatal(seen)
	}
}

func TestAFolderThatIsRemovedEndsItsWatch(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	d.mkdir("a/b")
	r.start(1, Spec{Path: d.at("a"), Recursive: true})
	do(t, os.RemoveAll(d.at("a")))
	r.want(1, "deleted b/", "end 2 "+d.at("a"))
}

func TestAFolderThatIsMovedAwayEndsItsWatch(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	d.mkdir("a")
	r.start(1, Spec{Path: d.at("a")})
	d.rename("a", "b")
	r.want(1, "end 2 "+d.at("a"))
}

func TestAFolderThatIsReplacedEndsItsWatch(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	d.mkdir("a")
	d.mkdir("b")
	r.start(1, Spec{Path: d.at("a")})
	do(t, unix.Rename(d.at("b"), d.at("a")))
	r.want(1, "attributes/", "end 2 "+d.at("a"))
}

func TestAPathThatIsNotThereEndsAtOnce(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	d.create("file")
	r.begin(1, Spec{Path: d.at("nothing")})
	r.want(1, "end 2 "+d.at("nothing"))
	r.begin(2, Spec{Path: ""})
	r.want(2, "end 2 ")
	r.begin(3, Spec{Path: d.at("file/x")})
	r.want(3, "end 20 "+d.at("file/x"))
	do(t, os.Symlink("circle", d.at("circle")))
	r.begin(4, Spec{Path: d.at("circle")})
	r.want(4, "end 40 "+d.at("circle"))
}

func TestTheRootMayBeASymlink(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	d.mkdir("real/sub")
	do(t, os.Symlink("real", d.at("link")))
	r.start(1, Spec{Path: d.at("link"), Recursive: true})
	d.create("real/sub/x")
	r.want(1, "created sub/x")
}
