//! [`Child`]: a process in one of its states. The protocol: `child/mod.rs`.

use super::error::{JoinError, SignalError, StartError};
use super::order::Report;
use super::own::Identification;
use super::sentinel::Sentinel;
use super::signal::{self, Signal};
use super::stream::Stream;
use super::target::Target;
use crate::bootstrap::program::Program;
use crate::shared::courier::Courier;
use executor_core::Exit;
use parking_lot::{Condvar, Mutex};
use std::fmt;
use std::time::Instant;

/// What a process is to be.
pub(super) struct Plan {
    pub(super) target: Box<dyn Target>,
    pub(super) program: Program,
    pub(super) stdin: Stream,
    pub(super) stdout: Stream,
    pub(super) stderr: Stream,
}

enum State {
    New(Box<Plan>),
    Starting,
    Running(Running),
    Ended(Ended),
}

/// A process that nobody has waited for.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) process: std::process::Child,
    pub(super) line: Courier,
    pub(super) sentinel: Sentinel,
}

/// One that somebody has.
struct Ended {
    pid: u32,
    exit: Exit,
    /// Why it has not called the function, if it has not.
    never_began: Option<String>,
    sentinel: Sentinel,
}

/// A process, as those see it who have a handle, and the keeper.
pub(super) struct Child {
    pub(super) identification: Identification,
    /// The process that made it.
    owner: u32,
    state: Mutex<State>,
    /// Told when it has ended.
    ended: Condvar,
}

impl Child {
    pub(super) fn new(identification: Identification, plan: Plan) -> Self {
        let state = Mutex::new(State::New(Box::new(plan)));
        Self { identification, owner: std::process::id(), state, ended: Condvar::new() }
    }

    /// Takes what is to be started. Whoever gets it calls [`started`](Self::started) or
    /// [`put_back`](Self::put_back).
    pub(super) fn take(&self) -> Result<Box<Plan>, StartError> {
        let mut state = self.state.lock();
        match std::mem::replace(&mut *state, State::Starting) {
            State::New(plan) => Ok(plan),
            other => {
                *state = other;
                Err(StartError::AlreadyStarted)
            }
        }
    }

    pub(super) fn put_back(&self, plan: Box<Plan>) {
        *self.state.lock() = State::New(plan);
    }

    pub(super) fn started(&self, running: Running) {
        *self.state.lock() = State::Running(running);
    }

    /// Whether we are not in a process that was forked from the one that made it.
    fn is_ours(&self) -> bool {
        self.owner == std::process::id()
    }

    /// Waits for the process if it has ended. Every look at the state begins with this.
    fn look(&self, state: &mut State) {
        let State::Running(running) = state else { return };
        if !self.is_ours() {
            return;
        }
        let exit = match running.process.try_wait() {
            Ok(None) => return,
            Ok(Some(status)) => signal::exit_of(status),
            // Somebody else has waited for it, or the program has told the system not to keep the dead.
            Err(_) => Exit::Unknown,
        };
        let never_began = match (Report::receive(&running.line), exit) {
            (Some(Report::Begun), _) => None,
            (Some(Report::Refused(reason)), _) => Some(reason),
            // It was killed before it could; that is an end like any other.
            (None, Exit::Signal(_) | Exit::Unknown) => None,
            (None, Exit::Code(_)) => Some(format!(
                "it {exit} before it was told what to do; the program that was started is another one, \
                 or another build, or does not call concurrent_futures::init() first in main"
            )),
        };
        let (pid, sentinel) = (running.process.id(), running.sentinel.clone());
        *state = State::Ended(Ended { pid, exit, never_began, sentinel });
        self.ended.notify_all();
    }

    /// Whether it has been started and has not ended.
    pub(super) fn is_alive(&self) -> bool {
        let mut state = self.state.lock();
        self.look(&mut state);
        match &*state {
            State::Running(running) => self.is_ours() || !running.sentinel.is_ready(),
            _ => false,
        }
    }

    /// Its process id, once it has been started.
    pub(super) fn pid(&self) -> Option<u32> {
        match &*self.state.lock() {
            State::New(_) | State::Starting => None,
            State::Running(running) => Some(running.process.id()),
            State::Ended(ended) => Some(ended.pid),
        }
    }

    /// How it has ended.
    pub(super) fn exit(&self) -> Option<Exit> {
        let mut state = self.state.lock();
        self.look(&mut state);
        match &*state {
            State::Ended(ended) => Some(ended.exit),
            _ => None,
        }
    }

    /// What becomes ready when it ends, once it has been started.
    pub(super) fn sentinel(&self) -> Option<Sentinel> {
        match &*self.state.lock() {
            State::New(_) | State::Starting => None,
            State::Running(running) => Some(running.sentinel.clone()),
            State::Ended(ended) => Some(ended.sentinel.clone()),
        }
    }

    /// The same, if nobody is at work on it.
    #[cfg(windows)]
    pub(super) fn try_sentinel(&self) -> Option<Sentinel> {
        match &*self.state.try_lock()? {
            State::Running(running) => Some(running.sentinel.clone()),
            _ => None,
        }
    }

    /// Waits for its end, until then at the latest.
    pub(super) fn join(&self, deadline: Option<Instant>) -> Result<Option<Exit>, JoinError> {
        if !self.is_ours() {
            return Err(JoinError::NotOurs);
        }
        let mut state = self.state.lock();
        let mut is_over = false;
        loop {
            self.look(&mut state);
            match &*state {
                State::New(_) | State::Starting => return Err(JoinError::NotStarted),
                State::Ended(Ended { exit, never_began: None, .. }) => return Ok(Some(*exit)),
                State::Ended(Ended { exit, never_began: Some(reason), .. }) => {
                    return Err(JoinError::NeverBegan { exit: *exit, reason: reason.clone() });
                }
                State::Running(_) if is_over => return Ok(None),
                State::Running(_) => {}
            }
            // The keeper looks when the process ends.
            match deadline {
                Some(deadline) => {
                    is_over = self.ended.wait_until(&mut state, deadline).timed_out();
                }
                None => self.ended.wait(&mut state),
            }
        }
    }

    /// Sends a signal. To one that has ended that is nothing.
    pub(super) fn signal(&self, signal: Signal) -> Result<(), SignalError> {
        if !self.is_ours() {
            return Err(SignalError::NotOurs);
        }
        let mut state = self.state.lock();
        self.look(&mut state);
        match &*state {
            State::New(_) | State::Starting => Err(SignalError::NotStarted),
            State::Ended(_) => Ok(()),
            State::Running(running) => {
                signal::send(&running.process, signal).map_err(SignalError::System)
            }
        }
    }
}

impl fmt::Debug for Child {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.lock();
        let (pid, state) = match &*state {
            State::New(_) => (None, "New".to_owned()),
            State::Starting => (None, "Starting".to_owned()),
            State::Running(running) => (Some(running.process.id()), "Running".to_owned()),
            State::Ended(ended) => (Some(ended.pid), format!("Ended({:?})", ended.exit)),
        };
        f.debug_struct("Process")
            .field("name", &self.identification.name)
            .field("daemon", &self.identification.daemon)
            .field("pid", &pid)
            .field("state", &format_args!("{state}"))
            .finish()
    }
}
