//! No permit is lost or made, whoever dies, and nobody sleeps while there is one for him.

use super::world::{self, LIVES, process};
use super::{explore, explore_deaths};
use crate::shared::waiting::Waiting;
use crate::sync::permits::Permits;
use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;
use std::time::Duration;

fn shared(free: usize, bound: usize) -> Arc<Permits> {
    Arc::new(Permits::new(free, bound))
}

/// A process that takes a permit for itself and gives it back, until it dies. Says whether it has.
fn holder(number: u64, steps: usize, permits: &Arc<Permits>) -> thread::JoinHandle<bool> {
    let permits = Arc::clone(permits);
    let hold = move || {
        let seat = permits.sit_down();
        assert!(permits.take(seat, Waiting::forever));
        permits.give_back(seat.expect("there are enough"));
    };
    thread::spawn(move || process(number, steps, hold).is_none())
}

/// A process that takes one that will be nobody's.
fn taker(number: u64, permits: &Arc<Permits>) -> thread::JoinHandle<bool> {
    let permits = Arc::clone(permits);
    let take = move || permits.take(None, Waiting::forever);
    thread::spawn(move || process(number, LIVES, take).expect("it lives"))
}

#[test]
fn as_many_as_there_are() {
    explore("as_many_as_there_are", || {
        let permits = shared(1, 1);
        let inside = Arc::new(UnsafeCell::new(()));
        let visit = |permits: &Permits, inside: &UnsafeCell<()>| {
            assert!(permits.take(None, Waiting::forever));
            inside.with_mut(|_| world::step());
            permits.give(1).unwrap();
        };
        let other = {
            let (permits, inside) = (Arc::clone(&permits), Arc::clone(&inside));
            thread::spawn(move || process(2, LIVES, || visit(&permits, &inside)))
        };
        visit(&permits, &inside);
        other.join().unwrap();
        assert_eq!(permits.free(), 1);
        assert!(permits.give(1).is_err());
    });
}

#[test]
fn two_are_given_at_once() {
    explore("two_are_given_at_once", || {
        let permits = shared(0, 9);
        let takers = [2, 3].map(|number| taker(number, &permits));
        permits.give(2).unwrap();
        for taker in takers {
            assert!(taker.join().unwrap());
        }
        assert_eq!(permits.free(), 0);
    });
}

#[test]
fn two_are_given_one_by_one() {
    explore("two_are_given_one_by_one", || {
        let permits = shared(0, 9);
        let takers = [2, 3].map(|number| taker(number, &permits));
        permits.give(1).unwrap();
        permits.give(1).unwrap();
        for taker in takers {
            assert!(taker.join().unwrap());
        }
        assert_eq!(permits.free(), 0);
    });
}

#[test]
fn two_hold_in_turn() {
    explore("two_hold_in_turn", || {
        let permits = shared(1, 1);
        let others = [2, 3].map(|number| holder(number, LIVES, &permits));
        for other in others {
            assert!(!other.join().unwrap());
        }
        assert_eq!((permits.free(), permits.held()), (1, 0));
    });
}

#[test]
fn entered_late() {
    explore("entered_late", || {
        let permits = shared(1, 9);
        let other = holder(2, LIVES, &permits);
        // May find a deed that is not entered, and be held up.
        let helper = {
            let permits = Arc::clone(&permits);
            thread::spawn(move || process(3, LIVES, || permits.give(1)))
        };
        other.join().unwrap();
        permits.give(1).unwrap();
        helper.join().unwrap();
        assert_eq!((permits.free(), permits.held()), (3, 0));
    });
}

#[test]
fn a_permit_of_the_dead_comes_back() {
    explore_deaths("a_permit_of_the_dead_comes_back", 26, |steps| {
        let permits = shared(1, 1);
        let victim = holder(2, steps, &permits);
        let other = holder(3, LIVES, &permits);
        let died = victim.join().unwrap();
        assert!(!other.join().unwrap());
        permits.return_from_dead();
        assert_eq!((permits.free(), permits.held()), (1, 0), "died: {died}");
    });
}

#[test]
fn two_find_the_dead() {
    explore_deaths("two_find_the_dead", 18, |steps| {
        let permits = shared(2, 9);
        let victim = holder(2, steps, &permits);
        victim.join().unwrap();
        let other = {
            let permits = Arc::clone(&permits);
            thread::spawn(move || process(3, LIVES, || permits.return_from_dead()))
        };
        permits.return_from_dead();
        other.join().unwrap();
        assert_eq!((permits.free(), permits.held()), (2, 0));
    });
}

#[test]
fn who_finds_the_dead_dies() {
    explore_deaths("who_finds_the_dead_dies", 18, |steps| {
        let permits = shared(1, 9);
        let dead = {
            let permits = Arc::clone(&permits);
            thread::spawn(move || {
                process(2, LIVES, || permits.take(permits.sit_down(), Waiting::forever));
                process(2, 0, world::step)
            })
        };
        dead.join().unwrap();
        let finder = {
            let permits = Arc::clone(&permits);
            thread::spawn(move || process(3, steps, || permits.return_from_dead()))
        };
        assert!(permits.take(None, Waiting::forever));
        finder.join().unwrap();
        assert_eq!((permits.free(), permits.held()), (0, 0));
    });
}

#[test]
fn the_seat_of_the_dead_is_taken() {
    explore_deaths("the_seat_of_the_dead_is_taken", 20, |steps| {
        let permits = shared(3, 9);
        for number in [2, 3, 4] {
            let permits = Arc::clone(&permits);
            let hold = move || permits.take(permits.sit_down(), Waiting::forever);
            let dies = move || {
                process(number, LIVES, hold);
                process(number, 0, world::step)
            };
            thread::spawn(dies).join().unwrap();
        }
        let victim = {
            let permits = Arc::clone(&permits);
            thread::spawn(move || process(5, steps, || permits.sit_down()))
        };
        let seat = permits.sit_down();
        let other = victim.join().unwrap();
        assert_ne!(seat, None);
        assert_ne!(Some(seat), other);
        assert!(permits.take(seat, Waiting::forever));
        assert_eq!((permits.free(), permits.held()), (2, 1));
    });
}

#[test]
fn who_gives_up_forgets_nobody() {
    explore("permits: who_gives_up_forgets_nobody", || {
        let permits = shared(0, 9);
        let patient = taker(2, &permits);
        let impatient = {
            let permits = Arc::clone(&permits);
            let take = move || permits.take(None, || Waiting::at_most(Duration::from_secs(9)));
            thread::spawn(move || process(3, LIVES, take).expect("it lives"))
        };
        world::grow_late();
        permits.give(1).unwrap();
        if impatient.join().unwrap() {
            permits.give(1).unwrap();
        }
        assert!(patient.join().unwrap());
        assert_eq!(permits.free(), 0);
    });
}
