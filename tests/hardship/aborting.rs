//! A program that is built with `panic = "abort"`, and looks what a panic does then.
//!
//! Cargo does not build tests that way, so this is a program of its own; `ci/hardship.sh` builds and runs it. What it
//! shows is in `docs/robustness.md`.

#[cfg(unix)]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    concurrent_futures::init();
    program::run()
}

#[cfg(not(unix))]
fn main() {
    println!("it is on Unix only that this program looks");
}

#[cfg(unix)]
mod program {
    use concurrent_futures::process::{Manager, ManagerError, Process, Queue};
    use concurrent_futures::{
        Executor, Exit, Pool, ProcessPoolExecutor, TaskError, TaskOptions, ThreadPoolExecutor,
    };
    use std::error::Error;
    use std::os::unix::process::ExitStatusExt;
    use std::process::Command;

    /// The signal by which a process ends that aborts.
    const ABORTED: i32 = 6;

    fn fail(n: u64) -> u64 {
        match n {
            7 => panic!("seven"),
            n => n * n,
        }
    }

    pub(super) fn run() -> Result<(), Box<dyn Error>> {
        if !cfg!(panic = "abort") {
            return Err(
                "this program is of no use unless it is built with panic = \"abort\"".into()
            );
        }
        match std::env::args().nth(1).as_deref() {
            Some("threads") => return on_threads(),
            Some(other) => return Err(format!("{other}?").into()),
            None => {}
        }
        let threads = Command::new(std::env::current_exe()?).arg("threads").output()?;
        assert_eq!(threads.status.signal(), Some(ABORTED), "{threads:?}");
        assert_eq!(threads.stdout, b"until then all is well\n");

        on_processes()?;
        in_a_process()?;
        in_a_manager()?;
        in_an_initializer()?;
        println!("all is well");
        Ok(())
    }

    /// A panic on a thread is the end of the program.
    fn on_threads() -> Result<(), Box<dyn Error>> {
        let pool = ThreadPoolExecutor::builder().max_workers(2).build()?;
        for n in 0..7 {
            assert_eq!(pool.submit(fail, n)?.result(), Ok(n * n));
        }
        println!("until then all is well");
        let _never_there = pool.submit(fail, 7)?.result();
        println!("it has survived");
        Ok(())
    }

    /// A panic in a worker is the death of that worker: it fails its task, and nothing else.
    fn on_processes() -> Result<(), Box<dyn Error>> {
        let pool = ProcessPoolExecutor::builder().max_workers(2).build()?;
        let futures = (0..20).map(|n| pool.submit(fail, n)).collect::<Result<Vec<_>, _>>()?;
        for (n, future) in (0..).zip(futures) {
            match future.result() {
                Ok(square) => assert_eq!((square, n == 7), (n * n, false)),
                Err(TaskError::WorkerDied(death)) => {
                    assert_eq!((death.exit, n), (Exit::Signal(ABORTED), 7));
                }
                Err(other) => return Err(other.into()),
            }
        }
        assert_eq!(pool.stats().died, 1);
        // Retries are for deaths, and so for panics now.
        let again = pool.submit_with(fail, 7, TaskOptions::new().with_retries(2))?;
        assert!(matches!(again.result(), Err(TaskError::WorkerDied(_))));
        assert_eq!(pool.stats().died, 4);
        let squares = Pool::new(pool)?.map(fail, 10..200)?;
        assert_eq!(squares.len(), 190);
        Ok(())
    }

    fn in_a_process() -> Result<(), Box<dyn Error>> {
        let queue = Queue::new()?;
        let put_and_fail = |queue: Queue<u64>| {
            queue.put(1).expect("nobody closes it");
            fail(7);
        };
        let process = Process::new(put_and_fail, queue.clone());
        process.start()?;
        assert_eq!(process.join()?, Exit::Signal(ABORTED));
        assert_eq!(queue.get()?, 1);
        Ok(())
    }

    /// All objects are in one process, which a panic in one call ends.
    fn in_a_manager() -> Result<(), Box<dyn Error>> {
        let manager = Manager::new()?;
        let value = manager.value(5_u64)?;
        let lost = value.update(|value, ()| *value = fail(7), ());
        assert!(matches!(lost, Err(ManagerError::Gone)), "{lost:?}");
        assert!(matches!(value.get(), Err(ManagerError::Gone)));
        assert_eq!(manager.shutdown()?, Exit::Signal(ABORTED));
        Ok(())
    }

    fn in_an_initializer() -> Result<(), Box<dyn Error>> {
        let prepare = |n: u64| {
            fail(n);
        };
        let pool = ProcessPoolExecutor::builder().max_workers(1).initializer(prepare, 7).build()?;
        let Err(TaskError::PoolBroken(broken)) = pool.submit(fail, 1)?.result() else {
            return Err("no worker can begin".into());
        };
        assert!(broken.reason().contains("SIGABRT"), "{}", broken.reason());
        Ok(())
    }
}
