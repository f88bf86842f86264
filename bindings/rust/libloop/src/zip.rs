// SPDX-License-Identifier: MIT

//! Compression: gzip, deflate, raw deflate, zstd and brotli, on the loop's workers. See
//! [`Loop::zip`].
//!
//! It is done in pieces, so that other jobs go in between, and a cancel or a deadline ends it in the
//! middle. Memory for the output is taken as it comes into being.
//!
//! * To the closure come [`Code::Eof`] (the data ends too soon), [`Code::Data`] (it is corrupt, or of
//!   another format), [`Code::TooBig`] (more output than allowed), [`Code::NoMemory`],
//!   [`Code::Invalid`] (a zstd dictionary whose tables are broken); also [`Code::Canceled`],
//!   [`Code::TimedOut`] and [`Code::Full`].
//! * At once comes only [`Code::Invalid`] for a level or a dictionary that the format does not have,
//!   and, as with everything, [`Code::Closed`], [`Code::Fork`] and [`Code::NoMemory`].
//! * Data and dictionaries are lent to the library, not copied, and stay alive until it has let go
//!   of them, whatever becomes of the operation and the loop.
//! * Decompressing gzip goes on through all members; a zero byte behind one ends it, anything else
//!   there has to be a member. Deflate, raw deflate and brotli end where their data ends, whatever
//!   follows. Zstd goes on through all frames, and nothing else may follow.

use libloop_sys as sys;

use crate::op::With;
use crate::slab::{Callback, Keep, NewEntry};
use crate::submit::OpParts;
use crate::{Bytes, Code, Compression, Error, Flow, Id, Loop, Op, Piece};

/// A format of compressed data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// RFC 1952, the format of `gzip(1)`. Levels 0 (only stored) to 9; default 6.
    Gzip,
    /// RFC 1950, zlib's. Levels as for gzip. Has dictionaries.
    Deflate,
    /// RFC 1951, without head and checksum. Levels as for gzip. Has dictionaries.
    DeflateRaw,
    /// RFC 8878. Levels 1 to 22; default 3. Has dictionaries.
    Zstd,
    /// RFC 7932. Levels 1 to 11; default 6.
    Brotli,
}

impl Format {
    fn raw(self) -> u32 {
        match self {
            Format::Gzip => sys::LOOP_ZIP_GZIP,
            Format::Deflate => sys::LOOP_ZIP_DEFLATE,
            Format::DeflateRaw => sys::LOOP_ZIP_DEFLATE_RAW,
            Format::Zstd => sys::LOOP_ZIP_ZSTD,
            Format::Brotli => sys::LOOP_ZIP_BROTLI,
        }
    }

    /// The level as the library takes it.
    fn level(self, level: Option<u32>) -> Result<i32, Error> {
        let (lowest, highest) = match self {
            Format::Gzip | Format::Deflate | Format::DeflateRaw => (0, 9),
            Format::Zstd => (1, 22),
            Format::Brotli => (1, 11),
        };
        match level {
            None => Ok(0),
            Some(0) if lowest == 0 => Ok(sys::LOOP_ZIP_STORE),
            Some(level) if (lowest..=highest).contains(&level) => Ok(level as i32),
            Some(level) => Err(Error::new(Code::Invalid, format!("{self:?} level {level}"))),
        }
    }

    fn has_dictionaries(self) -> bool {
        matches!(self, Format::Deflate | Format::DeflateRaw | Format::Zstd)
    }
}

/// How something is compressed: see [`Zip::compress`].
#[derive(Clone, Debug)]
#[must_use = "give it to Zip::compress"]
pub struct Compress {
    format: Format,
    level: Option<u32>,
    dictionary: Bytes,
    max_out: u64,
}

impl Compress {
    /// To a format, with its default level.
    pub fn new(format: Format) -> Compress {
        Compress { format, level: None, dictionary: Bytes::default(), max_out: 0 }
    }

