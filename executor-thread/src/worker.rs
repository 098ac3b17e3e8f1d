//! The loop that every thread of a pool runs.

use crate::engine::Engine;
use crate::sleep::{Sleeper, Slept};
use crate::stats::Counters;
use executor_core::task::Run;
use executor_core::worker::{Ending, Worker, enter};
use executor_core::{ExecutorId, PanicReport, Task};
use std::cell::Cell;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

/// How often a worker looks for work before it sleeps: for some ten microseconds, in which a waker
/// would not even have returned from its system call.
const SEARCH_ROUNDS: u32 = 64;

/// The longest `patience`: about two microseconds.
const MAX_PATIENCE: u32 = 64;

/// Starts the thread for a slot, which counts as live and searching already.
pub(crate) fn spawn(engine: &Arc<Engine>, slot: usize) -> io::Result<JoinHandle<()>> {
    let config = &engine.config;
    let mut thread =
        std::thread::Builder::new().name(format!("{}_{slot}", config.thread_name_prefix));
    if let Some(bytes) = config.stack_size {
        thread = thread.stack_size(bytes);
    }
    let engine = Arc::clone(engine);
    thread.spawn(move || {
        let worker = ThreadWorker {
            engine: &engine,
            counters: engine.counters(slot),
            patience: Cell::new(0),
        };
        enter(&worker, || worker.work(slot));
    })
}

/// What this thread is to the core, and the state of its loop.
struct ThreadWorker<'e> {
    engine: &'e Arc<Engine>,
    counters: &'e Counters,
    /// How many turns to wait before the first look; see `look_around`.
    patience: Cell<u32>,
}

/// What to do after a search.
enum Found {
    Task(Task),
    /// The thread has been counted out.
    Left,
}

impl ThreadWorker<'_> {
    /// Works until the pool has no use for this thread. It counts as searching at the beginning.
    fn work(&self, slot: usize) {
        if let Err(report) = self.initialize() {
            self.engine.break_down(report);
        }
        let sleeper = Sleeper::new();
        while let Found::Task(task) = self.search(slot, &sleeper) {
            self.run(task);
            while let Some(task) = self.engine.take_task() {
                self.run(task);
            }
            self.engine.sleep.start_searching();
        }
    }

    /// Runs the user's initializer, unless it has already failed elsewhere.
    fn initialize(&self) -> Result<(), PanicReport> {
        match &self.engine.config.initializer {
            Some(initializer) if !self.engine.is_broken() => PanicReport::catch(initializer),
            _ => Ok(()),
        }
    }

    /// Looks for a task, sleeping in between, until there is one or no reason to go on.
    ///
    /// The worker counts as searching at the beginning, and not at the end.
    fn search(&self, slot: usize, sleeper: &Arc<Sleeper>) -> Found {
        let engine = self.engine;
        loop {
            if engine.is_broken() {
                engine.fail_pending();
            }
            if let Some(task) = self.look_around() {
                // The task is taken before the census changes, so that nobody is woken for it.
                if engine.sleep.stop_searching() && !engine.queue.is_empty() {
                    engine.notify(engine.sleep.census());
                }
                return Found::Task(task);
            }
            if engine.is_closed() {
                if engine.leave(slot) {
                    return Found::Left;
                }
                continue;
            }
            let is_idle = || engine.queue.is_empty() && !engine.is_closed();
            let deadline = || {
                let timeout = engine.config.idle_timeout.filter(|_| engine.has_surplus())?;
                Instant::now().checked_add(timeout)
            };
            let slept = engine.sleep.sleep(sleeper, is_idle, deadline);
            if slept == Slept::TimedOut && engine.leave(slot) {
                return Found::Left;
            }
        }
    }

    /// Looks at the queue for a short while.
    ///
    /// Each look takes the queue's cache lines away from whoever is submitting. When tasks keep
    /// coming faster than they are run, it pays to let a few gather: `patience` is how long to leave
    /// the queue alone first. It grows when a look found more than one task, and falls back to
    /// nothing when it found one alone, so that a lone task is not kept waiting.
    fn look_around(&self) -> Option<Task> {
        let patience = self.patience.get();
        for _ in 0..patience {
            std::hint::spin_loop();
        }
        for round in 0..SEARCH_ROUNDS {
            if let Some(task) = self.engine.take_task() {
                let more = !self.engine.queue.is_empty();
                let next = if more { (patience * 2 + 4).min(MAX_PATIENCE) } else { patience / 4 };
                self.patience.set(next);
                return Some(task);
            }
            if round < 4 {
                for _ in 0..8 << round {
                    std::hint::spin_loop();
                }
            } else {
                std::thread::yield_now();
            }
        }
        self.patience.set(0);
        None
    }

    #[inline]
    fn run(&self, task: Task) {
        if self.engine.is_cancelling() {
            self.counters.task_cancelled();
            task.cancel();
            return;
        }
        self.counters.task_started();
        match task.run_with(|ending| self.counters.task_ended(ending)) {
            Run::Completed | Run::Failed => {}
            Run::Cancelled => self.counters.task_not_started(true),
            Run::Elsewhere => self.counters.task_not_started(false),
        }
    }
}

impl Worker for ThreadWorker<'_> {
    fn executor(&self) -> ExecutorId {
        self.engine.id
    }

    fn helping(&self) {
        self.counters.task_started();
    }

    fn helped(&self, ending: Ending) {
        self.counters.task_ended(ending);
    }

    fn between_items(&self) -> bool {
        while let Some(task) = self.engine.take_urgent_task() {
            self.run(task);
        }
        !self.engine.is_cancelling()
    }
}
