// SPDX-License-Identifier: MIT

//! Errors: a named code, the errno behind it, and what it happened to.

use std::any::Any;
use std::convert::Infallible;
use std::ffi::CStr;
use std::fmt;
use std::io;

use libloop_sys as sys;

use crate::dns::Reason;

/// Writes the enum and both directions of its mapping from one list, so that they cannot differ.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $raw:ident, $kind:ident;)*) => {
        /// What went wrong, with the numbers of `LOOP_E*` in the C header.
        #[non_exhaustive]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(i32)]
        pub enum Code {
            $($(#[$doc])* $name = sys::$raw,)*
        }

        impl Code {
            /// Every code, in the order of the header.
            pub const ALL: &'static [Code] = &[$(Code::$name),*];

            /// The code with this number; [`Code::System`] for a number without a name.
            #[must_use]
            pub fn from_raw(raw: i64) -> Code {
                match i32::try_from(raw) {
                    $(Ok(sys::$raw) => Code::$name,)*
                    _ => Code::System,
                }
            }

            /// The [`io::ErrorKind`] that comes closest.
            #[must_use]
            pub fn kind(self) -> io::ErrorKind {
                match self {
                    $(Code::$name => io::ErrorKind::$kind,)*
                }
            }
        }
    };
}

codes! {
    /// An argument is unknown or out of range.
    Invalid = LOOP_EINVAL, InvalidInput;
    /// The id is stale, or another loop's.
    BadId = LOOP_EBADID, NotFound;
    /// The loop is closed.
    Closed = LOOP_ECLOSED, NotConnected;
    /// Another thread owns the loop.
    WrongThread = LOOP_EWRONGTHREAD, Other;
    /// A run inside a callback of the same loop.
    Nested = LOOP_ENESTED, Other;
    /// A forked child cannot use the library.
    Fork = LOOP_EFORK, Unsupported;
    /// A bug inside the library ended the loop.
    Panic = LOOP_EPANIC, Other;
    /// Out of memory.
    NoMemory = LOOP_ENOMEM, OutOfMemory;
    /// A bounded queue is full.
    Full = LOOP_EFULL, WouldBlock;
    /// Still in use.
    Busy = LOOP_EBUSY, ResourceBusy;
    /// Canceled.
    Canceled = LOOP_ECANCELED, Other;
    /// Its deadline passed.
    TimedOut = LOOP_ETIMEDOUT, TimedOut;
    /// This backend or platform cannot.
    NotSupported = LOOP_ENOTSUP, Unsupported;
    /// Exists already.
    Exists = LOOP_EEXIST, AlreadyExists;
    /// Not permitted, or a file that readiness has no meaning for.
    NotPermitted = LOOP_EPERM, PermissionDenied;
    /// Ended before it was complete.
    Eof = LOOP_EOF, UnexpectedEof;
    /// Larger than its limit.
    TooBig = LOOP_ETOOBIG, InvalidData;
    /// The value is of another kind.
    Type = LOOP_ETYPE, InvalidData;
    /// A job panicked, or failed with a code without a name.
    Job = LOOP_EJOB, Other;
    /// The peer does not speak HTTP as it should.
    Http = LOOP_EHTTP, InvalidData;
    /// The name does not resolve.
    Dns = LOOP_EDNS, NotFound;
    /// No trusted TLS connection.
    Tls = LOOP_ETLS, PermissionDenied;
    /// More redirects than allowed.
    Redirect = LOOP_EREDIRECT, InvalidData;
    /// Authentication failed: a wrong key or tag, or garbled data.
    Auth = LOOP_EAUTH, InvalidData;
    /// The data is corrupt, or of another format.
    Data = LOOP_EDATA, InvalidData;
    /// Another system error; see [`Error::os_errno`].
    System = LOOP_ESYS, Other;
    /// `ENOENT`
    NotFound = LOOP_ENOENT, NotFound;
    /// `EACCES`
    AccessDenied = LOOP_EACCES, PermissionDenied;
    /// `EBADF`
    BadDescriptor = LOOP_EBADF, InvalidInput;
    /// `EIO`
    Io = LOOP_EIO, Other;
    /// `EMFILE`
    TooManyFiles = LOOP_EMFILE, Other;
    /// `ENFILE`
    TooManyFilesInSystem = LOOP_ENFILE, Other;
    /// `EAGAIN`
    Again = LOOP_EAGAIN, WouldBlock;
    /// `EINTR`
    Interrupted = LOOP_EINTR, Interrupted;
    /// `ENOSPC`
    NoSpace = LOOP_ENOSPC, StorageFull;
    /// `EPIPE`
    BrokenPipe = LOOP_EPIPE, BrokenPipe;
    /// `ECONNREFUSED`
    ConnectionRefused = LOOP_ECONNREFUSED, ConnectionRefused;
    /// `ECONNRESET`
    ConnectionReset = LOOP_ECONNRESET, ConnectionReset;
    /// `ECONNABORTED`
    ConnectionAborted = LOOP_ECONNABORTED, ConnectionAborted;
    /// `EHOSTUNREACH`
    HostUnreachable = LOOP_EHOSTUNREACH, HostUnreachable;
    /// `ENETUNREACH`
    NetworkUnreachable = LOOP_ENETUNREACH, NetworkUnreachable;
    /// `EADDRINUSE`
    AddressInUse = LOOP_EADDRINUSE, AddrInUse;
    /// `EADDRNOTAVAIL`
    AddressNotAvailable = LOOP_EADDRNOTAVAIL, AddrNotAvailable;
    /// `ENOTCONN`
    NotConnected = LOOP_ENOTCONN, NotConnected;
    /// `EISDIR`
    IsDirectory = LOOP_EISDIR, IsADirectory;
    /// `ENOTDIR`
    NotDirectory = LOOP_ENOTDIR, NotADirectory;
    /// `ENOTEMPTY`
    NotEmpty = LOOP_ENOTEMPTY, DirectoryNotEmpty;
    /// `ENAMETOOLONG`
    NameTooLong = LOOP_ENAMETOOLONG, InvalidInput;
    /// `ELOOP`
    TooManyLinks = LOOP_ELOOP, Other;
    /// `EROFS`
    ReadOnly = LOOP_EROFS, ReadOnlyFilesystem;
    /// `EXDEV`
    CrossesDevices = LOOP_EXDEV, CrossesDevices;
    /// `ENOBUFS`
    NoBuffers = LOOP_ENOBUFS, OutOfMemory;
    /// `EDQUOT`
    QuotaExceeded = LOOP_EDQUOT, QuotaExceeded;
    /// `EFBIG`
    FileTooLarge = LOOP_EFBIG, FileTooLarge;
    /// `ETXTBSY`
    ExecutableBusy = LOOP_ETXTBSY, ExecutableFileBusy;
    /// `EMLINK`
    TooManyNames = LOOP_EMLINK, TooManyLinks;
    /// `ENXIO`
    NoDeviceOrAddress = LOOP_ENXIO, Other;
    /// `ESPIPE`
    NotSeekable = LOOP_ESPIPE, NotSeekable;
    /// `ENODEV`
    NoDevice = LOOP_ENODEV, Other;
    /// `ESTALE`
    StaleHandle = LOOP_ESTALE, StaleNetworkFileHandle;
}

