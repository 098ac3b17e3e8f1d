//! [`init`]: where a process finds out that it is a worker.

use crate::bootstrap::ticket::{Role, VARIABLE};
use crate::worker;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Whether a worker started from this program would be recognised.
static INSTALLED: AtomicBool = AtomicBool::new(false);

/// How many pools deep this process is: 0 for the one that the user has started.
static DEPTH: AtomicU32 = AtomicU32::new(0);

/// Turns this process into a worker if a pool has started it as one, or has it do its work if it was
/// started as a `Process`; returns at once otherwise.
///
/// Such processes run the same program as the one that starts them. Somewhere before the program's own work
/// begins they must be told apart, and that is here: in a worker, `init` serves tasks until the pool lets it
/// go, in a `Process` it calls its function, and then exits; it never returns.
///
/// With the default feature `constructor` that happens before `main` and there is nothing to call:
/// not in `main`, nor in `#[test]` functions, nor in documentation examples. Call it anyway, as the first
/// line of `main`, if the program must run where constructors do not: without the feature, or where
/// code that runs before `main` is stripped.
///
/// ```
/// executor_process::init();
/// // the program
/// ```
///
/// Python's counterpart is the guard `if __name__ == "__main__":`.
///
/// # What holds in a worker
///
/// - Neither `main` nor anything after `init` runs.
/// - Standard input is empty. Standard output and error are the program's, unless captured.
/// - The program's arguments are the same as the program's own. (With the C library musl and the constructor,
///   `std::env::args` does not know them.) The variable that says that the process is a worker is gone, so
///   processes that tasks start are not affected.
/// - With the constructor, tasks run before the standard library's start-up code: the main thread has no
///   name, and a stack overflow ends the worker by `SIGSEGV` without the usual line of text.
///   Constructors of other libraries may not have run; call `init` without the feature if tasks need
///   them.
/// - `SIGINT` is without effect, since Ctrl-C in a terminal goes to all processes of a program and it
///   is for the main one to react.
pub fn init() {
    enter();
}

/// Whether a worker started from this program would become one.
pub(crate) fn is_installed() -> bool {
    // Looking at the constructor keeps it in the program.
    #[cfg(feature = "constructor")]
    std::hint::black_box(&CONSTRUCTOR);
    INSTALLED.load(Ordering::Relaxed)
}

/// How many pools deep this process is.
pub(crate) fn depth() -> u32 {
    DEPTH.load(Ordering::Relaxed)
}

fn enter() {
    if INSTALLED.swap(true, Ordering::Relaxed) {
        return;
    }
    let Some(value) = std::env::var_os(VARIABLE) else { return };
    // SAFETY: the process has one thread yet: it was started as a worker, and this is the first that
    // happens in it, or in the user's `main` before anything else.
    unsafe { std::env::remove_var(VARIABLE) };
    match Role::from_variable(&value) {
        Some(Role::Worker(ticket)) => {
            DEPTH.store(ticket.depth, Ordering::Relaxed);
            crate::child::be_worker(ticket.parent);
            worker::main(&ticket)
        }
        Some(Role::Process(summons)) => {
            DEPTH.store(summons.depth, Ordering::Relaxed);
            crate::child::main(&summons)
        }
        None => {
            eprintln!("concurrent-futures: the variable {VARIABLE} is not for users to set");
            std::process::exit(worker::EXIT_CANNOT_SERVE);
        }
    }
}

#[cfg(feature = "constructor")]
extern "C" fn construct() {
    enter();
}

/// Run by the system before `main`.
#[cfg(feature = "constructor")]
#[used]
#[cfg_attr(all(unix, not(target_vendor = "apple")), unsafe(link_section = ".init_array"))]
#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
#[cfg_attr(windows, unsafe(link_section = ".CRT$XCU"))]
static CONSTRUCTOR: extern "C" fn() = construct;
