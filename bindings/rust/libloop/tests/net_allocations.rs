// SPDX-License-Identifier: MIT

//! Events with data, and sends, cost no memory once a stream is under way. A file of its own: the
//! allocator counts what this process asks for.

#[path = "common/counting.rs"]
mod counting;

use std::cell::Cell;
use std::rc::Rc;
use std::sync::atomic::Ordering;

use counting::COUNT;
use libloop::Loop;
use libloop::net::NetEvent;
use std::os::unix::net::UnixStream;

#[test]
fn data_and_sends_allocate_nothing() {
    let lp = Loop::new().unwrap();
    let (one, other) = UnixStream::pair().unwrap();
    let rounds = Rc::new(Cell::new(0u32));
    let before = Rc::new(Cell::new(0));
    let (count, mark) = (Rc::clone(&rounds), Rc::clone(&before));
    let ping = lp.net().adopt(one, |_, _, _| ()).unwrap();
    let pong = lp.net().adopt(other, |_, _, _| ()).unwrap();
    lp.read_start(ping, move |lp, stream, event| {
        if let NetEvent::Data(bytes) = event {
            count.set(count.get() + 1);
            match count.get() {
                100 => mark.set(COUNT.load(Ordering::Relaxed)),
                1100 => {
                    mark.set(COUNT.load(Ordering::Relaxed) - mark.get());
                    return lp.net_close(stream).unwrap();
                }
                _ => {}
            }
            lp.send(stream, bytes).unwrap(); // lent
        }
    })
    .unwrap();
    lp.read_start(pong, |lp, stream, event| {
        if let NetEvent::Data(bytes) = event {
            let mut copy = [0; 64];
            copy[..bytes.len()].copy_from_slice(bytes);
            lp.send(stream, &copy[..bytes.len()]).unwrap(); // copied
        }
    })
    .unwrap();
    lp.send(ping, b"to and fro").unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    assert_eq!(rounds.get(), 1100);
    assert_eq!(before.get(), 0, "allocations in 1000 rounds");
    assert!(COUNT.load(Ordering::Relaxed) > 0, "nothing is counted");
}
