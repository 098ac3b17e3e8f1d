//! The state machine of a task: one word, who may change it, and what each change promises.
//!
//! A task and the future for it share one allocation (see [`cell`](crate::cell)). Everything that
//! several threads must agree on is in one atomic word, so that each question (`done`, `running`,
//! `cancelled`) is one load and each decision is one compare-and-swap.
//!
//! ```text
//!              try_start            outcome stored
//!   PENDING ───────────────▶ RUNNING ───────────────┬──────────────▶ DONE
//!      │                                            │                 ▲
//!      │ cancel, fail,                              │ listeners?      │ callbacks
//!      │ Promise::set_*       outcome stored        ▼                 │ have run
//!      └─────────────────▶ CLAIMED ──────────▶ FINISHING ─────────────┘
//! ```
//!
//! | phase     | the slot holds      | who may touch the slot                                        |
//! |-----------|---------------------|---------------------------------------------------------------|
//! | PENDING   | the body            | nobody (whoever wins the transition out of here)              |
//! | RUNNING   | body, then outcome  | the thread that won PENDING → RUNNING                         |
//! | CLAIMED   | body, then outcome  | the thread that won the transition to CLAIMED                 |
//! | FINISHING | the outcome         | the finishing thread; callbacks see it by shared reference    |
//! | DONE      | the outcome or none | the owner of the [`INTEREST`] bit: the one `Future`           |
//!
//! Invariants, each checked by a model in `models.rs`:
//!
//! 1. Exactly one thread leaves PENDING, so a body is run once or dropped once, never both
//!    (`cancel_races_with_start`, `two_workers_race_to_start`).
//! 2. The outcome is dropped exactly once: by the `Future` that owns INTEREST at DONE, or by the
//!    finishing thread if INTEREST was gone before DONE (`drop_races_with_completion`).
//! 3. A callback runs exactly once, before DONE if it was added before the completion was
//!    published (`callback_races_with_completion`).
//! 4. Whoever set WAITERS before DONE is unparked after DONE (`waiter_never_sleeps_through`).
//! 5. After DONE is published the finishing thread touches nothing that belongs to the user: the
//!    body, the outcome (unless it has INTEREST itself) and the callbacks are gone. `scope` in the
//!    thread pool rests on this.
//! 6. The allocation is freed by whoever takes the reference count to zero, after every use. One that
//!    had a million references at a time is kept for ever instead, since a word of 32 bits, half of what
//!    a pointer takes, cannot count much further (`more_references_than_can_be_counted`).
//! 7. Whoever finds a task [`ALONE`] runs it and frees it without another step on the word
//!    (`a_forgotten_task_is_run_alone`).
//! 8. While SHIPPED is set only the executor takes the task out of PENDING. A canceller asks the
//!    task's [home](crate::home) to recall it first, so a cancelled task was never started anywhere
//!    (`cancel_races_with_shipping`; `tests/process/cancel.rs`).

/// The bits that hold the phase.
pub(crate) const PHASE: u32 = 0b111;

/// Nobody has started the task.
pub(crate) const PENDING: u32 = 0;
/// A thread (or process) is running the body.
pub(crate) const RUNNING: u32 = 1;
/// A canceller, a failing executor or a promise is storing an outcome without running a body.
pub(crate) const CLAIMED: u32 = 2;
/// The outcome is fixed, and callbacks are running.
pub(crate) const FINISHING: u32 = 3;
/// The outcome may be taken.
pub(crate) const DONE: u32 = 4;

/// The task was cancelled. Set together with CLAIMED, never cleared.
pub(crate) const CANCELLED: u32 = 1 << 3;
/// The typed `Future` is alive and owns the outcome once DONE. Cleared once, by its drop.
pub(crate) const INTEREST: u32 = 1 << 4;
/// A thread is, or is about to be, parked on this word. Set by waiters, cleared with DONE.
pub(crate) const WAITERS: u32 = 1 << 5;
/// The listener list is not empty, or somebody holding its lock is about to fill it.
pub(crate) const LISTENERS: u32 = 1 << 6;
/// The slot holds no body although no outcome is stored yet: it was encoded, or never there.
pub(crate) const EMPTY: u32 = 1 << 7;

/// The outcome is an error other than a cancellation. Set with FINISHING or DONE.
pub(crate) const FAILED: u32 = 1 << 8;

/// The task may have been started elsewhere without our knowing: ask its home before leaving PENDING.
/// Set and cleared by the executor that holds the `RemoteTask`, and by nobody else.
pub(crate) const SHIPPED: u32 = 1 << 9;

/// There were so many references that the count is not relied on any more: the cell is never freed. Set
/// once, by whoever makes the one too many, and never cleared.
pub(crate) const PINNED: u32 = 1 << 10;

/// One reference. The count fills the rest of the word, so that nothing is above it to overflow into.
pub(crate) const REF: u32 = 1 << 11;

/// A task that nobody has started, with one reference and neither future nor listener: whoever has that
/// reference is alone with it, since references are made from references.
pub(crate) const ALONE: u32 = PENDING | REF;

/// The word of a cell with more references than this one gets [`PINNED`]: half of what can be counted, so
/// that a million threads would have to be between counting and pinning to take it to zero.
pub(crate) const MANY_REFS: u32 = u32::MAX / 2;

/// The phase part of a state word.
#[inline(always)]
pub(crate) const fn phase(state: u32) -> u32 {
    state & PHASE
}

/// Whether whoever gives up a reference, and found this, is the last one and must free the cell.
#[inline(always)]
pub(crate) const fn is_last(state: u32) -> bool {
    state & (PINNED | !(2 * REF - 1)) == 0
}

/// Whether the outcome is fixed: what `Future::done` answers.
#[inline(always)]
pub(crate) const fn is_settled(state: u32) -> bool {
    phase(state) >= FINISHING || state & CANCELLED != 0
}

/// Where a future is in its life, as one consistent reading.
///
/// Python's `Future._state`, which its `repr` shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FutureState {
    /// Waiting to be started; can still be cancelled.
    Pending,
    /// Being run.
    Running,
    /// Cancelled before it was started.
    Cancelled,
    /// Finished with a value or an error.
    Finished,
}

impl FutureState {
    pub(crate) const fn of(state: u32) -> Self {
        if state & CANCELLED != 0 {
            return Self::Cancelled;
        }
        match phase(state) {
            PENDING => Self::Pending,
            RUNNING | CLAIMED => Self::Running,
            _ => Self::Finished,
        }
    }

    /// The word that `Debug` and the messages show: `pending`, `running`, `cancelled`, `finished`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Cancelled => "cancelled",
            Self::Finished => "finished",
        }
    }
}

impl std::fmt::Display for FutureState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
