//! Memory that several processes map: a file without a name where the system has such, a temporary
//! one elsewhere.
//!
//! On Linux it is a `memfd`, which other processes of the same user open through `/proc`; it leaves
//! nothing behind, however its owner ends, and is sealed against shrinking, so that nobody who maps it
//! can be made to touch memory that is no longer there. Elsewhere, and where `/proc` is not to be had,
//! it is a temporary file that only this user can read, deleted by its owner.

use memmap2::{Mmap, MmapMut, MmapOptions, MmapRaw};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io;
use std::path::PathBuf;
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
pub(crate) struct Location(PathBuf);

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

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn unnamed() -> Option<Self> {
        use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
        use std::os::fd::AsRawFd;

        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let file = File::from(memfd_create("concurrent-futures", flags).ok()?);
        fcntl_add_seals(&file, SealFlags::SHRINK).ok()?;
        let path = format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
        let location = Location(PathBuf::from(path));
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
        Ok(Self { file, location: Location(name.to_path_buf()), _name: Some(name) })
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
            if self._name.is_some() {
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
    pub(crate) fn map_mut(&self, offset: u64, len: usize) -> io::Result<MmapMut> {
        self.check(offset, len)?;
        // SAFETY: the file cannot shrink (sealed, or in the hands of our own processes). The writer
        // of a range is its only writer, and others read it only when it has told them to.
        unsafe { MmapOptions::new().offset(offset).len(len).map_mut(&self.file) }
    }

    /// Maps a range for a reader, who must copy what another process may still write.
    pub(crate) fn map(&self, offset: u64, len: usize) -> io::Result<Mmap> {
        self.check(offset, len)?;
        // SAFETY: as above; whoever reads it treats it as memory that may change.
        unsafe { MmapOptions::new().offset(offset).len(len).map(&self.file) }
    }

    /// Whether the file reaches that far: what lies behind its end must not be touched.
    fn check(&self, offset: u64, len: usize) -> io::Result<()> {
        match offset.checked_add(len as u64) {
            Some(end) if end <= self.len()? => Ok(()),
            _ => Err(io::Error::other("a range outside of the shared memory")),
        }
    }

    fn mappable_len(&self) -> io::Result<usize> {
        usize::try_from(self.len()?).map_err(io::Error::other)
    }
}

impl Location {
    fn open(&self) -> io::Result<File> {
        File::options().read(true).write(true).open(&self.0)
    }
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
