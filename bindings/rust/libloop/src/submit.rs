// SPDX-License-Identifier: MIT

//! The op array: what was asked for since the last turn.

use std::any::Any;
use std::borrow::Cow;
use std::ptr;

use libloop_sys as sys;

use crate::slab::NewEntry;
use crate::{Code, Error, Handle, Id, Loop, fork};

/// An array this long is submitted at once.
const SUBMIT_AT: usize = 4096;
/// What the array shrinks to after a burst.
const SMALL: usize = 256;
/// Bytes of one block of copies.
const BLOCK: usize = 65_536;
/// Addresses of one block of copies.
const ADDRESSES: usize = 256;
/// As many blocks are kept for the next turns; with more full the ops are submitted at once.
const BLOCKS: usize = 16;
/// The `user` of ops that name nothing, so that their refusals concern no entry.
pub(crate) const NO_USER: u64 = u64::MAX - 1;

#[derive(Default)]
pub(crate) struct Ops {
    list: Vec<sys::loop_op_t>,
    /// What ops of the list point to, kept until they are taken.
    data: Vec<Box<dyn Any>>,
    /// Copies of what is sent, in blocks that never move.
    blocks: Vec<Vec<u8>>,
    /// Copies of addresses, in blocks that never move.
    addresses: Vec<Vec<sys::loop_address_t>>,
    /// The block that is being filled.
    filling: usize,
    /// Turns in a row that needed a small part of the array.
    quiet: u32,
}

impl Ops {
    pub(crate) fn as_ptr(&self) -> *const sys::loop_op_t {
        self.list.as_ptr()
    }

    pub(crate) fn len(&self) -> u32 {
        self.list.len() as u32
    }

    /// Copies bytes to where they stay until the ops are taken.
    fn copy(&mut self, bytes: &[u8]) -> *const std::ffi::c_void {
        let fits = |block: &Vec<u8>| block.capacity() - block.len() >= bytes.len();
        while self.blocks.get(self.filling).is_some_and(|block| !fits(block)) {
            self.filling += 1;
        }
        if self.filling == self.blocks.len() {
            self.blocks.push(Vec::with_capacity(bytes.len().max(BLOCK)));
        }
        let block = &mut self.blocks[self.filling];
        let at = block.len();
        block.extend_from_slice(bytes); // there is room: it does not move
        block[at..].as_ptr().cast()
    }

    /// Copies an address to where it stays until the ops are taken.
    fn copy_address(&mut self, address: &sys::loop_address_t) -> *const sys::loop_address_t {
        if self.addresses.last().is_none_or(|block| block.len() == ADDRESSES) {
            self.addresses.push(Vec::with_capacity(ADDRESSES));
        }
        let block = self.addresses.last_mut().expect("there is one");
        block.push(*address); // there is room: it does not move
        &raw const block[block.len() - 1]
    }

    /// The library took the ops.
    pub(crate) fn taken(&mut self) {
        let spacious = self.list.capacity() > SMALL && self.list.len() < SMALL / 4;
        self.quiet = if spacious { self.quiet + 1 } else { 0 };
        self.list.clear();
        self.data.clear();
        self.blocks.truncate(BLOCKS);
        self.blocks.retain(|block| block.capacity() == BLOCK);
        self.blocks.iter_mut().for_each(Vec::clear);
        self.filling = 0;
        self.addresses.truncate(1);
        self.addresses.iter_mut().for_each(Vec::clear);
        if self.quiet >= 64 {
            self.list.shrink_to(SMALL);
            self.data.shrink_to(SMALL);
            self.quiet = 0;
        }
    }
}

/// What an op is made of beyond its entry.
pub(crate) struct OpParts {
    pub(crate) flags: u32,
    pub(crate) len: u32,
    pub(crate) target: u64,
    pub(crate) data: *const std::ffi::c_void,
    pub(crate) arg: i64,
    pub(crate) timeout_ns: i64,
    pub(crate) label: Option<Cow<'static, str>>,
    /// What `data` points to, if it must live until the op is taken.
    pub(crate) owned: Option<Box<dyn Any>>,
}

impl Default for OpParts {
    fn default() -> OpParts {
        OpParts {
            flags: 0,
            len: 0,
            target: 0,
            data: ptr::null(),
            arg: 0,
            timeout_ns: 0,
            label: None,
            owned: None,
        }
    }
}

impl Loop {
    /// Says why nothing can be started on this loop, if so.
    pub(crate) fn usable(&self) -> Result<(), Error> {
        self.sound()?;
        if self.shared.is_closed() { Err(Code::Closed.into()) } else { Ok(()) }
    }

