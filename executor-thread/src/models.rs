//! Model checks with loom: of the sleep protocol here, and of `join` and what `sync` and `queue` offer in
//! `models/`.
//!
//! The workers here are the loop of `worker.rs` without the parts that loom cannot follow (starting
//! threads, the injector); the word, the list and the parkers are the ones that ship. A lost wake-up
//! leaves a worker parked for ever, which loom reports as a deadlock. Run by `ci/models.sh`.

mod barrier;
mod event;
mod join;
mod queue;
mod semaphore;

use crate::primitives::Mutex;
use crate::sleep::{Sleep, Sleeper};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use loom::thread;
use std::collections::VecDeque;

fn explore(name: &str, model: impl Fn() + Send + Sync + 'static) {
    let executions = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = std::sync::Arc::clone(&executions);
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(3);
    builder.check(move || {
        count.fetch_add(1, SeqCst);
        model();
    });
    println!("model {name}: {} executions", executions.load(SeqCst));
}

/// A pool of so much that sleeping and waking can be told.
struct Pool {
    sleep: Sleep,
    queue: Mutex<VecDeque<usize>>,
    closed: AtomicBool,
    taken: AtomicUsize,
}

impl Pool {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            sleep: Sleep::new(),
            queue: Mutex::new(VecDeque::new()),
            closed: AtomicBool::new(false),
            taken: AtomicUsize::new(0),
        })
    }

    /// As `Engine::execute`.
    fn submit(&self, task: usize) {
        self.queue.lock().push_back(task);
        if self.sleep.announce().searching() == 0 {
            self.sleep.wake_one();
        }
    }

    /// As `Engine::close`.
    fn close(&self) {
        self.closed.store(true, SeqCst);
        self.sleep.wake_all();
    }

    fn take(&self) -> Option<usize> {
        self.queue.lock().pop_front()
    }

    /// As `ThreadWorker::work`; the worker counts as searching at the beginning.
    fn work(&self, run: impl Fn(usize)) {
        let sleeper = Sleeper::new();
        loop {
            match self.take() {
                Some(task) => {
                    if self.sleep.stop_searching() && !self.queue.lock().is_empty() {
                        self.sleep.wake_one();
                    }
                    self.taken.fetch_add(1, SeqCst);
                    run(task);
                    self.sleep.start_searching();
                }
                None if self.closed.load(SeqCst) => {
                    self.sleep.stop_searching();
                    return;
                }
                None => {
                    let is_idle = || self.queue.lock().is_empty() && !self.closed.load(SeqCst);
                    self.sleep.sleep(&sleeper, is_idle, || None);
                }
            }
        }
    }
}

#[test]
fn no_wakeup_is_lost() {
    explore("no_wakeup_is_lost", || {
        let pool = Pool::new();
        pool.sleep.start_searching();
        let worker = {
            let pool = Arc::clone(&pool);
            thread::spawn(move || {
                let closer = Arc::clone(&pool);
                // The worker ends when both tasks have come to it: if one does not, it hangs.
                pool.work(move |task| {
                    if task == 2 {
                        closer.close();
                    }
                });
            })
        };
        pool.submit(1);
        pool.submit(2);
        worker.join().unwrap();
        assert_eq!(pool.taken.load(SeqCst), 2);
        let census = pool.sleep.census();
        assert_eq!((census.searching(), census.sleeping()), (0, 0));
    });
}

