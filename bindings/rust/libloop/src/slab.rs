// SPDX-License-Identifier: MIT

//! The table of what is alive: one entry for each slot of the id blocks this host took.
//!
//! An entry is taken when an op is made and freed when the callback of its final event has
//! returned; then the slot's next generation may be used. The op's `user` is the entry's index.
//! No closure is run or dropped while the table is borrowed.

use std::any::Any;
use std::os::fd::{FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::sync::Arc;

use libloop_sys as sys;

use crate::event::Event;
use crate::{Code, Error, Id, Loop};

/// A callback that may come once.
pub(crate) type OnceFn = Box<dyn FnOnce(&Loop, &Event<'_>)>;
/// A callback that may come many times.
pub(crate) type ManyFn = Box<dyn FnMut(&Loop, &Event<'_>)>;
/// Called when an id ends with an error and its callback has no argument for it.
pub(crate) type ErrorFn = Box<dyn FnOnce(&Loop, Error)>;
/// Called at the final event.
pub(crate) type FinalFn = Box<dyn FnOnce(&Loop, Result<(), Error>)>;

pub(crate) enum Callback {
    Once(OnceFn),
    Many(ManyFn),
}

/// What the library uses until the final event. That event hands it to the callback (see
/// [`Event::take_kept`]); nobody looks at it before.
#[derive(Default)]
#[allow(dead_code)]
pub(crate) enum Keep {
    #[default]
    Nothing,
    Job(Arc<dyn Any + Send + Sync>),
    Body(Box<[u8]>),
    Bodies(Box<[Box<[u8]>]>),
    /// Buffers, and files whose descriptors must stay open.
    Lent(Box<dyn Any>),
    /// A descriptor that the library is asked to close.
    Closing(OwnedFd),
    /// A descriptor that the library is given; the number only, because it closes it.
    Given(RawFd),
}

impl Keep {
    /// What was lent, if it is of this type.
    pub(crate) fn lent<K: 'static>(self) -> Option<K> {
        let Keep::Lent(kept) = self else { return None };
        kept.downcast().ok().map(|kept| *kept)
    }

    /// What is left of it at the final event. A descriptor is closed by now unless the operation
    /// never began: that is sure only of one that was called off, or had no place in the queue,
    /// before there was an outcome. Where it is not sure, rather lose a number than close it twice.
    pub(crate) fn settle(self, raw: &sys::loop_event_t, in_use: bool) -> Keep {
        if let Keep::Given(fd) = self {
            // Never taken: the loop was closed before, or another id has it.
            let left = matches!(raw.status, sys::LOOP_ECLOSED | sys::LOOP_EEXIST);
            if !left {
                return Keep::Nothing;
            }
            // SAFETY: it was the caller's, who gave it away, and the library left it alone.
            return Keep::Closing(unsafe { OwnedFd::from_raw_fd(fd) });
        }
        let Keep::Closing(fd) = self else { return self };
        let muted = u32::from(raw.flags) & sys::LOOP_EV_MUTED != 0;
        let never_began = u32::from(raw.flags) & sys::LOOP_EV_REFUSED != 0
            || matches!(raw.status, sys::LOOP_ECANCELED | sys::LOOP_ETIMEDOUT | sys::LOOP_EFULL);
        if in_use || muted || !never_began {
            let _ = fd.into_raw_fd();
            return Keep::Nothing;
        }
        Keep::Closing(fd)
    }
}

/// The rarely used callbacks of an entry.
#[derive(Default)]
pub(crate) struct Extra {
    pub(crate) on_error: Option<ErrorFn>,
    pub(crate) on_final: Option<FinalFn>,
}

pub(crate) struct Entry {
    /// The id that lives here, or, when not live, the next one to use; 0 when the slot is spent.
    pub(crate) id: u64,
    pub(crate) callback: Option<Callback>,
    pub(crate) extra: Option<Box<Extra>>,
    pub(crate) keep: Keep,
    /// Delay or period of a timer that can be refreshed, else -1.
    pub(crate) delay_ns: i64,
    pub(crate) code: u16,
    pub(crate) live: bool,
    /// The callback takes no error: a failed id calls `extra.on_error` instead.
    pub(crate) plain: bool,
    /// Cleared: nothing of it is called again.
    pub(crate) muted: bool,
    /// The final event is in the batch: the engine has forgotten the id.
    pub(crate) ended: bool,
    /// The outcome was delivered; only the final event is still to come.
    pub(crate) decided: bool,
    pub(crate) referenced: bool,
    /// A stream that gets no more input.
    pub(crate) shut: bool,
    /// Its id is one that the library made, not of a block: a connection that was accepted.
    guest: bool,
}

/// What a new entry is made of.
pub(crate) struct NewEntry {
    pub(crate) code: u16,
    pub(crate) callback: Callback,
    pub(crate) extra: Option<Box<Extra>>,
    pub(crate) keep: Keep,
    pub(crate) delay_ns: i64,
    pub(crate) plain: bool,
    pub(crate) referenced: bool,
}

#[derive(Default)]
pub(crate) struct Slab {
    entries: Vec<Entry>,
    free: Vec<u32>,
    /// Free entries for ids that the library makes.
    guests: Vec<u32>,
}

impl Slab {
    /// How many ids to take when no entry is free: as many again as there are, within bounds.
    pub(crate) fn block(&self) -> Option<u32> {
        let block = self.entries.len().clamp(64, 65_536);
        self.free.is_empty().then_some(block as u32)
    }

    /// Adds the entries for a block of ids.
    pub(crate) fn grow(&mut self, first: u64, count: u32) {
        let start = self.entries.len() as u32;
        self.entries.extend((0..u64::from(count)).map(|i| Entry {
            id: first + i * sys::LOOP_ID_SLOT_STEP,
            callback: None,
            extra: None,
            keep: Keep::Nothing,
            delay_ns: -1,
            code: 0,
            live: false,
            plain: false,
            muted: false,
            ended: false,
            decided: false,
            referenced: false,
            shut: false,
            guest: false,
        }));
        // The lowest index is used first.
        self.free.extend((start..start + count).rev());
    }

    /// Takes a free entry. There must be one (see `block`).
    pub(crate) fn insert(&mut self, new: NewEntry, owner: u32) -> Id {
        let index = self.free.pop().expect("a block of ids was taken");
        let entry = &mut self.entries[index as usize];
        entry.callback = Some(new.callback);
        entry.extra = new.extra;
        entry.keep = new.keep;
        entry.delay_ns = new.delay_ns;
        entry.code = new.code;
        entry.plain = new.plain;
        entry.referenced = new.referenced;
        entry.live = true;
        entry.muted = false;
        entry.ended = false;
        entry.decided = false;
        entry.shut = false;
        Id { raw: entry.id, index, owner }
    }

    /// Takes an entry for an id that the library made. It has no callback yet.
    pub(crate) fn insert_guest(&mut self, id: u64, owner: u32) -> Id {
        let fresh = Entry {
            id,
            callback: None,
            extra: None,
            keep: Keep::Nothing,
            delay_ns: -1,
            code: sys::LOOP_OP_NET as u16,
            live: true,
            plain: false,
            muted: false,
            ended: false,
            decided: false,
            referenced: true,
            shut: false,
            guest: true,
        };
        let index = match self.guests.pop() {
            Some(index) => {
                self.entries[index as usize] = fresh;
                index
            }
            None => {
                self.entries.push(fresh);
                (self.entries.len() - 1) as u32
            }
        };
        Id { raw: id, index, owner }
    }

    /// Where the entry of an event is. That of a connection which has no callback yet is looked for:
    /// its events name the listener.
    pub(crate) fn locate(&self, event: &sys::loop_event_t) -> Option<u32> {
        let lives = |entry: &Entry| entry.live && entry.id == event.id;
        let named = usize::try_from(event.user).ok();
        if named.and_then(|at| self.entries.get(at)).is_some_and(lives) {
            return Some(event.user as u32);
        }
        if u32::from(event.code) != sys::LOOP_OP_NET {
            return None;
        }
        let found = self.entries.iter().position(|entry| entry.guest && lives(entry));
        found.map(|index| index as u32)
    }

    /// The entry where this id lives.
    pub(crate) fn get(&mut self, index: u64, id: u64) -> Option<&mut Entry> {
        let entry = self.entries.get_mut(usize::try_from(index).ok()?)?;
        (entry.live && entry.id == id).then_some(entry)
    }

    /// An entry by its index.
    pub(crate) fn at(&mut self, index: u32) -> &mut Entry {
        &mut self.entries[index as usize]
    }

    /// The entry a handle names, unless it ended or was cleared.
    pub(crate) fn find(&mut self, id: Id) -> Result<&mut Entry, Error> {
        self.get(u64::from(id.index), id.raw)
            .filter(|entry| !entry.muted)
            .ok_or_else(|| Code::BadId.into())
    }

    /// Ends an id whose `keep` was taken. Gives out what it owned, for the caller to drop without a
    /// borrow.
    pub(crate) fn remove(&mut self, index: u32) -> (Option<Callback>, Option<Box<Extra>>) {
        let entry = &mut self.entries[index as usize];
        entry.live = false;
        if entry.guest {
            entry.id = 0;
            self.guests.push(index);
        } else if entry.id & sys::LOOP_ID_GENERATION_MAX == sys::LOOP_ID_GENERATION_MAX {
            entry.id = 0; // spent: no id has the number 0
        } else {
            entry.id += 1;
            self.free.push(index);
        }
        (entry.callback.take(), entry.extra.take())
    }

    /// The entries that live and have no final event yet, with their indexes.
    pub(crate) fn rest(&mut self) -> impl Iterator<Item = (u32, &mut Entry)> {
        (0..).zip(&mut self.entries).filter(|(_, entry)| entry.live && !entry.ended)
    }

    /// Every entry, for the end of the loop.
    pub(crate) fn take_all(&mut self) -> Vec<Entry> {
        self.free.clear();
        std::mem::take(&mut self.entries)
    }
}
