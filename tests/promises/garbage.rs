//! Bytes from a process that has gone wild.

use crate::support::guarded;
use crate::support::parcel::{Letter, Parcel, reply};
use concurrent_futures::wire::{Attached, Incoming, OutcomeKind};
use concurrent_futures::{Portable, PortableError, Task, TaskError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many inputs each type gets.
const ROUNDS: u32 = 10_000;

/// Marsaglia's xorshift: the same bytes in every run.
struct Xorshift(u64);

impl Xorshift {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Up to 40 bytes. Many are small numbers, which mean more to a decoder than others.
    fn bytes(&mut self) -> Vec<u8> {
        let len = self.next() % 41;
        (0..len)
            .map(|_| match self.next() {
                random if random % 3 == 0 => (random >> 8) as u8,
                random => (random >> 8) as u8 % 8,
            })
            .collect()
    }
}

#[derive(Clone, Serialize, Deserialize)]
enum Shape {
    Point,
    Circle { radius: f64 },
    Polygon(Vec<(i32, i32)>),
    Group(Box<Shape>, Option<char>),
}

/// Sends garbage both ways.
fn bombard<T: Portable + Clone>(value: &T, random: &mut Xorshift) {
    for _ in 0..ROUNDS {
        let (task, future) = Task::portable(|value: T| value, value.clone());
        let Ok(Parcel::Letter(Letter { call, remote, .. })) = Parcel::pack(task) else {
            panic!("it does not encode");
        };
        let bytes = random.bytes();
        let kind = OutcomeKind::from_number((random.next() % 4) as u8).unwrap();
        let is_value = remote.complete(kind, Incoming::private(&bytes), Attached::none());
        match (kind, future.result().map(drop)) {
            (OutcomeKind::Value, Ok(())) => assert!(is_value),
            (OutcomeKind::Panicked, Err(TaskError::Panicked(_)))
            | (_, Err(TaskError::Codec(_))) => assert!(!is_value),
            (kind, outcome) => panic!("{kind:?} became {outcome:?}"),
        }
        let answer = reply(call, &bytes, Attached::none());
        assert!(matches!(answer.kind, OutcomeKind::Value | OutcomeKind::Argument));
    }
}

/// SUB-03: whatever they are, they become a value or an error of that task, and never a panic.
#[test]
fn any_bytes_are_a_value_or_an_error() {
    guarded("any_bytes_are_a_value_or_an_error", || {
        let random = &mut Xorshift(0x9E37_79B9_7F4A_7C15);
        bombard(&7_u32, random);
        bombard(&(true, 'x'), random);
        bombard(&-1_i128, random);
        bombard(&"text".to_owned(), random);
        bombard(&vec![1_u8], random);
        bombard(&vec![1.5_f64], random);
        bombard(&(1_u8, "text".to_owned(), vec![Some(2_i16)]), random);
        bombard(&BTreeMap::from([("a".to_owned(), 1_u16)]), random);
        bombard(&Err::<u8, _>(PortableError::msg("no")), random);
        bombard(&std::time::Duration::from_millis(3), random);
    });
}

/// SUB-03: the same for types of the user's own.
#[test]
fn any_bytes_are_a_shape_or_an_error() {
    guarded("any_bytes_are_a_shape_or_an_error", || {
        let random = &mut Xorshift(0x2545_F491_4F6C_DD1D);
        bombard(&Shape::Group(Box::new(Shape::Point), None), random);
        bombard(&[Shape::Polygon(vec![(1, 2)]), Shape::Circle { radius: 1.0 }], random);
    });
}

/// Numbers that come from another process are a kind of outcome, or none.
#[test]
fn kinds_have_numbers() {
    guarded("kinds_have_numbers", || {
        for number in 0..=u8::MAX {
            match OutcomeKind::from_number(number) {
                Some(kind) => assert_eq!(kind as u8, number),
                None => assert!(number > OutcomeKind::Result as u8),
            }
        }
    });
}
