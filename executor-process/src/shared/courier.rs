//! [`Courier`]: one end of a connection that carries descriptors from process to process.
//!
//! A message is some bytes and some descriptors, and arrives as a whole or not at all, also if the
//! sender is killed. Descriptors on their way are held by the kernel; those that nobody will ever
//! receive are closed when the connection is.

use super::descriptor::Descriptor;
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags,
    SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg,
    sendmsg, socketpair,
};
use serde::{Deserialize, Serialize};
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// How many descriptors one message can carry: what the systems allow (253), and a little less.
pub(crate) const MAX_DESCRIPTORS: usize = 240;

/// Whether a message is one, whatever its length, and the other end's closing can be seen.
///
/// Apple's systems have no sequenced packets for local sockets, but their datagrams tell the end.
const KIND: SocketType =
    if cfg!(target_vendor = "apple") { SocketType::DGRAM } else { SocketType::SEQPACKET };

/// One end. Any number of threads and processes may have the same end; clones are cheap, and an end
/// travels as a part of a value.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Courier(Descriptor);

/// What [`Courier::receive`] has received.
#[derive(Debug)]
pub(crate) struct Message {
    /// How many bytes.
    pub(crate) len: usize,
    pub(crate) descriptors: Vec<OwnedFd>,
}

impl Courier {
    /// Both ends of a new connection.
    pub(crate) fn pair() -> io::Result<(Self, Self)> {
        let (one, other) = socketpair(AddressFamily::UNIX, KIND, SocketFlags::CLOEXEC, None)?;
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
            match sendmsg(&self.0, &bytes, &mut control, flags | SendFlags::NOSIGNAL) {
                Ok(_all_or_nothing) => return Ok(()),
                Err(Errno::INTR) => {}
                // The other end was closed with a message of ours unread.
                Err(Errno::CONNRESET) => return Err(Errno::PIPE.into()),
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

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::pipe::pipe;
    use std::fs::File;
    use std::io::{Read, Write};

    #[test]
    fn carries_bytes_and_descriptors() {
        let (here, there) = Courier::pair().unwrap();
        let (reader, writer) = pipe().unwrap();
        here.send(b"first", &[]).unwrap();
        here.send(b"a pipe", &[reader.as_fd(), writer.as_fd()]).unwrap();
        drop((reader, writer));
        let mut buffer = [0; 10];
        let first = there.receive(&mut buffer).unwrap().unwrap();
        assert_eq!((&buffer[..first.len], first.descriptors.len()), (&b"first"[..], 0));
        let second = there.receive(&mut buffer).unwrap().unwrap();
        assert_eq!(&buffer[..second.len], b"a pipe");
        let [reader, writer] = <[OwnedFd; 2]>::try_from(second.descriptors).unwrap();
        File::from(writer).write_all(b"alive").unwrap();
        let mut text = String::new();
        File::from(reader).read_to_string(&mut text).unwrap();
        assert_eq!(text, "alive");
    }

    #[test]
    fn as_many_as_possible() {
        let (here, there) = Courier::pair().unwrap();
        let (reader, _writer) = pipe().unwrap();
        let many = vec![reader.as_fd(); MAX_DESCRIPTORS];
        here.send(b".", &many).unwrap();
        let message = there.receive(&mut [0]).unwrap().unwrap();
        assert_eq!(message.descriptors.len(), MAX_DESCRIPTORS);
        assert!(here.send(b".", &vec![reader.as_fd(); 300]).is_err());
    }

    #[test]
    fn tells_nothing_from_the_end() {
        let (here, there) = Courier::pair().unwrap();
        let nothing = there.try_receive(&mut [0]).unwrap_err();
        assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
        here.send(b"last", &[]).unwrap();
        drop(here);
        assert_eq!(there.receive(&mut [0; 4]).unwrap().unwrap().len, 4);
        assert!(there.receive(&mut [0; 4]).unwrap().is_none());
        let broken = there.send(b".", &[]).unwrap_err();
        assert_eq!(broken.kind(), io::ErrorKind::BrokenPipe);
    }

    #[test]
    fn what_was_not_read_does_not_change_the_end() {
        let (here, there) = Courier::pair().unwrap();
        here.send(b"unread", &[]).unwrap();
        drop(there);
        for _ in 0..3 {
            let broken = here.send(b".", &[]).unwrap_err();
            assert_eq!(broken.kind(), io::ErrorKind::BrokenPipe);
        }
        assert!(here.receive(&mut [0; 4]).unwrap().is_none());
    }

    #[test]
    fn what_was_sent_comes_before_the_end() {
        let (here, there) = Courier::pair().unwrap();
        here.send(b"unread", &[]).unwrap();
        there.send(b"last", &[]).unwrap();
        drop(there);
        assert_eq!(here.receive(&mut [0; 4]).unwrap().unwrap().len, 4);
        assert!(here.receive(&mut [0; 4]).unwrap().is_none());
    }

    #[test]
    fn a_full_one_says_so() {
        let (here, there) = Courier::pair().unwrap();
        let full = loop {
            if let Err(error) = here.try_send(&[0; 100], &[]) {
                break error;
            }
        };
        assert_eq!(full.kind(), io::ErrorKind::WouldBlock);
        there.receive(&mut [0; 100]).unwrap();
        here.send(&[0; 100], &[]).unwrap();
    }
}
