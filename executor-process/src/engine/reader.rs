//! The reader of a worker: the thread that greets it, and then reads what it sends.
//!
//! While outcomes come fast the reader does not wait to be woken for each, which would cost the worker
//! a system call every time, but naps for a moment in which many gather. Otherwise it sleeps in
//! earnest and the worker wakes it; see [`bell`](crate::transport::bell).
//!
//! What it reads is copied out of the ring, looked up under the pool's lock, which also hands out new
//! tasks to the worker, and only then completed, so that callbacks hold up neither.

#[cfg(all(any(test, fuzzing), target_os = "linux", not(loom)))]
pub(super) mod fuzzed;

use super::Shared;
use super::death::Failure;
use super::entry::{Entry, Work};
use super::keeper::{self, Lines};
use super::link::Link;
use super::member::{Member, Phase};
#[cfg(not(unix))]
use super::server::Server;
use super::supervisor::Deadline;
use crate::bootstrap::identity::Identity;
#[cfg(unix)]
use crate::bootstrap::ticket::Ticket;
#[cfg(unix)]
use crate::entry::depth;
use crate::transport::beside::{Arrivals, Beside, FIRST};
use crate::transport::channel::Receiver;
use crate::transport::depot::{Depot, DepotReader};
use crate::transport::memory::MemoryFile;
use crate::transport::message::{Bytes, Introduction, ToPool, ToWorker, Welcome};
use crate::transport::outlet::{Frames, Garbled, Place, STARTED};
use executor_core::wire::{Attached, Incoming, OutcomeKind};
use executor_core::{BrokenPool, Exit, RemoteItems, TaskError};
use std::io;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// How many frames are read at a time, and how many bytes.
const MAX_FRAMES: usize = 512;
const MAX_BYTES: usize = 256 * 1024;

/// If a look finds as many, more are expected soon.
const MANY: usize = 8;
const NAP: Duration = Duration::from_micros(50);

/// One worker's reader.
pub(super) struct Reader {
    shared: Arc<Shared>,
    link: Arc<Link>,
    receiver: Option<Receiver<ToPool>>,
    /// Large results.
    results: DepotReader,
    results_file: Arc<Depot>,
    /// What comes beside outcomes.
    arrivals: Arrivals,
    /// The number of the message of the next outcome that has one.
    next_message: u32,
    lines: Lines,
    /// Set when the process has ended.
    ended: Option<Exit>,
    frames: Vec<Read>,
    bytes: Vec<u8>,
}

/// A frame, copied.
#[derive(Debug)]
struct Read {
    number: u32,
    kind: u8,
    attachments: u16,
    payload: Copied,
}

#[derive(Clone, Debug)]
enum Copied {
    Small(Range<usize>),
    Large { offset: u64, len: u64 },
}

/// Whose outcomes some consecutive frames are.
enum Resolved {
    One(Entry),
    Many(RemoteItems, usize),
    /// It has been started, and what the pool has of it no longer.
    Started(Option<Beside>),
}

impl Reader {
    pub(super) fn new(
        shared: Arc<Shared>,
        link: Arc<Link>,
        receiver: Receiver<ToPool>,
    ) -> io::Result<Self> {
        let file = MemoryFile::create(0)?;
        let results = DepotReader::new(MemoryFile::open(file.location())?);
        Ok(Self {
            shared,
            link,
            receiver: Some(receiver),
            results,
            results_file: Depot::new(file),
            arrivals: Arrivals::default(),
            next_message: 0,
            lines: Lines::default(),
            ended: None,
            frames: Vec::new(),
            bytes: Vec::new(),
        })
    }

