//! [`Future`]: the handle to a result that is not there yet.

use crate::cell::RawTask;
use crate::error::{NotFinished, StillRunning, TaskError};
use crate::id::FutureId;
use crate::shared::SharedFuture;
use crate::state::{self, CANCELLED, DONE, FutureState, LISTENERS};
use crate::task::debug;
use crate::task_ref::TaskRef;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// The key under which the handle itself registers its waker; `wait` and others draw their own.
const OWN_WAKER: u64 = 0;

/// The unique handle to the result of a task: `Result<T, TaskError>`, now or later.
///
/// Made by [`Executor::submit`](crate::Executor::submit), or together with a
/// [`Promise`](crate::Promise). It blocks ([`result`](Self::result)), polls ([`done`](Self::done)),
/// calls back ([`add_done_callback`](Self::add_done_callback)) and can be awaited in any async
/// runtime. [`shared`](Self::shared) gives a cloneable form.
///
/// Dropping the handle neither cancels nor delays the task; its value is then dropped where it is
/// made. For the opposite see [`cancel_on_drop`](Self::cancel_on_drop).
///
/// Python's `concurrent.futures.Future`. There `result()` may be called again and again; here it
/// consumes the handle, since the value can be moved out only once, and [`peek`](Self::peek),
/// [`exception`](Self::exception) and the shared form serve whoever wants to look repeatedly.
///
/// ```
/// use executor_core::{Executor, InlineExecutor};
///
/// let future = InlineExecutor::new().submit(|x: u64| x * x, 7)?;
/// assert!(future.done());
/// assert_eq!(future.result()?, 49);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a dropped future detaches its task and loses the result, errors and panics included"]
pub struct Future<T> {
    raw: RawTask,
    /// Owns the outcome.
    value: PhantomData<Result<T, TaskError>>,
}

// SAFETY: the handle gives its holder the outcome by value or by unique reference, so T: Send.
unsafe impl<T: Send> Send for Future<T> {}
// SAFETY: through `&Future` several threads may see `&T`, hence T: Sync; and callbacks may be
// added that are given `&T` on yet another thread.
unsafe impl<T: Send + Sync> Sync for Future<T> {}

impl<T> Future<T> {
    /// Wraps a reference that comes with INTEREST; `T` is the cell's output type.
    pub(crate) fn from_raw(raw: RawTask) -> Self {
        Self { raw, value: PhantomData }
    }

    pub(crate) fn raw(&self) -> RawTask {
        self.raw
    }

    /// The identity of this future, by which it compares and hashes.
    pub fn id(&self) -> FutureId {
        self.raw.id()
    }

    /// Where the task is in its life, in one consistent reading.
    pub fn state(&self) -> FutureState {
        FutureState::of(self.raw.look())
    }

    /// The name given by [`TaskOptions::with_name`](crate::TaskOptions::with_name), if any.
    pub fn name(&self) -> Option<&str> {
        self.raw.options()?.name()
    }

    /// Whether the outcome is fixed: finished, failed or cancelled. Never blocks.
    ///
    /// True from inside the callbacks on; [`result`](Self::result) waits until they have run.
    /// Python's `Future.done`.
    pub fn done(&self) -> bool {
        state::is_settled(self.raw.load())
    }

    /// Whether the task is being run right now and can no longer be cancelled. Never blocks.
    pub fn running(&self) -> bool {
        self.state() == FutureState::Running
    }

    /// Whether the task was cancelled. Never blocks.
    pub fn cancelled(&self) -> bool {
        self.raw.load() & CANCELLED != 0
    }

    /// Cancels the task if it has not been started; says whether it is cancelled now.
    ///
    /// A running or finished task is left alone (`false`). A cancelled task never runs, its closure
    /// and arguments are dropped at once, and everybody who waits for it is told. The callbacks run
    /// in this thread before `cancel` returns. Python's `Future.cancel`.
    pub fn cancel(&self) -> bool {
        self.raw.cancel()
    }

    /// Stops the task: cancels it if it has not been started, and if it is running in a process of
    /// its own, kills that process.
    ///
    /// Says whether the task will not finish by itself: `false` if it is over, or runs in a thread,
    /// which cannot be stopped. A killed task fails with [`TaskError::Killed`], its worker is replaced,
    /// and nothing else is affected. Returns at once; [`wait`](Self::wait) for the end. No counterpart
    /// in Python, where only the whole pool can be killed.
    pub fn kill(&self) -> bool {
        self.raw.cancel() || self.raw.kill()
    }

