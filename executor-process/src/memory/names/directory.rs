//! [`Directory`]: where the names are kept.

use super::super::SharedMemoryError;
use super::Name;
use rustix::fs::{
    self, AtFlags, CWD, FileType, Mode, OFlags, RawMode, Stat, fstat, mkdirat, openat, renameat,
    statat, unlinkat,
};
use rustix::io::Errno;
use rustix::process::geteuid;
use std::fs::File;
#[cfg(any(target_os = "linux", target_os = "android", test))]
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// The directory, locked until this is dropped.
#[derive(Debug)]
pub(in super::super) struct Directory {
    file: File,
    path: PathBuf,
}

/// A file that is about to be another's successor. Not a name, and only there under the lock.
const SUCCESSOR: &str = ".new";

/// More than any file of ours has.
#[cfg(any(target_os = "linux", target_os = "android", test))]
const LONGEST: u64 = 1 << 20;

impl Directory {
    /// Waits for the lock.
    ///
    /// # Errors
    ///
    /// The directory cannot be made, or somebody else can get at it.
    pub(in super::super) fn lock() -> Result<Self, SharedMemoryError> {
        Self::lock_at(place())
    }

    /// The same for a directory at that place.
    pub(super) fn lock_at(path: PathBuf) -> Result<Self, SharedMemoryError> {
        loop {
            match mkdirat(CWD, &path, Mode::RWXU) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let file = match openat(CWD, &path, flags, Mode::empty()) {
                Ok(file) => File::from(file),
                Err(Errno::NOENT) => continue,
                Err(Errno::NOTDIR | Errno::LOOP) => {
                    return Err(refused(path, "it is no directory"));
                }
                Err(Errno::ACCESS) => return Err(refused(path, "it is not accessible")),
                Err(error) => return Err(error.into()),
            };
            let found = fstat(&file)?;
            if found.st_uid != geteuid().as_raw() {
                return Err(refused(path, "it belongs to another user"));
            }
            if found.st_mode as RawMode & 0o077 != 0 {
                return Err(refused(path, "other users have access to it"));
            }
            file.lock()?;
            // Whoever had the lock before may have removed it.
            match statat(CWD, &path, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(now) if is_same(&now, &found) => {
                    return Ok(Self { file, path });
                }
                Ok(_) | Err(Errno::NOENT) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The file of a name, and what is said of it in errors.
    pub(super) fn path_of(&self, name: &Name) -> PathBuf {
        self.path.join(name.as_str())
    }

    pub(super) fn damaged(&self, name: &Name, reason: &'static str) -> SharedMemoryError {
        SharedMemoryError::Damaged { path: self.path_of(name), reason }
    }

    /// Opens the file of a name, if there is one.
    ///
    /// # Errors
    ///
    /// It is no file, or not ours.
    pub(super) fn open(&self, name: &Name) -> Result<Option<File>, SharedMemoryError> {
        // Without waiting, should it be a pipe.
        let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match openat(&self.file, name.as_str(), flags, Mode::empty()) {
            Ok(file) => file,
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP) => return Err(self.damaged(name, "it is a symbolic link")),
            Err(Errno::ISDIR | Errno::NXIO) => return Err(self.damaged(name, "it is no file")),
            Err(Errno::ACCESS) => return Err(self.damaged(name, "it is not accessible")),
            Err(error) => return Err(error.into()),
        };
        let found = fstat(&file)?;
        if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile {
            return Err(self.damaged(name, "it is no file"));
        }
        if found.st_uid != geteuid().as_raw() {
            return Err(self.damaged(name, "it belongs to another user"));
        }
        Ok(Some(File::from(file)))
    }

    /// What is in the file of a name, if there is one.
    #[cfg(any(target_os = "linux", target_os = "android", test))]
    pub(super) fn read(&self, name: &Name) -> Result<Option<Vec<u8>>, SharedMemoryError> {
        let Some(file) = self.open(name)? else { return Ok(None) };
        let mut bytes = Vec::new();
        file.take(LONGEST).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    /// Makes a file that does not have a name yet, with access for this user only.
    pub(super) fn make(&self) -> Result<Successor<'_>, SharedMemoryError> {
        self.remove_successor();
        let flags =
            OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(&self.file, SUCCESSOR, flags, Mode::RUSR | Mode::WUSR)?;
        Ok(Successor { directory: self, file: File::from(file) })
    }

    /// Writes the file of a name, as a whole or not at all.
    #[cfg(any(target_os = "linux", target_os = "android", test))]
    pub(super) fn write(&self, name: &Name, bytes: &[u8]) -> Result<(), SharedMemoryError> {
        let mut successor = self.make()?;
        successor.file.write_all(bytes)?;
        successor.succeed(name)
    }

    /// Removes a name. `false` if it is not there.
    pub(super) fn remove(&self, name: &Name) -> Result<bool, SharedMemoryError> {
        match unlinkat(&self.file, name.as_str(), AtFlags::empty()) {
            Ok(()) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// All that may be names.
    pub(super) fn names(&self) -> Result<Vec<Name>, SharedMemoryError> {
        let mut names = Vec::new();
        for found in fs::Dir::read_from(&self.file)? {
            let found = found?;
            let name = found.file_name().to_str().ok();
            names.extend(name.and_then(|name| Name::new(name).ok()));
        }
        Ok(names)
    }

    /// Of somebody who was killed in the middle of writing.
    fn remove_successor(&self) {
        let _none = unlinkat(&self.file, SUCCESSOR, AtFlags::empty());
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        self.remove_successor();
        // With names in it it stays. Otherwise, whoever waits for the lock finds that it is that of a
        // directory which is no more.
        let _not_empty = unlinkat(CWD, &self.path, AtFlags::REMOVEDIR);
    }
}

/// A new file that is to have a name.
pub(super) struct Successor<'a> {
    directory: &'a Directory,
    pub(super) file: File,
}

impl Successor<'_> {
    /// Gives it a name, which it takes from another file if there is one.
    pub(super) fn succeed(self, name: &Name) -> Result<(), SharedMemoryError> {
        let directory = &self.directory.file;
        Ok(renameat(directory, SUCCESSOR, directory, name.as_str())?)
    }
}

fn refused(path: PathBuf, reason: &'static str) -> SharedMemoryError {
    SharedMemoryError::UnsafeDirectory { path, reason }
}

pub(super) fn is_same(one: &Stat, other: &Stat) -> bool {
    (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)
}

/// The same place for all processes of this user that can see each other.
fn place() -> PathBuf {
    const MEMORY: &str = "/dev/shm";

    let user = geteuid().as_raw();
    // Processes in another container may have the same numbers, and the same `/dev/shm`.
    let numbers = fs::stat("/proc/self/ns/pid").map_or(0, |found| found.st_ino);
    let parent = if Path::new(MEMORY).is_dir() { MEMORY.into() } else { std::env::temp_dir() };
    parent.join(format!("concurrent-futures-{user}-{numbers}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::thread;

    fn reason(path: PathBuf) -> &'static str {
        match Directory::lock_at(path) {
            Err(SharedMemoryError::UnsafeDirectory { reason, .. }) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn unsafe_ones_are_refused() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("directory");
        let directory = Directory::lock_at(path.clone()).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        directory.write(&Name::new("stays").unwrap(), b"").unwrap();
        drop(directory);
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o750)).unwrap();
        assert_eq!(reason(path.clone()), "other users have access to it");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o700)).unwrap();

        let link = scratch.path().join("link");
        symlink(&path, &link).unwrap();
        assert_eq!(reason(link), "it is no directory");
        let file = scratch.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert_eq!(reason(file), "it is no directory");
        // Root can, but where there are other users: in a user namespace there may be none.
        if std::os::unix::fs::chown(&path, Some(12345), None).is_ok() {
            assert_eq!(reason(path), "it belongs to another user");
        }
    }

