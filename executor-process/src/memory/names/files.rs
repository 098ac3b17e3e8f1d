//! Names of memory that is a file of that name.

use super::super::SharedMemoryError;
use super::super::block::{Block, Kind, Shape, total_size};
use super::directory::is_same;
use super::{Directory, Name};
use crate::shared::descriptor::Descriptor;
use rustix::fs::fstat;
use std::fs::{File, TryLockError};
use std::os::fd::OwnedFd;

/// What a process has for as long as it uses the name: the file, opened by itself, with a shared lock.
#[derive(Debug)]
pub(in super::super) struct Presence {
    _locked: File,
}

/// Creates the memory of a name, if nobody has such.
pub(in super::super) fn claim(
    directory: &Directory,
    name: &Name,
    shape: Shape,
) -> Result<(Block, Presence), SharedMemoryError> {
    if let Some(file) = directory.open(name)? {
        check(directory, name, &file)?;
        if is_used(&file)? {
            return Err(name.already_exists());
        }
    }
    let successor = directory.make()?;
    successor.file.set_len(total_size(&shape)? as u64)?;
    let block = Block::create_in(OwnedFd::from(successor.file.try_clone()?).into(), shape)?;
    successor.succeed(name)?;
    let file = directory.open(name)?.ok_or_else(|| name.not_found())?;
    Ok((block, present(file)?))
}

/// Maps the memory of a name.
pub(in super::super) fn find(
    directory: &Directory,
    name: &Name,
) -> Result<(Block, Presence), SharedMemoryError> {
    let file = directory.open(name)?.ok_or_else(|| name.not_found())?;
    check(directory, name, &file)?;
    if !is_used(&file)? {
        directory.remove(name)?;
        return Err(name.not_found());
    }
    let memory = Descriptor::from(OwnedFd::from(file.try_clone()?));
    let block = Block::open(memory, Kind::BYTES, 1, 1)
        .map_err(|_| directory.damaged(name, "it is shorter than it was made"))?;
    // Opened once more: what is locked goes with the handles, the descriptor may go elsewhere.
    let file = directory.open(name)?.ok_or_else(|| name.not_found())?;
    Ok((block, present(file)?))
}

/// Becomes a user of a name, if it is that of the block.
pub(in super::super) fn join(
    directory: &Directory,
    name: &Name,
    block: &Block,
) -> Result<Option<Presence>, SharedMemoryError> {
    match directory.open(name)? {
        Some(file) if is_of(&file, block)? => present(file).map(Some),
        _ => Ok(None),
    }
}

/// Is a user no more. The name goes with the last one.
pub(in super::super) fn leave(
    directory: &Directory,
    name: &Name,
    block: &Block,
    presence: Presence,
) -> Result<(), SharedMemoryError> {
    drop(presence);
    match directory.open(name)? {
        Some(file) if is_of(&file, block)? && !is_used(&file)? => directory.remove(name).map(drop),
        _ => Ok(()),
    }
}

/// Takes the name away. `false` if it is not that of the block any more.
pub(in super::super) fn unlink(
    directory: &Directory,
    name: &Name,
    block: &Block,
) -> Result<bool, SharedMemoryError> {
    match directory.open(name)? {
        Some(file) if is_of(&file, block)? => {
            block.mark_unlinked();
            directory.remove(name)
        }
        _ => Ok(false),
    }
}

/// Removes the names that nobody uses, and says how many are left.
pub(in super::super) fn sweep(directory: &Directory) -> Result<usize, SharedMemoryError> {
    let mut left = 0;
    for name in directory.names()? {
        let gone = match directory.open(&name) {
            Ok(Some(file)) => {
                check(directory, &name, &file).is_ok() && is_used(&file).is_ok_and(|used| !used)
            }
            Ok(None) | Err(_) => false,
        };
        if !(gone && directory.remove(&name).unwrap_or(false)) {
            left += 1;
        }
    }
    Ok(left)
}

fn check(directory: &Directory, name: &Name, file: &File) -> Result<(), SharedMemoryError> {
    let nonsense = |_| directory.damaged(name, "this version of the library has not written it");
    Block::id_in(file).map(drop).map_err(nonsense)
}

