//! Sections, which have no name and are on no disk; and for what is to grow, which they cannot, files that have
//! no name anybody could open, and are gone with their last handle.

use super::too_short;
use crate::shared::descriptor::Descriptor;
use crate::shared::windows::handle::{check, made};
use std::fs::File;
use std::io;
use std::os::windows::io::{AsHandle, AsRawHandle, BorrowedHandle, OwnedHandle};
use std::ptr::{self, NonNull};
use windows_sys::Win32::Foundation::{ERROR_INVALID_HANDLE, INVALID_HANDLE_VALUE};
use windows_sys::Win32::Storage::FileSystem::GetFileSizeEx;
use windows_sys::Win32::System::Memory::{
    CreateFileMappingW, FILE_MAP_READ, FILE_MAP_WRITE, MEMORY_MAPPED_VIEW_ADDRESS, MapViewOfFile,
    PAGE_READWRITE, UnmapViewOfFile,
};
use windows_sys::Win32::System::SystemInformation::{GetSystemInfo, SYSTEM_INFO};

/// A part of the memory as this process sees it.
#[derive(Debug)]
pub(crate) struct Mapping {
    start: NonNull<u8>,
    len: usize,
}

// SAFETY: it is memory, at the same place for all threads, and unmapped by the last one who has it. Whoever
// uses it answers for how.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    pub(crate) fn as_ptr(&self) -> *const u8 {
        self.start.as_ptr()
    }

    pub(crate) fn as_mut_ptr(&self) -> *mut u8 {
        self.start.as_ptr()
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: it was mapped there, and nobody uses it any more.
        unsafe {
            UnmapViewOfFile(MEMORY_MAPPED_VIEW_ADDRESS { Value: self.start.as_ptr().cast() })
        };
    }
}

/// Memory of this length.
pub(crate) fn create(len: u64) -> io::Result<Descriptor> {
    // A section has at least a byte.
    section(None, len.max(1)).map(Descriptor::from)
}

/// A section of a file, or of nothing but memory; of that length, or if that is 0 of the file's.
fn section(file: Option<BorrowedHandle<'_>>, len: u64) -> io::Result<OwnedHandle> {
    let file = file.map_or(INVALID_HANDLE_VALUE, |file| file.as_raw_handle());
    let (high, low) = ((len >> 32) as u32, len as u32);
    // SAFETY: no attributes and no name; the file is open, if there is one. The handle is new.
    unsafe { made(CreateFileMappingW(file, ptr::null(), PAGE_READWRITE, high, low, ptr::null())) }
}

/// Memory of this length, which can become longer.
pub(crate) fn create_growing(len: u64) -> io::Result<Descriptor> {
    let file = tempfile::tempfile()?;
    file.set_len(len)?;
    Ok(OwnedHandle::from(file).into())
}

/// Makes it as long, if it is shorter.
pub(crate) fn grow(memory: &Descriptor, len: u64) -> io::Result<()> {
    if len_of(memory)? < len {
        // Another handle of the same.
        File::from(memory.borrow().try_clone_to_owned()?).set_len(len)?;
    }
    Ok(())
}

fn len_of(memory: &Descriptor) -> io::Result<u64> {
    let mut len = 0;
    // SAFETY: the handle is open; there is a number to write to.
    check(unsafe { GetFileSizeEx(memory.borrow().as_raw_handle(), &raw mut len) })?;
    Ok(u64::try_from(len).unwrap_or(0))
}

/// Maps a part of it, which starts at a multiple of 64 KiB.
///
/// # Errors
///
/// It is too short, or is no memory, or there is no room for it.
pub(crate) fn map(memory: &Descriptor, offset: u64, len: usize) -> io::Result<Mapping> {
    map_as(memory, FILE_MAP_WRITE, offset, len)
}

/// The same from its beginning, of memory that may be for reading only.
pub(crate) fn map_to_read(memory: &Descriptor, len: usize) -> io::Result<Mapping> {
    map_as(memory, FILE_MAP_READ, 0, len)
}

fn map_as(memory: &Descriptor, access: u32, offset: u64, len: usize) -> io::Result<Mapping> {
    match view(memory.borrow(), access, offset, len) {
        Err(error) if error.raw_os_error() == Some(ERROR_INVALID_HANDLE as i32) => {
            match offset.checked_add(len as u64) {
                Some(end) if end <= len_of(memory)? => {}
                _ => return Err(too_short()),
            }
            view(section(Some(memory.borrow()), 0)?.as_handle(), access, offset, len)
        }
        mapped => mapped,
    }
}

/// Maps a part of a section. The system refuses what is not there.
fn view(section: BorrowedHandle<'_>, access: u32, offset: u64, len: usize) -> io::Result<Mapping> {
    if len == 0 {
        return Err(too_short()); // 0 means all of it
    }
    let (high, low) = ((offset >> 32) as u32, offset as u32);
    // SAFETY: the handle is open, and the system chooses the place.
    let start = unsafe { MapViewOfFile(section.as_raw_handle(), access, high, low, len) };
    match NonNull::new(start.Value.cast()) {
        Some(start) => Ok(Mapping { start, len }),
        None => Err(io::Error::last_os_error()),
    }
}

/// The memory stays until there is no handle any more.
pub(crate) fn discard(_memory: &Descriptor, _offset: u64, _len: u64) {}

/// Memory with all that in it.
pub(crate) fn filled(parts: &[&[u8]]) -> io::Result<Descriptor> {
    let len = parts.iter().map(|part| part.len()).sum::<usize>();
    let memory = create(len as u64)?;
    if len > 0 {
        let mapping = map(&memory, 0, len)?;
        let mut start = mapping.as_mut_ptr();
        for part in parts {
            // SAFETY: there is room for all of them, one behind the other, in memory that nobody else has.
            unsafe {
                start.copy_from_nonoverlapping(part.as_ptr(), part.len());
                start = start.add(part.len());
            }
        }
    }
    Ok(memory)
}

/// A copy of its first bytes.
pub(crate) fn read(memory: &Descriptor, len: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(len).map_err(io::Error::other)?;
    if len > 0 {
        let mapping = map_to_read(memory, len)?;
        // SAFETY: so many bytes are mapped, and there is room for them, whereupon they are initialised.
        // Should somebody write to them meanwhile they are garbled.
        unsafe {
            mapping.as_ptr().copy_to_nonoverlapping(bytes.as_mut_ptr(), len);
            bytes.set_len(len);
        }
    }
    Ok(bytes)
}

pub(super) fn page_size() -> usize {
    let mut found = SYSTEM_INFO::default();
    // SAFETY: there is such a structure to write to.
    unsafe { GetSystemInfo(&raw mut found) };
    found.dwPageSize as usize
}

/// Nothing that is mapped can become shorter: the system does not allow it.
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
pub(crate) fn check_lasting(_memory: &Descriptor) -> io::Result<()> {
    Ok(())
}
