//! Daemons end with the program; other processes are waited for; nobody outlives a program that is killed.
//!
//! ```text
//! cargo run --example daemons
//! ```

use concurrent_futures::process::{Process, Stream};
use std::error::Error;
use std::io::{BufRead, BufReader, Read};
use std::thread;
use std::time::Duration;

fn sleep(_: ()) -> ! {
    loop {
        thread::sleep(Duration::from_secs(1));
    }
}

fn compute(_: ()) -> ! {
    loop {
        std::hint::spin_loop();
    }
}

/// What a service in the background does: it serves until it is ended.
fn serve(_: ()) {
    println!("the daemon is {}", std::process::id());
    match Process::new(sleep, ()).start() {
        Ok(()) => println!("the daemon has a child"),
        Err(error) => println!("the daemon starts a process: {error}"),
    }
    sleep(());
}

/// Something that must be done to its end.
fn save(_: ()) {
    thread::sleep(Duration::from_millis(300));
    println!("the other process has saved everything");
}

/// A program that is killed while it has children of both kinds.
fn doomed(_: ()) {
    let daemon = Process::builder().daemon(true).start(compute, ()).expect("a child");
    let other = Process::new(sleep, ());
    other.start().expect("another child");
    println!("2 children: {:?} {:?}", daemon.pid(), other.pid());
    sleep(());
}

fn main() -> Result<(), Box<dyn Error>> {
    concurrent_futures::init();

    // All of them write to one pipe. Its end comes when nobody is left to write to it.
    let program = Process::builder().stdout(Stream::Piped).start(doomed, ())?;
    let mut output = BufReader::new(program.take_stdout().expect("a pipe"));
    let mut line = String::new();
    output.read_line(&mut line)?;
    println!("a program has {}", &line[..line.find(':').unwrap_or(0)]);
    program.kill()?;
    println!("it {}", program.join()?);
    output.read_to_string(&mut line)?;
    println!("and its children are gone");

    let daemon = Process::builder().daemon(true).stdout(Stream::Piped).start(serve, ())?;
    for line in BufReader::new(daemon.take_stdout().expect("a pipe")).lines().take(2) {
        println!("{}", line?);
    }
    Process::new(save, ()).start()?;
    println!("main ends");
    Ok(())
} // the daemon is ended, the other process is waited for
