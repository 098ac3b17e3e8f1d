//! [`Sender`] and [`Receiver`]: the few messages between the pool and a worker that are not in memory.
//!
//! On Unix a channel is a socket pair: a message is one packet of at most [`MAX_LEN`] bytes, encoded as
//! values are, with the descriptors in it beside it. Elsewhere it is one of `ipc-channel`.
//!
//! It is not `ipc-channel` everywhere because there both sides trust each other, and a pool must not trust
//! its workers:
//!
//! | a worker that has gone wild             | there                                     | here |
//! |-----------------------------------------|-------------------------------------------|------|
//! | lies about the length of a message      | panics, memory of any size, memory that is not the message's | an error: `noise_is_an_error` |
//! | begins a message and does not end it    | the pool waits for the rest               | a packet is whole: `noise_is_an_error` |
//! | sends descriptors that nobody asked for | they are mapped, or kept                  | they are closed: `what_nobody_asked_for` |
//! | never reads                             | the pool waits until it does              | the pool does not wait: `who_does_not_read_is_not_waited_for` |
//! | says hello in another's place           | whoever finds the name in a directory can | nothing has a name |

#[cfg(not(unix))]
pub(crate) use ipc_channel::ipc::{IpcReceiver as Receiver, IpcSender as Sender, channel};
#[cfg(unix)]
pub(crate) use packets::{Receiver, Sender, channel};

/// The longest message on Unix. Longer values go through a depot, or are cut.
pub(crate) const MAX_LEN: usize = 32 * 1024;

#[cfg(unix)]
mod packets {
    use super::MAX_LEN;
    use crate::log::letter;
    use crate::shared::courier::Courier;
    use crate::shared::descriptor::{Descriptor, attached};
    use executor_core::Portable;
    use executor_core::wire::{Incoming, decode};
    use serde::{Deserialize, Serialize};
    use std::cell::RefCell;
    use std::io::{self, ErrorKind};
    use std::marker::PhantomData;
    use std::os::fd::AsFd;
    #[cfg(test)]
    use std::os::fd::BorrowedFd;

    /// The sending end. It travels as a part of a message, and clones are cheap.
    #[derive(Debug, Serialize, Deserialize)]
    #[serde(bound = "")]
    pub(crate) struct Sender<T>(Courier, PhantomData<fn(T)>);

    /// The receiving end.
    #[derive(Debug)]
    pub(crate) struct Receiver<T> {
        courier: Courier,
        /// Kept from message to message.
        buffer: RefCell<Vec<u8>>,
        messages: PhantomData<fn() -> T>,
    }

    /// A new channel.
    ///
    /// # Errors
    ///
    /// There are no descriptors left.
    pub(crate) fn channel<T>() -> io::Result<(Sender<T>, Receiver<T>)> {
        let (sender, receiver) = Courier::pair()?;
        #[cfg(target_vendor = "apple")]
        for end in [&sender, &receiver] {
            // A datagram can be as long as the buffers, which are short if nobody asks for more.
            rustix::net::sockopt::set_socket_send_buffer_size(end, 4 * MAX_LEN)?;
            rustix::net::sockopt::set_socket_recv_buffer_size(end, 4 * MAX_LEN)?;
        }
        Ok((sender.into(), receiver.into()))
    }

    impl<T> From<Courier> for Sender<T> {
        fn from(courier: Courier) -> Self {
            Self(courier, PhantomData)
        }
    }

    impl<T> From<Courier> for Receiver<T> {
        fn from(courier: Courier) -> Self {
            Self { courier, buffer: RefCell::default(), messages: PhantomData }
        }
    }

    impl<T> Clone for Sender<T> {
        fn clone(&self) -> Self {
            self.0.clone().into()
        }
    }

