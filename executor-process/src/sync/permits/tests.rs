//! What the models do not reach: numbers that are used again, a full table.

use super::value::{SEQUENCE_SHIFT, SEQUENCES};
use super::*;

#[test]
fn numbers_come_again() {
    let permits = Permits::new(1, 1);
    permits.value.store((SEQUENCES - 2) << SEQUENCE_SHIFT | 1, SeqCst);
    let seat = permits.sit_down();
    for _ in 0..5 {
        assert!(permits.try_take(seat));
        assert_eq!((permits.free(), permits.held()), (0, 1));
        permits.give_back(seat.unwrap());
        assert_eq!((permits.free(), permits.held()), (1, 0));
    }
}

#[test]
fn a_number_in_the_seat_is_not_used() {
    for ahead in 1..4 {
        let permits = Permits::new(1, 1);
        let seat = permits.sit_down();
        // As if the last deed of this seat had been as many ago as there are numbers.
        permits.seats[0].held.store(ahead << 32, SeqCst);
        for _ in 0..5 {
            assert!(permits.try_take(seat));
            assert_eq!(permits.held(), 1);
            permits.give_back(seat.unwrap());
            assert_eq!(permits.held(), 0);
        }
    }
}

#[test]
fn a_silent_release_calls_nobody() {
    let permits = Permits::new(0, 9);
    assert!(!permits.take(None, || Waiting::at_most(std::time::Duration::from_millis(1))));
    assert!(Value(permits.value.load(SeqCst)).has_sleepers(), "he does not sign off");
    permits.give(1).unwrap();
    let counted = cfg!(any(target_os = "linux", target_os = "android"));
    assert_eq!(Value(permits.value.load(SeqCst)).has_sleepers(), !counted);
    assert!(permits.take(None, Waiting::forever));
}

/// They may be nonsense. The sum is more than 32 bits have room for.
#[test]
fn counts_of_any_size_have_a_sum() {
    let permits = Permits::new(1, 1);
    for seat in &permits.seats {
        seat.held.store(u64::MAX, SeqCst);
    }
    assert_eq!(permits.held(), SEATS as u64 * u64::from(u32::MAX));
}

#[test]
fn a_full_table() {
    let permits = Permits::new(1, 1);
    for seat in &permits.seats {
        seat.stamp.store(u64::from(std::process::id()) << 32, SeqCst); // some process that lives
    }
    assert_eq!(permits.sit_down(), None);
    assert!(permits.try_take(None));
}
