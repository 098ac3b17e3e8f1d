//! Waiting for messages, and for several things at once.

use crate::support::guarded;
use crate::{join, start};
use concurrent_futures::process::{
    Connection, Pollable, Receiver, Sender, one_way_pipe, pipe, wait_ready,
};
use std::io;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

const SHORT: Duration = Duration::from_millis(20);

/// PIPE-02: `poll` is false while there is nothing, after its timeout and not before; true when there is a
/// message, an empty one as well, until it is received.
#[test]
fn poll_looks() {
    guarded("poll_looks", || {
        let (sender, receiver) = one_way_pipe::<Vec<u8>>().unwrap();
        assert!(!receiver.poll(Duration::ZERO));
        let start = Instant::now();
        assert!(!receiver.poll(SHORT));
        assert!(start.elapsed() >= SHORT);
        sender.send(Vec::new()).unwrap();
        for timeout in [Some(Duration::ZERO), Some(SHORT), Some(Duration::MAX), None] {
            assert!(receiver.poll(timeout));
        }
        assert!(receiver.recv().unwrap().is_empty());
        assert!(!receiver.poll(Duration::ZERO));
    });
}

/// PIPE-02: `poll` is woken by a message, and leaves it to whoever receives; even where several wait.
#[test]
fn poll_is_woken() {
    guarded("poll_is_woken", || {
        let (here, there) = pipe::<(), u32>().unwrap();
        thread::scope(|scope| {
            let polls = [0; 2].map(|_| scope.spawn(|| here.poll(None)));
            thread::sleep(SHORT);
            there.send(1).unwrap();
            assert!(polls.into_iter().all(|poll| poll.join().unwrap()));
            assert_eq!(here.recv().unwrap(), 1);
            let receives = scope.spawn(|| here.recv().unwrap());
            let polls = scope.spawn(|| here.poll(None));
            thread::sleep(SHORT);
            there.send(2).unwrap();
            assert_eq!(receives.join().unwrap(), 2);
            there.send(3).unwrap();
            assert!(polls.join().unwrap());
        });
    });
}

/// PIPE-08: those that are ready, all of them and no others, are returned, of several processes that send
/// at their own time; the end of the file is ready too.
#[test]
fn several_processes() {
    fn send_and_end((number, sender): (u32, Sender<u32>)) -> io::Result<()> {
        for n in 0..20 {
            sender.send(number * 100 + n)?;
        }
        Ok(())
    }
    guarded("several_processes", || {
        let (mut receivers, mut processes) = (Vec::new(), Vec::new());
        for number in 0..3 {
            let (sender, receiver) = one_way_pipe().unwrap();
            processes.push(start(send_and_end, (number, sender)));
            receivers.push(receiver);
        }
        let mut messages = Vec::new();
        while !receivers.is_empty() {
            let list: Vec<_> = receivers.iter().map(|receiver| receiver as &dyn Pollable).collect();
            let ready = wait_ready(&list, None).unwrap();
            assert!(!ready.is_empty() && ready.is_sorted());
            for place in ready.into_iter().rev() {
                match receivers[place].try_recv() {
                    Ok(message) => messages.push(message),
                    Err(error) => {
                        assert!(error.is_end_of_file(), "{error}");
                        receivers.remove(place);
                    }
                }
            }
        }
        messages.sort_unstable();
        let all = (0..3).flat_map(|number| (0..20).map(move |n| number * 100 + n));
        assert!(messages.into_iter().eq(all));
        processes.iter().for_each(join);
    });
}

