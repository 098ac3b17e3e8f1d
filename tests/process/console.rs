//! Windows consoles: no window opens for a worker, and Ctrl-Break, which takes a console, is for one process.
//!
//! Each test has a program of its own started with a console or without, since it is not said which of them the
//! tests have.

use crate::builder;
use crate::support::{Journal, Scratch, child, guarded};
use crate::windows::is_wine;
use concurrent_futures::process::Process;
use concurrent_futures::{Executor, Exit};
use std::os::windows::process::CommandExt;
use std::sync::mpsc;
use windows_sys::Win32::System::Console::{GetConsoleCP, GetConsoleProcessList, GetConsoleWindow};
use windows_sys::Win32::System::Threading::{CREATE_NO_WINDOW, DETACHED_PROCESS};
use windows_sys::Win32::UI::WindowsAndMessaging::IsWindowVisible;

/// What a program says last.
const END: &str = "the program has come to its end";

fn has_console() -> bool {
    // SAFETY: it only asks.
    unsafe { GetConsoleCP() != 0 }
}

/// Whether this process has a console, whether with a window to be seen, and what processes share it.
fn console(_: ()) -> (bool, bool, Vec<u32>) {
    // SAFETY: the window is the system's own, or none, which is not visible.
    let visible = unsafe { IsWindowVisible(GetConsoleWindow()) != 0 };
    let mut pids = vec![0; 100];
    // SAFETY: as many places as said.
    let count = unsafe { GetConsoleProcessList(pids.as_mut_ptr(), 100) };
    pids.truncate(count as usize);
    (has_console(), visible, pids)
}

#[expect(clippy::needless_pass_by_value, reason = "what a process is given is its own")]
fn write_down_and_wait(journal: Journal) {
    journal.append("ready");
    loop {
        std::thread::park();
    }
}

fn run(test: &str, creation_flags: u32) {
    let output = child::run(child::program(test).creation_flags(creation_flags));
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.contains(END), "{printed}");
}

/// An extra: a program without a console has workers with one each that has no window. Without any, a
/// program that one of them starts would open one.
#[test]
fn no_window_opens() {
    guarded("no_window_opens", || run("console::program_without_a_console", DETACHED_PROCESS));
}

/// See `no_window_opens`.
#[test]
fn program_without_a_console() {
    if !child::is_program() {
        return;
    }
    assert!(!has_console());
    let pool = builder(1).build().unwrap();
    let (has_console, visible, pids) = pool.submit(console, ()).unwrap().result().unwrap();
    assert!(has_console);
    assert!(!visible);
    assert_eq!(pids, [pool.submit(crate::pid, ()).unwrap().result().unwrap()]);

    // An interrupt is refused, and nothing happens.
    let scratch = Scratch::new();
    let journal = scratch.journal();
    let process = Process::new(write_down_and_wait, journal.clone());
    process.start().unwrap();
    journal.wait_for(1);
    let refused = process.interrupt().unwrap_err();
    assert!(std::error::Error::source(&refused).is_some(), "{refused:?}");
    assert!(process.is_alive());
    process.kill().unwrap();
    assert_eq!(process.join(), Ok(Exit::Signal(9)));
    println!("{END}");
}

/// PRC-08: with a console, which the workers share, an interrupt is Ctrl-Break for one process.
#[test]
fn interrupted() {
    guarded("interrupted", || run("console::program_with_a_console", CREATE_NO_WINDOW));
}

/// See `interrupted`.
#[test]
fn program_with_a_console() {
    #[expect(clippy::needless_pass_by_value, reason = "what a process is given is its own")]
    fn wait_for_it(journal: Journal) -> i32 {
        let (tell, told) = mpsc::channel();
        ctrlc::set_handler(move || tell.send(()).unwrap()).unwrap();
        journal.append("ready");
        told.recv().unwrap();
        3
    }

    if !child::is_program() {
        return;
    }
    let pool = builder(1).build().unwrap();
    let (has_console, _, pids) = pool.submit(console, ()).unwrap().result().unwrap();
    assert!(has_console);
    assert!(pids.contains(&std::process::id()), "{pids:?}");

    let scratch = Scratch::new();
    let journal = scratch.journal();
    let by_default = Process::new(write_down_and_wait, journal.clone());
    let prepared = Process::new(wait_for_it, journal.clone());
    for process in [&by_default, &prepared] {
        process.start().unwrap();
    }
    journal.wait_for(2);
    if is_wine() {
        // It has Ctrl-C only, which is for all that share a console.
        for process in [&by_default, &prepared] {
            assert!(process.interrupt().is_err());
            process.kill().unwrap();
            assert_eq!(process.join(), Ok(Exit::Signal(9)));
        }
        println!("{END}");
        return;
    }
    by_default.interrupt().unwrap();
    assert_eq!(by_default.join(), Ok(Exit::Signal(2)));
    assert!(prepared.is_alive());
    prepared.interrupt().unwrap();
    assert_eq!(prepared.join(), Ok(Exit::Code(3)));
    // Neither the pool nor this program was meant.
    assert_eq!(pool.submit(|n: u8| n + 1, 1).unwrap().result(), Ok(2));
    println!("{END}");
}
