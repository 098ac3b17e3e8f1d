//! `Semaphore` and `BoundedSemaphore`.

use crate::support::guarded;
use crate::{Books, LONG, SHORT, add, books, join, pool, read, start, wait_until};
use concurrent_futures::process::{BoundedSemaphore, Semaphore};
use concurrent_futures::{Executor, TooManyReleases};
use std::io::ErrorKind;
use std::thread;

/// SYN-08: as many as there are, at once, in time, or not.
#[test]
fn counts() {
    guarded("counts", || {
        let semaphore = Semaphore::new(2).unwrap();
        semaphore.acquire();
        assert!(semaphore.try_acquire());
        assert!(!semaphore.try_acquire());
        assert!(!semaphore.acquire_timeout(SHORT));
        assert!(semaphore.permit_timeout(SHORT).is_none());
        semaphore.release();
        let permit = semaphore.try_permit().unwrap();
        assert!(semaphore.try_permit().is_none());
        drop(permit);
        assert!(semaphore.acquire_timeout(LONG));
        assert_eq!(semaphore.available_permits(), 0);
        let error = Semaphore::new(usize::MAX).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let none = Semaphore::new(0).unwrap();
        assert!(!none.try_acquire());
    });
}

fn acquire((semaphore, books): (Semaphore, Books)) {
    add(&books, 0, 1);
    semaphore.acquire();
    add(&books, 1, 1);
}

/// SYN-09: as many waiters go on as permits are released.
#[test]
fn released_by_the_dozen() {
    guarded("released_by_the_dozen", || {
        let (semaphore, books) = (Semaphore::new(0).unwrap(), books());
        let waiters = [(); 4].map(|()| start(acquire, (semaphore.clone(), books.clone())));
        wait_until(&books, 0, 4);
        semaphore.release_many(3);
        wait_until(&books, 1, 3);
        thread::sleep(SHORT);
        assert_eq!(read(&books, 1), 3);
        semaphore.release();
        join(waiters);
        assert_eq!(semaphore.available_permits(), 0);
    });
}

fn release_bounded(semaphore: BoundedSemaphore) -> bool {
    semaphore.release().is_ok()
}

/// SYN-10: the one may rise above its start, the other refuses, also in another process.
#[test]
fn bounds() {
    guarded("bounds", || {
        let semaphore = Semaphore::new(1).unwrap();
        semaphore.release();
        assert_eq!(semaphore.available_permits(), 2);
        semaphore.release_many(usize::MAX);
        assert_eq!(semaphore.available_permits(), 2, "there cannot be so many");
        let bounded = BoundedSemaphore::new(2).unwrap();
        assert_eq!(bounded.release(), Err(TooManyReleases));
        bounded.acquire();
        assert_eq!(bounded.release_many(2), Err(TooManyReleases));
        assert_eq!(bounded.available_permits(), 1);
        let pool = pool(1);
        let release = || pool.submit(release_bounded, bounded.clone()).unwrap().result().unwrap();
        assert!(release());
        assert!(!release());
        // A permit that somebody has released is not given back once more.
        let permit = bounded.permit();
        bounded.release().unwrap();
        drop(permit);
        assert_eq!(bounded.available_permits(), 2);
    });
}

/// SYN-08: who hands a permit over no longer holds it.
#[test]
fn kept() {
    guarded("kept", || {
        let semaphore = Semaphore::new(2).unwrap();
        let permit = semaphore.permit();
        let shown = "Semaphore { available_permits: 1, held: 1 }";
        assert_eq!(format!("{semaphore:?}"), shown);
        permit.keep();
        let shown = "Semaphore { available_permits: 1, held: 0 }";
        assert_eq!(format!("{semaphore:?}"), shown);
        semaphore.release();
        assert_eq!(semaphore.available_permits(), 2);
    });
}

/// SYN-19: what is printed tells the state.
#[test]
fn shown() {
    guarded("shown", || {
        let bounded = BoundedSemaphore::new(3).unwrap();
        let _permit = bounded.permit();
        let shown = "BoundedSemaphore { available_permits: 2, bound: 3, held: 1 }";
        assert_eq!(format!("{bounded:?}"), shown);
    });
}

fn take_both((semaphore, books): (Semaphore, Books)) {
    let _permit = semaphore.permit();
    semaphore.acquire();
    add(&books, 0, 1);
    loop {
        thread::park();
    }
}

/// SYN-20 (better): the permits of guards come back when their process is killed; others were nobody's.
#[test]
fn the_holder_dies() {
    guarded("the_holder_dies", || {
        let (semaphore, books) = (Semaphore::new(3).unwrap(), books());
        let holder = start(take_both, (semaphore.clone(), books.clone()));
        wait_until(&books, 0, 1);
        let permit = semaphore.permit();
        assert!(!semaphore.try_acquire());
        let waiter = {
            let semaphore = semaphore.clone();
            thread::spawn(move || drop(semaphore.permit()))
        };
        holder.kill().unwrap();
        waiter.join().unwrap();
        assert_eq!(semaphore.available_permits(), 1);
        drop(permit);
        assert_eq!(semaphore.available_permits(), 2);
    });
}
