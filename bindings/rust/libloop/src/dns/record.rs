// SPDX-License-Identifier: MIT

//! Records, and how they lie in an event.

use std::mem::offset_of;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use libloop_sys as sys;

use super::Address;

/// A type of records, to ask for.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum RecordType {
    /// IPv4 addresses.
    A = sys::LOOP_DNS_A,
    /// IPv6 addresses.
    Aaaa = sys::LOOP_DNS_AAAA,
    /// All that a server tells; many tell nothing.
    Any = sys::LOOP_DNS_ANY,
    /// Who may issue certificates.
    Caa = sys::LOOP_DNS_CAA,
    /// What the name is an alias of.
    Cname = sys::LOOP_DNS_CNAME,
    /// Where mail is taken.
    Mx = sys::LOOP_DNS_MX,
    /// Rules that rewrite names.
    Naptr = sys::LOOP_DNS_NAPTR,
    /// The servers of a zone.
    Ns = sys::LOOP_DNS_NS,
    /// Names of an address.
    Ptr = sys::LOOP_DNS_PTR,
    /// What describes a zone.
    Soa = sys::LOOP_DNS_SOA,
    /// Where a service is.
    Srv = sys::LOOP_DNS_SRV,
    /// Texts.
    Txt = sys::LOOP_DNS_TXT,
}

impl RecordType {
    pub(crate) fn raw(self) -> u32 {
        self as u32
    }
}

/// A record of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Seconds for which it holds.
    pub ttl: u32,
    /// What it says.
    pub data: Data,
}

/// What a record says.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// An IPv4 address.
    A(Ipv4Addr),
    /// An IPv6 address.
    Aaaa(Ipv6Addr),
    /// What the name is an alias of.
    Cname(String),
    /// A server of the zone.
    Ns(String),
    /// A name of an address.
    Ptr(String),
    /// Strings of bytes.
    Txt(Vec<Vec<u8>>),
    /// Where mail is taken; the lowest priority first.
    #[allow(missing_docs)]
    Mx { priority: u16, exchange: String },
    /// Where a service is; the lowest priority first.
    #[allow(missing_docs)]
    Srv { priority: u16, weight: u16, port: u16, target: String },
    /// Who may issue certificates.
    #[allow(missing_docs)]
    Caa { flags: u8, tag: String, value: Vec<u8> },
    /// A zone; times in seconds.
    #[allow(missing_docs)]
    Soa {
        primary: String,
        mailbox: String,
        serial: u32,
        refresh: u32,
        retry: u32,
        expire: u32,
        minimum: u32,
    },
    /// A rule that rewrites a name.
    #[allow(missing_docs)]
    Naptr {
        order: u16,
        preference: u16,
        flags: String,
        service: String,
        regexp: String,
        replacement: String,
    },
}

/// A record as it lies in an event.
#[derive(Clone, Copy)]
pub(super) struct Raw<'a>(&'a [u8]);

macro_rules! number {
    ($raw:expr, $type:ty, $field:ident) => {
        <$type>::from_ne_bytes($raw.bytes(offset_of!(sys::loop_dns_record_t, $field)))
    };
}

/// The records of an event.
pub(super) fn each(mut rest: &[u8]) -> impl Iterator<Item = Raw<'_>> {
    std::iter::from_fn(move || {
        if rest.len() < size_of::<sys::loop_dns_record_t>() {
            return None;
        }
        let size = number!(Raw(rest), u32, size) as usize;
        let (one, after) = rest.split_at_checked(size.max(size_of::<sys::loop_dns_record_t>()))?;
        rest = after;
        Some(Raw(one))
    })
}

impl<'a> Raw<'a> {
    /// `N` bytes of the record; it has at least those of the C struct.
    fn bytes<const N: usize>(self, at: usize) -> [u8; N] {
        self.0[at..].first_chunk().copied().unwrap_or([0; N])
    }

    fn text(self, index: usize) -> Option<&'a [u8]> {
        let mut rest = &self.0[size_of::<sys::loop_dns_record_t>()..];
        if index >= number!(self, u32, text_count) as usize {
            return None;
        }
        for left in (0..=index).rev() {
            let (len, after) = rest.split_first_chunk()?;
            let (text, after) = after.split_at_checked(usize::from(u16::from_ne_bytes(*len)))?;
            if left == 0 {
                return Some(text);
            }
            rest = after.get(1..)?; // its NUL
        }
        None
    }

    pub(super) fn name(self, index: usize) -> Option<String> {
        self.text(index).map(|it| String::from_utf8_lossy(it).into_owned())
    }

    fn ip(self) -> Option<IpAddr> {
        let ip: [u8; 16] = self.bytes(offset_of!(sys::loop_dns_record_t, ip));
        match number!(self, u16, family) {
            4 => Some(IpAddr::from([ip[0], ip[1], ip[2], ip[3]])),
            6 => Some(IpAddr::from(ip)),
            _ => None,
        }
    }

    pub(super) fn address(self) -> Option<Address> {
        Some(Address { ip: self.ip()?, scope: number!(self, u32, scope) })
    }

    /// The record; none of a type that this version does not know.
    pub(super) fn record(self) -> Option<Record> {
        let data = match u32::from(number!(self, u16, type_)) {
            sys::LOOP_DNS_A | sys::LOOP_DNS_AAAA => match self.ip()? {
                IpAddr::V4(ip) => Data::A(ip),
                IpAddr::V6(ip) => Data::Aaaa(ip),
            },
            sys::LOOP_DNS_CNAME => Data::Cname(self.name(0)?),
            sys::LOOP_DNS_NS => Data::Ns(self.name(0)?),
            sys::LOOP_DNS_PTR => Data::Ptr(self.name(0)?),
            sys::LOOP_DNS_TXT => {
                Data::Txt((0..).map_while(|at| self.text(at).map(<[u8]>::to_vec)).collect())
            }
            sys::LOOP_DNS_MX => {
                Data::Mx { priority: number!(self, u16, priority), exchange: self.name(0)? }
            }
            sys::LOOP_DNS_SRV => Data::Srv {
                priority: number!(self, u16, priority),
                weight: number!(self, u16, weight),
                port: number!(self, u16, port),
                target: self.name(0)?,
            },
            sys::LOOP_DNS_CAA => Data::Caa {
                flags: number!(self, u16, flags).to_le_bytes()[0],
                tag: self.name(0)?,
                value: self.text(1)?.to_vec(),
            },
            sys::LOOP_DNS_SOA => Data::Soa {
                primary: self.name(0)?,
                mailbox: self.name(1)?,
                serial: number!(self, u32, serial),
                refresh: number!(self, u32, refresh),
                retry: number!(self, u32, retry),
                expire: number!(self, u32, expire),
                minimum: number!(self, u32, minimum),
            },
            sys::LOOP_DNS_NAPTR => Data::Naptr {
                order: number!(self, u16, priority),
                preference: number!(self, u16, weight),
                flags: self.name(0)?,
                service: self.name(1)?,
                regexp: self.name(2)?,
                replacement: self.name(3)?,
            },
            _ => return None,
        };
        Some(Record { ttl: number!(self, u32, ttl), data })
    }
}
