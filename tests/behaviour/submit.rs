//! Rows SUB: `submit`, on every executor.

use crate::support::tasks::{fail, square, time_out_if_odd, visit};
use crate::support::{Busy, Factory, Scratch};
use concurrent_futures::{
    Executor, Shutdown, SubmitError, TaskError, TaskOption, TaskOptions, join_all,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// SUB-01: a future that ends in what the function returns.
pub(crate) fn returns_the_value<F: Factory>() {
    let pool = F::pool(2);
    assert_eq!(pool.submit(square, 12).unwrap().result(), Ok(144));
    let power = pool.submit(|(base, exponent): (u64, u32)| base.pow(exponent), (2, 10));
    assert_eq!(power.unwrap().result(), Ok(1024));
    let futures: Vec<_> = (0..50).map(|n| pool.submit(square, n).unwrap()).collect();
    for (n, outcome) in join_all(futures).into_iter().enumerate() {
        assert_eq!(outcome, Ok((n * n) as u64));
    }
}

/// SUB-01: `submit` returns while the task is still at work.
pub(crate) fn returns_at_once<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(1);
    // Returns only because `submit` does: the tasks cannot end before.
    let busy = Busy::occupy(&pool, &scratch, 1);
    let queued = pool.submit(square, 3).unwrap();
    assert!(!queued.done());
    busy.release();
    assert_eq!(queued.result(), Ok(9));
}

/// Something with a bit of everything in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Parcel {
    text: String,
    numbers: Vec<i64>,
    table: BTreeMap<String, Option<f64>>,
    nested: Option<Box<Parcel>>,
    unit: (),
    characters: (char, bool, u8, i128),
}

/// SUB-01: arguments and results arrive as they were sent.
pub(crate) fn carries_structured_values<F: Factory>() {
    let inner = Parcel {
        text: "grüße, 世界 \0 \u{1F980}".to_owned(),
        numbers: vec![i64::MIN, -1, 0, i64::MAX],
        table: [("a".to_owned(), Some(0.1)), ("b".to_owned(), None)].into(),
        nested: None,
        unit: (),
        characters: ('\u{10FFFF}', true, 255, i128::MIN),
    };
    let outer = Parcel { nested: Some(Box::new(inner.clone())), ..inner };
    let pool = F::pool(1);
    let echo = pool.submit(|parcel: Parcel| parcel, outer.clone()).unwrap();
    assert_eq!(echo.result(), Ok(outer));
    let large: Vec<u8> = (0..1_000_000_u32).map(|n| (n % 251) as u8).collect();
    let sum = |bytes: Vec<u8>| bytes.iter().map(|&byte| u64::from(byte)).sum::<u64>();
    let expected = sum(large.clone());
    assert_eq!(pool.submit(sum, large).unwrap().result(), Ok(expected));
}

/// SUB-03: an error that the task returns is its value, a panic is the future's error, and the worker
/// lives on after either.
pub(crate) fn stores_failures<F: Factory>() {
    let pool = F::pool(1);
    for n in 0..20 {
        let failed = pool.submit(fail, format!("failure {n}")).unwrap();
        let refused = pool.submit(time_out_if_odd, 2 * n + 1).unwrap();
        let error = failed.result().unwrap_err();
        let report = error.panic().expect("a panic");
        assert_eq!(report.message(), format!("failure {n}"));
        assert!(report.location().unwrap().file().ends_with("tasks.rs"));
        let error = refused.result().expect("the task returned").unwrap_err();
        assert_eq!(error.message(), "the task's own time-out");
    }
    assert_eq!(pool.submit(square, 5).unwrap().result(), Ok(25));
}

/// SUB-06: tasks are started in the order in which they were submitted.
pub(crate) fn starts_in_order<F: Factory>() {
    let scratch = Scratch::new();
    let journal = scratch.journal();
    let pool = F::pool(1);
    for n in 0..100 {
        drop(pool.submit(visit, (journal.clone(), n)).unwrap());
    }
    pool.shutdown(Shutdown::wait());
    let order: Vec<_> = (0..100).map(|n| n.to_string()).collect();
    assert_eq!(journal.lines(), order);
}

/// SUB-07: any number of tasks can be waiting.
pub(crate) fn never_blocks_on_load<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(1);
    let busy = Busy::occupy(&pool, &scratch, 1);
    // The one worker is held until all have been submitted.
    let futures: Vec<_> = (0..5000).map(|n| pool.submit(square, n).unwrap()).collect();
    assert!(futures.iter().all(|future| !future.done()));
    busy.release();
    for (n, outcome) in join_all(futures).into_iter().enumerate() {
        assert_eq!(outcome, Ok((n * n) as u64));
    }
}

