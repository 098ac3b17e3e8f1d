//! Fault injection: workers of a process pool die all the time, in every way, and the books on what
//! became of each task must still be exact.
//!
//! | what                                              | file          |
//! |---------------------------------------------------|---------------|
//! | what a task does, and the record it leaves        | `ledger.rs`   |
//! | the settings of one run                           | `plan.rs`     |
//! | who sends the signals                             | `killer.rs`   |
//! | submitting, disturbing and collecting             | `run.rs`      |
//! | what must hold afterwards                         | `books.rs`    |
//! | the runs themselves                               | `scenarios.rs` |
//! | the same for the items of a `map`                 | `maps.rs`     |
//!
//! Every task appends a record to a file when it begins and another when it ends, so what happened in
//! the workers is known however they died. The books compare that with what the futures say.
//!
//! `FAULTS_FACTOR` sets how often each run is repeated, each time with other random choices (default
//! 1; the soak run in `ci/soak.sh` uses more), `FAULTS_SEED` the first choices, which are printed when
//! a test fails.

#![cfg(target_os = "linux")]

mod books;
mod killer;
mod ledger;
mod maps;
mod plan;
mod run;
mod scenarios;
#[path = "../support/mod.rs"]
mod support;
