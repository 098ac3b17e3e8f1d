//! A karaoke room for four, and up to twenty guests.
//!
//! ```text
//! cargo run --release --example karaoke
//! ```
//!
//! The same program on threads and on processes. A semaphore lets four in; numbers in shared memory say
//! how many there were at once.

use concurrent_futures::process::{BoundedSemaphore, RawValue, Semaphore};
use concurrent_futures::{Executor, ProcessPoolExecutor, ThreadPoolExecutor, join_all};
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::thread;
use std::time::Duration;

const PLACES: usize = 4;

#[derive(Clone, Serialize, Deserialize)]
struct Room {
    places: Semaphore,
    inside: RawValue<u32>,
    most: RawValue<u32>,
    songs: RawValue<u32>,
}

/// One guest: comes in when there is room, sings and leaves.
#[expect(clippy::needless_pass_by_value, reason = "tasks own their arguments")]
fn sing(room: Room) {
    let _place = room.places.permit();
    let inside = room.inside.fetch_add(1) + 1;
    room.most.fetch_max(inside);
    thread::sleep(Duration::from_millis(5));
    room.songs.fetch_add(1);
    room.inside.fetch_sub(1);
}

fn run<E: Executor>(name: &str, pool: &E) -> Result<(), Box<dyn Error>> {
    for guests in [4, 6, 20] {
        let room = Room {
            places: Semaphore::new(PLACES)?,
            inside: RawValue::new(0)?,
            most: RawValue::new(0)?,
            songs: RawValue::new(0)?,
        };
        let futures: Result<Vec<_>, _> =
            (0..guests).map(|_| pool.submit(sing, room.clone())).collect();
        for outcome in join_all(futures?) {
            outcome?;
        }
        let (songs, most) = (room.songs.get(), room.most.get());
        println!("{name}: {songs} of {guests} guests have sung, at most {most} at once");
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    concurrent_futures::init();
    run("threads", &ThreadPoolExecutor::builder().max_workers(20).build()?)?;
    run("processes", &ProcessPoolExecutor::builder().max_workers(6).build()?)?;

    let keys = BoundedSemaphore::new(PLACES)?;
    keys.acquire();
    keys.release()?;
    match keys.release() {
        Ok(()) => println!("there are more keys than before"),
        Err(error) => println!("one key too many: {error}"),
    }
    Ok(())
}
