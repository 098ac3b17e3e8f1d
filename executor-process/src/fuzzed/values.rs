//! Encoded values.

use super::Input;
use crate::shared::descriptor::{Descriptor, attached};
use executor_core::wire::{
    Attached, Incoming, OutcomeKind, decode, decode_outcome, decode_owned, encode, write_to,
};
use executor_core::{CodecError, Portable, TaskError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::time::Duration;

/// A type with a bit of everything in it.
#[derive(Debug, Serialize, Deserialize)]
enum Mixture {
    Nothing,
    Numbers(u8, i16, u32, i64, u128),
    Text { text: String, letter: char, bytes: Vec<u8> },
    Some(Option<Box<Mixture>>),
    Many(Vec<Mixture>),
    Table(BTreeMap<String, (bool, f32)>),
    Result(Result<f64, String>),
    Time(Duration),
    Handle(Descriptor),
}

/// Calls the function for a type that the input names.
macro_rules! for_some_type {
    ($input:ident, $function:ident($($argument:expr),*)) => {
        for_some_type!(@ $input, $function, ($($argument),*):
            [0 ()] [1 u8] [2 u64] [3 i128] [4 char] [5 String] [6 Vec<u8>] [7 Vec<u64>] [8 Vec<f32>]
            [9 Vec<u128>] [10 Vec<String>] [11 Option<Vec<bool>>] [12 (u8, String, Vec<i16>)]
            [13 BTreeMap<u16, Vec<u8>>] [14 Mixture] [15 Vec<Mixture>] [16 Descriptor])
    };
    (@ $input:ident, $function:ident, $arguments:tt: $([$number:literal $type:ty])*) => {
        match $input.below(17) {
            $($number => for_some_type!(@call $function, $type, $arguments),)*
            _ => unreachable!("as many as that"),
        }
    };
    (@call $function:ident, $type:ty, ($($argument:expr),*)) => { $function::<$type>($($argument),*) };
}

/// The descriptors that came with a value.
fn beside(count: usize) -> Attached {
    let null = || OwnedFd::from(File::open("/dev/null").expect("it is always there"));
    attached((0..count).map(|_| null()))
}

fn encoded<T: Portable>(value: &T) -> (Vec<u8>, Attached) {
    let mut bytes = Vec::new();
    let beside = write_to(&mut bytes, |output| encode(value, output)).expect("it was decoded");
    (bytes, beside)
}

/// A value of some type, private or in memory that others can write.
pub fn values(data: &[u8]) {
    let mut input = Input::new(data);
    let count = input.below(4);
    let is_shared = input.below(2) == 1;
    for_some_type!(input, value(input.rest(), count, is_shared));
}

fn value<T: Portable>(bytes: &[u8], count: usize, is_shared: bool) {
    let incoming = match is_shared {
        // SAFETY: so many bytes are there, and stay.
        true => unsafe { Incoming::shared(bytes.as_ptr(), bytes.len()) },
        false => Incoming::private(bytes),
    };
    let decoded = decode::<T>(incoming, beside(count));
    let owned = decode_owned::<T>(&mut bytes.to_vec(), beside(count));
    let again = |result: Result<T, CodecError>| result.map(|value| encoded(&value));
    match (again(decoded), again(owned)) {
        (Ok((bytes, beside)), Ok((same, _))) => {
            assert_eq!(bytes, same, "both ways of decoding are the same");
            let once_more = decode::<T>(Incoming::private(&bytes), beside);
            let (stable, _) = encoded(&once_more.expect("what was encoded decodes"));
            assert_eq!(bytes, stable, "and comes back as it was");
        }
        (Err(one), Err(other)) => assert_eq!(one.to_string(), other.to_string()),
        (one, other) => panic!("{one:?} is not {other:?}"),
    }
}

/// What came of a task.
pub fn outcomes(data: &[u8]) {
    let mut input = Input::new(data);
    let count = input.below(4);
    let Some(kind) = OutcomeKind::from_number(input.byte() % 5) else { return };
    for_some_type!(input, outcome(kind, input.rest(), count));
}

fn outcome<T: Portable>(kind: OutcomeKind, bytes: &[u8], count: usize) {
    // SAFETY: so many bytes are there, and stay.
    let incoming = unsafe { Incoming::shared(bytes.as_ptr(), bytes.len()) };
    match decode_outcome::<T>(kind, incoming, beside(count)) {
        Ok(value) => {
            assert_eq!(kind, OutcomeKind::Value);
            drop(encoded(&value));
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            if let TaskError::Panicked(report) = &error {
                assert_eq!(kind, OutcomeKind::Panicked);
                // It travels on, should the task have been that of a worker's own pool.
                let (bytes, _) = encoded(report);
                let again = decode_outcome::<T>(kind, Incoming::private(&bytes), Attached::none());
                assert_eq!(again.err().map(|error| error.to_string()), Some(error.to_string()));
            }
        }
    }
}