    /// Eight threads make and remove names; each sees only what it should, and nothing is left.
    #[test]
    fn comes_and_goes() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("directory");
        thread::scope(|scope| {
            for number in 0..8 {
                let path = &path;
                scope.spawn(move || {
                    let name = Name::new(&format!("name-{number}")).unwrap();
                    for _ in 0..100 {
                        let directory = Directory::lock_at(path.clone()).unwrap();
                        assert_eq!(directory.read(&name).unwrap(), None);
                        directory.write(&name, b"text").unwrap();
                        drop(directory);
                        let directory = Directory::lock_at(path.clone()).unwrap();
                        assert_eq!(directory.read(&name).unwrap().unwrap(), b"text");
                        assert!(directory.names().unwrap().contains(&name));
                        assert!(directory.remove(&name).unwrap());
                        assert!(!directory.remove(&name).unwrap());
                    }
                });
            }
        });
        assert!(!path.exists());
    }

    #[test]
    fn interrupted_writes_are_swept() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("directory");
        let directory = Directory::lock_at(path.clone()).unwrap();
        let name = Name::new("name").unwrap();
        directory.write(&name, b"one").unwrap();
        drop(directory.make().unwrap()); // as if killed here
        assert_eq!(directory.read(&name).unwrap().unwrap(), b"one");
        drop(directory.make().unwrap());
        directory.remove(&name).unwrap();
        drop(directory);
        assert!(!path.exists());
    }
}
