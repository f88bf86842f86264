// SPDX-License-Identifier: MIT

//! Where datagrams go to and come from, without memory of their own.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use libloop_sys as sys;

use super::Address;
use crate::{Code, Error};

mod sealed {
    pub trait Raw {
        /// The address as the library takes it.
        fn raw(&self) -> Result<libloop_sys::loop_address_t, crate::Error>;
    }
}

/// Where a datagram can be sent: a [`SocketAddr`], a [`Path`], an [`Address`], a [`Sender`].
pub trait Destination: sealed::Raw {}

impl<T: sealed::Raw + ?Sized> Destination for T {}

/// Who has sent a datagram, borrowed while the callback runs.
#[derive(Clone, Copy)]
pub struct Sender<'a>(pub(super) &'a sys::loop_address_t);

impl Sender<'_> {
    /// A copy that can be kept.
    #[must_use]
    pub fn address(self) -> Address {
        Address::of(self.0)
    }

    /// Of UDP the address and port.
    #[must_use]
    pub fn ip(self) -> Option<SocketAddr> {
        let is_ip = matches!(u32::from(self.0.family), sys::LOOP_AF_INET | sys::LOOP_AF_INET6);
        if is_ip { self.address().ip() } else { None }
    }
}

impl fmt::Debug for Sender<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address().fmt(f)
    }
}

impl fmt::Display for Sender<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address().fmt(f)
    }
}

impl PartialEq for Sender<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.address() == other.address()
    }
}

impl Eq for Sender<'_> {}

fn blank() -> sys::loop_address_t {
    sys::loop_address_t { size: size_of::<sys::loop_address_t>() as u32, ..Default::default() }
}

fn invalid() -> Error {
    Error::new(Code::Invalid, "no address to send to")
}

impl sealed::Raw for Sender<'_> {
    fn raw(&self) -> Result<sys::loop_address_t, Error> {
        if u32::from(self.0.family) == sys::LOOP_AF_NONE { Err(invalid()) } else { Ok(*self.0) }
    }
}

impl sealed::Raw for SocketAddr {
    fn raw(&self) -> Result<sys::loop_address_t, Error> {
        let mut raw = blank();
        raw.port = self.port();
        match self.ip() {
            IpAddr::V4(ip) => {
                raw.family = sys::LOOP_AF_INET as u16;
                raw.ip[..4].copy_from_slice(&ip.octets());
            }
            IpAddr::V6(ip) => {
                raw.family = sys::LOOP_AF_INET6 as u16;
                raw.ip = ip.octets();
            }
        }
        if let SocketAddr::V6(address) = self {
            raw.scope = address.scope_id();
        }
        Ok(raw)
    }
}

impl sealed::Raw for Path {
    fn raw(&self) -> Result<sys::loop_address_t, Error> {
        let (mut raw, bytes) = (blank(), self.as_os_str().as_bytes());
        if !super::is_name(bytes) || bytes.len() >= raw.path.len() {
            return Err(invalid());
        }
        raw.family = sys::LOOP_AF_UNIX as u16;
        raw.path_len = bytes.len() as u32;
        for (to, byte) in raw.path.iter_mut().zip(bytes) {
            *to = *byte as std::ffi::c_char;
        }
        Ok(raw)
    }
}

impl sealed::Raw for Address {
    fn raw(&self) -> Result<sys::loop_address_t, Error> {
        match self {
            Address::Ip(address) => address.raw(),
            Address::Unix(path) => path.raw(),
            Address::Unnamed => Err(invalid()),
        }
    }
}

impl<T: sealed::Raw + ?Sized> sealed::Raw for &T {
    fn raw(&self) -> Result<sys::loop_address_t, Error> {
        (**self).raw()
    }
}
