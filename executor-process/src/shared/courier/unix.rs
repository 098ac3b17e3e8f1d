//! A courier is an end of a pair of sockets.

use super::{MAX_DESCRIPTORS, Message};
use crate::shared::descriptor::Descriptor;
use crate::shared::sockets;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketType, recv, recvmsg, sendmsg,
};
use serde::{Deserialize, Serialize};
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Whether a message is one, whatever its length, and the other end's closing can be seen.
///
/// Apple's systems have no sequenced packets for local sockets, but their datagrams tell the end.
const KIND: SocketType =
    if cfg!(target_vendor = "apple") { SocketType::DGRAM } else { SocketType::SEQPACKET };

/// One end. Any number of threads and processes may have the same end; clones are cheap, and an end
/// travels as a part of a value.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Courier(Descriptor);

impl Courier {
    /// Both ends of a new connection.
    pub(crate) fn pair() -> io::Result<(Self, Self)> {
        let (one, other) = sockets::pair(KIND)?;
        Ok((Self(one.into()), Self(other.into())))
    }

    /// Sends a message of at least one byte, and waits for room.
    ///
    /// # Errors
    ///
    /// The other end is closed (`BrokenPipe`); the message is too long; there are too many
    /// descriptors on their way.
    pub(crate) fn send(&self, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) -> io::Result<()> {
        self.send_with(bytes, descriptors, SendFlags::empty())
    }

    /// The same, but fails with `WouldBlock` if there is no room.
    pub(crate) fn try_send(&self, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) -> io::Result<()> {
        self.send_with(bytes, descriptors, SendFlags::DONTWAIT)
    }

    fn send_with(
        &self,
        bytes: &[u8],
        descriptors: &[BorrowedFd<'_>],
        flags: SendFlags,
    ) -> io::Result<()> {
        debug_assert!(!bytes.is_empty(), "an empty message looks like the end");
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
        let bytes = [IoSlice::new(bytes)];
        loop {
            let mut control = SendAncillaryBuffer::new(&mut space);
            if !descriptors.is_empty()
                && !control.push(SendAncillaryMessage::ScmRights(descriptors))
            {
                return Err(io::Error::other("too many handles in one value"));
            }
            match sendmsg(&self.0, &bytes, &mut control, flags | sockets::NO_SIGNAL) {
                Ok(_all_or_nothing) => return Ok(()),
                Err(Errno::INTR) => {}
                // The other end was closed with a message of ours unread.
                Err(Errno::CONNRESET) => return Err(Errno::PIPE.into()),
                // Apple's systems do not wait for room in the other end's buffer.
                #[cfg(target_vendor = "apple")]
                Err(Errno::NOBUFS) if flags.contains(SendFlags::DONTWAIT) => {
                    return Err(Errno::AGAIN.into());
                }
                #[cfg(target_vendor = "apple")]
                Err(Errno::NOBUFS) => std::thread::sleep(std::time::Duration::from_millis(1)),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Waits for a message; `None` when the other end is closed.
    ///
    /// # Errors
    ///
    /// This process has no descriptors left for those that came: they are lost.
    pub(crate) fn receive(&self, buffer: &mut [u8]) -> io::Result<Option<Message>> {
        self.receive_with(buffer, RecvFlags::empty())
    }

    /// The same, but fails with `WouldBlock` if there is no message.
    pub(crate) fn try_receive(&self, buffer: &mut [u8]) -> io::Result<Option<Message>> {
        self.receive_with(buffer, RecvFlags::DONTWAIT)
    }

    fn receive_with(&self, buffer: &mut [u8], flags: RecvFlags) -> io::Result<Option<Message>> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut slices = [IoSliceMut::new(buffer)];
        #[cfg(not(target_vendor = "apple"))]
        let flags = flags | RecvFlags::CMSG_CLOEXEC;
        let received = loop {
            match recvmsg(&self.0, &mut slices, &mut control, flags) {
                Ok(received) => break received,
                Err(Errno::INTR) => {}
                // The other end was closed with a message of ours unread. That is told once, before what
                // it has sent.
                #[cfg(not(target_vendor = "apple"))]
                Err(Errno::CONNRESET) => {}
                #[cfg(target_vendor = "apple")]
                Err(Errno::CONNRESET) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        };
        let mut descriptors = Vec::new();
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(list) = message {
                descriptors.extend(list);
            }
        }
        #[cfg(target_vendor = "apple")]
        for descriptor in &descriptors {
            rustix::io::fcntl_setfd(descriptor, rustix::io::FdFlags::CLOEXEC)?;
        }
        if received.flags.contains(ReturnFlags::CTRUNC) {
            return Err(io::Error::other("there is no descriptor left for a handle that came"));
        }
        if received.bytes == 0 && descriptors.is_empty() {
            return Ok(None);
        }
        Ok(Some(Message { len: received.bytes, descriptors }))
    }
}

impl Courier {
    /// Copies the beginning of the next message, which stays where it is; `None` when the other end is
    /// closed. Fails with `WouldBlock` if there is no message.
    pub(crate) fn peek(&self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        loop {
            match recv(&self.0, &mut *buffer, RecvFlags::PEEK | RecvFlags::DONTWAIT) {
                Ok((0, _)) => return Ok(None),
                Ok((len, _)) => return Ok(Some(len)),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Whether the other end is closed, at this moment, even if something is left to receive.
    pub(crate) fn has_ended(&self) -> bool {
        const AT_ONCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

        let mut end = [PollFd::new(&self.0, PollFlags::empty())];
        poll(&mut end, Some(&AT_ONCE)).is_ok_and(|hung_up| hung_up > 0)
    }

    /// Says that the process with this number, and no other, receives what is sent here. The kernel does not
    /// need to know.
    pub(crate) fn leads_to(&self, _process: u32) {}

    /// Says that the same process receives it as what is sent there.
    pub(crate) fn leads_where(&self, _other: &Self) {}

    /// Says that whoever sends to this end is believed. The kernel cannot be lied to.
    pub(crate) fn trusts(&self) {}

    pub(crate) fn borrow(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Whether that was why a message was not sent: this user has as many descriptors on their way as the
/// system allows.
pub(crate) fn is_crowded(error: &io::Error) -> bool {
    Errno::from_io_error(error) == Some(Errno::TOOMANYREFS)
}

impl AsFd for Courier {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl From<OwnedFd> for Courier {
    fn from(descriptor: OwnedFd) -> Self {
        Self(descriptor.into())
    }
}
