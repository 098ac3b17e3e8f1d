//! Memory that processes share: arrays and values, their locks, and named blocks.
//!
//! | what                                                     | file          |
//! |----------------------------------------------------------|---------------|
//! | arrays and values, with and without a lock               | `items.rs`    |
//! | copying while others write                               | `raw.rs`      |
//! | the lock, and holders that die                           | `lock.rs`     |
//! | named blocks                                             | `named.rs`    |
//! | creators and users that are killed                       | `killed.rs`   |
//! | many processes and few names                             | `races.rs`    |
//! | files that are not what they should be                   | `noise.rs`    |
//! | where the names are kept                                 | `place.rs`    |

#![cfg_attr(
    not(target_os = "linux"),
    allow(unused_imports, dead_code, reason = "some tests are for Linux only")
)]

#[path = "../support/mod.rs"]
mod support;

#[path = "../process/processes.rs"]
#[allow(dead_code, reason = "the tests of the process pool use all of it")]
mod processes;

mod items;
#[cfg(target_os = "linux")]
mod killed;
mod lock;
mod named;
#[cfg(target_os = "linux")]
mod noise;
mod place;
mod races;
mod raw;

use concurrent_futures::ProcessPoolExecutor;

/// Workers that do one thing at a time.
fn pool(max_workers: usize) -> ProcessPoolExecutor {
    ProcessPoolExecutor::builder().max_workers(max_workers).build().expect("valid settings")
}

/// Numbers that differ from run to run no more than they must.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Less than `sides`.
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }
}
