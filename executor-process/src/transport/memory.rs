//! Memory that several processes map: a file without a name where the system has such, a temporary
//! one elsewhere.
//!
//! On Linux it is a `memfd`, which other processes of the same user open through `/proc`; it leaves
//! nothing behind, however its owner ends, and is sealed against shrinking, so that nobody who maps it
//! can be made to touch memory that is no longer there. Elsewhere, and where `/proc` is not to be had,
//! it is a temporary file that only this user can read, deleted by its owner.

use memmap2::{MmapOptions, MmapRaw};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::fs::File;
use std::io;
use tempfile::TempPath;

/// A file whose content is memory.
#[derive(Debug)]
pub(crate) struct MemoryFile {
    file: File,
    location: Location,
    /// Deletes the file, if it has a name and this is its owner.
    _name: Option<TempPath>,
}

/// Where another process of the same user finds a [`MemoryFile`] while its owner has it open.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Location {
    path: OsString,
    /// Whether it is a file in a directory, where there may not be room for all that it could hold.
    named: bool,
}

impl MemoryFile {
    /// A new one of this length, all zero.
    pub(crate) fn create(len: u64) -> io::Result<Self> {
        let memory = match Self::unnamed() {
            Some(memory) => memory,
            None => Self::temporary()?,
        };
        memory.set_len(len)?;
        Ok(memory)
    }

    /// Memory of this length, all zero, that has no name and is found by nobody: it is the descriptor that
    /// is handed to others.
    #[cfg(unix)]
    pub(crate) fn anonymous(len: u64) -> io::Result<File> {
        let (file, in_a_directory) = match sealed() {
            Some(file) => (file, false),
            None => (tempfile::tempfile()?, true),
        };
        file.set_len(len)?;
        if in_a_directory {
            reserve(&file, 0, len)?;
        }
        Ok(file)
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn unnamed() -> Option<Self> {
        use std::os::fd::AsRawFd;

        let file = sealed()?;
        let path = format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
        let location = Location { path: OsString::from(path), named: false };
        location.open().ok()?; // there may be no /proc, or not for us
        Some(Self { file, location, _name: None })
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn unnamed() -> Option<Self> {
        None
    }

    fn temporary() -> io::Result<Self> {
        let (file, name) = tempfile::Builder::new()
            .prefix("concurrent-futures-")
            .suffix(".memory")
            .tempfile()?
            .into_parts();
        let location = Location { path: name.as_os_str().to_owned(), named: true };
        Ok(Self { file, location, _name: Some(name) })
    }

    pub(crate) fn location(&self) -> &Location {
        &self.location
    }

    /// The same file in another process.
    pub(crate) fn open(location: &Location) -> io::Result<Self> {
        let file = location.open()?;
        Ok(Self { file, location: location.clone(), _name: None })
    }

    pub(crate) fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// Makes it longer.
    ///
    /// The pages are reserved where they could otherwise turn out not to be there when touched.
    pub(crate) fn set_len(&self, len: u64) -> io::Result<()> {
        let old = self.len()?;
        if len > old {
            self.file.set_len(len)?;
            if self.location.named {
                reserve(&self.file, old, len - old)?;
            }
        }
        Ok(())
    }

    /// Gives the memory of a range back to the system. It reads as zero afterwards, or as before.
    pub(crate) fn discard(&self, offset: u64, len: u64) {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        {
            use rustix::fs::{FallocateFlags, fallocate};
            let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
            let _only_an_economy = fallocate(&self.file, flags, offset, len);
        }
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        let _ = (offset, len);
    }

    /// Maps all of it, to be used through raw pointers only.
    pub(crate) fn map_raw(&self) -> io::Result<MmapRaw> {
        MmapOptions::new().len(self.mappable_len()?).map_raw(&self.file)
    }

    /// Maps a range for its one writer.
    pub(crate) fn map_writable(&self, offset: u64, len: usize) -> io::Result<MmapRaw> {
        self.check(offset, len)?;
        MmapOptions::new().offset(offset).len(len).map_raw(&self.file)
    }

    /// Maps a range for a reader, who must copy what another process may still write.
    pub(crate) fn map_readable(&self, offset: u64, len: usize) -> io::Result<MmapRaw> {
        self.check(offset, len)?;
        MmapOptions::new().offset(offset).len(len).map_raw_read_only(&self.file)
    }

    /// Whether the file reaches that far: what lies behind its end must not be touched.
    fn check(&self, offset: u64, len: usize) -> io::Result<()> {
        match offset.checked_add(len as u64) {
            Some(end) if end <= self.len()? => Ok(()),
            _ => Err(io::Error::other("a range outside of the shared memory")),
        }
    }

    /// Whether so many bytes have been written to it, as far as the system can tell. A file can be made as long
    /// as one likes, and whoever copies what nobody has written needs memory for it that nobody has paid for.
    pub(crate) fn could_hold(&self, len: u64) -> io::Result<bool> {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if !self.location.named {
            use std::os::unix::fs::MetadataExt;
            return Ok(self.file.metadata()?.blocks().saturating_mul(512) >= len);
        }
        let _the_disk_may_compress = len;
        Ok(true)
    }

    fn mappable_len(&self) -> io::Result<usize> {
        usize::try_from(self.len()?).map_err(io::Error::other)
    }
}

impl Location {
    fn open(&self) -> io::Result<File> {
        File::options().read(true).write(true).open(&self.path)
    }
}

/// A file that is memory only, and never becomes shorter.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn sealed() -> Option<File> {
    use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let file = File::from(memfd_create("concurrent-futures", flags).ok()?);
    fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::SEAL).ok()?;
    Some(file)
}

