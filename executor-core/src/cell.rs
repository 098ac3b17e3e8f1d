//! The one allocation behind a task and its future, and every operation on it.
//!
//! [`Cell`] is a [`Header`] followed by a slot that holds first the body (what to run), then the
//! outcome. The header does not depend on the types: [`RawTask`] points to it, and the [`VTable`]
//! knows the rest. The protocol is in [`state`](crate::state); this is the only module that acts on
//! it, and with `sync`, `park`, `worker` and `wire` the only one with `unsafe` code.
//!
//! A task's way through this file: `Cell::allocate` (submit), `RawTask::try_start` and `call` (a
//! worker picks it up), `finish` (the outcome is published), `take` (the future is read).

use crate::completion::CompletionQueue;
use crate::error::TaskError;
use crate::id::{ExecutorId, FutureId};
use crate::listeners::{Callback, Extra, Notify};
use crate::options::TaskOptions;
use crate::panics;
use crate::park;
use crate::state::*;
use crate::sync::{Arc, AtomicPtr, AtomicU32, AtomicUsize, UnsafeCell, thread_local};
use crate::worker::{self, Ending};
use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::task::Waker;
use std::time::Instant;

/// What a task runs.
pub(crate) trait Body: Send {
    /// What it returns.
    type Output: Send;

    /// How it crosses to another process, if it can.
    const WIRE: Option<WireTable> = None;

    /// Runs it. Called at most once.
    fn call(self) -> Self::Output;
}

/// The parts of the table that only tasks made of portable functions have.
pub(crate) struct WireTable {
    /// Encodes the body behind the pointer and says what to call with it.
    pub(crate) encode: unsafe fn(*const (), &mut Vec<u8>) -> Result<crate::wire::Call, TaskError>,
    /// Decodes an outcome and writes it to the slot behind the pointer.
    /// Says whether that is a value.
    pub(crate) decode: unsafe fn(*mut (), &[u8]) -> bool,
}

/// What the header knows of the types behind it.
pub(crate) struct VTable {
    /// Runs the body and stores the outcome. Needs the right to the slot (RUNNING).
    call: unsafe fn(NonNull<Header>) -> Ending,
    /// Drops the body unless `empty`, and stores the error. Needs the right to the slot.
    fail: unsafe fn(NonNull<Header>, bool, TaskError),
    /// Drops the body. Needs the right to the slot.
    drop_body: unsafe fn(NonNull<Header>),
    /// Drops the outcome. Needs the right to the slot.
    drop_outcome: unsafe fn(NonNull<Header>),
    /// Frees the memory; the slot is not dropped.
    dealloc: unsafe fn(NonNull<Header>),
    /// Where the slot is, counted from the header.
    #[cfg(not(loom))]
    slot_offset: usize,
    /// Where the slot is; loom's cells hold more than their content, and note each access.
    #[cfg(loom)]
    slot: unsafe fn(NonNull<Header>) -> *mut (),
    wire: Option<WireTable>,
}

/// The part of a cell that is the same for all tasks.
pub(crate) struct Header {
    state: AtomicUsize,
    vtable: &'static VTable,
    /// An `Extra` or null; set once, freed with the cell.
    extra: AtomicPtr<Extra>,
    id: FutureId,
    /// The executor whose workers may help; 0 for none.
    home: AtomicU32,
}

/// A header and what it describes.
#[repr(C)]
struct Cell<B: Body> {
    header: Header,
    slot: UnsafeCell<Slot<B>>,
}

/// What the slot holds is told by the phase. `repr(C)`: both fields start where the slot does.
#[repr(C)]
union Slot<B: Body> {
    body: ManuallyDrop<B>,
    outcome: ManuallyDrop<Result<B::Output, TaskError>>,
}

