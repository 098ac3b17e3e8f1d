//! Wall time and processor time.

use crate::contestant::Sample;
use crate::family;
use rustix::time::{ClockId, clock_gettime};
use std::time::{Duration, Instant};

/// The processor time that this process has used so far, in all its threads.
pub fn cpu_time() -> Duration {
    time_of(ClockId::ProcessCPUTime)
}

/// The processor time that this thread has used so far.
pub fn thread_time() -> Duration {
    time_of(ClockId::ThreadCPUTime)
}

fn time_of(clock: ClockId) -> Duration {
    let used = clock_gettime(clock).try_into();
    used.unwrap_or_else(|_| unreachable!("the time used so far is not negative"))
}

/// The processor time of this process and of all that it has started, since a moment.
///
/// Asking takes some, so the own time is taken last at the start and first at the end.
#[derive(Clone, Copy, Debug)]
pub struct FamilyClock {
    own: Duration,
    others: Duration,
}

impl FamilyClock {
    /// Starts it, where the system tells the time of others.
    pub fn start() -> Option<Self> {
        let others = family::cpu_time_of_descendants()?;
        Some(Self { own: cpu_time(), others })
    }

    /// The time since the start, without that of workers that have ended in between.
    pub fn elapsed(self) -> Duration {
        let own = cpu_time() - self.own;
        let others = family::cpu_time_of_descendants().unwrap_or_default();
        own + others.saturating_sub(self.others)
    }
}

/// Whose processor time a stopwatch takes.
#[derive(Clone, Copy, Debug)]
enum CpuClock {
    /// This process's.
    Own(Duration),
    /// That of its workers, too, if that can be known.
    Family(Option<FamilyClock>),
}

/// Started with a measurement.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch {
    cpu: CpuClock,
    wall: Instant,
}

impl Stopwatch {
    /// Starts one that takes the processor time of this process.
    pub fn start() -> Self {
        let cpu = CpuClock::Own(cpu_time());
        Self { cpu, wall: Instant::now() }
    }

    /// Starts one that takes the processor time of this process and its workers.
    pub fn start_family() -> Self {
        let cpu = CpuClock::Family(FamilyClock::start());
        Self { cpu, wall: Instant::now() }
    }

    /// The time since the start, and the processor time besides.
    pub fn total(self) -> Sample {
        let wall = self.wall.elapsed();
        let cpu = match self.cpu {
            CpuClock::Own(start) => Some(cpu_time() - start),
            CpuClock::Family(clock) => clock.map(FamilyClock::elapsed),
        };
        Sample::of(wall.as_secs_f64()).with(cpu.map(|time| time.as_secs_f64()))
    }

    /// Both divided by the number of operations.
    pub fn per_operation(self, operations: u64) -> Sample {
        let total = self.total();
        let per = |time: f64| time / operations as f64;
        Sample {
            value: per(total.value),
            besides: total.besides.map(|time| time.map(per)),
            operations: Some(operations),
        }
    }
}
