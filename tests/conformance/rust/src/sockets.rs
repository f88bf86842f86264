// SPDX-License-Identifier: MIT

//! Streams over TCP and Unix sockets.

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;

use libloop::net::{ListenEvent, NetEvent};
use libloop::{Error, Loop, Op, Stream};

use crate::parties::{Party, just_note, run_until_heard, take_one};
use crate::{Outcome, Programs, from_environment, ms, name};

pub const PROGRAMS: Programs = &[
    ("net_echo_gives_back_what_was_sent", echo_gives_back_what_was_sent),
    ("net_close_sends_what_is_queued", close_sends_what_is_queued),
    ("net_events_of_a_close_come_in_order", events_of_a_close_come_in_order),
    ("net_full_and_drain_frame_the_queue", full_and_drain_frame_the_queue),
    ("net_half_close_keeps_the_other_direction", half_close_keeps_the_other_direction),
    ("net_read_exact_and_once_give_sizes", read_exact_and_once_give_sizes),
    ("net_reset_is_seen_by_the_peer", reset_is_seen_by_the_peer),
    ("net_unix_paths_and_abstract_names", unix_paths_and_abstract_names),
    ("net_connect_errors_have_names", connect_errors_have_names),
    ("net_cancel_and_deadline_end_it", cancel_and_deadline_end_it),
];

const HOST: &str = "127.0.0.1";
const MUCH: usize = 16 << 20;

/// What is told how something has ended.
type Told = Box<dyn Fn(&Result<(), Error>)>;

