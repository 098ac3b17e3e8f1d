//! Partners that write anywhere and send anything.
//!
//! A partner is a process that was given handles as any is. It writes noise into all memory of the library that it has
//! mapped, and sends noise through all sockets that it has. Whoever uses the same things meanwhile may be told
//! anything, be refused, or wait as long as he has said; but nothing panics, nothing is touched that is not his, and
//! no more memory is used than before. That is a process of its own here, in which a panic in any thread ends it.

use crate::run_alone;
use crate::support::child::is_program;
use crate::support::setting;
use concurrent_futures::process::{
    Barrier, Condition, Connection, Event, JoinableQueue, Lock, Manager, Process, Queue, RLock,
    RawArray, Semaphore, SharedArray, SharedMemory, SharedValue, pipe,
};
use concurrent_futures::{Executor, Future, ProcessPoolExecutor};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(2);

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 8
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.roll() % limit
    }

    /// A number that is likely to do harm.
    fn odd(&mut self) -> u64 {
        let (some, near) = (self.roll(), self.below(70));
        match self.below(8) {
            0 => 0,
            1 => near,
            2 => u64::MAX - near,
            3 => 1 << (some % 64),
            4 => u64::from(std::process::id()) << 32,
            5 => 8 << 20,
            _ => some,
        }
    }
}

/// The memory that this process shares with others, by address and length.
fn shared_memory() -> Vec<(usize, usize)> {
    let maps = fs::read_to_string("/proc/self/maps").expect("Linux");
    let ours = maps
        .lines()
        .filter(|line| line.contains("/memfd:concurrent-futures") && line.contains(" rw-s "));
    ours.filter_map(|line| {
        let (start, end) = line.split_ascii_whitespace().next()?.split_once('-')?;
        let (start, end) =
            (usize::from_str_radix(start, 16).ok()?, usize::from_str_radix(end, 16).ok()?);
        Some((start, end - start))
    })
    .collect()
}

/// The sockets of this process, without the standard streams.
fn sockets() -> Vec<libc::c_int> {
    let entries = fs::read_dir("/proc/self/fd").expect("Linux");
    entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let is_socket = fs::read_link(&path).ok()?.to_str()?.starts_with("socket:");
            let number = path.file_name()?.to_str()?.parse().ok()?;
            (is_socket && number > 2).then_some(number)
        })
        .collect()
}

/// Writes, and sends, so often.
fn make_noise(seed: u64, times: u64) {
    let mut dice = Dice::new(seed);
    for _ in 0..times {
        let maps = shared_memory();
        for _ in 0..200 {
            let Some(&(start, len)) = maps.get(dice.below(maps.len().max(1) as u64) as usize)
            else {
                break;
            };
            // The words are at the beginning, and more happens there.
            let span = if dice.below(3) > 0 { len.min(4096) } else { len } as u64;
            let place = start + dice.below(span / 8) as usize * 8;
            let word = std::ptr::with_exposed_provenance_mut::<u64>(place);
            // SAFETY: within a mapping of this process. That others are surprised is what it is for; here nobody
            // uses it, but for threads of the library that wait.
            unsafe { word.write_volatile(dice.odd()) };
        }
        for socket in sockets() {
            if dice.below(4) == 0 {
                let bytes = dice.odd().to_ne_bytes();
                let len = 1 + dice.below(8) as usize;
                let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
                // SAFETY: sends some bytes that are there.
                unsafe { libc::send(socket, bytes.as_ptr().cast(), len, flags) };
            }
        }
    }
}

/// Everything that two processes can have in common but a manager.
type Handles = (
    (Queue<Vec<u64>>, JoinableQueue<String>, Queue<Lock>, Connection<u64, String>),
    (Lock, RLock, Semaphore, Event, Condition, Barrier),
    (SharedArray<u64>, SharedValue<[u64; 4]>, RawArray<u32>, String),
);

/// The partner: uses what it has been given a little, so that it is mapped, makes noise, and ends somewhere in it.
fn partner((handles, seed): (Handles, u64)) {
    std::panic::set_hook(Box::new(|_| std::process::exit(1)));
    let _named = SharedMemory::open(&handles.2.3);
    for n in 0..3 {
        use_with_limits(&handles);
        make_noise(seed.wrapping_add(n << 32), 8);
    }
    std::process::exit(0);
}

