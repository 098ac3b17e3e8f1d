//! Rows SHUT on threads: how many there are, and that they are gone afterwards.

use crate::support::leak::threads_named;
use crate::support::{Scratch, child, eventually, guarded};
use concurrent_futures::{Shutdown, ThreadPoolExecutor};
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

fn named(prefix: &str, max_workers: usize) -> ThreadPoolExecutor {
    let builder = ThreadPoolExecutor::builder().max_workers(max_workers);
    builder.thread_name_prefix(prefix).build().unwrap()
}

/// SHUT-13, SHUT-03: three threads for three blocked tasks, and none after the shutdown.
#[test]
#[cfg(target_os = "linux")]
fn threads_are_gone_afterwards() {
    guarded("threads_are_gone_afterwards", || {
        let scratch = Scratch::new();
        let pool = named("blocked", 5);
        let busy = crate::support::Busy::occupy(&pool, &scratch, 3);
        assert_eq!((pool.stats().live, threads_named("blocked").len()), (3, 3));
        busy.let_go();
        assert!(pool.shutdown(Shutdown::wait()));
        assert_eq!(pool.stats().live, 0);
        assert_eq!(pool.stats().completed, 3);
        // The system takes a joined thread off its list a little later.
        eventually("the threads to be gone", || threads_named("blocked").is_empty());
    });
}

/// SHUT-04, SHUT-06: the threads of a pool that nobody waits for end by themselves.
#[test]
#[cfg(target_os = "linux")]
fn threads_end_by_themselves() {
    guarded("threads_end_by_themselves", || {
        let scratch = Scratch::new();
        let pool = named("by-themselves", 3);
        let gate = scratch.gate();
        let held = gate.gate();
        let futures: Vec<_> = (0..10)
            .map(|_| {
                let held = held.clone();
                pool.spawn(move || held.wait_open()).unwrap()
            })
            .collect();
        assert!(!pool.shutdown(Shutdown::no_wait()));
        gate.open();
        for future in futures {
            future.result().unwrap();
        }
        eventually("the threads to end", || threads_named("by-themselves").is_empty());
        assert_eq!(pool.stats().live, 0);
    });
}

/// SHUT-06: so do those of a pool whose last handle went away inside one of its tasks.
#[test]
#[cfg(target_os = "linux")]
fn threads_end_without_an_owner() {
    guarded("threads_end_without_an_owner", || {
        let pool = Arc::new(named("unowned", 2));
        let last = Arc::clone(&pool);
        let (sender, receiver) = channel::<()>();
        let future = pool.spawn(move || {
            receiver.recv().unwrap_err(); // until the other handle is gone
            drop(last);
        });
        drop(pool);
        drop(sender);
        future.unwrap().result().unwrap();
        eventually("the threads to end", || threads_named("unowned").is_empty());
    });
}

/// SHUT-09, SHUT-11 (done better), SHUT-07: at the end of a program, what was submitted just before is
/// done, also after a shutdown that does not wait; what was cancelled is not; and nothing hangs.
#[test]
fn program_end_waits_for_work() {
    guarded("program_end_waits_for_work", || {
        let output = child::run(&mut child::program("shutdown::program_that_ends_with_work_left"));
        let printed = String::from_utf8(output.stdout).unwrap();
        let lines = || printed.lines().filter(|line| line.starts_with("task "));
        assert!(lines().eq(["task 0", "task 1", "task 2"]), "{printed}");
        let complaints = String::from_utf8(output.stderr).unwrap();
        assert_eq!(complaints, "");
    });
}

/// See `program_end_waits_for_work`. Its end is the end of a `main`: the pools in it are dropped.
#[test]
fn program_that_ends_with_work_left() {
    if !child::is_program() {
        return;
    }
    let submitted = named("a", 1);
    let shut_down = named("b", 1);
    let cancelled = named("c", 1);
    let (go, wait) = channel::<()>();
    drop(submitted.spawn(|| println!("\ntask 0")).unwrap());
    submitted.shutdown(Shutdown::wait());
    let print = move || {
        wait.recv().unwrap_err();
        println!("task 1");
    };
    drop(shut_down.spawn(print).unwrap());
    drop(shut_down.spawn(|| println!("task 2")).unwrap());
    shut_down.shutdown(Shutdown::no_wait());

    let (running, ran) = channel::<()>();
    let first = cancelled.spawn(move || running.send(()).unwrap()).unwrap();
    ran.recv().unwrap();
    first.result().unwrap();
    let (hold, held) = channel::<()>();
    drop(cancelled.spawn(move || held.recv().unwrap_err()).unwrap());
    drop(cancelled.spawn(|| println!("task 3")).unwrap());
    cancelled.shutdown(Shutdown::no_wait().cancel_pending());
    drop(hold);
    drop(go);
}

/// Keeps its thread from ending until it is told to, and tells when it has.
struct Lingers {
    told: Receiver<()>,
    over: Arc<AtomicBool>,
}

impl Drop for Lingers {
    fn drop(&mut self) {
        self.told.recv().unwrap_err();
        self.over.store(true, Ordering::SeqCst);
    }
}

thread_local! {
    static LINGERS: RefCell<Option<Lingers>> = const { RefCell::new(None) };
}

/// The test's side of [`Lingers`].
struct LetGo {
    tell: Sender<()>,
    over: Arc<AtomicBool>,
}

/// Makes the only thread of the pool linger at its end.
fn linger(pool: &ThreadPoolExecutor) -> LetGo {
    let (tell, told) = channel();
    let over = Arc::new(AtomicBool::new(false));
    let lingers = Lingers { told, over: Arc::clone(&over) };
    pool.spawn(move || LINGERS.set(Some(lingers))).unwrap().result().unwrap();
    LetGo { tell, over }
}

/// Whether the pool's thread is gone when `shutdown` has said so, for each of so many that ask.
fn gone_when_told(pool: &ThreadPoolExecutor, LetGo { tell, over }: LetGo, askers: usize) -> bool {
    thread::scope(|scope| {
        let ask = || {
            assert!(pool.shutdown(Shutdown::wait()));
            over.load(Ordering::SeqCst)
        };
        let asking: Vec<_> = (0..askers).map(|_| scope.spawn(ask)).collect();
        // Time for whoever does not wait to give himself away.
        let start = Instant::now();
        while !asking.iter().any(ScopedJoinHandle::is_finished)
            && start.elapsed() < Duration::from_millis(100)
        {
            thread::yield_now();
        }
        drop(tell);
        asking.into_iter().all(|asker| asker.join().unwrap())
    })
}

/// SHUT-13, SHUT-02: whoever is told that everything has ended finds it so, also the second to ask.
#[test]
fn threads_are_gone_for_everybody() {
    guarded("threads_are_gone_for_everybody", || {
        let pool = named("told-all", 1);
        let let_go = linger(&pool);
        assert!(gone_when_told(&pool, let_go, 2));
    });
}

/// SHUT-13: the same for a thread that had nothing to do for long and was about to end by itself.
#[test]
fn idle_threads_are_gone_too() {
    guarded("idle_threads_are_gone_too", || {
        let builder = ThreadPoolExecutor::builder().max_workers(1);
        let builder = builder.idle_timeout(Duration::from_millis(1));
        let pool = builder.thread_name_prefix("told-idle").build().unwrap();
        let let_go = linger(&pool);
        eventually("the thread to be counted out", || pool.stats().live == 0);
        assert!(gone_when_told(&pool, let_go, 1));
    });
}
