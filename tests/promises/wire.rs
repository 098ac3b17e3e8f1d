//! A task on its way to another process and back, step by step.
//!
//! `tests/loopback.rs` runs all behaviours this way; here is what they do not see.

use crate::support::guarded;
use crate::support::parcel::{Letter, Parcel};
use concurrent_futures::task::Run;
use concurrent_futures::wire::{Attached, Incoming, OutcomeKind, write_to};
use concurrent_futures::{Future, FutureState, Portable, Task, TaskError};
use serde::{Deserialize, Serialize};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Makes a task and encodes it.
fn encoded<A: Portable, R: Portable>(f: fn(A) -> R, argument: A) -> (Letter, Future<R>) {
    let (task, future) = Task::portable(f, argument);
    assert!(task.is_portable());
    let Ok(Parcel::Letter(letter)) = Parcel::pack(task) else { panic!("it does not encode") };
    assert_eq!(letter.remote.id(), future.id());
    (letter, future)
}

/// SUB-01: there and back.
#[test]
fn round_trip() {
    guarded("round_trip", || {
        let (letter, future) = encoded(|(a, b): (u8, String)| format!("{b}{a}"), (7, "x".into()));
        assert_eq!(future.state(), FutureState::Pending);
        assert!(letter.remote.start() && letter.remote.start(), "the start may be reported again");
        assert_eq!(future.state(), FutureState::Running);
        letter.run();
        assert_eq!(future.result().as_deref(), Ok("x7"));
    });
}

/// SUB-01: the argument is appended to what is in the buffer.
#[test]
fn encoding_appends() {
    guarded("encoding_appends", || {
        let (task, _future) = Task::portable(|pair: (u8, u8)| pair, (7, 8));
        let mut bytes = vec![1, 2, 3];
        write_to(&mut bytes, |output| task.encode(output)).unwrap();
        assert_eq!(bytes, [1, 2, 3, 7, 8]);
    });
}

/// SUB-03: a panic comes back with message and place, without its payload.
#[test]
fn panics_travel() {
    guarded("panics_travel", || {
        let here = line!() + 1;
        let fail = |n: u32| -> u32 { panic!("number {n}") };
        let (letter, future) = encoded(fail, 5);
        letter.run();
        let error = future.result().unwrap_err();
        let report = error.panic().unwrap();
        assert_eq!(report.message(), "number 5");
        assert_eq!(
            report.location().map(|place| (place.file(), place.line())),
            Some((file!(), here))
        );
        assert!(report.take_payload().is_none());
        let resume = AssertUnwindSafe(|| report.clone().resume());
        let resumed = catch_unwind(resume).unwrap_err();
        assert_eq!(resumed.downcast_ref::<String>().map(String::as_str), Some("number 5"));
    });
}

/// FUT-10: an encoded task can be cancelled until it is started, and not afterwards.
#[test]
fn cancelled_on_the_way() {
    guarded("cancelled_on_the_way", || {
        let (letter, future) = encoded(|n: u32| n, 1);
        assert!(future.cancel());
        assert!(letter.remote.is_cancelled() && !letter.remote.start());
        assert!(!letter.remote.complete(
            OutcomeKind::Value,
            Incoming::private(&[9]),
            Attached::none()
        ));
        assert_eq!(future.result(), Err(TaskError::Cancelled));

        let (letter, future) = encoded(|n: u32| n, 1);
        assert!(letter.remote.start() && !future.cancel());
        letter.run();
        assert_eq!(future.result(), Ok(1));
    });
}

/// FUT-11: a task whose worker is gone is pending again, and can be cancelled or started anew.
#[test]
fn started_anew() {
    guarded("started_anew", || {
        let (letter, future) = encoded(|n: u32| n, 1);
        assert!(letter.remote.start());
        letter.remote.unstart();
        assert_eq!(future.state(), FutureState::Pending);
        assert!(letter.remote.start());
        letter.run();
        remote_unstart_after_cancel();
        assert_eq!(future.result(), Ok(1));
    });
}

/// The cancelled half of `started_anew`.
fn remote_unstart_after_cancel() {
    let (letter, future) = encoded(|n: u32| n, 1);
    assert!(letter.remote.start());
    letter.remote.unstart();
    assert!(future.cancel());
    letter.remote.unstart();
    assert!(future.cancelled() && !letter.remote.start());
}

/// SUB-03: failed or forgotten by the executor.
#[test]
fn never_completed() {
    guarded("never_completed", || {
        let (letter, future) = encoded(|n: u32| n, 1);
        letter.remote.fail(TaskError::DeadlineExceeded);
        assert_eq!(future.result(), Err(TaskError::DeadlineExceeded));
        let (letter, future) = encoded(|n: u32| n, 1);
        drop(letter);
        assert_eq!(future.result(), Err(TaskError::Abandoned));
        let (task, future) = Task::portable(|n: u32| n, 1);
        drop(task);
        assert_eq!(future.result(), Err(TaskError::Abandoned));
    });
}

