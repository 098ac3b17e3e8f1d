//! [`InUse`]: everything that there is, in use by this process and others.

use crate::support::{Gate, GateKeeper, Scratch};
use concurrent_futures::process::{
    Barrier, Condition, Connection, Event, Lock, Manager, Process, Proxy, Queue, RawArray,
    Semaphore, SharedArray, SharedMemory, pipe,
};
use concurrent_futures::{Executor, Future, ProcessPoolExecutor, SharedBytes};
use std::path::PathBuf;

/// What a process or task is given.
type Handles = (
    (Queue<u64>, Connection<u64, u64>, Lock, Condition, Barrier, Event),
    (Semaphore, SharedArray<u64>, RawArray<u64>, SharedBytes, Proxy<Vec<u64>>, String),
    (Queue<u32>, Gate),
);

/// Says who it is, and holds all that it was given until the gate opens.
#[expect(clippy::needless_pass_by_value, reason = "tasks own their arguments")]
fn hold(handles: Handles) {
    let _named = SharedMemory::open(&handles.1.5).expect("its name is known");
    let (ready, gate) = &handles.2;
    ready.put(std::process::id()).expect("nobody closes it");
    gate.wait_open();
}

/// A process and a worker that hold everything, and a manager.
pub(crate) struct InUse {
    pub(crate) pool: ProcessPoolExecutor,
    pub(crate) process: Process,
    pub(crate) manager: Manager,
    pub(crate) named: SharedMemory,
    _task: Future<()>,
    _ends: Vec<Connection<u64, u64>>,
    pub(crate) worker: u32,
    gate: GateKeeper,
}

impl InUse {
    pub(crate) fn new(scratch: &Scratch) -> Self {
        let gate = scratch.gate();
        let pool = ProcessPoolExecutor::builder().max_workers(1).build().expect("valid settings");
        let manager = Manager::new().expect("a process");
        let named = SharedMemory::new(1000).expect("memory");
        let queue = Queue::new().expect("memory");
        let ready = Queue::new().expect("memory");
        let mut ends = Vec::new();
        let mut handles = || -> std::io::Result<Handles> {
            let (ours, theirs) = pipe()?;
            ends.push(ours);
            let first = (
                queue.clone(),
                theirs,
                Lock::new()?,
                Condition::new()?,
                Barrier::new(2)?,
                Event::new()?,
            );
            let array = SharedArray::new(1000).map_err(std::io::Error::other)?;
            let raw = RawArray::new(1000).map_err(std::io::Error::other)?;
            let list = manager.list().map_err(std::io::Error::other)?;
            let bytes = SharedBytes::try_new(&[1; 1000])?;
            let second = (Semaphore::new(1)?, array, raw, bytes, list, named.name().to_owned());
            Ok((first, second, (ready.clone(), gate.gate())))
        };
        let process = Process::new(hold, handles().expect("memory"));
        process.start().expect("a process");
        let task = pool.submit(hold, handles().expect("memory")).expect("a pool");
        let pids = [ready.get().expect("the first"), ready.get().expect("the second")];
        let worker = *pids.iter().find(|&&pid| Some(pid) != process.pid()).expect("the worker");
        Self { pool, process, manager, named, _task: task, _ends: ends, worker, gate }
    }

    /// The processes that were started.
    pub(crate) fn pids(&self) -> [u32; 3] {
        [self.worker, self.process.pid().expect("it was started"), self.manager.pid()]
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        self.gate.open();
        let _exit = self.process.join();
    }
}

/// The directory of the names of shared memory, as `docs/security.md` says.
pub(crate) fn directory_of_names() -> PathBuf {
    use std::os::unix::fs::MetadataExt;

    let numbers = std::fs::metadata("/proc/self/ns/pid").expect("Linux").ino();
    let user = rustix::process::geteuid().as_raw();
    PathBuf::from(format!("/dev/shm/concurrent-futures-{user}-{numbers}"))
}
