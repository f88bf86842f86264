// SPDX-License-Identifier: MIT

//! The HTTP client against small local servers.

mod common;

use std::cell::RefCell;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::rc::Rc;

use common::{Log, ms, read_head, serve, serve_stall, serve_text};
use libloop::{Code, Error, Loop, Op, Part, Request, Response};

const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nX-Greeting: good day\r\n\
                     Connection: close\r\n\r\nhello, world";

/// Makes a request and runs it to its end.
fn fetch(lp: &Loop, request: Request) -> Result<Response, Error> {
    let answer = Rc::new(RefCell::new(None));
    let slot = Rc::clone(&answer);
    lp.http(request, move |_lp, response| *slot.borrow_mut() = Some(response)).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    answer.take().expect("the callback came")
}

#[test]
fn get_gives_the_whole_response() {
    let lp = Loop::new().unwrap();
    let response = fetch(&lp, Request::get(serve_text(HELLO))).unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.body(), b"hello, world");
    assert_eq!(response.header("x-GREETING"), Some(&b"good day"[..]));
    assert_eq!(response.header("absent"), None);
    assert!(response.as_bytes().starts_with(b"HTTP/1.1 200 OK\r\n"));
    assert!(response.head().as_bytes().ends_with(b"\r\n\r\n"));
    let names: Vec<_> = response.head().headers().map(|(name, _)| name.to_vec()).collect();
    assert!(names.contains(&b"X-Greeting".to_vec()), "{names:?}");
}