    #[cfg(test)]
    impl<T> AsFd for Sender<T> {
        fn as_fd(&self) -> BorrowedFd<'_> {
            self.0.as_fd()
        }
    }

    #[cfg(test)]
    impl<T> AsFd for Receiver<T> {
        fn as_fd(&self) -> BorrowedFd<'_> {
            self.courier.as_fd()
        }
    }

    impl<T: Portable> Sender<T> {
        /// Sends a message, and waits for room.
        ///
        /// # Errors
        ///
        /// The other end is closed, or the message is too long.
        #[expect(clippy::needless_pass_by_value, reason = "as elsewhere")]
        pub(crate) fn send(&self, message: T) -> io::Result<()> {
            send(&message, |bytes, descriptors| {
                let descriptors: Vec<_> = descriptors.iter().map(AsFd::as_fd).collect();
                self.0.send(bytes, &descriptors)
            })
        }

        /// The same, but fails with `WouldBlock` if there is no room.
        pub(crate) fn try_send(&self, message: &T) -> io::Result<()> {
            send(message, |bytes, descriptors| {
                let descriptors: Vec<_> = descriptors.iter().map(AsFd::as_fd).collect();
                self.0.try_send(bytes, &descriptors)
            })
        }
    }

    fn send<T: Portable>(
        message: &T,
        send: impl FnOnce(&[u8], &[Descriptor]) -> io::Result<()>,
    ) -> io::Result<()> {
        let sent = letter::with_encoded(message, |bytes, descriptors| {
            if bytes.len() > MAX_LEN {
                return Err(ErrorKind::FileTooLarge.into());
            }
            send(bytes, descriptors)
        });
        sent.map_err(io::Error::other)?
    }

    impl<T: Portable> Receiver<T> {
        /// Waits for the next message.
        ///
        /// # Errors
        ///
        /// The other end is closed, or what came is no message.
        pub(crate) fn recv(&self) -> io::Result<T> {
            let mut buffer = self.buffer.borrow_mut();
            buffer.resize(MAX_LEN, 0); // only the first time is anything written
            let received = self.courier.receive(&mut buffer);
            received.and_then(|message| {
                let message = message.ok_or(ErrorKind::UnexpectedEof)?;
                let beside = attached(message.descriptors);
                let bytes = buffer.get(..message.len).ok_or(ErrorKind::InvalidData)?;
                decode(Incoming::private(bytes), beside).map_err(io::Error::other)
            })
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::shared::courier::Courier;
    use crate::transport::message::ToPool;
    use crate::transport::noise::Noise;
    use std::io::ErrorKind;
    use std::os::fd::AsFd;

    #[test]
    fn an_end_travels_in_a_message() {
        let (outer, receiver) = channel::<(u32, Sender<String>)>().unwrap();
        let (inner, strings) = channel::<String>().unwrap();
        outer.send((7, inner)).unwrap();
        let (number, inner) = receiver.recv().unwrap();
        inner.send("here".to_owned()).unwrap();
        inner.clone().try_send(&"there".to_owned()).unwrap();
        drop(inner);
        assert_eq!(
            (number, strings.recv().unwrap(), strings.recv().unwrap().len()),
            (7, "here".to_owned(), 5)
        );
        assert_eq!(strings.recv().unwrap_err().kind(), ErrorKind::UnexpectedEof);
        drop(receiver);
        assert_eq!(
            outer.send((8, channel().unwrap().0)).unwrap_err().kind(),
            ErrorKind::BrokenPipe
        );
    }

    #[test]
    fn what_is_too_long_is_not_sent() {
        let (sender, receiver) = channel::<Vec<u8>>().unwrap();
        sender.send(vec![1; MAX_LEN - 10]).unwrap();
        assert_eq!(sender.send(vec![1; MAX_LEN + 1]).unwrap_err().kind(), ErrorKind::FileTooLarge);
        assert_eq!(receiver.recv().unwrap().len(), MAX_LEN - 10);
    }

    #[test]
    fn noise_is_an_error() {
        let (ours, theirs) = Courier::pair().unwrap();
        let receiver = Receiver::<ToPool>::from(ours);
        let mut noise = Noise::new(7);
        let mut understood = 0;
        for round in 0..20_000 {
            let len =
                1 + noise.below(if round % 100 == 0 { 2 * MAX_LEN as u64 } else { 40 }) as usize;
            let mut bytes: Vec<u8> = (0..len).map(|_| noise.next() as u8).collect();
            bytes[0] &= 15;
            theirs.send(&bytes, &[]).unwrap();
            understood += usize::from(receiver.recv().is_ok());
        }
        assert!(understood < 20_000, "{understood}");
        Sender::<ToPool>::from(theirs).send(ToPool::Wake).unwrap();
        assert!(matches!(receiver.recv(), Ok(ToPool::Wake)), "the next message is not touched");
    }

    #[test]
    fn what_nobody_asked_for() {
        let (ours, theirs) = Courier::pair().unwrap();
        let receiver = Receiver::<ToPool>::from(ours);
        let (reader, writer) = std::io::pipe().unwrap();
        for bytes in [&[3_u8][..], b"\xff"] {
            theirs.send(bytes, &[writer.as_fd(), reader.as_fd()]).unwrap();
            let _either_way = receiver.recv();
        }
        drop(writer);
        let mut end = [0];
        assert_eq!(std::io::Read::read(&mut &reader, &mut end).unwrap(), 0, "nobody has it");
    }

    #[test]
    fn who_does_not_read_is_not_waited_for() {
        let (sender, receiver) = channel::<ToPool>().unwrap();
        let error = loop {
            if let Err(error) = sender.try_send(&ToPool::Wake) {
                break error;
            }
        };
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        assert!(matches!(receiver.recv(), Ok(ToPool::Wake)));
    }
}
