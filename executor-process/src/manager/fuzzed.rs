//! One side of a manager's connection that says anything.

#![expect(clippy::missing_panics_doc, reason = "to panic is how it says what it has found")]

use super::mailbox::{Address, Mailbox};
use crate::fuzzed::Input;
use executor_core::wire::{Attached, Incoming, OutcomeKind, decode_outcome};
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::net::{SendFlags, send};
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileExt;

/// A letter in memory that somebody has scribbled over, and what came through the socket.
pub fn letters(data: &[u8]) {
    let mut input = Input::new(data);
    let (mut caller, memory, theirs) = Mailbox::create().expect("memory and descriptors");
    let file = File::from(memory.as_fd().try_clone_to_owned().expect("a descriptor"));
    let address = Address { object: 1, function: 2, trampoline: 3 };
    // A proper one first, so that there is something to spoil, with a descriptor or without.
    let len = usize::from(input.short()) * 8;
    let beside = match input.below(3) {
        0 => crate::shared::descriptor::attached([long_one(&mut input)]),
        _ => Attached::none(),
    };
    caller.send(Some(address), 0, &vec![7; len], beside).expect("it has room");
    for _ in 0..input.below(12) {
        match input.below(8) {
            0 => {
                let len = 1 + input.below(20);
                let bytes = input.piece(len);
                let _full = send(&theirs, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL);
            }
            _ => {
                // The words of the turns, the kind, the length, the address; then the bytes.
                let offset = u64::from(input.byte() % 24) * 4;
                let value = input.number().to_ne_bytes();
                let width = if input.below(2) == 0 { 8 } else { 4 };
                file.write_all_at(&value[..width], offset).expect("within the memory");
            }
        }
    }
    if input.below(2) == 0 {
        // What the manager reads. The caller has ended, so nobody waits.
        let Ok(mut server) = Mailbox::open(OwnedFd::from(file), theirs) else { return };
        drop(caller);
        while input.below(4) > 0 {
            let Ok(letter) = server.receive() else { return };
            let _any = (server.address(), letter.kind, letter.bytes.len(), letter.attached.len());
        }
    } else {
        drop(theirs);
        let Ok(letter) = caller.receive() else { return };
        let kind = u8::try_from(letter.kind).ok().and_then(OutcomeKind::from_number);
        if let Some(kind) = kind {
            let incoming = Incoming::private(&letter.bytes);
            let _any = decode_outcome::<(u8, String)>(kind, incoming, letter.attached);
        }
    }
}

/// A file for a message that has no room in the memory, of any length.
fn long_one(input: &mut Input<'_>) -> OwnedFd {
    let file = memfd_create("fuzzed", MemfdFlags::empty()).expect("memory");
    let file = File::from(file);
    file.set_len(u64::from(input.short()) * 64).expect("no memory is needed yet");
    file.into()
}
