//! No pool: two processes with a channel of `ipc-channel` each way, which ours is made with, too.

use super::bare::{Server, gave_up};
use crate::cases::process::{echo, map};
use crate::cases::{Case, sum_below};
use crate::clock::Stopwatch;
use crate::contestant::{Contestant, Load, Role, Sample, Trouble, WrongAnswer};
use ipc_channel::ipc::{
    self, IpcBytesReceiver, IpcBytesSender, IpcOneShotServer, IpcReceiver, IpcSender,
    IpcSharedMemory,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::io;
use std::process::Stdio;

/// Two channels.
#[derive(Clone, Copy, Debug)]
pub struct IpcChannel;

/// How many items of a map are in one message.
const CHUNK: usize = 4096;

/// A burst has the usual number of tasks divided by this.
const PATIENCE: u64 = 10;

impl Contestant for IpcChannel {
    fn name(&self) -> &'static str {
        "ipc-channel"
    }

    fn version(&self) -> String {
        crate::versions::of("ipc-channel").to_owned()
    }

    fn role(&self) -> Role {
        Role::Limit
    }

    fn takes_part(&self, case: Case) -> bool {
        use Case::{ProcessBurst, ProcessEcho, ProcessMap, ProcessRoundTrip, ProcessShare};
        matches!(case, ProcessRoundTrip | ProcessBurst | ProcessMap | ProcessEcho | ProcessShare)
    }

    fn run(&self, case: Case, load: &Load) -> Result<Option<Sample>, Trouble> {
        let sample = match case {
            Case::ProcessRoundTrip => round_trip(load.operations)?,
            Case::ProcessBurst => burst(load.reduced(PATIENCE).operations)?,
            Case::ProcessMap => map_in_chunks(load.operations)?,
            Case::ProcessEcho => {
                let pair: BytesPair = Pair::start(BYTES)?;
                let echo = |data: Vec<u8>| {
                    pair.sender.send(&data).map_err(gave_up)?;
                    // A vector that it is received in is not made smaller for being kept.
                    drop(data);
                    pair.receiver.recv().map_err(broken)
                };
                let sample = echo::measure(load, echo)?;
                pair.end()?;
                sample
            }
            _ => {
                let pair: ChannelPair<IpcSharedMemory> = Pair::start(BLOCKS)?;
                let echo = |block: Block| pair.call(block.0).map(Block);
                let sample = echo::measure(load, echo)?;
                pair.end()?;
                sample
            }
        };
        Ok(Some(sample))
    }
}

fn round_trip(operations: u64) -> Result<Sample, Trouble> {
    let pair: ChannelPair<u64> = Pair::start(NUMBERS)?;
    pair.call(0)?;
    let mut sum = 0;
    let watch = Stopwatch::start_family();
    for n in 0..operations {
        sum += pair.call(n)?;
    }
    let sample = watch.per_operation(operations);
    pair.end()?;
    WrongAnswer::unless_equal(sum_below(operations), sum)?;
    Ok(sample)
}

fn burst(operations: u64) -> Result<Sample, Trouble> {
    let pair: ChannelPair<u64> = Pair::start(NUMBERS)?;
    pair.call(0)?;
    let watch = Stopwatch::start_family();
    let mut sum = 0;
    pair.stream(operations, 0..operations, |number| sum += number)?;
    let sample = watch.per_operation(operations);
    pair.end()?;
    WrongAnswer::unless_equal(sum_below(operations), sum)?;
    Ok(sample)
}

fn map_in_chunks(operations: u64) -> Result<Sample, Trouble> {
    let pair: ChannelPair<Vec<u64>> = Pair::start(CHUNKS)?;
    pair.call(Vec::new())?;
    let items: Vec<u64> = (0..operations).collect();
    let mut results = Vec::with_capacity(items.len());
    let watch = Stopwatch::start_family();
    let chunks = items.chunks(CHUNK).map(<[u64]>::to_vec);
    pair.stream(chunks.len() as u64, chunks, |chunk| results.extend(chunk))?;
    let sample = watch.per_operation(operations);
    pair.end()?;
    map::check(operations, results.into_iter())?;
    Ok(sample)
}

