//! Model checks of the future's state machine and of the shared map, with loom.
//!
//! Each model runs the code that ships in every interleaving of its threads (and every value that a
//! relaxed load may see) that loom can reach. loom itself fails a model that deadlocks, that lets a
//! thread sleep for ever, or that touches an `UnsafeCell` from two threads at once. Run by
//! `ci/models.sh`; the number of executions is printed.

mod map;
mod shipping;
mod together;

use crate::completion::CompletionQueue;
use crate::executor::Executor;
use crate::task::Run;
use crate::{Future, Promise, Rejected, ReturnWhen, Shutdown, Task, TaskError, promise, wait};
use loom::thread;
use std::future::Future as _;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};

/// Explores `model`, and prints how many executions that took.
fn explore(name: &str, model: impl Fn() + Send + Sync + 'static) {
    static ONE: Mutex<()> = Mutex::new(()); // one model at a time, for readable output
    let _one = ONE.lock();
    let executions = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&executions);
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(3);
    builder.check(move || {
        count.fetch_add(1, SeqCst);
        model();
    });
    println!("model {name}: {} executions", executions.load(SeqCst));
}

/// Counts how often it was dropped.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// A drop counter and the count.
fn counted() -> (Counted, Arc<AtomicUsize>) {
    let drops = Arc::new(AtomicUsize::new(0));
    (Counted(Arc::clone(&drops)), drops)
}

#[test]
fn two_workers_race_to_start() {
    explore("two_workers_race_to_start", || {
        let runs = Arc::new(AtomicUsize::new(0));
        let (body, drops) = counted();
        let ran = Arc::clone(&runs);
        let (task, future) = Task::new(move || {
            let _body = body;
            ran.fetch_add(1, SeqCst)
        });
        // What a worker does that finds the task in the queue...
        let worker = thread::spawn(move || {
            task.run();
        });
        // ... and what one does that waits for it and helps.
        future.raw().run(false, |_| ());
        assert_eq!(future.result(), Ok(0));
        worker.join().unwrap();
        assert_eq!((runs.load(SeqCst), drops.load(SeqCst)), (1, 1));
    });
}

#[test]
fn cancel_races_with_start() {
    explore("cancel_races_with_start", || {
        let (body, drops) = counted();
        let (task, future) = Task::new(move || drop(body));
        let worker = thread::spawn(move || task.run());
        let cancelled = future.cancel();
        assert!(!cancelled || future.cancelled() && future.done());
        match future.result() {
            Ok(()) => assert!(!cancelled),
            Err(TaskError::Cancelled) => assert!(cancelled),
            Err(other) => panic!("{other}"),
        }
        worker.join().unwrap();
        assert_eq!(drops.load(SeqCst), 1);
    });
}

#[test]
fn two_cancels_race() {
    explore("two_cancels_race", || {
        let (body, drops) = counted();
        let (task, future) = Task::new(move || drop(body));
        let other = future.task_ref();
        let calls = Arc::new(AtomicUsize::new(0));
        let called = Arc::clone(&calls);
        future.add_done_callback(move |_| {
            called.fetch_add(1, SeqCst);
        });
        let canceller = thread::spawn(move || assert!(other.cancel()));
        assert!(future.cancel());
        assert_eq!(future.result(), Err(TaskError::Cancelled));
        canceller.join().unwrap();
        drop(task);
        assert_eq!((drops.load(SeqCst), calls.load(SeqCst)), (1, 1));
    });
}

#[test]
fn drop_races_with_completion() {
    explore("drop_races_with_completion", || {
        let (value, drops) = counted();
        let (task, future) = Task::new(move || value);
        let worker = thread::spawn(move || task.run());
        drop(future);
        worker.join().unwrap();
        assert_eq!(drops.load(SeqCst), 1);
    });
}

/// Whether the future goes before, while or after the task looks whether it is alone, and whatever else has
/// been a reference to it, the closure's own value and the result are dropped once each.
#[test]
fn a_forgotten_task_is_run_alone() {
    explore("a_forgotten_task_is_run_alone", || {
        let (held, held_drops) = counted();
        let (value, drops) = counted();
        let (task, future) = Task::new(move || {
            drop(held);
            value
        });
        let reference = task.reference();
        let watcher = thread::spawn(move || {
            drop(future);
            let _whether_it_has_ended = reference.done();
        });
        let worker = thread::spawn(move || task.run());
        watcher.join().unwrap();
        assert_eq!(worker.join().unwrap(), Run::Completed);
        assert_eq!((held_drops.load(SeqCst), drops.load(SeqCst)), (1, 1));
    });
}

