// SPDX-License-Identifier: MIT

//! The worker pool.

use crate::{Outcome, Programs, from_environment, name, say_status, yes};
use libloop::{Error, Lane, Loop, Value};
use std::cell::Cell;
use std::ffi::{CString, c_void};
use std::rc::Rc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, mpsc};

pub const PROGRAMS: Programs = &[
    ("full_queue_is_an_error", full_queue_is_an_error),
    ("thousand_jobs_on_four_workers", thousand_jobs_on_four_workers),
    ("jobs_give_every_kind_of_value", jobs_give_every_kind_of_value),
    ("retained_data_outlives_its_event", retained_data_outlives_its_event),
];

fn full_queue_is_an_error() -> Outcome {
    let lp = Loop::builder().workers(1).queue_limit(2).build()?;
    let (open, gate) = mpsc::channel::<()>();
    let gate = Arc::new(Mutex::new(gate));
    let wait = move || {
        let gate = Arc::clone(&gate);
        move || -> Result<(), Error> {
            gate.lock().unwrap().recv().unwrap();
            Ok(())
        }
    };
    let first = wait();
    let remote = lp.remote();
    lp.work(
        "gate",
        move || -> Result<(), Error> {
            remote.post(move |lp| {
                lp.work("gate", wait(), say_status("job 2")).unwrap();
                lp.work("gate", wait(), say_status("job 3")).unwrap();
                lp.work("gate", wait(), move |_, result| {
                    println!("job 4: {}", name(&result));
                    for _ in 0..3 {
                        open.send(()).unwrap();
                    }
                })
                .unwrap();
            })?;
            first()
        },
        say_status("job 1"),
    )?;
    lp.run()?;
    lp.free()
}

fn thousand_jobs_on_four_workers() -> Outcome {
    let lp = Loop::new()?;
    let counters = Arc::new((AtomicI32::new(0), AtomicI32::new(0)));
    let results = Rc::new(Cell::new((0, 0)));
    for i in 1..=1000 {
        let (counters, results) = (Arc::clone(&counters), Rc::clone(&results));
        lp.work(
            "count",
            move || -> Result<i32, Error> {
                let (now_running, most) = &*counters;
                most.fetch_max(now_running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                now_running.fetch_sub(1, Ordering::SeqCst);
                Ok(i)
            },
            move |_, value| {
                let (count, sum) = results.get();
                results.set((count + 1, sum + value.unwrap()));
            },
        )?;
    }
    lp.run()?;
    let (count, sum) = results.get();
    let most = counters.1.load(Ordering::SeqCst);
    println!("{count} results, sum {sum}, at most 4 at once: {}", yes(most <= 4));
    lp.free()
}

fn jobs_give_every_kind_of_value() -> Outcome {
    let path = CString::new(from_environment("CONFORMANCE_JOBS")).unwrap();
    // SAFETY: the library is opened and stays open; the symbol is a loop_work_fn, as its header says.
    let make: unsafe extern "C" fn(*mut c_void, *mut libloop_sys::loop_value_t) -> i32 = unsafe {
        let library = libc::dlopen(path.as_ptr(), libc::RTLD_NOW);
        assert!(!library.is_null());
        let symbol = libc::dlsym(library, c"conformance_make_value".as_ptr());
        assert!(!symbol.is_null());
        std::mem::transmute(symbol)
    };
    let lp = Loop::builder().workers(1).build()?;
    for kind in 0..8_usize {
        // SAFETY: the function takes a number for its argument and follows no pointer.
        let function = unsafe { libloop_sys::WorkFn::new(make, kind as *mut c_void) };
        lp.work_fn(Lane::Host, "make", function, |_, value| match value {
            Ok(Value::Undefined | Value::Null) => println!("nothing"),
            Ok(Value::Bool(flag)) => println!("bool {flag}"),
            Ok(Value::Int(number)) => println!("int {number}"),
            Ok(Value::Double(number)) => println!("double {number:.1}"),
            Ok(Value::Bytes(bytes)) => {
                let hex: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                println!("bytes {}: {}", bytes.len(), hex.join(" "));
            }
            Ok(Value::String(text)) => println!("string {}: {text}", text.len()),
            Ok(other) => println!("{other:?}"),
            Err(error) => println!(
                "error {}, errno {}: {}",
                error.code().name(),
                error.os_errno().unwrap_or(0),
                error.text()
            ),
        })?;
    }
    lp.run()?;
    lp.free()
}

fn retained_data_outlives_its_event() -> Outcome {
    let lp = Loop::new()?;
    let kept = Rc::new(Cell::new(String::new()));
    let keep = Rc::clone(&kept);
    lp.work(
        "make",
        || Ok::<_, Error>("to be kept".to_owned()),
        move |_, text| {
            keep.set(text.unwrap());
        },
    )?;
    lp.run()?;
    lp.free()?;
    let kept = kept.take();
    println!("{} bytes: {kept}", kept.len());
    Ok(())
}