impl<B: Body> Cell<B> {
    const VTABLE: &'static VTable = &VTable {
        call: Self::call,
        fail: Self::fail,
        drop_body: Self::drop_body,
        drop_outcome: Self::drop_outcome,
        dealloc: Self::dealloc,
        #[cfg(not(loom))]
        slot_offset: std::mem::offset_of!(Cell<B>, slot),
        #[cfg(loom)]
        // SAFETY: as `slot`, by the table's contract.
        slot: |header| unsafe { Self::slot(header, |slot| slot.cast()) },
        wire: B::WIRE,
    };

    /// Makes a pending cell with two references (the task's and the future's), and INTEREST.
    #[inline]
    fn allocate(body: B, options: Option<Box<TaskOptions>>, flags: usize) -> RawTask {
        let extra = match options {
            None => ptr::null_mut(),
            some => Box::into_raw(Box::new(Extra::new(some))),
        };
        let cell = Box::new(Self {
            header: Header {
                state: AtomicUsize::new(PENDING | INTEREST | flags | (2 * REF)),
                vtable: Self::VTABLE,
                extra: AtomicPtr::new(extra),
                id: FutureId::next(),
                home: AtomicU32::new(0),
            },
            slot: UnsafeCell::new(Slot { body: ManuallyDrop::new(body) }),
        });
        RawTask(NonNull::from(Box::leak(cell)).cast())
    }

    /// Gives `f` the slot.
    ///
    /// # Safety
    ///
    /// `header` belongs to a live `Cell<B>`, and the caller has the right to the slot.
    unsafe fn slot<R>(header: NonNull<Header>, f: impl FnOnce(*mut Slot<B>) -> R) -> R {
        // SAFETY: the caller vouches for the type and the life of the cell.
        let cell = unsafe { header.cast::<Self>().as_ref() };
        cell.slot.with_mut(f)
    }

    unsafe fn call(header: NonNull<Header>) -> Ending {
        // SAFETY: by the table's contract the slot is ours and holds the body, which is moved out
        // here; the slot is written below before the outcome is published.
        let body = unsafe { Self::slot(header, |slot| ptr::read(slot.cast::<B>())) };
        let outcome = panics::catch(|| body.call()).map_err(TaskError::Panicked);
        let ending = if outcome.is_ok() { Ending::Completed } else { Ending::Failed };
        // SAFETY: the slot is ours and its content was moved out above.
        unsafe { Self::slot(header, |slot| slot.cast::<Result<_, _>>().write(outcome)) };
        ending
    }

    unsafe fn fail(header: NonNull<Header>, empty: bool, error: TaskError) {
        if !empty {
            // SAFETY: by the table's contract the slot is ours; not empty, so it holds the body.
            unsafe { Self::drop_body(header) };
        }
        let outcome: Result<B::Output, TaskError> = Err(error);
        // SAFETY: the slot is ours and holds nothing that needs dropping any more.
        unsafe { Self::slot(header, |slot| slot.cast::<Result<_, _>>().write(outcome)) };
    }

    unsafe fn drop_body(header: NonNull<Header>) {
        // SAFETY: by the table's contract the slot is ours and holds the body.
        let body = unsafe { Self::slot(header, |slot| ptr::read(slot.cast::<B>())) };
        panics::contain("dropping a task that was not run", || drop(body));
    }

    unsafe fn drop_outcome(header: NonNull<Header>) {
        type Outcome<B> = Result<<B as Body>::Output, TaskError>;
        if !std::mem::needs_drop::<Outcome<B>>() {
            return;
        }
        // SAFETY: by the table's contract the slot is ours and holds the outcome.
        let outcome = unsafe { Self::slot(header, |slot| ptr::read(slot.cast::<Outcome<B>>())) };
        match outcome {
            Ok(value) if std::mem::needs_drop::<B::Output>() => {
                panics::contain("dropping a result that nobody took", || drop(value));
            }
            outcome => drop(outcome),
        }
    }

    unsafe fn dealloc(header: NonNull<Header>) {
        // SAFETY: made by `Box::leak` in `allocate`, and by contract nobody else uses it. The slot
        // is a union and so is not dropped.
        drop(unsafe { Box::from_raw(header.cast::<Self>().as_ptr()) });
    }
}

