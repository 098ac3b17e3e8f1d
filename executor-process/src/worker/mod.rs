//! The worker's side: a process that runs tasks for a pool in its parent.
//!
//! | what                                        | file         |
//! |---------------------------------------------|--------------|
//! | from the ticket to `Ready`                  | here         |
//! | taking tasks and running them               | `serve.rs`   |
//! | sending outcomes                            | `reply.rs`   |
//! | how long tasks take                         | `pace.rs`    |
//! | signals, and the death of the parent        | `signals.rs` |
//!
//! A worker ends when the pool says so in the region, when the pool is gone, or when a task makes it.
//! It never waits for anything while it holds a task that it has not started.

mod pace;
mod reply;
mod serve;
mod signals;

pub(crate) use serve::{EXIT, serve};
#[cfg(unix)]
pub(crate) use signals::survive_interrupts;

use crate::bootstrap::identity::Identity;
use crate::bootstrap::image;
use crate::bootstrap::line;
use crate::bootstrap::ticket::Ticket;
use crate::shared::courier::Courier;
use crate::transport::address;
use crate::transport::beside::{Arrivals, FIRST};
use crate::transport::channel::{MAX_LEN, Receiver, Sender, channel};
use crate::transport::depot::{Depot, DepotReader};
use crate::transport::memory::{Location, MemoryFile};
#[cfg(not(unix))]
use crate::transport::message::Hello;
use crate::transport::message::{Bytes, Initializer, Introduction, ToPool, ToWorker, Welcome};
use crate::transport::region::Region;
use executor_core::PanicReport;
use executor_core::wire::{Attached, Call, Incoming, OutcomeKind, decode_outcome, write_to};
use std::convert::Infallible;
use std::io;
use std::sync::Arc;

/// The exit codes of workers that end on their own account: unusual, so that they stand out.
pub(crate) const EXIT_CANNOT_SERVE: i32 = 121;
pub(crate) const EXIT_ORPHANED: i32 = 122;

/// The life of a worker.
pub(crate) fn main(ticket: &Ticket) -> ! {
    signals::prepare(ticket.parent);
    #[cfg(all(test, target_os = "linux", feature = "constructor", not(loom)))]
    crate::engine::hostile::play();
    let code = match boot(
        #[cfg(not(unix))]
        ticket,
    ) {
        Ok(serving) => {
            serve(serving);
            0
        }
        Err(code) => code,
    };
    std::process::exit(code)
}

/// Everything that serving needs.
pub(crate) struct Serving {
    pub(crate) region: Region,
    pub(crate) arguments: DepotReader,
    pub(crate) results: Arc<Depot>,
    pub(crate) receiver: Receiver<ToWorker>,
    pub(crate) sender: Sender<ToPool>,
    pub(crate) threads: usize,
    /// What comes beside arguments.
    pub(crate) arrivals: Arrivals,
    pub(crate) line: Courier,
}