/// A sender to the other process, a receiver from it, and the process.
struct Pair<S, R> {
    sender: S,
    receiver: R,
    server: Server,
}

type ChannelPair<T> = Pair<IpcSender<T>, IpcReceiver<T>>;
type BytesPair = Pair<IpcBytesSender, IpcBytesReceiver>;

/// What the other process is to do.
const NUMBERS: &str = "numbers";
const CHUNKS: &str = "chunks";
const BYTES: &str = "bytes";
const BLOCKS: &str = "blocks";

fn broken(error: impl fmt::Display) -> Trouble {
    Trouble::GaveUp(error.to_string())
}

impl<S, R> Pair<S, R>
where
    (S, R): Serialize + DeserializeOwned,
{
    fn start(what: &str) -> Result<Self, Trouble> {
        let (greeting, name) = IpcOneShotServer::<(S, R)>::new().map_err(gave_up)?;
        let server = Server::start(what, &name, Stdio::null())?;
        let (_, (sender, receiver)) = greeting.accept().map_err(broken)?;
        Ok(Self { sender, receiver, server })
    }

    fn end(self) -> Result<(), Trouble> {
        let Self { sender, receiver, server } = self;
        drop((sender, receiver));
        server.join()
    }
}

impl<T: Serialize + DeserializeOwned + Send> ChannelPair<T> {
    fn call(&self, message: T) -> Result<T, Trouble> {
        self.sender.send(message).map_err(broken)?;
        self.receiver.recv().map_err(broken)
    }

    /// Sends so many messages in one thread and receives the answers in another, since sending waits
    /// while nobody receives.
    fn stream(
        &self,
        number: u64,
        mut messages: impl Iterator<Item = T> + Send,
        mut receive: impl FnMut(T),
    ) -> Result<(), Trouble> {
        let sender = self.sender.clone();
        std::thread::scope(|scope| {
            let send = move || messages.try_for_each(|message| sender.send(message));
            let sending = scope.spawn(send);
            for _ in 0..number {
                receive(self.receiver.recv().map_err(broken)?);
            }
            sending.join().expect("sending does not panic").map_err(broken)
        })
    }
}

/// Shared memory, made of a vector.
struct Block(IpcSharedMemory);

impl From<Vec<u8>> for Block {
    fn from(bytes: Vec<u8>) -> Self {
        Self(IpcSharedMemory::from_bytes(&bytes))
    }
}

impl std::ops::Deref for Block {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

/// The other process.
pub(super) fn serve(what: &str, name: String) {
    let served = match what {
        NUMBERS => answer(name, |number: u64| number),
        CHUNKS => answer(name, |chunk: Vec<u64>| -> Vec<u64> {
            chunk.into_iter().map(map::add_one).collect()
        }),
        BLOCKS => answer(name, |block: IpcSharedMemory| block),
        BYTES => answer_bytes(name),
        _ => Err(io::Error::from(io::ErrorKind::InvalidInput)),
    };
    served.expect("the process that has started this one is there");
}

/// Until the other side is gone.
fn answer<T>(name: String, f: impl Fn(T) -> T) -> io::Result<()>
where
    T: Serialize + DeserializeOwned,
{
    let (sender, theirs) = ipc::channel::<T>()?;
    let (ours, receiver) = ipc::channel::<T>()?;
    introduce(name, (ours, theirs))?;
    while let Ok(message) = receiver.recv() {
        if sender.send(f(message)).is_err() {
            break;
        }
    }
    Ok(())
}

fn answer_bytes(name: String) -> io::Result<()> {
    let (sender, theirs) = ipc::bytes_channel()?;
    let (ours, receiver) = ipc::bytes_channel()?;
    introduce(name, (ours, theirs))?;
    while let Ok(message) = receiver.recv() {
        if sender.send(&message).is_err() {
            break;
        }
    }
    Ok(())
}

fn introduce<S: Serialize>(name: String, ends: S) -> io::Result<()> {
    let hello = IpcSender::connect(name)?;
    hello.send(ends).map_err(|error| io::Error::other(error.to_string()))
}