#[test]
fn a_detached_task_is_run_cancelled_or_dropped() {
    explore("a_detached_task_is_run_cancelled_or_dropped", || {
        let run = |task: Task| assert_eq!(task.run(), Run::Completed);
        let cancel = |task: Task| assert!(task.cancel());
        let ends: [fn(Task); 3] = [run, cancel, drop];
        for end in ends {
            let (value, drops) = counted();
            let task = Task::detached(move || value);
            thread::spawn(move || end(task)).join().unwrap();
            assert_eq!(drops.load(SeqCst), 1);
        }
    });
}

#[test]
fn drop_with_callback_races_with_completion() {
    explore("drop_with_callback_races_with_completion", || {
        let (value, drops) = counted();
        let (task, future) = Task::new(move || value);
        let seen = Arc::new(AtomicUsize::new(0));
        let see = Arc::clone(&seen);
        let dropped = Arc::clone(&drops);
        future.add_done_callback(move |outcome| {
            assert!(outcome.is_ok());
            assert_eq!(dropped.load(SeqCst), 0, "lent out while it is alive");
            see.fetch_add(1, SeqCst);
        });
        let worker = thread::spawn(move || task.run());
        drop(future);
        worker.join().unwrap();
        assert_eq!((seen.load(SeqCst), drops.load(SeqCst)), (1, 1));
    });
}

#[test]
fn waiter_never_sleeps_through() {
    explore("waiter_never_sleeps_through", || {
        let (value, drops) = counted();
        let (task, future) = Task::new(move || value);
        let worker = thread::spawn(move || task.run());
        let value = future.result();
        assert_eq!(drops.load(SeqCst), 0);
        drop(value);
        worker.join().unwrap();
        assert_eq!(drops.load(SeqCst), 1);
    });
}

#[test]
fn two_waiters_are_both_woken() {
    explore("two_waiters_are_both_woken", || {
        let (task, future) = Task::new(|| 7);
        let other = future.task_ref();
        let waiter = thread::spawn(move || {
            other.wait();
            assert!(other.is_over());
        });
        let worker = thread::spawn(move || task.run());
        assert_eq!(future.result(), Ok(7));
        waiter.join().unwrap();
        worker.join().unwrap();
    });
}

#[test]
fn callback_races_with_completion() {
    explore("callback_races_with_completion", || {
        let order = Arc::new(Mutex::new(Vec::new()));
        let (task, future) = Task::new(|| 7);
        let worker = thread::spawn(move || task.run());
        for number in [1, 2] {
            let order = Arc::clone(&order);
            future.add_done_callback(move |outcome| {
                assert_eq!(outcome, &Ok(7));
                order.lock().unwrap().push(number);
            });
        }
        assert_eq!(future.result(), Ok(7));
        worker.join().unwrap();
        let order = order.lock().unwrap();
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, [1, 2], "each ran once, before result returned: {order:?}");
    });
}

/// Two threads find that there is no list of listeners yet, and a third asks for the identity meanwhile.
#[test]
fn listeners_race_for_the_first_place() {
    explore("listeners_race_for_the_first_place", || {
        let (promise, future) = promise();
        let (id, reference, same) = (future.id(), future.task_ref(), future.task_ref());
        let queue = crate::sync::Arc::new(CompletionQueue::new());
        let watched = crate::sync::Arc::clone(&queue);
        let watcher = thread::spawn(move || {
            assert!(reference.raw().watch(1, &watched, 3), "nobody has completed it");
        });
        let asker = thread::spawn(move || assert_eq!(same.id(), id));
        let (value, drops) = counted();
        let called = Arc::new(AtomicUsize::new(0));
        let calls = Arc::clone(&called);
        future.add_done_callback(move |_| {
            calls.fetch_add(1, SeqCst);
        });
        assert_eq!(future.id(), id);
        watcher.join().unwrap();
        asker.join().unwrap();
        promise.set_result(value).unwrap();
        assert_eq!((called.load(SeqCst), queue.try_pop()), (1, Some(3)), "neither was lost");
        drop(future.result());
        assert_eq!(drops.load(SeqCst), 1);
    });
}

#[test]
fn completions_race() {
    explore("completions_race", || {
        let (value, drops) = counted();
        let (other, other_drops) = counted();
        let (promise, future): (Promise<Counted>, Future<Counted>) = promise();
        let promise = Arc::new(promise);
        let rival = Arc::clone(&promise);
        let setter = thread::spawn(move || rival.set_result(other).is_ok());
        let won = promise.set_result(value).is_ok();
        let lost = setter.join().unwrap();
        assert!(won ^ lost, "exactly one completion counts");
        drop(future.result());
        assert_eq!((drops.load(SeqCst), other_drops.load(SeqCst)), (1, 1));
    });
}

