//! Values and panics that travel, and those that fail to.

use crate::support::leak::keep;
use crate::support::tasks::{fail, square};
use crate::support::{Journal, Scratch, guarded};
use crate::{builder, pool};
use concurrent_futures::{Executor, PortableError, TaskError};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

#[inline(never)]
fn panic_somewhere(message: String) -> u64 {
    std::panic::panic_any(message)
}

/// PPE-06, BRK-08: a panic arrives with its message, its place, and, if the worker's environment asks
/// for it, the backtrace; an error that the task returns arrives as it is.
#[test]
fn panics_arrive() {
    guarded("panics_arrive", || {
        for backtrace in [false, true] {
            let builder = builder(1).env_remove("RUST_LIB_BACKTRACE");
            let setting = if backtrace { "1" } else { "0" };
            let pool = builder.env("RUST_BACKTRACE", setting).build().unwrap();
            let error = pool.submit(panic_somewhere, "on purpose".to_owned()).unwrap().result();
            let TaskError::Panicked(report) = error.unwrap_err() else { panic!("it panicked") };
            assert_eq!(report.message(), "on purpose");
            let location = report.location().unwrap();
            assert!(location.file().ends_with("values.rs"), "{location}");
            assert!((1..100).contains(&location.line()), "{location}");
            let found = report.backtrace().map(|text| text.contains("panic_somewhere"));
            assert_eq!(found, backtrace.then_some(true));
            let error = pool.submit(fail, String::new()).unwrap().result().unwrap_err();
            assert_eq!(error.panic().unwrap().message(), "");
            assert_eq!(pool.stats().started, 1);
        }
        let pool = pool(1);
        let returned = pool.submit(|n: u64| Err::<u64, u64>(n + 1), 1).unwrap();
        assert_eq!(returned.result(), Ok(Err(2)));
        let portable = |_: u64| -> Result<u64, PortableError> { Ok("x".parse::<u64>()?) };
        let error = pool.submit(portable, 1).unwrap().result().unwrap().unwrap_err();
        assert_eq!(error.to_string(), "invalid digit found in string");
    });
}

/// PPE-06: a panic that is longer than the ring that it comes through, and one that is no text.
#[test]
fn panics_of_all_sizes() {
    guarded("panics_of_all_sizes", || {
        let pool = pool(1);
        for len in [0, 1, 1000, 65_000, 65_536, 70_000, 1 << 20] {
            let error = pool.submit(fail, "x".repeat(len)).unwrap().result().unwrap_err();
            assert_eq!(error.panic().unwrap().message().len(), len);
        }
        let odd = |n: u64| -> u64 { std::panic::panic_any(n) };
        let error = pool.submit(odd, 1).unwrap().result().unwrap_err();
        assert_eq!(error.panic().unwrap().message(), "(a panic payload that is not text)");
        assert_eq!(pool.submit(square, 3).unwrap().result(), Ok(9));
    });
}

/// What a value does wrong, and in which process.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Trouble {
    /// The test's process.
    home: u32,
    /// There, or in the worker.
    at_home: bool,
    encoding: bool,
    panics: bool,
}

impl Trouble {
    fn is_now(self, encoding: bool) -> bool {
        self.encoding == encoding && self.at_home == (std::process::id() == self.home)
    }
}

#[derive(Debug, PartialEq)]
struct Troublesome(Trouble);

impl Serialize for Troublesome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let trouble = self.0;
        if trouble.is_now(true) {
            assert!(!trouble.panics, "does not encode");
            return Err(serde::ser::Error::custom("does not encode"));
        }
        trouble.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Troublesome {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let trouble = Trouble::deserialize(deserializer)?;
        if trouble.is_now(false) {
            assert!(!trouble.panics, "does not decode");
            return Err(serde::de::Error::custom("does not decode"));
        }
        Ok(Self(trouble))
    }
}

