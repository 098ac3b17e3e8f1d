//! Tests: a process that connects in a worker's place is refused.

use crate::bootstrap::identity::Identity;
use crate::bootstrap::ticket::{Ticket, VARIABLE};
use crate::pool::ProcessPoolExecutor;
use crate::transport::channel;
use crate::transport::message::{Hello, Introduction, ToWorker};
use executor_core::{Executor, Shutdown, TaskError};
use ipc_channel::ipc::IpcSender;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// A program that notes the ticket it was given, and does nothing.
///
/// Another process writes it, since what is open for writing in this one cannot be run.
fn program(directory: &Path) -> std::path::PathBuf {
    let path = directory.join("program");
    let lines = format!(
        "#!/bin/sh\necho \"${VARIABLE}\" > {0}/new && mv {0}/new {0}/ticket\nexec sleep 1000\n",
        directory.display()
    );
    let write = "printf '%s' \"$1\" > \"$2\" && chmod +x \"$2\"";
    let status = Command::new("sh").args(["-c", write, "sh", &lines]).arg(&path).status().unwrap();
    assert!(status.success());
    path
}

/// The next ticket.
fn ticket(directory: &Path) -> Ticket {
    let path = directory.join("ticket");
    let start = Instant::now();
    while !path.exists() {
        assert!(start.elapsed() < Duration::from_secs(45), "waited in vain for a ticket");
        std::thread::sleep(Duration::from_millis(1));
    }
    let text = fs::read_to_string(&path).unwrap();
    fs::remove_file(path).unwrap();
    Ticket::from_variable(text.trim_end().into()).unwrap()
}

/// What the pool answers to somebody who says such a token.
fn answer(ticket: &Ticket, token: String) -> ToWorker {
    let (address, offer) = channel::offer().unwrap();
    let server = IpcSender::<Hello>::connect(ticket.server.clone()).unwrap();
    let hello = Introduction { token, identity: Identity::own(), address, lifeline: None };
    server.send(Hello::Worker(hello)).unwrap();
    offer.accept().unwrap().1
}

/// PPE-13: who does not know the secret is refused, and the process that the pool has started is ended.
#[test]
fn wrong_token() {
    let directory = tempfile::tempdir().unwrap();
    let program = program(directory.path());
    let pool = ProcessPoolExecutor::builder().max_workers(1).program(program).build().unwrap();
    let future = pool.submit(|n: u64| n, 1).unwrap();
    for _ in 0..3 {
        let ticket = ticket(directory.path());
        assert_eq!((ticket.parent, ticket.depth), (std::process::id(), 1));
        let token = ticket.token.chars().rev().collect();
        assert!(matches!(answer(&ticket, token), ToWorker::Refused));
    }
    let Err(TaskError::PoolBroken(broken)) = future.result() else { panic!("no worker came") };
    assert_eq!(broken.reason(), "a process connected that is not the worker");
    assert!(pool.shutdown(Shutdown::wait()));
    assert_eq!((pool.stats().live, pool.stats().started), (0, 3));
}

/// PPE-13: who does know it is let in.
#[test]
fn right_token() {
    let directory = tempfile::tempdir().unwrap();
    let program = program(directory.path());
    let pool = ProcessPoolExecutor::builder().max_workers(1).program(program).build().unwrap();
    let future = pool.submit(|n: u64| n, 1).unwrap();
    let ticket = ticket(directory.path());
    assert!(matches!(answer(&ticket, ticket.token.clone()), ToWorker::Welcome(_)));
    assert!(future.cancel());
    pool.kill_workers();
    assert!(pool.shutdown(Shutdown::wait()));
}