/// SUB-08: a wait with a time limit ends when the pool has no worker left for the task.
pub(crate) fn timed_wait_on_a_saturated_pool_ends<F: Factory>() {
    let scratch = Scratch::new();
    let pool = F::pool(2);
    let busy = Busy::occupy(&pool, &scratch, 2);
    let future = pool.submit(square, 3).unwrap();
    let future = future.result_timeout(Duration::from_millis(5)).unwrap_err().into_future();
    busy.release();
    assert_eq!(future.result(), Ok(9));
}

/// SUB-01: an option is honoured or refused, never ignored.
pub(crate) fn honours_or_refuses_options<F: Factory>() {
    let pool = F::pool(1);
    let named = TaskOptions::new().with_name("square of 4");
    let future = pool.submit_with(square, 4, named).unwrap();
    assert_eq!(future.name(), Some("square of 4"));
    assert!(format!("{future:?}").contains("\"square of 4\""));
    assert_eq!(future.result(), Ok(16));

    let all = [
        (TaskOption::Priority, TaskOptions::new().with_priority(1)),
        (TaskOption::Deadline, TaskOptions::new().with_deadline(Duration::from_secs(600))),
        (TaskOption::Retries, TaskOptions::new().with_retries(1)),
    ];
    for (option, options) in all {
        match pool.submit_with(square, 5, options) {
            Ok(future) => {
                assert!(pool.supports(option));
                assert_eq!(future.result(), Ok(25));
            }
            Err(error) => {
                assert!(!pool.supports(option));
                assert_eq!(error, SubmitError::Unsupported(option));
            }
        }
    }
}

/// SUB-01, SHUT-01: `try_submit` submits, and gives the argument back if it cannot.
pub(crate) fn try_submit_gives_the_argument_back<F: Factory>() {
    let pool = F::pool(1);
    let future = pool.try_submit(|text: String| text.len(), "four".to_owned()).unwrap();
    assert_eq!(future.result(), Ok(4));
    pool.shutdown(Shutdown::wait());
    let error = pool.try_submit(|text: String| text.len(), "four".to_owned()).unwrap_err();
    assert_eq!(error.reason(), &SubmitError::ShutDown);
    assert!(!error.is_full());
    assert_eq!(error.into_argument().as_deref(), Some("four"));
}

/// A value that makes trouble on its way, in the way it says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Troublesome {
    No,
    FailsToEncode,
    PanicsWhenEncoded,
    FailsToDecode,
    PanicsWhenDecoded,
}

impl Serialize for Troublesome {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::No => 0,
            Self::FailsToDecode => 1,
            Self::PanicsWhenDecoded => 2,
            Self::FailsToEncode => return Err(serde::ser::Error::custom("does not encode")),
            Self::PanicsWhenEncoded => panic!("panics when encoded"),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Troublesome {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match i32::deserialize(deserializer)? {
            0 => Ok(Self::No),
            1 => Err(serde::de::Error::custom("does not decode")),
            _ => panic!("panics when decoded"),
        }
    }
}

/// All kinds of trouble.
pub(crate) const TROUBLE: [Troublesome; 4] = [
    Troublesome::FailsToEncode,
    Troublesome::PanicsWhenEncoded,
    Troublesome::FailsToDecode,
    Troublesome::PanicsWhenDecoded,
];

/// Makes a troublesome value from something harmless.
pub(crate) fn make_trouble(index: usize) -> Troublesome {
    TROUBLE[index]
}

/// SUB-03: an argument or a result that does not travel fails its own future and nothing else, on an
/// executor whose values travel; on others it does no harm.
pub(crate) fn untransportable_values_fail_alone<F: Factory>() {
    let pool = F::pool(1);
    for (index, trouble) in TROUBLE.into_iter().enumerate() {
        let argument = pool.submit(|trouble: Troublesome| trouble != Troublesome::No, trouble);
        let result = pool.submit(make_trouble, index);
        let fine = pool.submit(|trouble: Troublesome| trouble, Troublesome::No);
        if pool.is_remote() {
            let error = argument.and_then(|future| future.result().map_err(SubmitError::Codec));
            assert!(matches!(error, Err(SubmitError::Codec(TaskError::Codec(_)))), "{error:?}");
            let error = result.unwrap().result();
            assert!(matches!(error, Err(TaskError::Codec(_))), "{error:?}");
        } else {
            assert_eq!(argument.unwrap().result(), Ok(true));
            assert_eq!(result.unwrap().result(), Ok(trouble));
        }
        assert_eq!(fine.unwrap().result(), Ok(Troublesome::No));
    }
}
