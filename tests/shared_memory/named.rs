//! Named blocks.

use crate::place::fresh;
use crate::pool;
use crate::support::guarded;
use concurrent_futures::Executor;
use concurrent_futures::process::{SharedMemory, SharedMemoryError};
use std::sync::atomic::Ordering::SeqCst;

fn error_of(result: Result<SharedMemory, SharedMemoryError>) -> String {
    match result {
        Ok(block) => panic!("{block:?}"),
        Err(error) => format!("{error:?}").split([' ', '{', '(']).next().unwrap().to_owned(),
    }
}

/// SHM-05
#[test]
fn basics() {
    let name = fresh("basics");
    let block = SharedMemory::create(&name, 4099).unwrap();
    assert_eq!((block.name(), block.len()), (&*name, 4099));
    assert_eq!(block.to_vec(), vec![0; 4099]);
    block.write_at(4090, b"the end..").unwrap();
    let other = SharedMemory::open(&name).unwrap();
    assert_eq!(other.len(), 4099);
    assert_eq!(&other.to_vec()[4090..], b"the end..");
    other.words()[1].store(u64::from_ne_bytes(*b"a number"), SeqCst);
    let mut found = [0; 10];
    block.read_at(7, &mut found).unwrap();
    assert_eq!(&found, b"\0a number\0");
    // SAFETY: nobody else has it.
    unsafe { other.as_mut_slice()[0] = 7 };
    // SAFETY: nobody writes now.
    assert_eq!(unsafe { block.as_slice() }[..2], [7, 0]);
    assert_ne!(block.as_ptr(), other.as_ptr(), "two mappings");
    assert_eq!(format!("{block:?}"), format!("SharedMemory {{ name: {name:?}, len: 4099 }}"));
    for (offset, count) in [(4099, 1), (0, 4100), (usize::MAX, 1)] {
        assert!(block.read_at(offset, &mut vec![0; count]).is_err());
        assert!(block.write_at(offset, &vec![0; count]).is_err());
    }
}

/// SHM-05
#[test]
fn across_processes() {
    #[expect(clippy::needless_pass_by_value, reason = "it travels")]
    fn by_name(name: String) -> usize {
        let block = SharedMemory::open(&name).unwrap();
        block.write_at(0, b"by name").unwrap();
        block.len()
    }
    fn by_handle(block: SharedMemory) -> SharedMemory {
        block.write_at(100, b"by handle").unwrap();
        assert_eq!(SharedMemory::open(block.name()).unwrap().to_vec(), block.to_vec());
        block
    }

    guarded("across_processes", || {
        let pool = pool(1);
        let block = SharedMemory::create(&fresh("across"), 200).unwrap();
        let len = pool.submit(by_name, block.name().to_owned()).unwrap().result();
        assert_eq!(len, Ok(200));
        let back = pool.submit(by_handle, block.clone()).unwrap().result().unwrap();
        assert_eq!(back.name(), block.name());
        let bytes = block.to_vec();
        assert_eq!((&bytes[..7], &bytes[100..109]), (&b"by name"[..], &b"by handle"[..]));
        // A handle that came is one like the others.
        drop(block);
        assert_eq!(SharedMemory::open(back.name()).unwrap().to_vec(), bytes);
    });
}