/// BRK-04, BRK-06, BRK-07 (better): a value that fails to be encoded or decoded, or panics then, as an
/// argument or a result, fails its own future, which says where; neither the pool nor the worker is
/// harmed.
#[test]
fn trouble_on_the_way() {
    guarded("trouble_on_the_way", || {
        let pool = pool(1);
        let (home, worker) = (std::process::id(), pool.submit(crate::pid, ()).unwrap().result());
        for (at_home, encoding, operation) in [
            (true, true, "encode the argument"),
            (false, false, "decode the argument in the worker"),
            (false, true, "encode the result in the worker"),
            (true, false, "decode the result"),
        ] {
            for panics in [false, true] {
                let trouble = Trouble { home, at_home, encoding, panics };
                let future = pool.submit(|value: Troublesome| value, Troublesome(trouble));
                let error = future.unwrap().result().unwrap_err();
                let TaskError::Codec(cause) = &error else { panic!("{error}") };
                assert_eq!(cause.operation(), operation);
                let words = if encoding { "does not encode" } else { "does not decode" };
                let expected = cause.reason().contains(words)
                    // The format that values travel in has one message for everything it is told.
                    || (!panics && !cause.reason().is_empty());
                assert!(expected, "{error}");
                let map = pool.map(|value: Troublesome| value, [Troublesome(trouble)]).unwrap();
                assert_eq!(map.filter(|item| matches!(item, Err(TaskError::Codec(_)))).count(), 1);
                assert_eq!(pool.submit(crate::pid, ()).unwrap().result(), worker);
            }
        }
        assert_eq!(pool.stats().started, 1);
    });
}

/// BRK-07: a value whose destructor panics harms nobody, wherever it is dropped.
#[test]
fn trouble_at_the_end() {
    #[derive(Serialize, Deserialize)]
    struct Explosive(Journal);
    impl Drop for Explosive {
        fn drop(&mut self) {
            self.0.append(std::process::id());
            panic!("panics when dropped");
        }
    }
    guarded("trouble_at_the_end", || {
        let scratch = Scratch::new();
        let journal = scratch.journal();
        let pool = pool(1);
        let worker = pool.submit(crate::pid, ()).unwrap().result();
        // Dropped here after it was sent, and by the task itself.
        let task = |_: Explosive| 1_u64;
        let error = pool.submit(task, Explosive(journal.clone())).unwrap().result().unwrap_err();
        assert_eq!(error.panic().unwrap().message(), "panics when dropped");
        assert_eq!(journal.lines().len(), 2);
        // Dropped in the worker after it was sent, and here.
        let future = pool.submit(|journal: Journal| Explosive(journal), journal.clone()).unwrap();
        keep(future.result());
        assert_eq!(journal.lines().len(), 3);
        assert_eq!(pool.submit(crate::pid, ()).unwrap().result(), worker);
    });
}

/// SUB-01, PPE-20: values of many types arrive as they were sent, and functions of all kinds are found
/// in the worker. (What captures is refused when it is compiled.)
#[test]
fn values_of_many_types() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    enum Shape {
        Nothing,
        Circle { radius: f64 },
        Polygon(Vec<(f64, f64)>),
        Group(Box<Shape>, Option<char>),
    }
    fn back<T>(value: T) -> T {
        value
    }
    guarded("values_of_many_types", || {
        let pool = pool(1);
        macro_rules! travels {
            ($($value:expr),* $(,)?) => {$(
                assert_eq!(pool.submit(back, $value).unwrap().result(), Ok($value));
            )*};
        }
        travels!(
            (),
            true,
            'ß',
            -1_i8,
            u128::MAX,
            f64::MIN_POSITIVE,
            String::new(),
            "äöü".to_owned()
        );
        travels!(
            Duration::MAX,
            Some(Some(())),
            None::<u8>,
            [1_u16; 32],
            (1, "a".to_owned(), [2.5])
        );
        travels!(Vec::<u8>::new(), vec![-1_i32, 1], vec![String::new(), "x".repeat(300)]);
        travels!(BTreeMap::from([(1, vec![2]), (3, vec![])]));
        travels!(HashMap::from([("a".to_owned(), 1)]));
        let group = Shape::Group(Box::new(Shape::Polygon(vec![(0.0, 1.0); 3])), Some('x'));
        travels!(Shape::Nothing, Shape::Circle { radius: 1.5 }, group.clone());
        let negate: fn(i64) -> i64 = |n| -n;
        assert_eq!(pool.submit(negate, 5).unwrap().result(), Ok(-5));
        assert_eq!(pool.submit(i64::abs, -5).unwrap().result(), Ok(5));
        assert_eq!(pool.submit(str_len::<3>, "ab".to_owned()).unwrap().result(), Ok(5));
    });
}

fn str_len<const N: usize>(text: String) -> usize {
    text.into_bytes().len() + N
}
