//! The methods of the three queues, which differ in nothing but the order of the items.

/// Implements a queue, a struct with an `Arc<Shared<$store>>` in its field `shared`.
macro_rules! queue_methods {
    ($queue:ident, $store:ty $(, $bound:ident)?) => {
        impl<T $(: $bound)?> $queue<T> {
            /// A queue that takes any number of items.
            pub fn new() -> Self {
                Self::bounded(0)
            }

            /// A queue that takes `capacity` items; `0` means any number, as in Python.
            ///
            /// While it is full [`put`](Self::put) waits for room. The capacity never changes.
            pub fn bounded(capacity: usize) -> Self {
                Self { shared: Arc::new(Shared::new(capacity, <$store>::default())) }
            }

            /// Puts an item in, waiting for room.
            ///
            /// Blocks while a bounded queue is full. Python's `put`.
            ///
            /// # Errors
            ///
            /// [`PutError::Closed`] with the item, if the queue is shut down, be it during the wait.
            ///
            #[doc = concat!("```\nuse executor_thread::queue::", stringify!($queue), ";\n")]
            #[doc = concat!("let queue = ", stringify!($queue), "::new();")]
            /// queue.put("item")?;
            /// queue.shutdown();
            /// let error = queue.put("late").unwrap_err();
            /// assert!(error.is_closed());
            /// assert_eq!(error.into_item(), "late");
            /// # Ok::<(), executor_core::PutError<&str>>(())
            /// ```
            pub fn put(&self, item: T) -> Result<(), PutError<T>> {
                self.shared.put(item, Patience::Endless).map_err(|(item, _)| PutError::Closed(item))
            }

            /// Puts an item in, waiting for room for so long at most.
            ///
            /// A timeout beyond the end of the clock, such as `Duration::MAX`, is for ever. Python's
            /// `put(item, timeout=..)`.
            ///
            /// # Errors
            ///
            /// With the item: [`PutTimeoutError::TimedOut`], and [`PutTimeoutError::Closed`] if the
            /// queue is shut down.
            ///
            #[doc = concat!("```\nuse executor_thread::queue::", stringify!($queue), ";")]
            /// use std::time::Duration;
            ///
            #[doc = concat!("let queue = ", stringify!($queue), "::bounded(1);")]
            /// queue.put("item")?;
            /// let error = queue.put_timeout("one more", Duration::from_millis(10)).unwrap_err();
            /// assert!(error.is_timed_out());
            /// assert_eq!(error.into_item(), "one more");
            /// # Ok::<(), executor_core::PutError<&str>>(())
            /// ```
            pub fn put_timeout(&self, item: T, timeout: Duration) -> Result<(), PutTimeoutError<T>> {
                let put = match self.shared.put(item, Patience::None) {
                    // Only now is the clock needed.
                    Err((item, NotPut::Full)) => {
                        self.shared.put(item, Patience::lasting(timeout))
                    }
                    put => put,
                };
                put.map_err(|(item, why)| match why {
                    NotPut::Full => PutTimeoutError::TimedOut(item),
                    NotPut::Closed => PutTimeoutError::Closed(item),
                })
            }

            /// Puts an item in if there is room now. Python's `put_nowait`.
            ///
            /// # Errors
            ///
            /// With the item: [`TryPutError::Full`], and [`TryPutError::Closed`] if the queue is shut
            /// down.
            ///
            #[doc = concat!("```\nuse executor_core::TryPutError;\nuse executor_thread::queue::", stringify!($queue), ";\n")]
            #[doc = concat!("let queue = ", stringify!($queue), "::bounded(1);")]
            /// assert_eq!(queue.try_put("item"), Ok(()));
            /// assert_eq!(queue.try_put("one more"), Err(TryPutError::Full("one more")));
            /// ```
            pub fn try_put(&self, item: T) -> Result<(), TryPutError<T>> {
                self.shared.put(item, Patience::None).map_err(|(item, why)| match why {
                    NotPut::Full => TryPutError::Full(item),
                    NotPut::Closed => TryPutError::Closed(item),
                })
            }

            /// Takes the item whose turn it is, waiting for one.
            ///
            /// Blocks while the queue is empty; for ever, if nobody puts anything or shuts it down.
            /// Python's `get`.
            ///
            /// # Errors
            ///
            /// [`GetError::Closed`] if the queue is shut down and nothing is left in it.
            ///
            #[doc = concat!("```\nuse executor_core::GetError;\nuse executor_thread::queue::", stringify!($queue), ";\n")]
            #[doc = concat!("let queue = ", stringify!($queue), "::from_iter([\"last\"]);")]
            /// queue.shutdown();
            /// assert_eq!(queue.get(), Ok("last"));
            /// assert_eq!(queue.get(), Err(GetError::Closed));
            /// ```
            pub fn get(&self) -> Result<T, GetError> {
                self.shared.get(Patience::Endless).map_err(|_| GetError::Closed)
            }

            /// Takes the item whose turn it is, waiting for one for so long at most.
            ///
            /// A timeout beyond the end of the clock, such as `Duration::MAX`, is for ever. Python's
            /// `get(timeout=..)`.
            ///
            /// # Errors
            ///
            /// [`GetTimeoutError::TimedOut`], and [`GetTimeoutError::Closed`] if the queue is shut
            /// down and nothing is left in it.
            ///
            #[doc = concat!("```\nuse executor_core::GetTimeoutError;\nuse executor_thread::queue::", stringify!($queue), ";")]
            /// use std::time::Duration;
            ///
            #[doc = concat!("let queue = ", stringify!($queue), "::<u32>::new();")]
            /// let outcome = queue.get_timeout(Duration::from_millis(10));
            /// assert_eq!(outcome, Err(GetTimeoutError::TimedOut));
            /// ```
            pub fn get_timeout(&self, timeout: Duration) -> Result<T, GetTimeoutError> {
                let got = match self.shared.get(Patience::None) {
                    Err(NotGot::Empty) => self.shared.get(Patience::lasting(timeout)),
                    got => got,
                };
                got.map_err(|why| match why {
                    NotGot::Empty => GetTimeoutError::TimedOut,
                    NotGot::Closed => GetTimeoutError::Closed,
                })
            }

            /// Takes the item whose turn it is, if there is one now. Python's `get_nowait`.
            ///
            /// # Errors
            ///
            /// [`TryGetError::Empty`], and [`TryGetError::Closed`] if the queue is shut down and
            /// nothing is left in it.
            ///
            #[doc = concat!("```\nuse executor_core::TryGetError;\nuse executor_thread::queue::", stringify!($queue), ";\n")]
            #[doc = concat!("let queue = ", stringify!($queue), "::from_iter([7]);")]
            /// assert_eq!(queue.try_get(), Ok(7));
            /// assert_eq!(queue.try_get(), Err(TryGetError::Empty));
            /// ```
            pub fn try_get(&self) -> Result<T, TryGetError> {
                self.shared.get(Patience::None).map_err(|why| match why {
                    NotGot::Empty => TryGetError::Empty,
                    NotGot::Closed => TryGetError::Closed,
                })
            }

            /// How many items are in the queue: a hint, since other threads put and get. Does not block.
            /// Python's `qsize`.
            pub fn len(&self) -> usize {
                self.shared.len()
            }

            /// Whether the queue is empty: a hint, as [`len`](Self::len) is. Python's `empty`.
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// Whether the queue is full: a hint, as [`len`](Self::len) is. Python's `full`.
            pub fn is_full(&self) -> bool {
                self.shared.is_full()
            }

            /// How many items it takes; `None` if any number. Python's `maxsize`.
            pub fn capacity(&self) -> Option<usize> {
                self.shared.capacity()
            }

            /// Marks an item done that was got from the queue, for [`join`](Self::join).
            ///
            /// Only those who call `join` need it. Python's `task_done`.
            ///
            /// # Errors
            ///
            /// [`TooManyDone`] if there are already as many marks as items put.
            ///
            #[doc = concat!("```\nuse executor_core::TooManyDone;\nuse executor_thread::queue::", stringify!($queue), ";\n")]
            #[doc = concat!("let queue = ", stringify!($queue), "::from_iter([1]);")]
            /// assert_eq!(queue.get(), Ok(1));
            /// assert_eq!(queue.task_done(), Ok(()));
            /// assert_eq!(queue.task_done(), Err(TooManyDone));
            /// ```
            pub fn task_done(&self) -> Result<(), TooManyDone> {
                self.shared.task_done()
            }

            /// Waits until every item that was put is marked done. Can be repeated.
            ///
            /// Blocks for ever if somebody gets items and does not mark them; a shutdown does not end
            /// the wait, one by [`shutdown_now`](Self::shutdown_now) marks what it takes out. Python's
            /// `join`.
            ///
            #[doc = concat!("```\nuse executor_thread::queue::", stringify!($queue), ";")]
            /// use std::thread;
            ///
            #[doc = concat!("let queue = ", stringify!($queue), "::from_iter(1..=10);")]
            /// let worker = queue.clone();
            /// thread::spawn(move || {
            ///     for number in &worker {
            ///         println!("{number}");
            ///         worker.task_done().expect("one for each item");
            ///     }
            /// });
            /// queue.join(); // all ten are printed
            /// # queue.shutdown();
            /// ```
            pub fn join(&self) {
                // Endless patience has no end.
                let _ = self.shared.join(Patience::Endless);
            }

            /// [`join`](Self::join), for so long at most.
            ///
            /// # Errors
            ///
            /// [`NotJoined`] with the number of items that are not marked done.
            ///
            #[doc = concat!("```\nuse executor_thread::queue::", stringify!($queue), ";")]
            /// use std::time::Duration;
            ///
            #[doc = concat!("let queue = ", stringify!($queue), "::from_iter([1, 2]);")]
            /// let error = queue.join_timeout(Duration::from_millis(10)).unwrap_err();
            /// assert_eq!(error.unfinished(), 2);
            /// ```
            pub fn join_timeout(&self, timeout: Duration) -> Result<(), NotJoined> {
                self.shared.join(Patience::lasting(timeout))
            }

            /// Closes the queue: nothing more can be put, what is in it can still be got.
            ///
            /// Everybody who waits to put is sent away with the item, and everybody who waits to get
            /// once the queue is empty. Can be repeated, and be followed by
            /// [`shutdown_now`](Self::shutdown_now). Does not block. Python's `shutdown`.
            ///
            #[doc = concat!("```\nuse executor_thread::queue::", stringify!($queue), ";\n")]
            #[doc = concat!("let queue = ", stringify!($queue), "::from_iter([7]);")]
            /// queue.shutdown();
            /// assert!(queue.put(8).is_err());
            /// assert_eq!(queue.iter().collect::<Vec<_>>(), [7]);
            /// ```
            pub fn shutdown(&self) {
                self.shared.close();
            }

            /// Closes the queue and takes out what is in it, which counts as marked done.
            ///
            /// Everybody who waits to put or to get is sent away; who waits in [`join`](Self::join) is
            /// if nobody else holds an item that is not marked done. Returns the items that nobody will
            /// get, in the order of the queue (a priority queue's: as they were put). Can be repeated.
            /// Does not block. Python's `shutdown(immediate=True)`, which discards them.
            ///
            #[doc = concat!("```\nuse executor_thread::queue::", stringify!($queue), ";\n")]
            #[doc = concat!("let queue = ", stringify!($queue), "::from_iter([7]);")]
            /// assert_eq!(queue.shutdown_now(), [7]);
            /// assert!(queue.get().is_err());
            /// queue.join(); // nothing to wait for
            /// ```
            pub fn shutdown_now(&self) -> Vec<T> {
                self.shared.close_and_clear()
            }

            /// Whether the queue was shut down, in either way. Python's `is_shutdown`.
            pub fn is_closed(&self) -> bool {
                self.shared.is_closed()
            }

            /// An iterator that gets items, waiting for them, until the queue is shut down and empty.
            ///
            /// Several threads may iterate: each item goes to one of them. Python has it as
            /// `iter(queue.get, END)`.
            pub fn iter(&self) -> Iter<'_, Self> {
                Iter(self)
            }

            /// An iterator that gets the items that are there, without waiting.
            pub fn try_iter(&self) -> TryIter<'_, Self> {
                TryIter(self)
            }
        }

        /// Another handle of the same queue.
        impl<T> Clone for $queue<T> {
            fn clone(&self) -> Self {
                Self { shared: Arc::clone(&self.shared) }
            }
        }

        impl<T $(: $bound)?> Default for $queue<T> {
            fn default() -> Self {
                Self::new()
            }
        }

        /// Its state, not its items, of which nothing is asked.
        impl<T $(: $bound)?> fmt::Debug for $queue<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.shared.debug(stringify!($queue), f)
            }
        }

        /// A queue without bound, with these items put in this order.
        impl<T $(: $bound)?> FromIterator<T> for $queue<T> {
            fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
                Self { shared: Arc::new(Shared::new(0, items.into_iter().collect::<$store>())) }
            }
        }

        impl<T $(: $bound)?> Iterator for Iter<'_, $queue<T>> {
            type Item = T;

            fn next(&mut self) -> Option<T> {
                self.0.get().ok()
            }
        }

        impl<T $(: $bound)?> Iterator for TryIter<'_, $queue<T>> {
            type Item = T;

            fn next(&mut self) -> Option<T> {
                self.0.try_get().ok()
            }
        }

        impl<T $(: $bound)?> Iterator for IntoIter<$queue<T>> {
            type Item = T;

            fn next(&mut self) -> Option<T> {
                self.0.get().ok()
            }
        }

        /// See `iter`.
        impl<'a, T $(: $bound)?> IntoIterator for &'a $queue<T> {
            type Item = T;
            type IntoIter = Iter<'a, $queue<T>>;

            fn into_iter(self) -> Self::IntoIter {
                Iter(self)
            }
        }

        /// See `iter`. The queue lives on if there are other handles.
        impl<T $(: $bound)?> IntoIterator for $queue<T> {
            type Item = T;
            type IntoIter = IntoIter<$queue<T>>;

            fn into_iter(self) -> Self::IntoIter {
                IntoIter(self)
            }
        }
    };
}

pub(super) use queue_methods;
