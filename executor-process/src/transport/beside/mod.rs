//! [`Beside`]: what travels beside the bytes of a value, and how it comes back to them.
//!
//! It is descriptors, which travel over the [line](crate::bootstrap::line) to each worker.
//!
//! # Who has what when
//!
//! ```text
//!   encoded ──sent──▶ on its way ──received──▶ ahead ──its task or outcome is taken──▶ decoded
//!                         │                      │
//!                         └── its task was taken back, or its worker has died ──▶ dropped
//! ```
//!
//! A value has at most one message, which arrives as a whole or not at all. Each direction of each worker
//! numbers its messages; tasks carry the number, and outcomes are counted by the reader, since they
//! are published in the order in which their messages were sent. What an initializer has comes before
//! the first, as number [`FIRST`].
//!
//! The pool keeps what it has sent to a worker until the task is over, since the task may be taken back,
//! or retried, and be sent again, to the same worker or another. An end of a pipe or socket it keeps only
//! until the task has been started, of which the worker tells it then, unless it may be retried: the
//! task may close it, and somebody wait for that. Of several items of a `map` only the last has
//! something beside it.
//!
//! | invariant                                                  | because                                  | test |
//! |------------------------------------------------------------|------------------------------------------|------|
//! | whoever takes a task or outcome finds its message          | it is sent before that is published      | `there_and_back` |
//! | nobody gets another's message                              | messages are numbered, and lower numbers than the one that is looked for are of tasks that were taken back | `not_mixed_up`, `handles_tests` |
//! | sending never blocks the pool                              | at most [`MAX_UNREAD`] are unread, and what the system refuses waits in the queue | `more_than_the_window` |
//! | what was taken back is not kept by a worker with nothing to do | before it sleeps it drops all up to `Word::Settled` | `nothing_is_kept_of_tasks_that_were_cancelled` |
//! | what a task has closed is closed                           | the pool lets go of it as soon as it has been started | `an_end_is_the_task_s_alone` |
//! | a message that is lost for want of a descriptor is one value's loss | its number has arrived          | `handles_tests`, `process_limits` |
//!
//! `Word::Settled` counts the messages whose tasks have been published. A worker reads it before it looks
//! for tasks; if it then finds none, those of the messages up to there have all been taken, or taken
//! back.

mod handles;

pub(crate) use handles::{Arrivals, Beside};

/// The number of the message that belongs to the initializer. The next one is 0.
pub(crate) const FIRST: u32 = u32::MAX;

/// The most messages that a worker may have been sent and not received.
pub(crate) const MAX_UNREAD: u32 = 16;

/// Why a message was not sent.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// There is no room for it now, but there will be.
    Full,
    /// This user has as many descriptors on their way as the system allows.
    Crowded,
    /// There is nobody to receive it.
    Gone,
    /// Something else, which will not pass.
    Never(String),
}

impl Refusal {
    /// What to tell the user, when waiting has been of no use.
    pub(crate) fn reason(self) -> String {
        match self {
            Self::Full => "there is no room for its handles on their way".to_owned(),
            Self::Crowded => {
                "there are more handles on their way between processes than this user may have; \
                 raise the limit of open files (`ulimit -n`)"
                    .to_owned()
            }
            Self::Gone => "the other process is gone".to_owned(),
            Self::Never(reason) => reason,
        }
    }
}

/// Whether one message was sent before another. There are never so many that it is in doubt.
fn is_before(number: u32, other: u32) -> bool {
    number.wrapping_sub(other) > u32::MAX / 2
}
