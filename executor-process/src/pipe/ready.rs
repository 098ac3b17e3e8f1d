//! [`wait_ready`]: waiting for several things at once.

use super::cord::has_ended;
use super::side::Side;
use super::{Connection, Receiver};
use crate::shared::waiting::Waiting;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

/// What [`wait_ready`] can wait for: [`Connection`]s, [`Receiver`]s, and whatever has a descriptor.
///
/// Of descriptors it is the readable that are ready: sockets and pipes at which something, or the end,
/// has arrived, listeners to which somebody connects, terminals, and processes that have ended.
pub trait Pollable {
    /// What to look at.
    #[doc(hidden)]
    fn probe(&self) -> Probe<'_>;
}

/// What is looked at.
#[doc(hidden)]
pub struct Probe<'p>(Kind<'p>);

#[derive(Clone, Copy)]
enum Kind<'p> {
    Descriptor(BorrowedFd<'p>),
    Receiver(&'p Side),
}

impl<'p> Kind<'p> {
    fn descriptor(self) -> BorrowedFd<'p> {
        match self {
            Self::Descriptor(descriptor) => descriptor,
            Self::Receiver(side) => side.cord(),
        }
    }
}

impl fmt::Debug for Probe<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Probe").finish_non_exhaustive()
    }
}

impl<D: AsFd + ?Sized> Pollable for D {
    fn probe(&self) -> Probe<'_> {
        Probe(Kind::Descriptor(self.as_fd()))
    }
}

impl<T> Pollable for Receiver<T> {
    fn probe(&self) -> Probe<'_> {
        Probe(Kind::Receiver(self.side()))
    }
}

impl<T, U> Pollable for Connection<T, U> {
    fn probe(&self) -> Probe<'_> {
        self.receiver().probe()
    }
}

/// Waits until at least one of them is ready, and says which are, by their places in the list: all of
/// those that are ready then, in order, or none if the time is over.
///
/// A connection or receiver is ready when there is a message, or the end of the file; anything else that
/// has a descriptor, such as a socket, when it can be read from without waiting. Without a timeout it
/// waits for as long as it takes; with `Duration::ZERO` it only looks. What is ready may be taken by
/// somebody else in the meantime, so where others receive too, use
/// [`try_recv`](Receiver::try_recv). Signals do not end it. Python's `multiprocessing.connection.wait`.
///
/// ```
/// use executor_process::{one_way_pipe, wait_ready};
/// use std::os::unix::net::UnixStream;
/// use std::time::Duration;
///
/// let (sender, receiver) = one_way_pipe()?;
/// let (_ours, theirs) = UnixStream::pair()?;
/// assert_eq!(wait_ready(&[&receiver, &theirs], Duration::from_millis(10))?, []);
/// sender.send("hello".to_owned())?;
/// assert_eq!(wait_ready(&[&receiver, &theirs], None)?, [0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// The system cannot wait for so many, or there is no memory.
pub fn wait_ready(
    sources: &[&dyn Pollable],
    timeout: impl Into<Option<Duration>>,
) -> io::Result<Vec<usize>> {
    let mut waiting = Waiting::limited(timeout.into());
    let kinds: Vec<Kind<'_>> = sources.iter().map(|source| source.probe().0).collect();
    let ready = look(&kinds, Duration::ZERO, |_| {})?;
    if !ready.is_empty() || waiting.left() == Some(Duration::ZERO) {
        return Ok(ready);
    }
    let _asleep = Asleep::new(&kinds);
    loop {
        let slice = waiting.next_slice();
        let ready = look(&kinds, slice.unwrap_or(Duration::ZERO), Side::turn_over)?;
        if !ready.is_empty() || slice.is_none() {
            return Ok(ready);
        }
    }
}

/// All the receivers among them, while somebody sleeps for all of them at once.
struct Asleep<'k, 'p>(&'k [Kind<'p>]);

impl<'k, 'p> Asleep<'k, 'p> {
    fn new(kinds: &'k [Kind<'p>]) -> Self {
        receivers(kinds).for_each(Side::lie_down);
        Self(kinds)
    }
}

impl Drop for Asleep<'_, '_> {
    fn drop(&mut self) {
        receivers(self.0).for_each(Side::get_up);
    }
}

fn receivers<'p>(kinds: &[Kind<'p>]) -> impl Iterator<Item = &'p Side> {
    kinds.iter().filter_map(|kind| match kind {
        Kind::Receiver(side) => Some(*side),
        Kind::Descriptor(_) => None,
    })
}

/// Sleeps for a slice of time if none of them is ready; says which are. `in_vain` is called for a receiver
/// at which there is a bell, and nothing else.
fn look<'p>(
    kinds: &[Kind<'p>],
    slice: Duration,
    in_vain: impl Fn(&Side),
) -> io::Result<Vec<usize>> {
    let slice = if receivers(kinds).any(Side::has_message) { Duration::ZERO } else { slice };
    let limit = Timespec {
        tv_sec: i64::try_from(slice.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: slice.subsec_nanos().into(),
    };
    let watched = |kind: &Kind<'p>| PollFd::from_borrowed_fd(kind.descriptor(), PollFlags::IN);
    let mut polled: Vec<_> = kinds.iter().map(watched).collect();
    match poll(&mut polled, Some(&limit)) {
        Ok(_) | Err(Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    let mut ready = Vec::new();
    for (place, (kind, polled)) in kinds.iter().zip(&polled).enumerate() {
        let seen = polled.revents();
        let is_ready = match kind {
            Kind::Descriptor(_) => !seen.is_empty(),
            Kind::Receiver(side) => side.has_message() || has_ended(seen),
        };
        match kind {
            _ if is_ready => ready.push(place),
            Kind::Receiver(side) if !seen.is_empty() => in_vain(side),
            _ => {}
        }
    }
    Ok(ready)
}
