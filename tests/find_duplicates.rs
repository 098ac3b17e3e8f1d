//! The example `find_duplicates`, against an independent computation, and at its edges.
//!
//! Most tests run the program; a few call its modules, for what cannot be brought about from
//! outside.

// The modules of the example that `in_process` calls, and those that they need.
#[path = "../examples/find_duplicates/choice.rs"]
mod choice;
#[path = "../examples/find_duplicates/hash.rs"]
mod hash;
#[path = "../examples/find_duplicates/portable_path.rs"]
mod portable_path;
#[expect(dead_code, reason = "ends by itself when the program does not")]
#[path = "../examples/find_duplicates/progress.rs"]
mod progress;
#[path = "../examples/find_duplicates/report.rs"]
mod report;
#[path = "../examples/find_duplicates/search.rs"]
mod search;
#[path = "../examples/find_duplicates/stage.rs"]
mod stage;
#[path = "../examples/find_duplicates/walk.rs"]
mod walk;

#[path = "find_duplicates/in_process.rs"]
mod in_process;
#[path = "find_duplicates/oracle.rs"]
mod oracle;
#[path = "find_duplicates/program.rs"]
mod program;
#[path = "find_duplicates/tree.rs"]
mod tree;

use oracle::{Expected, Reported};
#[cfg(unix)]
use program::Program;
use program::{limited, program, start};
use std::fs;
use std::io;
use std::path::Path;
use tempfile::tempdir;

/// What `--executor` may be.
const EXECUTORS: [&str; 7] =
    ["inline", "thread", "thread:1", "thread:3", "process", "process:1", "process:3"];

/// Runs the program with `--json` on every executor, and checks that they all say the same.
fn json_of(directory: &Path) -> Reported {
    let outputs = EXECUTORS.map(|executor| {
        let arguments = ["--json", "--executor", executor];
        let output = start(program().args(arguments).arg(directory)).finish();
        assert_eq!((output.code, &*output.stderr), (Some(0), ""), "{executor}");
        output.stdout
    });
    for (executor, output) in EXECUTORS.iter().zip(&outputs) {
        assert_eq!(output, &outputs[0], "{executor} differs from {}", EXECUTORS[0]);
    }
    Reported::parse(&outputs[0])
}

#[test]
fn agrees_with_an_independent_computation() {
    limited(|| {
        let directory = tempdir().unwrap();
        tree::plant(directory.path(), 20_240_229);
        let expected = Expected::compute(directory.path());
        assert!(expected.groups.len() > 20 && expected.files > 200, "too easy: {expected:?}");

        let reported = json_of(directory.path());
        assert_eq!(reported.found, expected);
        assert_eq!(reported.errors, []);
    });
}

#[test]
fn more_files_than_are_in_flight() {
    limited(|| {
        let directory = tempdir().unwrap();
        for i in 0..4500_u32 {
            let (name, contents) = (format!("{i:04}"), (i / 2).to_be_bytes());
            fs::write(directory.path().join(name), contents).unwrap();
        }
        let reported = json_of(directory.path());
        assert_eq!(reported.found, Expected::compute(directory.path()));
        assert_eq!(reported.found.groups.len(), 2250);
    });
}

#[test]
fn an_empty_directory_has_no_duplicates() {
    limited(|| {
        let directory = tempdir().unwrap();
        let output = start(program().current_dir(&directory)).finish();
        assert_eq!((output.code, &*output.stderr), (Some(0), ""));
        assert_eq!(output.stdout, "No duplicates among 0 files.\n");
        assert_eq!(json_of(directory.path()).found, Expected::default());
    });
}

#[test]
fn one_is_not_told_in_the_plural() {
    limited(|| {
        let directory = tempdir().unwrap();
        fs::write(directory.path().join("a"), "12345").unwrap();
        let output = start(program().current_dir(&directory)).finish();
        assert_eq!(output.stdout, "No duplicates among 1 file.\n");

        fs::write(directory.path().join("b"), "12345").unwrap();
        let output = start(program().current_dir(&directory)).finish();
        let expected = "\
            2 files of 5 B:\n  ./a\n  ./b\n\n\
            1 group of duplicates among 2 files.\n\
            Deleting all but one file of each would free 5 B (5 bytes).\n";
        assert_eq!(output.stdout.replace('\\', "/"), expected);
    });
}

#[test]
fn people_are_told_the_groups_and_the_saving_and_no_progress() {
    limited(|| {
        let directory = tempdir().unwrap();
        for (name, contents) in [
            ("a1", vec![1; 1000]),
            ("a2", vec![1; 1000]),
            ("a3", vec![1; 1000]),
            ("b1", vec![2; 20_000]),
            ("b2", vec![2; 20_000]),
            ("c1", vec![]),
            ("c2", vec![]),
            ("unique", vec![3; 1000]),
        ] {
            fs::write(directory.path().join(name), contents).unwrap();
        }
        let output = start(program().current_dir(&directory)).finish();
        assert_eq!((output.code, &*output.stderr), (Some(0), ""));
        let expected = "\
            2 files of 19.53 KiB:\n  ./b1\n  ./b2\n\n\
            3 files of 1000 B:\n  ./a1\n  ./a2\n  ./a3\n\n\
            2 files of 0 B:\n  ./c1\n  ./c2\n\n\
            3 groups of duplicates among 8 files.\n\
            Deleting all but one file of each would free 21.48 KiB (22,000 bytes).\n";
        assert_eq!(output.stdout.replace('\\', "/"), expected);
    });
}

