//! [`PortableError`]: any error, as text that can cross to another process.

use serde::{Deserialize, Serialize};
use std::error::Error;
use std::fmt;

/// Any error, reduced to its message and the messages of its causes, so that it can travel.
///
/// Error types are rarely serialisable, so a task that returns `Result<T, io::Error>` could not run
/// in another process. Every error converts into this one with `?`, and it carries the whole chain of
/// causes. Like `anyhow::Error` it does not itself implement [`Error`] (that is what lets every
/// error convert into it), but it converts into `Box<dyn Error + Send + Sync>` with `?` again.
///
/// Python's counterpart is the remote traceback that its process pool attaches to an exception.
///
/// ```
/// use executor_core::{Executor, InlineExecutor, PortableError};
///
/// fn parse(text: String) -> Result<u32, PortableError> {
///     Ok(text.trim().parse::<u32>()?)
/// }
///
/// let pool = InlineExecutor::new();
/// assert_eq!(pool.submit(parse, " 42 ".to_string())?.result()?, Ok(42));
/// let error = pool.submit(parse, "forty".to_string())?.result()?.unwrap_err();
/// assert_eq!(error.to_string(), "invalid digit found in string");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortableError {
    message: String,
    /// The nearest cause first.
    causes: Vec<String>,
}

impl PortableError {
    /// An error with this message and no causes.
    pub fn msg(message: impl fmt::Display) -> Self {
        Self { message: message.to_string(), causes: Vec::new() }
    }

    /// The same error with one more message in front of it, which says what was being done.
    ///
    /// ```
    /// use executor_core::PortableError;
    ///
    /// let error = PortableError::msg("not a number").context("reading line 3");
    /// assert_eq!(error.to_string(), "reading line 3");
    /// assert_eq!(error.chain().last(), Some("not a number"));
    /// ```
    #[must_use]
    pub fn context(mut self, message: impl fmt::Display) -> Self {
        let inner = std::mem::replace(&mut self.message, message.to_string());
        self.causes.insert(0, inner);
        self
    }

    /// The outermost message.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// All messages, from the outermost to the root cause.
    pub fn chain(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.message).chain(&self.causes).map(String::as_str)
    }

    /// The same as a boxed standard error, whose `source` walks the chain.
    pub fn into_boxed(self) -> Box<dyn Error + Send + Sync> {
        let mut source = None;
        for message in self.causes.into_iter().rev() {
            source = Some(Box::new(Link { message, source }));
        }
        Box::new(Link { message: self.message, source })
    }
}

impl<E: Error> From<E> for PortableError {
    fn from(error: E) -> Self {
        let mut portable = Self::msg(&error);
        let mut last = portable.message.clone();
        let mut next = error.source();
        while let Some(cause) = next {
            let text = cause.to_string();
            // Some errors end their message with their cause's: do not say it twice.
            if !last.ends_with(&text) {
                portable.causes.push(text.clone());
            }
            last = text;
            next = cause.source();
        }
        portable
    }
}

impl From<PortableError> for Box<dyn Error + Send + Sync> {
    fn from(error: PortableError) -> Self {
        error.into_boxed()
    }
}

impl From<PortableError> for Box<dyn Error> {
    fn from(error: PortableError) -> Self {
        error.into_boxed()
    }
}

impl fmt::Display for PortableError {
    /// The outermost message; with `{:#}` the whole chain, separated by colons.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if f.alternate() {
            for cause in &self.causes {
                write!(f, ": {cause}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for PortableError {
    /// The whole chain, one cause a line: what `main` prints when it returns this error.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for cause in &self.causes {
            write!(f, "\n  caused by: {cause}")?;
        }
        Ok(())
    }
}

/// One message of a chain, as a standard error.
#[derive(Debug)]
struct Link {
    message: String,
    source: Option<Box<Link>>,
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Link {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|link| link as &(dyn Error + 'static))
    }
}