/// A pointer to a cell, of which the holder owns one reference unless it says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RawTask(NonNull<Header>);

// SAFETY: the header is made of atomics and of data that does not change; bodies and outcomes are
// Send and reached only with the right to the slot.
unsafe impl Send for RawTask {}
// SAFETY: as above.
unsafe impl Sync for RawTask {}

/// The result of [`RawTask::run`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Started {
    /// The body was run.
    Ran(Ending),
    /// It was cancelled before.
    Cancelled,
    /// Somebody else has started it.
    Elsewhere,
}

impl RawTask {
    #[inline]
    pub(crate) fn new<B: Body>(body: B, options: Option<Box<TaskOptions>>) -> Self {
        Cell::allocate(body, options, 0)
    }

    /// A cell without a body, for a promise.
    pub(crate) fn empty<T: Send + 'static>() -> Self {
        struct Nothing<T>(std::marker::PhantomData<fn() -> T>);
        impl<T: Send + 'static> Body for Nothing<T> {
            type Output = T;
            fn call(self) -> T {
                unreachable!("a promise is completed, not run")
            }
        }
        Cell::allocate(Nothing::<T>(std::marker::PhantomData), None, EMPTY)
    }

    #[inline(always)]
    fn header(&self) -> &Header {
        // SAFETY: the holder of a RawTask owns a reference, or borrows from one who does, so the
        // cell is alive.
        unsafe { self.0.as_ref() }
    }

    #[inline(always)]
    fn state(&self) -> &AtomicUsize {
        &self.header().state
    }

    /// The key under which threads sleep for this task.
    fn key(self) -> usize {
        self.0.as_ptr().addr()
    }

    #[inline(always)]
    pub(crate) fn load(&self) -> usize {
        self.state().load(Acquire)
    }

    pub(crate) fn id(&self) -> FutureId {
        self.header().id
    }

    pub(crate) fn set_home(&self, home: ExecutorId) {
        self.header().home.store(ExecutorId::to_raw(Some(home)), Relaxed);
    }

    pub(crate) fn home(&self) -> Option<ExecutorId> {
        ExecutorId::from_raw(self.header().home.load(Relaxed))
    }

    pub(crate) fn options(&self) -> Option<&TaskOptions> {
        self.extra()?.options.as_deref()
    }

    // ----- references

    #[inline]
    pub(crate) fn add_ref(self) -> Self {
        if self.state().fetch_add(REF, Relaxed) > MAX_REFS {
            std::process::abort(); // as Arc does: the count must never wrap
        }
        self
    }

    /// Gives up one reference, which the caller must own and not use again.
    #[inline]
    pub(crate) fn drop_ref(self) {
        if self.state().fetch_sub(REF, AcqRel) < 2 * REF {
            self.dealloc();
        }
    }

    fn dealloc(self) {
        let extra = self.header().extra.load(Relaxed);
        if !extra.is_null() {
            // SAFETY: made by Box::into_raw, set once, and this is the last user of the cell.
            drop(unsafe { Box::from_raw(extra) });
        }
        // SAFETY: the last reference is gone, and with it every right to the slot. The outcome and
        // the body have been dropped or taken before (invariants 1 and 2).
        unsafe { (self.header().vtable.dealloc)(self.0) };
    }

    // ----- leaving PENDING

    /// PENDING → RUNNING. `true` gives the caller the right to the slot and the duty to finish.
    #[inline]
    pub(crate) fn try_start(&self) -> bool {
        self.leave_pending(RUNNING)
    }

    #[inline]
    fn leave_pending(&self, to: usize) -> bool {
        let mut state = self.state().load(Relaxed);
        while phase(state) == PENDING {
            let next = (state & !PHASE) | to;
            match self.state().compare_exchange_weak(state, next, AcqRel, Relaxed) {
                Ok(_) => return true,
                Err(actual) => state = actual,
            }
        }
        false
    }

    /// PENDING or RUNNING → CLAIMED, for promises, whose RUNNING gives nobody the slot.
    pub(crate) fn try_claim(&self) -> Result<(), FutureState> {
        let mut state = self.state().load(Relaxed);
        while matches!(phase(state), PENDING | RUNNING) {
            let next = (state & !PHASE) | CLAIMED;
            match self.state().compare_exchange_weak(state, next, AcqRel, Relaxed) {
                Ok(_) => return Ok(()),
                Err(actual) => state = actual,
            }
        }
        // A promise that another thread is just completing is as good as finished.
        Err(match FutureState::of(state) {
            FutureState::Cancelled => FutureState::Cancelled,
            _ => FutureState::Finished,
        })
    }

    /// Cancels the task if nobody has started it. The caller keeps its reference.
    pub(crate) fn cancel(&self) -> bool {
        if self.leave_pending(CLAIMED | CANCELLED) {
            self.store_error(TaskError::Cancelled);
            self.finish(false, 0);
            return true;
        }
        self.load() & CANCELLED != 0
    }

    /// Fails the task if nobody has started it. The caller keeps its reference.
    pub(crate) fn fail_pending(&self, error: TaskError) -> bool {
        let won = self.leave_pending(CLAIMED);
        if won {
            self.store_error(error);
            self.finish(false, FAILED);
        }
        won
    }

    /// Stores an error in place of the body. Needs the right to the slot.
    pub(crate) fn store_error(&self, error: TaskError) {
        let empty = self.state().load(Relaxed) & EMPTY != 0;
        // SAFETY: the caller has the right to the slot, and EMPTY does not change meanwhile.
        unsafe { (self.header().vtable.fail)(self.0, empty, error) };
    }

    /// Stores a promise's outcome. Needs the right to the slot.
    ///
    /// # Safety
    ///
    /// `T` is the cell's output type, and the cell is EMPTY.
    pub(crate) unsafe fn store_outcome<T>(&self, outcome: Result<T, TaskError>) {
        // SAFETY: the caller vouches for the type; an EMPTY slot has nothing to drop.
        unsafe { self.slot_ptr().cast::<Result<T, TaskError>>().write(outcome) };
    }

    /// The address of the slot, where both the body and the outcome start.
    #[cfg(not(loom))]
    #[inline(always)]
    fn slot_ptr(&self) -> *mut () {
        // SAFETY: the offset is that of the slot in the same allocation.
        unsafe { self.0.as_ptr().byte_add(self.header().vtable.slot_offset).cast() }
    }

    #[cfg(loom)]
    fn slot_ptr(&self) -> *mut () {
        // SAFETY: callers have the right to the slot.
        unsafe { (self.header().vtable.slot)(self.0) }
    }

    // ----- running

    /// Runs the body if nobody has started it; `before` hears how it ended before anybody else can.
    ///
    /// `release`: give up the caller's reference as well, in the same step.
    #[inline]
    pub(crate) fn run(self, release: bool, before: impl FnOnce(Ending)) -> Started {
        if !self.try_start() {
            let started = match self.load() & CANCELLED {
                0 => Started::Elsewhere,
                _ => Started::Cancelled,
            };
            if release {
                self.drop_ref();
            }
            return started;
        }
        // SAFETY: try_start gave us the right to the slot.
        Started::Ran(unsafe { self.run_started(release, before) })
    }

    /// Runs the body and publishes what comes of it.
    ///
    /// # Safety
    ///
    /// The caller has the right to the slot by `try_start`, and the cell was not EMPTY.
    #[inline]
    unsafe fn run_started(self, release: bool, before: impl FnOnce(Ending)) -> Ending {
        // SAFETY: as the caller vouches, the slot is ours and holds the body.
        let ending = unsafe { (self.header().vtable.call)(self.0) };
        before(ending);
        self.finish(release, if ending == Ending::Failed { FAILED } else { 0 });
        ending
    }

    /// Runs the body here if nobody has started it and this thread works for the same executor.
    ///
    /// On a fresh stack if the current one is nearly used up, so that chains of tasks waiting for
    /// each other may be as long as memory allows.
    pub(crate) fn help(&self) -> bool {
        let home = self.home();
        if home.is_none() || phase(self.load()) != PENDING {
            return false;
        }
        worker::with_current(|current| {
            let Some(worker) = current.filter(|worker| Some(worker.executor()) == home) else {
                return false;
            };
            if !self.try_start() {
                return false;
            }
            worker.helping();
            // SAFETY: try_start gave us the right to the slot; only tasks with a body have a home.
            on_ample_stack(|| unsafe { self.run_started(false, |ending| worker.helped(ending)) });
            true
        })
    }

    /// Publishes the outcome that the caller has stored, and gives up its right to the slot.
    ///
    /// `flags`: FAILED or nothing. `release`: give up the caller's reference in the same step.
    pub(crate) fn finish(self, release: bool, flags: usize) {
        let mut dropped = false;
        let mut state = self.state().load(Relaxed);
        loop {
            if state & LISTENERS != 0 {
                return self.finish_with_listeners(release, flags, dropped);
            }
            if state & INTEREST == 0 && !dropped {
                // SAFETY: the slot is still ours, holds the outcome, and nobody will ask for it.
                unsafe { (self.header().vtable.drop_outcome)(self.0) };
                dropped = true;
            }
            let mut next = (state & !(PHASE | WAITERS)) | DONE | flags;
            if release {
                next -= REF;
            }
            match self.state().compare_exchange_weak(state, next, AcqRel, Relaxed) {
                Ok(_) => break,
                Err(actual) => state = actual,
            }
        }
        if state & WAITERS != 0 {
            park::unpark_all(self.key());
        }
        if release && state < 2 * REF {
            self.dealloc();
        }
    }

    /// [`finish`](Self::finish) when there are callbacks to run or listeners to tell.
    #[cold]
    fn finish_with_listeners(self, release: bool, flags: usize, mut dropped: bool) {
        let mut state = self.state().load(Relaxed);
        while let Err(actual) = self.state().compare_exchange_weak(
            state,
            (state & !PHASE) | FINISHING | flags,
            AcqRel,
            Relaxed,
        ) {
            state = actual;
        }
        let extra = self.extra().expect("LISTENERS is set only with the list in place");
        let frame = FinishingFrame::enter(self);
        let notify = loop {
            let mut listeners = extra.listeners.lock();
            let callbacks = std::mem::take(&mut listeners.callbacks);
            if !callbacks.is_empty() {
                drop(listeners); // no lock is held while user code runs
                for callback in callbacks {
                    panics::contain("a done callback", || callback(self.slot_ptr()));
                }
                continue;
            }
            state = self.state().load(Acquire);
            if state & INTEREST == 0 && !dropped {
                drop(listeners);
                // SAFETY: the slot is ours and holds the outcome; the typed handle is gone, so no
                // callback can be added any more and nobody will ask for the outcome.
                unsafe { (self.header().vtable.drop_outcome)(self.0) };
                dropped = true;
                continue;
            }
            // Under the lock, so that whoever adds a listener sees either the list or DONE.
            let next = (state & !(PHASE | WAITERS)) | DONE;
            if self.state().compare_exchange(state, next, AcqRel, Relaxed).is_ok() {
                break std::mem::take(&mut listeners.notify);
            }
        };
        drop(frame);
        // From here on the outcome belongs to the future's owner (invariant 5). The cell itself is
        // kept alive by the caller's reference.
        if state & WAITERS != 0 {
            park::unpark_all(self.key());
        }
        for (_, listener) in notify {
            listener.notify();
        }
        if release {
            self.drop_ref();
        }
    }

    // ----- listening

    fn extra(&self) -> Option<&Extra> {
        let extra = self.header().extra.load(Acquire);
        // SAFETY: once set it is not changed or freed while the cell lives.
        unsafe { extra.as_ref() }
    }

    fn extra_or_new(&self) -> &Extra {
        if let Some(extra) = self.extra() {
            return extra;
        }
        let new = Box::into_raw(Box::new(Extra::new(None)));
        let winner =
            match self.header().extra.compare_exchange(ptr::null_mut(), new, AcqRel, Acquire) {
                Ok(_) => new,
                Err(winner) => {
                    // SAFETY: ours alone: it was not published.
                    drop(unsafe { Box::from_raw(new) });
                    winner
                }
            };
        // SAFETY: not null, and not changed or freed while the cell lives.
        unsafe { &*winner }
    }

    /// Sets LISTENERS unless the task is DONE. The caller holds the lock of the list.
    fn announce_listener(&self) -> bool {
        let mut state = self.load();
        while phase(state) != DONE {
            match self.state().compare_exchange_weak(state, state | LISTENERS, AcqRel, Acquire) {
                Ok(_) => return true,
                Err(actual) => state = actual,
            }
        }
        false
    }

    /// Adds a callback; hands it back if it must be run at once because the outcome is readable.
    pub(crate) fn add_callback(&self, callback: Callback) -> Result<(), Callback> {
        if self.is_finishing_here() {
            return Err(callback);
        }
        let mut listeners = self.extra_or_new().listeners.lock();
        if self.announce_listener() {
            listeners.callbacks.push(callback);
            Ok(())
        } else {
            Err(callback)
        }
    }

    /// Asks for a push of `index` to `queue` at completion; `false` if the task is done.
    pub(crate) fn watch(&self, key: u64, queue: &Arc<CompletionQueue>, index: usize) -> bool {
        self.listen(key, || Notify::Queue(Arc::clone(queue), index))
    }

    /// Asks for a wake-up at completion, in place of the last one under `key`; `false` if done.
    pub(crate) fn set_waker(&self, key: u64, waker: &Waker) -> bool {
        self.listen(key, || Notify::Waker(waker.clone()))
    }

    fn listen(&self, key: u64, notify: impl FnOnce() -> Notify) -> bool {
        if self.is_ready() {
            return false;
        }
        let notify = notify(); // clones a waker, which is user code: not under the lock
        let mut listeners = self.extra_or_new().listeners.lock();
        let announced = self.announce_listener();
        if announced {
            listeners.set(key, notify);
        }
        announced
    }

    /// Takes back what `watch` or `set_waker` added under `key`.
    pub(crate) fn unlisten(&self, key: u64) {
        if let Some(extra) = self.extra() {
            extra.listeners.lock().remove(key);
        }
    }

    /// Whether this thread is running a callback of this very task.
    pub(crate) fn is_finishing_here(&self) -> bool {
        phase(self.load()) == FINISHING && FinishingFrame::holds(*self)
    }

    /// Whether waiting would return at once.
    pub(crate) fn is_ready(&self) -> bool {
        phase(self.load()) == DONE || self.is_finishing_here()
    }

    // ----- waiting

    /// Waits for DONE, helping if this thread may, until `deadline`. `true` if DONE (or finishing
    /// on this very thread, which will not get there while it waits).
    pub(crate) fn wait(&self, deadline: Option<Instant>) -> bool {
        if self.is_ready() {
            return true;
        }
        if deadline.is_none() && self.help() {
            return true;
        }
        if self.spin() {
            return true;
        }
        let state = self.state();
        loop {
            let seen = self.load();
            if phase(seen) == DONE {
                return true;
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return false;
            }
            if seen & WAITERS == 0
                && state.compare_exchange_weak(seen, seen | WAITERS, Relaxed, Relaxed).is_err()
            {
                continue;
            }
            let still = || {
                let now = state.load(Relaxed);
                now & WAITERS != 0 && phase(now) != DONE
            };
            park::park(self.key(), still, deadline);
        }
    }

    /// Looks for a short while, since waking a sleeper costs more than most tasks.
    #[cfg(not(loom))]
    fn spin(&self) -> bool {
        const ROUNDS: u32 = 12;
        for round in 0..ROUNDS {
            if phase(self.load()) == DONE {
                return true;
            }
            if round < 6 {
                for _ in 0..1 << round {
                    std::hint::spin_loop();
                }
            } else {
                std::thread::yield_now();
            }
        }
        false
    }

    #[cfg(loom)]
    fn spin(&self) -> bool {
        false
    }

    // ----- the typed handle

    /// The outcome, for the owner of INTEREST at DONE or a callback while FINISHING.
    ///
    /// # Safety
    ///
    /// `T` is the cell's output type, and the outcome is readable and stays so for `'a`.
    pub(crate) unsafe fn outcome<'a, T>(&self) -> &'a Result<T, TaskError> {
        // SAFETY: the caller vouches for the type and that the slot holds the outcome.
        unsafe { &*self.slot_ptr().cast() }
    }

    /// Exchanges the outcome, for the owner of INTEREST at DONE.
    ///
    /// # Safety
    ///
    /// `T` is the cell's output type, the phase is DONE, and the caller owns INTEREST.
    pub(crate) unsafe fn replace_outcome<T>(
        &self,
        outcome: Result<T, TaskError>,
    ) -> Result<T, TaskError> {
        // SAFETY: as the caller vouches, the slot holds an outcome of this type and is ours.
        unsafe { self.slot_ptr().cast::<Result<T, TaskError>>().replace(outcome) }
    }

    /// Takes the outcome and gives up INTEREST and the reference that goes with it.
    ///
    /// # Safety
    ///
    /// As for [`replace_outcome`](Self::replace_outcome); the caller does not use the cell again.
    #[inline]
    pub(crate) unsafe fn take<T>(self) -> Result<T, TaskError> {
        // SAFETY: as the caller vouches; the slot counts as empty from here on.
        let outcome = unsafe { self.slot_ptr().cast::<Result<T, TaskError>>().read() };
        self.drop_handle_ref();
        outcome
    }

    /// Gives up INTEREST: what the drop of a future does.
    #[inline]
    pub(crate) fn drop_interest(self) {
        let mut state = self.load();
        while phase(state) != DONE {
            let next = (state & !INTEREST) - REF;
            debug_assert!(next >= REF, "an unfinished task has an owner that will finish it");
            match self.state().compare_exchange_weak(state, next, AcqRel, Acquire) {
                Ok(_) => return,
                Err(actual) => state = actual,
            }
        }
        // SAFETY: DONE, and we own INTEREST: the outcome is ours, and is not read again.
        unsafe { (self.header().vtable.drop_outcome)(self.0) };
        self.drop_handle_ref();
    }

    /// Drops the handle's reference at DONE; the sole owner needs no read-modify-write.
    #[inline]
    fn drop_handle_ref(self) {
        let state = self.load();
        if state < 2 * REF {
            self.dealloc();
        } else if self.state().fetch_sub(REF | INTEREST, AcqRel) < 2 * REF {
            self.dealloc();
        }
    }

    // ----- crossing to another process

    pub(crate) fn is_portable(&self) -> bool {
        self.header().vtable.wire.is_some()
    }

    /// Encodes the body and drops it. On an error the body is gone and nothing is published.
    ///
    /// Needs the right to the slot (CLAIMED, by [`try_lock_body`](Self::try_lock_body)).
    pub(crate) fn encode(&self, buffer: &mut Vec<u8>) -> Result<crate::wire::Call, TaskError> {
        let start = buffer.len();
        let result = match &self.header().vtable.wire {
            None => Err(TaskError::not_portable()),
            // SAFETY: the slot is ours and holds the body.
            Some(wire) => panics::catch(|| unsafe { (wire.encode)(self.slot_ptr(), buffer) })
                .unwrap_or_else(|report| Err(TaskError::encoding_argument(&report))),
        };
        if result.is_err() {
            buffer.truncate(start);
        }
        // SAFETY: the slot is ours and still holds the body, which is not used again.
        unsafe { (self.header().vtable.drop_body)(self.0) };
        self.state().fetch_or(EMPTY, Release);
        result
    }

    /// PENDING → CLAIMED while a body is encoded.
    pub(crate) fn try_lock_body(&self) -> bool {
        self.leave_pending(CLAIMED)
    }

    /// CLAIMED → PENDING after the body was encoded: the task can be cancelled again.
    pub(crate) fn unlock_body(&self) {
        let mut state = self.state().load(Relaxed);
        while let Err(actual) =
            self.state().compare_exchange_weak(state, (state & !PHASE) | PENDING, AcqRel, Relaxed)
        {
            state = actual;
        }
    }

    /// Decodes an outcome into the EMPTY slot, and says whether it is a value. Needs the right to the
    /// slot.
    pub(crate) fn store_encoded(&self, bytes: &[u8]) -> bool {
        match &self.header().vtable.wire {
            // SAFETY: the slot is ours, empty, and of the table's type.
            Some(wire) => unsafe { (wire.decode)(self.slot_ptr(), bytes) },
            None => {
                self.store_error(TaskError::not_portable());
                false
            }
        }
    }

    /// Takes the body back out of a task that was never started, and frees the task.
    ///
    /// # Safety
    ///
    /// `B` is the cell's body type. The caller owns a reference, and gives it up.
    pub(crate) unsafe fn reclaim<B: Body>(self) -> Option<B> {
        if !self.leave_pending(CLAIMED) {
            self.drop_ref();
            return None;
        }
        // SAFETY: CLAIMED gives us the slot, and the caller vouches for the type.
        let body = unsafe { self.slot_ptr().cast::<B>().read() };
        self.state().fetch_or(EMPTY, Relaxed);
        self.store_error(TaskError::Abandoned);
        self.finish(true, FAILED);
        Some(body)
    }
}

