//! What is in the file of a name, and what can be a name.

#![expect(clippy::missing_panics_doc, reason = "to panic is how it says what it has found")]

use super::Name;
use super::entry::Entry;
use crate::fuzzed::Input;

/// A file, and a name.
pub fn names(data: &[u8]) {
    let mut input = Input::new(data);
    if input.below(4) == 0 {
        if let Ok(name) = str::from_utf8(input.rest())
            && let Ok(name) = Name::new(name)
        {
            assert!(!name.as_str().contains(['/', '\0']) && !name.as_str().starts_with('.'));
        }
        return;
    }
    let bytes = input.rest();
    if let Some(entry) = Entry::decode(bytes) {
        assert!(entry.holders.len() <= bytes.len());
        assert_eq!(Entry::decode(&entry.encode()), Some(entry));
    }
}
