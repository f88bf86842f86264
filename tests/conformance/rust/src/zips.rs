// SPDX-License-Identifier: MIT

//! Compression.

use crate::{Outcome, Programs, ms, name, say_status, yes};
use libloop::zip::{Compress, Decompress, Format};
use libloop::{Bytes, Error, Loop, Op, Piece};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

pub const PROGRAMS: Programs = &[
    ("zip_every_format_gives_back_its_input", zip_every_format_gives_back_its_input),
    ("zip_levels_and_dictionaries", zip_levels_and_dictionaries),
    ("zip_errors_have_names", zip_errors_have_names),
    ("zip_cancel_and_deadline_end_it", zip_cancel_and_deadline_end_it),
    ("zip_streams_pass_on_what_they_make", zip_streams_pass_on_what_they_make),
];

const FORMATS: [(Format, &str); 5] = [
    (Format::Gzip, "gzip"),
    (Format::Deflate, "deflate"),
    (Format::DeflateRaw, "deflate_raw"),
    (Format::Zstd, "zstd"),
    (Format::Brotli, "brotli"),
];

fn repeated(n: usize) -> Bytes {
    "one way, the other way, ".repeat(n).into()
}

/// A callback that keeps a result, and where it is kept.
fn keep() -> (Rc<RefCell<Bytes>>, impl FnOnce(&Loop, Result<Bytes, Error>) + 'static) {
    let kept = Rc::new(RefCell::new(Bytes::default()));
    let put = Rc::clone(&kept);
    (kept, move |_: &Loop, result: Result<Bytes, Error>| *put.borrow_mut() = result.unwrap())
}

fn packed(lp: &Loop, how: &Compress, data: &Bytes) -> Result<Bytes, Error> {
    let (kept, done) = keep();
    lp.zip().compress(how, data.clone(), done)?;
    lp.run()?;
    Ok(kept.take())
}

fn unpacked(lp: &Loop, how: &Decompress, data: &Bytes) -> Result<Bytes, Error> {
    let (kept, done) = keep();
    lp.zip().decompress(how, data.clone(), done)?;
    lp.run()?;
    Ok(kept.take())
}

fn zip_every_format_gives_back_its_input() -> Outcome {
    let lp = Loop::new()?;
    let text = repeated(1000);
    for (format, what) in FORMATS {
        let (there, back) = (Compress::new(format), Decompress::new(format));
        let small = packed(&lp, &there, &text)?;
        let same = unpacked(&lp, &back, &small)? == text;
        let empty = packed(&lp, &there, &Bytes::default())?;
        let nothing = unpacked(&lp, &back, &empty)?;
        println!(
            "{what}: smaller {}, same {}, nothing stays nothing {}",
            yes(small.len() < text.len() / 50),
            yes(same),
            yes(!empty.is_empty() && nothing.is_empty()),
        );
    }
    lp.free()
}

fn zip_levels_and_dictionaries() -> Outcome {
    let lp = Loop::new()?;
    let dictionary = "one way, the other way, and a third way";
    let (text, one) = (repeated(50), repeated(1));
    for ((format, what), highest) in FORMATS.into_iter().zip([9, 9, 9, 22, 11]) {
        let best = packed(&lp, &Compress::new(format).level(highest), &text)?;
        let above = Compress::new(format).level(highest + 1);
        let refused = lp.zip().compress(&above, "a", |_, _| ());
        println!("{what}: highest level {}, above it {}", yes(best.len() < 100), name(&refused));
    }
    for (format, what) in &FORMATS[..3] {
        let stored = packed(&lp, &Compress::new(*format).level(0), &text)?;
        println!("{what}: stored {}", yes(stored.len() > text.len()));
    }
    for (format, what) in &FORMATS[1..4] {
        let small = packed(&lp, &Compress::new(*format).dictionary(dictionary), &one)?;
        let back = unpacked(&lp, &Decompress::new(*format).dictionary(dictionary), &small)?;
        println!("{what}: dictionary {}, same {}", yes(small.len() < one.len()), yes(back == one));
    }
    let brotli = Compress::new(Format::Brotli).dictionary("one");
    println!("brotli: dictionary {}", name(&lp.zip().compress(&brotli, "", |_, _| ())));
    lp.free()
}

