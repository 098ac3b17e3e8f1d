//! Meetings: read-modify-writes that change nothing, done for their place in the order of a word's changes.
//!
//! Of two who meet at a word one comes after the other, and sees what that has done before. See
//! [`results`](super::results) for what that is good for.
//!
//! # Why the zero is hidden
//!
//! An addition of zero whose result nobody wants is taken out of the program by the compiler: for x86, LLVM
//! leaves nothing but a mark that forbids itself to reorder. Then the processor is free to do a load behind
//! the meeting before a store in front of it, which it does now and then, and a reader sleeps for ever. No
//! model can show that, since a model explores the operations that the source has. An addition of a number
//! that the compiler does not know stays what it is. Test: `nobody_misses_the_other`, in release mode.

use crate::sync::AtomicU64;
use std::hint::black_box;
use std::sync::atomic::Ordering::AcqRel;

/// Changes nothing, but comes before or after everything else that is done to the word.
#[inline]
pub(super) fn meet(word: &AtomicU64) {
    word.fetch_add(black_box(0), AcqRel);
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;
    use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
    use std::thread;

    /// What one of the two lets the other see, on cache lines of its own.
    #[derive(Default)]
    #[repr(align(128))]
    struct Side {
        /// The last round in which it has said something.
        said: AtomicUsize,
        /// How many rounds it has been through.
        through: AtomicUsize,
    }

    /// Says something in each round, meets the other, and listens. In which rounds it heard nothing.
    fn take_part(rounds: usize, word: &AtomicU64, mine: &Side, other: &Side) -> Vec<bool> {
        let one_round = |round| {
            mine.said.store(round, Relaxed);
            meet(word);
            let missed = other.said.load(Relaxed) < round;
            // In step, so that both are at it at the same time.
            mine.through.store(round, Release);
            let mut looks = 0;
            while other.through.load(Acquire) < round {
                looks += 1;
                if looks % 200 == 0 {
                    thread::yield_now();
                }
            }
            missed
        };
        (1..=rounds).map(one_round).collect()
    }

    #[test]
    fn nobody_misses_the_other() {
        let rounds = if cfg!(debug_assertions) { 5_000 } else { 100_000 };
        let (word, one, other) = (AtomicU64::new(0), Side::default(), Side::default());
        let (word, one, other) = (&word, &one, &other);
        let (missed, other_missed) = thread::scope(|scope| {
            let there = scope.spawn(move || take_part(rounds, word, other, one));
            (take_part(rounds, word, one, other), there.join().unwrap())
        });
        let both = missed.iter().zip(other_missed).filter(|(missed, other)| **missed && *other);
        assert_eq!(both.count(), 0, "of {rounds} rounds");
    }
}
