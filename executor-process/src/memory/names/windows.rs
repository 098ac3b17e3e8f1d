//! Names that the system keeps, of sections.
//!
//! The system knows a named section for as long as anybody has it, however its users end; but it cannot take
//! a name away. So there are two: the memory has its id for a name, and a *sign* has the name, and says which
//! id is meant. To unlink is to wipe the sign. A sign is there for as long as a user of the name is.
//!
//! | who                | does under the lock                                                     |
//! |--------------------|-------------------------------------------------------------------------|
//! | `create`           | fails if the sign leads to memory; otherwise makes both, and writes the sign |
//! | `open`             | follows the sign                                                        |
//! | a handle that came | writes the sign if it leads nowhere, unless the memory was unlinked      |
//! | `unlink`           | wipes the sign if it has its id, and marks the memory                   |
//!
//! The lock is a mutex of the system, which it takes from a process that dies. All names begin with what the system
//! calls the user, and can be opened by no other.

use super::super::SharedMemoryError;
use super::super::block::{Block, Kind, Shape, total_size};
use super::Name;
use crate::shared::descriptor::{Descriptor, OwnedDescriptor};
use crate::shared::memory::{Mapping, map};
use crate::shared::windows::handle::{check, made, wait};
use std::io;
use std::marker::PhantomData;
use std::os::windows::io::{AsRawHandle, OwnedHandle};
use std::ptr;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_ALREADY_EXISTS, ERROR_FILE_NOT_FOUND, INVALID_HANDLE_VALUE,
};
use windows_sys::Win32::Security::{
    GetLengthSid, GetTokenInformation, TOKEN_QUERY, TOKEN_USER, TokenUser,
};
use windows_sys::Win32::System::Memory::{
    CreateFileMappingW, FILE_MAP_WRITE, OpenFileMappingW, PAGE_READWRITE,
};
use windows_sys::Win32::System::Threading::{
    CreateMutexW, GetCurrentProcess, INFINITE, OpenProcessToken, ReleaseMutex,
};

/// The lock, until this is dropped, by the thread that has taken it.
#[derive(Debug)]
pub(in super::super) struct Directory {
    lock: OwnedHandle,
    prefix: String,
    stays_here: PhantomData<*const ()>,
}

impl Directory {
    /// Waits for the lock.
    pub(in super::super) fn lock() -> Result<Self, SharedMemoryError> {
        let prefix = format!(r"Local\concurrent-futures-{}", user()?);
        let name = wide(&format!("{prefix}-lock"));
        // SAFETY: no attributes; the name ends with a zero; the handle is new.
        let lock = unsafe { made(CreateMutexW(ptr::null(), 0, name.as_ptr()))? };
        // If it was taken from somebody who died: each change is one store.
        wait(&lock, INFINITE);
        Ok(Self { lock, prefix, stays_here: PhantomData })
    }

    /// The sign of a name, which is made if there is none.
    fn put_up(&self, name: &Name) -> Result<Presence, SharedMemoryError> {
        let section = create(&self.sign_of(name), SIGN as u64);
        let section = section.map_err(|error| unreachable(name, error))?.0;
        Ok(Presence::of(section)?)
    }

    /// The sign of a name, if there is one.
    fn look_up(&self, name: &Name) -> Result<Option<Presence>, SharedMemoryError> {
        let section = open(&self.sign_of(name)).map_err(|error| unreachable(name, error))?;
        Ok(section.map(Presence::of).transpose()?)
    }

    /// The memory with this id, if there is such.
    fn memory(&self, name: &Name, id: u128) -> Result<Option<Descriptor>, SharedMemoryError> {
        if id == 0 {
            return Ok(None);
        }
        let section = open(&self.memory_of(id)).map_err(|error| unreachable(name, error))?;
        Ok(section.map(Descriptor::from))
    }

    fn sign_of(&self, name: &Name) -> String {
        format!("{}-name-{}", self.prefix, name.as_str())
    }

    fn memory_of(&self, id: u128) -> String {
        format!("{}-memory-{id:032x}", self.prefix)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // SAFETY: the handle is open.
        let _we_have_it = unsafe { ReleaseMutex(self.lock.as_raw_handle()) };
    }
}

/// What a process has for as long as it uses the name: the sign.
#[derive(Debug)]
pub(in super::super) struct Presence {
    sign: Mapping,
    _section: Descriptor,
}

/// How long a sign is.
const SIGN: usize = 16;

impl Presence {
    fn of(section: OwnedHandle) -> io::Result<Self> {
        let section = Descriptor::from(section);
        Ok(Self { sign: map(&section, 0, SIGN)?, _section: section })
    }

    fn words(&self) -> &[AtomicU64; 2] {
        // SAFETY: so many bytes are mapped for as long as we are, at the start of a page; any bytes are valid
        // atomics.
        unsafe { &*self.sign.as_ptr().cast() }
    }

    /// Read, and written, under the lock.
    fn id(&self) -> u128 {
        let [low, high] = self.words().each_ref().map(|half| u128::from(half.load(Relaxed)));
        high << 64 | low
    }

    fn set_id(&self, id: u128) {
        let [low, high] = self.words();
        // What is half written when its writer dies is no id of any memory.
        low.store(id as u64, Relaxed);
        high.store((id >> 64) as u64, Relaxed);
    }
}

