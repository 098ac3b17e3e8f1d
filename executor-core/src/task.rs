//! [`Task`]: what an executor is given.

use crate::cell::{Body, Departure, RawTask, Started};
use crate::error::{Rejected, TaskError, TrySubmitError};
use crate::future::Future;
use crate::id::{ExecutorId, FutureId};
use crate::options::TaskOptions;
use crate::remote::{Departed, Encoded, RemoteItems, RemoteTask};
use crate::state::{CANCELLED, FAILED, FutureState, INTEREST};
use crate::task_ref::TaskRef;
use crate::wire::{self, Output, Portable, PortableCall};
use crate::worker::Ending;
use std::fmt;
use std::mem::ManuallyDrop;

/// A unit of work handed to an executor, which runs it here, sends it elsewhere, or refuses it.
///
/// The executor's end of what the submitter holds as a [`Future`]. It is opaque: an executor can
/// [`run`](Self::run) it in the calling thread, or [`encode`](Self::encode) it, have it run in
/// another process and bring back the outcome. Dropping a task that was not run fails its future
/// with [`TaskError::Abandoned`]; no future is ever left without an outcome.
pub struct Task(RawTask);

/// How [`Task::run`] went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// The task returned a value.
    Completed,
    /// The task panicked; its future has the report.
    Failed,
    /// Its future was cancelled before; nothing was run.
    Cancelled,
    /// Another worker that waits for it has already started it; nothing was run here.
    Elsewhere,
}

struct Thunk<F>(F);

impl<F: FnOnce() -> R + Send, R: Send> Body for Thunk<F> {
    type Output = R;
    fn call(self) -> R {
        (self.0)()
    }
}

/// A function and its argument, neither of which need be able to travel.
struct LocalCall<F, A>(F, A);

impl<F, A, R> Body for LocalCall<F, A>
where
    F: FnOnce(A) -> R + Send,
    A: Send,
    R: Send,
{
    type Output = R;
    fn call(self) -> R {
        (self.0)(self.1)
    }
}

impl Task {
    pub(crate) fn from_body<B: Body>(
        body: B,
        options: Option<Box<TaskOptions>>,
    ) -> (Self, Future<B::Output>) {
        let raw = RawTask::new(body, options);
        // The cell was made with two references: one for each.
        (Self(raw), Future::from_raw(raw))
    }

