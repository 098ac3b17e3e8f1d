//! A parent that says anything, and a child that answers anything.

#![expect(clippy::missing_panics_doc, reason = "to panic is how it says what it has found")]

use super::order::{Report, receive};
use crate::fuzzed::Input;
use crate::shared::courier::Courier;
use crate::transport::memory::MemoryFile;
use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;

/// What comes by the line, and what is in the memory that comes with it.
pub fn order(data: &[u8]) {
    let mut input = Input::new(data);
    let (ours, theirs) = Courier::pair().expect("two descriptors");
    if input.below(8) == 0 {
        let _too_long_perhaps = ours.try_send(&[input.byte()], &[]);
        let _full = ours.try_send(&[b"-", input.rest()].concat(), &[]);
        while Report::receive(&theirs).is_some() {}
        return;
    }
    let null = File::open("/dev/null").expect("it is always there");
    let (messages, extra) = (input.below(3), input.below(4));
    let len = input.below(40);
    let heading = [&[input.byte()], input.piece(len)].concat();
    let content = input.rest();
    let memory = MemoryFile::anonymous(content.len() as u64).expect("memory");
    memory.write_all_at(content, 0).expect("it is as long");
    let mut descriptors = vec![memory.as_fd()];
    descriptors.extend(vec![null.as_fd(); extra]);
    ours.try_send(&heading, &descriptors).expect("there is room");
    for _ in 0..messages {
        ours.try_send(b"+", &[null.as_fd()]).expect("there is room");
    }
    drop(ours); // so that nobody waits for more
    if let Ok(Some(received)) = receive(&theirs) {
        let _any = received.order.own.name.len() + received.order.parent.len();
        let _any = received.argument.decode::<(u8, String, Vec<u16>)>();
    }
}
