// SPDX-License-Identifier: MIT

//! Hashes that are fed piece by piece.

use libloop_sys as sys;

use crate::slab::{Callback, Keep, NewEntry};
use crate::submit::OpParts;
use crate::{Code, CryptoJob, Error, HashStream, Loop};

impl HashStream {
    /// Hashes the next piece; `done` gets how many bytes were taken.
    ///
    /// # Errors
    ///
    /// [`Code::BadId`] (it has ended), [`Code::TooBig`] (4 GiB or more at once), [`Code::Closed`],
    /// [`Code::Fork`], [`Code::NoMemory`].
    pub fn write(
        self,
        lp: &Loop,
        data: impl Into<Vec<u8>>,
        done: impl FnOnce(&Loop, Result<u64, Error>) + 'static,
    ) -> Result<CryptoJob, Error> {
        let target = lp.own(self)?;
        lp.slab.borrow_mut().find(target)?;
        let data = data.into().into_boxed_slice();
        let len = u32::try_from(data.len()).map_err(|_| Error::from(Code::TooBig))?;
        let parts = OpParts {
            flags: sys::LOOP_OPF_BORROWED,
            len,
            target: target.raw,
            data: data.as_ptr().cast(),
            ..OpParts::default()
        };
        let new = NewEntry {
            code: sys::LOOP_OP_WRITE as u16,
            callback: Callback::Once(Box::new(move |lp, event| {
                done(lp, event.result().map(|()| event.raw.num as u64));
            })),
            extra: None,
            keep: Keep::Body(data),
            delay_ns: -1,
            plain: false,
            referenced: true,
        };
        lp.register(new, parts).map(CryptoJob)
    }

    /// Says that this was all: then its closure gets the digest. Twice is allowed.
    ///
    /// # Errors
    ///
    /// [`Code::BadId`] (it has ended), [`Code::Fork`].
    pub fn end(self, lp: &Loop) -> Result<(), Error> {
        let target = lp.own(self)?;
        lp.slab.borrow_mut().find(target)?;
        lp.control(sys::LOOP_OP_END, target, 0, 0);
        Ok(())
    }
}
