//! A pipe.

use super::super::sentinel::{Sentinel, timespec};
use crate::bootstrap::line;
use rustix::event::{PollFd, PollFlags, poll};
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::time::Duration;

/// Wakes whoever has the ear.
#[derive(Debug)]
pub(in super::super) struct Bell(PipeWriter);

#[derive(Debug)]
pub(in super::super) struct Ear(PipeReader);

pub(in super::super) fn pair() -> io::Result<(Ear, Bell)> {
    let (reader, writer) = line::pipe()?;
    Ok((Ear(reader), Bell(writer)))
}

impl Bell {
    pub(in super::super) fn ring(&self) -> io::Result<()> {
        (&self.0).write_all(b".")
    }
}

impl Ear {
    /// Waits until somebody rings, or one of these processes has ended, at most so long. Says which of them are
    /// ready.
    ///
    /// # Errors
    ///
    /// It was interrupted, or there is no memory.
    pub(in super::super) fn wait(
        &self,
        sentinels: &[&Sentinel],
        limit: Option<Duration>,
    ) -> io::Result<Vec<bool>> {
        let mut list = vec![PollFd::new(&self.0, PollFlags::IN)];
        list.extend(sentinels.iter().map(|sentinel| PollFd::new(sentinel, PollFlags::IN)));
        poll(&mut list, limit.map(timespec).as_ref())?;
        let mut ready = list.iter().map(|entry| !entry.revents().is_empty());
        if ready.next() == Some(true) {
            let _as_many_as_there_are = (&self.0).read(&mut [0; 64]);
        }
        Ok(ready.collect())
    }
}
