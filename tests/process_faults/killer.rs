//! The killer: sends signals to workers as the work goes on.

use crate::plan::{Dice, Plan};
use concurrent_futures::ProcessPoolExecutor;
use rustix::process::{
    Pid, PidfdFlags, Resource, Rlimit, Signal, pidfd_open, pidfd_send_signal, setrlimit,
};
use std::fs;
use std::sync::Weak;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

/// Sends as many signals as planned, evenly over the run as `done` counts it, until told to stop or the
/// pool is gone. Returns how many it has sent.
pub(crate) fn rage(
    plan: &Plan,
    pool: &Weak<ProcessPoolExecutor>,
    done: &AtomicUsize,
    stop: &AtomicBool,
    mut dice: Dice,
) -> u32 {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    setrlimit(Resource::Core, none).expect("less is always allowed"); // a core per kill is too much
    let mut sent = 0;
    while sent < plan.kills && !stop.load(SeqCst) {
        let Some(pool) = pool.upgrade() else { break };
        let (pids, broken) = (pool.worker_pids(), pool.broken().is_some());
        drop(pool);
        let done = done.load(SeqCst);
        if broken || pids.is_empty() && done == plan.tasks as usize {
            break; // nobody comes any more
        }
        // All of them before the last tenth of the tasks.
        let mark = u64::from(plan.tasks) * 9 / 10 * u64::from(sent) / u64::from(plan.kills);
        if pids.is_empty() || (done as u64) < mark {
            thread::sleep(Duration::from_micros(100));
            continue;
        }
        let pid = pids[dice.roll(pids.len() as u64) as usize];
        sent += u32::from(strike(pid, &mut dice));
    }
    sent
}

/// Kills a child of this process in one of several ways; `false` if it was gone.
fn strike(pid: u32, dice: &mut Dice) -> bool {
    // By descriptor, and after a look at its parent: the id may have been given to somebody else.
    let Some(process) = Pid::from_raw(pid as i32) else { return false };
    let Ok(handle) = pidfd_open(process, PidfdFlags::empty()) else { return false };
    if parent_of(pid) != Some(std::process::id()) {
        return false;
    }
    let send = |signal| pidfd_send_signal(&handle, signal).is_ok();
    match dice.roll(4) {
        0 => send(Signal::SEGV),
        1 => {
            let stopped = send(Signal::STOP);
            thread::sleep(Duration::from_micros(dice.roll(3000)));
            send(Signal::KILL) && stopped
        }
        _ => send(Signal::KILL),
    }
}

fn parent_of(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, which may have anything in it, is in parentheses; the parent is the second behind it.
    stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(1)?.parse().ok()
}