    /// Sets the level: more of it takes more time for less output. See [`Format`] for which there
    /// are.
    pub fn level(mut self, level: u32) -> Compress {
        self.level = Some(level);
        self
    }

    /// Sets what the other side knows already.
    pub fn dictionary(mut self, dictionary: impl Into<Bytes>) -> Compress {
        self.dictionary = dictionary.into();
        self
    }

    /// Bytes of output, beyond which it fails with [`Code::TooBig`]; 0, the default: no limit.
    pub fn max_out(mut self, bytes: u64) -> Compress {
        self.max_out = bytes;
        self
    }
}

/// How something is decompressed: see [`Zip::decompress`].
#[derive(Clone, Debug)]
#[must_use = "give it to Zip::decompress"]
pub struct Decompress {
    format: Format,
    dictionary: Bytes,
    max_out: u64,
}

impl Decompress {
    /// From a format.
    pub fn new(format: Format) -> Decompress {
        Decompress { format, dictionary: Bytes::default(), max_out: 0 }
    }

    /// Sets the dictionary that it was compressed with.
    pub fn dictionary(mut self, dictionary: impl Into<Bytes>) -> Decompress {
        self.dictionary = dictionary.into();
        self
    }

    /// Bytes of output, beyond which it fails with [`Code::TooBig`]; 0, the default: 1 GiB, of a
    /// stream no limit.
    pub fn max_out(mut self, bytes: u64) -> Decompress {
        self.max_out = bytes;
        self
    }
}

/// The compressions of a loop, together with the options of one op: see [`Loop::zip`].
#[derive(Debug)]
#[must_use = "nothing is started yet"]
pub struct Zip<'a> {
    with: With<'a>,
}

impl Loop {
    /// Compression on the workers of this loop. Node: `zlib`.
    ///
    /// # Examples
    ///
    /// ```
    /// use libloop::zip::{Decompress, Format};
    /// use libloop::{Code, Loop};
    ///
    /// let lp = Loop::new()?;
    /// lp.zip().gzip("to be or not to be", |lp, packed| {
    ///     let packed = packed.unwrap();
    ///     lp.zip().gunzip(packed.clone(), |_lp, text| assert_eq!(&*text.unwrap(), b"to be or not to be"))
    ///         .unwrap();
    ///     let little = Decompress::new(Format::Gzip).max_out(5);
    ///     lp.zip().decompress(&little, packed, |_lp, text| {
    ///         assert_eq!(text.unwrap_err().code(), Code::TooBig);
    ///     }).unwrap();
    /// })?;
    /// lp.run()?;
    /// # Ok::<(), libloop::Error>(())
    /// ```
    pub fn zip(&self) -> Zip<'_> {
        self.with(Op::new()).zip()
    }
}

impl<'a> With<'a> {
    /// See [`Loop::zip`].
    pub fn zip(self) -> Zip<'a> {
        Zip { with: self }
    }
}

/// A record, and what it points at: lent to the library until the final event.
struct Lent {
    data: Bytes,
    dictionary: Bytes,
}

