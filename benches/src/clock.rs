//! Wall time and processor time.

use crate::contestant::Sample;
use rustix::time::{ClockId, clock_gettime};
use std::time::{Duration, Instant};

/// The processor time that this process has used so far, in all its threads.
pub fn cpu_time() -> Duration {
    clock_gettime(ClockId::ProcessCPUTime)
        .try_into()
        .expect("the time used by a process is not negative")
}

/// Started with a measurement.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch {
    wall: Instant,
    cpu: Duration,
}

impl Stopwatch {
    /// Starts it.
    pub fn start() -> Self {
        let cpu = cpu_time();
        Self { wall: Instant::now(), cpu }
    }

    /// The time since the start, divided by the number of operations; the processor time, likewise,
    /// is the sample's `extra`.
    pub fn per_operation(self, operations: u64) -> Sample {
        let wall = self.wall.elapsed();
        let cpu = cpu_time() - self.cpu;
        let per = |time: Duration| time.as_secs_f64() / operations as f64;
        Sample { value: per(wall), extra: Some(per(cpu)) }
    }
}
