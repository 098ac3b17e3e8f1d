//! [`Words`]: copying to and from memory that others write at the same time.
//!
//! The memory is seen as a grid of atomic words of eight bytes, by everybody and always, since atomic
//! accesses of different sizes to the same bytes would be a data race as well. A part of a word is written
//! by exchanging the word, so that its other bytes, which may be somebody else's, keep what was
//! written to them meanwhile.
//!
//! A copy as a whole is not atomic: it can have some words from before another's write and some from
//! after it. What lies within one word is never torn. Whoever sees something that was written sees all
//! that its writer wrote before: a write begins with a release fence, and a read ends with an acquire
//! fence.

use bytemuck::Pod;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU64, fence};

/// How many bytes are in a word.
pub(super) const WORD: usize = size_of::<AtomicU64>();

/// Some shared memory. The offsets are those of bytes, and must lie within it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words<'a>(&'a [AtomicU64]);

impl<'a> Words<'a> {
    pub(super) fn new(words: &'a [AtomicU64]) -> Self {
        Self(words)
    }

    pub(super) fn as_slice(self) -> &'a [AtomicU64] {
        self.0
    }

    /// Copies from the shared memory.
    #[inline]
    pub(super) fn read(self, offset: usize, into: &mut [u8]) {
        let (first, skip) = (offset / WORD, offset % WORD);
        if skip == 0 && into.len() == WORD {
            into.copy_from_slice(&self.0[first].load(Relaxed).to_ne_bytes());
        } else {
            self.read_long(first, skip, into);
        }
        fence(Acquire);
    }

    fn read_long(self, mut word: usize, skip: usize, mut into: &mut [u8]) {
        if skip > 0 {
            let (head, rest) = into.split_at_mut(into.len().min(WORD - skip));
            head.copy_from_slice(&self.load(word)[skip..][..head.len()]);
            into = rest;
            word += 1;
        }
        let mut chunks = into.chunks_exact_mut(WORD);
        let whole = &self.0[word..][..chunks.len()];
        for (chunk, word) in chunks.by_ref().zip(whole) {
            chunk.copy_from_slice(&word.load(Relaxed).to_ne_bytes());
        }
        word += whole.len();
        let tail = chunks.into_remainder();
        if !tail.is_empty() {
            tail.copy_from_slice(&self.load(word)[..tail.len()]);
        }
    }

    /// Copies to the shared memory.
    #[inline]
    pub(super) fn write(self, offset: usize, from: &[u8]) {
        fence(Release);
        let (first, skip) = (offset / WORD, offset % WORD);
        match from.try_into() {
            Ok(word) if skip == 0 => self.0[first].store(u64::from_ne_bytes(word), Relaxed),
            _ => self.write_long(first, skip, from),
        }
    }

    fn write_long(self, mut word: usize, skip: usize, mut from: &[u8]) {
        if skip > 0 {
            let (head, rest) = from.split_at(from.len().min(WORD - skip));
            self.write_part(word, skip, head);
            from = rest;
            word += 1;
        }
        let (chunks, tail) = from.as_chunks::<WORD>();
        let whole = &self.0[word..][..chunks.len()];
        for (chunk, word) in chunks.iter().zip(whole) {
            word.store(u64::from_ne_bytes(*chunk), Relaxed);
        }
        self.write_part(word + whole.len(), 0, tail);
    }

    /// Writes some of the bytes of a word.
    fn write_part(self, word: usize, skip: usize, part: &[u8]) {
        if part.is_empty() {
            return;
        }
        let exchange = |old: u64| {
            let mut bytes = old.to_ne_bytes();
            bytes[skip..][..part.len()].copy_from_slice(part);
            Some(u64::from_ne_bytes(bytes))
        };
        // Relaxed: the fence is before it.
        let _old = self.0[word].fetch_update(Relaxed, Relaxed, exchange);
    }

    fn load(self, word: usize) -> [u8; WORD] {
        self.0[word].load(Relaxed).to_ne_bytes()
    }

    /// Exchanges a value that lies within one word for another, which may depend on it, in one step.
    /// Returns the old one: `Err` if `change` does not want another.
    pub(super) fn exchange<T: Pod>(
        self,
        offset: usize,
        mut change: impl FnMut(T) -> Option<T>,
    ) -> Result<T, T> {
        let (word, skip) = (offset / WORD, offset % WORD);
        debug_assert!(skip + size_of::<T>() <= WORD, "a value within one word");
        let part = |word: u64| {
            bytemuck::pod_read_unaligned::<T>(&word.to_ne_bytes()[skip..][..size_of::<T>()])
        };
        let exchanged = self.0[word].fetch_update(AcqRel, Acquire, |old| {
            let mut bytes = old.to_ne_bytes();
            let new = change(part(old))?;
            bytes[skip..][..size_of::<T>()].copy_from_slice(bytemuck::bytes_of(&new));
            Some(u64::from_ne_bytes(bytes))
        });
        exchanged.map(part).map_err(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    const SIZE: usize = 64;

    fn grid() -> Vec<AtomicU64> {
        (0..SIZE / WORD).map(|_| AtomicU64::new(0)).collect()
    }

    #[test]
    fn every_range() {
        for start in 0..SIZE {
            for end in start..=SIZE {
                let grid = grid();
                let words = Words::new(&grid);
                let bytes: Vec<u8> = (1..).take(end - start).collect();
                words.write(start, &bytes);
                let mut all = [0xff; SIZE];
                words.read(0, &mut all);
                assert_eq!(all[start..end], bytes);
                assert!(all[..start].iter().chain(&all[end..]).all(|&byte| byte == 0));
                let mut part = vec![0; end - start];
                words.read(start, &mut part);
                assert_eq!(part, bytes);
            }
        }
    }

    #[test]
    #[should_panic(expected = "out of bounds")]
    fn nothing_behind_the_end_is_written() {
        Words::new(&grid()).write(SIZE - 7, &[1; 8]);
    }

    /// Each thread writes its own byte of every word; none of them is lost.
    #[test]
    fn neighbours_do_not_disturb_each_other() {
        const TIMES: u8 = if cfg!(miri) { 3 } else { 200 };
        let grid = grid();
        let words = Words::new(&grid);
        thread::scope(|scope| {
            for lane in 0..4 {
                scope.spawn(move || {
                    for round in 1..=TIMES {
                        for offset in (lane..SIZE).step_by(4) {
                            words.write(offset, &[round]);
                            let mut byte = [0];
                            words.read(offset, &mut byte);
                            assert_eq!(byte, [round]);
                        }
                    }
                });
            }
        });
    }

    #[test]
    fn exchanges_within_a_word() {
        let grid = grid();
        let words = Words::new(&grid);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    for offset in [0, 4, 8, 60].into_iter().cycle().take(400) {
                        words.exchange(offset, |n: u32| Some(n + 1)).unwrap();
                    }
                });
            }
        });
        assert_eq!(words.exchange(4, |_: u32| None), Err(200));
        assert_eq!(words.exchange(12, |_: u32| None), Err(0));
    }
}
