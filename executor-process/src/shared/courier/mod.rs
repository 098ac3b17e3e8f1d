//! [`Courier`]: one end of a connection that carries descriptors from process to process.
//!
//! A message is some bytes and some descriptors, and arrives as a whole or not at all, also if the
//! sender is killed. Descriptors on their way are held by the system; those that nobody will ever
//! receive are closed when the connection is.
//!
//! | what                                               | file          |
//! |----------------------------------------------------|---------------|
//! | a pair of sockets, where the kernel holds them     | `unix.rs`     |
//! | a pipe, beside which they are held where they can be | `windows.rs` |

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::{Courier, is_crowded};
#[cfg(windows)]
pub(crate) use windows::{Courier, is_crowded};

use super::descriptor::OwnedDescriptor;

/// How many descriptors one message can carry: what Unix systems allow (253), and a little less.
pub(crate) const MAX_DESCRIPTORS: usize = 240;

/// What [`Courier::receive`] has received.
#[derive(Debug)]
pub(crate) struct Message {
    /// How many bytes.
    pub(crate) len: usize,
    pub(crate) descriptors: Vec<OwnedDescriptor>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::descriptor::Descriptor;
    use std::fs::File;
    use std::io::{self, Read, Write};

    /// Both ends of a pipe, as descriptors.
    fn pipe() -> (Descriptor, Descriptor) {
        let (reader, writer) = io::pipe().unwrap();
        (OwnedDescriptor::from(reader).into(), OwnedDescriptor::from(writer).into())
    }

    #[test]
    fn carries_bytes_and_descriptors() {
        let (here, there) = Courier::pair().unwrap();
        let (reader, writer) = pipe();
        here.send(b"first", &[]).unwrap();
        here.send(b"a pipe", &[reader.borrow(), writer.borrow()]).unwrap();
        drop((reader, writer));
        let mut buffer = [0; 10];
        let first = there.receive(&mut buffer).unwrap().unwrap();
        assert_eq!((&buffer[..first.len], first.descriptors.len()), (&b"first"[..], 0));
        let second = there.receive(&mut buffer).unwrap().unwrap();
        assert_eq!(&buffer[..second.len], b"a pipe");
        let [reader, writer] = <[OwnedDescriptor; 2]>::try_from(second.descriptors).unwrap();
        File::from(writer).write_all(b"alive").unwrap();
        let mut text = String::new();
        File::from(reader).read_to_string(&mut text).unwrap();
        assert_eq!(text, "alive");
    }

    #[test]
    fn as_many_as_possible() {
        let (here, there) = Courier::pair().unwrap();
        let (reader, _writer) = pipe();
        let many = vec![reader.borrow(); MAX_DESCRIPTORS];
        here.send(b".", &many).unwrap();
        let message = there.receive(&mut [0]).unwrap().unwrap();
        assert_eq!(message.descriptors.len(), MAX_DESCRIPTORS);
        assert!(here.send(b".", &vec![reader.borrow(); 300]).is_err());
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
