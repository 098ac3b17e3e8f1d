//! Shared buffers.

use crate::support::{Busy, Scratch, guarded};
use crate::{builder, pool};
use concurrent_futures::{Executor, SharedBytes, Shutdown, TaskError, join_all};
use serde::{Deserialize, Serialize};
use std::sync::Mutex;

fn sum(bytes: SharedBytes) -> u64 {
    let sum = bytes.iter().map(|&byte| u64::from(byte)).sum();
    drop(bytes);
    sum
}

fn filled(n: u8) -> SharedBytes {
    SharedBytes::from(vec![n; 100_000])
}

/// SUB-01 (an extra): a shared buffer travels as an argument and as a result, and has the bytes that it
/// was made from.
#[test]
fn there_and_back() {
    guarded("there_and_back", || {
        let pool = pool(1);
        let bytes: Vec<u8> = (0..1_000_000).map(|n| (n % 251) as u8).collect();
        let buffer = SharedBytes::from(bytes.clone());
        let total = bytes.iter().map(|&byte| u64::from(byte)).sum();
        assert_eq!(pool.submit(sum, buffer.clone()).unwrap().result(), Ok(total));
        let back = pool.submit(|buffer: SharedBytes| buffer, buffer.clone()).unwrap();
        let back = back.result().unwrap();
        assert_eq!(back, buffer);
        assert_eq!(&*back, &bytes[..]);
        // What has come from a worker can be sent on.
        assert_eq!(pool.submit(sum, back).unwrap().result(), Ok(total));
        let made = pool.submit(filled, 3).unwrap().result().unwrap();
        assert_eq!((made.len(), made.as_ref()[99_999]), (100_000, 3));
        assert_eq!(format!("{made:?}"), "SharedBytes(100000 bytes)");
    });
}

/// SUB-01 (an extra): also an empty one, and one byte.
#[test]
fn small_ones() {
    guarded("small_ones", || {
        let pool = pool(1);
        for len in [0, 1, 4095, 4096, 4097] {
            let bytes = vec![7; len];
            let buffer = SharedBytes::new(&bytes);
            let back = pool.submit(|buffer: SharedBytes| buffer, buffer).unwrap().result();
            assert_eq!(&*back.unwrap(), &bytes[..], "{len}");
        }
    });
}

/// SUB-01 (an extra): several in one value, the same one twice as well.
#[test]
fn inside_of_others() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Picture {
        name: String,
        planes: Vec<SharedBytes>,
        preview: Option<SharedBytes>,
        plain: Vec<u8>,
    }
    fn turn(mut picture: Picture) -> Picture {
        picture.planes.reverse();
        picture
    }
    guarded("inside_of_others", || {
        let pool = pool(1);
        for plain in [10, 100_000] {
            let planes: Vec<_> = (0..5).map(filled).collect();
            let preview = Some(planes[2].clone());
            let picture = Picture { name: "a".to_owned(), planes, preview, plain: vec![1; plain] };
            let turned = pool.submit(turn, picture).unwrap().result().unwrap();
            assert!(turned.planes.iter().zip([4, 3, 2, 1, 0]).all(|(plane, n)| plane[77] == n));
            assert_eq!(turned.preview.unwrap()[0], 2);
            assert_eq!(turned.plain.len(), plain);
        }
    });
}

/// SUB-01 (an extra): one buffer for many tasks, on all workers.
#[test]
fn one_for_many() {
    guarded("one_for_many", || {
        let pool = pool(2);
        let buffer = filled(2);
        let part = |(buffer, n): (SharedBytes, usize)| {
            buffer[n * 100..(n + 1) * 100].iter().map(|&byte| u64::from(byte)).sum::<u64>()
        };
        let futures: Vec<_> =
            (0..500).map(|n| pool.submit(part, (buffer.clone(), n)).unwrap()).collect();
        assert!(join_all(futures).into_iter().all(|outcome| outcome == Ok(200)));
        let items: Vec<_> = (0..500).map(|n| (buffer.clone(), n)).collect();
        let results = pool.map(part, items).unwrap();
        assert_eq!(results.filter(|outcome| *outcome == Ok(200)).count(), 500);
        let results = pool.map(|n: usize| filled(n as u8), 0..100).unwrap();
        for (n, outcome) in (0..).zip(results) {
            assert_eq!(outcome.unwrap()[5], n);
        }
    });
}

/// SUB-01, BRK-04 (an extra): as many in one value as a message can carry, and one more, which is an
/// error that says so, in either direction.
#[test]
fn as_many_as_possible() {
    const MOST: usize = 240;
    fn make(count: usize) -> Vec<SharedBytes> {
        (0..count).map(|n| SharedBytes::new(&[n as u8])).collect()
    }
    guarded("as_many_as_possible", || {
        let pool = pool(1);
        let back = |buffers: Vec<SharedBytes>| buffers;
        for count in [0, 1, MOST - 1, MOST] {
            let returned = pool.submit(back, make(count)).unwrap().result().unwrap();
            assert_eq!(returned.len(), count);
            assert!((0..).zip(returned).all(|(n, buffer)| *buffer == [n]));
        }
        let expected = format!("in one value are more than {MOST}");
        let too_many = MOST + 1;
        for outcome in [
            pool.submit(back, make(too_many)).unwrap().result(),
            pool.submit(make, too_many).unwrap().result(),
        ] {
            let error = outcome.unwrap_err();
            assert!(matches!(error, TaskError::Codec(_)), "{error}");
            assert!(error.to_string().contains(&expected), "{error}");
        }
        assert_eq!(pool.submit(make, MOST).unwrap().result().unwrap().len(), MOST);
        assert_eq!(pool.stats().started, 1);
    });
}

