//! The pool behind [`ProcessPoolExecutor`](crate::ProcessPoolExecutor): its state, its threads, and
//! the way of a task.
//!
//! | step                                              | by                       | file            |
//! |---------------------------------------------------|--------------------------|-----------------|
//! | encodes the argument, makes an entry              | the submitting thread    | `submit.rs`     |
//! | chooses a worker and sends it there, or queues it | whoever holds the lock   | `dispatch.rs`, `ahead.rs`, `queue.rs` |
//! | runs it                                           | the worker               | `worker/`       |
//! | reads the outcome, completes the future           | the worker's reader      | `reader.rs`     |
//! |                                                   | or who waits for it      | `home.rs`       |
//! | sends what travels beside the argument            | whoever holds the lock   | `dispatch.rs`, `transport/beside/` |
//! | takes it back: cancelled, or for an idle worker   | whoever holds the lock   | `home.rs`, `dispatch.rs` |
//! | blames, repeats or fails it when the worker dies  | the worker's reader      | `death.rs`      |
//! | takes it back: behind a long one                  | the supervisor           | `watch.rs`      |
//! | stops it: deadline, kill                          | supervisor, caller       | `supervisor.rs`, `home.rs` |
//!
//! # Threads
//!
//! Each worker has two threads here: the *keeper* starts the process and waits for its end, the
//! *reader* greets it, and then reads what it sends. A *supervisor* is started when there is something to
//! be done at a certain time. None of them uses any processor time while nothing happens.
//!
//! # Lock
//!
//! One lock guards the queue, the books on all workers, and the end of the pool. Whoever holds it may
//! send tasks, since that writes to memory only, and descriptors, since that does not wait for room; see
//! [`after`] for what waits until it is released. The lock of a worker's frames is taken before it,
//! never after.

pub(crate) mod after;
mod ahead;
#[cfg(all(any(test, fuzzing), not(loom)))]
mod basket;
pub(crate) mod config;
mod death;
#[cfg(all(test, unix, feature = "constructor"))]
mod descriptors;
mod dispatch;
mod end;
mod entry;
mod home;
#[cfg(all(test, target_os = "linux", feature = "constructor", not(loom)))]
pub(crate) mod hostile;
mod keeper;
mod link;
mod member;
mod queue;
mod reader;
#[cfg(not(unix))]
mod server;
mod start;
mod submit;
mod supervisor;
mod watch;

#[cfg(all(any(test, fuzzing), target_os = "linux", not(loom)))]
pub use reader::fuzzed::window;

use self::after::After;
use self::config::Config;
use self::member::{Member, Phase};
use self::queue::Queue;
use self::watch::Watch;

pub(crate) use self::end::Force;
use crate::stats::Stats;
use crate::transport::depot::Depot;
use crate::transport::memory::MemoryFile;
use executor_core::{BrokenPool, ExecutorId, home as registry};
use parking_lot::{Condvar, Mutex};
use std::collections::BinaryHeap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::Instant;

/// A pool, as its handle and its threads share it.
pub(crate) struct Shared {
    pub(crate) config: Config,
    id: ExecutorId,
    state: Mutex<State>,
    /// Notified when the pool has come closer to its end.
    changed: Condvar,
    /// Notified when the supervisor has something to do earlier than it knows.
    alarm: Condvar,
    /// Large arguments.
    arguments: Arc<Depot>,
    /// How many tasks are being encoded, or completed by a thread that waits for them: what the end of
    /// the pool must wait for as well.
    incoming: AtomicUsize,
    /// `State::closed` or `State::broken`, for a look without the lock.
    refusing: AtomicBool,
    /// Held while the threads of a pool that has ended are joined.
    joining: Mutex<()>,
    this: Weak<Shared>,
}

/// What the lock guards.
#[derive(Default)]
struct State {
    /// Tasks that no worker has been given.
    queue: Queue,
    members: Vec<Member>,
    /// No task is accepted any more.
    closed: bool,
    /// What has not been started is to be cancelled.
    cancelling: bool,
    broken: Option<Arc<BrokenPool>>,
    /// No worker can be given more until one of them has finished something.
    saturated: bool,
    /// The worker that was chosen for its quick tasks, and how many more may follow; see `dispatch`.
    following: (usize, u32),
    /// Every worker is being killed: what is running then fails as killed.
    killing: bool,
    /// How many workers have failed to start since the last that did not.
    failures: u32,
    /// How many have ended, since a task was last finished, that had begun nothing.
    idle_deaths: u32,
    /// Why the last one failed to start.
    failure: Option<Arc<BrokenPool>>,
    /// When to try again to start one.
    retry_at: Option<Instant>,
    next_number: u64,
    /// When a task is to be stopped, and where it is.
    deadlines: BinaryHeap<supervisor::Deadline>,
    /// How closely the supervisor looks after unstarted work, and when next.
    watch: Option<(Watch, Instant)>,
    supervisor: Option<JoinHandle<()>>,
    /// When it will look next.
    alarm_at: Option<Instant>,
    /// Readers that have ended, or are about to.
    finished: Vec<JoinHandle<()>>,
    counters: Stats,
}

impl Shared {
    pub(crate) fn new(config: Config) -> io::Result<Arc<Self>> {
        let arguments = Depot::new(MemoryFile::create(0)?);
        let id = ExecutorId::next();
        let shared = Arc::new_cyclic(|this: &Weak<Self>| Self {
            config,
            id,
            state: Mutex::default(),
            changed: Condvar::new(),
            alarm: Condvar::new(),
            arguments,
            incoming: AtomicUsize::new(0),
            refusing: AtomicBool::new(false),
            joining: Mutex::new(()),
            this: Weak::clone(this),
        });
        let home: Weak<Self> = Arc::downgrade(&shared);
        registry::register(id, home);
        Ok(shared)
    }

    /// Gives `f` the state, and does afterwards what it has noted.
    #[inline]
    fn with<T>(&self, f: impl FnOnce(&mut State, &mut After) -> T) -> T {
        let mut after = After::default();
        let mut state = self.state.lock();
        let result = f(&mut state, &mut after);
        drop(state);
        after.run(self);
        result
    }

    pub(crate) fn stats(&self) -> Stats {
        let state = self.state.lock();
        let idle = |member: &&Member| member.phase == Phase::Ready && member.in_flight == 0;
        Stats {
            live: state.members.len(),
            idle: state.members.iter().filter(idle).count(),
            queued: state.queue.items(),
            with_workers: state.members.iter().map(|member| member.items).sum(),
            ..state.counters
        }
    }

    pub(crate) fn worker_pids(&self) -> Vec<u32> {
        let state = self.state.lock();
        state.members.iter().filter_map(|member| member.link.pid()).collect()
    }

    pub(crate) fn broken(&self) -> Option<Arc<BrokenPool>> {
        self.state.lock().broken.clone()
    }

    fn is_incoming(&self) -> bool {
        self.incoming.load(Ordering::SeqCst) != 0
    }
}

impl State {
    fn member(&mut self, worker: u64) -> Option<&mut Member> {
        self.members.iter_mut().find(|member| member.link.number == worker)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        registry::unregister(self.id);
    }
}
