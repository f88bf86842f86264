// SPDX-License-Identifier: MIT

//! Datagrams cost no memory once a socket is under way. A file of its own: the allocator counts what
//! this process asks for.

#[path = "common/counting.rs"]
mod counting;

use std::cell::Cell;
use std::rc::Rc;
use std::sync::atomic::Ordering;

use counting::COUNT;
use libloop::Loop;
use libloop::net::DatagramEvent;

#[test]
fn datagrams_allocate_nothing() {
    let lp = Loop::new().unwrap();
    let rounds = Rc::new(Cell::new(0u32));
    let before = Rc::new(Cell::new(0));
    let (count, mark) = (Rc::clone(&rounds), Rc::clone(&before));
    let ping = lp.net().udp_bind("127.0.0.1", 0, |_, _, _| ()).unwrap();
    let pong = lp.net().udp_bind("127.0.0.1", 0, |_, _, _| ()).unwrap();
    let at = lp.local_address(pong).unwrap();
    let to = at.ip().unwrap();
    lp.receive_start(ping, move |lp, socket, event| {
        if let DatagramEvent::Datagram(datagram) = event {
            count.set(count.get() + 1);
            match count.get() {
                100 => mark.set(COUNT.load(Ordering::Relaxed)),
                1100 => {
                    mark.set(COUNT.load(Ordering::Relaxed) - mark.get());
                    lp.net_close(pong).unwrap();
                    return lp.net_close(socket).unwrap();
                }
                _ => {}
            }
            assert_eq!(datagram.sender().ip(), Some(to));
            lp.send_to(socket, to, datagram.data()).unwrap(); // lent
        }
    })
    .unwrap();
    lp.receive_start(pong, |lp, socket, event| {
        if let DatagramEvent::Datagram(datagram) = event {
            let mut copy = [0; 64];
            let data = datagram.data();
            copy[..data.len()].copy_from_slice(data);
            lp.send_to(socket, datagram.sender(), &copy[..data.len()]).unwrap(); // copied
        }
    })
    .unwrap();
    lp.send_to(ping, &at, b"to and fro").unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    assert_eq!(rounds.get(), 1100);
    assert_eq!(before.get(), 0, "allocations in 1000 rounds");
    assert!(COUNT.load(Ordering::Relaxed) > 0, "nothing is counted");
}