/// Creates the memory of a name, if nobody has such.
pub(in super::super) fn claim(
    directory: &Directory,
    name: &Name,
    shape: Shape,
) -> Result<(Block, Presence), SharedMemoryError> {
    let sign = directory.put_up(name)?;
    if directory.memory(name, sign.id())?.is_some() {
        return Err(name.already_exists());
    }
    let (memory, is_new) = create(&directory.memory_of(shape.id), total_size(&shape)? as u64)?;
    if !is_new {
        return Err(name.already_exists());
    }
    let block = Block::create_in(memory.into(), shape)?;
    sign.set_id(shape.id);
    Ok((block, sign))
}

/// Maps the memory of a name.
pub(in super::super) fn find(
    directory: &Directory,
    name: &Name,
) -> Result<(Block, Presence), SharedMemoryError> {
    let sign = directory.look_up(name)?.ok_or_else(|| name.not_found())?;
    let memory = directory.memory(name, sign.id())?.ok_or_else(|| name.not_found())?;
    Ok((Block::open(memory, Kind::BYTES, 1, 1)?, sign))
}

/// Becomes a user of a name, if it is that of the block.
pub(in super::super) fn join(
    directory: &Directory,
    name: &Name,
    block: &Block,
) -> Result<Option<Presence>, SharedMemoryError> {
    if block.is_unlinked() {
        return Ok(None);
    }
    let sign = directory.put_up(name)?;
    if sign.id() != block.shape().id {
        if directory.memory(name, sign.id())?.is_some() {
            return Ok(None); // it has become another's
        }
        sign.set_id(block.shape().id); // everybody else had gone when this handle was on its way
    }
    Ok(Some(sign))
}

/// Is a user no more. The name goes with the last one.
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
pub(in super::super) fn leave(
    _directory: &Directory,
    _name: &Name,
    _block: &Block,
    presence: Presence,
) -> Result<(), SharedMemoryError> {
    drop(presence);
    Ok(())
}

/// Takes the name away. `false` if it is not that of the block any more.
pub(in super::super) fn unlink(
    directory: &Directory,
    name: &Name,
    block: &Block,
) -> Result<bool, SharedMemoryError> {
    match directory.look_up(name)? {
        Some(sign) if sign.id() == block.shape().id => {
            block.mark_unlinked();
            sign.set_id(0);
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// Nothing is left behind by the dead.
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
pub(in super::super) fn sweep(_directory: &Directory) -> Result<usize, SharedMemoryError> {
    Ok(0)
}

/// Makes a section of that name, or opens it; says whether it is new.
fn create(name: &str, len: u64) -> io::Result<(OwnedDescriptor, bool)> {
    let name = wide(name);
    // SAFETY: neither a file nor attributes; the name ends with a zero; the handle is new.
    let section = unsafe {
        let (high, low) = ((len >> 32) as u32, len as u32);
        let made_of = INVALID_HANDLE_VALUE;
        made(CreateFileMappingW(made_of, ptr::null(), PAGE_READWRITE, high, low, name.as_ptr()))?
    };
    let is_new = io::Error::last_os_error().raw_os_error() != Some(ERROR_ALREADY_EXISTS as i32);
    Ok((section, is_new))
}

/// The section of that name, if there is one.
fn open(name: &str) -> io::Result<Option<OwnedDescriptor>> {
    let name = wide(name);
    // SAFETY: the name ends with a zero; the handle is new.
    match unsafe { made(OpenFileMappingW(FILE_MAP_WRITE, 0, name.as_ptr())) } {
        Ok(section) => Ok(Some(section)),
        Err(error) if error.raw_os_error() == Some(ERROR_FILE_NOT_FOUND as i32) => Ok(None),
        Err(error) => Err(error),
    }
}

fn unreachable(name: &Name, error: io::Error) -> SharedMemoryError {
    if error.raw_os_error() == Some(ERROR_ACCESS_DENIED as i32) {
        return SharedMemoryError::Unreachable { name: name.as_str().to_owned(), error };
    }
    error.into()
}

fn wide(name: &str) -> Vec<u16> {
    name.encode_utf16().chain([0]).collect()
}

/// What the system calls the user, in digits.
fn user() -> io::Result<String> {
    let mut token = ptr::null_mut();
    // SAFETY: there is a handle to write to, which is new if there is one.
    let token = unsafe {
        check(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw mut token))?;
        made(token)?
    };
    // Aligned as the structure at its beginning is. The longest identifier has 68 bytes.
    let mut found = [0_u64; 32];
    let mut len = 0;
    // SAFETY: the handle is open; there is so much to write to, and a number.
    check(unsafe {
        GetTokenInformation(
            token.as_raw_handle(),
            TokenUser,
            found.as_mut_ptr().cast(),
            size_of_val(&found) as u32,
            &raw mut len,
        )
    })?;
    // SAFETY: this kind of information is such a structure, with a valid identifier, behind it in `found`.
    let identifier = unsafe {
        let user = &*found.as_ptr().cast::<TOKEN_USER>();
        let len = GetLengthSid(user.User.Sid) as usize;
        std::slice::from_raw_parts(user.User.Sid.cast::<u8>(), len)
    };
    Ok(identifier.iter().map(|byte| format!("{byte:02x}")).collect())
}