/// Uses it with limits: whatever comes of it comes in time.
fn use_with_limits(handles: &Handles) {
    let (queues, locks, memory) = handles;
    let _ = queues.0.put_timeout(vec![7; 2000], SHORT);
    let _ = queues.0.get_timeout(SHORT);
    let _ = (queues.0.len(), queues.0.is_full(), queues.0.capacity(), queues.0.is_closed());
    let _ = queues.1.put_timeout("more text".to_owned(), SHORT);
    let _ = queues.1.get_timeout(SHORT);
    let _ = queues.1.join_timeout(SHORT);
    let _ = queues.2.put_timeout(locks.0.clone(), SHORT);
    let _ = queues.2.get_timeout(SHORT);
    let _ = queues.3.poll(SHORT);
    let _ = locks.0.acquire_timeout(SHORT);
    let _ = locks.0.release();
    let _ = locks.1.acquire_timeout(SHORT);
    let _ = (locks.1.release(), locks.1.depth());
    let _ = locks.2.acquire_timeout(SHORT);
    let _ = locks.2.available_permits();
    let _ = (locks.3.is_set(), locks.3.wait_timeout(SHORT));
    let _ = locks.4.lock_timeout(SHORT);
    let _ = (locks.5.n_waiting(), locks.5.is_broken());
    if let Ok(Some(mut guard)) = memory.0.lock_timeout(SHORT) {
        guard.fill(1);
    }
    let _ = memory.1.lock_timeout(SHORT).map(|guard| guard.map(|guard| *guard));
    let _ = (memory.2.get(3), memory.2.set(99, 1), memory.2.to_vec());
}

/// Uses it in every way. That may be never over: somebody who lives is said to have a lock.
fn use_all(handles: &Handles) {
    let (queues, locks, _) = handles;
    let _ = queues.0.try_put(vec![7; 2000]);
    let _ = queues.0.try_get();
    let _ = queues.1.try_put("text".to_owned());
    let _ = (queues.1.try_get(), queues.1.task_done());
    let _ = queues.3.sender().send_timeout(8, SHORT);
    let _ = queues.3.receiver().recv_timeout(SHORT);
    let _ = queues.3.sender().try_send(1);
    let _ = queues.3.receiver().try_recv();
    locks.2.release();
    locks.3.set();
    if let Ok(Some(_guard)) = locks.4.lock_timeout(SHORT) {
        let _ = locks.4.wait_timeout(SHORT);
        let _ = locks.4.notify_all();
    }
    let _ = locks.5.wait_timeout(SHORT);
    locks.5.reset();
    queues.0.close();
    queues.1.shutdown();
}

fn handles(named: &SharedMemory) -> (Handles, Connection<String, u64>) {
    let (ours, theirs) = pipe().expect("memory");
    let locks = (
        Lock::new().expect("memory"),
        RLock::new().expect("memory"),
        Semaphore::new(2).expect("memory"),
        Event::new().expect("memory"),
        Condition::new().expect("memory"),
        Barrier::new(2).and_then(|barrier| barrier.with_action(|| ())).expect("memory"),
    );
    let queues = (
        Queue::bounded(20).expect("memory"),
        JoinableQueue::new().expect("memory"),
        Queue::new().expect("memory"),
        theirs,
    );
    let memory = (
        SharedArray::new(1000).expect("memory"),
        SharedValue::new([1; 4]).expect("memory"),
        RawArray::new(100).expect("memory"),
        named.name().to_owned(),
    );
    ((queues, locks, memory), ours)
}

fn seeds() -> std::ops::Range<u64> {
    let first = setting("HOSTILE_SEED").unwrap_or(1);
    first..first + setting("HOSTILE_ROUNDS").unwrap_or(20)
}

/// How long a test may take.
fn limit() -> Duration {
    Duration::from_secs(50) + Duration::from_millis(300) * seeds().count() as u32
}

/// In this process a panic is the end, and memory is limited to a gibibyte more.
fn be_strict() -> usize {
    std::panic::set_hook(Box::new(|panic| {
        eprintln!("{panic}");
        std::process::abort();
    }));
    let Rlimit { maximum, .. } = getrlimit(Resource::As);
    let current = Some(field("VmSize:") as u64 + (1 << 30));
    setrlimit(Resource::As, Rlimit { current, maximum }).expect("below the maximum");
    field("RssAnon:")
}

/// No more memory is in use than at the beginning, but for what the allocator keeps.
fn check_memory(before: usize) {
    let after = field("RssAnon:");
    assert!(after < before + (64 << 20), "{} MiB more", (after - before) >> 20);
}

