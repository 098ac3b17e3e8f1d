//! One run: submits the tasks of a plan, has them disturbed, and collects what became of them.

use crate::books::{Books, Fate};
use crate::killer;
use crate::ledger::{self, Answer, perform};
use crate::plan::{Dice, Ending, Plan, factor};
use crate::support::{Scratch, eventually, setting, watchdog};
use concurrent_futures::{Executor, Future, ProcessPoolExecutor, Shutdown, TaskError, TaskOptions};
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

/// Repeats `body` with different seeds, under a time limit.
pub(crate) fn repeat(name: &str, body: impl Fn(u64)) {
    let first = setting("FAULTS_SEED").unwrap_or(0x9e37_79b9_7f4a_7c15);
    for round in 0..factor() {
        let seed = first.wrapping_add(round.wrapping_mul(0x2545_f491_4f6c_dd1d));
        println!("{name}: FAULTS_SEED={seed}");
        let name = format!("{name} with FAULTS_SEED={seed}");
        watchdog::guarded_for(&name, Duration::from_secs(120), || body(seed));
    }
}

/// Runs a plan and checks the books.
pub(crate) fn run(plan: &Plan) {
    repeat(plan.name, |seed| run_once(plan, seed));
}

/// A task as it was accepted, or the news that it was not.
type Ticket = Option<Future<Answer>>;

/// What callbacks count.
struct Callbacks {
    calls: Vec<AtomicU8>,
    done: AtomicUsize,
}

fn run_once(plan: &Plan, seed: u64) {
    let scratch = Scratch::new();
    let path = scratch.path().join("ledger");
    File::create(&path).expect("a file in the test's directory");
    let pool = Arc::new(plan.pool(&path));
    let callbacks = Arc::new(Callbacks {
        calls: (0..plan.tasks).map(|_| AtomicU8::new(0)).collect(),
        done: AtomicUsize::new(0),
    });
    let stop = AtomicBool::new(false);
    let mut books = Books::new(plan);
    thread::scope(|scope| {
        let stop = StopWhenDropped(&stop);
        let weak = Arc::downgrade(&pool);
        let counted = &callbacks.done;
        let killer =
            scope.spawn(move || killer::rage(plan, &weak, counted, stop.0, Dice::new(seed, 1)));
        let owned = (plan.ending == Ending::Drop).then(|| Arc::clone(&pool));
        let (lent, counted) = (Arc::downgrade(&pool), Arc::clone(&callbacks));
        let ender = scope.spawn(move || {
            if plan.ending != Ending::Collect {
                let third = plan.tasks as usize / 3;
                eventually("a third of the tasks", || counted.done.load(SeqCst) >= third);
                drop(owned);
                if let Some(pool) = lent.upgrade() {
                    end(&pool, plan.ending);
                }
            }
        });
        let tickets = submit_all(plan, &pool, &callbacks, &mut Dice::new(seed, 0), &mut books);
        if plan.ending == Ending::Drop {
            ender.join().expect("it does not panic");
            drop(pool); // perhaps not the last handle: the killer may have one for a moment
            collect(tickets, &mut books);
        } else {
            collect(tickets, &mut books);
            ender.join().expect("it does not panic");
            if plan.ending == Ending::Collect {
                let sent = killer.join().expect("it does not panic");
                let enough = sent * 10 >= plan.kills * 9 || pool.broken().is_some();
                assert!(enough, "only {sent} signals were sent");
                books.note_stats(pool.stats());
                is_as_good_as_new(plan, &pool);
            } else {
                drop(stop);
                killer.join().expect("it does not panic");
            }
            assert!(pool.shutdown(Shutdown::wait()));
            books.note_deaths(pool.stats().died);
            drop(pool);
        }
    });
    assert!(callbacks.calls.iter().all(|calls| calls.load(SeqCst) <= 1), "called back twice");
    books.note_callbacks(callbacks.done.load(SeqCst));
    books.check(&ledger::read(&path));
}

struct StopWhenDropped<'a>(&'a AtomicBool);

impl Drop for StopWhenDropped<'_> {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
    }
}

