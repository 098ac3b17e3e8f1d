//! A function in a process of its own: start, join, look, end.
//!
//! ```text
//! cargo run --example process
//! ```

use concurrent_futures::Exit;
use concurrent_futures::process::{Process, active_children, current_process, parent_process};
use std::error::Error;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

/// Each process has its own.
static COUNTER: AtomicU32 = AtomicU32::new(0);

/// Introduces itself, and counts.
fn work((task, steps): (String, u32)) {
    let (current, parent) = (current_process(), parent_process().expect("it was started"));
    let parent_name = parent.name().unwrap_or("somebody");
    println!("{} works on {task} for {parent_name}", current.name());
    assert_ne!(current.pid(), parent.pid());
    for _ in 0..steps {
        COUNTER.fetch_add(1, Ordering::Relaxed);
    }
    println!("its counter is at {}", COUNTER.load(Ordering::Relaxed));
}

/// Ends with the code that it is given.
fn fail(code: i32) -> i32 {
    code
}

fn never_end(_: ()) -> ! {
    loop {
        thread::sleep(Duration::from_secs(1));
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    concurrent_futures::init();
    assert!(parent_process().is_none());

    let process = Process::new(work, ("the first task".to_string(), 10));
    println!("before: alive {}, exit code {:?}", process.is_alive(), process.exitcode());
    process.start()?;
    assert_ne!(process.pid(), Some(std::process::id()));
    process.join()?;
    println!("after: alive {}, exit code {:?}", process.is_alive(), process.exitcode());
    println!("the counter here is at {}", COUNTER.load(Ordering::Relaxed));

    let failing = Process::builder().name("failing").start(fail, 3)?;
    println!("{} {}", failing.name(), failing.join()?);

    // One that does not end can be waited for in vain, and be ended.
    let endless = [Process::new(never_end, ()), Process::new(never_end, ())];
    endless.iter().try_for_each(Process::start)?;
    let waited = endless[0].join_timeout(Duration::from_millis(100))?;
    println!("joined for a while: {waited:?}, alive {}", endless[0].is_alive());
    println!("{} children", active_children().len());
    endless[0].terminate()?;
    endless[1].kill()?;
    for process in &endless {
        let exit = process.join()?;
        assert!(matches!(exit, Exit::Signal(_)));
        println!("{} {exit}", process.name());
    }
    println!("{} children", active_children().len());
    Ok(())
}