#[test]
fn a_mistake_on_the_command_line_is_a_clear_error() {
    limited(|| {
        let directory = tempdir().unwrap();
        let file = directory.path().join("file");
        fs::write(&file, "").unwrap();
        let missing = directory.path().join("missing");
        let missing_error = fs::read_dir(&missing).unwrap_err().to_string();
        let file_error = fs::read_dir(&file).unwrap_err().to_string();
        let cases = [
            (vec![missing.to_str().unwrap()], &*missing_error),
            (vec![file.to_str().unwrap()], &*file_error),
            (vec!["--executor", "thread:0"], "`thread:N`"),
            (vec!["--executor", "process:0"], "`process:N` with N of at least 1"),
            (vec!["--executor", "inline:2"], "or `inline`"),
            (vec!["--jsno"], "--jsno"),
        ];
        for (arguments, message) in cases {
            let output = start(program().args(&arguments)).finish();
            assert_eq!((output.code, &*output.stdout), (Some(2), ""), "{arguments:?}");
            let last = arguments.last().unwrap();
            assert!(output.stderr.contains(last), "{last:?} not in {:?}", output.stderr);
            assert!(output.stderr.contains(message), "{message:?} not in {:?}", output.stderr);
        }
    });
}

#[test]
fn nobody_reads_the_output() {
    limited(|| {
        let directory = tempdir().unwrap();
        tree::plant(directory.path(), 7);
        for format in [&["--json"][..], &[]] {
            let (reader, writer) = io::pipe().unwrap();
            drop(reader);
            let output =
                start(program().args(format).arg(directory.path()).stdout(writer)).finish();
            assert_eq!((output.code, &*output.stderr), (Some(0), ""));
        }
    });
}

#[cfg(unix)]
#[test]
fn what_cannot_be_read_is_reported_at_the_end() {
    use std::os::unix::fs::PermissionsExt;

    limited(|| {
        let directory = tempdir().unwrap();
        let root = directory.path();
        let Some(program) = Program::without_privileges(root) else {
            eprintln!(
                "skipped: everything is readable for this user, and it cannot become another"
            );
            return;
        };
        let forbid = |path: &Path| fs::set_permissions(path, PermissionsExt::from_mode(0o000));
        let tree = root.join("tree");
        for name in ["dir/file", "a", "b", "locked", "single"] {
            let path = tree.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let size = if name == "single" { 31 } else { 30_000 };
            fs::write(&path, vec![7; size]).unwrap();
        }
        for name in ["locked", "single", "dir"] {
            forbid(&tree.join(name)).unwrap();
        }

        let json = |executor| {
            let arguments = ["--json", "--executor", executor];
            start(program.command().args(arguments).arg(&tree)).finish()
        };
        let [json, by_processes] = ["thread", "process"].map(json);
        assert_eq!(by_processes.stdout, json.stdout);
        let text = start(program.command().arg(&tree)).finish();
        let allow = PermissionsExt::from_mode(0o700);
        fs::set_permissions(tree.join("dir"), allow).unwrap(); // so that it can be deleted

        let denied = "Permission denied (os error 13)".to_string();
        let (dir, locked) = (tree.join("dir"), tree.join("locked"));
        let listed = format!(
            "could not read 2:\n  {}: {denied}\n  {}: {denied}\n",
            dir.display(),
            locked.display()
        );
        let reported = Reported::parse(&json.stdout);
        // Nobody had to read the only file of its size.
        assert_eq!(reported.errors, [(dir, denied.clone()), (locked, denied)]);
        assert_eq!(reported.found.groups, [vec![tree.join("a"), tree.join("b")]].into());
        assert_eq!((reported.found.wasted, reported.found.files), (30_000, 4));
        for output in [json, by_processes, text] {
            assert_eq!((output.code, output.stderr), (Some(0), listed.clone()));
        }
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    limited(|| {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let directory = tempdir().unwrap();
        let output = start(program().arg(directory.path()).stdout(full)).finish();
        assert_eq!(output.code, Some(1));
        assert_eq!(output.stderr, "error: No space left on device (os error 28)\n");
    });
}

/// Two files that take hours to read, and a signal while they are being read.
#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_ends_it_promptly() {
    use std::time::{Duration, Instant};

    limited(|| {
        let directory = tempdir().unwrap();
        let root = directory.path();
        for name in ["a", "b"] {
            let file = fs::File::create(root.join(name)).unwrap();
            file.set_len(8 << 40).unwrap(); // a hole: takes no space
        }
        for executor in EXECUTORS {
            let mut child = start(program().args(["--json", "--executor", executor]).arg(root));
            child.wait_until_it_reads(root);
            let since = Instant::now();
            child.interrupt();
            // Workers have its output open too, so this is when the last of them is gone.
            let output = child.finish();
            assert!(since.elapsed() < Duration::from_secs(10), "{:?}", since.elapsed());
            assert_eq!((output.code, &*output.stderr), (Some(130), "interrupted\n"), "{executor}");
            assert_eq!(output.stdout, "");
        }
    });
}