impl Code {
    /// The number, as in `loop.h`.
    #[must_use]
    pub fn raw(self) -> i32 {
        self as i32
    }

    /// The name in `loop.h`: `"LOOP_EINVAL"`.
    #[must_use]
    pub fn name(self) -> &'static str {
        // SAFETY: takes any number, returns static text that ends with a NUL.
        static_text(unsafe { CStr::from_ptr(sys::loop_err_name(i64::from(self.raw()))) })
    }

    /// A sentence that says what it means.
    #[must_use]
    pub fn message(self) -> &'static str {
        // SAFETY: takes any number, returns static text that ends with a NUL.
        static_text(unsafe { CStr::from_ptr(sys::loop_strerror(i64::from(self.raw()))) })
    }

    /// The code for an errno; [`Code::System`] for one without a name here.
    #[must_use]
    pub fn from_errno(os_errno: i32) -> Code {
        // SAFETY: a pure function of any number.
        Code::from_raw(unsafe { sys::loop_err_from_errno(os_errno) })
    }
}

fn static_text(text: &'static CStr) -> &'static str {
    text.to_str().unwrap_or("unknown error")
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

/// An error of the loop, of something it did, or of a job.
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    code: Code,
    os_errno: i32,
    sent: u32,
    text: Box<str>,
}

impl Error {
    /// An error with a code and a text ("operation subject", or whatever a job wants to say).
    #[must_use]
    pub fn new(code: Code, text: impl Into<Box<str>>) -> Error {
        Error { code, os_errno: 0, sent: 0, text: text.into() }
    }

    pub(crate) fn from_parts(code: Code, os_errno: i32, text: Box<str>) -> Error {
        Error { code, os_errno, sent: 0, text }
    }

    /// Of a write to a stream that failed: how many of its bytes the system had taken by then.
    #[must_use]
    pub fn sent(&self) -> usize {
        self.sent as usize
    }

    pub(crate) fn with_sent(mut self, sent: u32) -> Error {
        self.sent = sent;
        self
    }

    /// What went wrong.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// The system's number behind the code, if there is one.
    #[must_use]
    pub fn os_errno(&self) -> Option<i32> {
        (self.os_errno != 0 && self.code != Code::Dns).then_some(self.os_errno)
    }

    /// Why a question about a name has no answer, of [`Code::Dns`] from [`Loop::dns`](crate::Loop::dns).
    #[must_use]
    pub fn dns_reason(&self) -> Option<Reason> {
        // The event's aux, where other errors have an errno.
        u32::try_from(self.os_errno)
            .ok()
            .filter(|_| self.code == Code::Dns)
            .and_then(Reason::from_raw)
    }

    /// What it happened to: "operation subject", or the text of a job. May be empty.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The error of a job whose closure panicked with `payload`.
    pub(crate) fn from_panic(payload: &(dyn Any + Send)) -> Error {
        let text = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("a value that is not text");
        Error::new(Code::Job, format!("job panicked: {text}"))
    }
}

/// Turns what a C call returned into a result.
pub(crate) fn check(rc: i64) -> Result<i64, Error> {
    if rc < 0 { Err(Code::from_raw(rc).into()) } else { Ok(rc) }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Error");
        out.field("code", &self.code);
        if let Some(os_errno) = self.os_errno() {
            out.field("os_errno", &os_errno);
        }
        if let Some(reason) = self.dns_reason() {
            out.field("dns_reason", &reason);
        }
        out.field("text", &self.text).finish()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.text.is_empty() {
            write!(f, "{}: ", self.text)?;
        }
        match (self.code, self.os_errno()) {
            (Code::System, Some(os_errno)) => io::Error::from_raw_os_error(os_errno).fmt(f),
            _ => self.code.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<Code> for Error {
    fn from(code: Code) -> Error {
        Error::new(code, "")
    }
}

/// A failed job with a text of its own: code [`Code::Job`].
impl From<&str> for Error {
    fn from(text: &str) -> Error {
        Error::new(Code::Job, text)
    }
}

/// A failed job with a text of its own: code [`Code::Job`].
impl From<String> for Error {
    fn from(text: String) -> Error {
        Error::new(Code::Job, text)
    }
}

/// Keeps an [`io::Error`] or [`Error`] inside the box, else code [`Code::Job`] and the text.
impl From<Box<dyn std::error::Error + Send + Sync>> for Error {
    fn from(error: Box<dyn std::error::Error + Send + Sync>) -> Error {
        match error.downcast::<Error>() {
            Ok(own) => *own,
            Err(other) => match other.downcast::<io::Error>() {
                Ok(io) => (*io).into(),
                Err(other) => Error::new(Code::Job, other.to_string()),
            },
        }
    }
}

impl From<Infallible> for Error {
    fn from(never: Infallible) -> Error {
        match never {}
    }
}

/// Keeps the errno; an [`Error`] that was made into an [`io::Error`] comes back as it was.
impl From<io::Error> for Error {
    fn from(error: io::Error) -> Error {
        if let Some(os_errno) = error.raw_os_error() {
            return Error::from_parts(Code::from_errno(os_errno), os_errno, "".into());
        }
        if let Some(own) = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
            return own.clone();
        }
        let code = match error.kind() {
            io::ErrorKind::NotFound => Code::NotFound,
            io::ErrorKind::PermissionDenied => Code::AccessDenied,
            io::ErrorKind::UnexpectedEof => Code::Eof,
            io::ErrorKind::TimedOut => Code::TimedOut,
            io::ErrorKind::WouldBlock => Code::Again,
            io::ErrorKind::Interrupted => Code::Interrupted,
            io::ErrorKind::InvalidInput => Code::Invalid,
            io::ErrorKind::BrokenPipe => Code::BrokenPipe,
            _ => Code::Job,
        };
        Error::new(code, error.to_string())
    }
}

/// With an errno: the system's error, so that `raw_os_error` works. Else the kind of the code, with
/// the [`Error`] inside.
impl From<Error> for io::Error {
    fn from(error: Error) -> io::Error {
        match error.os_errno() {
            Some(os_errno) => io::Error::from_raw_os_error(os_errno),
            None => io::Error::new(error.code.kind(), error),
        }
    }
}
