//! [`Holder`]: a process that has a descriptor for the memory.

use super::super::block::Block;
use crate::shared::life::Stamp;
use rustix::fs::{FileType, Mode, OFlags, SealFlags, fcntl_get_seals, open, stat};
use rustix::io::Errno;
use std::fs::File;
use std::io;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Holder {
    pub(super) process: Stamp,
    pub(super) descriptor: i32,
}

/// What became of one.
#[derive(Debug)]
pub(super) enum Answer {
    /// Here is the memory.
    Memory(File),
    /// It does not have the memory any more.
    Gone,
    /// That cannot be found out.
    Unknown(io::Error),
}

impl Holder {
    pub(super) fn own(descriptor: i32) -> Self {
        Self { process: Stamp::own(), descriptor }
    }

    /// Asks for the memory with that id.
    pub(super) fn ask(self, id: u128) -> Answer {
        match self.look(id) {
            // The number may have been given to a process of another user, who does not let us look.
            Answer::Unknown(_) if !self.process.is_alive() => Answer::Gone,
            answer => answer,
        }
    }

    fn look(self, id: u128) -> Answer {
        let path = format!("/proc/{}/fd/{}", self.process.pid(), self.descriptor);
        // The number may be that of something which must not be opened, such as a device.
        match stat(&path) {
            Ok(found) if FileType::from_raw_mode(found.st_mode) == FileType::RegularFile => {}
            Ok(_) | Err(Errno::NOENT | Errno::SRCH) => return Answer::Gone,
            Err(error) => return Answer::Unknown(error.into()),
        }
        let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = match open(&path, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            // It is our fault: ask again later. (No memory, or no descriptor, to be had.)
            Err(error @ (Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::INTR)) => {
                return Answer::Unknown(error.into());
            }
            Err(_) => return Answer::Gone, // some file that cannot be opened like that, as ours can
        };
        match fcntl_get_seals(&file) {
            Ok(seals) if seals.contains(SealFlags::SHRINK) => {}
            Ok(_) | Err(_) => return Answer::Gone, // some other file
        }
        match Block::id_in(&file) {
            Ok(found) if found == id => Answer::Memory(file),
            Ok(_) | Err(_) => Answer::Gone, // some other memory
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::memory::block::{Kind, Shape};
    use std::os::fd::{AsFd, AsRawFd};
    use std::process::{Command, Stdio};

    const SHAPE: Shape =
        Shape { kind: Kind::BYTES, id: 1 << 99 | 7, item_size: 1, alignment: 1, count: 10 };

    fn holder(descriptor: impl AsFd) -> Holder {
        Holder::own(descriptor.as_fd().as_raw_fd())
    }

    #[test]
    fn has_the_memory() {
        let block = Block::create(SHAPE).unwrap();
        let holder = holder(block.descriptor());
        assert!(matches!(holder.ask(SHAPE.id), Answer::Memory(_)));
        assert!(matches!(holder.ask(SHAPE.id + 1), Answer::Gone));
        assert!(matches!(holder.ask(0), Answer::Gone));
    }

    #[test]
    fn has_something_else() {
        let (reader, _writer) = rustix::pipe::pipe().unwrap();
        assert!(matches!(holder(&reader).ask(7), Answer::Gone));
        let file = tempfile::tempfile().unwrap();
        assert!(matches!(holder(&file).ask(7), Answer::Gone));
        let itself = File::open("/proc/self/exe").unwrap();
        assert!(matches!(holder(&itself).ask(7), Answer::Gone));
        let device = File::open("/dev/null").unwrap();
        assert!(matches!(holder(&device).ask(7), Answer::Gone));
        let array = Block::create(Shape { kind: Kind::LOCKED, ..SHAPE }).unwrap();
        assert!(matches!(holder(array.descriptor()).ask(SHAPE.id), Answer::Gone));
    }

    #[test]
    fn is_nobody() {
        for descriptor in [-1, i32::MIN, i32::MAX] {
            assert!(matches!(Holder::own(descriptor).ask(7), Answer::Gone));
        }
        let process = |pid: u32| Stamp::from_bits(u64::from(pid) << 32 | 2).unwrap();
        let holder = |pid| Holder { process: process(pid), descriptor: 0 };
        assert!(matches!(holder(u32::MAX).ask(7), Answer::Gone));
        assert!(matches!(holder(1).ask(7), Answer::Gone), "that process started at another time");
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(matches!(holder(child.id()).ask(7), Answer::Gone));
    }
}
