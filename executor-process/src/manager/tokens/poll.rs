//! Tokens that we look at, one after the other.

use crate::shared::courier::Courier;
use parking_lot::Mutex;
use rustix::event::{PollFd, PollFlags, poll};
use std::collections::BTreeMap;
use std::io;

#[derive(Debug)]
pub(in super::super) struct Tokens {
    list: Mutex<BTreeMap<u64, Courier>>,
    /// Tells whoever waits that there is another token.
    more: Courier,
    news: Courier,
}

impl Tokens {
    pub(in super::super) fn new() -> io::Result<Self> {
        let (more, news) = Courier::pair()?;
        Ok(Self { list: Mutex::default(), more, news })
    }

    /// From now on there is this token, under this number.
    #[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
    pub(in super::super) fn add(&self, number: u64, token: &Courier) -> io::Result<()> {
        self.list.lock().insert(number, token.clone());
        // If there is no room he has been told already.
        let _there_is_room = self.more.try_send(b".", &[]);
        Ok(())
    }

    /// From now on there is not.
    pub(in super::super) fn remove(&self, number: u64, _token: &Courier) {
        self.list.lock().remove(&number);
    }

    /// Waits until some are ready, and says which. It may also be for no reason, and none.
    pub(in super::super) fn wait(&self) -> Vec<u64> {
        let tokens: Vec<(u64, Courier)> = {
            let list = self.list.lock();
            list.iter().map(|(&number, token)| (number, token.clone())).collect()
        };
        let mut waiting = vec![PollFd::new(&self.news, PollFlags::IN)];
        waiting.extend(tokens.iter().map(|(_, token)| PollFd::new(token, PollFlags::IN)));
        if poll(&mut waiting, None).is_err() {
            return Vec::new(); // interrupted
        }
        let mut ready = waiting.iter().map(|token| !token.revents().is_empty());
        if ready.next() == Some(true) {
            while let Ok(Some(_another_token)) = self.news.try_receive(&mut [0]) {}
        }
        let numbers = tokens.iter().map(|&(number, _)| number);
        numbers.zip(ready).filter_map(|(number, is_ready)| is_ready.then_some(number)).collect()
    }
}