/// Up to the point where tasks can come, or the exit code if they cannot.
pub(crate) fn boot(#[cfg(not(unix))] ticket: &Ticket) -> Result<Serving, i32> {
    // Whoever should hear of a failure up to the welcome is not connected yet; it sees us end.
    let (address, offer) = address::offer().map_err(|_| EXIT_CANNOT_SERVE)?;
    let mut arrivals = Arrivals::default();
    let line = line::pick_up().map_err(|_| EXIT_CANNOT_SERVE)?;
    #[cfg(unix)]
    let sender =
        Receiver::<Sender<ToPool>>::from(line.clone()).recv().map_err(|_| EXIT_ORPHANED)?;
    let introduction = Introduction {
        #[cfg(not(unix))]
        token: ticket.token.clone(),
        identity: Identity::own(),
        address,
        lifeline: hold_lifeline().map_err(|_| EXIT_CANNOT_SERVE)?,
    };
    #[cfg(unix)]
    sender.send(ToPool::Hello(Box::new(introduction))).map_err(|_| EXIT_ORPHANED)?;
    #[cfg(not(unix))]
    {
        let server = Sender::<Hello>::connect(ticket.server.clone()).map_err(|_| EXIT_ORPHANED)?;
        server.send(Hello::Worker(introduction)).map_err(|_| EXIT_ORPHANED)?;
    }
    let (receiver, message) = offer.accept().ok_or(EXIT_ORPHANED)?;
    let ToWorker::Welcome(welcome) = message else { return Err(EXIT_CANNOT_SERVE) };
    let Welcome {
        region,
        arguments,
        results,
        #[cfg(not(unix))]
        sender,
        threads,
        initializer,
    } = *welcome;
    let opened = open(&region, &arguments, &results);
    let (region, mut arguments, results) = opened.map_err(|error| {
        let _ = sender.send(ToPool::CannotServe(error.to_string()));
        EXIT_CANNOT_SERVE
    })?;
    if let Some(initializer) = initializer {
        let beside = match initializer.attached {
            false => Ok(Attached::none()),
            true => arrivals.take(&line, FIRST),
        };
        let beside = beside.map_err(|reason| {
            let reason = format!("the initializer cannot be received: {reason}");
            let _ = sender.send(ToPool::CannotServe(reason));
            EXIT_CANNOT_SERVE
        })?;
        let mapping;
        let argument = match &initializer.argument {
            Bytes::Here(bytes) => &bytes[..],
            &Bytes::Depot(offset, len) => {
                mapping = arguments.find(offset, len).map_err(|error| {
                    let _ = sender.send(ToPool::CannotServe(error.to_string()));
                    EXIT_CANNOT_SERVE
                })?;
                // SAFETY: the pool wrote so many bytes there, and leaves them alone until we are ready;
                // `mapping` keeps them mapped.
                unsafe { std::slice::from_raw_parts(mapping.as_ptr(), len as usize) }
            }
        };
        if let Err(report) = initialize(&initializer, argument, beside) {
            let message =
                format!("{} (its place and backtrace are too long)", cut(report.message()));
            if sender.send(ToPool::InitializerFailed(report)).is_err() {
                let report = PanicReport::from_message(message);
                let _ = sender.send(ToPool::InitializerFailed(report));
            }
            return Err(EXIT_CANNOT_SERVE);
        }
    }
    sender.send(ToPool::Ready).map_err(|_| EXIT_ORPHANED)?;
    Ok(Serving { region, arguments, results, receiver, sender, threads, arrivals, line })
}

fn open(
    region: &Location,
    arguments: &Location,
    results: &Location,
) -> io::Result<(Region, DepotReader, Arc<Depot>)> {
    let arguments = DepotReader::new(MemoryFile::open(arguments)?);
    Ok((Region::open(region)?, arguments, Depot::new(MemoryFile::open(results)?)))
}

/// As much of a message as there is room for in one of ours.
fn cut(message: &str) -> &str {
    &message[..message.floor_char_boundary(MAX_LEN / 2)]
}

fn initialize(
    initializer: &Initializer,
    argument: &[u8],
    beside: Attached,
) -> Result<(), PanicReport> {
    let &Initializer { function, trampoline, .. } = initializer;
    // SAFETY: the pool made the offsets from a `Call` of the same image, as the handshake has shown.
    let call =
        unsafe { Call::from_addresses(image::address(function), image::address(trampoline)) };
    let mut outcome = Vec::new();
    let ran =
        write_to(&mut outcome, |output| Ok::<_, Infallible>(call.run(argument, beside, output)));
    let Ok(ran) = ran;
    match decode_outcome::<()>(ran.kind, Incoming::private(&outcome), Attached::none()) {
        Ok(()) => Ok(()),
        Err(error) => Err(match error.panic() {
            Some(report) if ran.kind == OutcomeKind::Panicked => report.clone(),
            _ => PanicReport::from_message(error.to_string()),
        }),
    }
}

/// Where the system does not end us when the pool's process dies, a thread notices. See `bootstrap/orphan.rs`.
fn hold_lifeline() -> io::Result<Option<Sender<()>>> {
    if cfg!(any(target_os = "linux", target_os = "android", windows)) {
        return Ok(None);
    }
    let (theirs, ours) = channel::<()>()?;
    std::thread::Builder::new().name("lifeline".to_owned()).spawn(move || {
        let _the_pool_is_gone = ours.recv();
        std::process::exit(EXIT_ORPHANED);
    })?;
    Ok(Some(theirs))
}