#[test]
fn promise_races_with_cancel() {
    explore("promise_races_with_cancel", || {
        let (value, drops) = counted();
        let (promise, future) = promise();
        let producer = thread::spawn(move || promise.set_result(value).is_ok());
        let cancelled = future.cancel();
        let outcome = future.result();
        assert_eq!(outcome.is_err(), cancelled);
        assert_eq!(producer.join().unwrap(), !cancelled);
        drop(outcome);
        assert_eq!(drops.load(SeqCst), 1);
    });
}

/// Remembers that it was woken.
struct Flag(AtomicUsize);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[test]
fn waker_is_woken_if_it_was_taken() {
    explore("waker_is_woken_if_it_was_taken", || {
        let (task, mut future) = Task::new(|| 7);
        let worker = thread::spawn(move || task.run());
        let flag = Arc::new(Flag(AtomicUsize::new(0)));
        let waker = Waker::from(Arc::clone(&flag));
        let first = Pin::new(&mut future).poll(&mut Context::from_waker(&waker));
        worker.join().unwrap();
        match first {
            Poll::Ready(outcome) => assert_eq!(outcome, Ok(7)),
            Poll::Pending => {
                assert_eq!(flag.0.load(SeqCst), 1);
                let second = Pin::new(&mut future).poll(&mut Context::from_waker(&waker));
                assert_eq!(second, Poll::Ready(Ok(7)));
            }
        }
    });
}

#[test]
fn wait_sees_every_completion() {
    explore("wait_sees_every_completion", || {
        let (first, one) = Task::new(|| 1);
        let (second, two) = Task::new(|| 2);
        let worker = thread::spawn(move || {
            first.run();
            second.run();
        });
        let waited = wait([one, two], None, ReturnWhen::AllCompleted);
        let results: Vec<_> = waited.done.into_iter().map(Future::result).collect();
        assert_eq!(results, [Ok(1), Ok(2)]);
        worker.join().unwrap();
    });
}

/// Gives the tasks of a map to whoever asks, as a queue would.
#[derive(Default)]
struct Collecting(Mutex<Vec<Task>>);

impl Executor for Collecting {
    fn execute(&self, task: Task) -> Result<(), Rejected> {
        self.0.lock().unwrap().push(task);
        Ok(())
    }

    fn shutdown(&self, _how: Shutdown) -> bool {
        true
    }

    fn max_workers(&self) -> usize {
        2
    }
}

#[test]
fn map_claims_are_exclusive() {
    explore("map_claims_are_exclusive", || {
        let executor = Collecting::default();
        let results = executor.map(|item: usize| item * 10, 0..3).unwrap();
        let mut runners = std::mem::take(&mut *executor.0.lock().unwrap()).into_iter();
        let (first, second) = (runners.next().unwrap(), runners.next().unwrap());
        let worker = thread::spawn(move || first.run());
        second.run();
        worker.join().unwrap();
        assert_eq!(results.collect::<Vec<_>>(), [Ok(0), Ok(10), Ok(20)]);
    });
}

#[test]
fn map_reader_never_sleeps_through() {
    explore("map_reader_never_sleeps_through", || {
        let executor = Collecting::default();
        let results = executor.map(|item: usize| item * 10, 0..2).unwrap();
        let mut runners = std::mem::take(&mut *executor.0.lock().unwrap()).into_iter();
        let first = runners.next().unwrap();
        let worker = thread::spawn(move || first.run());
        assert_eq!(results.collect::<Vec<_>>(), [Ok(0), Ok(10)]);
        worker.join().unwrap();
    });
}

#[test]
fn map_cancel_resolves_every_item() {
    explore("map_cancel_resolves_every_item", || {
        let executor = Collecting::default();
        let (item, drops) = counted();
        let mut results = crate::map::local(
            &executor,
            |item: Option<Counted>| item.is_some(),
            [None, Some(item)],
            crate::MapOptions::new(),
        )
        .unwrap();
        let mut runners = std::mem::take(&mut *executor.0.lock().unwrap()).into_iter();
        let first = runners.next().unwrap();
        let worker = thread::spawn(move || first.run());
        results.cancel();
        worker.join().unwrap();
        drop(runners);
        drop(results);
        assert_eq!(drops.load(SeqCst), 1);
    });
}
