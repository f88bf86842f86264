// SPDX-License-Identifier: MIT

//! One loop on each core.

use std::sync::Mutex;
use std::thread;

use crate::{Error, Loop, Remote};

/// The loops of [`run_threads`], to stop them when one has failed.
struct Group {
    remotes: Vec<Remote>,
    failed: bool,
}

/// Stops the others when the thread of a loop ends with an error or a panic.
struct Member<'a> {
    group: &'a Mutex<Group>,
    well: bool,
}

impl Member<'_> {
    fn join(&self, lp: &Loop) {
        let mut group = lock(self.group);
        group.remotes.push(lp.remote());
        if group.failed {
            // A stop before a run ends that at once.
            let _ = lp.remote().stop();
        }
    }
}

impl Drop for Member<'_> {
    fn drop(&mut self) {
        if !self.well {
            let mut group = lock(self.group);
            group.failed = true;
            for remote in &group.remotes {
                // One that has ended needs no stop.
                let _ = remote.stop();
            }
        }
    }
}

fn lock(group: &Mutex<Group>) -> std::sync::MutexGuard<'_, Group> {
    group.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Makes a loop on each of so many threads, calls `start(lp, number)` there, with 0, 1, ..., runs the
/// loop, and waits until all have ended. With listeners that share a port
/// ([`Net::reuseport`](crate::net::Net::reuseport)) this is the way to use all cores.
///
/// When `start` or a run fails, or a callback panics, the other loops are stopped.
///
/// # Errors
///
/// The first error of `start`, of [`Loop::new`] and [`Loop::run`], in the order of the numbers.
///
/// # Panics
///
/// With the panic of a thread.
///
/// # Examples
///
/// ```
/// use std::sync::atomic::{AtomicUsize, Ordering};
///
/// let sum = AtomicUsize::new(0);
/// libloop::run_threads(4, |lp, number| {
///     let sum = &sum;
///     sum.fetch_add(number, Ordering::Relaxed);
///     lp.set_immediate(|_lp| println!("one of four loops")).map(drop)
/// })?;
/// assert_eq!(sum.into_inner(), 6);
/// # Ok::<(), libloop::Error>(())
/// ```
pub fn run_threads<E>(
    count: usize,
    start: impl Fn(&Loop, usize) -> Result<(), E> + Sync,
) -> Result<(), E>
where
    E: From<Error> + Send,
{
    let group = Mutex::new(Group { remotes: Vec::new(), failed: false });
    let one = |number: usize| -> Result<(), E> {
        let mut member = Member { group: &group, well: false };
        let lp = Loop::new()?;
        member.join(&lp);
        start(&lp, number)?;
        lp.run()?;
        member.well = true;
        Ok(())
    };
    let one = &one;
    thread::scope(|scope| {
        let threads: Vec<_> = (0..count).map(|number| scope.spawn(move || one(number))).collect();
        let mut result = Ok(());
        let mut panic = None;
        for thread in threads {
            match thread.join() {
                Ok(ended) => result = result.and(ended),
                Err(payload) => panic = panic.or(Some(payload)),
            }
        }
        if let Some(payload) = panic {
            std::panic::resume_unwind(payload);
        }
        result
    })
}
