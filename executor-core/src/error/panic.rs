//! [`PanicReport`]: what is known of a panic in a task.

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::any::Any;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

/// A panic of a task: message, place, backtrace, and in the same process the payload itself.
///
/// Cheap to clone; the clones share the payload.
#[derive(Clone)]
pub struct PanicReport(Arc<Inner>);

struct Inner {
    text: Text,
    payload: Mutex<Option<Box<dyn Any + Send>>>,
}

/// The part that travels.
#[derive(Clone, Serialize, Deserialize)]
struct Text {
    message: String,
    location: Option<PanicLocation>,
    backtrace: Option<String>,
}

/// Where in the source a panic was raised.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PanicLocation {
    file: String,
    line: u32,
    column: u32,
}

impl PanicLocation {
    /// The source file, as the compiler was told it.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line, from 1.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// The column, from 1.
    pub fn column(&self) -> u32 {
        self.column
    }
}

impl From<&Location<'_>> for PanicLocation {
    fn from(location: &Location<'_>) -> Self {
        Self { file: location.file().to_owned(), line: location.line(), column: location.column() }
    }
}

impl fmt::Display for PanicLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

impl PanicReport {
    pub(crate) fn from_payload(
        payload: Box<dyn Any + Send>,
        location: Option<PanicLocation>,
        backtrace: Option<String>,
    ) -> Self {
        let message = crate::panics::message_of(&*payload);
        let message = message.unwrap_or("(a panic payload that is not text)").to_owned();
        Self(Arc::new(Inner {
            text: Text { message, location, backtrace },
            payload: Mutex::new(Some(payload)),
        }))
    }

    /// A report of which only the message is known.
    pub fn from_message(message: impl Into<String>) -> Self {
        let text = Text { message: message.into(), location: None, backtrace: None };
        Self(Arc::new(Inner { text, payload: Mutex::new(None) }))
    }

    /// Runs `f`; if it panics, returns the report.
    ///
    /// For pools that run code of the user's outside of tasks, such as an initializer. The panic
    /// hook has been called, as for any panic.
    ///
    /// # Errors
    ///
    /// The report of the panic.
    pub fn catch<T>(f: impl FnOnce() -> T) -> Result<T, Self> {
        crate::panics::catch(f)
    }

    /// The message given to `panic!`, or a placeholder if the payload was not text.
    pub fn message(&self) -> &str {
        &self.0.text.message
    }

    /// Where the panic was raised.
    ///
    /// `None` if the program replaced the panic hook without calling the one that was there.
    pub fn location(&self) -> Option<&PanicLocation> {
        self.0.text.location.as_ref()
    }

    /// The backtrace as text, if `RUST_BACKTRACE` (or `RUST_LIB_BACKTRACE`) asked for one.
    pub fn backtrace(&self) -> Option<&str> {
        self.0.text.backtrace.as_deref()
    }

    /// Takes the payload out: `None` if it was taken before or the task ran in another process.
    pub fn take_payload(&self) -> Option<Box<dyn Any + Send>> {
        self.0.payload.lock().take()
    }

    /// Goes on panicking in this thread, with the task's payload, or its message if that is gone.
    ///
    /// What `std::thread::JoinHandle::join().unwrap()` does not do, and Python's `result()` does.
    ///
    /// # Panics
    ///
    /// Always; the panic hook is not called again.
    pub fn resume(self) -> ! {
        let payload = self.take_payload().unwrap_or_else(|| Box::new(self.message().to_owned()));
        std::panic::resume_unwind(payload)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(payload) = self.payload.get_mut().take() {
            crate::panics::contain("dropping a panic payload", || drop(payload));
        }
    }
}

impl PartialEq for PanicReport {
    /// Equal message and place; payload and backtrace are not compared.
    fn eq(&self, other: &Self) -> bool {
        self.message() == other.message() && self.location() == other.location()
    }
}

impl fmt::Display for PanicReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.location() {
            Some(location) => write!(f, "panicked at {location}: {}", self.message()),
            None => write!(f, "panicked: {}", self.message()),
        }
    }
}

impl fmt::Debug for PanicReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PanicReport")
            .field("message", &self.message())
            .field("location", &self.location().map(ToString::to_string))
            .field("backtrace", &self.backtrace().map(|_| ".."))
            .finish_non_exhaustive()
    }
}

impl std::error::Error for PanicReport {}

impl Serialize for PanicReport {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.text.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for PanicReport {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Text::deserialize(deserializer)?;
        Ok(Self(Arc::new(Inner { text, payload: Mutex::new(None) })))
    }
}
