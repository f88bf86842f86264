// SPDX-License-Identifier: MIT

//! Runs many requests of crypto at once and gives what each came to, in their order.

use std::cell::RefCell;
use std::rc::Rc;

use libloop::{Crypto, CryptoJob, Error, Loop};

/// The closure that a request is given.
pub type Done<T> = Box<dyn FnOnce(&Loop, Result<T, Error>)>;

/// Starts a request for each item and runs the loop until all have come.
///
/// # Panics
///
/// When a request cannot be started, or does not come exactly once.
pub fn all<I, T: 'static>(
    items: &[I],
    start: impl Fn(Crypto<'_>, &I, Done<T>) -> Result<CryptoJob, Error>,
) -> Vec<Result<T, Error>> {
    let lp = Loop::new().expect("a loop");
    let came: Rc<RefCell<Vec<Option<Result<T, Error>>>>> = Rc::default();
    came.borrow_mut().resize_with(items.len(), || None);
    for (index, item) in items.iter().enumerate() {
        let slot = Rc::clone(&came);
        let done = move |_lp: &Loop, value| {
            assert!(slot.borrow_mut()[index].replace(value).is_none(), "it came twice");
        };
        start(lp.crypto(), item, Box::new(done)).expect("a request that can be started");
    }
    assert_eq!(lp.run().expect("a run"), 0);
    lp.free().expect("the end of the loop");
    came.take().into_iter().map(|value| value.expect("it came")).collect()
}
