//! Where encoded values are written to.

use crate::support::guarded;
use crate::support::leak::keep;
use crate::tray::Tray;
use concurrent_futures::wire::{NoRoom, Output, Room, Storage, write_to};
use concurrent_futures::{Executor, Portable, Task, TaskError};
use std::ptr::NonNull;

/// Gives no more than what is needed, somewhere else each time, and spoils what it gave before.
#[derive(Default)]
struct Moving {
    current: Vec<u8>,
    limit: Option<usize>,
    moves: usize,
}

impl Moving {
    fn with_limit(limit: usize) -> Self {
        Self { limit: Some(limit), ..Self::default() }
    }
}

// SAFETY: the room is a vector of its own, which is neither touched nor freed before the next call.
unsafe impl Storage for Moving {
    fn grow(&mut self, used: usize, needed: usize) -> Result<Room, NoRoom> {
        if self.limit.is_some_and(|limit| needed > limit) {
            return Err(NoRoom(format!("there is no room for {needed} bytes in the drawer")));
        }
        let mut new = vec![0xEE; needed];
        new[..used].copy_from_slice(&self.current[..used]);
        self.current = new;
        self.moves += 1;
        let start = NonNull::new(self.current.as_mut_ptr()).unwrap();
        Ok(Room { start, capacity: needed })
    }
}

/// Why a task could not be encoded into a drawer of this size, according to its future.
fn refused<A: Portable>(argument: A, limit: usize) -> Option<String> {
    let mut storage = Moving::with_limit(limit);
    let (task, future) = Task::portable(|argument: A| drop(argument), argument);
    let result = task.encode(&mut Output::new(&mut storage));
    let Err(error) = result else { return None };
    assert_eq!(future.result(), Err(error.clone()));
    let TaskError::Codec(cause) = error else { panic!("{error}") };
    assert_eq!(cause.operation(), "encode the argument");
    Some(cause.reason().to_owned())
}

/// SUB-03: a storage that refuses fails that task's future, with its own words.
#[test]
fn no_room_is_an_error() {
    guarded("no_room_is_an_error", || {
        let message = |needed| Some(format!("there is no room for {needed} bytes in the drawer"));
        assert_eq!(refused(vec![1_u8; 100], 99), message(100));
        assert_eq!(refused(vec![1_u8; 100], 100), None);
        assert_eq!(refused("x".repeat(7), 6), message(7));
        assert_eq!(refused((1_u8, "text".to_owned()), 5), message(6));
        assert_eq!(refused((1_u8, "text".to_owned()), 6), None);
        assert_eq!(refused(true, 0), message(1));
        assert_eq!(refused((), 0), None);
    });
}

/// SUB-03, MAP-05: so does one that refuses a batch of a map: each item says why.
#[test]
fn no_room_for_a_batch() {
    guarded("no_room_for_a_batch", || {
        let tray = Tray::new();
        let map = tray.map(|n: u8| n, [1, 2]).unwrap();
        let task = tray.take().pop().unwrap();
        let error = task.encode(&mut Output::new(&mut Moving::with_limit(9))).unwrap_err();
        assert!(error.to_string().contains("no room for 10 bytes in the drawer"), "{error}");
        assert_eq!(map.collect::<Vec<_>>(), [Err(error.clone()), Err(error)]);
    });
}

/// A storage that panics.
struct Broken;

// SAFETY: it never gives any room.
unsafe impl Storage for Broken {
    fn grow(&mut self, _used: usize, _needed: usize) -> Result<Room, NoRoom> {
        panic!("the drawer is stuck")
    }
}

/// SUB-03: so does one that panics.
#[test]
fn a_panicking_storage_is_an_error() {
    guarded("a_panicking_storage_is_an_error", || {
        let (task, future) = Task::portable(|n: u8| n, 1);
        assert!(task.encode(&mut Output::new(&mut Broken)).is_err());
        let message = future.result().unwrap_err().to_string();
        assert!(message.ends_with("the drawer is stuck"), "{message}");
        let tray = Tray::new();
        let mut map = tray.map(|n: u8| n, [1]).unwrap();
        let task = tray.take().pop().unwrap();
        assert!(task.encode(&mut Output::new(&mut Broken)).is_err());
        let message = map.next().unwrap().unwrap_err().to_string();
        assert!(message.ends_with("the drawer is stuck"), "{message}");
    });
}

/// What was written is there, however often it was moved, and nothing that was taken back.
#[test]
fn written_bytes_stay() {
    guarded("written_bytes_stay", || {
        let mut storage = Moving::default();
        let mut output = Output::new(&mut storage);
        assert!(output.is_empty());
        output.extend(&[]).unwrap();
        output.push(1).unwrap();
        output.extend(&[2, 3, 4]).unwrap();
        output.truncate(9);
        assert_eq!(output.len(), 4);
        output.truncate(2);
        output.extend(&[5; 1000]).unwrap();
        output.push(6).unwrap();
        assert_eq!(output.len(), 1003);
        assert!(format!("{output:?}").contains("len: 1003"));
        assert_eq!(storage.current[..3], [1, 2, 5]);
        assert_eq!(storage.current[1001..], [5, 6]);
        assert_eq!(storage.moves, 4);
    });
}

/// A refusal changes nothing: there is still room for less.
#[test]
fn a_refusal_changes_nothing() {
    guarded("a_refusal_changes_nothing", || {
        let mut storage = Moving::with_limit(4);
        let mut output = Output::new(&mut storage);
        output.extend(&[1, 2, 3]).unwrap();
        let refusal = output.extend(&[4, 5]).unwrap_err();
        assert_eq!(refusal, NoRoom("there is no room for 5 bytes in the drawer".to_owned()));
        assert_eq!(output.len(), 3);
        output.push(4).unwrap();
        assert!(output.push(5).is_err());
        assert_eq!(storage.current, [1, 2, 3, 4]);
    });
}

/// A vector is appended to, and is as before if that fails.
#[test]
fn vectors_are_appended_to() {
    guarded("vectors_are_appended_to", || {
        let mut vector = vec![1, 2];
        write_to(&mut vector, |output| output.extend(&[3; 100])).unwrap();
        assert_eq!((vector.len(), vector[1], vector[101]), (102, 2, 3));
        vector.truncate(2);
        let failed: Result<(), &str> = write_to(&mut vector, |output| {
            output.extend(&[3; 5000]).unwrap();
            Err("on purpose")
        });
        assert_eq!((failed, &vector[..]), (Err("on purpose"), &[1, 2][..]));
        write_to(&mut vector, |_| Ok::<_, NoRoom>(())).unwrap();
        assert_eq!(vector, [1, 2]);
    });
}

/// What another output holds is never taken for what was written to the vector.
#[test]
#[should_panic(expected = "the output is still the one that `f` was given")]
fn outputs_are_not_exchanged() {
    guarded("outputs_are_not_exchanged", || {
        let other: &'static mut Moving = Box::leak(Box::default());
        keep(std::ptr::from_mut(other).expose_provenance());
        let _never = write_to(&mut Vec::new(), |output| {
            *output = Output::new(other);
            output.extend(&[1; 100])
        });
    });
}