#[test]
fn a_status_of_404_is_a_response() {
    let url =
        serve_text("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let response = fetch(&Loop::new().unwrap(), Request::get(url)).unwrap();
    assert_eq!((response.status(), response.body().len()), (404, 0));
}

#[test]
fn a_request_sends_method_headers_and_body() {
    let (sent, got) = std::sync::mpsc::channel();
    let url = serve(move |mut stream| {
        let head = read_head(&mut stream);
        let mut body = vec![0; 100_000];
        stream.read_exact(&mut body).unwrap();
        sent.send((head, body)).unwrap();
        stream.write_all(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n").unwrap();
    });
    let body: Vec<u8> = (0..100_000).map(|i| i as u8).collect();
    let request = Request::new("PUT", format!("{url}/item?x=1"))
        .header("X-One", "1")
        .header("X-Two", "zwei")
        .body(body.clone());
    assert_eq!(fetch(&Loop::new().unwrap(), request).unwrap().status(), 201);
    let (head, arrived) = got.recv().unwrap();
    assert!(head.starts_with("PUT /item?x=1 HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("X-One: 1\r\n") && head.contains("X-Two: zwei\r\n"), "{head}");
    assert_eq!(arrived, body);
}

#[test]
fn a_stream_gives_head_chunks_and_end() {
    let url = serve(|mut stream| {
        read_head(&mut stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n").unwrap();
        for _ in 0..16 {
            stream.write_all(&[7; 65_536]).unwrap();
        }
    });
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let (inner, mut bytes) = (log.clone(), 0);
    lp.http_stream(Request::get(url), move |lp, part| match part.unwrap() {
        Part::Head(head) => {
            assert_eq!(head.header("content-length"), Some(&b"1048576"[..]));
            inner.add(format!("head {}", head.status()));
        }
        Part::Body(chunk) => {
            // Starting something, even when it is submitted at once, leaves the chunk as it is.
            lp.next_tick(|_lp| {}).unwrap();
            lp.alive().unwrap();
            assert!(chunk.iter().all(|&byte| byte == 7));
            bytes += chunk.len();
        }
        Part::End => inner.add(format!("end after {bytes} bytes")),
    })
    .unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["head 200", "end after 1048576 bytes"]);
}

#[test]
fn redirects_are_followed_only_when_asked() {
    let url = serve(|mut stream| {
        let head = read_head(&mut stream);
        let response = if head.starts_with("GET /there ") {
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nthere"
        } else if head.starts_with("GET /circle ") {
            "HTTP/1.1 302 Found\r\nLocation: /circle\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        } else {
            "HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        };
        let _ = stream.write_all(response.as_bytes());
    });
    let lp = Loop::new().unwrap();
    let plain = fetch(&lp, Request::get(&url)).unwrap();
    assert_eq!((plain.status(), plain.header("location")), (302, Some(&b"/there"[..])));
    let followed = fetch(&lp, Request::get(&url).follow_redirects(0)).unwrap();
    assert_eq!((followed.status(), followed.body()), (200, &b"there"[..]));
    let circle = fetch(&lp, Request::get(format!("{url}/circle")).follow_redirects(3));
    assert_eq!(circle.unwrap_err().code(), Code::Redirect);
}

#[test]
fn errors_have_names() {
    let lp = Loop::new().unwrap();
    let code = |request| fetch(&lp, request).unwrap_err().code();
    // A port that was free a moment ago: nobody listens there.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(code(Request::get(format!("http://{address}/"))), Code::ConnectionRefused);
    assert_eq!(code(Request::get("not a url")), Code::Invalid);
    assert_eq!(code(Request::get("gopher://localhost/")), Code::Invalid);
    assert_eq!(code(Request::get(serve_text("this is not HTTP at all\r\n\r\n"))), Code::Http);
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this";
    assert_eq!(code(Request::get(serve_text(cut))), Code::Eof);
    assert_eq!(code(Request::get(serve_text(HELLO)).max_body(5)), Code::TooBig);
}

#[test]
fn a_stalled_server_meets_the_deadline() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let inner = log.clone();
    lp.with(Op::new().deadline(ms(20)).label("stalled"))
        .http_get(&serve_stall(), move |_lp, response| {
            inner.add(format!("{:?}", response.unwrap_err().code()));
        })
        .unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["TimedOut"]);
}

#[test]
fn cancelling_ends_a_request_once() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let url = serve_stall();
    for body in [0, 100_000] {
        let (inner, last) = (log.clone(), log.clone());
        let request = Request::new("POST", &url).body(vec![1; body]);
        // With a body in use only this keeps the run going until the final event.
        let hold = lp.hold().unwrap();
        let on_final = move |_lp: &Loop, result: Result<(), Error>| {
            last.add(format!("final {:?}", result.unwrap_err().code()));
            drop(hold);
        };
        let fetch = lp
            .with(Op::new().on_final(on_final))
            .http(request, move |_lp, response| {
                inner.add(format!("{:?}", response.unwrap_err().code()));
            })
            .unwrap();
        lp.set_timeout(ms(5), move |lp| lp.cancel(fetch).unwrap()).unwrap();
        assert_eq!(lp.run().unwrap(), 0);
        log.expect(&["Canceled", "final Canceled"]);
    }
}

#[test]
fn a_header_that_is_none_is_refused() {
    let lp = Loop::new().unwrap();
    for request in [
        Request::get("http://localhost/").header("A", "b\r\nC: d"),
        Request::get("http://localhost/").header("A", "b\0"),
        Request::get("http://localhost/").header("A b", "c"),
        Request::get("http://localhost/").header("A:", "c"),
        Request::get("http://localhost/").header("", "c"),
        Request::get("http://local\0host/"),
        Request::new("GE\0T", "http://localhost/"),
    ] {
        let error = lp.http(request, |_lp, _response| unreachable!()).unwrap_err();
        assert_eq!(error.code(), Code::Invalid);
    }
    assert_eq!(lp.alive().unwrap(), 0);
}

#[test]
fn a_connection_is_used_again() {
    let (sent, connections) = std::sync::mpsc::channel();
    let url = serve(move |mut stream| {
        sent.send(()).unwrap();
        while !read_head(&mut stream).is_empty() {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
    });
    let lp = Loop::new().unwrap();
    for _ in 0..3 {
        assert_eq!(fetch(&lp, Request::get(&url)).unwrap().body(), b"ok");
    }
    assert_eq!(connections.try_iter().count(), 1);
    fetch(&lp, Request::get(&url).no_keep_alive()).unwrap();
    fetch(&lp, Request::get(&url)).unwrap();
    assert_eq!(connections.try_iter().count(), 1, "the closed one is not used again");
}
