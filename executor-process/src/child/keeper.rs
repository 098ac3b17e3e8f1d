//! The keeper: the one thread that starts all processes, sees them end, and reaps them.

use super::bell::{self, Bell, Ear};
use super::error::StartError;
use super::leave;
use super::order::Parcel;
use super::sentinel::{Prepared, Sentinel};
use super::state::{Child, Running};
use crate::bootstrap::{line, program};
use crate::shared::courier::Courier;
use once_cell::sync::OnceCell;
use parking_lot::Mutex;
use std::io;
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
    /// What goes over it, if it was not sent yet.
    pub(super) parcel: Parcel,
    pub(super) sentinel: Prepared,
}

/// A request, and where the answer goes.
type Asked = (Request, SyncSender<Result<(), StartError>>);

struct Keeper {
    /// The process that it is a thread of.
    owner: u32,
    asked: Mutex<Vec<Asked>>,
    /// Wakes it.
    bell: Bell,
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
    leave::note_thread();
    let (answer, answered) = sync_channel(1);
    keeper.asked.lock().push((request, answer));
    keeper.bell.ring().map_err(StartError::System)?;
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

/// The same at the very end of the process, when there is no other thread, and maybe a lock that one of them has
/// had. Says which are daemons.
#[cfg(windows)]
pub(super) fn end_alone() -> Vec<(bool, Sentinel)> {
    let Some(mut children) = KEEPER.get().and_then(|_| CHILDREN.try_lock()) else {
        return Vec::new();
    };
    children.ending = true;
    let ends = |child: &Arc<Child>| Some((child.identification.daemon, child.try_sentinel()?));
    children.list.iter().filter_map(ends).collect()
}

impl Keeper {
    fn hire() -> io::Result<Self> {
        leave::prepare()?;
        let (ear, bell) = bell::pair()?;
        thread::Builder::new().name("processes".to_owned()).spawn(move || keep(&ear))?;
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
fn keep(ear: &Ear) {
    let keeper = KEEPER.wait();
    let mut watched = Vec::new();
    loop {
        let asked = std::mem::take(&mut *keeper.asked.lock());
        for (request, answer) in asked {
            let started = try_start(request).map(|child| watched.push(child));
            let _somebody_waits = answer.send(started);
        }
        sleep(ear, &mut watched);
    }
}

/// Waits until somebody rings or a process ends, and sees to those that have.
fn sleep(ear: &Ear, watched: &mut Vec<Watched>) {
    let is_early = watched.iter().any(|process| process.is_early);
    let pause = is_early.then_some(PAUSE);
    let on_time = watched.iter().filter(|process| !process.is_early);
    let sentinels: Vec<&Sentinel> = on_time.map(|process| &process.sentinel).collect();
    let Ok(ready) = ear.wait(&sentinels, pause) else {
        return; // interrupted, or short of memory
    };
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
    let Request { child, mut command, line, parcel, sentinel } = request;
    let mut children = CHILDREN.lock();
    if children.ending {
        return Err(StartError::Ending);
    }
    let mut process = program::start(&mut command).map_err(|error| StartError::Program {
        program: command.get_program().into(),
        directory: command.get_current_dir().map(PathBuf::from),
        error,
    })?;
    drop(command); // and with it our copy of the child's end of the line
    let sent = || {
        if !line::TAKES_ALL_AT_ONCE {
            line.leads_to(process.id());
            parcel.send(&line)?;
        }
        sentinel.finish(&process).map_err(StartError::System)
    };
    let sentinel = match sent() {
        Ok(sentinel) => sentinel,
        Err(error) => {
            let _it_is_ours = process.kill().and_then(|()| process.wait());
            return Err(error);
        }
    };
    child.started(Running { process, line, sentinel: sentinel.clone() });
    children.list.push(Arc::clone(&child));
    Ok(Watched { child, sentinel, is_early: false })
}
