//! Programs, arguments and directories with all that names may have in them.

use crate::processes::copy_program;
use crate::support::{Scratch, child, guarded};
use crate::{pool, seen_by_tasks};
use concurrent_futures::Executor;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names of files that are allowed everywhere, and that quoting could go wrong with.
const DIRECTORY: &str = "with spaces, %PATH% & 'quotes' – größer Ω 日本";
const PROGRAM: &str = "ein Programm (é)";

/// Arguments, likewise.
const ARGUMENTS: [&str; 8] = [
    "two words",
    "",
    "a \"quoted\" word",
    "ends with a backslash\\",
    "C:\\Program Files\\x\\\\\"y",
    "$HOME %PATH% *?",
    "'single'",
    "Grüße, 世界 🦀",
];

/// PPE-19 (an extra): a program in such a directory, with such arguments, has workers that are it, and have them.
#[test]
fn names_of_all_kinds() {
    guarded("names_of_all_kinds", || {
        let scratch = Scratch::new();
        let directory = scratch.path().join(DIRECTORY);
        std::fs::create_dir(&directory).unwrap();
        let program = directory.join(format!("{PROGRAM}{}", std::env::consts::EXE_SUFFIX));
        copy_program(&std::env::current_exe().unwrap(), &program);
        let like = child::program("paths::program_with_arguments");
        let mut command = Command::new(&program);
        command.args(like.get_args()).args(ARGUMENTS).current_dir(&directory);
        for (name, value) in like.get_envs() {
            command.env(name, value.unwrap());
        }
        for name in ["TMPDIR", "TEMP", "TMP"] {
            command.env(name, &directory);
        }
        let output = child::run(&mut command);
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(printed.contains("\nthe workers are the program\n"), "{printed}");
    });
}

/// See `names_of_all_kinds`.
#[test]
fn program_with_arguments() {
    if !child::is_program() {
        return;
    }
    let arguments = |()| std::env::args().skip(1).collect::<Vec<_>>();
    let ours = arguments(());
    assert_eq!(ours[ours.len() - ARGUMENTS.len()..], ARGUMENTS);
    let program = |()| std::env::current_exe().unwrap();
    let is_this = |path: &Path| path.file_stem() == Some(PROGRAM.as_ref());
    assert!(is_this(&program(())), "{:?}", program(()));
    let directory = |()| std::env::current_dir().unwrap();
    for _ in 0..2 {
        let pool = pool(1);
        let theirs = pool.submit(arguments, ()).unwrap().result();
        assert_eq!(theirs, Ok(seen_by_tasks(ours.clone())));
        let theirs: PathBuf = pool.submit(program, ()).unwrap().result().unwrap();
        assert_eq!(theirs, program(()));
        assert_eq!(pool.submit(directory, ()).unwrap().result(), Ok(directory(())));
        // So large that it is handed over in a file, where there is no better way.
        let back = |bytes: Vec<u8>| bytes;
        assert_eq!(pool.submit(back, vec![7; 1 << 20]).unwrap().result(), Ok(vec![7; 1 << 20]));
    }
    println!("\nthe workers are the program");
}
