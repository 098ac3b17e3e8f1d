//! The transport between the pool and one worker: shared memory for what is said, messages for waking.
//!
//! A task and its outcome cross through a [region] of memory that both processes map: the
//! task in a slot ([`inlet`]), the outcome as a frame in a ring ([`outlet`]). Nothing is sent by a
//! system call while both sides are awake; a side that finds nothing to do says so in a
//! [`bell`] word and waits for a message on its [`channel`], one of two that live as long as the worker
//! (see [`message`]). What is too large for the rings lies in a [`depot`]; descriptors travel [`beside`]
//! all that.
//!
//! | invariant                                                         | where       | test                          |
//! |-------------------------------------------------------------------|-------------|-------------------------------|
//! | an item is started once or recalled once                          | `claim.rs`  | `models/claim.rs`, `claim::tests` |
//! | nobody sleeps while there is something for him                    | `bell.rs`   | models in `models/bell.rs`    |
//! | at most one wake-up message is unread, so sending never blocks    | `bell.rs`   | models in `models/bell.rs`    |
//! | a published outcome is complete and outlives its worker           | `outlet.rs` | `models/rings.rs`, `tests/process_faults/` |
//! | nothing is written while the other side may read it               | both        | `models/rings.rs`, `tests/process_faults/` |
//! | whatever a worker writes, the pool errs at worst                  | `outlet.rs` | `outlet::tests`, fuzzed       |

pub(crate) mod address;
pub(crate) mod bell;
pub(crate) mod beside;
pub(crate) mod channel;
pub(crate) mod claim;
pub(crate) mod depot;
pub(crate) mod inlet;
pub(crate) mod memory;
pub(crate) mod message;
#[cfg(test)]
pub(crate) mod noise;
pub(crate) mod outlet;
pub(crate) mod region;
