//! The ends, and what there is when they are gone.

use crate::support::guarded;
use crate::{echo, join, start};
use concurrent_futures::process::{
    Connection, Process, Receiver, RecvError, SendError, Sender, one_way_pipe, pipe,
};
use std::error::Error;
use std::io;
use std::thread;
use std::time::Duration;

/// PIPE-03, S15: what was sent before the end is received, then comes the end, again and again. Sending is
/// a broken pipe, gives the message back, and kills nobody.
#[test]
fn the_end_of_the_file() {
    guarded("the_end_of_the_file", || {
        let (here, there) = pipe::<String, u32>().unwrap();
        there.send(1).unwrap();
        there.send(2).unwrap();
        drop(there);
        assert_eq!((here.recv().unwrap(), here.recv().unwrap()), (1, 2));
        for _ in 0..3 {
            assert!(matches!(here.recv(), Err(RecvError::EndOfFile)));
            assert!(here.try_recv().unwrap_err().is_end_of_file());
            assert!(here.recv_timeout(Duration::from_secs(60)).unwrap_err().is_end_of_file());
            assert!(here.poll(Duration::ZERO) && here.poll(None), "the end is there to receive");
            assert!(here.iter().next().is_none());
            let error = here.send("lost".to_owned()).unwrap_err();
            assert!(matches!(&error, SendError::BrokenPipe(message) if message == "lost"));
            let error = here.try_send("lost".to_owned()).unwrap_err();
            assert!(error.is_broken_pipe());
            let error = here.send_timeout(error.into_message(), Duration::ZERO).unwrap_err();
            assert_eq!(error.into_message(), "lost");
        }
    });
}

/// PIPE-03: somebody who sleeps is told of the end, whichever side it is, and whoever closes it: another
/// thread, or a process that ends.
#[test]
fn the_end_wakes() {
    fn keep((_sender, until): (Sender<u32>, Receiver<()>)) {
        let _until = until.recv();
    }
    guarded("the_end_wakes", || {
        let (sender, receiver) = one_way_pipe::<u32>().unwrap();
        let waits = thread::spawn(move || receiver.recv());
        thread::sleep(Duration::from_millis(20)); // so that it most likely sleeps
        drop(sender);
        assert!(waits.join().unwrap().unwrap_err().is_end_of_file());

        let (sender, receiver) = one_way_pipe::<u32>().unwrap();
        let (stop, until) = one_way_pipe().unwrap();
        let process = start(keep, (sender, until));
        let waits = thread::spawn(move || receiver.recv());
        thread::sleep(Duration::from_millis(20));
        drop(stop);
        assert!(waits.join().unwrap().unwrap_err().is_end_of_file());
        join(&process);

        let (sender, receiver) = one_way_pipe().unwrap();
        sender.send(vec![0_u8; 3_000_000]).unwrap();
        let waits = thread::spawn(move || sender.send(vec![1]));
        thread::sleep(Duration::from_millis(20));
        drop(receiver);
        let error = waits.join().unwrap().unwrap_err();
        assert!(error.is_broken_pipe());
        assert_eq!(error.into_message(), [1]);
    });
}

/// PIPE-03: while one handle of an end is left it is open; clones and threads do not matter.
#[test]
fn clones_are_the_same_end() {
    guarded("clones_are_the_same_end", || {
        let (sender, receiver) = one_way_pipe::<u32>().unwrap();
        let (other_sender, other_receiver) = (sender.clone(), receiver.clone());
        drop((sender, receiver));
        other_sender.send(1).unwrap();
        assert_eq!(other_receiver.recv().unwrap(), 1);
        assert!(other_receiver.try_recv().unwrap_err().is_empty());
        drop(other_sender);
        assert!(other_receiver.try_recv().unwrap_err().is_end_of_file());
    });
}

/// PIPE-04: the parent may drop its copy of the child's end as soon as the child was started: `start` has
/// taken it along.
#[test]
fn the_copy_goes_at_once() {
    guarded("the_copy_goes_at_once", || {
        for _ in 0..5 {
            let (here, there) = pipe().unwrap();
            let process = Process::new(echo::<u32>, there.clone());
            process.start().unwrap();
            drop(there);
            here.send(7).unwrap();
            assert_eq!(here.recv().unwrap(), 7);
            let (sender, receiver) = here.split();
            drop(sender);
            assert!(receiver.recv().unwrap_err().is_end_of_file());
            join(&process);
        }
    });
}

/// PIPE-04: the halves of a connection have ends of their own.
#[test]
fn halves_end_separately() {
    guarded("halves_end_separately", || {
        let (here, there) = pipe::<u32, u32>().unwrap();
        let (sender, receiver) = here.split();
        drop(receiver);
        assert!(there.send(1).unwrap_err().is_broken_pipe());
        sender.send(2).unwrap();
        assert_eq!(there.recv().unwrap(), 2);
        let (one, other) = one_way_pipe().unwrap();
        let round = Connection::from((one, other));
        round.send(3).unwrap();
        assert_eq!(round.recv().unwrap(), 3, "what it sends it receives");
    });
}

/// PIPE-07: leaving the scope closes an end, also by a panic. There is nothing to be used afterwards.
#[test]
fn leaving_the_scope_closes() {
    guarded("leaving_the_scope_closes", || {
        let (here, there) = pipe::<u32, u32>().unwrap();
        let panicked = thread::spawn(move || {
            there.send(1).unwrap();
            std::panic::resume_unwind(Box::new(there.recv().is_ok()));
        });
        here.send(5).unwrap();
        assert!(panicked.join().is_err());
        assert_eq!(here.recv().unwrap(), 1);
        assert!(here.recv().unwrap_err().is_end_of_file());
    });
}

/// PIPE-03: errors are those of the standard library where somebody wants them to be.
#[test]
fn errors_convert() {
    let (sender, receiver) = one_way_pipe::<u32>().unwrap();
    let kind = |error: io::Error| error.kind();
    assert_eq!(kind(receiver.try_recv().unwrap_err().into()), io::ErrorKind::WouldBlock);
    let late = receiver.recv_timeout(Duration::ZERO).unwrap_err();
    assert!(late.is_timed_out());
    assert_eq!(kind(late.into()), io::ErrorKind::TimedOut);
    drop(receiver);
    let broken = sender.send(1).unwrap_err();
    assert_eq!(format!("{broken:?}"), "BrokenPipe(..)");
    assert_eq!(broken.to_string(), "cannot send: nobody has the receiving end any more");
    assert!(broken.source().is_none());
    assert_eq!(kind(broken.into()), io::ErrorKind::BrokenPipe);
    let (sender, receiver) = one_way_pipe::<u32>().unwrap();
    drop(sender);
    let end = receiver.recv().unwrap_err();
    assert_eq!(end.to_string(), "end of file: nobody has the sending end any more");
    assert_eq!(kind(end.into()), io::ErrorKind::UnexpectedEof);
}