impl Zip<'_> {
    /// Compresses.
    ///
    /// # Errors
    ///
    /// See [the module](crate::zip).
    pub fn compress(
        self,
        how: &Compress,
        data: impl Into<Bytes>,
        done: impl FnOnce(&Loop, Result<Bytes, Error>) + 'static,
    ) -> Result<Compression, Error> {
        let record = compress_record(sys::LOOP_ZIP_COMPRESS, how)?;
        self.whole(record, data.into(), how.dictionary.clone(), done)
    }

    /// Decompresses.
    ///
    /// # Errors
    ///
    /// See [the module](crate::zip).
    pub fn decompress(
        self,
        how: &Decompress,
        data: impl Into<Bytes>,
        done: impl FnOnce(&Loop, Result<Bytes, Error>) + 'static,
    ) -> Result<Compression, Error> {
        let record = decompress_record(sys::LOOP_ZIP_DECOMPRESS, how)?;
        self.whole(record, data.into(), how.dictionary.clone(), done)
    }

    /// Compresses as a flow what [`Loop::write`] gives it, until [`Loop::end`]. The output comes in
    /// pieces of at most 256 KiB, and in the end [`Piece::End`] with the number of bytes. An error is
    /// the last call, too. Node: `zlib.createGzip` ...
    ///
    /// Writing no bytes lets out all that was written before. The closure of any write is called
    /// behind the output that it led to.
    ///
    /// # Errors
    ///
    /// See [the module](crate::zip).
    ///
    /// # Examples
    ///
    /// ```
    /// use libloop::zip::{Compress, Format};
    /// use libloop::{Loop, Piece};
    ///
    /// let lp = Loop::new()?;
    /// let mut packed = Vec::new();
    /// let how = Compress::new(Format::Zstd).level(9);
    /// let flow = lp.zip().compress_stream(&how, move |lp, piece| match piece.unwrap() {
    ///     Piece::Data(bytes) => packed.extend_from_slice(bytes),
    ///     Piece::End(bytes) => {
    ///         assert_eq!(bytes, packed.len() as u64);
    ///         lp.zip().zstd_decompress(std::mem::take(&mut packed), |_lp, text| {
    ///             assert_eq!(&*text.unwrap(), b"piece by piece");
    ///         }).unwrap();
    ///     }
    /// })?;
    /// lp.write(flow, "piece by", |_lp, written| assert_eq!(written.unwrap().bytes(), 8))?;
    /// lp.write(flow, " piece", |_lp, written| assert_eq!(written.unwrap().waiting(), 0))?;
    /// lp.end(flow)?;
    /// lp.run()?;
    /// # Ok::<(), libloop::Error>(())
    /// ```
    pub fn compress_stream(
        self,
        how: &Compress,
        callback: impl FnMut(&Loop, Result<Piece<'_>, Error>) + 'static,
    ) -> Result<Flow, Error> {
        let record = compress_record(sys::LOOP_ZIP_COMPRESS_STREAM, how)?;
        self.stream(record, how.dictionary.clone(), callback)
    }

    /// Decompresses as a flow, as [`compress_stream`](Zip::compress_stream) compresses. Deflate and
    /// raw deflate end with their data; the others when there is no more input. Node:
    /// `zlib.createGunzip` ...
    ///
    /// # Errors
    ///
    /// See [the module](crate::zip).
    pub fn decompress_stream(
        self,
        how: &Decompress,
        callback: impl FnMut(&Loop, Result<Piece<'_>, Error>) + 'static,
    ) -> Result<Flow, Error> {
        let record = decompress_record(sys::LOOP_ZIP_DECOMPRESS_STREAM, how)?;
        self.stream(record, how.dictionary.clone(), callback)
    }

    fn whole(
        self,
        record: sys::loop_zip_t,
        data: Bytes,
        dictionary: Bytes,
        done: impl FnOnce(&Loop, Result<Bytes, Error>) + 'static,
    ) -> Result<Compression, Error> {
        let done = Callback::Once(Box::new(move |lp, event| {
            drop(event.take_kept());
            done(lp, event.result().map(|()| Bytes::retain(event)));
        }));
        self.submit(record, Lent { data, dictionary }, done).map(Compression)
    }

    fn stream(
        self,
        record: sys::loop_zip_t,
        dictionary: Bytes,
        mut callback: impl FnMut(&Loop, Result<Piece<'_>, Error>) + 'static,
    ) -> Result<Flow, Error> {
        let callback = Callback::Many(Box::new(move |lp, event| {
            callback(lp, event.result().map(|()| Piece::of(event)));
        }));
        self.submit(record, Lent { data: Bytes::default(), dictionary }, callback).map(Flow)
    }

    fn submit(
        mut self,
        record: sys::loop_zip_t,
        lent: Lent,
        callback: Callback,
    ) -> Result<Id, Error> {
        // Neither moves with `lent`: what they refer to is behind an `Arc`.
        let record = Box::new(sys::loop_zip_t {
            size: size_of::<sys::loop_zip_t>() as u32,
            flags: sys::LOOP_ZIP_BORROW,
            dictionary: lent.dictionary.as_ptr().cast(),
            dictionary_len: u32::try_from(lent.dictionary.len())
                .map_err(|_| Error::new(Code::Invalid, "dictionary"))?,
            data: lent.data.as_ptr().cast(),
            len: lent.data.len() as u64,
            ..record
        });
        let new = NewEntry {
            code: sys::LOOP_OP_ZIP as u16,
            callback,
            extra: self.with.op.extra(),
            keep: Keep::Lent(Box::new(lent)),
            delay_ns: -1,
            plain: false,
            referenced: self.with.op.referenced,
        };
        let parts = OpParts {
            data: std::ptr::from_ref(&*record).cast(),
            timeout_ns: self.with.op.timeout_ns,
            label: self.with.op.label,
            owned: Some(record),
            ..OpParts::default()
        };
        self.with.lp.register(new, parts)
    }
}

/// The part of a record that says what is wanted.
fn compress_record(what: u32, how: &Compress) -> Result<sys::loop_zip_t, Error> {
    let level = how.format.level(how.level)?;
    let record = plain_record(what, how.format, &how.dictionary, how.max_out)?;
    Ok(sys::loop_zip_t { level, ..record })
}

fn decompress_record(what: u32, how: &Decompress) -> Result<sys::loop_zip_t, Error> {
    plain_record(what, how.format, &how.dictionary, how.max_out)
}

fn plain_record(
    what: u32,
    format: Format,
    dictionary: &Bytes,
    max_out: u64,
) -> Result<sys::loop_zip_t, Error> {
    if !dictionary.is_empty() && !format.has_dictionaries() {
        return Err(Error::new(Code::Invalid, format!("{format:?} with a dictionary")));
    }
    Ok(sys::loop_zip_t { what, format: format.raw(), max_out, ..Default::default() })
}

/// Writes the calls with defaults.
macro_rules! shorthands {
    ($($(#[$doc:meta])* $name:ident = $method:ident($how:ident, $format:ident);)*) => {
        impl Zip<'_> {$(
            $(#[$doc])*
            ///
            /// # Errors
            ///
            /// See [the module](crate::zip).
            pub fn $name(
                self,
                data: impl Into<Bytes>,
                done: impl FnOnce(&Loop, Result<Bytes, Error>) + 'static,
            ) -> Result<Compression, Error> {
                self.$method(&$how::new(Format::$format), data, done)
            }
        )*}
    };
}

shorthands! {
    /// Compresses to gzip with the default level. Node: `zlib.gzip`.
    gzip = compress(Compress, Gzip);
    /// Decompresses gzip. Node: `zlib.gunzip`.
    gunzip = decompress(Decompress, Gzip);
    /// Compresses to deflate with the default level. Node: `zlib.deflate`.
    deflate = compress(Compress, Deflate);
    /// Decompresses deflate. Node: `zlib.inflate`.
    inflate = decompress(Decompress, Deflate);
    /// Compresses to raw deflate with the default level. Node: `zlib.deflateRaw`.
    deflate_raw = compress(Compress, DeflateRaw);
    /// Decompresses raw deflate. Node: `zlib.inflateRaw`.
    inflate_raw = decompress(Decompress, DeflateRaw);
    /// Compresses to zstd with the default level. Node: `zlib.zstdCompress`.
    zstd_compress = compress(Compress, Zstd);
    /// Decompresses zstd. Node: `zlib.zstdDecompress`.
    zstd_decompress = decompress(Decompress, Zstd);
    /// Compresses to brotli with the default level. Node: `zlib.brotliCompress`.
    brotli_compress = compress(Compress, Brotli);
    /// Decompresses brotli. Node: `zlib.brotliDecompress`.
    brotli_decompress = decompress(Decompress, Brotli);
}
