// SPDX-License-Identifier: MIT

//! The HTTP(S) client.

use std::ffi::CString;
use std::fmt;
use std::ptr;

use libloop_sys as sys;

use crate::op::With;
use crate::slab::{Callback, Keep, NewEntry};
use crate::submit::OpParts;
use crate::{Bytes, Code, Error, Fetch, Loop, Op};

/// An HTTP(S) request to be made.
///
/// # Examples
///
/// ```
/// let request = libloop::Request::new("PUT", "http://localhost/item")
///     .header("Content-Type", "text/plain")
///     .body("a body");
/// # let _ = request;
/// ```
#[derive(Clone, Debug)]
#[must_use = "give it to Loop::http"]
pub struct Request {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    flags: u32,
    max_body: u64,
    max_header: u32,
    max_redirects: u32,
}

impl Request {
    /// A request with a method and a URL (`http://` or `https://`).
    pub fn new(method: impl Into<String>, url: impl Into<String>) -> Request {
        Request {
            method: method.into(),
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
            flags: 0,
            max_body: 0,
            max_header: 0,
            max_redirects: 0,
        }
    }

    /// A GET request.
    pub fn get(url: impl Into<String>) -> Request {
        Request::new("GET", url)
    }

    /// Adds a header.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Request {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Request {
        self.body = body.into();
        self
    }

    /// Bytes of response body, beyond which it fails with [`Code::TooBig`]. Default: 64 MiB, no
    /// limit for streams.
    pub fn max_body(mut self, bytes: u64) -> Request {
        self.max_body = bytes;
        self
    }

    /// Bytes of response head, beyond which it fails with [`Code::TooBig`]. Default: 1 MiB.
    pub fn max_header(mut self, bytes: u32) -> Request {
        self.max_header = bytes;
        self
    }

    /// Follows redirects, at most this many (0: ten), beyond which it fails with
    /// [`Code::Redirect`]. Without this a redirect is a response as any other.
    pub fn follow_redirects(mut self, most: u32) -> Request {
        self.flags |= sys::LOOP_HTTP_FOLLOW;
        self.max_redirects = most;
        self
    }

    /// Closes the connection afterwards.
    pub fn no_keep_alive(mut self) -> Request {
        self.flags |= sys::LOOP_HTTP_NO_KEEPALIVE;
        self
    }

    /// Accepts any certificate.
    pub fn accept_any_certificate(mut self) -> Request {
        self.flags |= sys::LOOP_HTTP_INSECURE;
        self
    }

    /// The request as the C library wants it, and its body.
    fn into_raw(self, stream: u32) -> Result<(Box<RawRequest>, Box<[u8]>), Error> {
        let mut headers = String::new();
        for (name, value) in &self.headers {
            let sound = !name.is_empty()
                && name.bytes().all(|b| b > b' ' && b != b':' && b < 0x7f)
                && !value.contains(['\r', '\n', '\0']);
            if !sound {
                return Err(Error::new(Code::Invalid, format!("header {name:?}")));
            }
            headers.extend([name.as_str(), ": ", value, "\r\n"]);
        }
        let text = |what: &str, text: String| {
            CString::new(text).map_err(|_| Error::new(Code::Invalid, what))
        };
        let body = self.body.into_boxed_slice();
        let borrows = if body.is_empty() { 0 } else { sys::LOOP_HTTP_BORROW_BODY };
        let mut request = Box::new(RawRequest {
            raw: sys::loop_http_t {
                size: size_of::<sys::loop_http_t>() as u32,
                flags: self.flags | stream | borrows,
                body: if body.is_empty() { ptr::null() } else { body.as_ptr().cast() },
                body_len: body.len() as u64,
                max_body: self.max_body,
                max_header: self.max_header,
                max_redirects: self.max_redirects,
                ..Default::default()
            },
            method: text("method", self.method)?,
            url: text("url", self.url)?,
            headers: text("header", headers)?,
        });
        request.raw.method = request.method.as_ptr();
        request.raw.url = request.url.as_ptr();
        if !self.headers.is_empty() {
            request.raw.headers = request.headers.as_ptr();
        }
        Ok((request, body))
    }
}

/// A C request and the texts it points to.
struct RawRequest {
    raw: sys::loop_http_t,
    method: CString,
    url: CString,
    headers: CString,
}

/// The head of a response: status line and headers.
#[derive(Clone, Copy)]
pub struct Head<'a> {
    status: u16,
    bytes: &'a [u8],
}

impl<'a> Head<'a> {
    /// The status code. 404 and 500 are responses, not errors.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Status line and headers as they came, up to and with the empty line.
    #[must_use]
    pub fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Names and values of the headers, in order.
    pub fn headers(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        self.bytes.split(|&b| b == b'\n').skip(1).filter_map(|line| {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let colon = line.iter().position(|&b| b == b':')?;
            Some((&line[..colon], line[colon + 1..].trim_ascii()))
        })
    }

    /// The value of the first header with this name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        self.headers().find(|(it, _)| it.eq_ignore_ascii_case(name.as_bytes())).map(|it| it.1)
    }
}

impl fmt::Debug for Head<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Head").field("status", &self.status).finish_non_exhaustive()
    }
}

/// A whole response.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    status: u16,
    bytes: Bytes,
    body_at: usize,
}