    /// Blocks until the task is over and returns its value, or why there is none.
    ///
    /// Returns after the callbacks that were there at completion have run. Inside a task of the same
    /// thread pool, a task that nobody has started is run here and now, so that this never deadlocks
    /// a pool, whatever its size. Python's `Future.result`.
    ///
    /// # Errors
    ///
    /// The [`TaskError`] that the task ended with. Inside one of this future's own callbacks, which
    /// have the outcome by reference, [`TaskError::InCallback`].
    #[inline]
    pub fn result(self) -> Result<T, TaskError> {
        self.raw.wait(None);
        self.take()
    }

    /// [`result`](Self::result), waiting for at most `timeout`.
    ///
    /// `Duration::MAX` waits for ever. Does not run the task in this thread, as `result` may, since
    /// that could take longer.
    ///
    /// # Errors
    ///
    /// [`StillRunning`], with the handle in it, if the time has passed; the task is not affected.
    pub fn result_timeout(
        self,
        timeout: Duration,
    ) -> Result<Result<T, TaskError>, StillRunning<T>> {
        if self.wait_timeout(timeout) { Ok(self.take()) } else { Err(StillRunning(self)) }
    }

    /// [`result`](Self::result) if the task is over, without waiting.
    ///
    /// # Errors
    ///
    /// [`StillRunning`], with the handle in it, if it is not.
    pub fn try_result(self) -> Result<Result<T, TaskError>, StillRunning<T>> {
        if self.raw.is_ready() { Ok(self.take()) } else { Err(StillRunning(self)) }
    }

    /// Takes the outcome, after a wait that said it is there.
    #[inline]
    fn take(self) -> Result<T, TaskError> {
        let this = ManuallyDrop::new(self);
        if state::phase(this.raw.load()) != DONE {
            // Only a callback of this very future gets here: the value is lent out above us.
            drop(ManuallyDrop::into_inner(this));
            return Err(TaskError::InCallback);
        }
        // SAFETY: DONE, and this handle owns INTEREST; it is not dropped or used again.
        unsafe { this.raw.take() }
    }

    /// Blocks until the task is over, and leaves the outcome where it is.
    ///
    /// Runs the task here if [`result`](Self::result) would.
    pub fn wait(&self) {
        self.raw.wait(None);
    }

    /// Blocks until the task is over or `timeout` has passed; says whether it is over.
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        // An end too far to represent is no end: Duration::MAX waits for ever.
        self.raw.wait(Instant::now().checked_add(timeout))
    }

    /// The outcome by reference, if it is there. Never blocks.
    pub fn peek(&self) -> Option<&Result<T, TaskError>> {
        if self.raw.is_ready() { Some(self.outcome()) } else { None }
    }

    /// The outcome, after a wait that said it is there.
    fn outcome(&self) -> &Result<T, TaskError> {
        // SAFETY: DONE and this handle owns INTEREST, or we are inside a callback of this future,
        // during which the finishing thread (this one) only lends the outcome out.
        unsafe { self.raw.outcome() }
    }

    /// Blocks until the task is over and returns why there is no value, if there is none.
    ///
    /// Python's `Future.exception`, except that a cancelled future shows as
    /// [`TaskError::Cancelled`] like any other error.
    pub fn exception(&self) -> Option<&TaskError> {
        self.wait();
        self.outcome().as_ref().err()
    }

    /// [`exception`](Self::exception), waiting for at most `timeout`.
    ///
    /// # Errors
    ///
    /// [`NotFinished`] if the time has passed; the task is not affected.
    pub fn exception_timeout(&self, timeout: Duration) -> Result<Option<&TaskError>, NotFinished> {
        if self.wait_timeout(timeout) {
            Ok(self.outcome().as_ref().err())
        } else {
            Err(NotFinished)
        }
    }

    /// Runs `callback` with the outcome when the task is over, exactly once.
    ///
    /// Callbacks run in the order added, in the thread that finishes (or cancels) the task; on a
    /// finished future at once, in this thread. One added from inside a callback of the same future
    /// runs nested, at once. A panic in one is reported on stderr and touches neither the others nor
    /// the pool. A slow callback holds up the worker that runs it, and whoever calls
    /// [`result`](Self::result). Python's `Future.add_done_callback`.
    ///
    /// ```
    /// use executor_core::promise;
    /// use std::sync::mpsc::channel;
    ///
    /// let (promise, future) = promise::<u32>();
    /// let (sender, receiver) = channel();
    /// future.add_done_callback(move |outcome| sender.send(outcome.is_ok()).unwrap());
    /// promise.set_result(7)?;
    /// assert!(receiver.recv()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add_done_callback<F>(&self, callback: F)
    where
        F: FnOnce(&Result<T, TaskError>) + Send + 'static,
        T: 'static,
    {
        let erased = Box::new(move |outcome: *const ()| {
            // SAFETY: given the address of this future's outcome, while it is readable.
            callback(unsafe { &*outcome.cast::<Result<T, TaskError>>() });
        });
        if let Err(callback) = self.raw.add_callback(erased) {
            let outcome: *const Result<T, TaskError> = self.outcome();
            crate::panics::contain("a done callback", || callback(outcome.cast()));
        }
    }

    /// An untyped reference to the task, which can wait and cancel but not read.
    pub fn task_ref(&self) -> TaskRef {
        TaskRef::from_raw(self.raw)
    }

    /// A cloneable form, whose holders all see the same outcome by reference.
    pub fn shared(self) -> SharedFuture<T>
    where
        T: Send + Sync,
    {
        SharedFuture::new(self)
    }

    /// A handle that cancels the task, if it has not been started, when it is dropped.
    pub fn cancel_on_drop(self) -> CancelOnDrop<T> {
        CancelOnDrop(Some(self))
    }
}

