//! The socket pair between the two sides of a direction: [`SocketCord`], one of its ends.

use super::bell::{Cord, Taken};
use crate::shared::descriptor::Descriptor;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socketpair,
};
use serde::{Deserialize, Serialize};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

/// One end. It is shared by everybody of that side, those on their way included; when the last one is
/// gone, the other side sees the end.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct SocketCord(Descriptor);

impl SocketCord {
    /// Both ends of a new one.
    pub(super) fn pair() -> io::Result<(Self, Self)> {
        let (one, other) =
            socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
        Ok((Self(one.into()), Self(other.into())))
    }

    /// Whether nobody of the other side is left, at this moment. One system call.
    pub(super) fn has_ended(&self) -> bool {
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
pub(super) fn has_ended(seen: PollFlags) -> bool {
    seen.intersects(PollFlags::HUP | PollFlags::ERR)
}

impl Cord for SocketCord {
    fn ring(&self, bells: u32) {
        const MANY: usize = 64;

        let mut left = bells as usize;
        while left > 0 {
            match send(
                &self.0,
                &[0; MANY][..left.min(MANY)],
                SendFlags::DONTWAIT | SendFlags::NOSIGNAL,
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
        let limit = Timespec {
            tv_sec: i64::try_from(limit.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: limit.subsec_nanos().into(),
        };
        let mut cord = [PollFd::new(&self.0, PollFlags::IN)];
        poll(&mut cord, Some(&limit)).is_ok_and(|ready| ready > 0)
    }
}

impl AsFd for SocketCord {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
