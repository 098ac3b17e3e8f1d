//! Queues: the methods of `Proxy<Queue<T>>` and `Proxy<JoinableQueue<T>>`.
//!
//! Their errors are those of queues; that the manager has ended is `Broken`.

use crate::manager::{ManagerError, Proxy};
use crate::queue::{JoinableQueue, Queue};
use executor_core::{
    BrokenQueue, GetError, GetTimeoutError, Portable, PutError, PutTimeoutError, TooManyDone,
    TryGetError, TryPutError,
};
use std::sync::Arc;
use std::time::Duration;

fn broken(error: &ManagerError) -> Arc<BrokenQueue> {
    Arc::new(BrokenQueue::new(error.to_string()))
}

macro_rules! queues {
    ($queue:ident, $make:ident) => {
        #[doc = concat!("A [`", stringify!($queue), "`] that a manager holds, made by [`Manager::", stringify!($make), "`](crate::Manager::", stringify!($make), ").")]
        ///
        /// When the manager has ended every method fails with `Broken`, or a [`ManagerError`], also
        /// while it waits. The first one that a process calls asks the manager for the handle.
        ///
        /// ```
        /// use executor_process::Manager;
        ///
        /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// let manager = Manager::new()?;
        #[doc = concat!("let queue = manager.", stringify!($make), "(0)?; // without a bound")]
        /// queue.put("first".to_owned())?;
        /// assert_eq!(queue.get()?, "first");
        /// # Ok(())
        /// # }
        /// ```
        impl<T: Portable> Proxy<$queue<T>> {
            /// Puts an item, and waits for room.
            ///
            /// # Errors
            ///
            /// The queue was shut down, the item does not travel, or the manager has ended; the item
            /// is in the error.
            pub fn put(&self, item: T) -> Result<(), PutError<T>> {
                self.put_within(None, item).map_err(|error| match error {
                    PutTimeoutError::Closed(item) => PutError::Closed(item),
                    PutTimeoutError::NotSent(item, why) => PutError::NotSent(item, why),
                    PutTimeoutError::Broken(item, why) => PutError::Broken(item, why),
                    other => {
                        let why = Arc::new(BrokenQueue::new(other.to_string()));
                        PutError::Broken(other.into_item(), why)
                    }
                })
            }

            /// The same, for so long at most.
            ///
            /// # Errors
            ///
            /// As of [`put`](Self::put), or the time has passed.
            pub fn put_timeout(&self, item: T, timeout: Duration) -> Result<(), PutTimeoutError<T>> {
                self.put_within(Some(timeout), item)
            }

            /// Puts an item; without a limit the time never passes.
            fn put_within(
                &self,
                limit: Option<Duration>,
                item: T,
            ) -> Result<(), PutTimeoutError<T>> {
                let mut rest = Some(item);
                let put = self.in_slices(limit, |queue, slice| {
                    match queue.put_timeout(rest.take()?, slice) {
                        Err(PutTimeoutError::TimedOut(item)) => {
                            rest = Some(item);
                            None
                        }
                        done => Some(done),
                    }
                });
                match (put, rest) {
                    (Ok(Some(put)), _) => put,
                    (Ok(None), Some(item)) => Err(PutTimeoutError::TimedOut(item)),
                    (Err(error), Some(item)) => Err(PutTimeoutError::Broken(item, broken(&error))),
                    (Ok(None) | Err(_), None) => {
                        unreachable!("the item was put, or is in the error, or is here")
                    }
                }
            }

            /// Puts an item if there is room.
            ///
            /// # Errors
            ///
            /// As of [`put`](Self::put), or the queue is full.
            pub fn try_put(&self, item: T) -> Result<(), TryPutError<T>> {
                match self.handle() {
                    Ok(queue) => queue.try_put(item),
                    Err(error) => Err(TryPutError::Broken(item, broken(&error))),
                }
            }

            /// Takes the first item, and waits for one.
            ///
            /// # Errors
            ///
            /// The queue was shut down and is empty, the item does not arrive, or the manager has ended.
            pub fn get(&self) -> Result<T, GetError> {
                let got = self.until(|queue, slice| match queue.get_timeout(slice) {
                    Ok(item) => Some(Ok(item)),
                    Err(GetTimeoutError::TimedOut) => None,
                    Err(GetTimeoutError::Closed) => Some(Err(GetError::Closed)),
                    Err(GetTimeoutError::NotReceived(why)) => Some(Err(GetError::NotReceived(why))),
                    Err(GetTimeoutError::Lost) => Some(Err(GetError::Lost)),
                    Err(GetTimeoutError::Broken(why)) => Some(Err(GetError::Broken(why))),
                    Err(other) => {
                        Some(Err(GetError::Broken(Arc::new(BrokenQueue::new(other.to_string())))))
                    }
                });
                got.unwrap_or_else(|error| Err(GetError::Broken(broken(&error))))
            }

            /// The same, for so long at most.
            ///
            /// # Errors
            ///
            /// As of [`get`](Self::get), or the time has passed.
            pub fn get_timeout(&self, timeout: Duration) -> Result<T, GetTimeoutError> {
                let got = self.in_slices(Some(timeout), |queue, slice| {
                    match queue.get_timeout(slice) {
                        Err(GetTimeoutError::TimedOut) => None,
                        other => Some(other),
                    }
                });
                match got {
                    Ok(got) => got.unwrap_or(Err(GetTimeoutError::TimedOut)),
                    Err(error) => Err(GetTimeoutError::Broken(broken(&error))),
                }
            }

            /// Takes the first item if there is one.
            ///
            /// # Errors
            ///
            /// As of [`get`](Self::get), or the queue is empty.
            pub fn try_get(&self) -> Result<T, TryGetError> {
                match self.handle() {
                    Ok(queue) => queue.try_get(),
                    Err(error) => Err(TryGetError::Broken(broken(&error))),
                }
            }

            /// How many items there are at the moment.
            ///
            /// # Errors
            ///
            /// As for [`call`](Self::call).
            pub fn len(&self) -> Result<usize, ManagerError> {
                Ok(self.handle()?.len())
            }

            /// Whether there are none at the moment.
            ///
            /// # Errors
            ///
            /// As for [`call`](Self::call).
            pub fn is_empty(&self) -> Result<bool, ManagerError> {
                Ok(self.handle()?.is_empty())
            }

            /// Whether there is no room at the moment.
            ///
            /// # Errors
            ///
            /// As for [`call`](Self::call).
            pub fn is_full(&self) -> Result<bool, ManagerError> {
                Ok(self.handle()?.is_full())
            }

            /// How many items there may be; `None` for any number.
            ///
            /// # Errors
            ///
            /// As for [`call`](Self::call).
            pub fn capacity(&self) -> Result<Option<usize>, ManagerError> {
                Ok(self.handle()?.capacity())
            }

            /// Lets no more items in; those that are there can be taken.
            ///
            /// # Errors
            ///
            /// As for [`call`](Self::call).
            pub fn shutdown(&self) -> Result<(), ManagerError> {
                self.handle()?.shutdown();
                Ok(())
            }
        }
    };
}

queues!(Queue, queue);
queues!(JoinableQueue, joinable_queue);

impl<T: Portable> Proxy<JoinableQueue<T>> {
    /// Marks an item that was taken as done.
    ///
    /// # Errors
    ///
    /// The outer one if the manager has ended, the inner one if more were marked than put.
    pub fn task_done(&self) -> Result<Result<(), TooManyDone>, ManagerError> {
        Ok(self.handle()?.task_done())
    }

    /// Waits until every item that was put is marked as done.
    ///
    /// # Errors
    ///
    /// The manager has ended.
    pub fn join(&self) -> Result<(), ManagerError> {
        self.until(|queue, slice| queue.join_timeout(slice).ok())
    }
}
