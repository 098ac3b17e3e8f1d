//! The methods that `Queue` and `JoinableQueue` have in common.

/// Implements a queue, a struct with `Items<T>` in its field `items`.
macro_rules! queue_methods {
    ($queue:ident) => {
        impl<T: Portable> $queue<T> {
            /// Puts an item in, waiting for room. When it returns the item is in the queue, and
            /// stays there if this process ends.
            ///
            /// Blocks while a bounded queue is full, and on any queue while some two hundred items with
            /// handles in them (queues, locks, shared buffers, ...) are in it: the system holds the
            /// descriptors of no more than that, and of one user's, in all queues and pipes, hardly more than
            /// a process may have open. Python's `put`.
            ///
            /// # Errors
            ///
            /// With the item: [`PutError::Closed`] if the queue is shut down, be it during the wait;
            /// [`PutError::NotSent`] if the item cannot be encoded, and then nothing was put;
            /// [`PutError::Broken`] if the shared memory is.
            ///
            #[doc = concat!("```\nuse executor_process::", stringify!($queue), ";\n")]
            #[doc = concat!("let queue = ", stringify!($queue), "::new()?;")]
            /// queue.put("item".to_string())?;
            /// queue.shutdown();
            /// let error = queue.put("late".to_string()).unwrap_err();
            /// assert!(error.is_closed());
            /// assert_eq!(error.into_item(), "late");
            /// # Ok::<(), Box<dyn std::error::Error>>(())
            /// ```
            pub fn put(&self, item: T) -> Result<(), PutError<T>> {
                self.items.put(item, Patience::Endless).map_err(|(item, why)| why.endless(item))
            }

            /// Puts an item in, waiting for room for so long at most.
            ///
            /// A timeout beyond the end of the clock, such as `Duration::MAX`, is for ever. Python's
            /// `put(item, timeout=..)`.
            ///
            /// # Errors
            ///
            /// With the item: [`PutTimeoutError::TimedOut`], and those of [`put`](Self::put).
            ///
            #[doc = concat!("```\nuse executor_process::", stringify!($queue), ";")]
            /// use std::time::Duration;
            ///
            #[doc = concat!("let queue = ", stringify!($queue), "::bounded(1)?;")]
            /// queue.put(1)?;
            /// let error = queue.put_timeout(2, Duration::from_millis(10)).unwrap_err();
            /// assert!(error.is_timed_out());
            /// assert_eq!(error.into_item(), 2);
            /// # Ok::<(), Box<dyn std::error::Error>>(())
            /// ```
            pub fn put_timeout(&self, item: T, timeout: Duration) -> Result<(), PutTimeoutError<T>> {
                let put = self.items.put(item, Patience::Limited(timeout));
                put.map_err(|(item, why)| why.limited(item))
            }

            /// Puts an item in if there is room for it now.
            ///
            /// Waits for nothing but the end of another `put`. Python's `put_nowait`.
            ///
            /// # Errors
            ///
            /// With the item: [`TryPutError::Full`], and those of [`put`](Self::put).
            ///
            #[doc = concat!("```\nuse executor_process::", stringify!($queue), ";\n")]
            #[doc = concat!("let queue = ", stringify!($queue), "::bounded(1)?;")]
            /// queue.try_put(1)?;
            /// assert!(queue.try_put(2).unwrap_err().is_full());
            /// # Ok::<(), Box<dyn std::error::Error>>(())
            /// ```
            pub fn try_put(&self, item: T) -> Result<(), TryPutError<T>> {
                self.items.put(item, Patience::None).map_err(|(item, why)| why.at_once(item))
            }

            /// Gets the first item, waiting for it.
            ///
            /// Blocks while the queue is empty and not shut down, also if nobody is left who could
            /// put: use a [`pipe`](crate::pipe()) to be told of that. Python's `get`.
            ///
            /// # Errors
            ///
            /// [`GetError::Closed`] if the queue is shut down and empty; [`GetError::NotReceived`]
            /// if an item was taken that cannot be decoded, and then there are the others;
            /// [`GetError::Broken`] if the shared memory is.
            ///
            #[doc = concat!("```\nuse executor_core::GetError;\nuse executor_process::", stringify!($queue), ";\n")]
            #[doc = concat!("let queue = ", stringify!($queue), "::new()?;")]
            /// queue.put(7)?;
            /// queue.shutdown();
            /// assert_eq!(queue.get(), Ok(7));
            /// assert_eq!(queue.get(), Err(GetError::Closed));
            /// # Ok::<(), Box<dyn std::error::Error>>(())
            /// ```
            pub fn get(&self) -> Result<T, GetError> {
                self.items.get(Patience::Endless).map_err(NotGot::endless)
            }

            /// Gets the first item, waiting for it for so long at most.
            ///
            /// A timeout beyond the end of the clock, such as `Duration::MAX`, is for ever. Python's
            /// `get(timeout=..)`.
            ///
            /// # Errors
            ///
            /// [`GetTimeoutError::TimedOut`], and those of [`get`](Self::get).
            ///
            #[doc = concat!("```\nuse executor_process::", stringify!($queue), ";")]
            /// use std::time::Duration;
            ///
            #[doc = concat!("let queue = ", stringify!($queue), "::<u32>::new()?;")]
            /// let error = queue.get_timeout(Duration::from_millis(10)).unwrap_err();
            /// assert!(error.is_timed_out());
            /// # Ok::<(), Box<dyn std::error::Error>>(())
            /// ```
            pub fn get_timeout(&self, timeout: Duration) -> Result<T, GetTimeoutError> {
                self.items.get(Patience::Limited(timeout)).map_err(NotGot::limited)
            }

            /// Gets the first item if there is one now.
            ///
            /// Waits for nothing but the end of another `get`. Python's `get_nowait`.
            ///
            /// # Errors
            ///
            /// [`TryGetError::Empty`], and those of [`get`](Self::get).
            ///
            #[doc = concat!("```\nuse executor_core::TryGetError;\nuse executor_process::", stringify!($queue), ";\n")]
            #[doc = concat!("let queue = ", stringify!($queue), "::new()?;")]
            /// queue.put('a')?;
            /// assert_eq!(queue.try_get(), Ok('a'));
            /// assert_eq!(queue.try_get(), Err(TryGetError::Empty));
            /// # Ok::<(), Box<dyn std::error::Error>>(())
            /// ```
            pub fn try_get(&self) -> Result<T, TryGetError> {
                self.items.get(Patience::None).map_err(NotGot::at_once)
            }

            /// An iterator that gets items, waiting for them, until the queue is shut down and empty.
            ///
            /// Several threads and processes may iterate: each item goes to one of them. Python has
            /// it as `iter(queue.get, END)`.
            ///
            #[doc = concat!("```\nuse executor_process::", stringify!($queue), ";\n")]
            #[doc = concat!("let queue = ", stringify!($queue), "::new()?;")]
            /// (1..=3).try_for_each(|number| queue.put(number))?;
            /// queue.shutdown();
            /// assert_eq!(queue.iter().sum::<Result<u32, _>>()?, 6);
            /// # Ok::<(), Box<dyn std::error::Error>>(())
            /// ```
            pub fn iter(&self) -> Iter<'_, Self> {
                Iter { queue: self, broken: false }
            }

            /// An iterator that gets the items that are there, without waiting.
            pub fn try_iter(&self) -> TryIter<'_, Self> {
                TryIter { queue: self, broken: false }
            }
        }

        impl<T> $queue<T> {
            /// How many items are in the queue, those of all processes: a hint, since others put
            /// and get. Does not block. Python's `qsize`, on every system.
            pub fn len(&self) -> usize {
                self.items.len()
            }

            /// Whether the queue is empty: a hint, as [`len`](Self::len) is, but an item whose
            /// `put` has returned is seen. Python's `empty`, which may be `True` just after a
            /// `put`.
            pub fn is_empty(&self) -> bool {
                self.items.log().is_empty()
            }

            /// Whether the queue is full: a hint, as [`len`](Self::len) is. Python's `full`.
            pub fn is_full(&self) -> bool {
                self.items.log().is_full()
            }

            /// How many items it takes, from all processes; `None` if any number. Python's `maxsize`.
            pub fn capacity(&self) -> Option<usize> {
                self.items.capacity()
            }

            /// Closes the queue for all processes: nothing more can be put, what is in it can still
            /// be got.
            ///
            /// Everybody who waits to put is sent away with the item, and everybody who waits to
            /// get once the queue is empty. Can be repeated. Waits for nothing but the end of a
            /// `put`. The `shutdown` of Python's `queue.Queue`; its `multiprocessing.Queue` has
            /// none.
            ///
            #[doc = concat!("```\nuse executor_process::", stringify!($queue), ";\n")]
            #[doc = concat!("let queue = ", stringify!($queue), "::new()?;")]
            /// queue.put(7)?;
            /// queue.shutdown();
            /// assert!(queue.put(8).is_err());
            /// assert_eq!(queue.get()?, 7);
            /// # Ok::<(), Box<dyn std::error::Error>>(())
            /// ```
            pub fn shutdown(&self) {
                self.items.log().close();
            }

            /// The same as [`shutdown`](Self::shutdown), under the name that
            /// `multiprocessing.Queue` has.
            ///
            /// Python closes one process's end of the queue. Here that is to drop the handle; there
            /// is nothing to flush, so its `join_thread` and `cancel_join_thread` have no
            /// counterpart.
            pub fn close(&self) {
                self.shutdown();
            }

            /// Whether the queue was shut down, by whichever process.
            pub fn is_closed(&self) -> bool {
                self.items.log().is_closed()
            }
        }

        impl<T: Portable> Iterator for Iter<'_, $queue<T>> {
            type Item = Result<T, GetError>;

            fn next(&mut self) -> Option<Self::Item> {
                iter::next(self.queue.get(), &mut self.broken)
            }
        }

        impl<T: Portable> Iterator for IntoIter<$queue<T>> {
            type Item = Result<T, GetError>;

            fn next(&mut self) -> Option<Self::Item> {
                iter::next(self.queue.get(), &mut self.broken)
            }
        }

        impl<T: Portable> Iterator for TryIter<'_, $queue<T>> {
            type Item = Result<T, GetError>;

            fn next(&mut self) -> Option<Self::Item> {
                iter::try_next(self.queue.try_get(), &mut self.broken)
            }
        }

        impl<'a, T: Portable> IntoIterator for &'a $queue<T> {
            type Item = Result<T, GetError>;
            type IntoIter = Iter<'a, $queue<T>>;

            fn into_iter(self) -> Self::IntoIter {
                self.iter()
            }
        }

        impl<T: Portable> IntoIterator for $queue<T> {
            type Item = Result<T, GetError>;
            type IntoIter = IntoIter<Self>;

            fn into_iter(self) -> Self::IntoIter {
                IntoIter { queue: self, broken: false }
            }
        }

        impl<T> fmt::Debug for $queue<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.items.describe(stringify!($queue), f)
            }
        }
    };
}

pub(super) use queue_methods;
