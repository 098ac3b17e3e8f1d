//! Processes killed in the middle of calls, and what a manager holds afterwards.

use crate::manager;
use crate::support::watchdog::guarded_for;
use crate::support::{eventually, guarded};
use concurrent_futures::process::{Process, Proxy, Value};
use std::time::Duration;

/// How much longer the long form is.
fn factor() -> u64 {
    std::env::var("FAULTS_FACTOR").ok().and_then(|factor| factor.parse().ok()).unwrap_or(1)
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
        eventually("nothing is left of them", || descriptors_of(&large) <= held + 2);
    });
}

/// The descriptors of the manager's process.
fn descriptors_of(value: &Large) -> usize {
    let count =
        |_: &mut Value<Vec<u8>>, ()| std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    value.call(count, ()).unwrap()
}

/// Thousands of objects, and none of them stays.
#[test]
fn objects_leave_nothing() {
    guarded("objects_leave_nothing", || {
        let manager = manager();
        let value = manager.value(Vec::<u8>::new()).unwrap();
        let before = descriptors_of(&value);
        for _ in 0..10 {
            let many: Vec<_> = (0..100).map(|n| manager.value(n).unwrap()).collect();
            assert!(descriptors_of(&value) >= before + 100);
            assert_eq!(many[99].get().unwrap(), 99);
        }
        eventually("they are gone", || descriptors_of(&value) <= before);
    });
}

/// Managers come and go, and this process is as before.
#[test]
fn managers_leave_nothing() {
    guarded("managers_leave_nothing", || {
        let use_one = || {
            let manager = manager();
            assert_eq!(manager.value(1).unwrap().get().unwrap(), 1);
        };
        use_one(); // what is there once for all
        let before = crate::support::leak::descriptors();
        for _ in 0..20 {
            use_one();
        }
        assert!(crate::support::leak::descriptors() <= before + 1);
    });
}