fn is_of(file: &File, block: &Block) -> Result<bool, SharedMemoryError> {
    Ok(is_same(&fstat(file)?, &fstat(block.descriptor())?))
}

/// Whether anybody has a shared lock on it. The exclusive one, if it can be had, is released at once; nobody
/// waits for it, since the directory is locked.
fn is_used(file: &File) -> Result<bool, SharedMemoryError> {
    match file.try_lock() {
        Ok(()) => {
            file.unlock()?;
            Ok(false)
        }
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

fn present(file: File) -> Result<Presence, SharedMemoryError> {
    file.lock_shared()?;
    Ok(Presence { _locked: file })
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::path::PathBuf;

    struct Place(tempfile::TempDir);

    impl Place {
        fn path(&self) -> PathBuf {
            self.0.path().join("directory")
        }

        fn lock(&self) -> Directory {
            Directory::lock_at(self.path()).unwrap()
        }

        fn claim(&self, id: u128) -> Result<(Block, Presence), SharedMemoryError> {
            let shape = Shape { kind: Kind::BYTES, id, item_size: 1, alignment: 1, count: 100 };
            claim(&self.lock(), &name(), shape)
        }

        fn find(&self) -> Result<(Block, Presence), SharedMemoryError> {
            find(&self.lock(), &name())
        }

        fn leave(&self, (block, presence): (Block, Presence)) {
            leave(&self.lock(), &name(), &block, presence).unwrap();
        }
    }

    fn place() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    fn name() -> Name {
        Name::new("name").unwrap()
    }

    /// SHM-05, SHM-06, SHM-07
    #[test]
    fn goes_with_the_last_user() {
        let place = place();
        assert!(matches!(place.find(), Err(SharedMemoryError::NotFound { .. })));
        let creator = place.claim(7).unwrap();
        assert!(matches!(place.claim(8), Err(SharedMemoryError::AlreadyExists { .. })));
        let user = place.find().unwrap();
        creator.0.words().write(10, b"text");
        place.leave(creator);
        let mut found = [0; 4];
        user.0.words().read(10, &mut found);
        assert_eq!((user.0.shape().id, &found), (7, b"text"));
        let joined = join(&place.lock(), &name(), &user.0).unwrap().unwrap();
        place.leave(user);
        let user = place.find().unwrap();
        drop(joined);
        place.leave(user);
        assert!(!place.path().exists());
    }

    #[test]
    fn unlinked_ones_are_left_alone() {
        let place = place();
        let first = place.claim(7).unwrap();
        assert!(unlink(&place.lock(), &name(), &first.0).unwrap());
        assert!(!unlink(&place.lock(), &name(), &first.0).unwrap());
        let second = place.claim(8).unwrap();
        assert!(!unlink(&place.lock(), &name(), &first.0).unwrap());
        assert!(join(&place.lock(), &name(), &first.0).unwrap().is_none());
        place.leave(first);
        assert_eq!(place.find().unwrap().0.shape().id, 8);
        place.leave(second);
    }

    /// SHM-08: a user that was killed has no lock any more.
    #[test]
    fn the_dead_are_swept() {
        let place = place();
        let keeper = place.lock();
        keeper.write(&Name::new("other").unwrap(), b"nobody knows what this is").unwrap();
        drop(keeper);
        drop(place.claim(7).unwrap()); // without leaving
        assert!(place.path().join("name").exists());
        assert_eq!(sweep(&place.lock()).unwrap(), 1);
        assert!(!place.path().join("name").exists() && place.path().join("other").exists());
        drop(place.claim(7).unwrap());
        assert!(matches!(place.find(), Err(SharedMemoryError::NotFound { .. })));
        drop(place.claim(8).unwrap());
        assert_eq!(place.claim(9).unwrap().0.shape().id, 9);
    }

    #[test]
    fn files_of_others() {
        let place = place();
        place.lock().write(&name(), b"nobody knows what this is").unwrap();
        assert!(matches!(place.find(), Err(SharedMemoryError::Damaged { .. })));
        assert!(matches!(place.claim(7), Err(SharedMemoryError::Damaged { .. })));
    }
}
