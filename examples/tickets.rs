//! Five clients buy tickets that a file counts: without a lock more are sold than there are.
//!
//! ```text
//! cargo run --release --example tickets
//! ```
//!
//! The same program on threads and on processes. A lock that processes share works among threads, too.

use concurrent_futures::process::{Barrier, Lock};
use concurrent_futures::{
    Executor, PortableError, ProcessPoolExecutor, ThreadPoolExecutor, join_all,
};
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

const CLIENTS: usize = 5;
const STOCK: u32 = 3;

/// What is in the file.
#[derive(Serialize, Deserialize)]
struct Office {
    tickets: u32,
}

/// A client on its way to the office.
#[derive(Clone, Serialize, Deserialize)]
struct Client {
    office: PathBuf,
    /// Opens when all clients are there.
    door: Barrier,
    lock: Option<Lock>,
}

/// Looks whether there is a ticket, thinks, and buys it. Says whether there was one.
#[expect(clippy::needless_pass_by_value, reason = "tasks own their arguments")]
fn buy(client: Client) -> Result<bool, PortableError> {
    client.door.wait()?;
    let _guard = match &client.lock {
        Some(lock) => Some(lock.lock()?),
        None => None,
    };
    let mut office: Office = serde_json::from_str(&fs::read_to_string(&client.office)?)?;
    thread::sleep(Duration::from_millis(20));
    if office.tickets == 0 {
        return Ok(false);
    }
    office.tickets -= 1;
    // In one step, so that nobody reads half a file: it is as long as before.
    let mut file = fs::OpenOptions::new().write(true).open(&client.office)?;
    file.write_all(serde_json::to_string(&office)?.as_bytes())?;
    Ok(true)
}

/// One day of the office: how many tickets were sold.
fn sell<E: Executor>(pool: &E, office: &Path, lock: Option<&Lock>) -> Result<u32, Box<dyn Error>> {
    fs::write(office, serde_json::to_string(&Office { tickets: STOCK })?)?;
    let client =
        Client { office: office.to_owned(), door: Barrier::new(CLIENTS)?, lock: lock.cloned() };
    let futures: Result<Vec<_>, _> =
        (0..CLIENTS).map(|_| pool.submit(buy, client.clone())).collect();
    let mut sold = 0;
    for outcome in join_all(futures?) {
        sold += u32::from(outcome??);
    }
    Ok(sold)
}

fn run<E: Executor>(name: &str, pool: &E) -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let office = directory.path().join("office.json");

    // It may go well by chance, but not day after day.
    let mut sold = STOCK;
    while sold <= STOCK {
        sold = sell(pool, &office, None)?;
    }
    println!("{name}, without a lock: more tickets were sold than the {STOCK} there were: {sold}");

    let sold = sell(pool, &office, Some(&Lock::new()?))?;
    println!("{name}, with a lock: {sold} of {STOCK} tickets were sold");
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    concurrent_futures::init();
    run("threads", &ThreadPoolExecutor::builder().max_workers(CLIENTS).build()?)?;
    run("processes", &ProcessPoolExecutor::builder().max_workers(CLIENTS).build()?)
}
