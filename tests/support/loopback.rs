//! [`Loopback`]: an executor that treats its own threads as if they were other processes.
//!
//! Each task is encoded when submitted, run from the bytes, and completed with bytes. Whatever works
//! here is portable.

use concurrent_futures::wire::Call;
use concurrent_futures::{Executor, Rejected, RemoteTask, Shutdown, SubmitError, Task, TaskRef};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

/// See the module.
pub(crate) struct Loopback {
    inner: Arc<Inner>,
    max_workers: usize,
}

struct Inner {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Parcel>,
    closed: bool,
    /// Tasks that were accepted and are being encoded.
    incoming: usize,
    /// Threads that have not left.
    live: usize,
    threads: Vec<JoinHandle<()>>,
}

/// A task on its way.
struct Parcel {
    call: Call,
    argument: Vec<u8>,
    remote: RemoteTask,
    reference: TaskRef,
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        while let Some(parcel) = self.next() {
            if parcel.remote.start() {
                let mut outcome = Vec::new();
                parcel.call.run(&parcel.argument, &mut outcome);
                parcel.remote.complete(&outcome);
            }
        }
        self.lock().live -= 1;
        self.changed.notify_all();
    }

    fn next(&self) -> Option<Parcel> {
        let mut state = self.lock();
        loop {
            if let Some(parcel) = state.queue.pop_front() {
                return Some(parcel);
            }
            if state.closed && state.incoming == 0 {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Loopback {
    pub(crate) fn new(max_workers: usize) -> Self {
        let state = State { live: max_workers, ..State::default() };
        let inner = Arc::new(Inner { state: Mutex::new(state), changed: Condvar::new() });
        for _ in 0..max_workers {
            let worker = Arc::clone(&inner);
            inner.lock().threads.push(thread::spawn(move || worker.work()));
        }
        Self { inner, max_workers }
    }
}

impl Executor for Loopback {
    fn execute(&self, task: Task) -> Result<(), Rejected> {
        let mut state = self.inner.lock();
        if state.closed {
            return Err(Rejected::new(task, SubmitError::ShutDown));
        }
        state.incoming += 1;
        drop(state); // encoding runs code of the user's
        let mut argument = Vec::new();
        let reference = task.reference();
        // An argument that does not encode has failed its future; there is nothing to run.
        let encoded = task.encode(&mut argument);
        let parcel = encoded.map(|(call, remote)| Parcel { call, argument, remote, reference });
        let mut state = self.inner.lock();
        state.incoming -= 1;
        state.queue.extend(parcel);
        drop(state);
        self.inner.changed.notify_all();
        Ok(())
    }

    fn shutdown(&self, how: Shutdown) -> bool {
        let deadline = how.limit().and_then(|limit| Instant::now().checked_add(limit));
        let mut state = self.inner.lock();
        state.closed = true;
        let mut pending = VecDeque::new();
        if how.cancels_pending() {
            pending.append(&mut state.queue);
        }
        drop(state);
        self.inner.changed.notify_all();
        for parcel in pending {
            parcel.reference.cancel(); // runs callbacks: not under the lock
        }
        let mut state = self.inner.lock();
        while state.live > 0 {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            state = match left {
                None => self.inner.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(left) if left.is_zero() => return false,
                Some(left) => {
                    let woken = self.inner.changed.wait_timeout(state, left);
                    woken.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        let threads = std::mem::take(&mut state.threads);
        drop(state);
        for thread in threads {
            thread.join().expect("no panic leaves `Call::run` or `RemoteTask::complete`");
        }
        true
    }

    fn max_workers(&self) -> usize {
        self.max_workers
    }

    fn is_remote(&self) -> bool {
        true
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.shutdown(Shutdown::wait());
    }
}
