// SPDX-License-Identifier: MIT

//! Files piece by piece.

use crate::files::{Work, say_value};
use crate::{Outcome, Programs, name};
use libloop::fs::{ReadOptions, WriteOptions};
use libloop::{Error, Loop, Piece, Written};
use std::cell::Cell;
use std::rc::Rc;

pub const PROGRAMS: Programs = &[("fs_streams_give_and_take_pieces", streams_give_and_take_pieces)];

fn streams_give_and_take_pieces() -> Outcome {
    fn say_used(what: &'static str) -> impl FnOnce(&Loop, Result<Written, Error>) + 'static {
        move |_, written| {
            let status = name(&written);
            println!("{what}: {status}, {} bytes", written.map_or(0, Written::bytes));
        }
    }
    fn say_piece(what: &'static str) -> impl FnMut(&Loop, Result<Piece<'_>, Error>) + 'static {
        move |lp, piece| match piece {
            Ok(Piece::Data(data)) => println!("{what}: {:?}", String::from_utf8_lossy(data)),
            Ok(Piece::End(_)) => println!("{what}: end"),
            Err(error) => say_value::<()>(what)(lp, Err(error)),
        }
    }
    let w = Work::begin()?;
    let flow = |options: &WriteOptions, what| {
        w.lp.fs().write_stream("file", options, say_value::<u64>(what))
    };
    let run = || w.lp.run();
    let new = WriteOptions::new;
    let id = flow(&new(), "written")?;
    w.lp.write(id, "hello", say_used("first"))?;
    run()?;
    w.lp.write(id, ", world", say_used("second"))?;
    w.lp.write(id, "", say_used("nothing"))?;
    w.lp.end(id)?;
    run()?;
    let id = flow(&new().append(true), "appended")?;
    w.lp.write(id, "!", say_used("third"))?;
    w.lp.end(id)?;
    w.lp.write(id, "late", say_used("after the end"))?;
    run()?;
    w.lp.end(flow(&new().create_new(true), "exclusive")?)?;
    run()?;
    let all = ReadOptions::new;
    w.run(|fs| fs.read_stream("file", &all().piece(4), say_piece("by four")))?;
    w.run(|fs| fs.read_stream("file", &all().start(7).len(5), say_piece("a part")))?;
    w.run(|fs| fs.read_stream("missing", &all(), say_piece("missing")))?;
    let (id, over) = (Rc::new(Cell::new(None)), Rc::new(Cell::new(false)));
    let (this, end) = (Rc::clone(&id), Rc::clone(&over));
    let pause = move |lp: &Loop, piece: Result<Piece<'_>, Error>| match piece.unwrap() {
        Piece::Data(_) => lp.pause(this.get().unwrap()).unwrap(),
        Piece::End(_) => end.set(true),
    };
    let stream = w.lp.fs().read_stream("file", &all().piece(1), pause)?;
    id.set(Some(stream));
    run()?;
    let text = || if over.get() { "over" } else { "not over" };
    println!("paused: {}", text());
    for _ in 0..13 {
        if !over.get() {
            w.lp.resume(stream)?;
            run()?;
        }
    }
    println!("resumed: {}", text());
    let id = flow(&new().atomic(true), "atomic")?;
    w.lp.write(id, "new", say_used("fourth"))?;
    run()?;
    w.run(|fs| fs.read_file("file", say_value("before the end")))?;
    w.lp.end(id)?;
    run()?;
    w.run(|fs| fs.read_file("file", say_value("after it")))?;
    w.end()
}
