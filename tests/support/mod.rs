//! What the behaviour tests are made of.
//!
//! | what                                              | file          |
//! |---------------------------------------------------|---------------|
//! | which executor a generic test runs on             | `factory.rs`  |
//! | a directory for one test                          | `scratch.rs`  |
//! | how long to go on: numbers from the environment   | `setting.rs`  |
//! | holding tasks back, letting them go               | `gate.rs`     |
//! | what tasks did, in which order                    | `journal.rs`  |
//! | the functions that tasks run                      | `tasks.rs`    |
//! | workers that have something else to do            | `busy.rs`     |
//! | no test runs for ever                             | `watchdog.rs` |
//! | an executor that encodes everything               | `loopback.rs` |
//! | a task on its way to another process and back     | `parcel.rs`   |
//! | the same test binary as another process           | `child.rs`    |
//! | what this process holds, and keeps                | `leak.rs`     |
//! | whether there are other users                     | `users.rs`    |
//!
//! Tasks of generic tests may run in another process. So they are functions of serialisable
//! arguments, and tell the test what they did through files: [`gate::Gate`] and [`journal::Journal`].
//! Order and overlap are proved by those, never by the clock.

#![allow(dead_code, reason = "every test binary uses a part of it")]

pub(crate) mod busy;
pub(crate) mod child;
pub(crate) mod factory;
#[cfg(unix)]
pub(crate) mod fork;
pub(crate) mod gate;
pub(crate) mod journal;
pub(crate) mod leak;
pub(crate) mod loopback;
pub(crate) mod parcel;
pub(crate) mod scratch;
pub(crate) mod setting;
pub(crate) mod tasks;
#[cfg(target_os = "linux")]
pub(crate) mod users;
pub(crate) mod watchdog;

#[allow(unused_imports, reason = "as above")]
pub(crate) use self::{
    busy::Busy,
    factory::Factory,
    gate::{Gate, GateKeeper},
    journal::Journal,
    scratch::Scratch,
    setting::setting,
    watchdog::{eventually, guarded},
};
