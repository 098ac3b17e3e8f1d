//! [`Buffer`]: a section that can be mapped for reading only, and this process's mapping of it.
//!
//! A buffer is handed out as `&[u8]`, which must not change while it is looked at. Whoever makes one keeps and
//! hands on a handle with which it cannot be written, and lets go of the one with which it could. A handle
//! with which it could is refused. The system does not tell whether somebody else has another one; the process that
//! has made the buffer is trusted that it has not.

use crate::shared::descriptor::Descriptor;
use crate::shared::memory::{Mapping, filled, map_to_read};
use crate::shared::windows::handle::{access_of, limited};
use std::io;
use std::ops::Deref;
use windows_sys::Win32::System::Memory::{SECTION_MAP_READ, SECTION_MAP_WRITE, SECTION_QUERY};

/// What is in front of the bytes: how many there are.
const HEAD: usize = 64;

#[derive(Debug)]
pub(super) struct Buffer {
    section: Descriptor,
    map: Mapping,
}

impl Buffer {
    /// A copy of these bytes.
    pub(super) fn new(bytes: &[u8]) -> io::Result<Self> {
        let mut head = [0; HEAD];
        head[..8].copy_from_slice(&(bytes.len() as u64).to_ne_bytes());
        let section = filled(&[&head, bytes])?;
        let section = limited(section.borrow(), SECTION_MAP_READ | SECTION_QUERY)?;
        Self::open(section.into(), bytes.len() as u64)
    }

    /// One that another process has made, of so many bytes as it says.
    pub(super) fn open(section: Descriptor, len: u64) -> io::Result<Self> {
        if access_of(section.borrow())? & SECTION_MAP_WRITE != 0 {
            return Err(io::Error::other("a shared buffer that its maker could still change"));
        }
        let all = usize::try_from(len).ok().and_then(|len| len.checked_add(HEAD));
        let all = all.ok_or(io::ErrorKind::OutOfMemory)?;
        let map = map_to_read(&section, all)?;
        // SAFETY: so much is mapped, and aligned; nobody changes it, as above.
        let found = unsafe { map.as_ptr().cast::<u64>().read() };
        if found != len {
            return Err(io::Error::other("a shared buffer of another length than it should have"));
        }
        Ok(Self { section, map })
    }

    #[cfg(test)]
    pub(super) fn descriptor(&self) -> Descriptor {
        self.section.clone()
    }

    /// Makes it an attachment of the value that is being encoded, if that can have some.
    pub(super) fn attach(&self) -> Option<u32> {
        self.section.attach()
    }

    /// The attachment with this number of the value that is being decoded.
    pub(super) fn attached(number: u32, len: u64) -> Result<Self, String> {
        let section = Descriptor::attached(number).ok_or("the shared buffer did not come along")?;
        Self::open(section, len).map_err(|error| error.to_string())
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: so many bytes are mapped behind the head, for as long as we are; nobody changes them.
        unsafe { std::slice::from_raw_parts(self.map.as_ptr().add(HEAD), self.map.len() - HEAD) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::memory::{create, map};

    #[test]
    fn what_could_change_is_refused() {
        let mut head = [0; HEAD];
        head[0] = 4;
        let writable = filled(&[&head, b"four"]).unwrap();
        assert!(Buffer::open(writable, 4).is_err());
        assert!(Buffer::open(create(HEAD as u64).unwrap(), 0).is_err());
        let (reader, _writer) = io::pipe().unwrap();
        assert!(Buffer::open(std::os::windows::io::OwnedHandle::from(reader).into(), 4).is_err());
    }

    #[test]
    fn nobody_can_change_it() {
        let buffer = Buffer::new(b"constant").unwrap();
        assert!(map(&buffer.section, 0, 1).is_err());
        assert_eq!(*buffer, *b"constant");
    }
}
