//! `join`: two halves of one piece of work, which borrow, and the second of which may go to a worker.
//!
//! Nearly all halves of a finely divided piece of work are run by the thread that has divided it. So
//! `join` prepares for being shared out, and shares out only when somebody has nothing to do: it puts
//! the second half on a list that is this thread's alone, runs the first, takes the second off the
//! list again and runs that. No allocation, no atomic operation; the list and what is on it are in
//! the frames of the joins. Every other microsecond the thread looks around, and if a worker is idle it
//! gives its *oldest* private half away: the one nearest to the root, and so likely the biggest.
//!
//! | what                                            | file         |
//! |-------------------------------------------------|--------------|
//! | the list; when to give, and to whom             | `strand.rs`  |
//! | one half: closure, result, and who has it       | `job.rs`     |
//! | help for who waits, from who runs               | `mailbox.rs` |
//! | how much stack is left                          | `stack.rs`   |
//!
//! # Life of a second half
//!
//! ```text
//!             off the list: call
//!   private ───────────────────────────────────────────────▶ over
//!      │                                                      ▲  ▲
//!      │ offer         settle: cancelled, finish calls it     │  │
//!      └──────▶ offered ──────────────────────────────────────┘  │
//!                  │ a worker starts it                          │
//!                  └──────────────▶ running ─────────────────────┘
//!                                             settle: waited for
//! ```
//!
//! | state   | who may touch closure and result                                                  |
//! |---------|-----------------------------------------------------------------------------------|
//! | private | the thread whose list it is on                                                    |
//! | offered | nobody: whoever wins the task, by starting or by cancelling it                    |
//! | running | the thread that has started the task                                              |
//! | over    | the thread whose `join` it is, and no other                                       |
//!
//! From `offered` on the half has a [`Task`](executor_core::Task), with a pointer to the job for a
//! body, and the change of states is the task's: `executor-core/src/state.rs`. It is submitted as any
//! task is. There is no other word that two threads write to; the mailbox is a lock around an `Option`.
//!
//! # Invariants
//!
//! 1. A job is on the list, or with the pool, only while its `join` is in its frame. Between the push
//!    and the end nothing unwinds: looking around and the first half are inside `catch_unwind`,
//!    `settle` ends the process instead. (`join/panics.rs`)
//! 2. After `settle` no other thread can reach the job: it returns when the task is over, and a task
//!    that is over does not touch its body. Who cancelled it does not matter: the `join` itself, a
//!    shutdown, a pool that refuses the task or breaks. (model `a_half_is_run_once`; `join/ends.rs`)
//! 3. A closure is called exactly once, and the slot says whether it was; the future's outcome is not
//!    asked. (the same)
//! 4. The offered jobs of a list are its older part, so that one pointer tells which they are. Jobs
//!    are given from the old end and taken off at the young end, by one thread. (`join/trees.rs`)
//! 5. Joins end in the reverse order of their beginning, whatever task a thread runs in between: it
//!    ends before what is below it on the stack goes on. A `join` of another pool begins a list of its
//!    own. (`join/pools.rs`) A program that switches stacks by other means is stopped if it violates
//!    this.
//! 6. A thread in `settle` runs nothing but parts of the half that it waits for, which come through
//!    the mailbox from the thread that runs that half. The mailbox is closed when the task's body goes,
//!    run or not. (model `who_waits_is_helped_out`)
//!
//! # When a half is given away
//!
//! - To a thread that waits for the very half that this one is running: whenever it has nothing to do.
//! - To the pool: if a worker is idle, or could be started, and nothing is queued, so that there is at
//!   most one on its way. If there are as many busy workers as processors, only some time after the
//!   last; except by a thread that has given nothing yet, whose first join always does.
//!
//! A thread that is in user code gives nothing away. So the second half of a `join` whose first half
//! blocks is run elsewhere only if it was given away at once, when that `join` was called.

mod job;
mod mailbox;
mod stack;
mod strand;

pub(crate) use strand::join;

#[cfg(all(test, loom))]
pub(crate) use {job::Job, job::Link};