    /// A task that runs a closure in this process, and the future for its result.
    pub fn new<F, R>(f: F) -> (Self, Future<R>)
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        Self::from_body(Thunk(f), None)
    }

    /// A task that nobody has a future for: what it returns is dropped, and so is the report if it
    /// panics.
    pub fn detached<F, R>(f: F) -> Self
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        Self(RawTask::detached(Thunk(f)))
    }

    /// [`Task::new`] for a closure that borrows.
    ///
    /// # Safety
    ///
    /// The borrowed must live until the task is [over](TaskRef::is_over), whatever becomes of it.
    /// From then on neither the task nor a reference to it touches the closure or the result; the
    /// future may, and its type carries the lifetime.
    pub unsafe fn new_scoped<'a, F, R>(f: F) -> (Self, Future<R>)
    where
        F: FnOnce() -> R + Send + 'a,
        R: Send + 'a,
    {
        Self::from_body(Thunk(f), None)
    }

    /// [`Task::new`] with options, which the executor must be able to honour.
    pub fn new_with<F, R>(f: F, options: TaskOptions) -> (Self, Future<R>)
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        Self::from_body(Thunk(f), options.boxed())
    }

    /// A task that calls `f` with `argument` in this process.
    ///
    /// Unlike with [`Task::new`], a refused task can give the argument back: see
    /// [`Task::offer`].
    pub fn call<F, A, R>(f: F, argument: A) -> (Self, Future<R>)
    where
        F: FnOnce(A) -> R + Send + 'static,
        A: Send + 'static,
        R: Send + 'static,
    {
        Self::from_body(LocalCall(f, argument), None)
    }

    /// A task that any executor can run, in this process or another.
    pub fn portable<A: Portable, R: Portable>(f: fn(A) -> R, argument: A) -> (Self, Future<R>) {
        Self::from_body(PortableCall { function: f, argument }, None)
    }

    /// [`Task::portable`] with options, which the executor must be able to honour.
    pub fn portable_with<A: Portable, R: Portable>(
        f: fn(A) -> R,
        argument: A,
        options: TaskOptions,
    ) -> (Self, Future<R>) {
        Self::from_body(PortableCall { function: f, argument }, options.boxed())
    }

    /// The identity that the future for this task shows.
    pub fn id(&self) -> FutureId {
        self.0.id()
    }

    /// The options it was submitted with, if any.
    pub fn options(&self) -> Option<&TaskOptions> {
        self.0.options()
    }

    /// Whether the future was cancelled, so that running the task would do nothing.
    pub fn is_cancelled(&self) -> bool {
        self.0.load() & CANCELLED != 0
    }

    /// Whether [`encode`](Self::encode) can succeed.
    pub fn is_portable(&self) -> bool {
        self.0.is_portable()
    }

    /// Lets workers of `executor` run this task themselves when they wait for it.
    ///
    /// For executors that run tasks in this process and call [`enter`](crate::worker::enter) in
    /// their workers.
    pub fn set_home(&self, executor: ExecutorId) {
        self.0.set_home(executor);
    }

    /// An untyped reference to the same task.
    pub fn reference(&self) -> TaskRef {
        TaskRef::from_raw(self.0)
    }

    /// Runs the task in this thread, completes its future and runs its callbacks.
    ///
    /// A panic of the task is caught and becomes the future's error.
    pub fn run(self) -> Run {
        self.run_with(|_| ())
    }

    /// [`run`](Self::run), calling `before` after the body and before anybody can see the outcome.
    ///
    /// A pool counts there, so that whoever has seen a result also sees it counted.
    #[inline]
    pub fn run_with(self, before: impl FnOnce(Ending)) -> Run {
        match ManuallyDrop::new(self).0.run(true, before) {
            Started::Ran(Ending::Completed) => Run::Completed,
            Started::Ran(Ending::Failed) => Run::Failed,
            Started::Cancelled => Run::Cancelled,
            Started::Elsewhere => Run::Elsewhere,
        }
    }

    /// Cancels the future if nobody has started the task; says whether it is cancelled now.
    pub fn cancel(self) -> bool {
        self.0.cancel()
    }

    /// Fails the future with `error` if nobody has started the task; says whether it did.
    pub fn fail(self, error: TaskError) -> bool {
        self.0.fail_pending(error)
    }

    /// Writes the encoded argument to `output`, says what to call with it, and drops the argument.
    ///
    /// The task stays pending, and can still be cancelled, until [`RemoteTask::start`].
    ///
    /// # Errors
    ///
    /// The argument does not encode (or its `Serialize` panics), or the task is a closure, which
    /// cannot travel: its future has failed with that error. If the task was cancelled or started
    /// meanwhile, the error says so. What `output` holds is then of no use.
    pub fn encode(self, output: &mut Output<'_>) -> Result<Encoded, TaskError> {
        let raw = self.0;
        if !raw.try_lock_body() {
            return Err(TaskError::Cancelled);
        }
        std::mem::forget(self); // its reference goes to the remote end, or is given up below
        let (result, attachments) = wire::collecting(|| raw.encode(output));
        match result {
            Ok(Departure { call, items }) => {
                raw.unlock_body();
                let departed = match items {
                    None => Departed::One(RemoteTask(raw)),
                    Some((items, range)) => Departed::Many(RemoteItems::new(raw, items, range)),
                };
                Ok(Encoded { call, attachments, departed })
            }
            Err(error) => {
                raw.store_error(error.clone());
                raw.finish(true, FAILED);
                Err(error)
            }
        }
    }

    /// Makes a task of `f` and `argument`, offers it to `accept`, and takes the argument back if it
    /// is refused: what a pool's `try_submit` is made of.
    ///
    /// # Errors
    ///
    /// What `accept` says, with the argument.
    pub fn offer<F, A, R>(
        f: F,
        argument: A,
        accept: impl FnOnce(Self) -> Result<(), Rejected>,
    ) -> Result<Future<R>, TrySubmitError<A>>
    where
        F: FnOnce(A) -> R + Send + 'static,
        A: Send + 'static,
        R: Send + 'static,
    {
        let (task, future) = Self::call(f, argument);
        match accept(task) {
            Ok(()) => Ok(future),
            Err(Rejected { task, reason }) => {
                // SAFETY: the future, and so the task if it has the same identity, is from `call`.
                let body = unsafe { task.reclaim::<LocalCall<F, A>, R>(future) };
                Err(TrySubmitError::new(reason, body.map(|body| body.1)))
            }
        }
    }

    /// [`offer`](Self::offer) for portable tasks.
    pub(crate) fn offer_portable<A: Portable, R: Portable>(
        f: fn(A) -> R,
        argument: A,
        accept: impl FnOnce(Self) -> Result<(), Rejected>,
    ) -> Result<Future<R>, TrySubmitError<A>> {
        let (task, future) = Self::portable(f, argument);
        match accept(task) {
            Ok(()) => Ok(future),
            Err(Rejected { task, reason }) => {
                // SAFETY: the future, and so the task if it has the same identity, is from
                // `portable`.
                let body = unsafe { task.reclaim::<PortableCall<A, R>, R>(future) };
                Err(TrySubmitError::new(reason, body.map(|body| body.argument)))
            }
        }
    }

    /// # Safety
    ///
    /// If the identities match, the cell's body is a `B`.
    unsafe fn reclaim<B: Body, R>(self, future: Future<R>) -> Option<B> {
        if self.id() != future.id() {
            return None; // an executor handed back somebody else's task
        }
        drop(future);
        // SAFETY: as the caller vouches; our reference is given up.
        unsafe { ManuallyDrop::new(self).0.reclaim::<B>() }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.fail_pending(TaskError::Abandoned);
        self.0.drop_ref();
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug("Task", self.0, f)
    }
}

/// Shows identity, state and name; never a value, and without blocking.
pub(crate) fn debug(kind: &str, raw: RawTask, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "<{kind} {} {}", raw.id(), FutureState::of(raw.load()))?;
    if let Some(name) = raw.options().and_then(TaskOptions::name) {
        write!(f, " {name:?}")?;
    }
    if raw.load() & INTEREST == 0 && kind != "Promise" {
        write!(f, " detached")?;
    }
    write!(f, ">")
}
