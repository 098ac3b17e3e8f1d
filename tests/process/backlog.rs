//! Results that the pool has no time to read: its reader is held up by a callback of the user's.

use crate::pool;
use crate::support::{Busy, Journal, Scratch, guarded};
use concurrent_futures::{Executor, MapOptions, Portable, SharedBytes, TaskError};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

/// Has one worker run so many tasks while nobody reads what it has to say, and then returns the results.
fn unread<T: Portable>(
    scratch: &Scratch,
    count: u64,
    task: fn((Journal, u64)) -> T,
) -> Vec<Result<T, TaskError>> {
    let pool = pool(1);
    let busy = Busy::occupy(&pool, scratch, 1);
    let (open, closed) = channel::<()>();
    let (tell, told) = channel();
    busy.future().add_done_callback(move |_| {
        tell.send(()).expect("the test waits");
        let _over = closed.recv();
    });
    let journal = Journal::new(scratch.path().join("ran"));
    let items: Vec<_> = (0..count).map(|n| (journal.clone(), n)).collect();
    let options = MapOptions::new().with_chunksize(count as usize);
    let results = pool.map_with(task, items, options).unwrap();
    busy.let_go();
    told.recv().unwrap();
    // Until it waits for room, or has run them all. Whenever that is, nothing may be lost.
    let mut before = 0;
    loop {
        thread::sleep(Duration::from_millis(200));
        let now = journal.lines().len();
        if now == before && now > 0 {
            break;
        }
        before = now;
    }
    drop(open);
    results.collect()
}

/// BRK-12 (an extra): more bytes than there is room for in the ring.
#[test]
fn more_than_the_ring_has_room_for() {
    guarded("more_than_the_ring_has_room_for", || {
        let scratch = Scratch::new();
        let task = |(journal, n): (Journal, u64)| {
            journal.append(n);
            vec![n as u8; 50_000]
        };
        for (n, result) in (0..).zip(unread(&scratch, 40, task)) {
            assert_eq!(result, Ok(vec![n; 50_000]));
        }
        assert_eq!(Journal::new(scratch.path().join("ran")).lines().len(), 40);
    });
}

/// BRK-12 (an extra): more handles than there is room for on their way.
#[test]
fn more_handles_than_there_is_room_for() {
    guarded("more_handles_than_there_is_room_for", || {
        let scratch = Scratch::new();
        let task = |(journal, n): (Journal, u64)| {
            journal.append(n);
            SharedBytes::new(&[n as u8; 100])
        };
        for (n, result) in (0_u64..).zip(unread(&scratch, 350, task)) {
            assert_eq!(&result.unwrap()[..], &[n as u8; 100]);
        }
        assert_eq!(Journal::new(scratch.path().join("ran")).lines().len(), 350);
    });
}
