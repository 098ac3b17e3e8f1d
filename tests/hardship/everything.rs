//! One use of each thing that there is. It works, with the right results, or says why not.

use crate::support::watchdog;
use concurrent_futures::process::{
    Barrier, Condition, Event, JoinableQueue, Lock, Manager, Process, ProcessPoolBuilder, Queue,
    RawArray, Semaphore, SharedArray, SharedMemory, SharedMemoryError, one_way_pipe, pipe,
};
use concurrent_futures::{
    Executor, Exit, Pool, ProcessPoolExecutor, SharedBytes, ThreadPoolExecutor, join_all,
};
use std::error::Error;
use std::time::Duration;

type Outcome = Result<(), Box<dyn Error>>;

/// A name, and a use of it.
type Thing = (&'static str, fn() -> Outcome);

/// All of them, by their names.
pub(crate) const THINGS: [Thing; 13] = [
    ("thread pool", thread_pool),
    ("process pool", process_pool),
    ("pool of processes", pool_of_processes),
    ("process", process),
    ("queue", queue),
    ("joinable queue", joinable_queue),
    ("pipe", pipes),
    ("locks", locks),
    ("barrier", barrier),
    ("manager", manager),
    ("shared array", shared_array),
    ("named memory", named_memory),
    ("shared bytes", shared_bytes),
];

/// How long all of them may take.
const LIMIT: Duration = Duration::from_secs(100);

/// A wait that ends on its own, should what it waits for be impossible.
const PATIENCE: Duration = Duration::from_secs(20);

/// Tries all of them, and prints what becomes of each.
pub(crate) fn try_all() {
    try_all_after(|| ());
}

/// The same, when something was done behind which there may be no thread for a watchdog any more.
pub(crate) fn try_all_after(first: impl FnOnce()) {
    watchdog::guarded_for("everything", LIMIT, || {
        first();
        for (name, thing) in THINGS {
            println!("\ntrying {name}");
            match thing() {
                Ok(()) => println!("\nof {name}: works"),
                Err(error) => println!("\nof {name}: error: {}", in_one_line(&*error)),
            }
        }
    });
}

/// An error with its causes.
fn in_one_line(error: &dyn Error) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    let texts: Vec<_> = causes.map(ToString::to_string).collect();
    texts.join(": ").replace('\n', " ")
}

fn square(n: u64) -> u64 {
    n * n
}

/// The settings of every process pool here.
fn processes() -> ProcessPoolBuilder {
    ProcessPoolExecutor::builder().max_workers(2)
}

fn thread_pool() -> Outcome {
    let pool = ThreadPoolExecutor::builder().max_workers(4).build()?;
    let futures: Result<Vec<_>, _> = (0..100).map(|n| pool.submit(square, n)).collect();
    for (n, outcome) in (0..).zip(join_all(futures?)) {
        assert_eq!(outcome?, n * n);
    }
    Ok(())
}

fn process_pool() -> Outcome {
    let pool = processes().build()?;
    let futures: Result<Vec<_>, _> = (0..100).map(|n| pool.submit(square, n)).collect();
    for (n, outcome) in (0..).zip(join_all(futures?)) {
        assert_eq!(outcome?, n * n);
    }
    let large = pool.submit(|bytes: Vec<u8>| bytes, vec![7; 300_000])?.result()?;
    assert_eq!(large, vec![7; 300_000]);
    Ok(())
}

fn pool_of_processes() -> Outcome {
    let pool = Pool::new(processes().build()?)?;
    assert_eq!(pool.map(square, 0..1000)?, (0..1000).map(square).collect::<Vec<_>>());
    Ok(())
}

/// Runs a function in a process, which must end well.
fn run<A>(f: fn(A), argument: A) -> Outcome
where
    A: concurrent_futures::Portable,
{
    let process = Process::new(f, argument);
    process.start()?;
    match process.join_timeout(PATIENCE)? {
        Some(Exit::Code(0)) => Ok(()),
        Some(exit) => Err(format!("the process {exit}").into()),
        None => panic!("the process does not end"),
    }
}

fn process() -> Outcome {
    run(|text: String| assert_eq!(text.len(), 10_000), "x".repeat(10_000))
}

