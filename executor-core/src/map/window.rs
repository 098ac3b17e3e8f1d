//! A map made of one task per item: ordered or not, bounded or not.

use super::Next;
use crate::completion::CompletionQueue;
use crate::error::{SubmitError, TaskError};
use crate::future::Future;
use crate::sync::Arc;
use crate::worker;
use std::collections::{HashMap, VecDeque};
use std::time::Instant;

/// Submits one more item: `None` at the end of the input.
type Feed<'e, R> = Box<dyn FnMut() -> Option<Result<Future<R>, SubmitError>> + Send + 'e>;

pub(super) struct Window<'e, R> {
    pending: Pending<R>,
    /// Takes and submits the next item; absent if there is none left, or all were submitted.
    feed: Option<Feed<'e, R>>,
    /// Why feeding ended early: delivered after everything that was submitted before.
    refused: Option<TaskError>,
}

enum Pending<R> {
    Ordered(VecDeque<Future<R>>),
    Unordered { futures: HashMap<usize, Future<R>>, next: usize, done: Arc<CompletionQueue> },
}

impl<'e, R> Window<'e, R> {
    pub(super) fn new(unordered: bool) -> Self {
        let pending = if unordered {
            let done = Arc::new(CompletionQueue::new());
            Pending::Unordered { futures: HashMap::new(), next: 0, done }
        } else {
            Pending::Ordered(VecDeque::new())
        };
        Self { pending, feed: None, refused: None }
    }

    /// Submits the first `size` items, and remembers where the next ones come from.
    pub(super) fn feed_from(
        &mut self,
        size: usize,
        mut feed: Feed<'e, R>,
    ) -> Result<(), SubmitError> {
        for _ in 0..size {
            match feed() {
                None => return Ok(()),
                Some(future) => self.push(future?),
            }
        }
        self.feed = Some(feed);
        Ok(())
    }

    pub(super) fn push(&mut self, future: Future<R>) {
        match &mut self.pending {
            Pending::Ordered(futures) => futures.push_back(future),
            Pending::Unordered { futures, next, done } => {
                if !future.raw().watch(future.id().as_u64(), done, *next) {
                    done.push(*next);
                }
                futures.insert(*next, future);
                *next += 1;
            }
        }
    }

    pub(super) fn next(&mut self, deadline: Option<Instant>) -> Next<R> {
        let ready = match &mut self.pending {
            Pending::Ordered(futures) => match futures.front() {
                None => return self.end(),
                Some(future) if !future.raw().wait(deadline) => return Next::TimedOut,
                Some(_) => futures.pop_front(),
            },
            Pending::Unordered { futures, .. } if futures.is_empty() => return self.end(),
            Pending::Unordered { futures, done, .. } => {
                let index = done.try_pop().or_else(|| {
                    if deadline.is_none() && worker::current_executor().is_some() {
                        // On a worker of the same pool, run one that nobody has started.
                        futures.values().any(|future| future.raw().help());
                    }
                    done.pop(deadline)
                });
                match index {
                    None => return Next::TimedOut,
                    Some(index) => futures.remove(&index),
                }
            }
        };
        let outcome = ready.expect("a ready index is of a pending future").result();
        self.refill(); // only now: the bound holds at every moment
        Next::Item(outcome)
    }

    fn refill(&mut self) {
        let Some(feed) = &mut self.feed else { return };
        match feed() {
            Some(Ok(future)) => return self.push(future),
            Some(Err(SubmitError::Broken(broken))) => {
                self.refused = Some(TaskError::PoolBroken(broken));
            }
            Some(Err(SubmitError::Codec(error))) => self.refused = Some(error),
            Some(Err(_)) => self.refused = Some(TaskError::ShutDown),
            None => {}
        }
        self.feed = None;
    }

    fn end(&mut self) -> Next<R> {
        self.refused.take().map_or(Next::End, |error| Next::Item(Err(error)))
    }

    pub(super) fn cancel(self) {
        let cancel = |future: &Future<R>| {
            future.cancel(); // one that is running is left alone
        };
        match self.pending {
            Pending::Ordered(futures) => futures.iter().for_each(cancel),
            Pending::Unordered { futures, .. } => futures.values().for_each(cancel),
        }
    }

    /// How many items are left at most, if known.
    pub(super) fn len(&self) -> Option<usize> {
        let submitted = match &self.pending {
            Pending::Ordered(futures) => futures.len(),
            Pending::Unordered { futures, .. } => futures.len(),
        };
        self.feed.is_none().then_some(submitted + usize::from(self.refused.is_some()))
    }
}
