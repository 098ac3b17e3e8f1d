//! The keeper: the one thread that starts all processes, sees them end, and reaps them.

use super::error::StartError;
use super::leave;
use super::sentinel::{Prepared, Sentinel, timespec};
use super::state::{Child, Running};
use crate::bootstrap::line;
use crate::shared::courier::Courier;
use once_cell::sync::OnceCell;
use parking_lot::Mutex;
use rustix::event::{PollFd, PollFlags, poll};
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

/// How often the keeper looks at a process whose sentinel was ready too early.
const PAUSE: Duration = Duration::from_millis(10);

/// The processes that run, as all others see them.
static CHILDREN: Mutex<Children> = Mutex::new(Children { ending: false, list: Vec::new() });

struct Children {
    /// Whether the program is ending. Nothing is started any more.
    ending: bool,
    /// Those that the keeper has started and has not seen end.
    list: Vec<Arc<Child>>,
}

/// What the keeper is asked to start.
pub(super) struct Request {
    pub(super) child: Arc<Child>,
    pub(super) command: Command,
    pub(super) line: Courier,
    pub(super) sentinel: Prepared,
}

/// A request, and where the answer goes.
type Asked = (Request, SyncSender<Result<(), StartError>>);

struct Keeper {
    /// The process that it is a thread of.
    owner: u32,
    asked: Mutex<Vec<Asked>>,
    /// Wakes it.
    bell: PipeWriter,
}

static KEEPER: OnceCell<Keeper> = OnceCell::new();

/// Has the keeper start a process.
///
/// # Errors
///
/// It cannot be started. Nothing is left of it.
pub(super) fn start(request: Request) -> Result<(), StartError> {
    let keeper = KEEPER.get_or_try_init(Keeper::hire).map_err(StartError::System)?;
    if keeper.owner != std::process::id() {
        let reason = "this process was forked from one that has started processes";
        return Err(StartError::System(io::Error::other(reason)));
    }
    let (answer, answered) = sync_channel(1);
    keeper.asked.lock().push((request, answer));
    (&keeper.bell).write_all(b".").map_err(StartError::System)?;
    let gone = |_| StartError::System(io::Error::other("the thread that starts processes is gone"));
    answered.recv().map_err(gone)?
}

/// The processes that run.
pub(super) fn running() -> Vec<Arc<Child>> {
    let mut list = CHILDREN.lock().list.clone();
    list.retain(|child| child.is_alive());
    list
}

/// Starts nothing any more, and returns what runs. `None` if this process has no keeper.
pub(super) fn end() -> Option<Vec<Arc<Child>>> {
    KEEPER.get().filter(|keeper| keeper.owner == std::process::id())?;
    // Held while a process is being started, so none is overlooked.
    let mut children = CHILDREN.lock();
    children.ending = true;
    Some(children.list.clone())
}

impl Keeper {
    fn hire() -> io::Result<Self> {
        leave::prepare()?;
        let (reader, bell) = line::pipe()?;
        thread::Builder::new().name("processes".to_owned()).spawn(move || keep(&reader))?;
        Ok(Self { owner: std::process::id(), asked: Mutex::new(Vec::new()), bell })
    }
}

/// A process that the keeper waits for.
struct Watched {
    child: Arc<Child>,
    sentinel: Sentinel,
    /// Whether the sentinel was ready before the process had ended, and is good for nothing.
    is_early: bool,
}

/// What the keeper does, for ever.
fn keep(bell: &PipeReader) {
    let keeper = KEEPER.wait();
    let mut watched = Vec::new();
    loop {
        let asked = std::mem::take(&mut *keeper.asked.lock());
        for (request, answer) in asked {
            let started = try_start(request).map(|child| watched.push(child));
            let _somebody_waits = answer.send(started);
        }
        sleep(bell, &mut watched);
    }
}

/// Waits until somebody rings or a process ends, and sees to those that have.
fn sleep(mut bell: &PipeReader, watched: &mut Vec<Watched>) {
    let is_early = watched.iter().any(|process| process.is_early);
    let pause = is_early.then(|| timespec(PAUSE));
    let mut list = vec![PollFd::new(bell, PollFlags::IN)];
    let on_time = watched.iter().filter(|process| !process.is_early);
    list.extend(on_time.map(|process| PollFd::new(&process.sentinel, PollFlags::IN)));
    if poll(&mut list, pause.as_ref()).is_err() {
        return; // interrupted, or short of memory
    }
    let mut ready = list.iter().map(|entry| !entry.revents().is_empty());
    if ready.next() == Some(true) {
        let _as_many_as_there_are = bell.read(&mut [0; 64]);
    }
    let ready: Vec<bool> = ready.collect();
    let mut ready = ready.into_iter();
    let mut ended = false;
    watched.retain_mut(|process| {
        if !process.is_early && ready.next() != Some(true) {
            return true;
        }
        process.is_early = process.child.is_alive(); // which reaps it if not
        ended |= !process.is_early;
        process.is_early
    });
    if ended {
        CHILDREN.lock().list.retain(|child| child.is_alive());
    }
}

fn try_start(request: Request) -> Result<Watched, StartError> {
    let Request { child, mut command, line, sentinel } = request;
    let mut children = CHILDREN.lock();
    if children.ending {
        return Err(StartError::Ending);
    }
    let mut process = command.spawn().map_err(|error| StartError::Program {
        program: command.get_program().into(),
        directory: command.get_current_dir().map(PathBuf::from),
        error,
    })?;
    drop(command); // and with it our copy of the child's end of the line
    let sentinel = match sentinel.finish(process.id()) {
        Ok(sentinel) => sentinel,
        Err(error) => {
            let _it_is_ours = process.kill().and_then(|()| process.wait());
            return Err(StartError::System(error));
        }
    };
    child.started(Running { process, line, sentinel: sentinel.clone() });
    children.list.push(Arc::clone(&child));
    Ok(Watched { child, sentinel, is_early: false })
}