impl<T> Drop for Future<T> {
    fn drop(&mut self) {
        let state = self.raw.load();
        if state & LISTENERS != 0 && state::phase(state) != DONE {
            self.raw.unlisten(OWN_WAKER); // do not keep an async task alive that gave up
        }
        self.raw.drop_interest();
    }
}

/// Waits without blocking the thread. The value is handed out once; polling again gives
/// [`TaskError::ResultTaken`].
impl<T> std::future::Future for Future<T> {
    type Output = Result<T, TaskError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if !self.raw.is_ready() && self.raw.set_waker(OWN_WAKER, cx.waker()) {
            return Poll::Pending;
        }
        if state::phase(self.raw.load()) != DONE {
            return Poll::Ready(Err(TaskError::InCallback));
        }
        // SAFETY: DONE, this handle owns INTEREST, and we have it by unique reference.
        Poll::Ready(unsafe { self.raw.replace_outcome(Err(TaskError::ResultTaken)) })
    }
}

// The handle is a pointer; nothing is pinned in it.
impl<T> Unpin for Future<T> {}

impl<T> PartialEq for Future<T> {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl<T> Eq for Future<T> {}

impl<T> Hash for Future<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id().hash(state);
    }
}

/// Shows identity, state and the type of the result, never the result itself. Never blocks.
impl<T> fmt::Debug for Future<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(&format!("Future<{}>", std::any::type_name::<T>()), self.raw, f)
    }
}

/// A [`Future`] that cancels its task when dropped. Made by [`Future::cancel_on_drop`].
///
/// Everything that can be asked of a future can be asked of it. A task that is already running is
/// not stopped.
#[derive(Debug)]
#[must_use = "dropping it cancels the task"]
pub struct CancelOnDrop<T>(Option<Future<T>>);

impl<T> CancelOnDrop<T> {
    /// The plain future, which no longer cancels when dropped.
    pub fn into_inner(mut self) -> Future<T> {
        self.0.take().unwrap_or_else(|| unreachable!("present until consumed"))
    }

    /// [`Future::result`].
    ///
    /// # Errors
    ///
    /// As for [`Future::result`].
    pub fn result(self) -> Result<T, TaskError> {
        self.into_inner().result()
    }
}

impl<T> Deref for CancelOnDrop<T> {
    type Target = Future<T>;

    fn deref(&self) -> &Future<T> {
        self.0.as_ref().expect("present until consumed")
    }
}

impl<T> Drop for CancelOnDrop<T> {
    fn drop(&mut self) {
        if let Some(future) = &self.0 {
            future.cancel();
        }
    }
}

impl<T> std::future::Future for CancelOnDrop<T> {
    type Output = Result<T, TaskError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(self.0.as_mut().expect("present until consumed")).poll(cx)
    }
}