impl Response {
    /// The status code. 404 and 500 are responses, not errors.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Status line and headers.
    #[must_use]
    pub fn head(&self) -> Head<'_> {
        Head { status: self.status, bytes: &self.bytes[..self.body_at] }
    }

    /// The value of the first header with this name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.head().header(name)
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.bytes[self.body_at..]
    }

    /// Head and body as they came.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("body_len", &self.body().len())
            .finish_non_exhaustive()
    }
}

/// A part of a streamed response, borrowed while the callback runs.
#[derive(Clone, Copy, Debug)]
pub enum Part<'a> {
    /// The head; it comes first.
    Head(Head<'a>),
    /// A chunk of the body.
    Body(&'a [u8]),
    /// The end: everything has come.
    End,
}

impl With<'_> {
    /// See [`Loop::http_get`].
    ///
    /// # Errors
    ///
    /// As [`Loop::http`].
    pub fn http_get(
        self,
        url: &str,
        done: impl FnOnce(&Loop, Result<Response, Error>) + 'static,
    ) -> Result<Fetch, Error> {
        self.http(Request::get(url), done)
    }

    /// See [`Loop::http`].
    ///
    /// # Errors
    ///
    /// As [`Loop::http`].
    pub fn http(
        self,
        request: Request,
        done: impl FnOnce(&Loop, Result<Response, Error>) + 'static,
    ) -> Result<Fetch, Error> {
        let done = Callback::Once(Box::new(move |lp, event| {
            let response = event.result().map(|()| {
                let bytes = Bytes::retain(event);
                let body_at = (event.raw.aux as usize).min(bytes.len());
                Response { status: event.raw.num as u16, bytes, body_at }
            });
            done(lp, response);
        }));
        self.fetch(request, 0, done)
    }

    /// See [`Loop::http_stream`].
    ///
    /// # Errors
    ///
    /// As [`Loop::http`].
    pub fn http_stream(
        self,
        request: Request,
        mut callback: impl FnMut(&Loop, Result<Part<'_>, Error>) + 'static,
    ) -> Result<Fetch, Error> {
        let callback = Callback::Many(Box::new(move |lp, event| {
            let part = event.result().map(|()| {
                if event.has(sys::LOOP_EV_HEAD) {
                    Part::Head(Head { status: event.raw.num as u16, bytes: event.bytes() })
                } else if event.is_final() {
                    Part::End
                } else {
                    Part::Body(event.bytes())
                }
            });
            callback(lp, part);
        }));
        self.fetch(request, sys::LOOP_HTTP_STREAM, callback)
    }

    fn fetch(mut self, request: Request, stream: u32, callback: Callback) -> Result<Fetch, Error> {
        let (request, body) = request.into_raw(stream)?;
        let new = NewEntry {
            code: sys::LOOP_OP_HTTP as u16,
            callback,
            extra: self.op.extra(),
            keep: if body.is_empty() { Keep::Nothing } else { Keep::Body(body) },
            delay_ns: -1,
            plain: false,
            referenced: self.op.referenced,
        };
        let parts = OpParts {
            data: ptr::from_ref(&request.raw).cast(),
            timeout_ns: self.op.timeout_ns,
            label: self.op.label,
            owned: Some(request),
            ..OpParts::default()
        };
        self.lp.register(new, parts).map(Fetch)
    }
}

impl Loop {
    /// Makes a GET request.
    ///
    /// # Errors
    ///
    /// As [`Loop::http`].
    pub fn http_get(
        &self,
        url: &str,
        done: impl FnOnce(&Loop, Result<Response, Error>) + 'static,
    ) -> Result<Fetch, Error> {
        self.with(Op::new()).http_get(url, done)
    }

    /// Makes a request; the whole response comes at once. Node: `http.request`.
    ///
    /// What goes wrong with it comes to the closure: [`Code::Dns`], [`Code::ConnectionRefused`],
    /// [`Code::ConnectionReset`], [`Code::Http`], [`Code::Tls`], [`Code::Eof`], [`Code::TooBig`],
    /// [`Code::Redirect`], [`Code::Invalid`] (the URL) ...
    ///
    /// # Errors
    ///
    /// [`Code::Invalid`] (a NUL, or a header that is none), [`Code::Closed`], [`Code::Fork`],
    /// [`Code::NoMemory`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use libloop::{Loop, Op, Request};
    /// use std::time::Duration;
    ///
    /// let lp = Loop::new()?;
    /// let request = Request::get("https://example.com/").header("Accept", "text/html");
    /// lp.with(Op::new().deadline(Duration::from_secs(10))).http(request, |_lp, response| {
    ///     match response {
    ///         Ok(response) => println!("{}: {} bytes", response.status(), response.body().len()),
    ///         Err(error) => println!("{error}"),
    ///     }
    /// })?;
    /// lp.run()?;
    /// # Ok::<(), libloop::Error>(())
    /// ```
    pub fn http(
        &self,
        request: Request,
        done: impl FnOnce(&Loop, Result<Response, Error>) + 'static,
    ) -> Result<Fetch, Error> {
        self.with(Op::new()).http(request, done)
    }

    /// Makes a request whose response comes in parts: head, chunks of the body, end. The peer is
    /// held back while 256 KiB wait to be delivered. An error is the last call.
    ///
    /// # Errors
    ///
    /// As [`Loop::http`].
    pub fn http_stream(
        &self,
        request: Request,
        callback: impl FnMut(&Loop, Result<Part<'_>, Error>) + 'static,
    ) -> Result<Fetch, Error> {
        self.with(Op::new()).http_stream(request, callback)
    }
}
