//! Row SUB-03: what is known of a task that panicked.

use crate::support::{child, guarded};
use concurrent_futures::{
    Executor, InlineExecutor, PanicLocation, PanicReport, TaskError, ThreadPoolExecutor,
};
use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any, resume_unwind};
use std::thread;

/// The report of a task that panics.
fn report(task: fn(u32)) -> PanicReport {
    let error = InlineExecutor::new().submit(task, 1).unwrap().result().unwrap_err();
    error.panic().expect("a panic").clone()
}

/// SUB-03: message, file and line.
#[test]
fn message_and_place() {
    guarded("message_and_place", || {
        let here = line!() + 1;
        let report = report(|n| panic!("number {n}"));
        assert_eq!(report.message(), "number 1");
        let place = report.location().unwrap();
        assert_eq!((place.file(), place.line()), (file!(), here));
        assert!(place.column() > 1);
        let shown = format!("panicked at {place}: number 1");
        assert_eq!(report.to_string(), shown);
        assert_eq!(TaskError::Panicked(report.clone()).to_string(), format!("the task {shown}"));
        assert!(format!("{report:?}").contains("number 1"));
        assert!(report.source().is_none());
    });
}

/// SUB-03: a text that is a constant, and a payload that is no text.
#[test]
fn payloads_of_all_kinds() {
    guarded("payloads_of_all_kinds", || {
        assert_eq!(report(|_| panic!("constant")).message(), "constant");
        assert_eq!(report(|n| assert_ne!(n, 1, "no ones")).message().lines().count(), 3);
        let report = report(|n| panic_any((n, "payload")));
        assert_eq!(report.message(), "(a panic payload that is not text)");
        assert!(report.location().is_some());
        let clone = report.clone();
        let payload = report.take_payload().unwrap();
        assert_eq!(payload.downcast_ref(), Some(&(1_u32, "payload")));
        assert!(clone.take_payload().is_none(), "clones share it");
    });
}

/// SUB-03: the panic can go on where the result is asked for, with its own payload.
#[test]
fn panics_can_be_resumed() {
    guarded("panics_can_be_resumed", || {
        let resumed = catch_unwind(|| report(|n| panic_any(n)).resume()).unwrap_err();
        assert_eq!(resumed.downcast_ref(), Some(&1_u32));
        let taken = report(|_| panic!("once more"));
        drop(taken.take_payload());
        let resumed = catch_unwind(AssertUnwindSafe(|| taken.resume())).unwrap_err();
        assert_eq!(resumed.downcast_ref::<String>().map(String::as_str), Some("once more"));
    });
}

/// SUB-03: a panic that was resumed by a task, so that no hook saw it.
#[test]
fn resumed_panics_have_no_place() {
    guarded("resumed_panics_have_no_place", || {
        thread::spawn(|| {
            let report = report(|_| resume_unwind(Box::new("resumed")));
            assert_eq!(report.message(), "resumed");
            assert_eq!(report.location(), None);
            assert_eq!(report.to_string(), "panicked: resumed");
        })
        .join()
        .unwrap();
    });
}

/// SUB-03: a panic that a task dealt with itself has nothing to do with the next one.
#[test]
fn places_are_not_mixed_up() {
    guarded("places_are_not_mixed_up", || {
        let pool = InlineExecutor::new();
        let dealt_with = |n: u32| catch_unwind(|| panic!("number {n}")).is_err();
        assert_eq!(pool.submit(dealt_with, 1).unwrap().result(), Ok(true));
        let report = report(|_| resume_unwind(Box::new("resumed")));
        assert_eq!(report.message(), "resumed");
        assert_eq!(report.location(), None, "that was somebody else's panic");
    });
}

/// SUB-03: a panic while another one unwinds keeps the places apart.
#[test]
fn nested_panics_keep_their_places() {
    guarded("nested_panics_keep_their_places", || {
        struct Submits;
        impl Drop for Submits {
            fn drop(&mut self) {
                let inner = report(|_| panic!("inner"));
                assert_eq!(inner.message(), "inner");
            }
        }
        let here = line!() + 3;
        let outer = report(|_| {
            let _submits = Submits;
            panic!("outer");
        });
        assert_eq!(outer.message(), "outer");
        assert_eq!(outer.location().map(PanicLocation::line), Some(here));
    });
}

/// SUB-03: equal reports have equal message and place.
#[test]
fn reports_compare() {
    guarded("reports_compare", || {
        let fail = |n: u32| panic!("number {n}");
        assert_eq!(report(fail), report(fail));
        assert_ne!(report(fail), report(|n| panic!("number {n}")));
        assert_eq!(TaskError::Panicked(report(fail)), TaskError::Panicked(report(fail)));
    });
}

/// SUB-03: without being asked for, there is no backtrace; with `RUST_BACKTRACE` there is one, and
/// the function that panicked is in it.
#[test]
fn backtrace_on_request() {
    guarded("backtrace_on_request", || {
        for (setting, expected) in [("0", "none"), ("1", "found")] {
            let mut program = child::program("panics::program_that_prints_a_backtrace");
            program.env("RUST_BACKTRACE", setting).env_remove("RUST_LIB_BACKTRACE");
            let output = String::from_utf8(child::run(&mut program).stdout).unwrap();
            let line = output.lines().find_map(|line| line.split_once("backtrace: "));
            assert_eq!(line.map(|(_, answer)| answer), Some(expected), "{output}");
        }
    });
}

/// A function to find in a backtrace.
#[inline(never)]
fn the_function_that_panics() {
    panic!("on purpose");
}

/// See `backtrace_on_request`.
#[test]
fn program_that_prints_a_backtrace() {
    if !child::is_program() {
        return;
    }
    let pool = ThreadPoolExecutor::builder().max_workers(1).build().unwrap();
    let error = pool.spawn(the_function_that_panics).unwrap().result().unwrap_err();
    let answer = match error.panic().unwrap().backtrace() {
        None => "none",
        Some(text) if text.contains("the_function_that_panics") => "found",
        Some(_) => "not in it",
    };
    println!("backtrace: {answer}");
}

/// SUB-03: the place is known also when several first tasks of the process panic at the same time.
#[test]
fn first_panics_have_places() {
    guarded("first_panics_have_places", || {
        for _ in 0..50 {
            child::run(&mut child::program("panics::program_whose_first_tasks_panic"));
        }
    });
}

/// See `first_panics_have_places`.
#[test]
fn program_whose_first_tasks_panic() {
    if !child::is_program() {
        return;
    }
    let start = std::sync::Barrier::new(16);
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                start.wait();
                assert!(report(|_| panic!("on purpose")).location().is_some());
            });
        }
    });
}
