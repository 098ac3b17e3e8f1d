//! The methods that `Lock` and `RLock` have in common.

/// Implements a lock whose memory is in its field `segment`, and its guard, with examples for two of the
/// methods. The lock has these of its own:
///
/// - `take` and `try_take`, which take it, if need be after waiting;
/// - `marked`, the [`MarkedLock`](super::marked::MarkedLock) in it;
/// - `let_go`, which undoes one acquisition, for the guard;
/// - `release`, the same for everybody.
///
/// The guard is made by its `new`, and has the lock in its field `lock`.
macro_rules! lock_methods {
    (
        $lock:ident, $guard:ident, released by $who:literal,
        $(#[$try_lock_example:meta])* try_lock,
        $(#[$acquire_example:meta])* acquire $(,)?
    ) => {
        impl $lock {
            /// A lock that nobody has.
            ///
            /// # Errors
            ///
            /// There is no memory, or no descriptor, to be had.
            pub fn new() -> io::Result<Self> {
                Ok(Self { segment: Arc::new(Segment::create()?) })
            }

            /// Waits for the lock and takes it. The guard releases it.
            ///
            /// # Errors
            ///
            /// [`Abandoned`]: a process died while it had the lock.
            #[inline]
            pub fn lock(&self) -> Result<$guard<'_>, Abandoned<Self>> {
                self.acquire().map(|()| self.guard())
            }

            /// Takes the lock if that is possible at once; `None` if not.
            ///
            /// If somebody has it, a look at whether he is alive costs some system calls.
            ///
            /// # Errors
            ///
            /// [`Abandoned`]: a process died while it had the lock.
            ///
            $(#[$try_lock_example])*
            #[inline]
            pub fn try_lock(&self) -> Result<Option<$guard<'_>>, Abandoned<Self>> {
                self.try_acquire().map(|taken| taken.then(|| self.guard()))
            }

            /// Waits for the lock, for so long at most, and takes it; `None` if the time has passed
            /// before.
            ///
            /// A timeout beyond the end of the clock, such as `Duration::MAX`, is for ever.
            ///
            /// # Errors
            ///
            /// [`Abandoned`]: a process died while it had the lock.
            #[inline]
            pub fn lock_timeout(
                &self,
                timeout: Duration,
            ) -> Result<Option<$guard<'_>>, Abandoned<Self>> {
                self.acquire_timeout(timeout).map(|taken| taken.then(|| self.guard()))
            }

            #[doc = concat!("Waits for the lock and takes it, until ", $who, " calls [`release`](Self::release).")]
            ///
            /// # Errors
            ///
            /// [`Abandoned`]: a process died while it had the lock. Without
            #[doc = concat!("[`into_guard`](Abandoned::into_guard), and [`", stringify!($guard), "::keep`] after that, the lock is not held.")]
            ///
            $(#[$acquire_example])*
            #[inline]
            pub fn acquire(&self) -> Result<(), Abandoned<Self>> {
                self.check(self.take(Waiting::forever)).map(|_always| ())
            }

            /// The same if it is possible at once; `false` if not.
            ///
            /// # Errors
            ///
            /// As of [`acquire`](Self::acquire).
            #[inline]
            pub fn try_acquire(&self) -> Result<bool, Abandoned<Self>> {
                self.check(self.try_take())
            }

            /// The same, for so long at most; `false` if the time has passed before.
            ///
            /// # Errors
            ///
            /// As of [`acquire`](Self::acquire).
            #[inline]
            pub fn acquire_timeout(&self, timeout: Duration) -> Result<bool, Abandoned<Self>> {
                self.check(self.take(|| Waiting::at_most(timeout)))
            }

            #[inline]
            fn check(&self, taken: Option<Taken>) -> Result<bool, Abandoned<Self>> {
                match taken {
                    Some(Taken::Released) => Ok(true),
                    None => Ok(false),
                    Some(Taken::Abandoned) => Err(Abandoned::new(self)),
                }
            }

            #[inline]
            fn guard(&self) -> $guard<'_> {
                $guard::new(Cow::Borrowed(self))
            }

            /// Whether somebody has it. That may have changed by the time the caller looks at the
            /// answer.
            pub fn is_locked(&self) -> bool {
                self.marked().holder().is_some()
            }

            /// Whether a process has died with the lock, and nobody has accepted it since.
            pub fn is_abandoned(&self) -> bool {
                self.marked().is_marked()
            }

            /// Says that what the lock protects is in order, after a process died with the lock: from
            /// now on nobody is told. The caller has the lock.
            ///
            /// Needed after [`WaitError::Abandoned`](super::WaitError::Abandoned) only;
            /// [`Abandoned::into_guard`] does it otherwise.
            pub fn clear_abandoned(&self) {
                self.marked().unmark();
            }
        }

        impl Lockable for $lock {
            type Guard<'a> = $guard<'a>;

            fn lock(&self) -> Result<$guard<'_>, Abandoned<Self>> {
                self.lock()
            }

            fn try_lock(&self) -> Result<Option<$guard<'_>>, Abandoned<Self>> {
                self.try_lock()
            }

            fn lock_timeout(
                &self,
                timeout: Duration,
            ) -> Result<Option<$guard<'_>>, Abandoned<Self>> {
                self.lock_timeout(timeout)
            }

            fn release(&self) -> Result<(), NotHeld> {
                self.release()
            }

            fn clear_abandoned(&self) {
                self.clear_abandoned();
            }

            fn into_guard<'a>(self) -> $guard<'a> {
                $guard::new(Cow::Owned(self))
            }
        }

        /// Whether it is locked, and by which process.
        impl fmt::Debug for $lock {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut lock = f.debug_struct(stringify!($lock));
                lock.field("locked_by", &self.marked().holder());
                if self.is_abandoned() {
                    lock.field("abandoned", &true);
                }
                lock.finish()
            }
        }

        impl $guard<'_> {
            #[doc = concat!("Gives up the guard and keeps the lock, until ", $who, " calls [`", stringify!($lock), "::release`].")]
            pub fn keep(mut self) {
                self.lock = None;
            }
        }

        impl Drop for $guard<'_> {
            #[inline]
            fn drop(&mut self) {
                if let Some(lock) = &self.lock {
                    lock.let_go();
                }
            }
        }
    };
}

pub(super) use lock_methods;
