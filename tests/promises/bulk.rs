//! Values that travel as their memory, and those that do not.

use crate::support::guarded;
use crate::support::parcel::{Letter, Parcel};
use concurrent_futures::wire::{Attached, Incoming, OutcomeKind};
use concurrent_futures::{Future, Portable, Task, TaskError};
use std::fmt::Debug;

/// A task that returns its argument, encoded.
fn echo<T: Portable>(value: T) -> (Letter, Future<T>) {
    let (task, future) = Task::portable(|value: T| value, value);
    let Ok(Parcel::Letter(letter)) = Parcel::pack(task) else { panic!("it does not encode") };
    (letter, future)
}

/// Sends a value there and back; returns what came, and how many bytes it was on the way.
fn travel<T: Portable>(value: T) -> (T, usize) {
    let (letter, future) = echo(value);
    let len = letter.bytes.len();
    letter.run();
    (future.result().unwrap(), len)
}

#[track_caller]
fn survives<T: Portable + Clone + PartialEq + Debug>(value: T, expected_len: usize) {
    assert_eq!(travel(value.clone()), (value, expected_len));
}

/// What comes of these bytes as a result of type `T`.
fn received<T: Portable + Default>(bytes: Incoming<'_>) -> Result<T, TaskError> {
    let (letter, future) = echo(T::default());
    letter.remote.complete(OutcomeKind::Value, bytes, Attached::none());
    future.result()
}

/// The reason why these bytes are no `T`.
fn reason<T: Portable + Default + Debug>(bytes: &[u8]) -> String {
    let Err(TaskError::Codec(cause)) = received::<T>(Incoming::private(bytes)) else {
        panic!("{bytes:?} were decoded");
    };
    assert_eq!(cause.operation(), "decode the result");
    cause.reason().to_owned()
}

/// SUB-01: strings and vectors of numbers are their memory.
#[test]
fn memory_travels() {
    guarded("memory_travels", || {
        survives(Vec::<u8>::new(), 0);
        survives(vec![0_u8, 255, 7], 3);
        survives((0..1 << 20).map(|n| n as u8).collect::<Vec<_>>(), 1 << 20);
        survives(vec![i16::MIN, -1, i16::MAX], 6);
        survives(vec![u128::MAX, 0, 1 << 77], 48);
        survives(vec![usize::MAX], size_of::<usize>());
        survives(vec![f32::INFINITY, -0.0], 8);
        survives(String::new(), 0);
        survives("Grüße, 世界 🦀".to_owned(), "Grüße, 世界 🦀".len());
    });
}

/// SUB-01: every bit of a number, also of what is none.
#[test]
fn bits_are_preserved() {
    guarded("bits_are_preserved", || {
        let bits = [f64::NAN.to_bits(), 0xFFF0_0000_0000_0001, 0x7FF8_DEAD_BEEF_0001];
        let (back, _) = travel(bits.map(f64::from_bits).to_vec());
        assert_eq!(back.iter().map(|n| n.to_bits()).collect::<Vec<_>>(), bits);
    });
}

/// SUB-01: inside of other values they are encoded like anything else.
#[test]
fn nested_values_are_encoded() {
    guarded("nested_values_are_encoded", || {
        survives((vec![1_u8, 2], "ab".to_owned()), 6);
        survives(vec![vec![1_u8], vec![]], 4);
        survives(Some("text".to_owned()), 6);
        survives(vec!["a".to_owned(), "b".to_owned()], 5);
        survives(vec![true, false], 3);
        survives(vec!['a'], 3);
    });
}

/// SUB-03: bytes that are no such value are an error.
#[test]
fn nonsense_is_refused() {
    guarded("nonsense_is_refused", || {
        let expected = "9 bytes are no whole number of 8-byte elements";
        assert_eq!(reason::<Vec<f64>>(&[0; 9]), expected);
        assert_eq!(reason::<Vec<u64>>(&[0; 9]), expected);
        assert!(reason::<Vec<u128>>(&[0; 15]).starts_with("15 bytes are no"));
        assert!(reason::<Vec<u16>>(&[0]).starts_with("1 bytes are no"));
        assert!(reason::<String>(b"ab\xFF").contains("utf-8"));
        assert!(reason::<String>("é".as_bytes().split_at(1).0).contains("utf-8"));
    });
}

/// SUB-03: the same in the worker.
#[test]
fn nonsense_is_refused_in_the_worker() {
    guarded("nonsense_is_refused_in_the_worker", || {
        let (mut letter, future) = echo(vec![1_u32]);
        letter.bytes.push(0);
        letter.run();
        let Err(TaskError::Codec(cause)) = future.result() else { panic!("it was decoded") };
        assert_eq!(cause.operation(), "decode the argument in the worker");
        assert_eq!(cause.reason(), "5 bytes are no whole number of 4-byte elements");
    });
}

/// SUB-01: bytes that another process could change are copied before they are looked at, wherever
/// they lie.
#[test]
fn shared_memory_is_copied() {
    guarded("shared_memory_is_copied", || {
        fn shared<T: Portable + Default>(bytes: &[u8]) -> Result<T, TaskError> {
            // SAFETY: readable as long as the slice is.
            received(unsafe { Incoming::shared(bytes.as_ptr(), bytes.len()) })
        }
        let mut memory = vec![0xEE];
        memory.extend([1_u64, 2].map(u64::to_ne_bytes).concat());
        assert_eq!(shared::<Vec<u64>>(&memory[1..]), Ok(vec![1, 2]), "not aligned");
        assert_eq!(shared::<Vec<u8>>(&[]), Ok(vec![]));
        assert_eq!(shared::<(u8, String)>(&[7, 2, b'a', b'b']), Ok((7, "ab".to_owned())));
        assert_eq!(shared::<String>(b"ab"), Ok("ab".to_owned()));
        assert!(shared::<String>(&[0xFF]).is_err());
        assert!(shared::<Option<u8>>(&[2]).is_err());
        // SAFETY: as above.
        let incoming = unsafe { Incoming::shared(memory.as_ptr(), 1) };
        assert_eq!(
            (incoming.to_vec(), incoming.len(), incoming.is_empty()),
            (vec![0xEE], 1, false)
        );
        assert_eq!(format!("{incoming:?}"), "Incoming(1 bytes)");
    });
}
