// SPDX-License-Identifier: MIT

//! Addresses of sockets.

use std::ffi::OsStr;
use std::fmt;
use std::net::{Ipv6Addr, SocketAddr, SocketAddrV6};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use libloop_sys as sys;

/// An address of a socket's end.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// TCP.
    Ip(SocketAddr),
    /// A Unix socket with a name: a path, or an abstract name, which begins with a NUL.
    Unix(Box<Path>),
    /// A Unix socket without a name.
    Unnamed,
}

impl Address {
    /// Of TCP the address and port.
    #[must_use]
    pub fn ip(&self) -> Option<SocketAddr> {
        if let Address::Ip(address) = self { Some(*address) } else { None }
    }

    /// Of TCP the port, else 0.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.ip().map_or(0, |address| address.port())
    }

    /// Of a Unix socket its name, if it has one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        if let Address::Unix(path) = self { Some(path) } else { None }
    }

    pub(crate) fn of(raw: &sys::loop_address_t) -> Address {
        match u32::from(raw.family) {
            sys::LOOP_AF_INET => {
                let [a, b, c, d, ..] = raw.ip;
                Address::Ip(([a, b, c, d], raw.port).into())
            }
            sys::LOOP_AF_INET6 => {
                let ip = Ipv6Addr::from(raw.ip);
                Address::Ip(SocketAddrV6::new(ip, raw.port, 0, raw.scope).into())
            }
            sys::LOOP_AF_UNIX if raw.path_len > 0 => {
                let len = (raw.path_len as usize).min(raw.path.len());
                let bytes: Vec<u8> = raw.path[..len].iter().map(|byte| *byte as u8).collect();
                Address::Unix(Path::new(OsStr::from_bytes(&bytes)).into())
            }
            _ => Address::Unnamed,
        }
    }
}

/// As the library writes it: `127.0.0.1:80`, `[::1]:80`, `/path`, `@abstract`, `unnamed`.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Ip(address) => address.fmt(f),
            Address::Unix(path) => match path.as_os_str().as_bytes() {
                [0, name @ ..] => write!(f, "@{}", String::from_utf8_lossy(name)),
                _ => path.display().fmt(f),
            },
            Address::Unnamed => f.write_str("unnamed"),
        }
    }
}
