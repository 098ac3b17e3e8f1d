//! One side of a direction: what a [`Sender`](super::Sender) and a [`Receiver`](super::Receiver) are made
//! of.

use super::bell::{Cord, Owed, Sleepers, Taken, Vain};
use super::cord::SystemCord;
use crate::log::{AppendError, Log, TakeError};
use crate::shared::descriptor::{Descriptor, OwnedDescriptor};
use crate::shared::patience::Patience;
use crate::shared::waiting::Waiting;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// How many bytes may be unread before senders wait. While there are fewer, a message of any size goes in.
pub(super) const WINDOW: u64 = 1 << 20;

/// Senders that wait are told when so much is left, so that they do not wake up for every message.
const ROOM: u64 = WINDOW / 2;

/// What both sides have; clones of an end in this process share it.
#[derive(Debug)]
pub(super) struct Side {
    log: Log,
    cord: SystemCord,
    owed: Owed,
    patience: Patience,
}

/// Why [`Side::append`] has not appended a message.
#[derive(Debug)]
pub(super) enum NoAppend {
    /// There was no room until the time was over.
    Full,
    /// Nobody is left to receive.
    End,
    /// This message cannot be sent.
    Refused(io::Error),
    Failed(io::Error),
}

/// Why [`Side::take`] has not taken a message.
#[derive(Debug)]
pub(super) enum NoTake {
    /// There was none until the time was over.
    Empty,
    /// There is none, and nobody is left to send.
    End,
    /// There was one, but what travelled beside it did not arrive.
    Incomplete(io::Error),
    Failed(io::Error),
}

impl Side {
    /// Both sides of a new direction: that of the senders, and that of the receivers.
    pub(super) fn pair() -> io::Result<(Arc<Self>, Arc<Self>)> {
        let log = Log::new(None)?;
        let (senders, receivers) = SystemCord::pair()?;
        Ok((Self::with(log.clone(), senders), Self::with(log, receivers)))
    }

    fn with(log: Log, cord: SystemCord) -> Arc<Self> {
        Arc::new(Self { log, cord, owed: Owed::none(), patience: Patience::new() })
    }

    /// Those who sleep until there is a message.
    fn receivers(&self) -> Sleepers<'_> {
        Sleepers(&self.log.spare()[0])
    }

    /// Those who sleep until there is room.
    fn senders(&self) -> Sleepers<'_> {
        Sleepers(&self.log.spare()[1])
    }

    /// Sends a message, and waits for room.
    pub(super) fn append(
        &self,
        bytes: &[u8],
        descriptors: &[Descriptor],
        waiting: &mut Waiting,
    ) -> Result<(), NoAppend> {
        // Somebody who was killed has left no word in memory.
        if self.cord.has_ended() {
            return Err(self.end());
        }
        let offer = || self.offer(bytes, descriptors);
        if let Some(done) = offer() {
            return done;
        }
        if waiting.left() != Some(Duration::ZERO)
            && self.patience.look(|| self.has_room())
            && let Some(done) = offer()
        {
            return done;
        }
        match self.senders().sleep(&self.cord, &self.owed, waiting, offer) {
            Ok(done) => done,
            Err(Vain::TimedOut) => Err(NoAppend::Full),
            Err(Vain::End) => Err(self.end()),
        }
    }

    /// Nobody will receive what is left, so it is thrown away, and the handles in it with it.
    #[cold]
    fn end(&self) -> NoAppend {
        let mut buffer = Vec::new();
        while matches!(self.log.try_take(&mut buffer), Ok(_) | Err(TakeError::Incomplete(_))) {}
        NoAppend::End
    }

    /// Sends a message if there is room; `None` if there is none.
    fn offer(&self, bytes: &[u8], descriptors: &[Descriptor]) -> Option<Result<(), NoAppend>> {
        if !self.has_room() {
            return None;
        }
        match self.log.try_append(bytes, descriptors) {
            Ok(()) => {
                self.receivers().ring_one(&self.cord);
                Some(Ok(()))
            }
            // Too many descriptors on their way.
            Err(AppendError::Full) => None,
            Err(AppendError::Refused(error)) => Some(Err(NoAppend::Refused(error))),
            Err(AppendError::Broken(error)) => Some(Err(NoAppend::Failed(error))),
            Err(AppendError::Closed) => Some(Err(NoAppend::End)), // nobody does that to a pipe
        }
    }

    fn has_room(&self) -> bool {
        self.log.unread() < WINDOW
    }

    /// Receives a message, and waits for it.
    pub(super) fn take(
        &self,
        buffer: &mut Vec<u8>,
        waiting: impl FnOnce() -> Waiting,
    ) -> Result<Vec<OwnedDescriptor>, NoTake> {
        let mut get = || self.get(buffer);
        if let Some(done) = get() {
            return done;
        }
        let mut waiting = waiting();
        if waiting.left() != Some(Duration::ZERO)
            && self.patience.look(|| self.has_message())
            && let Some(done) = get()
        {
            return done;
        }
        match self.receivers().sleep(&self.cord, &self.owed, &mut waiting, get) {
            Ok(done) => done,
            Err(Vain::TimedOut) => Err(NoTake::Empty),
            Err(Vain::End) => Err(NoTake::End),
        }
    }

    /// Receives a message if there is one, and tells whether there will be another.
    pub(super) fn try_take(&self, buffer: &mut Vec<u8>) -> Result<Vec<OwnedDescriptor>, NoTake> {
        if let Some(done) = self.get(buffer) {
            return done;
        }
        if !self.cord.has_ended() {
            return Err(NoTake::Empty);
        }
        // Something may have been sent between the two looks.
        self.get(buffer).unwrap_or(Err(NoTake::End))
    }

    /// Receives a message if there is one; `None` if there is none.
    fn get(&self, buffer: &mut Vec<u8>) -> Option<Result<Vec<OwnedDescriptor>, NoTake>> {
        let taken = match self.log.try_take(buffer) {
            Ok(descriptors) => Ok(descriptors),
            Err(TakeError::Empty) => return None,
            Err(TakeError::Closed) => Err(NoTake::End), // nobody does that to a pipe
            Err(TakeError::Incomplete(error)) => Err(NoTake::Incomplete(error)),
            Err(TakeError::Broken(error)) => Err(NoTake::Failed(error)),
        };
        if self.log.unread() <= ROOM {
            self.senders().ring_all(&self.cord);
        }
        Some(taken)
    }

    /// Waits until there is a message, or the end of them.
    pub(super) fn poll(&self, waiting: impl FnOnce() -> Waiting) -> bool {
        if self.has_message() {
            return true;
        }
        let mut waiting = waiting();
        if waiting.left() == Some(Duration::ZERO) {
            return self.has_ended() || self.has_message();
        }
        if self.patience.look(|| self.has_message()) {
            return true;
        }
        let look = || self.has_message().then_some(());
        let slept = self.receivers().sleep(&self.cord, &self.owed, &mut waiting, look);
        slept != Err(Vain::TimedOut)
    }

    /// Whether there is a message. No system call.
    pub(super) fn has_message(&self) -> bool {
        !self.log.is_empty()
    }

    /// Whether the other side is gone. One system call.
    pub(super) fn has_ended(&self) -> bool {
        self.cord.has_ended()
    }

    /// For whoever waits for several receivers at once, and sleeps on all of their cords: before that.
    pub(super) fn lie_down(&self) {
        self.owed.collect(&self.cord);
        self.receivers().lie_down();
    }

    /// The same: after that.
    pub(super) fn get_up(&self) {
        self.receivers().get_up(&self.cord, &self.owed);
    }

    /// The same: after a bell that has been in vain. Lies down anew.
    pub(super) fn turn_over(&self) {
        if self.cord.take() == Taken::Bell {
            self.receivers().lie_down();
        }
    }

    /// What to sleep on.
    pub(super) fn cord(&self) -> &SystemCord {
        &self.cord
    }
}

