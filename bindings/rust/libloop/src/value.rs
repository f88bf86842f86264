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

/// Bytes that came with an event and were kept: the library's memory, given back when the last
/// clone is dropped.
///
/// They count against [`Builder::retain_limit`](crate::Builder::retain_limit) and may outlive the
/// loop.
#[derive(Clone, Default)]
pub struct Bytes {
    /// None for no bytes at all.
    retained: Option<Arc<Retained>>,
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
        Bytes { retained: Some(Arc::new(Retained { data, len })) }
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.retained {
            // SAFETY: loop_retain gave `len` bytes, which stay until loop_release.
            Some(kept) => unsafe { slice::from_raw_parts(kept.data.as_ptr(), kept.len) },
            None => &[],
        }
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