#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
fn sealed() -> Option<File> {
    None
}

/// Refuses memory that has come from another process and could become shorter: whoever touches what is no
/// longer there is killed.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn check_lasting(file: impl std::os::fd::AsFd) -> io::Result<()> {
    use rustix::fs::{SealFlags, fcntl_get_seals};

    let seals = fcntl_get_seals(file);
    // Where there is no such memory it is a temporary file, of which nobody can tell.
    if seals.is_ok_and(|seals| seals.contains(SealFlags::SHRINK)) || sealed().is_none() {
        Ok(())
    } else {
        Err(io::Error::other("a handle of memory that could become shorter"))
    }
}

/// Elsewhere its maker is trusted.
#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
pub(crate) fn check_lasting(_file: impl std::os::fd::AsFd) -> io::Result<()> {
    Ok(())
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn reserve(file: &File, offset: u64, len: u64) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    Ok(fallocate(file, FallocateFlags::empty(), offset, len)?)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn reserve(_file: &File, _offset: u64, _len: u64) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(memory: &MemoryFile, offset: u64, bytes: &[u8]) {
        let map = memory.map_writable(offset, bytes.len()).unwrap();
        // SAFETY: so many bytes are mapped, for nobody but us.
        unsafe { map.as_mut_ptr().copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    }

    fn read(memory: &MemoryFile, offset: u64, len: usize) -> Vec<u8> {
        let map = memory.map_readable(offset, len).unwrap();
        // SAFETY: so many bytes are mapped, and nobody writes to them now.
        unsafe { std::slice::from_raw_parts(map.as_ptr(), len) }.to_vec()
    }

    /// What is asked of either kind.
    fn is_shared_memory(memory: &MemoryFile) {
        memory.set_len(10_000).unwrap();
        assert_eq!(memory.len().unwrap(), 10_000);
        memory.set_len(5000).unwrap(); // never shorter
        assert_eq!(memory.len().unwrap(), 10_000);
        let other = MemoryFile::open(memory.location()).unwrap();
        assert_eq!(read(&other, 0, 10_000), vec![0; 10_000]);
        write(memory, 0, &[1; 5000]);
        write(&other, 5000, b"from there");
        assert_eq!(read(&other, 4999, 2), [1, b'f']);
        assert_eq!(read(memory, 5000, 10), b"from there");
        // Both mapped at the same time.
        let (ours, theirs) = (memory.map_raw().unwrap(), other.map_raw().unwrap());
        // SAFETY: within both mappings.
        unsafe {
            ours.as_mut_ptr().add(7000).write_volatile(42);
            assert_eq!(theirs.as_ptr().add(7000).read_volatile(), 42);
        }
        other.set_len(20_000).unwrap();
        assert_eq!(read(memory, 19_999, 1), [0]);
        memory.discard(0, 4096);
        assert!([0, 1].contains(&read(&other, 0, 1)[0]));
        assert_eq!(read(&other, 5000, 4), b"from");
    }

    fn ranges_are_checked(memory: &MemoryFile) {
        memory.set_len(10_000).unwrap();
        let wild = [(0, 10_001), (10_000, 1), (u64::MAX, 1), (u64::MAX, usize::MAX), (1 << 63, 1)];
        for (offset, len) in wild {
            assert!(memory.map_readable(offset, len).is_err());
            assert!(memory.map_writable(offset, len).is_err());
        }
    }

    #[test]
    fn shares_memory() {
        let memory = MemoryFile::create(100).unwrap();
        ranges_are_checked(&memory);
        is_shared_memory(&memory);
    }

    #[test]
    fn a_temporary_file_does_as_well() {
        let memory = MemoryFile::temporary().unwrap();
        assert!(memory.location().named);
        ranges_are_checked(&memory);
        is_shared_memory(&memory);
        let path = memory.location().path.clone();
        let other = MemoryFile::open(memory.location()).unwrap();
        drop(other);
        assert!(std::fs::exists(&path).unwrap(), "only the owner deletes it");
        drop(memory);
        assert!(!std::fs::exists(&path).unwrap());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_a_temporary_file() {
        use std::os::unix::fs::MetadataExt;
        let memory = MemoryFile::temporary().unwrap();
        assert_eq!(memory.file.metadata().unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_location_where_nothing_is() {
        let nowhere = std::env::temp_dir().join("concurrent-futures-nothing.memory");
        let location = Location { path: nowhere.clone().into_os_string(), named: true };
        assert!(MemoryFile::open(&location).is_err());
        assert!(!nowhere.exists(), "opening does not create");
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    #[test]
    fn is_sealed_and_leaves_nothing() {
        use std::os::unix::fs::MetadataExt;
        let Some(memory) = MemoryFile::unnamed() else { return }; // no /proc
        memory.set_len(10_000).unwrap();
        assert!(memory.file.set_len(9999).is_err());
        let other = MemoryFile::open(memory.location()).unwrap();
        assert!(other.file.set_len(0).is_err());
        let identity = |found: std::fs::Metadata| (found.dev(), found.ino());
        let ours = identity(memory.file.metadata().unwrap());
        let count = || {
            let open = std::fs::read_dir("/proc/self/fd").unwrap();
            open.filter_map(|file| std::fs::metadata(file.unwrap().path()).ok())
                .filter(|found| identity(found.clone()) == ours)
                .count()
        };
        assert_eq!(count(), 2);
        drop((memory, other));
        assert_eq!(count(), 0);
    }
}