fn field(name: &str) -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a known field");
    line.split_ascii_whitespace().next().expect("a number").parse::<usize>().expect("a number")
        << 10
}

/// Queues, pipes, locks and memory.
#[test]
fn of_what_processes_share() {
    run_alone("partners::play_what_processes_share", limit());
}

/// See `of_what_processes_share`.
#[test]
fn play_what_processes_share() {
    if !is_program() {
        return;
    }
    /// How many threads may wait for a lock for ever, which some process says that it has: they take address space.
    const MOST_STUCK: usize = 16;
    let before = be_strict();
    let (mut through, mut stuck) = (0, 0);
    for seed in seeds() {
        eprintln!("partner {seed}");
        let named = SharedMemory::new(5000).expect("memory");
        let (handles, ours) = handles(&named);
        let process = Process::new(partner, (handles.clone(), seed));
        process.start().expect("a process");
        for n in 0..5 {
            use_with_limits(&handles);
            let _ = (named.write_at(n, b"text"), named.to_vec());
        }
        let _ = process.kill();
        process.join().expect("it was started");
        use_with_limits(&handles); // whatever it has left behind
        if stuck == MOST_STUCK {
            continue;
        }
        let (over, is_over) = std::sync::mpsc::channel();
        let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(move || {
            let _ = ours.sender().send_timeout("an answer".to_owned(), SHORT);
            let _ = ours.receiver().recv_timeout(SHORT);
            use_all(&handles);
            let _nobody_waits_so_long = over.send(());
        });
        thread.expect("there are not many");
        match is_over.recv_timeout(Duration::from_millis(300)) {
            Ok(()) => through += 1,
            Err(_) => stuck += 1,
        }
    }
    assert!(through > 0, "somebody who lives has every lock?");
    check_memory(before);
}

/// A worker of which a task does that.
#[test]
fn of_a_pool() {
    run_alone("partners::play_a_pool", limit());
}

/// See `of_a_pool`.
#[test]
fn play_a_pool() {
    if !is_program() {
        return;
    }
    let before = be_strict();
    let pool = ProcessPoolExecutor::builder()
        .max_workers(2)
        .deadline(Duration::from_millis(500))
        .build()
        .expect("a pool");
    let mut died = 0;
    for seed in seeds() {
        eprintln!("task {seed}");
        let noisy = |seed: u64| -> u64 {
            std::panic::set_hook(Box::new(|_| std::process::exit(1)));
            make_noise(seed, 3);
            std::process::exit(2);
        };
        let noisy = pool.submit(noisy, seed).expect("the pool goes on");
        let others: Vec<_> =
            (0..20).map(|n: u64| pool.submit(|n: u64| n, n).expect("a pool")).collect();
        died += usize::from(noisy.result().is_err());
        // Those of the other worker are right; of the noisy one's nobody knows.
        let some = others.into_iter().map(Future::result).filter(Result::is_ok).count();
        assert!(some <= 20);
    }
    assert!(died > 0);
    // The pool goes on: what was noisy is gone.
    for n in 0..100 {
        assert_eq!(pool.submit(|n: u64| n * n, n).expect("a pool").result(), Ok(n * n));
    }
    drop(pool);
    check_memory(before);
}

/// A manager of which a called function does that: the calls fail, and end.
#[test]
fn of_a_manager() {
    run_alone("partners::play_a_manager", limit());
}

/// See `of_a_manager`.
#[test]
fn play_a_manager() {
    if !is_program() {
        return;
    }
    let before = be_strict();
    for seed in seeds() {
        eprintln!("manager {seed}");
        let manager = Manager::new().expect("a process");
        let list = manager.list::<u64>().expect("a manager");
        list.push(1).expect("a manager");
        let noisy = |_: &mut Vec<u64>, seed: u64| {
            std::panic::set_hook(Box::new(|_| std::process::exit(1)));
            make_noise(seed, 3);
            if seed.is_multiple_of(2) {
                std::process::exit(2);
            }
        };
        // The manager goes in the middle, whatever it says then.
        let pid = manager.pid();
        let killer = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(50));
            let pid = rustix::process::Pid::from_raw(pid.cast_signed()).expect("a number");
            let _it_may_have_ended =
                rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        });
        let _any = list.call(noisy, seed);
        let _any = list.push(2);
        let _any = list.len();
        killer.join().expect("it does not panic");
        assert!(list.push(3).is_err(), "nobody is there any more");
        drop(manager);
    }
    check_memory(before);
}
