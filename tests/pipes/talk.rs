//! Messages arrive, whole and in order.

use crate::support::guarded;
use crate::{bytes, echo, join, start};
use concurrent_futures::process::{Receiver, Sender, one_way_pipe, pipe};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::thread;
use std::time::Duration;

/// Who has sent it, and which of his messages it is.
type Numbered = (u64, u64);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Message {
    Nothing,
    Text(String),
    Nested { number: f64, list: Vec<Option<Message>>, map: BTreeMap<u32, (char, bool)> },
}

/// PIPE-01: objects of any shape come back as they were sent.
#[test]
fn objects_come_back() {
    guarded("objects_come_back", || {
        let (here, there) = pipe().unwrap();
        let process = start(echo::<Message>, there);
        let nested = Message::Nested {
            number: 1.5,
            list: vec![None, Some(Message::Text("deep".to_owned())), Some(Message::Nothing)],
            map: (0..100).map(|n| (n, ('x', n % 2 == 0))).collect(),
        };
        for message in [Message::Nothing, Message::Text("ü".repeat(10_000)), nested] {
            here.send(message.clone()).unwrap();
            assert_eq!(here.recv().unwrap(), message);
        }
        drop(here);
        join(&process);
    });
}

/// PIPE-01, PIPE-05, PIPE-06: raw bytes of every length come back, none and 40 MiB as well, and there is no
/// buffer that could be too short.
#[test]
fn bytes_come_back() {
    guarded("bytes_come_back", || {
        let (here, there) = pipe().unwrap();
        let process = start(echo::<Vec<u8>>, there);
        for len in [0, 1, 7, 8, 9, 4095, 65_536, 1 << 20, (1 << 20) + 1, 16 << 20, 40 << 20] {
            let message = bytes(len);
            here.send(message.clone()).unwrap();
            assert!(here.recv().unwrap() == message, "{len} bytes");
        }
        drop(here);
        join(&process);
    });
}

/// PIPE-06: as many messages as were sent come out, in the same order, and each is one: empty ones, units,
/// and large ones between small ones.
#[test]
fn messages_stay_apart() {
    fn produce(sender: Sender<Vec<u8>>) -> io::Result<()> {
        for n in 0..5000 {
            sender.send(vec![n as u8; length(n)])?;
        }
        Ok(())
    }
    fn length(n: usize) -> usize {
        if n % 500 == 499 { n * 1000 } else { n % 10 }
    }
    guarded("messages_stay_apart", || {
        let (sender, receiver) = one_way_pipe().unwrap();
        let process = start(produce, sender);
        for n in 0..5000 {
            if n % 3 == 0 {
                assert!(receiver.poll(None)); // looking takes nothing
            }
            assert!(receiver.recv().unwrap() == vec![n as u8; length(n)], "message {n}");
        }
        assert!(receiver.recv().unwrap_err().is_end_of_file());
        join(&process);

        let (sender, receiver) = one_way_pipe().unwrap();
        (0..10).for_each(|_| sender.send(()).unwrap());
        drop(sender);
        assert_eq!(receiver.iter().map(Result::unwrap).count(), 10);
    });
}

/// PIPE-06: several threads and processes at both ends: every message comes out once, and those of one
/// sender come to one receiver in the order in which they were sent.
#[test]
fn many_at_both_ends() {
    const EACH: u64 = 2000;

    fn produce((number, sender): (u64, Sender<(u64, u64)>)) -> io::Result<()> {
        let send = || (0..EACH).try_for_each(|n| sender.send((number, n)));
        Ok(send()?)
    }
    fn consume((receiver, found): (Receiver<Numbered>, Sender<Vec<Numbered>>)) -> io::Result<()> {
        let mine = receiver.iter().collect::<Result<Vec<_>, _>>()?;
        Ok(found.send(mine)?)
    }
    guarded("many_at_both_ends", || {
        let (sender, receiver) = one_way_pipe().unwrap();
        let (found, all) = one_way_pipe().unwrap();
        let consumers = [0; 2].map(|_| start(consume, (receiver.clone(), found.clone())));
        let producers = [0, 1].map(|number| start(produce, (number, sender.clone())));
        thread::scope(|scope| {
            for number in 2..4 {
                let sender = sender.clone();
                scope.spawn(move || produce((number, sender)).unwrap());
            }
            drop(sender);
            for _ in 0..2 {
                let (receiver, found) = (receiver.clone(), found.clone());
                scope.spawn(move || consume((receiver, found)).unwrap());
            }
            drop(found);
        });
        let lists = all.iter().collect::<Result<Vec<_>, _>>().unwrap();
        assert_eq!(lists.len(), 4);
        for list in &lists {
            for number in 0..4 {
                let ours = list.iter().filter(|(from, _)| *from == number);
                assert!(ours.map(|(_, n)| n).is_sorted_by(|a, b| a < b));
            }
        }
        let mut messages = lists.concat();
        messages.sort_unstable();
        let sent = (0..4).flat_map(|number| (0..EACH).map(move |n| (number, n)));
        assert!(messages.into_iter().eq(sent));
        producers.iter().chain(&consumers).for_each(join);
    });
}

/// PIPE-01: both sides sleep between messages, at random, and neither is forgotten.
#[test]
fn sleepers_are_woken() {
    guarded("sleepers_are_woken", || {
        let (here, there) = pipe().unwrap();
        let process = start(echo::<u64>, there);
        for n in 0..300 {
            thread::sleep(Duration::from_micros(n * 7 % 400));
            here.send(n).unwrap();
            assert_eq!(here.recv_timeout(Duration::from_secs(30)).unwrap(), n);
        }
        drop(here);
        join(&process);
    });
}
