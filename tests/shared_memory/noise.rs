//! Files that are not what they should be: errors, or nothing there, and never other memory.

use crate::Dice;
use crate::place::{directory, entry, fresh, names};
use crate::support::guarded;
use crate::support::users::{NOBODY, can_become_nobody};
use concurrent_futures::process::{SharedArray, SharedMemory, SharedMemoryError};
use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{chown, symlink};
use std::path::PathBuf;

/// A name that is damaged for as long as this is there, and a block that keeps the directory.
struct Damage {
    _keeper: SharedMemory,
    name: String,
    path: PathBuf,
}

impl Damage {
    fn new(damage: impl FnOnce(&PathBuf)) -> Self {
        let keeper = SharedMemory::new(1).unwrap();
        let name = fresh("noise");
        let path = directory().join(&name);
        damage(&path);
        Self { _keeper: keeper, name, path }
    }

    /// Nobody can use it, and nobody touches it.
    fn is_refused(&self, reason: &str) {
        for result in [SharedMemory::open(&self.name), SharedMemory::create(&self.name, 1)] {
            let error = result.unwrap_err();
            assert!(matches!(error, SharedMemoryError::Damaged { .. }), "{error:?}");
            let text = error.to_string();
            assert!(text.contains(reason) && text.contains(&self.name), "{text}");
        }
        for _ in 0..100 {
            drop(SharedMemory::new(1).unwrap()); // sweeps
        }
        assert!(fs::symlink_metadata(&self.path).is_ok(), "it was removed");
    }
}

impl Drop for Damage {
    fn drop(&mut self) {
        let _file = fs::remove_file(&self.path);
        let _directory = fs::remove_dir(&self.path);
    }
}

/// SHM-06.
#[test]
fn files_of_others() {
    guarded("files_of_others", || {
        let not_ours = "this version of the library has not written it";
        Damage::new(|path| fs::write(path, "").unwrap()).is_refused(not_ours);
        Damage::new(|path| fs::write(path, "some text\n").unwrap()).is_refused(not_ours);
        Damage::new(|path| fs::write(path, vec![0xff; 3 << 20]).unwrap()).is_refused(not_ours);
        Damage::new(|path| symlink("/etc/passwd", path).unwrap()).is_refused("symbolic link");
        Damage::new(|path| symlink("nowhere", path).unwrap()).is_refused("symbolic link");
        Damage::new(|path| fs::create_dir(path).unwrap()).is_refused("it is no file");
        let pipe = |path: &PathBuf| {
            rustix::fs::mknodat(
                rustix::fs::CWD,
                path,
                rustix::fs::FileType::Fifo,
                rustix::fs::Mode::RWXU,
                0,
            )
            .unwrap();
        };
        Damage::new(pipe).is_refused("it is no file");
        if can_become_nobody() {
            let other_user = |path: &PathBuf| {
                fs::write(path, "").unwrap();
                chown(path, Some(NOBODY), None).unwrap();
            };
            Damage::new(other_user).is_refused("it belongs to another user");
        }
    });
}

fn text(id: &str, holders: &[(u32, i32)]) -> String {
    let lines = holders.iter().map(|(process, descriptor)| format!("{process} 0 {descriptor}\n"));
    format!("concurrent-futures memory 1\n{id}\n{}end\n", lines.collect::<String>())
}

/// SHM-06: the number is that of a process or descriptor which has nothing to do with it.
#[test]
fn numbers_of_others() {
    guarded("numbers_of_others", || {
        let us = std::process::id();
        let other = SharedMemory::new(10).unwrap();
        let (other_id, other_holders) = entry(other.name());
        let array = SharedArray::<u8>::new(10).unwrap();
        let file = tempfile::tempfile().unwrap();
        let device = File::open("/dev/zero").unwrap();
        let (pipe, _writer) = rustix::pipe::pipe().unwrap();
        let mut holders = vec![
            (us, file.as_raw_fd()),
            (us, device.as_raw_fd()),
            (us, pipe.as_raw_fd()),
            (us, 0),
            (us, 1_000_000),
            (us, -1),
            (u32::MAX, i32::MAX),
        ];
        holders.extend(&other_holders);
        let id = "0123456789abcdef0123456789abcdef";
        assert_ne!(id, other_id);
        let stale = || Damage::new(|path| fs::write(path, text(id, &holders)).unwrap());
        let damage = stale();
        let gone = SharedMemory::open(&damage.name).unwrap_err();
        assert!(matches!(gone, SharedMemoryError::NotFound { .. }), "{gone:?}");
        assert!(!damage.path.exists());
        let damage = stale();
        let block = SharedMemory::create(&damage.name, 3).unwrap();
        assert_eq!(entry(&damage.name).1.len(), 1);
        block.write_at(0, b"abc").unwrap();
        assert_eq!(other.to_vec(), [0; 10]);
        assert_eq!(array.to_vec(), [0; 10]);
        // In front of one who has it, they are passed over.
        let (id, holder) = entry(block.name());
        holders.extend(holder);
        fs::write(&damage.path, text(&id, &holders)).unwrap();
        assert_eq!(SharedMemory::open(&damage.name).unwrap().to_vec(), b"abc");
    });
}

/// SHM-06: whatever the bytes are, it is the right memory or an error.
#[test]
fn random_damage() {
    guarded("random_damage", || {
        let name = fresh("random");
        let path = directory().join(&name);
        let block = SharedMemory::create(&name, 5).unwrap();
        block.write_at(0, b"right").unwrap();
        let wrong = SharedMemory::create(&fresh("wrong"), 5).unwrap();
        wrong.write_at(0, b"wrong").unwrap();
        let good = fs::read(&path).unwrap();
        let mut dice = Dice::new(11);
        let mut counts = [0; 3];
        for _ in 0..3000 {
            let mut bytes = good.clone();
            for _ in 0..=dice.roll(3) {
                let place = dice.roll(bytes.len() as u64) as usize;
                match dice.roll(4) {
                    0 => bytes.truncate(place.max(1)),
                    1 => bytes[place] ^= 1 << dice.roll(8),
                    2 => bytes[place] = b'0' + dice.roll(10) as u8,
                    _ => bytes.insert(place, b"\n \0-9"[dice.roll(5) as usize]),
                }
            }
            fs::write(&path, bytes).unwrap();
            match SharedMemory::open(&name) {
                Ok(found) => {
                    assert_eq!(found.to_vec(), b"right");
                    counts[0] += 1;
                }
                Err(SharedMemoryError::Damaged { .. }) => counts[1] += 1,
                Err(SharedMemoryError::NotFound { .. }) => counts[2] += 1,
                Err(error) => panic!("{error:?}"),
            }
        }
        assert!(counts.iter().all(|&count| count > 0), "{counts:?}");
        fs::write(&path, good).unwrap();
        drop(block);
        assert_eq!(names(&name), [""; 0]);
    });
}