    /// The same for what a closed loop still takes.
    pub(crate) fn sound(&self) -> Result<(), Error> {
        fork::check()?;
        self.broken.borrow().as_ref().map_or(Ok(()), |error| Err(error.clone()))
    }

    /// Names a new id, gives it its callbacks, and queues its op.
    pub(crate) fn register(&self, new: NewEntry, parts: OpParts) -> Result<Id, Error> {
        self.usable()?;
        let (code, referenced) = (new.code, new.referenced);
        let block = self.slab.borrow().block();
        if let Some(count) = block {
            let mut first = 0;
            // SAFETY: on the loop's thread, with room for one id.
            let rc = unsafe { sys::loop_take_ids(self.raw(), count, &raw mut first) };
            self.checked(rc)?;
            self.slab.borrow_mut().grow(first, count);
        }
        let id = self.slab.borrow_mut().insert(new, self.owner);
        let unreferenced = if referenced { 0 } else { sys::LOOP_OPF_UNREF };
        let mut ops = self.ops.borrow_mut();
        if let Some(label) = parts.label {
            // A box of its own, so that the address stays when the list of boxes moves.
            let label: Box<str> = label.into();
            ops.list.push(sys::loop_op {
                code: sys::LOOP_OP_LABEL as u16,
                len: u32::try_from(label.len()).unwrap_or(u32::MAX),
                data: label.as_ptr().cast(),
                user: NO_USER,
                ..Default::default()
            });
            ops.data.push(Box::new(label));
        }
        ops.data.extend(parts.owned);
        ops.list.push(sys::loop_op {
            code,
            flags: (parts.flags | unreferenced) as u16,
            len: parts.len,
            id: id.raw,
            target: parts.target,
            user: u64::from(id.index),
            cb: None,
            data: parts.data,
            arg: parts.arg,
            timeout_ns: parts.timeout_ns,
        });
        drop(ops);
        self.submit_if_due();
        Ok(id)
    }

    /// Queues a control op.
    pub(crate) fn control(&self, code: u32, target: Id, len: u32, arg: i64) {
        if self.shared.is_closed() {
            return; // everything ends anyway
        }
        self.ops.borrow_mut().list.push(sys::loop_op {
            code: code as u16,
            len,
            target: target.raw,
            user: NO_USER,
            arg,
            ..Default::default()
        });
        self.submit_if_due();
    }

    /// Queues an op without an id of its own, and what it sends: lent until the next turn, or copied.
    pub(crate) fn push(&self, mut op: sys::loop_op, bytes: &[u8], lent: bool) {
        if self.shared.is_closed() {
            return; // everything ends anyway
        }
        let mut ops = self.ops.borrow_mut();
        Self::fill(&mut ops, &mut op, bytes, lent);
        ops.list.push(op);
        drop(ops);
        self.submit_if_due();
    }

    /// The same with a record beside the bytes, which is copied: the op's `arg` is its address.
    pub(crate) fn push_with(
        &self,
        mut op: sys::loop_op,
        bytes: &[u8],
        lent: bool,
        record: &sys::loop_address_t,
    ) {
        if self.shared.is_closed() {
            return;
        }
        let mut ops = self.ops.borrow_mut();
        op.arg = ops.copy_address(record) as i64;
        Self::fill(&mut ops, &mut op, bytes, lent);
        ops.list.push(op);
        drop(ops);
        self.submit_if_due();
    }

    fn fill(ops: &mut Ops, op: &mut sys::loop_op, bytes: &[u8], lent: bool) {
        op.len = if bytes.is_empty() { op.len } else { bytes.len() as u32 };
        op.data = match (bytes.is_empty(), lent) {
            (true, _) => ptr::null(),
            (_, true) => bytes.as_ptr().cast(),
            _ => ops.copy(bytes),
        };
    }

    /// Submits a long array, and every op while tracing is on. An error shows in the next turn: the
    /// ops stay queued.
    fn submit_if_due(&self) {
        let long = {
            let ops = self.ops.borrow();
            ops.list.len() >= SUBMIT_AT || ops.filling >= BLOCKS
        };
        if self.tracing.get() || long {
            let _ = self.submit();
        }
    }

    /// Hands the queued ops to the engine and does nothing else. The batch being delivered stays.
    pub(crate) fn submit(&self) -> Result<(), Error> {
        if self.ops.borrow().list.is_empty() {
            return Ok(());
        }
        self.turn(sys::LOOP_TURN_SUBMIT, 0).map(drop)
    }

    /// The entry's id, if it is of this loop.
    pub(crate) fn own(&self, handle: impl Handle) -> Result<Id, Error> {
        fork::check()?;
        let id = handle.id();
        if id.owner == self.owner { Ok(id) } else { Err(Code::BadId.into()) }
    }
}