fn submit_all(
    plan: &Plan,
    pool: &ProcessPoolExecutor,
    callbacks: &Arc<Callbacks>,
    dice: &mut Dice,
    books: &mut Books,
) -> Vec<Ticket> {
    let mut tickets: Vec<Ticket> = Vec::with_capacity(plan.tasks as usize);
    for index in 0..plan.tasks {
        let order = plan.order(index, dice);
        let mut options = TaskOptions::new().with_retries(plan.retries);
        if dice.roll(1000) < plan.deadlines {
            options = options.with_deadline(Duration::from_micros(dice.roll(4000)));
        }
        let Ok(future) = pool.submit_with(perform, order, options) else {
            books.note(index, Fate::Refused);
            tickets.push(None);
            continue;
        };
        let counted = Arc::clone(callbacks);
        future.add_done_callback(move |_| {
            counted.calls[index as usize].fetch_add(1, SeqCst);
            counted.done.fetch_add(1, SeqCst);
        });
        tickets.push(Some(future));
        let any = dice.roll(u64::from(index) + 1) as u32;
        if dice.roll(1000) < plan.cancels {
            // One of the last hundred, since older ones are mostly over.
            let near = index - any.min(dice.roll(100) as u32).min(index);
            if let Some(future) = &tickets[near as usize] {
                books.note_cancel(near, future.cancel());
            }
        }
        if dice.roll(1000) < plan.kills_by_hand {
            let near = index - any.min(dice.roll(100) as u32).min(index);
            if let Some(future) = &tickets[near as usize] {
                books.note_kill(near, future.kill());
            }
        }
        if dice.roll(300) == 0 {
            // Wait for one while everything goes on: this thread then reads in the reader's place.
            settle(index, &mut tickets, books);
        }
        if plan.large > 0 {
            // No more outstanding than there is memory for.
            let old = index.saturating_sub(200);
            settle(old, &mut tickets, books);
        }
    }
    tickets
}

/// Waits for a task and enters what has become of it, unless that was done.
fn settle(index: u32, tickets: &mut [Ticket], books: &mut Books) {
    if let Some(future) = tickets[index as usize].take() {
        books.note(index, fate(index, future.result()));
    }
}

fn collect(mut tickets: Vec<Ticket>, books: &mut Books) {
    for index in 0..tickets.len() {
        settle(index as u32, &mut tickets, books);
    }
}

/// What an outcome says.
pub(crate) fn fate(index: u32, outcome: Result<Answer, TaskError>) -> Fate {
    match outcome {
        Ok(answer) => {
            assert_eq!(answer.index, index, "a future has the value of another");
            assert!(answer.cargo.is_of(index), "the value of task {index} is damaged");
            Fate::Value
        }
        Err(TaskError::Panicked(report)) => {
            assert_eq!(report.message(), "expected");
            Fate::Panicked
        }
        Err(TaskError::Cancelled) => Fate::Cancelled,
        Err(TaskError::WorkerDied(death)) => Fate::Died(death.pid),
        Err(TaskError::Killed) => Fate::Killed,
        Err(TaskError::DeadlineExceeded) => Fate::Late,
        Err(TaskError::PoolBroken(_)) => Fate::Broken,
        Err(other) => panic!("task {index}: {other}"),
    }
}

fn end(pool: &ProcessPoolExecutor, ending: Ending) {
    match ending {
        Ending::Collect | Ending::Drop => {}
        Ending::ShutdownAndWait => assert!(pool.shutdown(Shutdown::wait())),
        Ending::ShutdownWithoutWaiting => {
            pool.shutdown(Shutdown::no_wait());
        }
        Ending::ShutdownForAMoment => {
            pool.shutdown(Shutdown::wait_at_most(Duration::from_millis(1)));
        }
        Ending::ShutdownAndCancel => {
            assert!(pool.shutdown(Shutdown::wait().cancel_pending()));
            assert_eq!(pool.worker_pids(), []);
        }
        Ending::KillWorkers => pool.kill_workers(),
        Ending::TerminateWorkers => pool.terminate_workers(),
    }
}

/// After everything, the pool runs tasks as ever, unless it is broken, which it then says.
fn is_as_good_as_new(plan: &Plan, pool: &ProcessPoolExecutor) {
    for n in 0..20 {
        match pool.submit(same, n) {
            Ok(future) => match future.result() {
                Ok(value) => assert_eq!(value, n),
                // A signal may have been on its way to a worker still.
                Err(TaskError::WorkerDied(_)) => assert!(plan.kills > 0),
                Err(TaskError::PoolBroken(_)) => assert!(plan.may_break()),
                Err(other) => panic!("{other}"),
            },
            Err(refused) => assert!(plan.may_break() && pool.broken().is_some(), "{refused}"),
        }
    }
}

/// Something to run that leaves no record.
fn same(n: u64) -> u64 {
    n
}
