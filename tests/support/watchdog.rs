//! A time limit for every test, and waiting for what will surely happen.
//!
//! The limits are for a machine that is shared with others. Where programs run ten times slower, under an
//! emulator or a sanitizer, the environment variable `TEST_PATIENCE` multiplies them.

use super::setting::setting;
use std::io::Write;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How long a test may take.
const LIMIT: Duration = Duration::from_secs(60);

/// How long to wait for one event. Shorter, since its message says more.
const PATIENCE: Duration = Duration::from_secs(45);

/// A limit, on this machine.
pub(crate) fn patient(limit: Duration) -> Duration {
    limit * setting("TEST_PATIENCE").unwrap_or(1) as u32
}

/// Runs a test; if it takes longer than a minute, says so and ends the whole process.
///
/// A test that hangs cannot be stopped in any gentler way.
pub(crate) fn guarded(name: &str, body: impl FnOnce()) {
    guarded_for(name, LIMIT, body);
}

/// The same with another limit.
pub(crate) fn guarded_for(name: &str, limit: Duration, body: impl FnOnce()) {
    let limit = patient(limit);
    let (over, watch) = channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            if watch.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                // Straight to the descriptor: the harness would keep what `eprintln!` prints.
                let message = format!("\nthe test `{name}` has not ended in {limit:?}\n");
                let _ = std::io::stderr().write_all(message.as_bytes());
                std::process::abort();
            }
        });
        let _over = over; // hung up at the end of the body, or when it panics
        body();
    });
}

/// Blocks until `condition` holds.
pub(crate) fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let (start, patience) = (Instant::now(), patient(PATIENCE));
    while !condition() {
        assert!(start.elapsed() < patience, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(1));
    }
}
