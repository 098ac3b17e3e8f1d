//! Processes killed in the middle of calls, and what a manager holds afterwards.

use crate::manager;
use crate::support::watchdog::guarded_for;
use crate::support::{child, eventually, guarded, leak, setting};
use concurrent_futures::process::{Event, Manager, ManagerError, Process, Proxy, Semaphore, Value};
use std::thread::ScopedJoinHandle;
use std::time::Duration;

/// How much longer the long form is.
fn factor() -> u64 {
    setting("FAULTS_FACTOR").unwrap_or(1)
}

type Pair = Proxy<(u64, u64)>;
type Large = Proxy<Value<Vec<u8>>>;

fn count_for_ever((pair, large): (Pair, Large)) {
    let raise = |pair: &mut (u64, u64), ()| {
        pair.0 += 1;
        pair.1 += 1;
    };
    loop {
        pair.call(raise, ()).unwrap();
        large.set(vec![7; 100_000]).unwrap();
    }
}

/// Clients are killed while they call; every call was made or not, and the manager serves on.
#[test]
fn clients_are_killed() {
    let kills = 60 * factor();
    guarded_for("clients_are_killed", Duration::from_secs(60 + kills), || {
        let manager = manager();
        let pair = manager.create(|()| (0, 0), ()).unwrap();
        let large = manager.value(Vec::new()).unwrap();
        #[cfg(target_os = "linux")]
        let held = descriptors_of(&large);
        for n in 0..kills {
            let process = Process::new(count_for_ever, (pair.clone(), large.clone()));
            process.start().unwrap();
            let before = pair.call(|pair, ()| *pair, ()).unwrap().0;
            if !n.is_multiple_of(3) {
                eventually("it calls", || pair.call(|pair, ()| *pair, ()).unwrap().0 > before);
            }
            std::thread::sleep(Duration::from_micros(n * 37 % 1000));
            process.kill().unwrap();
            process.join().unwrap();
            let (one, other) = pair.call(|pair, ()| *pair, ()).unwrap();
            assert_eq!(one, other, "a call is made as a whole");
            let bytes = large.get().unwrap();
            assert!(bytes.is_empty() || bytes == [7; 100_000], "no half values");
        }
        // Their connections are gone.
        #[cfg(target_os = "linux")]
        eventually("nothing is left of them", || descriptors_of(&large) <= held + 2);
    });
}

/// The descriptors of the manager's process.
#[cfg(target_os = "linux")]
fn descriptors_of(value: &Large) -> usize {
    let count =
        |_: &mut Value<Vec<u8>>, ()| std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    value.call(count, ()).unwrap()
}

#[cfg(unix)]
fn limit_descriptors(limit: u64) {
    use rustix::process::{Resource, Rlimit, setrlimit};

    setrlimit(Resource::Nofile, Rlimit { current: Some(limit), maximum: Some(limit) }).unwrap();
}

/// A manager without descriptors for further connections or objects says so, and serves those that it has. On
/// Windows there is no limit to set.
#[cfg(unix)]
#[test]
fn no_descriptors_left() {
    guarded("no_descriptors_left", || {
        let manager = Manager::builder().initializer(limit_descriptors, 24).start().unwrap();
        let value = manager.value(1).unwrap();
        let begun = Semaphore::new(0).unwrap();
        let refused = |error: ManagerError| {
            assert!(matches!(error, ManagerError::Refused(_)), "{error:?}");
            assert!(error.to_string().contains("descriptor"), "{error}");
        };
        std::thread::scope(|scope| {
            let gate = Event::new().unwrap();
            let call = |value: &mut Value<i32>, (begun, gate): (Semaphore, Event)| {
                begun.release();
                gate.wait();
                value.0
            };
            // Each has a connection of its own: the others wait for the first.
            let calls: Vec<_> = (0..12)
                .map(|_| {
                    let (value, handles) = (value.clone(), (begun.clone(), gate.clone()));
                    scope.spawn(move || value.call(call, handles))
                })
                .collect();
            begun.acquire();
            eventually("some are refused", || calls.iter().any(ScopedJoinHandle::is_finished));
            gate.set();
            let results: Vec<_> = calls.into_iter().map(|call| call.join().unwrap()).collect();
            assert!(results.iter().any(Result::is_ok));
            results.into_iter().filter_map(Result::err).for_each(refused);
        });
        let mut more = Vec::new();
        let error = loop {
            match manager.value(2) {
                Ok(another) => more.push(another),
                Err(error) => break error,
            }
        };
        assert!(error.to_string().contains("no more objects"), "{error}");
        assert_eq!(value.get().unwrap(), 1);
    });
}

/// Thousands of objects, and none of them stays.
#[cfg(target_os = "linux")]
#[test]
fn objects_leave_nothing() {
    guarded("objects_leave_nothing", || {
        let manager = manager();
        let value = manager.value(Vec::<u8>::new()).unwrap();
        let before = descriptors_of(&value);
        for _ in 0..10 {
            let many: Vec<_> = (0..100).map(|n| manager.value(n).unwrap()).collect();
            assert!(descriptors_of(&value) > before + 90, "what was there once may be gone");
            assert_eq!(many[99].get().unwrap(), 99);
        }
        eventually("they are gone", || descriptors_of(&value) <= before);
    });
}

/// Managers come and go, and the process is as before.
#[cfg(target_os = "linux")]
#[test]
fn managers_leave_nothing() {
    guarded("managers_leave_nothing", || {
        child::run(&mut child::program("faults::program_with_managers"));
    });
}

/// See `managers_leave_nothing`. A program of its own, so that no other test has descriptors open.
#[cfg(target_os = "linux")]
#[test]
fn program_with_managers() {
    if !child::is_program() {
        return;
    }
    let use_one = || {
        let manager = manager();
        assert_eq!(manager.value(1).unwrap().get().unwrap(), 1);
    };
    use_one(); // what is there once for all
    let (threads, descriptors) = (leak::threads(), leak::descriptors());
    for _ in 0..20 {
        use_one();
    }
    eventually("nothing is left", || {
        leak::threads() <= threads && leak::descriptors() <= descriptors
    });
}