impl Serialize for Side {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.log, &self.cord).serialize(serializer)
    }
}

/// The side as this process has it from now on.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Arc<Side>, D::Error> {
    let (log, cord) = Deserialize::deserialize(deserializer)?;
    Ok(Side::with(log, cord))
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::sync::Barrier;
    use std::sync::atomic::Ordering::SeqCst;
    use std::thread;

    /// How many bells are in a cord that nobody took although they were not owed to anybody.
    fn stale(side: &Side) -> usize {
        side.owed.collect(&side.cord);
        std::iter::from_fn(|| (side.cord.take() == Taken::Bell).then_some(())).count()
    }

    /// Whoever gets up by himself takes the bell that comes for him, now or later: with both sides sleeping
    /// and waking as they like, nothing is left in the end.
    #[test]
    fn bells_do_not_pile_up() {
        const EACH: u64 = 20_000;
        let (sender, receiver) = Side::pair().unwrap();
        let begin = Barrier::new(5);
        thread::scope(|scope| {
            for number in 0..2 {
                let (sender, begin) = (&sender, &begin);
                scope.spawn(move || {
                    let message = vec![0; 3000 * (number + 1)];
                    begin.wait();
                    for n in 0..EACH {
                        sender.append(&message, &[], &mut Waiting::forever()).unwrap();
                        if n % 50 == 0 {
                            thread::sleep(Duration::from_micros(n % 300));
                        }
                    }
                });
            }
            for limit in [None, Some(Duration::from_micros(30))] {
                let (receiver, begin) = (&receiver, &begin);
                let mut buffer = Vec::new();
                scope.spawn(move || {
                    begin.wait();
                    for _ in 0..EACH {
                        // The impatient one gives up again and again.
                        while receiver.take(&mut buffer, || Waiting::limited(limit)).is_err() {}
                    }
                });
            }
            begin.wait();
        });
        assert!(sender.log.is_empty());
        let asleep = sender.log.spare().each_ref().map(|word| word.load(SeqCst));
        assert_eq!(asleep, [0, 0]);
        assert_eq!((stale(&receiver), stale(&sender)), (0, 0));
    }
}
