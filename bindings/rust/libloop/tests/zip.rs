// SPDX-License-Identifier: MIT

//! Compression: round trips, streams, errors, and how it ends.

mod common;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use common::{Drops, ms};
use libloop::zip::{Compress, Decompress, Format, Zip};
use libloop::{Bytes, Code, Compression, Error, Loop, Op, Piece};

const ALL: [Format; 5] =
    [Format::Gzip, Format::Deflate, Format::DeflateRaw, Format::Zstd, Format::Brotli];

const TEXT: &str = "a text that is longer than its parts are, a text that is longer than its parts";

type Done = Box<dyn FnOnce(&Loop, Result<Bytes, Error>)>;

/// Starts something, runs the loop, and gives what the one closure got.
fn wait(
    lp: &Loop,
    start: impl FnOnce(Zip<'_>, Done) -> Result<Compression, Error>,
) -> Result<Bytes, Error> {
    let got = Rc::new(RefCell::new(None));
    let put = Rc::clone(&got);
    let done = move |_: &Loop, result| assert!(put.borrow_mut().replace(result).is_none());
    start(lp.zip(), Box::new(done)).unwrap();
    lp.run().unwrap();
    got.take().expect("the closure was called")
}

fn pack(lp: &Loop, how: &Compress, data: impl Into<Bytes>) -> Bytes {
    wait(lp, |zip, done| zip.compress(how, data, done)).unwrap()
}

fn unpack(lp: &Loop, how: &Decompress, data: impl Into<Bytes>) -> Result<Bytes, Error> {
    wait(lp, |zip, done| zip.decompress(how, data, done))
}

/// Bytes that hardly compress.
fn noise(len: u32) -> Vec<u8> {
    let mut x = 1_u32;
    (0..len)
        .map(|_| {
            x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (x >> 24) as u8
        })
        .collect()
}

#[test]
fn every_format_gives_back_what_it_was_given() {
    let lp = Loop::new().unwrap();
    for format in ALL {
        for data in [vec![], vec![7], TEXT.into(), noise(300_000), vec![0; 3 << 20]] {
            let packed = pack(&lp, &Compress::new(format).level(1), data.clone());
            let back = unpack(&lp, &Decompress::new(format), packed).unwrap();
            assert!(*back == *data, "{format:?}, {} bytes", data.len());
        }
    }
}

#[test]
fn the_short_names_are_the_formats_with_their_defaults() {
    let lp = Loop::new().unwrap();
    type Call = fn(Zip<'_>, Bytes, Done) -> Result<Compression, Error>;
    let calls: [(Format, Call, Call); 5] = [
        (
            Format::Gzip,
            |zip, data, done| zip.gzip(data, done),
            |zip, data, done| zip.gunzip(data, done),
        ),
        (
            Format::Deflate,
            |zip, data, done| zip.deflate(data, done),
            |zip, data, done| zip.inflate(data, done),
        ),
        (
            Format::DeflateRaw,
            |zip, data, done| zip.deflate_raw(data, done),
            |zip, data, done| zip.inflate_raw(data, done),
        ),
        (
            Format::Zstd,
            |zip, data, done| zip.zstd_compress(data, done),
            |zip, data, done| zip.zstd_decompress(data, done),
        ),
        (
            Format::Brotli,
            |zip, data, done| zip.brotli_compress(data, done),
            |zip, data, done| zip.brotli_decompress(data, done),
        ),
    ];
    for (format, there, back) in calls {
        let packed = wait(&lp, |zip, done| there(zip, TEXT.into(), done)).unwrap();
        assert_eq!(packed, pack(&lp, &Compress::new(format), TEXT));
        let text = wait(&lp, |zip, done| back(zip, packed, done)).unwrap();
        assert_eq!(&*text, TEXT.as_bytes());
    }
}

#[test]
fn level_0_stores() {
    let lp = Loop::new().unwrap();
    let long = TEXT.repeat(100);
    for format in [Format::Gzip, Format::Deflate, Format::DeflateRaw] {
        let stored = pack(&lp, &Compress::new(format).level(0), long.clone());
        assert!(stored.len() > long.len() && stored.len() < long.len() + 100);
        assert!(pack(&lp, &Compress::new(format), long.clone()).len() < 300);
    }
}

#[test]
fn a_dictionary_is_given_on_both_sides() {
    let lp = Loop::new().unwrap();
    for format in [Format::Deflate, Format::DeflateRaw, Format::Zstd] {
        let packed = pack(&lp, &Compress::new(format).dictionary(TEXT), &TEXT[..60]);
        assert!(packed.len() < 30, "{format:?}: {} bytes", packed.len());
        let back = unpack(&lp, &Decompress::new(format).dictionary(TEXT), packed).unwrap();
        assert_eq!(&*back, &TEXT.as_bytes()[..60]);
    }
    let packed = pack(&lp, &Compress::new(Format::Deflate).dictionary(TEXT), TEXT);
    let error = unpack(&lp, &Decompress::new(Format::Deflate), packed).unwrap_err();
    assert_eq!((error.code(), error.text()), (Code::Data, "inflate: dictionary"));
}

#[test]
fn bad_data_is_an_error_with_a_name() {
    let lp = Loop::new().unwrap();
    for format in ALL {
        let how = Decompress::new(format);
        let packed = pack(&lp, &Compress::new(format), noise(1000));
        let error = unpack(&lp, &how, &packed[..packed.len() - 5]).unwrap_err();
        assert_eq!(error.code(), Code::Eof, "{format:?}");
        assert_eq!(unpack(&lp, &how, "").unwrap_err().code(), Code::Eof);
        let error = unpack(&lp, &how, vec![0xff; 40]).unwrap_err();
        assert_eq!(error.code(), Code::Data, "{format:?}");
        assert_eq!(std::io::Error::from(error).kind(), std::io::ErrorKind::InvalidData);
    }
}

#[test]
fn output_has_a_limit() {
    let lp = Loop::new().unwrap();
    for format in ALL {
        let packed = pack(&lp, &Compress::new(format), vec![0; 100_000]);
        let how = |most| Decompress::new(format).max_out(most);
        assert_eq!(unpack(&lp, &how(100_000), packed.clone()).unwrap().len(), 100_000);
        assert_eq!(unpack(&lp, &how(99_999), packed).unwrap_err().code(), Code::TooBig);
        let little = Compress::new(format).max_out(100);
        let error = wait(&lp, |zip, done| zip.compress(&little, noise(1000), done)).unwrap_err();
        assert_eq!(error.code(), Code::TooBig);
    }
}

#[test]
fn levels_and_dictionaries_that_a_format_lacks_are_refused_at_the_call() {
    let lp = Loop::new().unwrap();
    let bad = [
        Compress::new(Format::Gzip).level(10),
        Compress::new(Format::Deflate).level(u32::MAX),
        Compress::new(Format::Zstd).level(0),
        Compress::new(Format::Zstd).level(23),
        Compress::new(Format::Brotli).level(0),
        Compress::new(Format::Brotli).level(12),
        Compress::new(Format::Gzip).dictionary(TEXT),
        Compress::new(Format::Brotli).dictionary(TEXT),
    ];
    for how in bad {
        let error = lp.zip().compress(&how, TEXT, |_, _| unreachable!()).unwrap_err();
        assert_eq!(error.code(), Code::Invalid, "{how:?}");
        let error = lp.zip().compress_stream(&how, |_, _| unreachable!()).unwrap_err();
        assert_eq!(error.code(), Code::Invalid, "{how:?}");
    }
    let how = Decompress::new(Format::Gzip).dictionary(TEXT);
    let error = lp.zip().decompress(&how, TEXT, |_, _| unreachable!()).unwrap_err();
    assert_eq!(error.code(), Code::Invalid);
    assert_eq!(lp.alive(), Ok(0));
    lp.run().unwrap();
}

#[test]
fn streams_pass_on_what_they_make_and_end_in_order() {
    let lp = Loop::new().unwrap();
    let data = noise(1 << 20);
    for format in ALL {
        let back = Rc::new(RefCell::new(Vec::new()));
        let ended = Rc::new(Cell::new(0));
        let (into, end) = (Rc::clone(&back), Rc::clone(&ended));
        let unpacking = lp
            .zip()
            .decompress_stream(&Decompress::new(format), move |_, piece| match piece.unwrap() {
                Piece::Data(bytes) => {
                    assert!(bytes.len() <= 256 << 10);
                    into.borrow_mut().extend_from_slice(bytes);
                }
                Piece::End(bytes) => end.set(bytes),
            })
            .unwrap();
        let packing = lp
            .zip()
            .compress_stream(&Compress::new(format).level(1), move |lp, piece| {
                match piece.unwrap() {
                    Piece::Data(bytes) => {
                        lp.write(unpacking, bytes, |_, written| assert!(written.is_ok())).unwrap();
                    }
                    // The other may know from its data that it is over.
                    Piece::End(_) => drop(lp.end(unpacking)),
                }
            })
            .unwrap();
        for part in data.chunks(100_000) {
            lp.write(packing, part, |_, written| assert!(written.is_ok())).unwrap();
        }
        lp.end(packing).unwrap();
        lp.run().unwrap();
        assert!(*back.borrow() == data, "{format:?}: {} bytes", back.borrow().len());
        assert_eq!(ended.get(), 1 << 20);
    }
}

#[test]
fn writing_nothing_lets_out_what_was_written() {
    let lp = Loop::new().unwrap();
    let length = Rc::new(Cell::new(0));
    let add = Rc::clone(&length);
    let flow = lp
        .zip()
        .compress_stream(&Compress::new(Format::Gzip), move |_, piece| {
            if let Piece::Data(bytes) = piece.unwrap() {
                add.set(add.get() + bytes.len());
            }
        })
        .unwrap();
    for _ in 0..3 {
        let before = length.get();
        let seen = Rc::clone(&length);
        lp.write(flow, TEXT, |_, _| ()).unwrap();
        lp.write(flow, "", move |_, _| assert!(seen.get() > before)).unwrap();
        lp.run().unwrap();
        assert!(length.get() > before);
    }
    lp.clear(flow).unwrap();
    lp.run().unwrap();
}

#[test]
fn a_stream_that_goes_wrong_ends_with_its_error() {
    let lp = Loop::new().unwrap();
    let calls = Rc::new(Cell::new(0));
    let count = Rc::clone(&calls);
    let flow = lp
        .zip()
        .decompress_stream(&Decompress::new(Format::Zstd), move |_, piece| {
            assert_eq!(piece.unwrap_err().code(), Code::Data);
            count.set(count.get() + 1);
        })
        .unwrap();
    lp.write(flow, "this is no zstd", |_, _| ()).unwrap();
    lp.run().unwrap();
    assert_eq!(calls.get(), 1);
    assert_eq!(lp.end(flow).unwrap_err().code(), Code::BadId);
}

#[test]
fn a_cancel_and_a_deadline_end_it() {
    let lp = Loop::new().unwrap();
    let finals = Rc::new(RefCell::new(Vec::new()));
    let slow = Compress::new(Format::Brotli).level(11);
    let big = Bytes::from(noise(2 << 20));
    let op = |finals: &Rc<RefCell<Vec<Code>>>| {
        let finals = Rc::clone(finals);
        Op::new().on_final(move |_, end| finals.borrow_mut().push(end.unwrap_err().code()))
    };
    let cancelled = lp
        .with(op(&finals))
        .zip()
        .compress(&slow, big.clone(), |_, end| assert_eq!(end.unwrap_err().code(), Code::Canceled))
        .unwrap();
    lp.with(op(&finals).deadline(ms(1)))
        .zip()
        .compress(&slow, big, |_, end| assert_eq!(end.unwrap_err().code(), Code::TimedOut))
        .unwrap();
    lp.set_immediate(move |lp| lp.cancel(cancelled).unwrap()).unwrap();
    lp.run().unwrap();
    lp.free().unwrap();
    finals.borrow_mut().sort_by_key(|code| -code.raw());
    assert_eq!(*finals.borrow(), [Code::Canceled, Code::TimedOut]);
}

#[test]
fn what_is_lent_and_the_closure_are_dropped_once() {
    let drops = Drops::default();
    for run in [true, false] {
        let lp = Loop::new().unwrap();
        let token = drops.token();
        lp.zip().gzip(noise(1 << 20), move |_, _| token.touch()).unwrap();
        if run {
            lp.run().unwrap();
        }
        drop(lp);
    }
    assert_eq!(drops.count(), 2);
}
