//! [`Barrier`]: threads and processes wait for each other.

use super::meeting::{MAX_PARTIES, Meeting};
use crate::bootstrap::image::{self, Image};
use crate::shared::segment::{Layout, Segment};
use executor_core::{BrokenBarrier, ZeroParties};
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::time::Duration;

// SAFETY: made of atomics.
unsafe impl Layout for Meeting {
    const KIND: [u8; 8] = *b"barrier\0";
}

/// A meeting point of a fixed number of threads, in whatever processes, for any number of rounds.
///
/// [`wait`](Self::wait) returns when all parties have called it, with a number for each from 0 on. Clones,
/// and what other processes get when a handle is part of an argument, a result or an item of a queue, are
/// the same barrier.
///
/// A timeout, [`abort`](Self::abort), a panic of the action and the death of a process that waits break it:
/// whoever waits, and whoever comes, gets a [`BrokenBarrier`] with the reason, until
/// [`reset`](Self::reset). A death is noticed within a tenth of a second.
///
/// # Python
///
/// `multiprocessing.Barrier`, where the others wait for ever for one who has died. Among threads alone, use
/// the `Barrier` of the thread pool's crate.
///
/// ```
/// use executor_process::Barrier;
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// use std::thread;
///
/// let barrier = Barrier::new(3)?;
/// let ready = AtomicUsize::new(0);
/// thread::scope(|scope| {
///     for _ in 0..3 {
///         scope.spawn(|| {
///             ready.fetch_add(1, Ordering::Relaxed);
///             barrier.wait().expect("nobody breaks it");
///             assert_eq!(ready.load(Ordering::Relaxed), 3);
///         });
///     }
/// });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Serialize, Deserialize)]
pub struct Barrier {
    #[serde(with = "super::travel")]
    meeting: Arc<Segment<Meeting>>,
    /// Not in the memory, where a process that has gone wild could exchange it for anything.
    action: Option<Action>,
}

/// A function of the program, which travels as its place in the image.
#[derive(Clone, Copy)]
struct Action(fn());

impl Serialize for Action {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match Image::main().offset(self.0 as *const ()) {
            Some(offset) => serializer.serialize_u64(offset),
            None => Err(S::Error::custom("the function is in a shared library")),
        }
    }
}

impl<'de> Deserialize<'de> for Action {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let offset = u64::deserialize(deserializer)?;
        if offset >= Image::main().len() as u64 {
            return Err(D::Error::custom("a function that is not in the program"));
        }
        // SAFETY: it was encoded as such a function by a process that runs the same image, which the roads
        // on which handles travel have checked.
        Ok(Self(unsafe { std::mem::transmute::<*const (), fn()>(image::address(offset)) }))
    }
}

impl Barrier {
    /// The most parties there can be.
    pub const MAX_PARTIES: usize = MAX_PARTIES;

