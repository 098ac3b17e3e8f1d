//! [`Buffer`]: a file of memory that nobody can change any more, and this process's mapping of it.
//!
//! A buffer is handed out as `&[u8]`, which must not change while it is looked at, and comes from
//! processes that may have gone wild. On Linux the kernel sees to it: whoever makes a buffer fills a
//! memory file by writing, and then seals it against being written, made longer or made shorter, once
//! and for all. Who receives one looks for the seals, and only then at the length, before mapping it.
//!
//! | what the other process may try                  | why it is of no use                      | test |
//! |-------------------------------------------------|------------------------------------------|------|
//! | to send a file that is not sealed, or not fully | it is refused                            | `files_that_could_change_are_refused` |
//! | to send one that is shorter than it says        | it is refused                            | `lengths_are_checked` |
//! | to write to it later, in whatever way           | the kernel refuses                       | `nobody_can_change_it` |
//! | to have it mapped for writing before            | the kernel refuses to seal it            | `nobody_can_change_it` |
//!
//! Other systems have no seals. There it is a file without a name, of which only a descriptor for reading
//! is kept and sent; the process that has made it is trusted to have let go of its own.

use crate::shared::descriptor::Descriptor;
use memmap2::{Mmap, MmapOptions};
use rustix::fs::fstat;
use std::fs::File;
use std::io::{self, Write};
use std::ops::Deref;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

#[derive(Debug)]
pub(super) struct Buffer {
    file: Descriptor,
    /// `None` if it is empty.
    map: Option<Mmap>,
}

impl Buffer {
    /// A copy of these bytes.
    pub(super) fn new(bytes: &[u8]) -> io::Result<Self> {
        Self::map(OwnedFd::from(filled(bytes)?).into(), bytes.len())
    }

    /// One that another process has made, of so many bytes as it says.
    pub(super) fn open(file: Descriptor, len: u64) -> io::Result<Self> {
        if !is_unchangeable(&file)? {
            return Err(io::Error::other("a shared buffer that its maker could still change"));
        }
        if u64::try_from(fstat(&file)?.st_size) != Ok(len) {
            return Err(io::Error::other("a shared buffer of another length than it should have"));
        }
        Self::map(file, usize::try_from(len).map_err(io::Error::other)?)
    }

    fn map(file: Descriptor, len: usize) -> io::Result<Self> {
        let raw = file.as_fd().as_raw_fd();
        let map = match len {
            0 => None,
            // SAFETY: nobody can change what is in the file, nor its length, which is `len`: we, or the
            // other process, have filled it, and it is sealed. `open` has looked.
            len => Some(unsafe { MmapOptions::new().len(len).map_copy_read_only(raw)? }),
        };
        Ok(Self { file, map })
    }

    #[cfg(test)]
    pub(super) fn descriptor(&self) -> Descriptor {
        self.file.clone()
    }

    /// Makes it an attachment of the value that is being encoded, if that can have some.
    pub(super) fn attach(&self) -> Option<u32> {
        self.file.attach()
    }

    /// The attachment with this number of the value that is being decoded.
    pub(super) fn attached(number: u32, len: u64) -> Result<Self, String> {
        let file = Descriptor::attached(number).ok_or("the shared buffer did not come along")?;
        Self::open(file, len).map_err(|error| error.to_string())
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.map.as_deref().unwrap_or_default()
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn filled(bytes: &[u8]) -> io::Result<File> {
    use rustix::fs::{MemfdFlags, fcntl_add_seals, memfd_create};

    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let mut file = File::from(memfd_create("concurrent-futures-bytes", flags)?);
    // Written, not mapped: the pages need not be faulted in one by one, and a file that is mapped for
    // writing cannot be sealed.
    file.write_all(bytes)?;
    fcntl_add_seals(&file, SEALS)?;
    Ok(file)
}

#[cfg(any(target_os = "linux", target_os = "android"))]
const SEALS: rustix::fs::SealFlags = rustix::fs::SealFlags::WRITE
    .union(rustix::fs::SealFlags::GROW)
    .union(rustix::fs::SealFlags::SHRINK)
    .union(rustix::fs::SealFlags::SEAL);

#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_unchangeable(file: &Descriptor) -> io::Result<bool> {
    match rustix::fs::fcntl_get_seals(file) {
        Ok(seals) => Ok(seals.contains(SEALS)),
        Err(rustix::io::Errno::INVAL) => Ok(false), // not a file that can be sealed
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn filled(bytes: &[u8]) -> io::Result<File> {
    let mut named = tempfile::NamedTempFile::new()?; // deleted when this returns
    named.write_all(bytes)?;
    File::open(named.path())
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn is_unchangeable(file: &Descriptor) -> io::Result<bool> {
    use rustix::fs::{FileType, OFlags, fcntl_getfl};

    let status = fstat(file)?;
    let is_file = FileType::from_raw_mode(status.st_mode) == FileType::RegularFile;
    let read_only = fcntl_getfl(file)? & OFlags::ACCMODE == OFlags::RDONLY;
    Ok(is_file && read_only && status.st_nlink == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_could_change_are_refused() {
        let (reader, _writer) = rustix::pipe::pipe().unwrap();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"four").unwrap();
        for file in [reader, file.into()] {
            assert!(Buffer::open(file.into(), 4).is_err());
        }
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    #[test]
    fn files_that_are_not_fully_sealed_are_refused() {
        use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
        for missing in [SealFlags::WRITE, SealFlags::GROW, SealFlags::SHRINK, SEALS] {
            let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
            let mut file = File::from(memfd_create("test", flags).unwrap());
            file.write_all(b"four").unwrap();
            fcntl_add_seals(&file, SEALS - missing).unwrap();
            assert!(Buffer::open(OwnedFd::from(file).into(), 4).is_err(), "{missing:?}");
        }
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    #[test]
    fn nobody_can_change_it() {
        use rustix::fs::{MemfdFlags, fcntl_add_seals, memfd_create};
        let buffer = Buffer::new(b"constant").unwrap();
        let path = format!("/proc/self/fd/{}", buffer.file.as_fd().as_raw_fd());
        let again = File::options().read(true).write(true).open(path).unwrap();
        for mut file in [again, File::from(buffer.file.as_fd().try_clone_to_owned().unwrap())] {
            assert!(file.write_all(b"x").is_err());
            assert!(file.set_len(3).is_err());
            assert!(file.set_len(30).is_err());
            assert!(MmapOptions::new().map_raw(&file).is_err());
            assert!(fcntl_add_seals(&file, rustix::fs::SealFlags::SEAL).is_err());
        }
        assert_eq!(*buffer, *b"constant");
        // Nor is there one that somebody has mapped for writing before.
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let file = File::from(memfd_create("test", flags).unwrap());
        file.set_len(4).unwrap();
        let map = MmapOptions::new().map_raw(&file).unwrap();
        assert!(fcntl_add_seals(&file, SEALS).is_err());
        drop(map);
        assert!(fcntl_add_seals(&file, SEALS).is_ok());
    }
}