    /// The life of the thread.
    pub(super) fn run(mut self) {
        super::end::enter(&self.shared);
        let (keeper, failure) = match self.greet() {
            Ok(keeper) => {
                self.read();
                (keeper, None)
            }
            Err((keeper, failure)) => {
                self.link.kill();
                (keeper, Some(failure))
            }
        };
        if let Some(keeper) = keeper {
            while self.ended.is_none() {
                self.receive();
            }
            self.receiver = None; // in which the keeper may be waiting for room to tell us
            let _it_does_not_panic = keeper.join();
        }
        while self.drain() > 0 {}
        let stderr = self.lines.lock().iter().map(String::as_str).collect::<String>();
        let exit = self.ended.unwrap_or(Exit::Unknown);
        let Self { shared, link, .. } = self;
        shared.bury(&link, exit, stderr, failure);
    }

    /// From starting the process to where it can be sent tasks.
    #[expect(clippy::type_complexity, reason = "both ways out have the keeper to join")]
    fn greet(
        &mut self,
    ) -> Result<Option<thread::JoinHandle<()>>, (Option<thread::JoinHandle<()>>, Failure)> {
        let cannot = |error: io::Error| {
            (None, Failure::passing(format!("a worker cannot be started: {error}")))
        };
        #[cfg(unix)]
        let ticket = Ticket { depth: depth() + 1, parent: std::process::id() };
        #[cfg(not(unix))]
        let (server, ticket) = Server::open(&self.link).map_err(cannot)?;
        let (shared, link) = (Arc::clone(&self.shared), Arc::clone(&self.link));
        let lines = Arc::clone(&self.lines);
        let keeper = thread::Builder::new()
            .name(format!("keeper-{}", link.number))
            .spawn(move || keeper::keep(&shared.config, &link, &ticket, &lines))
            .map_err(cannot)?;
        #[cfg(unix)]
        let hello = self.hello();
        #[cfg(not(unix))]
        let hello = server.accept(&self.link);
        let welcomed = hello.map_err(Failure::passing).and_then(|hello| self.welcome(hello));
        match welcomed {
            Ok(()) => Ok(Some(keeper)),
            Err(failure) => Err((Some(keeper), failure)),
        }
    }

