//! [`wait_ready`]: waiting for several things at once.

use super::cord::{Seen, Watched, watch};
use super::side::Side;
use super::{Connection, Receiver};
use crate::shared::descriptor::BorrowedDescriptor;
use crate::shared::waiting::Waiting;
use std::fmt;
use std::io;
#[cfg(unix)]
use std::os::fd::AsFd;
#[cfg(windows)]
use std::os::windows::io::AsHandle;
use std::time::Duration;

/// What [`wait_ready`] can wait for: [`Connection`]s, [`Receiver`]s, and whatever has a descriptor.
///
/// Of descriptors it is the readable that are ready: sockets and pipes at which something, or the end,
/// has arrived, listeners to which somebody connects, terminals, and processes that have ended. On Windows it is
/// whatever has a handle that the system's wait functions take: processes, threads and events, for instance, but
/// neither sockets nor files.
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
    Descriptor(BorrowedDescriptor<'p>),
    Receiver(&'p Side),
}

impl<'p> Kind<'p> {
    fn watched(&self) -> Watched<'p> {
        match *self {
            Self::Descriptor(descriptor) => Watched::Descriptor(descriptor),
            Self::Receiver(side) => Watched::Cord(side.cord()),
        }
    }
}

impl fmt::Debug for Probe<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Probe").finish_non_exhaustive()
    }
}

#[cfg(windows)]
impl<D: AsHandle + ?Sized> Pollable for D {
    fn probe(&self) -> Probe<'_> {
        Probe(Kind::Descriptor(self.as_handle()))
    }
}

#[cfg(unix)]
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
/// A connection or receiver is ready when there is a message, or the end of the file; anything else as
/// [`Pollable`] says. Without a timeout it
/// waits for as long as it takes; with `Duration::ZERO` it only looks. What is ready may be taken by
/// somebody else in the meantime, so where others receive too, use
/// [`try_recv`](Receiver::try_recv). Signals do not end it. Python's `multiprocessing.connection.wait`.
///
/// ```
/// use executor_process::{Process, one_way_pipe, wait_ready};
/// use std::time::Duration;
///
/// let (sender, receiver) = one_way_pipe()?;
/// let process = Process::builder().daemon(true).start(|()| loop { std::thread::park() }, ())?;
/// let sentinel = process.sentinel().unwrap();
/// assert_eq!(wait_ready(&[&receiver, &sentinel], Duration::from_millis(10))?, []);
/// sender.send("hello".to_owned())?;
/// assert_eq!(wait_ready(&[&receiver, &sentinel], None)?, [0]);
/// process.kill()?;
/// process.join()?;
/// assert_eq!(wait_ready(&[&receiver, &sentinel], None)?, [0, 1]);
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
    let watched: Vec<_> = kinds.iter().map(Kind::watched).collect();
    let seen = watch(&watched, slice)?;
    let mut ready = Vec::new();
    for (place, (kind, seen)) in kinds.iter().zip(seen).enumerate() {
        let is_ready = match kind {
            Kind::Descriptor(_) => seen != Seen::Nothing,
            Kind::Receiver(side) => side.has_message() || seen == Seen::End,
        };
        match kind {
            _ if is_ready => ready.push(place),
            Kind::Receiver(side) if seen != Seen::Nothing => in_vain(side),
            _ => {}
        }
    }
    Ok(ready)
}
