// SPDX-License-Identifier: MIT

//! Names.

mod common;

use std::cell::RefCell;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use common::FAR;
use libloop::dns::{Address, Data, Dns, Family, Order, Reason, Record, RecordType};
use libloop::{Code, Error, Loop, Op, Question};

/// A server that answers a question for MX with one record, and other names with what their first
/// part says. It ends with the test program.
fn server() -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    thread::spawn(move || {
        let mut message = [0; 1500];
        while let Ok((len, from)) = socket.recv_from(&mut message) {
            let question = &message[..len];
            let mut end = 12;
            while question[end] != 0 {
                end += 1 + usize::from(question[end]);
            }
            let mut answer = question[..end + 5].to_vec();
            answer[2..4].copy_from_slice(&[0x81, 0x80]);
            answer[6..12].fill(0);
            let word = &question[13..13 + usize::from(question[12])];
            match word {
                b"silent" => continue,
                b"missing" => answer[3] |= 3,
                b"failing" => answer[3] |= 2,
                b"nothing" => (),
                _ => {
                    let kind = [question[end + 1], question[end + 2]];
                    let data: &[u8] = match u16::from_be_bytes(kind) {
                        1 => &[192, 0, 2, 1],
                        2 | 5 | 12 => b"\x04name\0",
                        6 => {
                            b"\x02ns\0\x05admin\0\0\0\0\x01\0\0\0\x02\0\0\0\x03\0\0\0\x04\0\0\0\x05"
                        }
                        15 => b"\0\x0a\x04mail\xc0\x0c",
                        16 => b"\x03one\x03t\0o\0",
                        28 => b"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01",
                        33 => b"\0\x01\0\x02\0\x03\x04host\0",
                        35 => b"\0\x01\0\x02\x01s\x07SIP+D2U\x02!!\x03sip\0",
                        _ => b"\x80\x05issueca.test",
                    };
                    answer[7] = 1;
                    answer.extend([0xc0, 12, kind[0], kind[1], 0, 1, 0, 0, 0, 60, 0]);
                    answer.push(u8::try_from(data.len()).unwrap());
                    answer.extend(data);
                }
            }
            socket.send_to(&answer, from).unwrap();
        }
    });
    address
}

/// Runs one question to its end.
fn wait<T: 'static>(
    lp: &Loop,
    start: impl FnOnce(Dns<'_>, Box<dyn FnOnce(&Loop, Result<T, Error>)>) -> Result<Question, Error>,
) -> Result<T, Error> {
    let heard = Rc::new(RefCell::new(None));
    let told = heard.clone();
    start(
        lp.dns(),
        Box::new(move |_lp, result| assert!(told.borrow_mut().replace(result).is_none())),
    )?;
    lp.run().unwrap();
    heard.take().expect("an answer")
}

fn query(lp: &Loop, server: &str, name: &str, kind: RecordType) -> Result<Vec<Record>, Error> {
    wait(lp, |dns, done| dns.servers([server]).tries(1).patience(FAR).query(name, kind, done))
}

#[test]
fn every_type_of_record_has_its_fields() {
    let (lp, server) = (Loop::new().unwrap(), server());
    let name = || "name".to_owned();
    for (kind, want) in [
        (RecordType::A, Data::A(Ipv4Addr::new(192, 0, 2, 1))),
        (RecordType::Aaaa, Data::Aaaa("2001:db8::1".parse().unwrap())),
        (RecordType::Ns, Data::Ns(name())),
        (RecordType::Cname, Data::Cname(name())),
        (RecordType::Ptr, Data::Ptr(name())),
        (RecordType::Mx, Data::Mx { priority: 10, exchange: "mail.a.test".into() }),
        (RecordType::Txt, Data::Txt(vec![b"one".to_vec(), b"t\0o".to_vec(), vec![]])),
        (RecordType::Srv, Data::Srv { priority: 1, weight: 2, port: 3, target: "host".into() }),
        (
            RecordType::Caa,
            Data::Caa { flags: 128, tag: "issue".into(), value: b"ca.test".to_vec() },
        ),
        (
            RecordType::Soa,
            Data::Soa {
                primary: "ns".into(),
                mailbox: "admin".into(),
                serial: 1,
                refresh: 2,
                retry: 3,
                expire: 4,
                minimum: 5,
            },
        ),
        (
            RecordType::Naptr,
            Data::Naptr {
                order: 1,
                preference: 2,
                flags: "s".into(),
                service: "SIP+D2U".into(),
                regexp: "!!".into(),
                replacement: "sip".into(),
            },
        ),
    ] {
        let records = query(&lp, &server, "a.test", kind).unwrap();
        assert_eq!(records, [Record { ttl: 60, data: want }]);
    }
}

#[test]
fn no_answer_says_why() {
    let (lp, server) = (Loop::new().unwrap(), server());
    for (name, reason) in [
        ("missing.test", Reason::NotFound),
        ("nothing.test", Reason::NoData),
        ("failing.test", Reason::ServerFailure),
        ("a..test", Reason::BadName),
        ("", Reason::BadName),
    ] {
        let error = query(&lp, &server, name, RecordType::Mx).unwrap_err();
        assert_eq!((error.code(), error.dns_reason()), (Code::Dns, Some(reason)));
        assert_eq!(error.os_errno(), None);
        assert!(error.text().starts_with(&format!("dns MX {name}: ")), "{error}");
    }
    assert_eq!(Error::from(Code::Dns).dns_reason(), None);
}