/// PIPE-08: sockets, listeners and connections side by side.
/// Not on Windows, where a socket is no handle that one can wait for.
#[cfg(unix)]
#[test]
fn sockets_too() {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::os::unix::net::UnixStream;

    guarded("sockets_too", || {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (here, there) = pipe::<u32, u32>().unwrap();
        let (mut ours, theirs) = UnixStream::pair().unwrap();
        let all: [&dyn Pollable; 3] = [&listener, &there, &theirs];
        assert!(wait_ready(&all, Duration::ZERO).unwrap().is_empty());
        assert!(wait_ready(&all, SHORT).unwrap().is_empty());
        let address = listener.local_addr().unwrap();
        let client = TcpStream::connect(address).unwrap();
        assert_eq!(wait_ready(&all, None).unwrap(), [0]);
        let (mut server, _) = listener.accept().unwrap();
        ours.write_all(b"!").unwrap();
        assert_eq!(wait_ready(&all, None).unwrap(), [2]);
        here.send(1).unwrap();
        assert_eq!(wait_ready(&all, None).unwrap(), [1, 2]);
        (&theirs).read_exact(&mut [0]).unwrap();
        assert_eq!(wait_ready(&all, Duration::MAX).unwrap(), [1]);
        there.recv().unwrap();
        assert!(wait_ready(&all, Duration::ZERO).unwrap().is_empty());
        drop((here, client));
        let ended: [&dyn Pollable; 2] = [&server, &there];
        assert_eq!(wait_ready(&ended, None).unwrap(), [0, 1]);
        assert_eq!(server.read(&mut [0]).unwrap(), 0);
        assert!(wait_ready(&[], Duration::ZERO).unwrap().is_empty());
    });
}

/// PIPE-08: the sentinel of a process is ready when it has ended.
#[test]
fn sentinels_too() {
    fn end_when_told(connection: Connection<u32, ()>) -> io::Result<()> {
        connection.send(std::process::id())?;
        connection.recv().map_err(io::Error::from)
    }
    guarded("sentinels_too", || {
        let (here, there) = pipe().unwrap();
        let process = start(end_when_told, there);
        let sentinel = process.sentinel().unwrap();
        let both: [&dyn Pollable; 2] = [&sentinel, &here];
        assert_eq!(wait_ready(&both, None).unwrap(), [1]);
        assert_eq!(Some(here.recv().unwrap()), process.pid());
        assert!(wait_ready(&both, SHORT).unwrap().is_empty());
        here.send(()).unwrap();
        assert!(here.recv().unwrap_err().is_end_of_file());
        assert_eq!(wait_ready(&[&sentinel], None).unwrap(), [0]);
        assert_eq!(wait_ready(&both, None).unwrap(), [0, 1]);
        join(&process);
    });
}

/// PIPE-08: whoever waits for several sleeps until one of them has something, and takes nothing from those
/// who receive beside him.
#[test]
fn waits_beside_others() {
    const TIMES: u32 = 300;

    fn take_all(receiver: &Receiver<u32>, wait: bool) -> Vec<u32> {
        let mut taken = Vec::new();
        loop {
            if wait {
                assert_eq!(wait_ready(&[receiver], None).unwrap(), [0]);
            }
            let message =
                if wait { receiver.try_recv() } else { receiver.recv().map_err(Into::into) };
            match message {
                Ok(message) => taken.push(message),
                Err(error) if error.is_end_of_file() => return taken,
                Err(error) => assert!(error.is_empty(), "{error}"),
            }
        }
    }
    guarded("waits_beside_others", || {
        let (sender, receiver) = one_way_pipe().unwrap();
        let begin = Barrier::new(4);
        let mut taken = thread::scope(|scope| {
            let threads = [true, false, true].map(|wait| {
                let (receiver, begin) = (receiver.clone(), &begin);
                scope.spawn(move || {
                    begin.wait();
                    take_all(&receiver, wait)
                })
            });
            begin.wait();
            for n in 0..TIMES {
                thread::sleep(Duration::from_micros(u64::from(n % 7) * 50));
                sender.send(n).unwrap();
            }
            drop(sender);
            threads.map(|thread| thread.join().unwrap()).concat()
        });
        taken.sort_unstable();
        assert!(taken.into_iter().eq(0..TIMES));
    });
}
