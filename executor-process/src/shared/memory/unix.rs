//! Files without a name.

use super::too_short;
use crate::shared::descriptor::Descriptor;
use crate::transport::memory::MemoryFile;
use memmap2::MmapOptions;
use rustix::buffer::spare_capacity;
use rustix::fs::{fstat, ftruncate};
use rustix::io::{Errno, pread};
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

/// A part of the memory as this process sees it.
pub(crate) use memmap2::MmapRaw as Mapping;

/// Memory of this length.
pub(crate) fn create(len: u64) -> io::Result<Descriptor> {
    Ok(OwnedFd::from(MemoryFile::anonymous(len)?).into())
}

/// Memory of this length, which can become longer.
pub(crate) fn create_growing(len: u64) -> io::Result<Descriptor> {
    create(len)
}

/// Makes it as long, if it is shorter.
pub(crate) fn grow(memory: &Descriptor, len: u64) -> io::Result<()> {
    if len_of(memory)? < len {
        ftruncate(memory, len)?;
    }
    Ok(())
}

fn len_of(memory: &Descriptor) -> io::Result<u64> {
    Ok(u64::try_from(fstat(memory)?.st_size).unwrap_or(0))
}

/// Maps a part of it, which starts at a multiple of 64 KiB.
///
/// # Errors
///
/// It is too short, or is no memory, or there is no room for it.
pub(crate) fn map(memory: &Descriptor, offset: u64, len: usize) -> io::Result<Mapping> {
    match offset.checked_add(len as u64) {
        Some(end) if end <= len_of(memory)? => {}
        _ => return Err(too_short()),
    }
    MmapOptions::new().offset(offset).len(len).map_raw(memory.as_fd().as_raw_fd())
}

/// Gives the memory of whole pages back to the system, where it takes it.
pub(crate) fn discard(memory: &Descriptor, offset: u64, len: u64) {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use rustix::fs::{FallocateFlags, fallocate};
        let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        let _only_an_economy = fallocate(memory, flags, offset, len);
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let _ = (memory, offset, len);
}

/// Memory with all that in it.
pub(crate) fn filled(parts: &[&[u8]]) -> io::Result<Descriptor> {
    let len = parts.iter().map(|part| part.len() as u64).sum();
    let mut file = MemoryFile::anonymous(len)?;
    for part in parts {
        file.write_all(part)?;
    }
    Ok(OwnedFd::from(file).into())
}

/// A copy of its first bytes.
pub(crate) fn read(memory: &Descriptor, len: usize) -> io::Result<Vec<u8>> {
    if len_of(memory)? < len as u64 {
        return Err(too_short());
    }
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(len).map_err(io::Error::other)?;
    while bytes.len() < len {
        let offset = bytes.len() as u64;
        match pread(memory, spare_capacity(&mut bytes), offset) {
            Ok(0) => return Err(too_short()), // it has become so
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    bytes.truncate(len); // there may have been more room than was asked for
    Ok(bytes)
}

pub(super) fn page_size() -> usize {
    rustix::param::page_size()
}

/// Refuses memory that has come from another process and could become shorter.
pub(crate) fn check_lasting(memory: &Descriptor) -> io::Result<()> {
    crate::transport::memory::check_lasting(memory)
}
