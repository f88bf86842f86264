// SPDX-License-Identifier: MIT

//! The HTTP client.

use crate::{Outcome, Programs, from_environment, ms, name, say_status};
use libloop::{Error, Loop, Op, Part, Request, Response};
use std::cell::Cell;
use std::rc::Rc;

pub const PROGRAMS: Programs = &[
    ("http_get_gives_the_whole_response", http_get_gives_the_whole_response),
    ("http_request_sends_method_headers_body", http_request_sends_method_headers_body),
    ("http_stream_gives_head_chunks_end", http_stream_gives_head_chunks_end),
    ("http_redirects_only_when_asked", http_redirects_only_when_asked),
    ("http_errors_have_names", http_errors_have_names),
    ("http_cancel_ends_a_request", http_cancel_ends_a_request),
    ("http_takes_roots_and_proxy_from_options", http_takes_roots_and_proxy_from_options),
    ("http_uses_connections_again", http_uses_connections_again),
];

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn http_get_gives_the_whole_response() -> Outcome {
    let lp = Loop::new()?;
    lp.http_get(&from_environment("CONFORMANCE_HELLO"), |_, response| {
        let status = name(&response);
        let response = response.unwrap();
        println!("status {}, {status}", response.status());
        println!("x-greeting: {}", text(response.header("x-greeting").unwrap()));
        let missing = response.header("x-missing").map_or("LOOP_ENOENT", |_| "there");
        println!("x-missing: {missing}");
        println!("body: {}", text(response.body()));
    })?;
    lp.run()?;
    lp.free()
}

fn http_request_sends_method_headers_body() -> Outcome {
    let lp = Loop::new()?;
    let request = Request::new("PUT", from_environment("CONFORMANCE_ECHO"))
        .header("X-One", "1")
        .body("some \u{fc}");
    lp.http(request, |_, response| {
        let response = response.unwrap();
        println!("{}: {}", response.status(), text(response.body()));
    })?;
    lp.run()?;
    lp.free()
}

fn http_stream_gives_head_chunks_end() -> Outcome {
    let lp = Loop::new()?;
    let counts = Rc::new(Cell::new((0, 0)));
    let add = Rc::clone(&counts);
    let request = Request::get(from_environment("CONFORMANCE_MEGABYTE"));
    lp.http_stream(request, move |_, part| match &part {
        Ok(Part::Head(head)) => println!("head: {}", head.status()),
        Ok(Part::Body(chunk)) => {
            let (bytes, sum) = add.get();
            let more: u64 = chunk.iter().copied().map(u64::from).sum();
            add.set((bytes + chunk.len(), sum + more));
        }
        Ok(Part::End) | Err(_) => println!("end: {}, 0 bytes at the end", name(&part)),
    })?;
    lp.run()?;
    lp.free()?;
    let (bytes, sum) = counts.get();
    println!("{bytes} bytes, sum {sum}");
    Ok(())
}

fn http_redirects_only_when_asked() -> Outcome {
    fn say_response(what: &'static str) -> impl FnOnce(&Loop, Result<Response, Error>) + 'static {
        move |_, response| {
            let status = name(&response);
            println!("{what}: {} {status}", response.map_or(0, |response| response.status()));
        }
    }
    let lp = Loop::new()?;
    let url = from_environment("CONFORMANCE_REDIRECT");
    lp.http_get(&url, say_response("not asked"))?;
    lp.run()?;
    lp.http(Request::get(url).follow_redirects(10), say_response("asked"))?;
    lp.run()?;
    let circle = Request::get(from_environment("CONFORMANCE_CIRCLE")).follow_redirects(3);
    lp.http(circle, say_response("in a circle"))?;
    lp.run()?;
    lp.free()
}

fn http_errors_have_names() -> Outcome {
    let lp = Loop::new()?;
    lp.http_get(&from_environment("CONFORMANCE_REFUSED"), say_status("refused"))?;
    lp.run()?;
    lp.with(Op::new().deadline(ms(20)))
        .http_get(&from_environment("CONFORMANCE_STALL"), say_status("stalled"))?;
    lp.run()?;
    lp.http_get(&from_environment("CONFORMANCE_CUT"), say_status("cut off"))?;
    lp.run()?;
    lp.http_get(&from_environment("CONFORMANCE_GARBAGE"), say_status("garbage"))?;
    lp.run()?;
    let megabyte = Request::get(from_environment("CONFORMANCE_MEGABYTE")).max_body(1000);
    lp.http(megabyte, say_status("body too big"))?;
    lp.run()?;
    lp.http_get(&from_environment("CONFORMANCE_ENDLESS"), say_status("endless header"))?;
    lp.run()?;
    lp.http_get("no url at all", say_status("bad url"))?;
    lp.run()?;
    lp.free()
}

fn http_cancel_ends_a_request() -> Outcome {
    let lp = Loop::new()?;
    let request = lp.http_get(&from_environment("CONFORMANCE_STALL"), say_status("request"))?;
    lp.set_timeout(ms(10), move |lp| lp.cancel(request).unwrap())?;
    lp.run()?;
    lp.free()
}

fn http_takes_roots_and_proxy_from_options() -> Outcome {
    fn get(lp: Loop, request: Request, what: &'static str) -> Outcome {
        lp.http(request, move |_, response| match &response {
            Ok(found) => println!("{what}: {}, {}", name(&response), text(found.body())),
            Err(_) => println!("{what}: {}", name(&response)),
        })?;
        lp.run()?;
        lp.free()
    }
    let secure = || Request::get(from_environment("CONFORMANCE_SECURE"));
    let roots = std::fs::read(from_environment("CONFORMANCE_ROOTS")).unwrap();
    let proxy = from_environment("CONFORMANCE_PROXY");
    get(Loop::new()?, secure(), "the system's roots")?;
    get(Loop::new()?, secure().accept_any_certificate(), "any certificate")?;
    get(Loop::builder().ca_pem(roots).build()?, secure(), "the roots given")?;
    let page = Request::get("http://example.invalid/page");
    get(Loop::builder().http_proxy(proxy).build()?, page, "through the proxy")
}

fn http_uses_connections_again() -> Outcome {
    let lp = Loop::new()?;
    for number in 1..=4 {
        let request = Request::get(from_environment("CONFORMANCE_COUNT"));
        let request = if number == 3 { request.no_keep_alive() } else { request };
        lp.http(request, |_, response| println!("{}", text(response.unwrap().body())))?;
        lp.run()?;
    }
    lp.free()
}
