//! Memory that several processes map, by a descriptor, which is handed from one to the other.
//!
//! | what                                                    | file         |
//! |---------------------------------------------------------|--------------|
//! | files without a name, in memory where there are such    | `unix.rs`    |
//! | sections; files without a name for what is to grow      | `windows.rs` |
//!
//! It is all zero at first, and there for as long as anybody has a descriptor for it or maps it. Whoever
//! maps it uses raw pointers only, and atomics.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

#[cfg(windows)]
pub(crate) use system::map_to_read;
pub(crate) use system::{
    Mapping, check_lasting, create, create_growing, discard, filled, grow, map, read,
};

use once_cell::sync::OnceCell;
use std::io;

/// How much is mapped and given back at a time.
pub(crate) fn page_size() -> usize {
    static SIZE: OnceCell<usize> = OnceCell::new();
    *SIZE.get_or_init(system::page_size)
}

/// Why a descriptor is refused.
fn too_short() -> io::Error {
    io::Error::other("a handle of memory that is too short")
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::shared::descriptor::Descriptor;

    fn write(memory: &Descriptor, offset: u64, bytes: &[u8]) {
        let map = map(memory, offset, bytes.len()).unwrap();
        // SAFETY: so many bytes are mapped, for nobody but us.
        unsafe { map.as_mut_ptr().copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    }

    fn bytes(memory: &Descriptor, offset: u64, len: usize) -> Vec<u8> {
        let map = map(memory, offset, len).unwrap();
        // SAFETY: so many bytes are mapped, and nobody writes to them now.
        unsafe { std::slice::from_raw_parts(map.as_ptr(), len) }.to_vec()
    }

    #[test]
    fn is_shared_and_does_not_reach_further() {
        for memory in [create(10_000).unwrap(), create_growing(10_000).unwrap()] {
            let before = map(&memory, 0, 10_000).unwrap();
            assert_eq!(bytes(&memory, 0, 10_000), [0; 10_000]);
            write(&memory, 0, b"text");
            // SAFETY: within the mapping, to which nobody writes now.
            assert_eq!(unsafe { before.as_ptr().add(3).read_volatile() }, b't');
            for len in [100_000, isize::MAX as usize] {
                assert!(map(&memory, 0, len).is_err());
            }
            assert!(map(&memory, 1 << 20, 1).is_err());
            assert!(map(&memory, u64::MAX << 16, 1 << 17).is_err());
        }
    }

    #[test]
    fn grows_while_it_is_mapped() {
        let memory = create_growing(1000).unwrap();
        let before = map(&memory, 0, 1000).unwrap();
        grow(&memory, 200_000).unwrap();
        grow(&memory, 100_000).unwrap(); // never shorter
        write(&memory, 1 << 16, &[7; 100_000]);
        assert_eq!(bytes(&memory, 0, 200_000)[65_530..65_540], [0, 0, 0, 0, 0, 0, 7, 7, 7, 7]);
        write(&memory, 0, b"x");
        // SAFETY: within the mapping, to which nobody writes now.
        assert_eq!(unsafe { before.as_ptr().read_volatile() }, b'x');
        discard(&memory, 1 << 16, 1 << 16);
        assert_eq!(bytes(&memory, 0, 1), b"x");
    }

    #[test]
    fn is_filled_and_read() {
        let memory = filled(&[b"one ", b"", b"text"]).unwrap();
        assert_eq!(read(&memory, 8).unwrap(), b"one text");
        assert_eq!(read(&memory, 3).unwrap(), b"one");
        assert!(read(&memory, 100_000).is_err());
        assert_eq!(read(&filled(&[]).unwrap(), 0).unwrap(), b"");
    }
}
