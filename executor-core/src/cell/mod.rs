//! The one allocation behind a task and its future, and every operation on it.
//!
//! [`Cell`] is a [`Header`] followed by a slot that holds first the body (what to run), then the
//! outcome. The header does not depend on the types: [`RawTask`] points to it, and the [`VTable`]
//! knows the rest. The protocol is in [`state`](crate::state); this is the only module that acts on
//! it, and with `sync`, `park`, `worker` and `wire` the only one with `unsafe` code.
//!
//! | what                                            | file         |
//! |-------------------------------------------------|--------------|
//! | layout, allocation, references                  | here         |
//! | leaving PENDING: start, claim, cancel, help     | `start.rs`   |
//! | publishing an outcome                           | `finish.rs`  |
//! | callbacks, wakers, completion queues            | `listen.rs`  |
//! | blocking until it is there                      | `wait.rs`    |
//! | storing and taking it                           | `outcome.rs` |
//! | its identity, and what only some tasks have     | `link.rs`    |
//! | encoding a body, decoding an outcome            | `travel.rs`  |

mod finish;
mod link;
mod listen;
mod outcome;
mod start;
mod travel;
mod wait;

use crate::error::TaskError;
use crate::id::{ExecutorId, FutureId};
use crate::listeners::Extra;
use crate::options::TaskOptions;
use crate::panics;
use crate::remote::Items;
use crate::state::{ALONE, EMPTY, INTEREST, MANY_REFS, PENDING, PINNED, REF, is_last};
use crate::sync::{AtomicU32, UnsafeCell};
use crate::wire::{Attached, Call, Incoming, OutcomeKind, Output};
use crate::worker::Ending;
use link::Link;
use std::mem::ManuallyDrop;
use std::ops::Range;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};

/// What a task runs.
pub(crate) trait Body: Send {
    /// What it returns.
    type Output: Send;

    /// How it crosses to another process, if it can.
    const WIRE: Option<WireTable> = None;

    /// Runs it. Called at most once.
    fn call(self) -> Self::Output;

    /// Called instead if the task ends with an error before it was run or encoded.
    fn discard(self, _error: &TaskError)
    where
        Self: Sized,
    {
    }
}

/// The parts of the table that only tasks made of portable functions have.
pub(crate) struct WireTable {
    /// Encodes the body behind the pointer and says what to call with it.
    pub(crate) encode: unsafe fn(*const (), &mut Output<'_>) -> Result<Departure, TaskError>,
    /// Decodes an outcome and writes it to the slot behind the pointer.
    /// Says whether that is a value.
    pub(crate) decode: unsafe fn(*mut (), OutcomeKind, Incoming<'_>, Attached) -> bool,
}

/// What is known of a body that was encoded.
pub(crate) struct Departure {
    pub(crate) call: Call,
    /// For a batch of a `map`: who is told the outcome of each item, and which items these are.
    pub(crate) items: Option<(Arc<dyn Items>, Range<u32>)>,
}

/// What the header knows of the types behind it.
pub(crate) struct VTable {
    /// Runs the body and stores the outcome. Needs the right to the slot (RUNNING).
    call: unsafe fn(NonNull<Header>) -> Ending,
    /// Discards the body unless `empty`, and stores the error. Needs the right to the slot.
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
///
/// Small, because most of what a task costs is moving its memory from one processor to another: on
/// systems of 64 bits it takes 24 bytes, and a cell of a small closure no more than 40.
pub(crate) struct Header {
    state: AtomicU32,
    /// The executor whose workers may help, or that can be asked about a task that has left; 0 for
    /// none.
    home: AtomicU32,
    vtable: &'static VTable,
    link: Link,
}

#[cfg(all(target_pointer_width = "64", not(loom)))]
const _: () = assert!(size_of::<Header>() == 24);

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

    /// Makes a cell in this state, whose references the caller owns.
    #[inline]
    fn allocate(body: B, options: Option<Box<TaskOptions>>, state: u32) -> RawTask {
        let cell = Box::new(Self {
            header: Header {
                state: AtomicU32::new(state),
                home: AtomicU32::new(0),
                vtable: Self::VTABLE,
                link: Link::new(FutureId::next(), options),
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
            // SAFETY: by the table's contract the slot is ours; not empty, so it holds the body,
            // which is moved out here and not used again.
            let body = unsafe { Self::slot(header, |slot| ptr::read(slot.cast::<B>())) };
            panics::contain("dropping a task that was not run", || body.discard(&error));
        }
        let outcome: Result<B::Output, TaskError> = Err(error);
        // SAFETY: the slot is ours and holds nothing that needs dropping any more.
        unsafe { Self::slot(header, |slot| slot.cast::<Result<_, _>>().write(outcome)) };
    }

    unsafe fn drop_body(header: NonNull<Header>) {
        // SAFETY: by the table's contract the slot is ours and holds the body.
        let body = unsafe { Self::slot(header, |slot| ptr::read(slot.cast::<B>())) };
        panics::contain("dropping a task that was sent", || drop(body));
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

/// Pending, with a task and a future.
const WITH_FUTURE: u32 = PENDING | INTEREST | (2 * REF);

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
    /// A cell with two references, the task's and the future's.
    #[inline]
    pub(crate) fn new<B: Body>(body: B, options: Option<Box<TaskOptions>>) -> Self {
        Cell::allocate(body, options, WITH_FUTURE)
    }

    /// A cell with the task's reference alone.
    #[inline]
    pub(crate) fn detached<B: Body>(body: B) -> Self {
        Cell::allocate(body, None, ALONE)
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
        Cell::allocate(Nothing::<T>(std::marker::PhantomData), None, WITH_FUTURE | EMPTY)
    }

    #[inline(always)]
    fn header(&self) -> &Header {
        // SAFETY: the holder of a RawTask owns a reference, or borrows from one who does, so the
        // cell is alive.
        unsafe { self.0.as_ref() }
    }

    #[inline(always)]
    fn state(&self) -> &AtomicU32 {
        &self.header().state
    }

    /// The key under which threads sleep for this task.
    fn key(self) -> usize {
        self.0.as_ptr().addr()
    }

    #[inline(always)]
    pub(crate) fn load(&self) -> u32 {
        self.state().load(Acquire)
    }

    pub(crate) fn id(&self) -> FutureId {
        self.header().link.id()
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

    pub(super) fn extra(&self) -> Option<&Extra> {
        self.header().link.extra()
    }

    #[inline]
    pub(crate) fn add_ref(self) -> Self {
        if self.state().fetch_add(REF, Relaxed) > MANY_REFS {
            self.state().fetch_or(PINNED, Relaxed);
        }
        self
    }

    /// Gives up one reference, which the caller must own and not use again.
    #[inline]
    pub(crate) fn drop_ref(self) {
        if is_last(self.state().fetch_sub(REF, AcqRel)) {
            self.dealloc();
        }
    }

    fn dealloc(self) {
        // SAFETY: the last reference is gone, and with it every right to the slot. The outcome and
        // the body have been dropped or taken before (invariants 1 and 2).
        unsafe { (self.header().vtable.dealloc)(self.0) };
    }
}