#[cfg(not(loom))]
fn on_ample_stack<R>(f: impl FnOnce() -> R) -> R {
    /// What a helped task is promised to have left at least.
    const RED_ZONE: usize = 256 * 1024;
    /// What a new segment holds.
    const SEGMENT: usize = 2 * 1024 * 1024;
    stacker::maybe_grow(RED_ZONE, SEGMENT, f)
}

#[cfg(loom)]
fn on_ample_stack<R>(f: impl FnOnce() -> R) -> R {
    f()
}

/// One entry of this thread's stack of tasks whose callbacks are running.
struct FinishingFrame {
    task: RawTask,
    outer: *const FinishingFrame,
}

thread_local! {
    static FINISHING_HERE: std::cell::Cell<*const FinishingFrame> =
        std::cell::Cell::new(ptr::null());
}

impl FinishingFrame {
    /// Boxed, so that its address holds while the guard moves.
    fn enter(task: RawTask) -> Box<Self> {
        let frame = Box::new(Self { task, outer: FINISHING_HERE.with(std::cell::Cell::get) });
        FINISHING_HERE.with(|top| top.set(&*frame));
        frame
    }

    fn holds(task: RawTask) -> bool {
        let mut frame = FINISHING_HERE.with(std::cell::Cell::get);
        // SAFETY: every frame in the list is on this thread's call stack: its guard takes it off
        // the list before it is freed, in reverse order of entering.
        while let Some(entry) = unsafe { frame.as_ref() } {
            if entry.task == task {
                return true;
            }
            frame = entry.outer;
        }
        false
    }
}

impl Drop for FinishingFrame {
    fn drop(&mut self) {
        FINISHING_HERE.with(|top| top.set(self.outer));
    }
}