type Reaction = fn(&Loop, &Party, &NetEvent<'_>);

/// Listens, and runs until the port is known.
fn listen(
    lp: &Loop,
    listener: &Party,
    on_stream: impl FnMut(&Loop, Stream) + 'static,
) -> Result<u16, Error> {
    lp.net().listen(HOST, 0, listener.listens(on_stream))?;
    run_until_heard(lp, listener)?;
    Ok(listener.port())
}

/// Connects, and reads.
fn connect(
    lp: &Loop,
    port: u16,
    party: &Party,
    on: impl FnMut(&Loop, &Party, &NetEvent<'_>) + 'static,
) -> Result<Stream, Error> {
    // What is heard before reading begins goes to the same callback.
    let stream = lp.net().connect(HOST, port, |_, _, _| ())?;
    lp.read_start(stream, party.hears(on))?;
    party.set(stream);
    Ok(stream)
}

/// A listener for one connection, and that connection.
fn talk(
    lp: &Loop,
    (server, on_server): (&Party, Reaction),
    (client, on_client): (&Party, Reaction),
    listener: &Party,
) -> Result<Stream, Error> {
    let port = listen(lp, listener, take_one(listener, server.hears(on_server)))?;
    connect(lp, port, client, on_client)
}

fn echo_gives_back_what_was_sent() -> Outcome {
    let lp = Loop::new()?;
    let (server, client, listener) =
        (Party::new("server"), Party::new("client"), Party::new("listener"));
    let echo: Reaction = |lp, party, event| {
        if let NetEvent::Data(bytes) = event {
            lp.send(party.stream(), bytes).expect("it is open");
        }
    };
    let end_when_complete: Reaction = |lp, party, event| {
        if matches!(event, NetEvent::Data(_)) && party.bytes() == 12 {
            lp.end(party.stream()).expect("it is open");
        }
    };
    let stream = talk(&lp, (&server, echo), (&client, end_when_complete), &listener)?;
    lp.send(stream, b"hello,")?;
    lp.send(stream, b" world")?;
    lp.run()?;
    for party in [listener, server, client] {
        party.say();
    }
    Ok(())
}

fn close_sends_what_is_queued() -> Outcome {
    const PIECE: usize = 100_000;
    let lp = Loop::new()?;
    let (server, client, listener) =
        (Party::new("server"), Party::new("client"), Party::new("listener"));
    let stream = talk(&lp, (&server, just_note), (&client, just_note), &listener)?;
    for number in 0..30 {
        if number % 10 == 0 {
            lp.write(stream, vec![0; PIECE], |_, result| {
                let sent = result.as_ref().map_or_else(Error::sent, |written| written.bytes());
                println!("write: {}, {sent} bytes", name(&result));
            })?;
        } else {
            lp.send(stream, &[0; PIECE])?;
        }
    }
    lp.net_close(stream)?;
    println!("after the close: {}", name(&lp.send(stream, b"x")));
    lp.run()?;
    server.say();
    Ok(())
}

/// Three writes to a peer that reads (end is a close) or does not.
fn three_writes(what: &str, end: fn(&Loop, Stream) -> Outcome, reads: bool) -> Outcome {
    let lp = Loop::new()?;
    let (server, client, listener) =
        (Party::new("server"), Party::new("stream"), Party::new("listener"));
    let say_end: Reaction = |_, _, event| {
        if let NetEvent::Closed(result) = event {
            println!("  stream: {}", name(result));
        }
    };
    println!("{what}");
    let port = {
        let (taken, hears) = (server.clone(), server.hears(just_note));
        let mut take = take_one(&listener, hears);
        listen(&lp, &listener, move |lp, stream| {
            taken.set(stream);
            take(lp, stream);
        })?
    };
    let stream = connect(&lp, port, &client, say_end)?;
    while !server.has_stream() || client.heard() == 0 {
        lp.run_once()?;
    }
    if !reads {
        lp.pause(server.stream())?;
    }
    for (label, data) in [("first", vec![0; MUCH]), ("second", vec![0]), ("third", vec![0])] {
        lp.write(stream, data, move |_, result| println!("  {label}: {}", name(&result)))?;
    }
    end(&lp, stream)?;
    if !reads {
        lp.clear(server.stream())?;
    }
    lp.run()?;
    if server.bytes() > 0 {
        let all = server.bytes() == MUCH + 2;
        println!("  the peer has {}", if all { "everything" } else { "a part" });
    }
    Ok(())
}

fn events_of_a_close_come_in_order() -> Outcome {
    three_writes("closed", |lp, stream| lp.net_close(stream), true)?;
    three_writes("cancelled", |lp, stream| lp.cancel(stream), false)?;
    three_writes("reset", |lp, stream| lp.net_reset(stream), false)
}

fn full_and_drain_frame_the_queue() -> Outcome {
    const HIGH: u64 = 1000;
    const LOW: u64 = 100;
    let lp = Loop::new()?;
    let (server, client, listener) =
        (Party::new("server"), Party::new("client"), Party::new("listener"));
    let port = {
        let mut take = take_one(&listener, server.hears(just_note));
        let (server, client) = (server.clone(), client.clone());
        listen(&lp, &listener, move |lp, stream| {
            take(lp, stream);
            server.set(stream);
            lp.pause(stream).expect("it is open");
            lp.send(client.stream(), &vec![0; MUCH]).expect("it is open");
        })?
    };
    let peer = server.clone();
    let stream = lp.net().water(HIGH, LOW).connect(HOST, port, |_, _, _| ())?;
    client.set(stream);
    let look = move |lp: &Loop, party: &Party, event: &NetEvent<'_>| {
        let queued = lp.net_queued(party.stream()).unwrap_or(0);
        match event {
            NetEvent::Full => {
                println!("full: {}", if queued > HIGH { "above the mark" } else { "below" });
                lp.resume(peer.stream()).expect("it is open");
            }
            NetEvent::Drain => {
                println!("drain: {}", if queued <= LOW { "below the mark" } else { "above" });
                lp.end(party.stream()).expect("it is open");
            }
            _ => {}
        }
    };
    lp.read_start(stream, client.hears(look))?;
    lp.run()?;
    client.say();
    server.say();
    Ok(())
}

fn ask(half_open: bool, answer: Reaction) -> Outcome {
    let lp = Loop::new()?;
    let (server, client, listener) =
        (Party::new("server"), Party::new("client"), Party::new("listener"));
    let take = take_one(&listener, server.hears(answer));
    lp.net().half_open(half_open).listen(HOST, 0, listener.listens(take))?;
    run_until_heard(&lp, &listener)?;
    let stream = connect(&lp, listener.port(), &client, just_note)?;
    lp.send(stream, b"question")?;
    lp.end(stream)?;
    lp.run()?;
    server.say();
    client.say();
    Ok(())
}

fn half_close_keeps_the_other_direction() -> Outcome {
    ask(true, |lp, party, event| {
        if !matches!(event, NetEvent::End(_)) {
            return;
        }
        let stream = party.stream();
        let answer = move |lp: &Loop| {
            lp.send(stream, b"late answer").expect("it is half open");
            lp.end(stream).expect("it is half open");
            println!("sending after the answer: {}", name(&lp.send(stream, b"x")));
        };
        lp.set_immediate(answer).expect("the loop is open");
    })?;
    ask(false, |lp, party, event| {
        if matches!(event, NetEvent::End(_)) {
            lp.send(party.stream(), b"answer").expect("it is open");
        }
    })
}

/// Hears a piece, and asks for the next.
fn read_on(client: &Party) -> impl FnMut(&Loop, &Party, &NetEvent<'_>) + 'static + use<> {
    let client = client.clone();
    move |lp, party, event| {
        let (what, bytes) = match event {
            NetEvent::Data(bytes) => ("data", bytes),
            NetEvent::End(bytes) => ("end", bytes),
            _ => return,
        };
        println!("{what} of {}: {}", bytes.len(), String::from_utf8_lossy(bytes));
        let (stream, next) = (party.stream(), party.hears(read_on(&client)));
        let asked = match party.bytes() {
            7 => lp.read_once(stream, 2, next),
            9 => lp.read_exact(stream, 1, next),
            10 => lp.read_exact(stream, 100, next),
            _ => Ok(()),
        };
        asked.expect("it is open");
        if party.bytes() == 7 {
            // The rest, and then no more.
            lp.send(client.stream(), b"789abc").expect("it is open");
            lp.end(client.stream()).expect("it is open");
        }
    }
}

fn read_exact_and_once_give_sizes() -> Outcome {
    let lp = Loop::new()?;
    let (server, client, listener) =
        (Party::new("server"), Party::new("client"), Party::new("listener"));
    let port = {
        let (server, client, accepts) = (server.clone(), client.clone(), listener.clone());
        listen(&lp, &listener, move |lp, stream| {
            lp.read_exact(stream, 7, server.hears(read_on(&client))).expect("it is open");
            lp.net_close(accepts.listener()).expect("it is open");
            lp.send(client.stream(), b"3456").expect("it is open"); // the other part
        })?
    };
    let stream = connect(&lp, port, &client, just_note)?;
    lp.send(stream, b"012")?;
    lp.run()?;
    server.say();
    client.say();
    Ok(())
}

fn reset_is_seen_by_the_peer() -> Outcome {
    let lp = Loop::new()?;
    let (server, client, listener) =
        (Party::new("server"), Party::new("client"), Party::new("listener"));
    let reset: Reaction = |lp, party, event| {
        if matches!(event, NetEvent::Data(_)) {
            lp.net_reset(party.stream()).expect("it is open");
        }
    };
    let say_error: Reaction = |_, _, event| {
        if let NetEvent::Closed(Err(error)) = event {
            println!("{}", &error.text()[..14]); // the port is another each time
        }
    };
    let stream = talk(&lp, (&server, reset), (&client, say_error), &listener)?;
    lp.send(stream, b"x")?;
    lp.run()?;
    server.say();
    client.say();
    Ok(())
}

fn say_whether_it_is_there(path: &str) {
    if !path.starts_with('\0') {
        println!("the path: {}", if Path::new(path).exists() { "there" } else { "gone" });
    }
}

fn talk_over(path: &str) -> Outcome {
    let lp = Loop::new()?;
    let (server, client) = (Party::new("server"), Party::new("client"));
    let (listener, second) = (Party::new("listener"), Party::new("second"));
    let mut hears = listener.listens(take_one(&listener, server.hears(just_note)));
    lp.net().listen_unix(path, move |lp, listener, event| {
        if let ListenEvent::Open(address) = &event {
            // An abstract name has this process in it.
            println!("listener: {:.12}", address.to_string());
        }
        hears(lp, listener, event);
    })?;
    run_until_heard(&lp, &listener)?;
    lp.net().listen_unix(path, second.listens(|_, _| ()))?;
    run_until_heard(&lp, &second)?;
    say_whether_it_is_there(path);
    let stream = lp.net().connect_unix(path, client.hears(just_note))?;
    lp.send(stream, b"hello")?;
    lp.net_close(stream)?;
    lp.run()?;
    say_whether_it_is_there(path);
    second.say();
    server.say();
    Ok(())
}

/// Does something in a folder of its own.
pub fn in_a_folder(work: impl FnOnce() -> Outcome) -> Outcome {
    let folder = std::env::temp_dir().join(format!("conformance-{}", std::process::id()));
    std::fs::create_dir(&folder).expect("a folder");
    std::env::set_current_dir(&folder).expect("it is there");
    let outcome = work();
    std::env::set_current_dir("/").expect("it is there");
    std::fs::remove_dir(&folder).expect("it is empty");
    outcome
}

fn unix_paths_and_abstract_names() -> Outcome {
    in_a_folder(|| {
        talk_over("a-path.sock")?;
        talk_over(&format!("\0conformance-{}", std::process::id()))
    })
}

fn errno_name(number: i32) -> &'static str {
    match number {
        libc::ECONNREFUSED => "ECONNREFUSED",
        libc::EADDRINUSE => "EADDRINUSE",
        libc::EADDRNOTAVAIL => "EADDRNOTAVAIL",
        libc::ENOENT => "ENOENT",
        libc::ENAMETOOLONG => "ENAMETOOLONG",
        _ => "unexpected",
    }
}

/// Says how something ended, or that it was refused at once.
fn must_fail<T>(
    lp: &Loop,
    what: &'static str,
    start: impl FnOnce(Told) -> Result<T, Error>,
) -> Outcome {
    let ended = Rc::new(Cell::new(false));
    let told = ended.clone();
    let started = start(Box::new(move |result| {
        if let Err(error) = result {
            let errno = errno_name(error.os_errno().unwrap_or(0));
            let operation = error.text().split(' ').next().unwrap_or("");
            println!("{what}: {}, errno {errno}, \"{operation} ...\"", error.code().name());
        }
        told.set(true);
    }));
    if started.is_err() {
        println!("{what}: {} at once", name(&started));
        return Ok(());
    }
    while !ended.get() {
        lp.run_once()?;
    }
    Ok(())
}

fn connect_errors_have_names() -> Outcome {
    let refused = from_environment("CONFORMANCE_REFUSED");
    let refused = refused.trim_end_matches('/').rsplit(':').next().expect("a port");
    let refused: u16 = refused.parse().expect("a port");
    let (lp, listener) = (Loop::new()?, Party::new("listener"));
    let port = listen(&lp, &listener, |_, _| ())?;
    let connect = |what, host: &'static str, port| {
        must_fail(&lp, what, |told| {
            lp.net().connect(host, port, move |_, _, event| {
                if let NetEvent::Closed(result) = &event {
                    told(result);
                }
            })
        })
    };
    let connect_unix = |what, path: &str| {
        must_fail(&lp, what, |told| {
            lp.net().connect_unix(path, move |_, _, event| {
                if let NetEvent::Closed(result) = &event {
                    told(result);
                }
            })
        })
    };
    let hears = |told: Told| {
        move |_: &Loop, _, event| {
            if let ListenEvent::Closed(result) = &event {
                told(result);
            }
        }
    };
    in_a_folder(|| {
        connect("nobody listens", HOST, refused)?;
        must_fail(&lp, "a port in use", |told| lp.net().listen(HOST, port, hears(told)))?;
        must_fail(&lp, "an address of others", |told| {
            lp.net().listen("192.0.2.1", 0, hears(told))
        })?;
        connect_unix("no such path", "nothing")?;
        must_fail(&lp, "no such folder", |told| lp.net().listen_unix("no/folder", hears(told)))?;
        connect_unix("a path that is too long", &"x".repeat(199))?;
        connect("port 0", HOST, 0)?;
        // A port of a u16 cannot be that: the conversion says so at once.
        assert!(u16::try_from(65536).is_err());
        println!("port 65536: LOOP_EINVAL at once");
        Ok(())
    })?;
    lp.clear(listener.listener())?;
    lp.run()?;
    Ok(())
}

