//! No pool: two processes that sleep at the ends of a socket pair until the other writes.

use super::bare::{Server, gave_up};
use crate::cases::process::echo;
use crate::cases::{Case, start, sum_below};
use crate::clock::Stopwatch;
use crate::contestant::{Contestant, Load, Role, Sample, Trouble, WrongAnswer};

/// A socket pair.
#[derive(Clone, Copy, Debug)]
pub struct SocketPair;

impl Contestant for SocketPair {
    fn name(&self) -> &'static str {
        "socket pair"
    }

    fn version(&self) -> String {
        "of the system".to_owned()
    }

    fn role(&self) -> Role {
        Role::Limit
    }

    fn takes_part(&self, case: Case) -> bool {
        matches!(case, Case::ProcessRoundTrip | Case::ProcessEcho | Case::ProcessStart)
    }

    fn run(&self, case: Case, load: &Load) -> Result<Option<Sample>, Trouble> {
        platform::run(case, load)
    }
}

pub(super) use platform::serve;

#[cfg(not(unix))]
mod platform {
    use super::{Case, Load, Sample, Trouble};

    pub(in super::super) fn serve(_: &str) {}

    pub(super) fn run(_: Case, _: &Load) -> Result<Option<Sample>, Trouble> {
        Err(Trouble::NotAvailable)
    }
}

#[cfg(unix)]
mod platform {
    use super::{
        Case, Load, Sample, Server, Stopwatch, Trouble, WrongAnswer, echo, gave_up, start,
        sum_below,
    };
    use std::io::{self, Read, Write};
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;
    use std::process::Stdio;
    use std::time::Instant;

    /// What is sent: numbers, each eight bytes; or a number, and as many bytes.
    const NUMBERS: &str = "numbers";
    const BYTES: &str = "bytes";

    struct Pair {
        stream: UnixStream,
        server: Server,
    }

    impl Pair {
        fn start(what: &str) -> Result<Self, Trouble> {
            let (stream, theirs) = UnixStream::pair().map_err(gave_up)?;
            let server = Server::start("socket", what, Stdio::from(OwnedFd::from(theirs)))?;
            Ok(Self { stream, server })
        }

        fn call(&mut self, number: u64) -> Result<u64, Trouble> {
            send_number(&mut self.stream, number).map_err(gave_up)?;
            receive_number(&mut self.stream).map_err(gave_up)
        }

        fn echo(&mut self, mut data: Vec<u8>) -> Result<Vec<u8>, Trouble> {
            let mut both_ways = || {
                send_number(&mut self.stream, data.len() as u64)?;
                self.stream.write_all(&data)?;
                self.stream.read_exact(&mut data)
            };
            both_ways().map_err(gave_up)?;
            Ok(data)
        }

        fn end(self) -> Result<(), Trouble> {
            let Self { stream, server } = self;
            drop(stream);
            server.join()
        }
    }

    fn send_number(stream: &mut UnixStream, number: u64) -> io::Result<()> {
        stream.write_all(&number.to_ne_bytes())
    }

    fn receive_number(stream: &mut UnixStream) -> io::Result<u64> {
        let mut number = [0; 8];
        stream.read_exact(&mut number)?;
        Ok(u64::from_ne_bytes(number))
    }

    /// The other end, which is this process's standard input.
    pub(in super::super) fn serve(what: &str) {
        let stdin = io::stdin();
        let end = std::os::fd::AsFd::as_fd(&stdin).try_clone_to_owned();
        let mut stream = UnixStream::from(end.expect("the process was started with a socket"));
        let mut data = Vec::new();
        // Until the other end is gone.
        while let Ok(number) = receive_number(&mut stream) {
            let answered = if what == NUMBERS {
                send_number(&mut stream, number)
            } else {
                data.resize(number as usize, 0);
                stream.read_exact(&mut data).and_then(|()| stream.write_all(&data))
            };
            if answered.is_err() {
                break;
            }
        }
    }

    pub(super) fn run(case: Case, load: &Load) -> Result<Option<Sample>, Trouble> {
        let sample = match case {
            Case::ProcessRoundTrip => {
                let mut pair = Pair::start(NUMBERS)?;
                pair.call(0)?;
                let mut sum = 0;
                let watch = Stopwatch::start_family();
                for n in 0..load.operations {
                    sum += pair.call(n)?;
                }
                let sample = watch.per_operation(load.operations);
                pair.end()?;
                WrongAnswer::unless_equal(sum_below(load.operations), sum)?;
                sample
            }
            Case::ProcessStart => start::measure(load.operations, || {
                let begin = Instant::now();
                let mut pair = Pair::start(NUMBERS)?;
                WrongAnswer::unless_equal(1, pair.call(1)?)?;
                let first = begin.elapsed();
                pair.end()?;
                Ok([first, begin.elapsed()])
            })?,
            _ => {
                let mut pair = Pair::start(BYTES)?;
                let sample = echo::measure(load, |data| pair.echo(data))?;
                pair.end()?;
                sample
            }
        };
        Ok(Some(sample))
    }
}