fn queue() -> Outcome {
    let queue = Queue::<Vec<u64>>::new()?;
    for n in 0..50 {
        queue.put(vec![n; 1000])?;
    }
    for n in 0..50 {
        assert_eq!(queue.get_timeout(PATIENCE)?, vec![n; 1000]);
    }
    // With what only a descriptor can carry.
    let carrier = Queue::<Queue<u64>>::new()?;
    carrier.put(Queue::new()?)?;
    let inner = carrier.get_timeout(PATIENCE)?;
    inner.put(7)?;
    assert_eq!(inner.get_timeout(PATIENCE)?, 7);
    let other = Queue::<u64>::new()?;
    run(|other: Queue<u64>| other.put(8).expect("nobody closes it"), other.clone())?;
    assert_eq!(other.get_timeout(PATIENCE)?, 8);
    Ok(())
}

fn joinable_queue() -> Outcome {
    let queue = JoinableQueue::<u64>::bounded(10)?;
    queue.put(5)?;
    assert_eq!(*queue.get_task()?, 5);
    assert!(queue.join_timeout(PATIENCE).is_ok());
    Ok(())
}

fn pipes() -> Outcome {
    let (sender, receiver) = one_way_pipe::<Vec<u8>>()?;
    sender.send(vec![1; 100_000])?;
    assert_eq!(receiver.recv_timeout(PATIENCE)?.len(), 100_000);
    let (ours, theirs) = pipe::<u64, u64>()?;
    ours.send(20)?;
    let double = |theirs: concurrent_futures::process::Connection<u64, u64>| {
        let number = theirs.recv().expect("it was sent");
        theirs.send(2 * number).expect("somebody listens");
    };
    run(double, theirs)?;
    assert_eq!(ours.recv()?, 40);
    Ok(())
}

fn locks() -> Outcome {
    let (lock, semaphore, event) = (Lock::new()?, Semaphore::new(2)?, Event::new()?);
    let condition = Condition::new()?;
    let guard = lock.lock()?;
    assert!(lock.try_lock()?.is_none());
    drop(guard);
    assert!(semaphore.acquire_timeout(PATIENCE));
    semaphore.release();
    let guard = condition.lock()?;
    assert!(!condition.wait_timeout(Duration::from_millis(5))?);
    drop(guard);
    let use_them = |(lock, semaphore, event): (Lock, Semaphore, Event)| {
        let _guard = lock.lock().expect("nobody dies here");
        let _permit = semaphore.permit();
        event.set();
    };
    run(use_them, (lock.clone(), semaphore, event.clone()))?;
    assert!(event.is_set() && event.wait_timeout(PATIENCE));
    Ok(())
}

fn barrier() -> Outcome {
    let barrier = Barrier::new(2)?.with_timeout(PATIENCE);
    let process = Process::new(
        |barrier: Barrier| {
            barrier.wait().expect("somebody else comes");
        },
        barrier.clone(),
    );
    process.start()?;
    // Whoever cannot go on in the other process ends it, and so the barrier.
    let passed = barrier.wait();
    let exit = process.join()?;
    passed.map_err(|error| format!("{error}; the process {exit}"))?;
    Ok(())
}

fn manager() -> Outcome {
    let manager = Manager::new()?;
    let dict = manager.dict::<String, u64>()?;
    for n in 0..20 {
        dict.insert(n.to_string(), n)?;
    }
    assert_eq!(dict.len()?, 20);
    let value = manager.value(5_u64)?;
    assert_eq!(value.update(std::mem::replace, 6)?, 5);
    Ok(())
}

fn shared_array() -> Outcome {
    let array = SharedArray::<u64>::new(10_000)?;
    let raw = RawArray::<u64>::new(100)?;
    let fill = |(array, raw): (SharedArray<u64>, RawArray<u64>)| {
        array.lock().expect("nobody dies here").fill(3);
        raw.set(99, 4).expect("it is that long");
    };
    run(fill, (array.clone(), raw.clone()))?;
    assert_eq!((array.to_vec(), raw.get(99)), (vec![3; 10_000], Some(4)));
    Ok(())
}

fn named_memory() -> Outcome {
    let block = SharedMemory::new(10_000)?;
    block.write_at(5, b"text")?;
    let other = SharedMemory::open(block.name())?;
    assert_eq!(&other.to_vec()[5..9], b"text");
    let name = block.name().to_owned();
    drop((block, other));
    match SharedMemory::open(&name) {
        Err(SharedMemoryError::NotFound { .. }) => Ok(()),
        Err(error) => Err(error.into()),
        Ok(_) => panic!("{name} is still there"),
    }
}

fn shared_bytes() -> Outcome {
    let bytes = SharedBytes::try_new(&[3; 200_000])?;
    let pool = processes().build()?;
    let sum = |bytes: SharedBytes| bytes.iter().map(|&byte| u64::from(byte)).sum::<u64>();
    assert_eq!(pool.submit(sum, bytes)?.result()?, 600_000);
    Ok(())
}
