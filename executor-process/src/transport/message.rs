//! What is sent through the channels: everything that is not a task or an outcome.
//!
//! | channel            | made by | messages, in this order                                            |
//! |--------------------|---------|--------------------------------------------------------------------|
//! | to the worker      | worker  | one [`Welcome`] or refusal; then wake-ups                          |
//! | to the pool        | pool    | the [introduction](Introduction); ready or failed; then wake-ups; from the pool itself the worker's end |
//! | the [line](crate::bootstrap::line), both ways | pool | the worker's end of the channel to the pool; then descriptors beside values |
//!
//! Each channel is made in the process that receives from it; of the one to the worker the pool learns by an
//! [`Address`]. What travels [beside](super::beside) a
//! value is sent before the task or outcome that it belongs to is published, and has a number, so the
//! receiver finds it when it needs it. On Windows the introduction goes through a one-shot server, in a
//! `Hello`.

use super::address::Address;
use super::channel::Sender;
use super::memory::Location;
use crate::bootstrap::identity::Identity;
use executor_core::PanicReport;
use serde::{Deserialize, Serialize};

/// The first message on the one-shot server.
#[cfg(not(unix))]
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Hello {
    /// From a worker that has started.
    Worker(Introduction),
    /// From the pool's own keeper: the process ended, or could not be started.
    Gone,
}

/// Who a worker is.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Introduction {
    #[cfg(not(unix))]
    pub(crate) token: String,
    pub(crate) identity: Identity,
    pub(crate) address: Address,
    /// Kept by the pool for as long as it lives, where a worker cannot tell otherwise when the pool's process
    /// has died.
    pub(crate) lifeline: Option<Sender<()>>,
}

/// From the pool.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum ToWorker {
    Welcome(Box<Welcome>),
    /// Not the worker that was expected; go.
    Refused,
    /// Look at the region.
    Wake,
}

/// All that a worker needs.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Welcome {
    pub(crate) region: Location,
    /// What the pool writes to and the worker reads.
    pub(crate) arguments: Location,
    /// The reverse.
    pub(crate) results: Location,
    #[cfg(not(unix))]
    pub(crate) sender: Sender<ToPool>,
    pub(crate) threads: usize,
    pub(crate) initializer: Option<Initializer>,
}

/// What a worker runs before its first task.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Initializer {
    pub(crate) function: u64,
    pub(crate) trampoline: u64,
    pub(crate) argument: Bytes,
    /// Whether something travels beside the argument.
    pub(crate) attached: bool,
}

/// An encoded argument.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Bytes {
    Here(Vec<u8>),
    /// In the depot for arguments, at this offset, so long.
    Depot(u64, u64),
}

impl Bytes {
    /// The longest that is sent in a message.
    pub(crate) const MAX_HERE: usize = super::channel::MAX_LEN / 4;
}

/// From a worker, or from the pool to its own reader.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum ToPool {
    /// A worker has started.
    #[cfg(unix)]
    Hello(Box<Introduction>),
    /// The worker can be sent tasks.
    Ready,
    /// The initializer panicked.
    InitializerFailed(PanicReport),
    /// The worker cannot begin, for this reason.
    CannotServe(String),
    /// Look at the region.
    Wake,
    /// The keeper has noted how the process has ended.
    Ended,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::channel::channel;
    use crate::transport::memory::MemoryFile;

    #[test]
    fn a_welcome_arrives_as_it_was_sent() {
        let memory = MemoryFile::create(100).unwrap();
        let (sender, receiver) = channel::<ToWorker>().unwrap();
        #[cfg(not(unix))]
        let (to_pool, pool) = channel().unwrap();
        let welcome = Welcome {
            region: memory.location().clone(),
            arguments: memory.location().clone(),
            results: memory.location().clone(),
            #[cfg(not(unix))]
            sender: to_pool,
            threads: 3,
            initializer: Some(Initializer {
                function: u64::MAX,
                trampoline: 1,
                argument: Bytes::Here(vec![1, 2, 3]),
                attached: true,
            }),
        };
        sender.send(ToWorker::Welcome(Box::new(welcome))).unwrap();
        let Ok(ToWorker::Welcome(welcome)) = receiver.recv() else { panic!("a welcome was sent") };
        assert_eq!(MemoryFile::open(&welcome.region).unwrap().len().unwrap(), 100);
        assert_eq!(welcome.threads, 3);
        let initializer = welcome.initializer.unwrap();
        assert_eq!((initializer.function, initializer.trampoline), (u64::MAX, 1));
        assert!(matches!(initializer.argument, Bytes::Here(bytes) if bytes == [1, 2, 3]));
        assert!(initializer.attached);
        #[cfg(not(unix))]
        {
            welcome.sender.send(ToPool::Ready).unwrap();
            assert!(matches!(pool.recv(), Ok(ToPool::Ready)));
        }
    }

    #[test]
    fn messages_come_in_order() {
        let (sender, receiver) = channel().unwrap();
        sender.send(ToPool::Ready).unwrap();
        sender.send(ToPool::Wake).unwrap();
        sender.send(ToPool::Ended).unwrap();
        assert!(matches!(receiver.recv(), Ok(ToPool::Ready)));
        assert!(matches!(receiver.recv(), Ok(ToPool::Wake)));
        assert!(matches!(receiver.recv(), Ok(ToPool::Ended)));
    }
}