/// SUB-01 (an extra): clones of one buffer travel as one, so there can be any number of them.
#[test]
fn clones_count_once() {
    guarded("clones_count_once", || {
        let pool = pool(1);
        let buffer = filled(8);
        let back = pool.submit(|buffers: Vec<SharedBytes>| buffers, vec![buffer.clone(); 1000]);
        assert_eq!(back.unwrap().result(), Ok(vec![buffer; 1000]));
    });
}

static KEPT: Mutex<Option<SharedBytes>> = Mutex::new(None);

/// PPE-07 (an extra): a worker may keep a buffer for later tasks, when the pool has long forgotten it.
#[test]
fn kept_in_the_worker() {
    guarded("kept_in_the_worker", || {
        let pool = pool(1);
        let keep = |buffer| *KEPT.lock().unwrap() = Some(buffer);
        pool.submit(keep, filled(9)).unwrap().result().unwrap();
        for _ in 0..100 {
            pool.submit(sum, filled(1)).unwrap().result().unwrap();
        }
        let look = |()| KEPT.lock().unwrap().as_ref().map(|buffer| (buffer.len(), buffer[99_999]));
        assert_eq!(pool.submit(look, ()).unwrap().result(), Ok(Some((100_000, 9))));
        // And a result is there still when its worker is not.
        let result = pool.submit(filled, 4).unwrap();
        result.wait();
        assert!(pool.submit(crate::exit, 1).unwrap().result().is_err());
        drop(pool);
        assert_eq!(result.result().unwrap()[5], 4);
    });
}

/// PPE-08 (an extra): what was in the last result of a worker is there when the worker is not any more, nor the
/// pool.
#[test]
fn of_workers_that_have_ended() {
    guarded("of_workers_that_have_ended", || {
        let pool = builder(2).max_tasks_per_child(1).build().unwrap();
        let made: Vec<_> = (0..10).map(|n| pool.submit(filled, n).unwrap()).collect();
        assert!(pool.shutdown(Shutdown::wait()));
        drop(pool);
        for (n, outcome) in (0..).zip(join_all(made)) {
            let buffer = outcome.unwrap();
            assert!(buffer.len() == 100_000 && buffer.iter().all(|&byte| byte == n));
        }
    });
}

/// SUB-01 (an extra): for anything but a pool it is plain bytes.
#[test]
fn elsewhere_plain_bytes() {
    guarded("elsewhere_plain_bytes", || {
        let buffer = SharedBytes::new(&[1, 2, 3]);
        let text = serde_json::to_string(&buffer).unwrap();
        assert!(text.contains("[1,2,3]"), "{text}");
        assert_eq!(serde_json::from_str::<SharedBytes>(&text).unwrap(), buffer);
        let in_a_task = |buffer: SharedBytes| serde_json::to_string(&buffer).unwrap();
        assert_eq!(pool(1).submit(in_a_task, buffer).unwrap().result(), Ok(text));
    });
}

/// PPE-18, BRK-05: buffers of tasks that are cancelled on their way, or whose worker dies, do not get
/// mixed up with those of others.
#[test]
fn not_mixed_up() {
    guarded("not_mixed_up", || {
        let scratch = Scratch::new();
        let pool = pool(1);
        for round in 0..30 {
            let busy = Busy::occupy(&pool, &scratch, 1);
            let maybe_exit = |(buffer, exit): (SharedBytes, bool)| {
                if exit {
                    std::process::exit(1);
                }
                (buffer[0], buffer)
            };
            let futures: Vec<_> = (0..12)
                .map(|n| {
                    let deadly = round % 3 == 0 && n == 5;
                    pool.submit(maybe_exit, (SharedBytes::new(&[n; 50]), deadly)).unwrap()
                })
                .collect();
            for n in [0, 1, 4, 8] {
                assert!(futures[n].cancel());
            }
            busy.release();
            for (n, outcome) in (0..).zip(join_all(futures)) {
                match (n, outcome) {
                    (0 | 1 | 4 | 8, outcome) => assert_eq!(outcome, Err(TaskError::Cancelled)),
                    (5, Err(error)) if round % 3 == 0 => {
                        assert!(matches!(error, TaskError::WorkerDied(_)), "{error}");
                    }
                    (n, outcome) => {
                        let (first, buffer) = outcome.unwrap();
                        assert_eq!((first, &*buffer), (n, &[n; 50][..]));
                    }
                }
            }
        }
    });
}

/// PPE-08: an initializer may be given one, which every worker gets.
#[test]
fn for_the_initializer() {
    guarded("for_the_initializer", || {
        let keep = |buffer: SharedBytes| *KEPT.lock().unwrap() = Some(buffer);
        let builder = builder(2).max_tasks_per_child(1);
        let pool = builder.initializer(keep, filled(6)).build().unwrap();
        let look = |()| KEPT.lock().unwrap().as_ref().map(|buffer| buffer[500]);
        for _ in 0..5 {
            assert_eq!(pool.submit(look, ()).unwrap().result(), Ok(Some(6)));
        }
    });
}
