//! Many processes and few names.

use crate::place::fresh;
use crate::support::guarded;
use crate::{Dice, pool};
use concurrent_futures::Executor;
use concurrent_futures::process::{RawArray, SharedMemory, SharedMemoryError};
use std::sync::atomic::Ordering::SeqCst;

const NAMES: u64 = 3;
const ROUNDS: u32 = 300;

/// Plays with the names. The tokens are those of the creators that are alive, by name: while somebody
/// has created a block and not dropped or unlinked it, nobody else creates one of that name.
fn play((prefix, creators, seed): (String, RawArray<u64>, u64)) -> [u32; 3] {
    let mut dice = Dice::new(seed);
    let mut counts = [0; 3];
    for round in 0..ROUNDS {
        let number = dice.roll(NAMES);
        let name = format!("{prefix}-{number}");
        let token = (seed << 32) + u64::from(round) + 1;
        let size = 100 + number as usize;
        if dice.roll(2) == 0 {
            match SharedMemory::create(&name, size) {
                Ok(block) => {
                    counts[0] += 1;
                    assert_eq!(block.to_vec(), vec![0; size], "a new one is all zero");
                    assert_eq!(creators.swap(number as usize, token), Some(0), "two creators");
                    block.words()[0].store(number + 1, SeqCst);
                    // It is the one that the others find.
                    let same = SharedMemory::open(&name).unwrap();
                    block.words()[1].store(token, SeqCst);
                    assert_eq!(same.words()[1].load(SeqCst), token);
                    assert!(matches!(
                        SharedMemory::create(&name, 1),
                        Err(SharedMemoryError::AlreadyExists { .. })
                    ));
                    assert_eq!(creators.swap(number as usize, 0), Some(token));
                    if dice.roll(2) == 0 {
                        block.unlink().unwrap();
                        assert!(block.unlink().is_err());
                    }
                }
                Err(SharedMemoryError::AlreadyExists { .. }) => {}
                Err(error) => panic!("{error:?}"),
            }
        } else {
            match SharedMemory::open(&name) {
                Ok(block) => {
                    counts[1] += 1;
                    assert_eq!(block.len(), size);
                    let mark = block.words()[0].load(SeqCst);
                    assert!([0, number + 1].contains(&mark), "{mark}");
                }
                Err(SharedMemoryError::NotFound { .. }) => counts[2] += 1,
                Err(error) => panic!("{error:?}"),
            }
        }
    }
    counts
}

/// SHM-06, SHM-08: eight processes create, open, drop and unlink blocks of three names.
#[test]
fn eight_processes() {
    guarded("eight_processes", || {
        let prefix = fresh("races");
        let creators = RawArray::new(NAMES as usize).unwrap();
        let players = (1..=8).map(|seed| (prefix.clone(), creators.clone(), seed));
        let pool = pool(8);
        let counts = pool.map(play, players).unwrap().collect::<Result<Vec<_>, _>>().unwrap();
        for kind in 0..3 {
            assert!(counts.iter().map(|counts| counts[kind]).sum::<u32>() > 0, "{counts:?}");
        }
        #[cfg(target_os = "linux")]
        assert_eq!(crate::place::names(&prefix), [""; 0]);
    });
}