    /// A barrier for so many parties. With `1` nobody ever waits.
    ///
    /// # Errors
    ///
    /// `0`, or more than [`MAX_PARTIES`](Self::MAX_PARTIES) (`InvalidInput`); there is no memory, or no
    /// descriptor, to be had.
    pub fn new(parties: usize) -> io::Result<Self> {
        if parties == 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, ZeroParties));
        }
        if parties > MAX_PARTIES {
            let text = format!("a barrier is for {MAX_PARTIES} parties at most");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let meeting: Segment<Meeting> = Segment::create()?;
        meeting.parties.store(parties as u32, Release);
        Ok(Self { meeting: Arc::new(meeting), action: None })
    }

    /// The same barrier with an action, which is run once in each round, before anybody goes on, by the
    /// last to arrive.
    ///
    /// If it panics, the last to arrive panics, and the barrier is broken for the others. A plain function,
    /// since it may be run in any process; what it is to change must be shared in some other way. Handles
    /// that were cloned or sent before this do not have it.
    ///
    /// # Errors
    ///
    /// The function is not in the program itself but in a shared library, where the other processes
    /// could not find it (`InvalidInput`).
    ///
    /// ```
    /// use executor_process::Barrier;
    ///
    /// let barrier = Barrier::new(1)?.with_action(|| println!("everybody is there"))?;
    /// assert_eq!(barrier.wait()?, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_action(self, action: fn()) -> io::Result<Self> {
        if Image::main().offset(action as *const ()).is_none() {
            let text = "the action of a barrier must be a function of the program itself";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        Ok(Self { action: Some(Action(action)), ..self })
    }

    /// The same barrier with a timeout for every [`wait`](Self::wait), in every process.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        let nanoseconds = u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX);
        self.meeting.timeout.store(nanoseconds.saturating_add(1), Release);
        self
    }

    /// Waits until all parties are there. Returns a number that no other party of this round gets, from
    /// 0 on, in the order of their arrival.
    ///
    /// So `if barrier.wait()? == 0 { .. }` is done by one of them.
    ///
    /// # Errors
    ///
    /// [`BrokenBarrier`], with the reason: at once if the barrier is broken already.
    ///
    /// # Panics
    ///
    /// If this is the last to arrive, and the action panics.
    pub fn wait(&self) -> Result<usize, BrokenBarrier> {
        let nanoseconds = self.meeting.timeout.load(Acquire);
        self.wait_limited(nanoseconds.checked_sub(1).map(Duration::from_nanos))
    }

    /// The same, for so long at most, whatever the barrier's own timeout is. If the time passes before all
    /// are there, the barrier is broken for all.
    ///
    /// The time that the action takes does not count. A timeout beyond the end of the clock, such as
    /// `Duration::MAX`, is for ever.
    ///
    /// # Errors
    ///
    /// As of [`wait`](Self::wait).
    ///
    /// # Panics
    ///
    /// As [`wait`](Self::wait) does.
    ///
    /// ```
    /// use executor_process::Barrier;
    /// use std::time::Duration;
    ///
    /// let barrier = Barrier::new(2)?;
    /// assert!(barrier.wait_timeout(Duration::from_millis(10)).is_err());
    /// assert!(barrier.is_broken());
    /// barrier.reset();
    /// assert!(!barrier.is_broken());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn wait_timeout(&self, timeout: Duration) -> Result<usize, BrokenBarrier> {
        self.wait_limited(Some(timeout))
    }

    fn wait_limited(&self, limit: Option<Duration>) -> Result<usize, BrokenBarrier> {
        self.meeting.wait(limit, self.action.map(|Action(function)| function))
    }

    /// Breaks the barrier, until somebody resets it.
    pub fn abort(&self) {
        self.meeting.abort();
    }

    /// Makes the barrier as new. Whoever waits gets [`BrokenBarrier::Reset`].
    pub fn reset(&self) {
        self.meeting.reset();
    }

    /// Whether it is broken. Does not block.
    pub fn is_broken(&self) -> bool {
        self.meeting.is_broken()
    }

    /// How many wait in this round. That may have changed by the time the caller looks at the answer.
    pub fn n_waiting(&self) -> usize {
        self.meeting.arrived()
    }

    /// How many parties there are.
    pub fn parties(&self) -> usize {
        self.meeting.parties.load(Acquire) as usize
    }
}

/// How many of how many wait, and whether it is broken.
impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier")
            .field("waiting", &self.n_waiting())
            .field("parties", &self.parties())
            .field("broken", &self.is_broken())
            .finish()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use executor_core::wire::{Incoming, decode, encode, write_to};

    /// What is called is not in the memory, and not outside of the program.
    #[test]
    fn an_action_elsewhere_is_refused() {
        fn act() {}
        let barrier = Barrier::new(1).unwrap().with_action(act).unwrap();
        let offset = Image::main().offset(act as *const ()).unwrap();
        for (offset, is_right) in
            [(offset, true), (Image::main().len() as u64, false), (u64::MAX, false)]
        {
            let mut bytes = Vec::new();
            let form = (barrier.meeting.descriptor().clone(), Some(offset));
            let beside = write_to(&mut bytes, |output| encode(&form, output)).unwrap();
            let arrived = decode::<Barrier>(Incoming::private(&bytes), beside);
            assert_eq!(arrived.is_ok(), is_right);
            if let Ok(arrived) = arrived {
                assert_eq!(arrived.wait(), Ok(0));
            }
        }
    }
}
