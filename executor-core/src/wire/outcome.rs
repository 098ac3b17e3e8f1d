//! What comes of a call, and its encoded form: a value, the report of a panic, or why there is neither.

use super::attach::{self, Attached, collecting};
use super::value::{decode_value, encode_value};
use super::{Incoming, Output, Portable};
use crate::error::{PanicReport, TaskError};
use crate::panics;
use std::fmt;

/// What the bytes of an outcome are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum OutcomeKind {
    /// The encoded value.
    Value = 0,
    /// The report of the task's panic.
    Panicked = 1,
    /// Text: why the argument could not be decoded.
    Argument = 2,
    /// Text: why the result could not be encoded.
    Result = 3,
}

impl OutcomeKind {
    /// The kind with this number, if there is one: for kinds that come from another process.
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::Value, Self::Panicked, Self::Argument, Self::Result].get(number as usize).copied()
    }
}

/// What [`Call::run`](super::Call::run) leaves behind, besides the bytes.
pub struct Ran {
    /// What the bytes are.
    pub kind: OutcomeKind,
    /// What the value has beside them.
    pub attachments: Attached,
}

impl Ran {
    /// What has nothing beside it.
    fn plain(kind: OutcomeKind) -> Self {
        Self { kind, attachments: Attached::none() }
    }
}

impl fmt::Debug for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, attachments } = self;
        f.debug_struct("Ran").field("kind", kind).field("attachments", attachments).finish()
    }
}

/// Decodes an argument, calls `function` with it, and encodes the outcome: what a
/// [`Call`](super::Call) does, for those who call in another way. [`decode_outcome`] reads what it
/// writes.
///
/// Never panics: whatever the user's code does becomes the outcome. `output` must be empty, and have
/// room for a line of text whatever happens.
pub fn run<A: Portable, R: Portable>(
    function: impl FnOnce(A) -> R,
    input: &[u8],
    beside: Attached,
    output: &mut Output<'_>,
) -> Ran {
    let decode = || attach::providing(beside, || decode_value::<A>(Incoming::private(input)));
    let mut decoded = false;
    let called = panics::catch(|| {
        let argument = decode()?;
        decoded = true;
        Ok(function(argument))
    });
    match called {
        Ok(Ok(value)) => {
            let (encoded, attachments) =
                collecting(|| panics::catch(|| encode_value(&value, output)));
            if std::mem::needs_drop::<R>() {
                panics::contain("dropping a result that was sent", || drop(value));
            }
            match encoded {
                Ok(Ok(())) => Ran { kind: OutcomeKind::Value, attachments },
                Ok(Err(reason)) => explain(OutcomeKind::Result, reason, output),
                Err(report) => explain(OutcomeKind::Result, report.to_string(), output),
            }
        }
        Ok(Err(reason)) => explain(OutcomeKind::Argument, reason, output),
        Err(report) if !decoded => explain(OutcomeKind::Argument, report.to_string(), output),
        Err(report) => {
            output.truncate(0);
            match postcard::serialize_with_flavor(&report, &mut *output) {
                Ok(()) => Ran::plain(OutcomeKind::Panicked),
                // No room for the report. Its text says more than that there was none.
                Err(_) => explain(OutcomeKind::Result, report.to_string(), output),
            }
        }
    }
}

/// Makes a text the outcome.
fn explain(kind: OutcomeKind, mut text: String, output: &mut Output<'_>) -> Ran {
    output.truncate(0);
    if output.extend(text.as_bytes()).is_err() {
        // No room for all of it; there is always room for a line.
        let mut end = text.len().min(200);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        let _without_words = output.extend(text.as_bytes());
    }
    Ran::plain(kind)
}

/// Makes an outcome from what [`Call::run`](super::Call::run) wrote, for executors that call functions of
/// their own in workers; [`RemoteTask::complete`](crate::RemoteTask::complete) does it for tasks.
///
/// # Errors
///
/// What the outcome is if not a value, or that it cannot be decoded.
pub fn decode_outcome<R: Portable>(
    kind: OutcomeKind,
    bytes: Incoming<'_>,
    beside: Attached,
) -> Result<R, TaskError> {
    let text = || match bytes.with(|bytes| String::from_utf8_lossy(bytes).into_owned()) {
        Ok(text) | Err(text) => text,
    };
    let decoded = panics::catch(|| match kind {
        OutcomeKind::Value => {
            let value = attach::providing(beside, || decode_value::<R>(bytes));
            value.map_err(|reason| TaskError::decoding_result(&reason))
        }
        OutcomeKind::Panicked => {
            let report = bytes.with(|bytes| postcard::from_bytes::<PanicReport>(bytes));
            Err(match report {
                Ok(Ok(report)) => TaskError::Panicked(report),
                Ok(Err(error)) => TaskError::decoding_result(&error),
                Err(error) => TaskError::decoding_result(&error),
            })
        }
        OutcomeKind::Argument => Err(TaskError::decoding_argument(&text())),
        OutcomeKind::Result => Err(TaskError::encoding_result(&text())),
    });
    decoded.unwrap_or_else(|report| Err(TaskError::decoding_result(&report)))
}
