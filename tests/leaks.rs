//! Nothing is left behind: no thread, no descriptor, no file.
//!
//! One test, so that nothing else in this process starts threads or opens files meanwhile.

#![cfg(target_os = "linux")]

mod support;

use concurrent_futures::{
    Executor, MapOptions, Shutdown, ThreadPoolExecutor, as_completed, promise,
};
use std::sync::Arc;
use std::time::Duration;
use support::tasks::{fail, hold, square};
use support::{Scratch, eventually, guarded, leak};

/// Uses a pool in most ways and leaves it in one of several.
fn use_and_leave<E: Executor>(pool: E, leave: usize) {
    let scratch = Scratch::new();
    let gate = scratch.gate();
    let held = pool.submit(hold, (gate.gate(), 1)).unwrap();
    let failed = pool.submit(fail, "on purpose".to_owned()).unwrap();
    let cancelled = pool.submit(square, 1).unwrap();
    cancelled.cancel();
    drop(pool.submit(square, 2).unwrap());
    let map = pool.map(square, 0..100).unwrap();
    let mut buffered = pool.map_with(square, 0.., MapOptions::new().with_buffersize(2)).unwrap();
    held.add_done_callback(|_| panic!("a callback fails on purpose"));
    gate.open();
    assert_eq!(buffered.next(), Some(Ok(0)));
    drop(buffered);
    drop(map);
    match leave {
        0 => drop(pool.shutdown(Shutdown::wait())),
        1 => drop(pool.shutdown(Shutdown::no_wait())),
        2 => drop(pool.shutdown(Shutdown::wait().cancel_pending())),
        _ => {}
    }
    drop(pool);
    assert_eq!(as_completed([held, failed, cancelled]).count(), 3);
}

/// Pools of all kinds.
fn use_pools(leave: usize) {
    let builder = || ThreadPoolExecutor::builder().max_workers(3);
    use_and_leave(builder().build().unwrap(), leave);
    use_and_leave(Arc::new(builder().build().unwrap()), leave);
    let boxed: Box<dyn Executor> = Box::new(builder().build().unwrap());
    use_and_leave(boxed, leave);
    let short_lived = builder().idle_timeout(Duration::from_millis(1));
    use_and_leave(short_lived.build().unwrap(), leave);
    drop(builder().build().unwrap());

    let broken = builder().initializer(|| panic!("no database")).build().unwrap();
    assert!(broken.submit(square, 1).unwrap().result().is_err());
    drop(broken);

    // Its last handle goes away inside a task.
    let own = Arc::new(builder().build().unwrap());
    let last = Arc::clone(&own);
    let dropping = own.spawn(move || drop(last)).unwrap();
    drop(own);
    dropping.result().unwrap();

    drop(promise::<u32>());
}

/// SHUT-06, SHUT-13, FUT-25: after many pools that ended in many ways, this process has as many threads
/// and descriptors as before, and the tests' files are gone.
#[test]
fn nothing_is_left_behind() {
    guarded("nothing_is_left_behind", || {
        let own = leak::threads();
        use_pools(0); // whatever is set up once is set up now
        let threads = {
            let mut least = usize::MAX;
            eventually("the threads of the first round to end", || {
                let now = leak::threads();
                std::mem::replace(&mut least, now) == now && now <= own
            });
            least
        };
        let descriptors = leak::descriptors();
        for round in 0..8 {
            use_pools(round % 4);
        }
        eventually("all threads to end", || leak::threads() == threads);
        assert_eq!(leak::descriptors(), descriptors);
        assert_eq!(Scratch::count(), 0);
    });
}
