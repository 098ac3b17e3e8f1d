//! [`Name`].

use super::super::SharedMemoryError;
use std::fmt;

/// What can be the name of a file in every system, and nothing but that.
#[derive(Clone, PartialEq, Eq)]
pub(in super::super) struct Name(String);

const LONGEST: usize = 200;

impl Name {
    pub(in super::super) fn new(name: &str) -> Result<Self, SharedMemoryError> {
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let reason = if name.is_empty() {
            "it is empty"
        } else if name.len() > LONGEST {
            "it is longer than 200 bytes"
        } else if name.starts_with('.') {
            "it begins with a dot"
        } else if !name.chars().all(is_allowed) {
            "it has characters other than ASCII letters, digits, `_`, `-` and `.`"
        } else {
            return Ok(Self(name.to_owned()));
        };
        Err(SharedMemoryError::InvalidName { name: name.to_owned(), reason })
    }

    pub(in super::super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn not_found(&self) -> SharedMemoryError {
        SharedMemoryError::NotFound { name: self.0.clone() }
    }

    pub(super) fn already_exists(&self) -> SharedMemoryError {
        SharedMemoryError::AlreadyExists { name: self.0.clone() }
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