/// SUB-02, SUB-03: closures do not travel; the future says so.
#[test]
fn closures_stay() {
    guarded("closures_stay", || {
        let captured = [1];
        let (task, future) = Task::new(move || captured.len());
        assert!(!task.is_portable());
        let mut bytes = vec![1];
        let error = write_to(&mut bytes, |output| task.encode(output)).unwrap_err();
        assert_eq!(bytes, [1]);
        assert_eq!(future.result(), Err(error.clone()));
        let TaskError::Codec(cause) = error else { panic!("{error}") };
        assert_eq!(cause.operation(), "send the task");
        assert!(cause.reason().starts_with("it is a closure"));
    });
}

/// SUB-03: bytes that mean nothing, in either direction, fail that task only.
#[test]
fn nonsense_is_an_error() {
    guarded("nonsense_is_an_error", || {
        let (mut letter, future) = encoded(|text: Option<u8>| text, Some(1));
        letter.bytes = vec![200];
        letter.run();
        let error = future.result().unwrap_err();
        assert!(error.to_string().starts_with("a value could not travel between processes: "));
        let TaskError::Codec(cause) = error else { panic!("{error}") };
        assert_eq!(cause.operation(), "decode the argument in the worker");
        assert!(cause.to_string().starts_with("could not decode the argument in the worker: "));
        for nonsense in [&[][..], &[1], &[77, 1, 2, 3]] {
            let (Letter { remote, .. }, future) = encoded(|n: u8| Some(n), 1);
            assert!(!remote.complete(
                OutcomeKind::Value,
                Incoming::private(nonsense),
                Attached::none()
            ));
            let Err(TaskError::Codec(cause)) = future.result() else { panic!("{nonsense:?}") };
            assert_eq!(cause.operation(), "decode the result");
        }
    });
}

/// A value that can be written and not read, or the other way round, by panicking or not.
#[derive(Clone, Copy)]
struct Odd<const WRITES: bool, const PANICS: bool>;

impl<const WRITES: bool, const PANICS: bool> Serialize for Odd<WRITES, PANICS> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        assert!(WRITES || !PANICS, "cannot be written");
        if WRITES {
            1_u8.serialize(serializer)
        } else {
            Err(serde::ser::Error::custom("unwritable"))
        }
    }
}

impl<'de, const WRITES: bool, const PANICS: bool> Deserialize<'de> for Odd<WRITES, PANICS> {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        assert!(!PANICS, "cannot be read");
        Err(serde::de::Error::custom("unreadable"))
    }
}

/// What went wrong with a task on its way, in the words of the error.
fn operation<A: Portable, R: Portable>(f: fn(A) -> R, argument: A) -> String {
    let (task, future) = Task::portable(f, argument);
    if let Ok(parcel) = Parcel::pack(task) {
        parcel.run();
    }
    match future.result() {
        Err(TaskError::Codec(cause)) => cause.operation().to_owned(),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it travelled"),
    }
}

/// SUB-03: each of the four ways, refusing and panicking.
#[test]
fn values_that_do_not_travel() {
    guarded("values_that_do_not_travel", || {
        fn as_argument<const WRITES: bool, const PANICS: bool>() -> String {
            operation(|_: Odd<WRITES, PANICS>| (), Odd)
        }
        fn as_result<const WRITES: bool, const PANICS: bool>() -> String {
            operation(|()| Odd::<WRITES, PANICS>, ())
        }
        assert_eq!(as_argument::<false, false>(), "encode the argument");
        assert_eq!(as_argument::<false, true>(), "encode the argument");
        assert_eq!(as_argument::<true, false>(), "decode the argument in the worker");
        assert_eq!(as_argument::<true, true>(), "decode the argument in the worker");
        assert_eq!(as_result::<false, false>(), "encode the result in the worker");
        assert_eq!(as_result::<false, true>(), "encode the result in the worker");
        assert_eq!(as_result::<true, false>(), "decode the result");
        assert_eq!(as_result::<true, true>(), "decode the result");
    });
}

/// FUT-16: a task runs here, once, unless it was cancelled.
#[test]
fn tasks_run_here() {
    guarded("tasks_run_here", || {
        let (task, future) = Task::new(|| 7);
        assert_eq!(task.run(), Run::Completed);
        assert_eq!(future.result(), Ok(7));
        let (task, future) = Task::new(|| -> u32 { panic!("on purpose") });
        assert_eq!(task.run(), Run::Failed);
        assert!(future.result().is_err());
        let (task, future) = Task::new(|| 7);
        assert!(future.cancel() && task.is_cancelled());
        assert_eq!(task.run(), Run::Cancelled);
        let (task, future) = Task::portable(|n: u32| n, 1);
        assert!(task.fail(TaskError::ShutDown));
        assert_eq!(future.result(), Err(TaskError::ShutDown));
    });
}

/// FUT-10: encoding and cancelling at the same time: never both, never neither.
#[test]
fn encoding_races_with_cancel() {
    guarded("encoding_races_with_cancel", || {
        for _ in 0..300 {
            let (task, future) = Task::portable(|text: String| text, "x".to_owned());
            let canceller = future.task_ref();
            std::thread::scope(|scope| {
                let cancelling = scope.spawn(move || canceller.cancel());
                if let Ok(parcel) = Parcel::pack(task) {
                    parcel.run();
                }
                let cancelled = cancelling.join().unwrap();
                assert_eq!(future.result().is_err(), cancelled);
            });
        }
    });
}
