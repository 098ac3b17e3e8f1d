//! Places that are full, cannot be written, or are not there.
//!
//! Each program is in a user and mount namespace of its own, in which it is allowed to mount. Where the system does
//! not allow such, these tests say so and do nothing.

use crate::support::Scratch;
use crate::support::child::{self, is_program};
use crate::{Report, everything, report_of};
use std::path::Path;
use std::process::{Command, Stdio};

/// A shell in namespaces of its own, which prepares something and then becomes the program that tries everything.
/// `None`, with a note, where that cannot be had.
fn after(preparation: &str, scratch: &Scratch) -> Option<Report> {
    if !namespaces_are_allowed() {
        eprintln!("skipped: `unshare -r -m` is not allowed here, so nothing can be mounted");
        return None;
    }
    let program = child::program("places::play");
    let mut command = Command::new("unshare");
    // Without a directory for this user's own things, and with this one for temporary files.
    let lines = format!("set -e; {preparation}; cd /; exec \"$@\"");
    command.args(["-r", "-m", "sh", "-c", &lines, "sh"]).arg(program.get_program());
    command.args(program.get_args()).stdin(Stdio::null());
    command.env("PLACE", scratch.path()).env("TMPDIR", scratch.path());
    for (name, value) in program.get_envs() {
        command.env(name, value.expect("it is set"));
    }
    Some(report_of(&mut command))
}

fn namespaces_are_allowed() -> bool {
    let mount = "mount -t tmpfs tmpfs /mnt";
    let mut command = Command::new("unshare");
    command.args(["-r", "-m", "sh", "-c", mount]).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// See the tests.
#[test]
fn play() {
    if is_program() {
        everything::try_all();
    }
}

/// All of them work but these, which say something with this in it.
#[track_caller]
fn assert_only(report: &Report, refused: &[(&str, &str)]) {
    for (name, error) in report {
        let expected = refused.iter().find(|(other, _)| other == name);
        match (expected, error) {
            (None, None) => {}
            (Some((_, part)), Some(error)) if error.contains(part) => {}
            other => panic!("{name}: {other:?}"),
        }
    }
}

const FULL: &str = "mount -t tmpfs -o size=64k tmpfs \"$PLACE\"; \
                    head -c 1000000 /dev/zero > \"$PLACE/filler\" 2>/dev/null || true";

/// No room for temporary files: nothing needs any.
#[test]
fn full_directory_for_temporary_files() {
    let scratch = Scratch::new();
    let Some(report) = after(FULL, &scratch) else { return };
    assert_only(&report, &[]);
    is_empty(scratch.path());
}

/// No room in `/dev/shm`: names cannot be kept there, and nothing else is.
#[test]
fn full_shared_memory() {
    let scratch = Scratch::new();
    let preparation = "mount -t tmpfs -o size=64k tmpfs /dev/shm; \
                       head -c 1000000 /dev/zero > /dev/shm/filler 2>/dev/null || true";
    let Some(report) = after(preparation, &scratch) else { return };
    assert_only(&report, &[("named memory", "No space left on device")]);
    is_empty(scratch.path());
}

/// No directory for temporary files, or none that can be written; and no home.
#[test]
fn read_only_and_missing_directories() {
    let scratch = Scratch::new();
    for preparation in [
        "export TMPDIR=/nowhere/at/all HOME=/nowhere/else",
        "mount -t tmpfs -o ro tmpfs \"$PLACE\"; export HOME=\"$PLACE\"",
        "unset HOME TMPDIR; mount --bind /tmp /tmp; mount -o remount,bind,ro /tmp",
    ] {
        let Some(report) = after(preparation, &scratch) else { return };
        assert_only(&report, &[]);
    }
    is_empty(scratch.path());
}

/// Without `/dev/shm` names are kept among the temporary files.
#[test]
fn no_shared_memory() {
    let scratch = Scratch::new();
    // With the one device that programs need.
    let preparation = "touch \"$PLACE/null\"; mount --bind /dev/null \"$PLACE/null\"; \
                       mount -t tmpfs tmpfs /dev; touch /dev/null; \
                       mount --move \"$PLACE/null\" /dev/null; rm \"$PLACE/null\"";
    let Some(report) = after(preparation, &scratch) else { return };
    assert_only(&report, &[]);
    is_empty(scratch.path());
}

/// Without `/proc` the memory of workers is in temporary files, and the program is found by the name by which it was
/// started.
#[test]
fn no_proc() {
    let scratch = Scratch::new();
    let Some(report) = after("mount -t tmpfs tmpfs /proc", &scratch) else { return };
    // Named memory is found by way of the processes that have it.
    let reason = "this system lets no process at the memory of another";
    assert_only(&report, &[("named memory", reason)]);
    is_empty(scratch.path());
}

/// Nothing is left there, once what was mounted is gone.
#[track_caller]
fn is_empty(directory: &Path) {
    let left: Vec<_> = std::fs::read_dir(directory).expect("it is ours").collect();
    assert!(left.is_empty(), "{left:?}");
}
