//! Copying while others write.

use crate::pool;
use crate::support::guarded;
use concurrent_futures::Executor;
use concurrent_futures::process::{RawArray, RawValue, SharedMemory};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

/// SHM-03: an item of up to eight bytes is one that somebody wrote; of a longer one, each eight bytes are.
#[test]
fn words_are_not_torn() {
    guarded("words_are_not_torn", || {
        let (short, long) =
            (RawArray::<u64>::new(3).unwrap(), RawArray::<[u64; 4]>::new(3).unwrap());
        let over = AtomicBool::new(false);
        let whole = |n: u64| n == n.rotate_left(32);
        thread::scope(|scope| {
            for writer in 1..=2_u64 {
                let (short, long, over) = (&short, &long, &over);
                scope.spawn(move || {
                    for n in 0.. {
                        let n = (n * 2 + writer) % 1_000_000;
                        let both = n << 32 | n;
                        short.set(1, both).unwrap();
                        long.set(1, [both; 4]).unwrap();
                        if over.load(Relaxed) {
                            break;
                        }
                    }
                });
            }
            for _ in 0..50_000 {
                assert!(whole(short.get(1).unwrap()));
                assert!(long.get(1).unwrap().into_iter().all(whole));
            }
            over.store(true, Relaxed);
        });
        assert_eq!([short.get(0), short.get(2)], [Some(0); 2], "the neighbours");
    });
}

/// SHM-03: whoever sees what was written later sees what was written before, in another process too.
#[test]
fn in_order() {
    const ROUNDS: u32 = 2000;

    fn answer((data, turn): (RawArray<u8>, RawValue<u32>)) -> bool {
        let mut fine = true;
        for round in 1..=ROUNDS {
            while turn.get() != 2 * round - 1 {
                std::hint::spin_loop();
                thread::yield_now();
            }
            fine &= data.to_vec().iter().all(|&byte| byte == round as u8);
            data.copy_from(3, &[!(round as u8); 1000]).unwrap();
            turn.set(2 * round);
        }
        fine
    }

    guarded("in_order", || {
        let pool = pool(1);
        let (data, turn) = (RawArray::new(1007).unwrap(), RawValue::new(0).unwrap());
        let other = pool.submit(answer, (data.clone(), turn.clone())).unwrap();
        for round in 1..=ROUNDS {
            data.copy_from(0, &[round as u8; 1007]).unwrap();
            turn.set(2 * round - 1);
            while turn.get() != 2 * round {
                thread::yield_now();
            }
            let found = data.to_vec();
            assert!(found[3..1003].iter().all(|&byte| byte == !(round as u8)));
            assert!(found[..3].iter().chain(&found[1003..]).all(|&byte| byte == round as u8));
        }
        assert_eq!(other.result(), Ok(true));
    });
}

/// SHM-03: bytes beside each other, written by several processes, are all there in the end.
#[test]
fn neighbours() {
    const LEN: usize = 999;

    fn stripe((array, block, lane): (RawArray<u8>, SharedMemory, usize)) {
        for round in 0..50 {
            for index in (lane..LEN).step_by(3) {
                array.set(index, (lane + round) as u8).unwrap();
                block.write_at(index, &[(lane + round) as u8]).unwrap();
            }
        }
    }

    guarded("neighbours", || {
        let pool = pool(3);
        let (array, block) = (RawArray::new(LEN).unwrap(), SharedMemory::new(LEN).unwrap());
        let stripes = (0..3).map(|lane| (array.clone(), block.clone(), lane));
        pool.map(stripe, stripes).unwrap().collect::<Result<Vec<_>, _>>().unwrap();
        let expected: Vec<_> = (0..LEN).map(|index| (index % 3 + 49) as u8).collect();
        assert_eq!((array.to_vec(), block.to_vec()), (expected.clone(), expected));
    });
}
