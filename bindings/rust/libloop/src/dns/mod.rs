// SPDX-License-Identifier: MIT

//! Names: addresses of hosts, and records from DNS servers. See [`Loop::dns`].
//!
//! * A question takes no worker; a cancel or deadline ends the asking itself.
//! * Names that are not ASCII are asked for in their IDNA form. Names in answers have no dot at
//!   their end.
//! * What goes wrong comes to the closure: [`Code::Dns`], of which [`Error::dns_reason`] says why;
//!   [`Code::TimedOut`] when no server answered; [`Code::Invalid`] for a server or an address that
//!   is none; [`Code::ConnectionRefused`] ...
//! * At once comes [`Code::Invalid`] for what is not the question's (servers of a lookup), a NUL in
//!   a name, or numbers out of range; and, as with everything, [`Code::Closed`], [`Code::Fork`] and
//!   [`Code::NoMemory`].

mod record;

use std::ffi::CString;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::ptr;
use std::time::Duration;

use libloop_sys as sys;

use crate::event::Event;
use crate::op::With;
use crate::slab::{Callback, Keep, NewEntry};
use crate::submit::OpParts;
use crate::time::nanos;
use crate::{Code, Error, Loop, Op, Question};

pub use record::{Data, Record, RecordType};

/// An address of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    ip: IpAddr,
    scope: u32,
}

impl Address {
    /// The address.
    #[must_use]
    pub fn ip(&self) -> IpAddr {
        self.ip
    }

    /// Of a link-local address the number of its interface, else 0.
    #[must_use]
    pub fn scope(&self) -> u32 {
        self.scope
    }

    /// The address with a port, to connect to.
    #[must_use]
    pub fn with_port(&self, port: u16) -> SocketAddr {
        match self.ip {
            IpAddr::V4(_) => SocketAddr::new(self.ip, port),
            IpAddr::V6(ip) => SocketAddrV6::new(ip, port, 0, self.scope).into(),
        }
    }
}

/// Which addresses a lookup gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Family {
    /// Both.
    #[default]
    Any,
    /// IPv4 only.
    V4,
    /// IPv6 only.
    V6,
}

/// The order of the addresses of a lookup.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Order {
    /// That of RFC 6724, as getaddrinfo has it.
    #[default]
    Verbatim,
    /// IPv4 before IPv6.
    V4First,
    /// IPv6 before IPv4.
    V6First,
}

/// Why a question has no answer.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// There is no such name (NXDOMAIN).
    NotFound,
    /// The name has no record of that type.
    NoData,
    /// The servers failed (SERVFAIL).
    ServerFailure,
    /// The servers refuse to answer (REFUSED).
    Refused,
    /// The answers are garbled, or aliases in a circle.
    BadAnswer,
    /// It is no name; nobody was asked.
    BadName,
    /// The servers do not understand the question (FORMERR).
    BadQuery,
    /// The servers do not do that (NOTIMP).
    NotImplemented,
}

impl Reason {
    pub(crate) fn from_raw(raw: u32) -> Option<Reason> {
        Some(match raw {
            sys::LOOP_DNS_NOT_FOUND => Reason::NotFound,
            sys::LOOP_DNS_NO_DATA => Reason::NoData,
            sys::LOOP_DNS_SERVER_FAILURE => Reason::ServerFailure,
            sys::LOOP_DNS_REFUSED => Reason::Refused,
            sys::LOOP_DNS_BAD_ANSWER => Reason::BadAnswer,
            sys::LOOP_DNS_BAD_NAME => Reason::BadName,
            sys::LOOP_DNS_BAD_QUERY => Reason::BadQuery,
            sys::LOOP_DNS_NOT_IMPLEMENTED => Reason::NotImplemented,
            _ => return None,
        })
    }
}

/// Questions about names, together with their options: see [`Loop::dns`].
#[derive(Debug)]
#[must_use = "nothing is asked yet"]
pub struct Dns<'a> {
    with: With<'a>,
    family: Family,
    order: Order,
    servers: Option<String>,
    tries: u32,
    patience: Option<Duration>,
}

/// A C record and the texts it points to.
struct RawQuestion {
    raw: sys::loop_dns_t,
    name: CString,
    servers: Option<CString>,
}

impl Loop {
    /// Questions about names. Node: `dns`.
    ///
    /// # Examples
    ///
    /// ```
    /// use libloop::{Loop, dns::Family};
    ///
    /// let lp = Loop::new()?;
    /// lp.dns().family(Family::V4).lookup("localhost", |_lp, addresses| {
    ///     assert!(addresses.unwrap()[0].ip().is_loopback());
    /// })?;
    /// lp.run()?;
    /// # Ok::<(), libloop::Error>(())
    /// ```
    pub fn dns(&self) -> Dns<'_> {
        self.with(Op::new()).dns()
    }
}

impl<'a> With<'a> {
    /// See [`Loop::dns`].
    pub fn dns(self) -> Dns<'a> {
        Dns {
            with: self,
            family: Family::Any,
            order: Order::Verbatim,
            servers: None,
            tries: 0,
            patience: None,
        }
    }
}

