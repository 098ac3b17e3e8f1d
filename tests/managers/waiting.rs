//! Queues, locks, semaphores and events that a manager holds.

use crate::manager;
use crate::support::guarded;
use concurrent_futures::process::{
    Event, JoinableQueue, Lock, ManagerError, Process, Proxy, Queue,
};
use concurrent_futures::{GetError, PutError, PutTimeoutError, TryGetError, TryPutError};
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(20);

/// MAN-04: the parent sees what a child does with a queue, a lock, a semaphore and an event.
#[test]
fn between_processes() {
    guarded("between_processes", || {
        let manager = manager();
        let queue = manager.queue::<u32>(0).unwrap();
        let lock = manager.lock().unwrap();
        let semaphore = manager.semaphore(0).unwrap();
        let event = manager.event().unwrap();
        type Things = (Proxy<Queue<u32>>, Proxy<Lock>, Proxy<Event>);
        let work = |(queue, lock, event): Things| {
            event.wait().unwrap();
            let _guard = lock.lock().unwrap();
            queue.put(5).unwrap();
        };
        let guard = lock.lock().unwrap();
        let process = Process::new(work, (queue.clone(), lock.clone(), event.clone()));
        process.start().unwrap();
        assert!(!event.is_set().unwrap());
        event.set().unwrap();
        assert!(matches!(queue.try_get(), Err(TryGetError::Empty)));
        drop(guard);
        assert_eq!(queue.get().unwrap(), 5);
        process.join().unwrap();
        assert!(!semaphore.try_acquire().unwrap());
        let release =
            |semaphore: Proxy<concurrent_futures::process::Semaphore>| semaphore.release().unwrap();
        let process = Process::new(release, semaphore.clone());
        process.start().unwrap();
        semaphore.acquire().unwrap();
        assert!(!semaphore.acquire_timeout(SHORT).unwrap());
        process.join().unwrap();
    });
}

/// Each does what its kind does.
#[test]
fn each_of_them() {
    guarded("each_of_them", || {
        let manager = manager();
        let queue = manager.queue(2).unwrap();
        queue.put(1).unwrap();
        queue.try_put(2).unwrap();
        assert!(matches!(queue.try_put(3), Err(TryPutError::Full(3))));
        assert!(matches!(queue.put_timeout(3, SHORT), Err(PutTimeoutError::TimedOut(3))));
        assert_eq!((queue.is_full().unwrap(), queue.capacity().unwrap()), (true, Some(2)));
        assert_eq!((queue.len().unwrap(), queue.get().unwrap()), (2, 1));
        assert_eq!(queue.get_timeout(SHORT).unwrap(), 2);
        assert!(queue.get_timeout(SHORT).unwrap_err().is_timed_out());
        assert!(queue.is_empty().unwrap());
        queue.shutdown().unwrap();
        assert!(matches!(queue.put(4), Err(PutError::Closed(4))));
        assert_eq!(queue.get(), Err(GetError::Closed));

        let joinable: Proxy<JoinableQueue<u32>> = manager.joinable_queue(0).unwrap();
        joinable.put(1).unwrap();
        joinable.get().unwrap();
        joinable.task_done().unwrap().unwrap();
        joinable.join().unwrap();
        assert!(joinable.task_done().unwrap().is_err());

        let lock = manager.lock().unwrap();
        let guard = lock.try_lock().unwrap().unwrap();
        assert!(lock.try_lock().unwrap().is_none());
        assert!(lock.lock_timeout(SHORT).unwrap().is_none());
        drop(guard);
        lock.acquire().unwrap();
        lock.release().unwrap().unwrap();
        assert!(lock.release().unwrap().is_err());

        let rlock = manager.rlock().unwrap();
        let (outer, inner) = (rlock.lock().unwrap(), rlock.lock().unwrap());
        drop((outer, inner));

        let semaphore = manager.bounded_semaphore(1).unwrap();
        let permit = semaphore.permit().unwrap();
        assert!(semaphore.try_permit().unwrap().is_none());
        assert!(semaphore.permit_timeout(SHORT).unwrap().is_none());
        drop(permit);
        assert_eq!(semaphore.available_permits().unwrap(), 1);
        assert!(semaphore.release().unwrap().is_err());

        let event = manager.event().unwrap();
        assert!(!event.wait_timeout(SHORT).unwrap());
        event.set().unwrap();
        assert!(event.wait_timeout(SHORT).unwrap());
        event.clear().unwrap();
        assert!(!event.is_set().unwrap());
    });
}

/// MAN-06: whoever waits at something that a manager holds is told when the manager ends.
#[test]
fn the_end_wakes_everybody() {
    guarded("the_end_wakes_everybody", || {
        let manager = manager();
        let queue = manager.queue::<u32>(0).unwrap();
        let full = manager.queue::<u32>(1).unwrap();
        full.put(1).unwrap();
        let lock = manager.lock().unwrap();
        let _held = lock.lock().unwrap();
        let semaphore = manager.semaphore(0).unwrap();
        let event = manager.event().unwrap();
        std::thread::scope(|scope| {
            let waiters = [
                scope.spawn(|| matches!(queue.get(), Err(GetError::Broken(_)))),
                scope.spawn(|| matches!(full.put(2), Err(PutError::Broken(2, _)))),
                scope.spawn(|| lock.lock().is_err()),
                scope.spawn(|| matches!(semaphore.acquire(), Err(ManagerError::Gone))),
                scope.spawn(|| matches!(event.wait(), Err(ManagerError::Gone))),
            ];
            std::thread::sleep(SHORT); // for them to wait; without it they are told as well
            drop(manager);
            for waiter in waiters {
                assert!(waiter.join().unwrap());
            }
        });
        assert!(matches!(queue.put(1), Err(PutError::Broken(1, _))));
        assert!(matches!(event.set(), Err(ManagerError::Gone)));
    });
}
