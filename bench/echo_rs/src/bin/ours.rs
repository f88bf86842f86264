// SPDX-License-Identifier: MIT

//! An echo server on libloop.

use libloop::net::{Address, ListenEvent, NetEvent};
use libloop::{Error, Loop, Stream};

fn serve(lp: &Loop, stream: Stream) -> Result<(), Error> {
    lp.read_start(stream, |lp, stream, event| {
        if let NetEvent::Data(bytes) = event {
            lp.send(stream, bytes).expect("it is open");
        }
    })
}

fn listens(address: &Address) {
    let port = address.port();
    println!("{{\"port\": {port}, \"version\": \"libloop {}\"}}", libloop::version());
}

fn main() -> Result<(), Error> {
    let lp = Loop::new()?;
    lp.net().nodelay(true).listen("127.0.0.1", 0, |lp, _, event| match event {
        ListenEvent::Open(address) => listens(&address),
        ListenEvent::Accepted(stream, _) => serve(lp, stream).expect("it is open"),
        event => panic!("the listener has failed: {event:?}"),
    })?;
    lp.run()?;
    Ok(())
}
