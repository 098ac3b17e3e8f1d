//! [`Loopback`]: an executor that treats its own threads as if they were other processes.
//!
//! Each task is encoded when submitted, run from the bytes, and completed with bytes. Whatever works
//! here is portable.

use super::parcel::Parcel;
use concurrent_futures::home::{self, Home, Recalled};
use concurrent_futures::{Executor, ExecutorId, FutureId, Rejected, Shutdown, SubmitError, Task};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

/// See the module.
pub(crate) struct Loopback {
    inner: Arc<Inner>,
    max_workers: usize,
    id: ExecutorId,
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

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        while let Some(parcel) = self.next() {
            parcel.run();
        }
        self.lock().live -= 1;
        self.changed.notify_all();
    }

    /// One task, which is started already, or one item of a batch.
    fn next(&self) -> Option<Parcel> {
        let mut state = self.lock();
        loop {
            match state.queue.pop_front() {
                Some(Parcel::Batch(mut batch)) => {
                    if let Some(rest) = batch.split_off_rest() {
                        state.queue.push_front(Parcel::Batch(rest));
                    }
                    return Some(Parcel::Batch(batch));
                }
                Some(Parcel::Letter(letter)) => {
                    // Under the lock, so that a pending task is in the queue or being recalled.
                    letter.remote.start();
                    return Some(Parcel::Letter(letter));
                }
                None if state.closed && state.incoming == 0 => return None,
                None => state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

impl Home for Inner {
    fn recall(&self, task: FutureId) -> Recalled {
        let mut state = self.lock();
        let place = state.queue.iter().position(|parcel| parcel.id() == task);
        match place.and_then(|place| state.queue.remove(place)) {
            Some(Parcel::Letter(letter)) => Recalled::Task(letter.remote),
            Some(Parcel::Batch(batch)) => Recalled::Items(vec![batch.items]),
            None => Recalled::Elsewhere,
        }
    }

    fn look(&self, _task: FutureId) {} // what is started says so at once

    fn kill(&self, _task: FutureId) -> bool {
        false
    }

    fn assist(&self, _task: FutureId, _over: &dyn Fn() -> bool) -> bool {
        false
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
        let id = ExecutorId::next();
        let weak = Arc::downgrade(&inner);
        home::register(id, weak);
        Self { inner, max_workers, id }
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
        task.set_home(self.id);
        // An argument that does not encode has failed its future; there is nothing to run.
        let parcel = Parcel::pack(task).ok().filter(|parcel| match parcel {
            Parcel::Letter(letter) => letter.remote.ship(), // from here on, it is to be recalled
            Parcel::Batch(_) => true,
        });
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
            parcel.cancel(); // runs callbacks: not under the lock
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
        home::unregister(self.id);
    }
}
