//! A lock: taken and released again and again, by one process or by several.

use super::{Spec, gave_up};
use crate::cases::spec::Workers;
use crate::clock::Stopwatch;
use crate::contestant::{Load, Sample, Trouble, WrongAnswer};
use executor_process::{Event, Lock, Process, RawValue, Semaphore};

pub(in crate::cases) const SPEC: Spec = Spec {
    title: "a lock between processes, taken and released, which nobody else wants",
    operations: "times",
    ..Spec::SHARED
};

pub(in crate::cases) const CONTENDED_SPEC: Spec = Spec {
    title: "a counter in shared memory, raised under a lock by several processes at once",
    operations: "times, in all processes together (workers: processes)",
    workers: Workers::Each(&[2]),
    ..Spec::SHARED
};

/// Measures them together.
///
/// # Errors
///
/// [`Trouble`].
pub fn run(load: &Load) -> Result<Sample, Trouble> {
    let lock = Lock::new().map_err(gave_up)?;
    let watch = Stopwatch::start();
    for _ in 0..load.operations {
        drop(lock.lock().map_err(gave_up)?);
    }
    Ok(watch.per_operation(load.operations))
}

/// What each of the processes does.
type Shared = (Lock, RawValue<u64>, Semaphore, Event, u64);

fn raise((lock, count, ready, go, times): Shared) {
    ready.release();
    go.wait();
    for _ in 0..times {
        let _guard = lock.lock().expect("nobody dies");
        count.set(count.get() + 1);
    }
}

/// Measures from the start signal until all processes have ended.
///
/// # Errors
///
/// [`Trouble`], if the count is wrong above all.
pub fn run_contended(load: &Load) -> Result<Sample, Trouble> {
    let times = load.operations / load.workers as u64;
    let lock = Lock::new().map_err(gave_up)?;
    let count = RawValue::new(0).map_err(gave_up)?;
    let ready = Semaphore::new(0).map_err(gave_up)?;
    let go = Event::new().map_err(gave_up)?;
    let shared = (lock, count.clone(), ready.clone(), go.clone(), times);
    let start = |_| Process::builder().start(raise, shared.clone()).map_err(gave_up);
    let processes = (0..load.workers).map(start).collect::<Result<Vec<_>, _>>()?;
    for _ in &processes {
        ready.acquire();
    }
    let total = times * load.workers as u64;
    let watch = Stopwatch::start_family();
    go.set();
    for process in processes {
        process.join().map_err(gave_up)?;
    }
    let sample = watch.per_operation(total);
    WrongAnswer::unless_equal(total, count.get())?;
    // Whoever has ended is not in the processor time.
    Ok(sample.with(None))
}