#[test]
fn an_address_is_its_own_answer() {
    let lp = Loop::new().unwrap();
    let one = |name: &'static str| -> Address {
        let all = wait(&lp, |dns, done| dns.lookup(name, done)).unwrap();
        assert_eq!(all.len(), 1);
        all[0]
    };
    assert_eq!(one("192.0.2.1").with_port(7), "192.0.2.1:7".parse::<SocketAddr>().unwrap());
    let six = one("fe80::1%7");
    assert_eq!((six.ip(), six.scope()), ("fe80::1".parse::<IpAddr>().unwrap(), 7));
    assert!(matches!(six.with_port(7), SocketAddr::V6(it) if it.scope_id() == 7));
    let none = wait(&lp, |dns, done| dns.family(Family::V6).lookup("192.0.2.1", done));
    assert_eq!(none.unwrap_err().dns_reason(), Some(Reason::NotFound));
}

#[test]
fn localhost_comes_in_the_order_asked_for() {
    let lp = Loop::new().unwrap();
    let (four, six) = (IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST));
    for (order, want) in [(Order::V4First, [four, six]), (Order::V6First, [six, four])] {
        let all = wait(&lp, |dns, done| dns.order(order).lookup("any.localhost", done)).unwrap();
        assert!(all.iter().map(Address::ip).eq(want));
    }
}

#[test]
fn an_address_has_names() {
    let (lp, server) = (Loop::new().unwrap(), server());
    let names = wait(&lp, |dns, done| {
        dns.servers([&server]).tries(1).patience(FAR).reverse("192.0.2.1", done)
    });
    assert_eq!(names.unwrap(), ["name"]);
    let names = wait(&lp, |dns, done| dns.reverse("127.0.0.1", done)).unwrap();
    assert!(names.iter().any(|it| it == "localhost")); // of the hosts file
    let error = wait(&lp, |dns, done| dns.reverse("a.test", done)).unwrap_err();
    assert_eq!(error.code(), Code::Invalid);
}

#[test]
fn cancel_deadline_and_the_end_of_a_loop_end_the_asking() {
    let (lp, server) = (Loop::new().unwrap(), server());
    let heard = Rc::new(RefCell::new(Vec::new()));
    let ask = |lp: &Loop, op: Op| {
        let heard = heard.clone();
        lp.with(op)
            .dns()
            .servers([&server])
            .tries(1)
            .patience(FAR)
            .query("silent.test", RecordType::A, move |_lp, records| {
                let error = records.unwrap_err();
                heard.borrow_mut().push((error.code(), error.text().to_owned()));
            })
            .unwrap()
    };
    let text = || "dns A silent.test".to_owned();
    let question = ask(&lp, Op::new());
    lp.set_timeout(Duration::from_millis(1), move |lp| lp.cancel(question).unwrap()).unwrap();
    lp.run().unwrap();
    assert_eq!(heard.take(), [(Code::Canceled, text())]);
    ask(&lp, Op::new().deadline(Duration::from_millis(1)));
    lp.run().unwrap();
    assert_eq!(heard.take(), [(Code::TimedOut, text())]);
    let question = ask(&lp, Op::new().unreferenced());
    lp.run().unwrap();
    lp.clear(question).unwrap();
    lp.run().unwrap();
    assert!(heard.take().is_empty());
    ask(&lp, Op::new());
    drop(lp);
    assert!(heard.take().is_empty()); // a loop that is dropped calls nothing
}

#[test]
fn silence_of_every_server_is_a_timeout() {
    let (lp, server) = (Loop::new().unwrap(), server());
    let soon = Duration::from_millis(1);
    let error = wait(&lp, |dns, done| {
        dns.servers([&server]).tries(2).patience(soon).query("silent.test", RecordType::A, done)
    })
    .unwrap_err();
    assert_eq!(error.code(), Code::TimedOut);
    assert_eq!(error.text(), format!("dns A silent.test: no answer: {server}"));
}

#[test]
fn what_is_no_question_is_refused() {
    let lp = Loop::new().unwrap();
    let never = |_: &Loop, _: Result<Vec<Record>, Error>| unreachable!();
    let hour = Duration::from_secs(3600);
    let nanosecond = Duration::from_nanos(1);
    for refused in [
        lp.dns().query("a\0b", RecordType::A, never),
        lp.dns().family(Family::V4).query("a", RecordType::A, never),
        lp.dns().order(Order::V4First).query("a", RecordType::A, never),
        lp.dns().servers(["\0"]).query("a", RecordType::A, never),
        lp.dns().tries(101).query("a", RecordType::A, never),
        lp.dns().patience(hour + nanosecond).query("a", RecordType::A, never),
        lp.dns().servers(["127.0.0.1"]).lookup("a", |_, _| unreachable!()),
        lp.dns().tries(1).lookup("a", |_, _| unreachable!()),
        lp.dns().patience(hour).lookup("a", |_, _| unreachable!()),
        lp.dns().family(Family::V6).reverse("::1", |_, _| unreachable!()),
    ] {
        assert_eq!(refused.unwrap_err().code(), Code::Invalid);
    }
    for servers in [&[][..], &["localhost"], &["127.0.0.1:0"]] {
        let error = wait(&lp, |dns, done| dns.servers(servers).query("a", RecordType::A, done));
        assert_eq!(error.unwrap_err().code(), Code::Invalid);
    }
}
