//! Tests: workers that lie.
//!
//! A worker here is a process of its own, started by a pool as any other, which speaks the protocol up to
//! some point and then does what no worker does. What it does is a [script], chosen by a number in its
//! environment, so that each can be run again. The pool is in a process of its own as well, with a limit
//! on its memory, where any panic in any thread ends it; so whatever a script brings about beyond the
//! failure of its own tasks is seen.
//!
//! | what a worker does                                            | script                     | test |
//! |---------------------------------------------------------------|----------------------------|------|
//! | says nonsense, too much, or nothing where it should say hello | `hello.rs`                 | `hello` |
//! | publishes frames that are not what they should be             | `frames.rs`                | `frames` |
//! | writes anywhere into the memory that it shares with the pool  | `memory.rs`                | `memory` |
//! | sends what nobody expects, by its channel or its line         | `sockets.rs`               | `sockets` |
//! | says that it sleeps, and never reads what wakes it            | `silence.rs`               | `who_is_woken_and_does_not_read` |
//! | announces the same task for ever                              | `frames.rs`                | `who_starts_a_task_twice` |
//! | says that it does not run what it has announced               | `memory.rs`                | `who_denies_what_it_runs` |
//! | says that it has ended, and goes on                           | `sockets.rs`               | `who_says_that_it_has_ended` |
//! | leaves a process behind that goes on in its place             | `sockets.rs`               | `who_leaves_somebody_behind` |
//!
//! `HOSTILE_ROUNDS` says how many scripts of each of the first four kinds are run (12 if it is not set),
//! and `HOSTILE_SEED` which is the first.

mod frames;
mod hello;
mod memory;
mod pool;
mod script;
mod silence;
mod sockets;

pub(crate) use script::play;
