// SPDX-License-Identifier: MIT

//! Values and bytes that outlive their event.

use std::fmt;
use std::ops::Deref;
use std::ptr::NonNull;
use std::slice;
use std::sync::Arc;

use libloop_sys as sys;

use crate::Error;
use crate::event::Event;

/// What a C job function gives (see [`Loop::work_fn`](crate::Loop::work_fn)).
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing was set.
    Undefined,
    /// Nothing, on purpose.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A floating-point number.
    Double(f64),
    /// Bytes.
    Bytes(Bytes),
    /// Text. What is not UTF-8 in it was replaced by U+FFFD.
    String(String),
    /// An error that the function gave as its value without failing.
    Error(Error),
}

impl Value {
    pub(crate) fn of(event: &Event<'_>) -> Value {
        match event.kind() {
            sys::LOOP_KIND_NULL => Value::Null,
            sys::LOOP_KIND_BOOL => Value::Bool(event.raw.num != 0),
            sys::LOOP_KIND_INT => Value::Int(event.raw.num),
            sys::LOOP_KIND_DOUBLE => Value::Double(f64::from_bits(event.raw.num as u64)),
            sys::LOOP_KIND_BYTES => Value::Bytes(Bytes::retain(event)),
            sys::LOOP_KIND_STRING => {
                Value::String(String::from_utf8_lossy(event.bytes()).into_owned())
            }
            sys::LOOP_KIND_ERROR => {
                let text = String::from_utf8_lossy(event.bytes()).into_owned();
                let os_errno = i32::try_from(event.raw.aux).unwrap_or(0);
                Value::Error(Error::from_parts(crate::Code::Job, os_errno, text.into()))
            }
            _ => Value::Undefined,
        }
    }
}

/// Bytes that can be shared, and lent to the library: what came with an event and was kept, or a
/// `Vec` of the program's own. Cloning copies nothing.
///
/// Those of an event are the library's memory, given back when the last clone is dropped. They
/// count against [`Builder::retain_limit`](crate::Builder::retain_limit) and may outlive the loop.
///
/// # Examples
///
/// ```
/// use libloop::Bytes;
///
/// let bytes = Bytes::from("some text");
/// assert_eq!(bytes.len(), 9);
/// assert_eq!(bytes, Bytes::from(vec![b's', b'o', b'm', b'e', b' ', b't', b'e', b'x', b't']));
/// ```
#[derive(Clone, Default)]
pub struct Bytes {
    /// None for no bytes at all.
    kept: Option<Arc<Kept>>,
}

enum Kept {
    Event(Retained),
    Own(Vec<u8>),
}

struct Retained {
    /// From loop_retain.
    data: NonNull<u8>,
    len: usize,
}

// SAFETY: the memory is never written to, and loop_release may be called from any thread.
unsafe impl Send for Retained {}
// SAFETY: as above; sharing only reads.
unsafe impl Sync for Retained {}

impl Drop for Retained {
    fn drop(&mut self) {
        // SAFETY: `data` came from loop_retain and is given back once.
        unsafe { sys::loop_release(self.data.as_ptr().cast()) };
    }
}

impl Bytes {
    /// Keeps the data of an event.
    ///
    /// # Panics
    ///
    /// When out of memory.
    pub(crate) fn retain(event: &Event<'_>) -> Bytes {
        let len = event.bytes().len();
        if len == 0 {
            return Bytes::default();
        }
        // SAFETY: called on the loop's thread with an event of the batch being delivered.
        let data = unsafe { sys::loop_retain(event.looper.raw(), event.raw) };
        let data = NonNull::new(data.cast_mut().cast::<u8>());
        let data = data.unwrap_or_else(|| panic!("out of memory keeping {len} bytes"));
        Bytes { kept: Some(Arc::new(Kept::Event(Retained { data, len }))) }
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self.kept.as_deref() {
            // SAFETY: loop_retain gave `len` bytes, which stay until loop_release.
            Some(Kept::Event(it)) => unsafe { slice::from_raw_parts(it.data.as_ptr(), it.len) },
            Some(Kept::Own(bytes)) => bytes,
            None => &[],
        }
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Bytes {
        Bytes { kept: (!bytes.is_empty()).then(|| Arc::new(Kept::Own(bytes))) }
    }
}

impl From<Box<[u8]>> for Bytes {
    fn from(bytes: Box<[u8]>) -> Bytes {
        Vec::from(bytes).into()
    }
}

impl From<String> for Bytes {
    fn from(text: String) -> Bytes {
        text.into_bytes().into()
    }
}

/// Copies.
impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Bytes {
        bytes.to_vec().into()
    }
}

/// Copies.
impl<const N: usize> From<&[u8; N]> for Bytes {
    fn from(bytes: &[u8; N]) -> Bytes {
        bytes.to_vec().into()
    }
}

/// Copies.
impl From<&str> for Bytes {
    fn from(text: &str) -> Bytes {
        text.as_bytes().into()
    }
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl PartialEq for Bytes {
    fn eq(&self, other: &Bytes) -> bool {
        **self == **other
    }
}

impl Eq for Bytes {}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
