//! Processes that are killed, at moments that are as good as random. `KILLS` sets how many.

use crate::start;
use crate::support::watchdog::guarded_for;
use crate::support::{guarded, setting};
use concurrent_futures::process::{Connection, Receiver, Sender, one_way_pipe, pipe};
use std::io;
use std::time::Duration;

/// How many processes each test kills.
fn kills() -> u64 {
    setting("KILLS").unwrap_or(40)
}

/// How long a test may take that kills so many.
fn limit() -> Duration {
    Duration::from_secs(60 + kills())
}

/// A message whose content follows from its number.
fn message(number: u64) -> Vec<u64> {
    let len = if number % 37 == 36 { 40_000 } else { number % 50 };
    vec![number; len as usize + 1]
}

/// The number of a message that is whole.
fn number(message: &[u64]) -> u64 {
    let number = message[0];
    assert!(message == self::message(number), "not a whole message: {number}");
    number
}

fn send_for_ever(sender: Sender<Vec<u64>>) -> io::Result<()> {
    (0..).try_for_each(|number| Ok(sender.send(message(number))?))
}

/// How much happens before somebody is killed: nothing at first, later more.
fn moments() -> impl Iterator<Item = u64> {
    (0..kills()).map(|n| n * n * 7 % 1000)
}

/// PIPE-03: a sender that is killed while it sends: every message is whole, none is missing, and then comes
/// the end of the file.
#[test]
fn a_sender_is_killed() {
    guarded_for("a_sender_is_killed", limit(), || {
        for moment in moments() {
            let (sender, receiver) = one_way_pipe().unwrap();
            let process = start(send_for_ever, sender);
            let mut next = 0;
            let mut receive = |killed: bool| match receiver.recv() {
                Ok(message) => {
                    assert_eq!(number(&message), next);
                    next += 1;
                    true
                }
                Err(error) => {
                    assert!(killed && error.is_end_of_file(), "{error}");
                    false
                }
            };
            (0..=moment).for_each(|_| assert!(receive(false)));
            process.kill().unwrap();
            while receive(true) {}
            process.join().unwrap();
        }
    });
}

/// PIPE-03: a receiver that is killed while it receives: sending, which may be waiting for room at that
/// moment, is a broken pipe, and at the latest the first time after the process is gone.
#[test]
fn a_receiver_is_killed() {
    fn receive_for_ever((receiver, begun): (Receiver<Vec<u64>>, Sender<()>)) -> io::Result<()> {
        for (n, message) in receiver.iter().enumerate() {
            assert_eq!(number(&message?), n as u64);
            let _told_once = begun.send(());
        }
        Ok(())
    }
    guarded_for("a_receiver_is_killed", limit(), || {
        for moment in moments() {
            let (sender, receiver) = one_way_pipe().unwrap();
            let (begun, begins) = one_way_pipe().unwrap();
            let process = start(receive_for_ever, (receiver, begun));
            sender.send(message(0)).unwrap();
            begins.recv().unwrap();
            drop(begins);
            (1..=moment).for_each(|number| sender.send(message(number)).unwrap());
            process.kill().unwrap();
            let mut after = moment + 1..;
            let broken = after.find_map(|number| sender.send(message(number)).err()).unwrap();
            assert!(broken.is_broken_pipe(), "{broken}");
            process.join().unwrap();
            assert!(sender.send(message(0)).unwrap_err().is_broken_pipe());
        }
    });
}

/// PIPE-03: sending to a process that is gone fails the first time, even if nothing was ever slept for.
#[test]
fn gone_a_moment_ago() {
    fn wait((_receiver, connection): (Receiver<u32>, Connection<(), ()>)) -> io::Result<()> {
        connection.send(())?;
        Ok(connection.recv()?)
    }
    guarded("gone_a_moment_ago", || {
        for _ in 0..5 {
            let (sender, receiver) = one_way_pipe().unwrap();
            let (here, there) = pipe().unwrap();
            let process = start(wait, (receiver, there));
            here.recv().unwrap();
            sender.send(1).unwrap();
            process.kill().unwrap();
            process.join().unwrap();
            let error = sender.send(2).unwrap_err();
            assert!(error.is_broken_pipe());
            assert_eq!(error.into_message(), 2);
        }
    });
}

/// PIPE-06: one of two receivers is killed: the other one receives whatever is left, and what the dead one
/// had received is missing, and at most one message more.
#[test]
fn one_of_two_receivers() {
    fn receive((receiver, report): (Receiver<Vec<u64>>, Sender<u64>)) -> io::Result<()> {
        for message in &receiver {
            report.send(number(&message?))?;
        }
        Ok(())
    }
    guarded_for("one_of_two_receivers", limit(), || {
        for moment in moments().step_by(2) {
            let (sender, receiver) = one_way_pipe().unwrap();
            let (report, reports) = one_way_pipe().unwrap();
            let doomed = start(receive, (receiver.clone(), report));
            let producer = start(send_some, (sender, moment + 200));
            let mut seen = vec![reports.recv().unwrap()];
            for _ in 0..moment / 10 {
                // It may be that all was received by now, and nothing is left to report.
                seen.extend(reports.recv_timeout(Duration::from_millis(1)));
            }
            doomed.kill().unwrap();
            let own = receiver.iter().map(|message| number(&message.unwrap())).collect::<Vec<_>>();
            seen.extend(reports.iter().map(Result::unwrap));
            assert!(own.is_sorted_by(|a, b| a < b) && seen.is_sorted_by(|a, b| a < b));
            seen.extend(own);
            seen.sort_unstable();
            seen.dedup();
            let missing = moment + 200 - seen.len() as u64;
            assert!(missing <= 1, "{missing} messages are missing");
            assert!(producer.join().unwrap().is_success());
            doomed.join().unwrap();
        }
    });
}

fn send_some((sender, count): (Sender<Vec<u64>>, u64)) -> io::Result<()> {
    (0..count).try_for_each(|number| Ok(sender.send(message(number))?))
}

/// PIPE-06: one of two senders is killed: everything of the other one arrives, and the end comes when it
/// is through.
#[test]
fn one_of_two_senders() {
    guarded_for("one_of_two_senders", limit(), || {
        for moment in moments().step_by(2) {
            let (sender, receiver) = one_way_pipe().unwrap();
            let doomed = start(send_for_ever, sender.clone());
            (0..moment / 4).for_each(|n| assert_eq!(number(&receiver.recv().unwrap()), n));
            let other = start(send_some, (sender, 100));
            doomed.kill().unwrap();
            let received = receiver.iter().map(|message| number(&message.unwrap()));
            let mut counts = vec![0_u8; 100];
            received.filter(|&number| number < 100).for_each(|n| counts[n as usize] += 1);
            assert!(counts.iter().all(|count| (1..=2).contains(count)), "{counts:?}");
            assert!(other.join().unwrap().is_success());
            doomed.join().unwrap();
        }
    });
}