fn zip_errors_have_names() -> Outcome {
    let lp = Loop::new()?;
    let text = repeated(100);
    let size = text.len() as u64;
    for (format, what) in FORMATS {
        let data = packed(&lp, &Compress::new(format), &text)?;
        let tries: [(&str, Bytes, u64); 5] = [
            ("cut off", data[..data.len() - 3].into(), 0),
            ("nothing", Bytes::default(), 0),
            ("garbage", vec![0xff; 10].into(), 0),
            ("as long as allowed", data.clone(), size),
            ("longer than allowed", data, size - 1),
        ];
        for (tried, data, max_out) in tries {
            let how = Decompress::new(format).max_out(max_out);
            lp.zip().decompress(&how, data, move |_, result| {
                println!("{what} {tried}: {}", name(&result));
            })?;
            lp.run()?;
        }
    }
    let mut gzip = packed(&lp, &Compress::new(Format::Gzip), &text)?.to_vec();
    *gzip.last_mut().unwrap() ^= 1;
    let say_text = |_: &Loop, result: Result<Bytes, Error>| {
        println!("{}", result.unwrap_err().text());
    };
    lp.zip().gunzip(gzip.clone(), say_text)?;
    lp.run()?;
    lp.zip().inflate(gzip, say_text)?;
    lp.run()?;
    lp.free()
}

fn zip_cancel_and_deadline_end_it() -> Outcome {
    let lp = Loop::new()?;
    let mut x = 1_u32;
    let noise: Vec<u8> = (0..1 << 20)
        .map(|_| {
            x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (x >> 24) as u8
        })
        .collect();
    let noise = Bytes::from(noise);
    let slow = Compress::new(Format::Brotli).level(11);
    let waiting = lp.zip().compress(&slow, noise.clone(), say_status("waiting"))?;
    lp.cancel(waiting)?;
    lp.run()?;
    let running = lp.zip().compress(&slow, noise.clone(), say_status("running"))?;
    lp.set_immediate(move |lp| lp.cancel(running).unwrap())?;
    lp.run()?;
    let soon = lp.with(Op::new().deadline(ms(1)));
    soon.zip().compress(&slow, noise.clone(), say_status("late"))?;
    lp.run()?;
    lp.zip().compress(&Compress::new(Format::Brotli).level(1), noise, say_status("good"))?;
    lp.run()?;
    lp.free()
}

fn zip_streams_pass_on_what_they_make() -> Outcome {
    let lp = Loop::new()?;
    let text = repeated(2000);
    for (format, what) in FORMATS {
        let came = Rc::new(RefCell::new(Vec::new()));
        let total = Rc::new(Cell::new(0));
        let (put, end) = (Rc::clone(&came), Rc::clone(&total));
        let how = Decompress::new(format).max_out(text.len() as u64);
        let back = lp.zip().decompress_stream(&how, move |_, piece| match piece.unwrap() {
            Piece::Data(bytes) => put.borrow_mut().extend_from_slice(bytes),
            Piece::End(bytes) => end.set(bytes),
        })?;
        let how = Compress::new(format).level(1);
        let there = lp.zip().compress_stream(&how, move |lp, piece| match piece.unwrap() {
            Piece::Data(bytes) => {
                lp.write(back, bytes, |_, written| assert!(written.is_ok())).unwrap();
            }
            // From its data it may know that it is over.
            Piece::End(_) => drop(lp.end(back)),
        })?;
        lp.write(there, &text[..10_000], |_, written| assert!(written.is_ok()))?;
        lp.write(there, "", move |_, written| {
            if format == Format::Gzip {
                println!("a write of {} bytes is used", written.unwrap().bytes());
            }
        })?;
        lp.run()?;
        println!("{what}: {} bytes after a flush", came.borrow().len());
        lp.write(there, &text[10_000..], |_, written| assert!(written.is_ok()))?;
        lp.end(there)?;
        lp.run()?;
        let (same, counted) = (*came.borrow() == *text, total.get() == text.len() as u64);
        println!("{what}: same {}, counted {}", yes(same), yes(counted));
    }
    let mut say = say_status("garbage");
    let how = Decompress::new(Format::Gzip);
    let back = lp.zip().decompress_stream(&how, move |lp, piece| say(lp, piece.map(|_| ())))?;
    lp.write(back, "no gzip", say_status("its write"))?;
    lp.write(back, "at all", say_status("another"))?;
    lp.run()?;
    println!("later: {}", name(&lp.end(back)));
    lp.free()
}