/// SHM-06
#[test]
fn what_cannot_be() {
    let name = fresh("errors");
    assert_eq!(error_of(SharedMemory::open(&name)), "NotFound");
    assert_eq!(error_of(SharedMemory::create(&name, 0)), "ZeroSize");
    assert_eq!(error_of(SharedMemory::new(0)), "ZeroSize");
    assert_eq!(error_of(SharedMemory::new(usize::MAX)), "System");
    let block = SharedMemory::create(&name, 1).unwrap();
    assert_eq!(error_of(SharedMemory::create(&name, 1)), "AlreadyExists");
    block.unlink().unwrap();
    assert!(matches!(block.unlink(), Err(SharedMemoryError::NotFound { .. })));
    assert_eq!(error_of(SharedMemory::open(&name)), "NotFound");
    block.write_at(0, &[1]).unwrap();

    let long = "x".repeat(201);
    for bad in
        ["", ".", "..", ".new", "a/b", "/a", "../a", "a\0b", "a b", "a\n", "ä", "a\\b", "c:", &long]
    {
        assert_eq!(error_of(SharedMemory::open(bad)), "InvalidName", "{bad:?}");
        assert_eq!(error_of(SharedMemory::create(bad, 1)), "InvalidName", "{bad:?}");
    }
    for good in ["a".repeat(200), fresh("A-z_0.9")] {
        assert_eq!(SharedMemory::create(&good, 1).unwrap().name(), good);
    }
    let error = SharedMemory::open("not/there").unwrap_err().to_string();
    assert!(error.starts_with("\"not/there\" cannot be the name of a block"), "{error}");
}

/// SHM-06: a name that is free again is that of another block, which those who had the first do not touch.
#[test]
fn names_are_used_again() {
    let name = fresh("again");
    let first = SharedMemory::create(&name, 1).unwrap();
    first.unlink().unwrap();
    let second = SharedMemory::create(&name, 2).unwrap();
    assert!(first.unlink().is_err(), "it is not its name any more");
    drop(first);
    assert_eq!(SharedMemory::open(&name).unwrap().len(), 2);
    drop(second);
    assert_eq!(error_of(SharedMemory::open(&name)), "NotFound");
    assert_eq!(SharedMemory::create(&name, 3).unwrap().len(), 3);
}

/// SHM-07, SHM-08: who only opens a block does not remove it, and the last one who has it does.
#[test]
fn the_last_one() {
    #[expect(clippy::needless_pass_by_value, reason = "it travels")]
    fn look(name: String) -> usize {
        SharedMemory::open(&name).unwrap().len()
    }

    guarded("the_last_one", || {
        let name = fresh("last");
        let block = SharedMemory::create(&name, 10).unwrap();
        drop(SharedMemory::open(&name).unwrap());
        // A process that looks, and ends.
        assert_eq!(pool(1).submit(look, name.clone()).unwrap().result(), Ok(10));
        let other = SharedMemory::open(&name).unwrap();
        drop(block);
        // The creator is gone, another has it.
        let clone = other.clone();
        drop(other);
        assert_eq!(pool(1).submit(look, name.clone()).unwrap().result(), Ok(10));
        drop(clone);
        assert_eq!(error_of(SharedMemory::open(&name)), "NotFound");
        #[cfg(target_os = "linux")]
        assert_eq!(crate::place::names(&name), [""; 0]);
    });
}

/// SHM-06: generated names differ.
#[test]
fn generated_names() {
    let blocks: Vec<_> = (0..100).map(|_| SharedMemory::new(1).unwrap()).collect();
    let mut names: Vec<_> = blocks.iter().map(SharedMemory::name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 100);
}

/// SHM-05: a handle has the memory also after the name is gone, and if the block was made in another process.
#[test]
fn handles_without_names() {
    guarded("handles_without_names", || {
        let pool = pool(1);
        let block = SharedMemory::new(3).unwrap();
        block.unlink().unwrap();
        let fill = |block: SharedMemory| block.write_at(0, b"abc").unwrap();
        pool.submit(fill, block.clone()).unwrap().result().unwrap();
        assert_eq!(block.to_vec(), b"abc");
        assert_eq!(error_of(SharedMemory::open(block.name())), "NotFound");
        // A worker makes one, and is gone when it is used.
        let make = |()| SharedMemory::new(5).unwrap();
        let made = pool.submit(make, ()).unwrap().result().unwrap();
        drop(pool);
        assert_eq!(SharedMemory::open(made.name()).unwrap().len(), 5);
    });
}