    /// Waits for the worker to say who it is; `None` if it ends before it has.
    #[cfg(unix)]
    fn hello(&mut self) -> Result<Option<Introduction>, &'static str> {
        match self.hear() {
            Ok(ToPool::Hello(introduction)) => Ok(Some(*introduction)),
            Ok(ToPool::Ended) if self.ended.is_some() => Ok(None),
            Ok(_) | Err(_) => Err("what a worker said was no hello"),
        }
    }

    fn welcome(&mut self, hello: Option<Introduction>) -> Result<(), Failure> {
        let Some(Introduction { identity, address, lifeline, .. }) = hello else {
            let unknown = "a worker ended while it said hello";
            let reason = self.link.gone.get().map_or(unknown, String::as_str);
            return Err(Failure::passing(reason));
        };
        if let Some(difference) = Identity::own().difference(&identity) {
            address.refuse();
            return Err(Failure::lasting(format!(
                "the worker is not the program that started it: {difference}; start the program \
                 anew after replacing its file"
            )));
        }
        let sender = address
            .connect()
            .map_err(|error| Failure::passing(format!("a worker cannot be answered: {error}")))?;
        let shared = Arc::clone(&self.shared);
        let mut initializer = shared.config.initializer.clone();
        if let Some((_, beside)) = initializer.as_ref().filter(|(_, beside)| !beside.is_empty()) {
            let sent = self.link.send_beside(beside, FIRST);
            sent.map_err(|refusal| {
                let reason = refusal.reason();
                Failure::passing(format!("the initializer cannot be sent: {reason}"))
            })?;
        }
        // Long arguments go the way that those of tasks go.
        let mut segment = None;
        if let Some((initializer, _)) = &mut initializer
            && let Bytes::Here(bytes) = &initializer.argument
            && bytes.len() > Bytes::MAX_HERE
        {
            let stored = self.shared.arguments.store(bytes).map_err(|error| {
                Failure::passing(format!("the initializer cannot be sent: {error}"))
            })?;
            initializer.argument = Bytes::Depot(stored.offset(), bytes.len() as u64);
            segment = Some(stored);
        }
        let welcome = Welcome {
            region: self.link.region.location().clone(),
            arguments: self.shared.arguments.file().location().clone(),
            results: self.results_file.file().location().clone(),
            #[cfg(not(unix))]
            sender: self.link.reader.clone(),
            threads: self.shared.config.threads_per_worker,
            initializer: initializer.map(|(initializer, _)| initializer),
        };
        let welcome = ToWorker::Welcome(Box::new(welcome));
        // Without waiting for one that does not read.
        #[cfg(unix)]
        let _it_may_have_ended = sender.try_send(&welcome);
        #[cfg(not(unix))]
        let _it_may_have_ended = sender.send(welcome);
        let _ = self.link.worker.set(sender);
        let _ = self.link.lifeline.set(lifeline);
        loop {
            match self.hear() {
                Ok(ToPool::Ready) => break,
                Ok(ToPool::InitializerFailed(report)) => {
                    return Err(Failure::of(BrokenPool::from_panic("the initializer", report)));
                }
                Ok(ToPool::CannotServe(reason)) => {
                    return Err(Failure::passing(format!("a worker cannot begin: {reason}")));
                }
                Ok(ToPool::Ended) if let Some(exit) = self.ended => {
                    let pid = self.link.pid().unwrap_or_default();
                    return Err(Failure::passing(format!(
                        "process {pid} {exit} before it was ready"
                    )));
                }
                Ok(_) => {}
                Err(error) => return Err(Failure::passing(error.to_string())),
            }
        }
        drop(segment);
        self.link.wait_for_child();
        self.shared.with(|state, after| {
            // It may have been told to go.
            if let Some(member) = state.member(self.link.number)
                && member.phase == Phase::Starting
            {
                member.phase = Phase::Ready;
                member.overdue = None;
            }
            state.failures = 0;
            after.announce();
            self.shared.employ(state, after);
            self.shared.settle(state, after);
        });
        Ok(())
    }

    /// Reads until the process has ended.
    fn read(&mut self) {
        let link = Arc::clone(&self.link);
        let bell = link.reader_bell();
        while self.ended.is_none() {
            match self.drain() {
                0 if self.ended.is_some() => return, // and nobody says so again
                0 => {}
                MANY..MAX_FRAMES => {
                    thread::sleep(NAP);
                    continue;
                }
                _ => continue,
            }
            bell.lie_down();
            if !link.frames.lock().is_empty(&link.region) {
                if bell.get_up() {
                    self.receive_wake();
                }
                continue;
            }
            if !self.receive() && bell.get_up() {
                self.receive_wake();
            }
        }
    }

    /// The next message. If it says that the process has ended, `ended` tells whether it has.
    fn hear(&mut self) -> io::Result<ToPool> {
        let open = self.receiver.as_ref().ok_or(io::ErrorKind::NotConnected)?;
        let message = open.recv().map_err(io::Error::other)?;
        if matches!(message, ToPool::Ended) {
            self.ended = self.link.exit.get().copied();
        }
        Ok(message)
    }

    /// Receives one message; says whether it was a wake-up.
    fn receive(&mut self) -> bool {
        match self.hear() {
            Ok(ToPool::Wake) => return true,
            Ok(ToPool::Ended) if self.ended.is_some() => {}
            // Nothing that a worker which follows the rules sends now.
            Ok(_) | Err(_) => self.link.kill(),
        }
        false
    }

    /// Receives up to the wake-up that is on its way, or the end.
    fn receive_wake(&mut self) {
        while self.ended.is_none() && !self.receive() {}
    }

    /// Reads and completes what there is; says how many outcomes that were.
    fn drain(&mut self) -> usize {
        let garbled = self.copy_frames();
        let count = self.frames.len();
        if count > 0 {
            let resolved = self.resolve();
            if resolved.is_err() {
                self.link.kill();
            }
        }
        if garbled.is_err() {
            self.link.kill();
            // What follows in the ring cannot be told apart, so nothing but the end matters now.
            while self.ended.is_none() {
                self.receive();
            }
            return 0;
        }
        count
    }

    fn copy_frames(&mut self) -> Result<(), Garbled> {
        self.frames.clear();
        self.bytes.clear();
        let region = &self.link.region;
        let mut frames = self.link.frames.lock();
        let mut result = Ok(());
        while self.frames.len() < MAX_FRAMES && self.bytes.len() < MAX_BYTES {
            let frame = match frames.next(region) {
                Ok(Some(frame)) => frame,
                Ok(None) => break,
                Err(garbled) => {
                    result = Err(garbled);
                    break;
                }
            };
            let payload = match frame.place {
                Place::Ring { start, len } => {
                    let begin = self.bytes.len();
                    // SAFETY: `next` gives `len` readable bytes.
                    unsafe { append(&mut self.bytes, start, len) };
                    Copied::Small(begin..begin + len)
                }
                Place::Depot { offset, len } => Copied::Large { offset, len },
            };
            let (number, kind, attachments) = (frame.number, frame.kind, frame.attachments);
            self.frames.push(Read { number, kind, attachments, payload });
        }
        if !self.frames.is_empty() {
            Frames::free(region, frames.position());
        }
        result
    }

    /// Finds out whose outcomes the frames are, hands out new tasks, and completes the old ones.
    fn resolve(&mut self) -> Result<(), Garbled> {
        let mut resolved = Vec::with_capacity(self.frames.len());
        let shared = Arc::clone(&self.shared);
        let result = shared.with(|state, after| {
            let mut result = Ok(());
            let mut rest = &self.frames[..];
            while let Some(first) = rest.first() {
                let same = |read: &&Read| read.number == first.number && read.kind != STARTED;
                let run = rest.iter().take_while(same).count().max(1);
                let (these, others) = rest.split_at(run);
                rest = others;
                let Some(member) = state.member(self.link.number) else { break };
                match look_up(member, these) {
                    Ok((found, deadline)) => {
                        if !matches!(found, Resolved::Started(_)) {
                            state.idle_deaths = 0;
                        }
                        resolved.push((found, run));
                        if let Some(deadline) = deadline {
                            shared.set_deadline(state, deadline, after);
                        }
                    }
                    Err(garbled) => {
                        result = Err(garbled);
                        break;
                    }
                }
                for read in these {
                    match OutcomeKind::from_number(read.kind) {
                        Some(OutcomeKind::Value) => state.counters.completed += 1,
                        Some(_) => state.counters.failed += 1,
                        None => {}
                    }
                }
            }
            shared.employ(state, after);
            shared.settle(state, after);
            result
        });
        let frames = std::mem::take(&mut self.frames);
        let mut rest = frames.iter();
        for (found, run) in resolved {
            match found {
                Resolved::One(entry) => {
                    if let (Some(read), Work::One(task)) = (rest.next(), entry.work) {
                        self.deliver(read, |result| match result {
                            Ok((kind, bytes, beside)) => {
                                task.complete(kind, bytes, beside);
                            }
                            Err(error) => task.fail(error),
                        });
                    }
                }
                Resolved::Many(mut items, count) => {
                    for read in rest.by_ref().take(count) {
                        self.deliver(read, |result| match result {
                            Ok((kind, bytes, beside)) => {
                                items.complete_next(kind, bytes, beside);
                            }
                            Err(error) => items.fail_next(error),
                        });
                    }
                }
                Resolved::Started(beside) => {
                    drop(beside);
                    rest.by_ref().take(run).for_each(drop);
                }
            }
        }
        self.frames = frames;
        result
    }

    /// Gives `complete` the outcome that a frame has, or why it cannot be had.
    fn deliver(
        &mut self,
        read: &Read,
        complete: impl FnOnce(Result<(OutcomeKind, Incoming<'_>, Attached), TaskError>),
    ) {
        let Some(kind) = OutcomeKind::from_number(read.kind) else { return };
        let beside = match self.beside(read) {
            Ok(beside) => beside,
            Err(error) => return complete(Err(error)),
        };
        match read.payload.clone() {
            Copied::Small(range) => {
                complete(Ok((kind, Incoming::private(&self.bytes[range]), beside)));
            }
            Copied::Large { offset, len } => {
                match self.results.find(offset, len) {
                    // SAFETY: the mapping, which lives as long, has so many bytes.
                    Ok(mapping) => complete(Ok((
                        kind,
                        unsafe { Incoming::shared(mapping.as_ptr(), len as usize) },
                        beside,
                    ))),
                    Err(error) => complete(Err(TaskError::not_received(error))),
                }
                Frames::count_large(&self.link.region);
            }
        }
    }

    /// What came beside an outcome: sent before it was published, so it is there.
    fn beside(&mut self, read: &Read) -> Result<Attached, TaskError> {
        if read.attachments == 0 {
            return Ok(Attached::none());
        }
        let number = self.next_message;
        self.next_message = number.wrapping_add(1);
        let taken = match self.link.line.get() {
            Some(line) => self.arrivals.take(line, number),
            None => Err("there is no line to the worker".to_owned()),
        };
        taken.map_err(TaskError::not_received)
    }
}

/// Appends bytes from the ring, which the worker has no right to change before they are freed; if it
/// does, we copy nonsense.
///
/// # Safety
///
/// `len` bytes at `start` are readable.
#[inline]
unsafe fn append(bytes: &mut Vec<u8>, start: NonNull<u8>, len: usize) {
    bytes.reserve(len);
    let begin = bytes.len();
    // SAFETY: there is room for `len` bytes behind the vector's end, and as the caller vouches.
    unsafe {
        let end = NonNull::new_unchecked(bytes.as_mut_ptr().add(begin));
        if len <= 8 {
            for index in 0..len {
                end.add(index).write(start.add(index).read()); // most outcomes are a few bytes
            }
        } else {
            end.copy_from_nonoverlapping(start, len);
        }
        bytes.set_len(begin + len);
    }
}

/// Takes the flights of frames of one number out of the window, or the items of one.
fn look_up(member: &mut Member, frames: &[Read]) -> Result<(Resolved, Option<Deadline>), Garbled> {
    let first = frames.first().ok_or(Garbled)?;
    let number = first.number;
    let (worker, default) = (member.link.number, member.deadline);
    let flight = member.flight(number).ok_or(Garbled)?;
    if first.kind == STARTED {
        if std::mem::replace(&mut flight.announced, true) {
            return Err(Garbled); // each would be kept until its deadline
        }
        if let Work::One(task) = &flight.entry.work {
            task.start();
        }
        let deadline = flight.entry.deadline(default);
        let at = deadline.and_then(|deadline| Instant::now().checked_add(deadline));
        let beside = flight.entry.release();
        return Ok((Resolved::Started(beside), at.map(|at| Deadline { at, worker, number })));
    }
    if frames.iter().any(|read| OutcomeKind::from_number(read.kind).is_none()) {
        return Err(Garbled);
    }
    let count = frames.len();
    if count > flight.entry.items() {
        return Err(Garbled);
    }
    flight.resolved += count;
    let found = match &mut flight.entry.work {
        Work::One(task) => {
            // Now, since the callbacks of others may run before it is completed.
            task.start();
            Resolved::One(member.land(number).ok_or(Garbled)?.entry)
        }
        Work::Many(items) => {
            let rest = items.split_off(count);
            let done = std::mem::replace(items, rest);
            if items.is_empty() {
                member.land(number);
            }
            Resolved::Many(done, count)
        }
    };
    member.items -= count;
    member.resolved += count as u64;
    member.stuck = false;
    Ok((found, None))
}
