//! A cord is a pair of sockets.

use super::super::bell::{Cord, Taken};
use super::{Seen, Watched};
use crate::shared::descriptor::Descriptor;
use crate::shared::sockets;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, SocketType, recv, send};
use serde::{Deserialize, Serialize};
use std::io;
use std::time::Duration;

/// One end. It is shared by everybody of that side, those on their way included; when the last one is
/// gone, the other side sees the end.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in super::super) struct SystemCord(Descriptor);

impl SystemCord {
    /// Both ends of a new one.
    pub(in super::super) fn pair() -> io::Result<(Self, Self)> {
        let (one, other) = sockets::pair(SocketType::STREAM)?;
        Ok((Self(one.into()), Self(other.into())))
    }

    /// Whether nobody of the other side is left, at this moment. One system call.
    pub(in super::super) fn has_ended(&self) -> bool {
        const AT_ONCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

        let mut cord = [PollFd::new(&self.0, PollFlags::empty())];
        loop {
            match poll(&mut cord, Some(&AT_ONCE)) {
                Err(Errno::INTR) => {}
                Err(_) => return false, // no memory; it will be asked again
                Ok(_) => return has_ended(cord[0].revents()),
            }
        }
    }
}

/// Whether that was seen of a cord: nobody of the other side is left.
fn has_ended(seen: PollFlags) -> bool {
    seen.intersects(PollFlags::HUP | PollFlags::ERR)
}

impl Cord for SystemCord {
    fn ring(&self, bells: u32) {
        const MANY: usize = 64;

        let mut left = bells as usize;
        while left > 0 {
            match send(
                &self.0,
                &[0; MANY][..left.min(MANY)],
                SendFlags::DONTWAIT | sockets::NO_SIGNAL,
            ) {
                Ok(sent) => left -= sent,
                Err(Errno::INTR) => {}
                Err(_) => return, // nobody is left, or there are thousands of bells already
            }
        }
    }

    fn take(&self) -> Taken {
        let mut bell = [0_u8];
        loop {
            match recv(&self.0, &mut bell, RecvFlags::DONTWAIT) {
                Ok((0, _)) => return Taken::End,
                Ok(_) => return Taken::Bell,
                Err(Errno::INTR) => {}
                // Closed, with bells from here that nobody has taken.
                Err(Errno::CONNRESET | Errno::PIPE | Errno::NOTCONN) => return Taken::End,
                Err(_) => return Taken::Nothing,
            }
        }
    }

    /// A signal handler that runs meanwhile ends this sleep, and the sleeper lies down for the next slice.
    fn sleep(&self, limit: Duration) -> bool {
        let limit = timespec(limit);
        let mut cord = [PollFd::new(&self.0, PollFlags::IN)];
        poll(&mut cord, Some(&limit)).is_ok_and(|ready| ready > 0)
    }
}

/// Waits until one of them is ready, at most so long, and says which are.
///
/// # Errors
///
/// The system cannot wait for so many, or there is no memory.
pub(in super::super) fn watch(list: &[Watched<'_>], limit: Duration) -> io::Result<Vec<Seen>> {
    let limit = timespec(limit);
    let watched = list.iter().map(|one| match *one {
        Watched::Descriptor(descriptor) => descriptor,
        Watched::Cord(cord) => cord.0.borrow(),
    });
    let watched = watched.map(|one| PollFd::from_borrowed_fd(one, PollFlags::IN));
    let mut polled: Vec<_> = watched.collect();
    match poll(&mut polled, Some(&limit)) {
        Ok(_) | Err(Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    let seen = list.iter().zip(&polled).map(|(one, polled)| match (one, polled.revents()) {
        (_, seen) if seen.is_empty() => Seen::Nothing,
        (Watched::Cord(_), seen) if has_ended(seen) => Seen::End,
        (..) => Seen::Something,
    });
    Ok(seen.collect())
}

fn timespec(limit: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(limit.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: limit.subsec_nanos().into(),
    }
}
