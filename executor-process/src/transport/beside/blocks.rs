//! Blocks of shared memory beside values, in messages through the ipc-channels.

use super::{Refusal, is_before};
use executor_core::wire::{Attached, Attachment};
use ipc_channel::ipc::{IpcSender, IpcSharedMemory};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// How many can be in one value: a message can carry so many.
const MAX_BLOCKS: usize = 48;

/// A block of shared memory, which is duplicated only when it is sent.
#[derive(Clone, Debug)]
pub(crate) struct Block(Arc<IpcSharedMemory>);

impl Serialize for Block {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Block {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IpcSharedMemory::deserialize(deserializer).map(|block| Self(Arc::new(block)))
    }
}

/// The message.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Attachments {
    number: u32,
    blocks: Vec<Block>,
}

/// The blocks of one value.
#[derive(Clone, Debug, Default)]
pub(crate) struct Beside(Vec<Block>);

impl Beside {
    /// What a value was found to have when it was encoded, or why that cannot be sent.
    pub(crate) fn of(attached: Attached) -> Result<Self, String> {
        if attached.len() > MAX_BLOCKS {
            let count = attached.len();
            return Err(format!("{count} shared buffers in one value are more than {MAX_BLOCKS}"));
        }
        let list = attached.into_vec().into_iter();
        list.map(|attachment| match attachment.downcast::<IpcSharedMemory>() {
            Ok(block) => Ok(Block(block)),
            Err(_) => Err("it has an attachment that a process pool cannot send".to_owned()),
        })
        .collect::<Result<_, _>>()
        .map(Self)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> u16 {
        self.0.len() as u16 // `of` sees to that
    }

    /// Whether somebody may be waiting for the last of them to be closed: they are memory.
    pub(crate) fn has_ends(&self) -> bool {
        false
    }

    /// Sends them as message `number`.
    pub(crate) fn send<M>(&self, channel: &IpcSender<M>, number: u32) -> Result<(), Refusal>
    where
        M: From<Attachments> + Serialize,
    {
        let message = Attachments { number, blocks: self.0.clone() };
        // ipc-channel panics if the system refuses to duplicate a block.
        match catch_unwind(AssertUnwindSafe(|| channel.send(M::from(message)))) {
            Ok(sent) => sent.map_err(|_| Refusal::Gone),
            Err(_) => Err(Refusal::Never("the system has nothing left for a shared buffer".into())),
        }
    }
}

/// The receiving end, which is told of what comes through the channel.
#[derive(Debug, Default)]
pub(crate) struct Arrivals {
    received: u32,
    ahead: BTreeMap<u32, Vec<Block>>,
}

impl Arrivals {
    /// How many messages have been received.
    pub(crate) fn received(&self) -> u32 {
        self.received
    }

    /// A message has come.
    pub(crate) fn note(&mut self, Attachments { number, blocks }: Attachments) {
        self.received = number.wrapping_add(1);
        self.ahead.insert(number, blocks);
    }

    /// Whether message `number` has come.
    pub(crate) fn has(&self, number: u32) -> bool {
        self.ahead.contains_key(&number)
    }

    /// What came as message `number`. Earlier ones that nobody has taken are dropped.
    pub(crate) fn take(&mut self, number: u32) -> Result<Attached, String> {
        let blocks = self.ahead.remove(&number);
        self.drop_before(number);
        match blocks {
            Some(blocks) => {
                let list = blocks.into_iter().map(|block| block.0 as Attachment);
                Ok(list.collect::<Vec<_>>().into())
            }
            None => Err("the shared buffers in it did not arrive".to_owned()),
        }
    }

    /// Drops the messages before `number`, which nobody will take.
    pub(crate) fn drop_before(&mut self, number: u32) {
        self.ahead.retain(|&other, _| !is_before(other, number));
    }
}
