//! [`Waitable`]: what `wait`, `as_completed` and `join_all` accept, and how they watch it.

use crate::cell::RawTask;
use crate::completion::CompletionQueue;
use crate::future::{CancelOnDrop, Future};
use crate::id::FutureId;
use crate::shared::SharedFuture;
use crate::state::{DONE, phase};
use crate::sync::Arc;
use crate::task_ref::TaskRef;
use crate::worker;
use std::collections::{HashMap, HashSet};
use std::time::Instant;

/// A handle that [`wait`](fn@crate::wait) and [`as_completed`](fn@crate::as_completed) can watch.
///
/// Implemented for [`Future`], [`SharedFuture`], [`CancelOnDrop`] and [`TaskRef`], and for
/// references to them. Futures of different executors can be mixed freely; to mix result types, use
/// [`TaskRef`]s.
pub trait Waitable: Sealed {}

mod sealed {
    use crate::cell::RawTask;

    #[expect(unnameable_types, reason = "sealed: implemented here only")]
    pub trait Sealed {
        #[doc(hidden)]
        fn raw(&self) -> Raw;
    }

    /// A pointer that the handle it came from keeps valid.
    #[derive(Clone, Copy, Debug)]
    pub struct Raw(pub(crate) RawTask);
}

use sealed::{Raw, Sealed};

macro_rules! waitable {
    ($([$($generics:tt)*] $handle:ty, $this:ident => $raw:expr;)*) => {$(
        impl<$($generics)*> Sealed for $handle {
            fn raw(&self) -> Raw {
                let $this = self;
                Raw($raw)
            }
        }
        impl<$($generics)*> Waitable for $handle {}
    )*};
}

waitable! {
    [T] Future<T>, this => this.raw();
    [T] SharedFuture<T>, this => this.as_future().raw();
    [T] CancelOnDrop<T>, this => Future::raw(this);
    [] TaskRef, this => this.raw();
    [W: Waitable + ?Sized] &W, this => (**this).raw().0;
    [W: Waitable + ?Sized] &mut W, this => (**this).raw().0;
}

/// Several handles under watch: each is announced on the queue once, when it is done.
///
/// Handles of the same future are watched once. What is not done is let go of on drop.
pub(crate) struct Watched<W: Waitable> {
    /// By index, in the order given, what was not handed out.
    handles: HashMap<usize, W>,
    /// The futures of these handles.
    ids: HashSet<FutureId>,
    /// How many distinct futures there have been: the next index.
    total: usize,
    queue: Arc<CompletionQueue>,
    key: u64,
    /// How many are still to be announced.
    remaining: usize,
    /// Everything before this index has been started, so cannot be helped with.
    started: usize,
}

impl<W: Waitable> Watched<W> {
    pub(crate) fn new(handles: impl IntoIterator<Item = W>) -> Self {
        let mut watched = Self {
            handles: HashMap::new(),
            ids: HashSet::new(),
            total: 0,
            queue: Arc::new(CompletionQueue::new()),
            key: FutureId::next().as_u64(),
            remaining: 0,
            started: 0,
        };
        handles.into_iter().for_each(|handle| watched.push(handle));
        watched
    }

    /// Watches one more, unless its future is being watched already.
    pub(crate) fn push(&mut self, handle: W) {
        let raw = handle.raw().0;
        if !self.ids.insert(raw.id()) {
            return;
        }
        let index = self.total;
        if !raw.watch(self.key, &self.queue, index) {
            self.queue.push(index);
        }
        self.handles.insert(index, handle);
        self.total += 1;
        self.remaining += 1;
    }

    /// The number of distinct futures.
    pub(crate) fn total(&self) -> usize {
        self.total
    }

    pub(crate) fn remaining(&self) -> usize {
        self.remaining
    }

    /// Waits for the next completion, helping if this thread may, until `deadline`.
    ///
    /// `None` if the deadline has passed or nothing remains.
    pub(crate) fn next(&mut self, deadline: Option<Instant>) -> Option<usize> {
        if self.remaining == 0 {
            return None;
        }
        let mut index = self.queue.try_pop();
        if index.is_none() && deadline.is_none() && self.help() {
            index = self.queue.try_pop();
        }
        let index = index.or_else(|| self.queue.pop(deadline))?;
        self.remaining -= 1;
        Some(index)
    }

    /// The next completion, if there is one already.
    pub(crate) fn try_next(&mut self) -> Option<usize> {
        let index = self.queue.try_pop()?;
        self.remaining -= 1;
        Some(index)
    }

    /// Runs one watched task that nobody has started, if this thread works for its executor.
    fn help(&mut self) -> bool {
        if worker::current_executor().is_none() {
            return false;
        }
        while self.started < self.total {
            let handle = self.handles.get(&self.started);
            self.started += 1; // what is not pending now never will be again
            if handle.is_some_and(|handle| handle.raw().0.help()) {
                return true;
            }
        }
        false
    }

    pub(crate) fn get(&self, index: usize) -> RawTask {
        self.handles[&index].raw().0
    }

    pub(crate) fn take(&mut self, index: usize) -> W {
        let handle = self.handles.remove(&index).expect("announced once");
        self.ids.remove(&handle.raw().0.id());
        handle
    }

    /// Stops watching and gives back what is left, in the order given.
    pub(crate) fn into_rest(mut self) -> Vec<(usize, W)> {
        self.unwatch();
        let mut rest: Vec<_> = std::mem::take(&mut self.handles).into_iter().collect();
        rest.sort_unstable_by_key(|(index, _)| *index);
        rest
    }

    fn unwatch(&mut self) {
        if self.remaining == 0 {
            return;
        }
        for handle in self.handles.values() {
            let raw = handle.raw().0;
            if phase(raw.load()) != DONE {
                raw.unlisten(self.key);
            }
        }
    }
}

impl<W: Waitable> Drop for Watched<W> {
    fn drop(&mut self) {
        self.unwatch();
    }
}
