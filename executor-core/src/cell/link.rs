//! [`Link`]: the identity of a task, or what has the identity and the rest of what only some tasks have.
//!
//! # States
//!
//! One word, which is the identity (doubled, plus one: an odd number is no address) or points to an
//! [`Extra`], where the identity is as well. It becomes an `Extra`, by one compare-and-swap, when options
//! or a listener ask for one, and stays the same one until the cell is freed with it. Where pointers
//! have too few bits for an identity, the two have a word each.
//!
//! Model: `listeners_race_for_the_first_place`.

use crate::id::FutureId;
use crate::listeners::Extra;
use crate::options::TaskOptions;
use crate::sync::AtomicPtr;
use std::ptr;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};

pub(super) struct Link {
    #[cfg(not(target_pointer_width = "64"))]
    id: FutureId,
    /// Made by `Box::into_raw` if it is an address.
    word: AtomicPtr<Extra>,
}

impl Link {
    #[inline]
    pub(super) fn new(id: FutureId, options: Option<Box<TaskOptions>>) -> Self {
        let word = match options {
            None => Self::of(id),
            some => Box::into_raw(Box::new(Extra::new(id, some))),
        };
        Self {
            #[cfg(not(target_pointer_width = "64"))]
            id,
            word: AtomicPtr::new(word),
        }
    }

    /// The word that stands for an identity, and is no address.
    #[cfg(target_pointer_width = "64")]
    fn of(id: FutureId) -> *mut Extra {
        ptr::without_provenance_mut((id.as_u64() as usize) << 1 | 1)
    }

    #[cfg(not(target_pointer_width = "64"))]
    fn of(_: FutureId) -> *mut Extra {
        ptr::without_provenance_mut(1)
    }

    #[inline]
    pub(super) fn id(&self) -> FutureId {
        let word = self.word.load(Acquire);
        match Self::extra_at(word) {
            Some(extra) => extra.id,
            None => self.id_in(word),
        }
    }

    #[cfg(target_pointer_width = "64")]
    fn id_in(&self, word: *mut Extra) -> FutureId {
        FutureId::from_u64((word.addr() >> 1) as u64)
    }

    #[cfg(not(target_pointer_width = "64"))]
    fn id_in(&self, _: *mut Extra) -> FutureId {
        self.id
    }

    #[inline]
    pub(super) fn extra(&self) -> Option<&Extra> {
        Self::extra_at(self.word.load(Acquire))
    }

    /// What a word points to, for as long as the link lives from which it was loaded.
    #[inline]
    fn extra_at<'a>(word: *mut Extra) -> Option<&'a Extra> {
        // SAFETY: even words are addresses of what is neither changed nor freed while the link lives.
        (word.addr() & 1 == 0).then(|| unsafe { &*word })
    }

    pub(super) fn extra_or_new(&self) -> &Extra {
        let word = self.word.load(Acquire);
        if let Some(extra) = Self::extra_at(word) {
            return extra;
        }
        let new = Box::into_raw(Box::new(Extra::new(self.id_in(word), None)));
        let winner = match self.word.compare_exchange(word, new, AcqRel, Acquire) {
            Ok(_) => new,
            Err(winner) => {
                // SAFETY: ours alone: it was not published.
                drop(unsafe { Box::from_raw(new) });
                winner
            }
        };
        // SAFETY: an address, and not changed or freed while the link lives.
        unsafe { &*winner }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let word = self.word.load(Relaxed);
        if Self::extra_at(word).is_some() {
            // SAFETY: made by `Box::into_raw`, and nobody else uses the cell any more.
            drop(unsafe { Box::from_raw(word) });
        }
    }
}
