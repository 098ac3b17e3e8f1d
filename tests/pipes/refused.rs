//! Pipes that are full, messages that cannot travel.

use crate::support::guarded;
use crate::{join, start};
use concurrent_futures::process::{
    Receiver, RecvError, SendError, SendTimeoutError, TrySendError, one_way_pipe,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::error::Error;
use std::io;
use std::time::{Duration, Instant};

const MUCH: usize = 100_000;

/// PIPE-01 (an extra): a pipe that nobody reads fills up. Then `try_send` gives the message back at once, and
/// `send_timeout` in time, until something was received.
#[test]
fn a_full_pipe() {
    guarded("a_full_pipe", || {
        let (sender, receiver) = one_way_pipe().unwrap();
        let mut sent = 0_u8;
        let full = loop {
            match sender.try_send(vec![sent; MUCH]) {
                Ok(()) => sent += 1,
                Err(error) => break error,
            }
        };
        assert!((5..20).contains(&sent), "about a mebibyte: {sent} messages");
        assert!(full.is_full() && matches!(&full, TrySendError::Full(back) if back.len() == MUCH));
        let (start, limit) = (Instant::now(), Duration::from_millis(30));
        let late = sender.send_timeout(full.into_message(), limit).unwrap_err();
        assert!(start.elapsed() >= limit);
        assert!(matches!(&late, SendTimeoutError::TimedOut(back) if *back == [sent; MUCH]));
        assert_eq!(receiver.recv().unwrap(), [0; MUCH]);
        while sender.try_send(late.clone().into_message()).is_err() {
            receiver.recv().unwrap();
        }
        drop(sender);
        assert_eq!(receiver.iter().last().unwrap().unwrap(), [sent; MUCH]);
    });
}

/// PIPE-01 (an extra): a sender that is faster than its receiver waits, and goes on; nothing is lost, and
/// messages that are larger than the pipe go through it.
#[test]
fn a_sender_waits_for_room() {
    fn consume(receiver: Receiver<Vec<u64>>) -> io::Result<()> {
        for (n, message) in receiver.iter().enumerate() {
            assert_eq!(message?, vec![n as u64; length(n)]);
        }
        Ok(())
    }
    fn length(n: usize) -> usize {
        if n.is_multiple_of(50) { 400_000 } else { 4000 }
    }
    guarded("a_sender_waits_for_room", || {
        let (sender, receiver) = one_way_pipe().unwrap();
        let process = start(consume, receiver);
        for n in 0..400 {
            sender.send(vec![n as u64; length(n)]).unwrap();
        }
        drop(sender);
        join(&process);
    });
}

/// Encodes, or decodes, only if it feels like it.
#[derive(Debug, PartialEq)]
enum Moody {
    Fine(u32),
    NotEncodable,
    NotDecodable,
}

impl Serialize for Moody {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Fine(number) => Some(*number).serialize(serializer),
            Self::NotDecodable => None::<u32>.serialize(serializer),
            Self::NotEncodable => Err(serde::ser::Error::custom("not today")),
        }
    }
}

impl<'de> Deserialize<'de> for Moody {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Option::deserialize(deserializer)? {
            Some(7) => panic!("seven"),
            Some(number) => Ok(Self::Fine(number)),
            None => Err(serde::de::Error::custom("not here")),
        }
    }
}

/// PIPE-06 (an extra): a message that cannot be encoded comes back, one that cannot be decoded is gone with
/// an error, a panic of somebody's `Deserialize` included, and the messages around it are not touched.
#[test]
fn what_cannot_travel() {
    guarded("what_cannot_travel", || {
        let (sender, receiver) = one_way_pipe().unwrap();
        sender.send(Moody::Fine(1)).unwrap();
        let error = sender.send(Moody::NotEncodable).unwrap_err();
        assert!(matches!(&error, SendError::NotSent(Moody::NotEncodable, _)));
        assert!(error.to_string().starts_with("the message cannot travel"), "{error}");
        assert!(error.map(drop).source().is_some());
        sender.send(Moody::NotDecodable).unwrap();
        sender.send(Moody::Fine(7)).unwrap();
        sender.send(Moody::Fine(2)).unwrap();
        drop(sender);
        assert_eq!(receiver.recv().unwrap(), Moody::Fine(1));
        for reason in ["decode", "seven"] {
            let error = receiver.recv().unwrap_err();
            assert!(matches!(&error, RecvError::NotReceived(_)));
            assert!(error.to_string().contains(reason), "{error}");
        }
        assert_eq!(receiver.recv().unwrap(), Moody::Fine(2));
        assert!(receiver.recv().unwrap_err().is_end_of_file());
    });
}

/// PIPE-07: an end is a part of a value that travels, and nothing else: no file can have it, and what is made
/// up is refused.
#[test]
fn ends_cannot_be_written_down() {
    let (sender, receiver) = one_way_pipe::<u32>().unwrap();
    let error = serde_json::to_string(&sender).unwrap_err();
    assert!(error.to_string().contains("handle"), "{error}");
    let made_up = serde_json::from_str::<Receiver<u32>>("[[0,[0,0]],0]");
    assert!(made_up.is_err());
    sender.send(1).unwrap();
    assert_eq!(receiver.recv().unwrap(), 1);
}
