// SPDX-License-Identifier: MIT

//! Names.

use crate::{FAR_AWAY, Outcome, Programs, from_environment, ms};
use libloop::dns::{Address, Data, Dns, Family, Order, Record, RecordType};
use libloop::{Error, Loop, Op};

pub const PROGRAMS: Programs = &[
    ("names_have_records", names_have_records),
    ("names_without_answer_say_why", names_without_answer_say_why),
];

/// Questions to the runner's server, which are patient with it.
fn ask(lp: &Loop) -> Dns<'_> {
    patient(lp.dns())
}

fn patient(dns: Dns<'_>) -> Dns<'_> {
    dns.servers([from_environment("CONFORMANCE_DNS")]).tries(1).patience(FAR_AWAY)
}

fn say_record(record: Record) {
    let ttl = record.ttl;
    match record.data {
        Data::A(ip) => println!("address {ip}, ttl {ttl}"),
        Data::Aaaa(ip) => println!("address {ip}, ttl {ttl}"),
        Data::Mx { priority, exchange } => println!("mx {priority} {exchange}, ttl {ttl}"),
        Data::Srv { priority, weight, port, target } => {
            println!("srv {priority} {weight} {port} {target}");
        }
        Data::Soa { primary, mailbox, serial, refresh, retry, expire, minimum } => {
            println!("soa {primary} {mailbox} {serial} {refresh} {retry} {expire} {minimum}");
        }
        Data::Caa { flags, tag, value } => {
            println!("caa {flags} {tag} {}", String::from_utf8_lossy(&value));
        }
        Data::Naptr { order, preference, flags, service, regexp, replacement } => {
            println!("naptr {order} {preference} {flags} {service} {regexp} {replacement}");
        }
        Data::Txt(texts) => texts.iter().for_each(|it| println!("txt of {} bytes", it.len())),
        Data::Ns(name) | Data::Cname(name) | Data::Ptr(name) => println!("name {name}"),
        other => println!("unexpected {other:?}"),
    }
}

fn say_addresses(_lp: &Loop, addresses: Result<Vec<Address>, Error>) {
    for address in addresses.unwrap() {
        println!("address {}, ttl 0", address.ip());
    }
}

fn names_have_records() -> Outcome {
    use RecordType::{A, Aaaa, Caa, Cname, Mx, Naptr, Ns, Soa, Srv, Txt};
    let lp = Loop::new()?;
    for kind in [A, Aaaa, Mx, Srv, Soa, Caa, Naptr, Txt, Ns, Cname] {
        ask(&lp).query("a.test", kind, |_, records| {
            records.unwrap().into_iter().for_each(say_record);
        })?;
        lp.run()?;
    }
    ask(&lp).query("long.test", Txt, |_, records| {
        println!("{} texts over TCP", records.unwrap().len());
    })?;
    lp.run()?;
    ask(&lp).reverse("192.0.2.1", |_, names| {
        names.unwrap().iter().for_each(|it| println!("name {it}"));
    })?;
    lp.run()?;
    lp.dns().lookup("2001:DB8::1", say_addresses)?;
    lp.run()?;
    lp.dns().order(Order::V4First).lookup("any.localhost", say_addresses)?;
    lp.run()?;
    lp.free()
}

fn say_end<T>(_lp: &Loop, result: Result<Vec<T>, Error>) {
    let Err(error) = result else { return println!("unexpected answer") };
    let text = error.text().split(": 127.0.0.1").next().unwrap_or_default();
    println!("{}, {text}", error.code().name());
}

fn names_without_answer_say_why() -> Outcome {
    let lp = Loop::new()?;
    for name in [
        "missing.test",
        "nothing.test",
        "failing.test",
        "refused.test",
        "garbled.test",
        "circle.test",
        "a..test",
        "",
    ] {
        ask(&lp).query(name, RecordType::Mx, say_end)?;
        lp.run()?;
    }
    lp.dns().family(Family::V6).lookup("192.0.2.1", say_end)?;
    lp.run()?;
    lp.dns().lookup("127.1", say_end)?;
    lp.run()?;
    lp.dns().reverse("localhost", say_end)?;
    lp.run()?;
    let soon = lp.with(Op::new().deadline(ms(20)));
    patient(soon.dns()).query("silent.test", RecordType::A, say_end)?;
    lp.run()?;
    let question = ask(&lp).query("silent.test", RecordType::A, say_end)?;
    lp.cancel(question)?;
    lp.run()?;
    ask(&lp).patience(ms(1)).query("silent.test", RecordType::A, say_end)?;
    lp.run()?;
    lp.free()
}
