//! What is said when a process begins, and what travels beside values.

use super::Input;
use crate::bootstrap::ticket::Role;
use crate::shared::courier::Courier;
use crate::shared::descriptor::descriptors_of;
use crate::transport::beside::{Arrivals, FIRST};
use crate::transport::channel::{MAX_LEN, Receiver};
use crate::transport::message::{ToPool, ToWorker};
use std::ffi::OsStr;
use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;

/// What the pool, and a worker, receive.
pub fn greeting(data: &[u8]) {
    let mut input = Input::new(data);
    let kind = input.below(3);
    let bytes = input.rest();
    if bytes.is_empty() {
        return; // that would be the end
    }
    let (here, there) = Courier::pair().expect("two descriptors");
    let len = bytes.len().min(MAX_LEN + 1);
    here.try_send(&bytes[..len], &[]).expect("there is room for one");
    match kind {
        0 => drop(Receiver::<ToWorker>::from(there).recv()),
        _ => drop(Receiver::<ToPool>::from(there).recv()),
    }
}

/// What a process finds in its environment.
pub fn roles(data: &[u8]) {
    let Some(role) = Role::from_variable(&OsStr::from_bytes(data).to_owned()) else { return };
    let variable = match &role {
        Role::Worker(ticket) => ticket.to_variable(),
        Role::Process(summons) => summons.to_variable(),
    };
    assert_eq!(Role::from_variable(&variable.into()), Some(role));
}

/// Messages on the line to a worker, and outcomes that say that something came along.
pub fn beside(data: &[u8]) {
    let mut input = Input::new(data);
    let (here, there) = Courier::pair().expect("two descriptors");
    let null = File::open("/dev/null").expect("it is always there");
    for _ in 0..input.below(8) {
        let count = input.below(4);
        let descriptors = vec![null.as_fd(); count];
        // Mostly a number and a count; a message of nothing would be the end.
        let len = 1 + input.below(12);
        let mut bytes = input.piece(len).to_vec();
        bytes.resize(len, 0);
        here.try_send(&bytes, &descriptors).expect("there is room for as many");
    }
    if input.below(2) == 1 {
        drop(here);
    }
    let mut arrivals = Arrivals::default();
    let mut next = FIRST;
    for _ in 0..input.below(8) {
        match input.below(3) {
            0 => arrivals.drop_before(&there, next),
            1 => next = input.number() as u32,
            _ => {
                if let Ok(attached) = arrivals.take(&there, next) {
                    descriptors_of(attached).expect("they are descriptors");
                }
                next = next.wrapping_add(1);
            }
        }
    }
}
