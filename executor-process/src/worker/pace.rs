//! [`Pace`]: how long tasks take, as one thread of a worker measures it.

use crate::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

/// How much longer than the average a single task can be taken to be. One that takes a thousand times
/// as long has most likely been interrupted.
const MOST: u32 = 8;

/// The estimate that the pool hands out work by, in nanoseconds.
///
/// A long task raises it more than a short one lowers it: to take a long task for a short one costs
/// others their time.
#[derive(Debug)]
pub(super) struct Pace {
    /// When the last task ended, or the worker last had nothing to do.
    last: Instant,
    average: u32,
    /// What the pool was told.
    published: u32,
    /// How many tasks have ended since `last`.
    ended: u32,
}

/// Looking at the clock takes as long as some tasks, so with quick tasks it is done after some that
/// take about as long together, and no more than so many.
const BETWEEN_LOOKS: u32 = 4_000;
const MOST_BETWEEN: u32 = 16;

impl Pace {
    pub(super) fn new() -> Self {
        Self { last: Instant::now(), average: 0, published: 0, ended: 0 }
    }

    /// The time from here on counts for the next task.
    pub(super) fn begin(&mut self) {
        self.last = Instant::now();
        self.ended = 0;
    }

    /// How long a task takes.
    pub(super) fn average(&self) -> u32 {
        self.average
    }

    /// A task has ended.
    #[inline]
    pub(super) fn end(&mut self, word: &AtomicU32) {
        self.ended += 1;
        if self.average == 0
            || self.ended == MOST_BETWEEN
            || self.ended * self.average.min(BETWEEN_LOOKS) >= BETWEEN_LOOKS
        {
            self.measure(word);
        }
    }

    /// Makes the estimate up to date, before there is nothing to do for a while.
    pub(super) fn measure(&mut self, word: &AtomicU32) {
        if self.ended == 0 {
            return;
        }
        let now = Instant::now();
        let each = (now - self.last).as_nanos() / u128::from(self.ended);
        self.last = now;
        self.ended = 0;
        self.note(u32::try_from(each).unwrap_or(u32::MAX).max(1));
        // The pool reads the word all the time, so it is left alone while it is about right.
        if self.average.abs_diff(self.published) > self.published / 4 {
            self.published = self.average;
            word.store(self.average, Relaxed);
        }
    }

    /// Does something that is none of the tasks' time, and takes longer than many of them.
    ///
    /// So they are measured before, however few they are. They may never be more: with slow tasks there is
    /// something to do after each.
    pub(super) fn pause(&mut self, word: &AtomicU32, f: impl FnOnce()) {
        self.measure(word);
        f();
        self.begin();
    }

    fn note(&mut self, took: u32) {
        let old = self.average;
        self.average = match took {
            _ if old == 0 => took,
            longer if longer > old => old / 2 + longer.min(old.saturating_mul(MOST)) / 2,
            shorter => old - (old - shorter) / 8,
        }
        .max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn after(tasks: &[u32]) -> u32 {
        let mut pace = Pace::new();
        tasks.iter().for_each(|&took| pace.note(took));
        pace.average
    }

    #[test]
    fn follows_the_tasks() {
        assert_eq!(after(&[1000]), 1000);
        let slower = after(&[[1000; 10], [100_000; 10]].concat());
        assert!((90_000..=100_000).contains(&slower), "{slower}");
        let quicker = after(&[[100_000; 50], [1000; 50]].concat());
        assert!((1000..2000).contains(&quicker), "{quicker}");
    }

    /// Quick tasks, and then slow ones with a pause after each.
    #[test]
    fn pauses_do_not_hide_slow_tasks() {
        let (word, mut pace) = (AtomicU32::new(0), Pace::new());
        (0..100).for_each(|_| pace.note(500));
        for _ in 0..10 {
            std::thread::sleep(Duration::from_millis(1));
            pace.end(&word);
            pace.pause(&word, || std::thread::sleep(Duration::from_millis(10)));
        }
        let average = Duration::from_nanos(word.load(Relaxed).into());
        assert!(average > Duration::from_micros(500), "{average:?}");
    }

    #[test]
    fn an_interruption_does_not_show() {
        let interrupted = after(&[1000, 1000, 10_000_000]);
        assert!(interrupted < 5000, "{interrupted}");
        assert_eq!(after(&[u32::MAX, u32::MAX]), u32::MAX);
    }
}
