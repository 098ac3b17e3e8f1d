//! Objects in a manager, shared by many processes: a list to which each appends its process id, and a
//! dictionary with a counter that each lowers, in three ways.
//!
//! ```text
//! cargo run --example manager          # 10 processes at a time
//! cargo run --example manager -- 100
//! ```

use concurrent_futures::process::{Lock, Manager, ManagerError, Process, Proxy};
use std::collections::{HashMap, HashSet};
use std::error::Error;

/// How often each process lowers the counter.
const TIMES: i64 = 50;

type Stock = Proxy<HashMap<String, i64>>;
type Visitors = Proxy<Vec<u32>>;

fn tickets() -> String {
    "tickets".to_owned()
}

/// Reads, and writes back: in between others do the same.
fn unguarded((stock, visitors): (Stock, Visitors)) {
    visit(&visitors);
    for _ in 0..TIMES {
        lower(&stock);
    }
}

/// The same, one process at a time.
fn guarded((stock, visitors, lock): (Stock, Visitors, Lock)) {
    visit(&visitors);
    for _ in 0..TIMES {
        let _guard = lock.lock().expect("nobody dies here");
        lower(&stock);
    }
}

/// One call, which the manager runs as a whole: nothing to guard.
fn atomic((stock, visitors): (Stock, Visitors)) {
    visit(&visitors);
    for _ in 0..TIMES {
        stock.update(tickets(), |left, sold| *left -= sold, 1).expect("the manager is there");
    }
}

fn visit(visitors: &Visitors) {
    visitors.push(std::process::id()).expect("the manager is there");
}

fn lower(stock: &Stock) {
    let left = stock.get(&tickets()).expect("the manager is there").expect("there are tickets");
    stock.insert(tickets(), left - 1).expect("the manager is there");
}

fn main() -> Result<(), Box<dyn Error>> {
    concurrent_futures::init();
    let processes = std::env::args().nth(1).map_or(Ok(10), |count| count.parse::<i64>())?;
    let manager = Manager::new()?;
    let stock = manager.dict()?;
    let visitors = manager.list()?;
    let lock = Lock::new()?;

    // What is left of a full stock, when so many processes have run one of the functions above.
    let left_by = |start: &dyn Fn() -> Process| -> Result<i64, Box<dyn Error>> {
        stock.insert(tickets(), processes * TIMES)?;
        let started: Vec<Process> = (0..processes).map(|_| start()).collect();
        for process in &started {
            process.start()?;
        }
        for process in started {
            process.join()?;
        }
        Ok(stock.get(&tickets())?.expect("it was set"))
    };

    let left = left_by(&|| Process::new(unguarded, (stock.clone(), visitors.clone())))?;
    println!("unguarded: {left} of {} left, which should be none", processes * TIMES);
    let with_lock = || Process::new(guarded, (stock.clone(), visitors.clone(), lock.clone()));
    println!("with a lock: {} left", left_by(&with_lock)?);
    let left = left_by(&|| Process::new(atomic, (stock.clone(), visitors.clone())))?;
    println!("with an atomic update: {left} left");

    let visits = visitors.to_vec()?;
    let distinct: HashSet<u32> = visits.iter().copied().collect();
    println!("{} visits by {} processes", visits.len(), distinct.len());

    drop(manager);
    match visitors.len() {
        Err(error @ ManagerError::Gone) => println!("afterwards: {error}"),
        other => println!("afterwards: {other:?}?"),
    }
    Ok(())
}