#[test]
fn the_chain_of_wakeups_reaches_the_second_worker() {
    explore("the_chain_of_wakeups_reaches_the_second_worker", || {
        let pool = Pool::new();
        // Each task waits until the other has been started: both workers must be at it.
        let met = Arc::new((loom::sync::Mutex::new(0), loom::sync::Condvar::new()));
        let workers = [(); 2].map(|()| {
            let (pool, met) = (Arc::clone(&pool), Arc::clone(&met));
            pool.sleep.start_searching();
            thread::spawn(move || {
                let closer = Arc::clone(&pool);
                pool.work(move |_| {
                    let mut count = met.0.lock().unwrap();
                    *count += 1;
                    while *count < 2 {
                        count = met.1.wait(count).unwrap();
                    }
                    drop(count);
                    met.1.notify_all();
                    closer.close();
                });
            })
        });
        pool.submit(1);
        pool.submit(2);
        for worker in workers {
            worker.join().unwrap();
        }
        assert_eq!(pool.taken.load(SeqCst), 2);
    });
}

#[test]
fn two_submitters_one_worker() {
    explore("two_submitters_one_worker", || {
        let pool = Pool::new();
        pool.sleep.start_searching();
        let worker = {
            let pool = Arc::clone(&pool);
            thread::spawn(move || {
                let closer = Arc::clone(&pool);
                pool.work(move |_| {
                    if closer.taken.load(SeqCst) == 2 {
                        closer.close();
                    }
                });
            })
        };
        let other = {
            let pool = Arc::clone(&pool);
            thread::spawn(move || pool.submit(1))
        };
        pool.submit(2);
        other.join().unwrap();
        worker.join().unwrap();
        assert_eq!(pool.taken.load(SeqCst), 2);
    });
}

#[test]
fn a_worker_may_leave() {
    explore("a_worker_may_leave", || {
        let pool = Pool::new();
        let live = Arc::new(AtomicUsize::new(1));
        pool.sleep.start_searching();
        let worker = {
            let (pool, live) = (Arc::clone(&pool), Arc::clone(&live));
            // As `Engine::leave`: out of `live`, out of the searching, one more look.
            thread::spawn(move || {
                live.fetch_sub(1, SeqCst);
                pool.sleep.stop_searching();
                pool.take().is_some()
            })
        };
        pool.queue.lock().push_back(1);
        let census = pool.sleep.announce();
        let starts_another = census.searching() == 0 && live.load(SeqCst) == 0;
        let ran = worker.join().unwrap();
        assert!(ran || starts_another, "the task is stranded");
    });
}

#[test]
fn a_late_submission_is_run_or_refused() {
    explore("a_late_submission_is_run_or_refused", || {
        let pool = Pool::new();
        // The roster's lock; how many workers are live.
        let live = Arc::new(Mutex::new(1));
        pool.sleep.start_searching();
        let worker = {
            let (pool, live) = (Arc::clone(&pool), Arc::clone(&live));
            // As `ThreadWorker::search` and `Engine::leave` in a pool that is being closed.
            thread::spawn(move || {
                loop {
                    if pool.take().is_some() {
                        pool.taken.fetch_add(1, SeqCst);
                    }
                    if !pool.closed.load(SeqCst) {
                        thread::yield_now();
                        continue;
                    }
                    let mut live = live.lock();
                    *live -= 1;
                    pool.sleep.stop_searching();
                    if pool.queue.lock().is_empty() {
                        return;
                    }
                    pool.sleep.start_searching();
                    *live += 1;
                }
            })
        };
        let closer = {
            let (pool, live) = (Arc::clone(&pool), Arc::clone(&live));
            // As `Engine::shutdown`: what has been run when it says that everything has ended.
            thread::spawn(move || {
                pool.close();
                loop {
                    let ended = *live.lock() == 0 && pool.queue.lock().is_empty();
                    if ended {
                        return pool.taken.load(SeqCst);
                    }
                    thread::yield_now();
                }
            })
        };
        // As `Engine::execute` and `settle_late`.
        pool.queue.lock().push_back(1);
        pool.sleep.announce();
        let accepted = !pool.closed.load(SeqCst) || {
            let live = live.lock();
            *live > 0 || pool.take().is_none()
        };
        let run_before_the_end = closer.join().unwrap();
        worker.join().unwrap();
        assert_eq!(run_before_the_end, usize::from(accepted));
    });
}