fn cancel_and_deadline_end_it() -> Outcome {
    let lp = Loop::new()?;
    // The system may have made a connection before it was cancelled.
    let listener = Party::new("listener");
    let refuse = |lp: &Loop, stream: Stream| lp.clear(stream).expect("it is there");
    let port = listen(&lp, &listener, refuse)?;
    let (cancelled, cleared) = (Party::new("cancelled"), Party::new("cleared"));
    let first = connect(&lp, port, &cancelled, just_note)?;
    let second = connect(&lp, port, &cleared, just_note)?;
    lp.cancel(first)?;
    lp.clear(second)?;
    run_until_heard(&lp, &cancelled)?;
    println!("connects on their way");
    cancelled.say();
    cleared.say();
    lp.clear(listener.listener())?;

    let (listener, server, client) =
        (Party::new("listener"), Party::new("server"), Party::new("client"));
    let port = {
        let (accepts, server) = (listener.clone(), server.clone());
        // What is accepted has a deadline for its first data.
        listen(&lp, &listener, move |lp, stream| {
            let op = Op::new().deadline(ms(5));
            lp.with(op).read_start(stream, server.hears(just_note)).expect("it is open");
            lp.cancel(accepts.listener()).expect("it is open");
        })?
    };
    connect(&lp, port, &client, just_note)?;
    lp.run()?;
    println!("a deadline for data");
    for party in [listener, server, client] {
        party.say();
    }
    let late = Party::new("late listener");
    lp.with(Op::new().deadline(ms(100))).net().listen(HOST, 0, late.listens(refuse))?;
    lp.run()?;
    late.say();
    Ok(())
}
