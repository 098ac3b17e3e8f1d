//! Directories with files that are hard to tell apart, and other difficulties.

use std::fs;
use std::path::Path;

/// Around the boundaries of what the program reads at a time.
const SIZES: [usize; 10] = [0, 1, 2, 1000, 16_383, 16_384, 16_385, 32_768, 65_537, 200_000];

/// Fills the directory with a tree that is the same for the same `seed`.
pub(crate) fn plant(root: &Path, seed: u64) {
    let mut random = Random(seed);
    for i in 0..400 {
        let mut directory = root.to_path_buf();
        for _ in 0..random.below(4) {
            directory.push(["a", "b", "with space", "-dash"][random.below(4)]);
        }
        fs::create_dir_all(&directory).unwrap();
        let contents = contents(&mut random);
        fs::write(directory.join(format!("file{i}")), contents).unwrap();
    }
    fs::create_dir_all(root.join("empty directory")).unwrap();
    #[cfg(unix)]
    unix::plant(root);
}

/// One of few contents: of one of the sizes, and different in no byte or one, here or there.
fn contents(random: &mut Random) -> Vec<u8> {
    let mut contents = vec![7; SIZES[random.below(SIZES.len())]];
    let last = contents.len().saturating_sub(1);
    let different = [0, last / 2, last][random.below(3)];
    if let Some(byte) = contents.get_mut(different) {
        *byte += random.below(3) as u8;
    }
    contents
}

/// A xorshift generator: any other numbers would do.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound
    }
}

#[cfg(unix)]
mod unix {
    use std::ffi::OsStr;
    use std::fs;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    use std::path::Path;
    use std::process::Command;

    /// Links of both kinds, strange names, and what is neither file nor directory.
    pub(super) fn plant(root: &Path) {
        let special = root.join("special");
        fs::create_dir(&special).unwrap();
        let at = |name: &str| special.join(name);

        fs::write(at("original"), "contents").unwrap();
        fs::write(at("copy"), "contents").unwrap();
        symlink("original", at("symbolic")).unwrap();
        symlink(root, at("loop")).unwrap();
        symlink("nothing", at("dangling")).unwrap();

        // Two names of one file and one of another; three of a file with no duplicate.
        fs::hard_link(at("original"), at("another name")).unwrap();
        fs::write(at("single"), "one of its kind").unwrap();
        fs::hard_link(at("single"), at("single too")).unwrap();
        fs::hard_link(at("single"), at("and again")).unwrap();

        for name in [&b"line\nbreak"[..], b"\x1b[31mred", b"latin \xe9", b"latin \xe8", b"\xff"] {
            let written = fs::write(special.join(OsStr::from_bytes(name)), "strange");
            if cfg!(target_os = "linux") {
                written.unwrap(); // other systems may refuse names that are not UTF-8
            }
        }

        // To open it would take for ever.
        let made = Command::new("mkfifo").arg(at("fifo")).status().unwrap();
        assert!(made.success());
        // The file stays, nobody listens. Fails if the temporary directory's name is very long.
        drop(UnixListener::bind(at("socket")));
    }
}