impl Dns<'_> {
    /// Of a lookup: gives only addresses of this family.
    pub fn family(mut self, family: Family) -> Self {
        self.family = family;
        self
    }

    /// Of a lookup: gives the addresses in this order.
    pub fn order(mut self, order: Order) -> Self {
        self.order = order;
        self
    }

    /// Of a query or reverse lookup: asks these instead of the system's servers: "192.0.2.1",
    /// "192.0.2.1:5353", "2001:db8::1" or "`[2001:db8::1]`:5353".
    pub fn servers<S: AsRef<str>>(mut self, servers: impl IntoIterator<Item = S>) -> Self {
        let all: Vec<S> = servers.into_iter().collect();
        let all: Vec<&str> = all.iter().map(AsRef::as_ref).collect();
        self.servers = Some(all.join(","));
        self
    }

    /// Of a query or reverse lookup: how often each server is asked, 1 to 100. Default: what the
    /// system's `resolv.conf` says, else 2.
    pub fn tries(mut self, tries: u32) -> Self {
        self.tries = tries;
        self
    }

    /// Of a query or reverse lookup: how long to wait for an answer before the next server is
    /// asked, at most an hour. Default: what the system's `resolv.conf` says, else 5 seconds.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = Some(patience);
        self
    }

    /// Finds the addresses of a host, as other programs do: in the hosts file, else from the
    /// servers of `resolv.conf`. An address is its own answer; localhost is never asked for. Node:
    /// `dns.lookup`.
    ///
    /// # Errors
    ///
    /// See [the module](crate::dns).
    pub fn lookup(
        self,
        name: &str,
        done: impl FnOnce(&Loop, Result<Vec<Address>, Error>) + 'static,
    ) -> Result<Question, Error> {
        self.ask(sys::LOOP_DNS_LOOKUP, 0, name, done, |event| {
            record::each(event.bytes()).filter_map(|raw| raw.address()).collect()
        })
    }

    /// Finds the names of an address: in the hosts file, else its PTR records. Node: `dns.reverse`.
    ///
    /// # Errors
    ///
    /// See [the module](crate::dns).
    pub fn reverse(
        self,
        address: &str,
        done: impl FnOnce(&Loop, Result<Vec<String>, Error>) + 'static,
    ) -> Result<Question, Error> {
        self.ask(sys::LOOP_DNS_REVERSE, 0, address, done, |event| {
            record::each(event.bytes()).filter_map(|raw| raw.name(0)).collect()
        })
    }

    /// Asks DNS servers for the records of a name; neither the hosts file nor the search list
    /// counts. Node: `dns.resolve`.
    ///
    /// # Errors
    ///
    /// See [the module](crate::dns).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use libloop::dns::{Data, RecordType};
    ///
    /// let lp = libloop::Loop::new()?;
    /// lp.dns().query("example.com", RecordType::Mx, |_lp, records| match records {
    ///     Ok(records) => {
    ///         for record in records {
    ///             if let Data::Mx { priority, exchange } = record.data {
    ///                 println!("{priority} {exchange}");
    ///             }
    ///         }
    ///     }
    ///     Err(error) => println!("{error}: {:?}", error.dns_reason()),
    /// })?;
    /// lp.run()?;
    /// # Ok::<(), libloop::Error>(())
    /// ```
    pub fn query(
        self,
        name: &str,
        record_type: RecordType,
        done: impl FnOnce(&Loop, Result<Vec<Record>, Error>) + 'static,
    ) -> Result<Question, Error> {
        self.ask(sys::LOOP_DNS_QUERY, record_type.raw(), name, done, |event| {
            record::each(event.bytes()).filter_map(|raw| raw.record()).collect()
        })
    }

    fn raw(&self, what: u32, record_type: u32, name: &str) -> Result<Box<RawQuestion>, Error> {
        let invalid = |what: &str| Error::new(Code::Invalid, what);
        let lookup = what == sys::LOOP_DNS_LOOKUP;
        let asks = self.servers.is_some() || self.tries != 0 || self.patience.is_some();
        let sorts = self.family != Family::Any || self.order != Order::Verbatim;
        if lookup && asks || !lookup && sorts {
            return Err(invalid("dns: an option of another question"));
        }
        if self.tries > 100 || self.patience.is_some_and(|it| it > Duration::from_secs(3600)) {
            return Err(invalid("dns: tries or patience"));
        }
        let text = |text: &str| CString::new(text).map_err(|_| invalid("dns: a NUL"));
        let mut question = Box::new(RawQuestion {
            raw: sys::loop_dns_t {
                size: size_of::<sys::loop_dns_t>() as u32,
                what,
                flags: match self.order {
                    Order::Verbatim => 0,
                    Order::V4First => sys::LOOP_DNS_IPV4_FIRST,
                    Order::V6First => sys::LOOP_DNS_IPV6_FIRST,
                },
                type_: record_type,
                family: match self.family {
                    Family::Any => 0,
                    Family::V4 => 4,
                    Family::V6 => 6,
                },
                tries: self.tries,
                try_ns: self.patience.map_or(0, |it| nanos(it).max(1)),
                ..Default::default()
            },
            name: text(name)?,
            servers: self.servers.as_deref().map(text).transpose()?,
        });
        question.raw.name = question.name.as_ptr();
        question.raw.servers = question.servers.as_ref().map_or(ptr::null(), |it| it.as_ptr());
        Ok(question)
    }

    fn ask<T: 'static>(
        mut self,
        what: u32,
        record_type: u32,
        name: &str,
        done: impl FnOnce(&Loop, Result<T, Error>) + 'static,
        read: fn(&Event<'_>) -> T,
    ) -> Result<Question, Error> {
        let question = self.raw(what, record_type, name)?;
        let new = NewEntry {
            code: sys::LOOP_OP_DNS as u16,
            callback: Callback::Once(Box::new(move |lp, event| {
                let result = event.result().map(|()| read(event));
                done(lp, result);
            })),
            extra: self.with.op.extra(),
            keep: Keep::Nothing,
            delay_ns: -1,
            plain: false,
            referenced: self.with.op.referenced,
        };
        let parts = OpParts {
            data: ptr::from_ref(&question.raw).cast(),
            timeout_ns: self.with.op.timeout_ns,
            label: self.with.op.label,
            owned: Some(question),
            ..OpParts::default()
        };
        self.with.lp.register(new, parts).map(Question)
    }
}
