//! Tokens that the kernel looks at.

use crate::shared::courier::Courier;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;

#[derive(Debug)]
pub(in super::super) struct Tokens(OwnedFd);

impl Tokens {
    pub(in super::super) fn new() -> io::Result<Self> {
        Ok(Self(epoll::create(CreateFlags::CLOEXEC)?))
    }

    /// From now on there is this token, under this number.
    pub(in super::super) fn add(&self, number: u64, token: &Courier) -> io::Result<()> {
        Ok(epoll::add(&self.0, token, EventData::new_u64(number), EventFlags::IN)?)
    }

    /// From now on there is not.
    pub(in super::super) fn remove(&self, _number: u64, token: &Courier) {
        let _it_was_there = epoll::delete(&self.0, token);
    }

    /// Waits until some are ready, and says which. It may also be for no reason, and none.
    pub(in super::super) fn wait(&self) -> Vec<u64> {
        const AT_ONCE: usize = 64;

        let mut events = [MaybeUninit::<Event>::uninit(); AT_ONCE];
        match epoll::wait(&self.0, &mut events[..], None) {
            Ok((events, _)) => events.iter().map(|event| event.data.u64()).collect(),
            Err(_interrupted) => Vec::new(),
        }
    }
}
