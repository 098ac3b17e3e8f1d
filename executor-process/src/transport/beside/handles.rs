//! Descriptors beside values, over the line to a worker.

use super::{Refusal, is_before};
use crate::shared::courier::{Courier, MAX_DESCRIPTORS, is_crowded};
use crate::shared::descriptor::{Descriptor, OwnedDescriptor, attached, descriptors_of};
use executor_core::wire::Attached;
use std::io::{self, ErrorKind};

/// The descriptors of one value.
#[derive(Clone, Debug, Default)]
pub(crate) struct Beside(Vec<Descriptor>);

impl Beside {
    /// What a value was found to have when it was encoded, or why that cannot be sent.
    pub(crate) fn of(attached: Attached) -> Result<Self, String> {
        if attached.len() > MAX_DESCRIPTORS {
            let count = attached.len();
            return Err(format!("{count} handles in one value are more than {MAX_DESCRIPTORS}"));
        }
        descriptors_of(attached).map(Self)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> u16 {
        self.0.len() as u16 // `of` sees to that
    }

    /// Whether somebody may be waiting for the last of them to be closed: they are no memory.
    pub(crate) fn has_ends(&self) -> bool {
        self.0.iter().any(Descriptor::is_end)
    }

    /// Sends them as message `number`, without waiting for room.
    pub(crate) fn send(&self, line: &Courier, number: u32) -> Result<(), Refusal> {
        let header = Header { number, count: self.0.len() as u32 }.to_bytes();
        let descriptors: Vec<_> = self.0.iter().map(Descriptor::borrow).collect();
        line.try_send(&header, &descriptors).map_err(|error| refusal(&error))
    }
}

fn refusal(error: &io::Error) -> Refusal {
    match error.kind() {
        ErrorKind::WouldBlock => Refusal::Full,
        _ if is_crowded(error) => Refusal::Crowded,
        ErrorKind::BrokenPipe
        | ErrorKind::ConnectionRefused
        | ErrorKind::ConnectionReset
        | ErrorKind::NotConnected => Refusal::Gone,
        _ => Refusal::Never(format!("its handles cannot be sent: {error}")),
    }
}

/// The bytes of a message.
#[derive(Debug)]
struct Header {
    number: u32,
    /// How many descriptors there are: never none.
    count: u32,
}

impl Header {
    const LEN: usize = 8;

    fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[..4].copy_from_slice(&self.number.to_le_bytes());
        bytes[4..].copy_from_slice(&self.count.to_le_bytes());
        bytes
    }

    fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        let [a, b, c, d, e, f, g, h] = bytes;
        Self { number: u32::from_le_bytes([a, b, c, d]), count: u32::from_le_bytes([e, f, g, h]) }
    }
}

/// The receiving end.
#[derive(Debug, Default)]
pub(crate) struct Arrivals {
    /// How many messages have been received, or missed.
    received: u32,
    /// A message that came when an earlier one was looked for, which must have been lost.
    ahead: Option<Arrival>,
}

#[derive(Debug)]
struct Arrival {
    number: u32,
    /// `None` if they are lost: there was no room for them in this process.
    descriptors: Option<Vec<OwnedDescriptor>>,
}

impl Arrivals {
    /// How many messages have been received.
    pub(crate) fn received(&self) -> u32 {
        self.received
    }

    /// What came as message `number`, of which whoever sent it has said so since. Earlier ones that
    /// nobody has taken are dropped.
    pub(crate) fn take(&mut self, line: &Courier, number: u32) -> Result<Attached, String> {
        while let Some(arrival) = self.next(line) {
            if arrival.number == number {
                return match arrival.descriptors {
                    Some(descriptors) => Ok(attached(descriptors)),
                    None => Err("there is no descriptor left for a handle in it".to_owned()),
                };
            }
            if !is_before(arrival.number, number) {
                self.ahead = Some(arrival);
                break;
            }
        }
        Err("the handles in it did not arrive".to_owned())
    }

    /// Drops the messages before `number`, which nobody will take.
    pub(crate) fn drop_before(&mut self, line: &Courier, number: u32) {
        while is_before(self.received, number) || self.ahead.is_some() {
            match self.next(line) {
                Some(arrival) if is_before(arrival.number, number) => drop(arrival),
                other => {
                    self.ahead = other;
                    return;
                }
            }
        }
    }

    /// The next message, if there is one.
    fn next(&mut self, line: &Courier) -> Option<Arrival> {
        if let Some(arrival) = self.ahead.take() {
            return Some(arrival);
        }
        let mut bytes = [0; Header::LEN];
        let result = line.try_receive(&mut bytes);
        // The bytes are there also when there was no room for the descriptors, but no message
        // announces none.
        let Header { number, count } = Header::from_bytes(bytes);
        let descriptors = match result {
            Ok(Some(message)) => Some(message.descriptors),
            Err(_) if count != 0 => None,
            Ok(None) | Err(_) => return None,
        };
        self.received = number.wrapping_add(1);
        let complete = |list: &Vec<OwnedDescriptor>| list.len() == count as usize;
        Some(Arrival { number, descriptors: descriptors.filter(complete) })
    }
}

#[cfg(test)]
mod handles_tests {
    use super::*;
    use crate::shared::memory;
    use executor_core::wire::Attachment;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    fn beside(files: Vec<OwnedDescriptor>) -> Beside {
        Beside::of(attached(files)).unwrap()
    }

    /// Something that can be told from others of its kind, and what tells it.
    fn file() -> (OwnedDescriptor, u64) {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let memory = memory::filled(&[&number.to_ne_bytes()]).unwrap();
        (memory.borrow().try_clone_to_owned().unwrap(), number)
    }

    fn numbers(attached: Attached) -> Vec<u64> {
        let number = |descriptor: &Descriptor| {
            u64::from_ne_bytes(memory::read(descriptor, 8).unwrap().try_into().unwrap())
        };
        descriptors_of(attached).unwrap().iter().map(number).collect()
    }

    #[test]
    fn each_value_gets_its_own() {
        let (here, there) = Courier::pair().unwrap();
        let mut arrivals = Arrivals::default();
        let mut sent = Vec::new();
        for number in [super::super::FIRST, 0, 1, 2, 3, 4, 5] {
            let (files, numbers): (Vec<_>, Vec<_>) = (0..=number % 3).map(|_| file()).unzip();
            beside(files).send(&here, number).unwrap();
            sent.push((number, numbers));
        }
        // Those of 1, 2 and 4 are of tasks that were taken back.
        for (number, expected) in sent {
            if ![1, 2, 4].contains(&number) {
                assert_eq!(numbers(arrivals.take(&there, number).unwrap()), expected);
            }
            assert!(is_before(arrivals.received(), 7));
        }
        assert_eq!(arrivals.received(), 6);
        assert!(arrivals.take(&there, 6).is_err(), "nobody has sent that");
    }

    #[test]
    fn nothing_stays_of_what_was_dropped() {
        let (here, there) = Courier::pair().unwrap();
        let mut arrivals = Arrivals::default();
        let (reader, writer) = Courier::pair().unwrap();
        for number in 0..3 {
            let writer = writer.borrow().try_clone_to_owned().unwrap();
            beside(vec![writer]).send(&here, number).unwrap();
        }
        drop(writer);
        let closed = || reader.has_ended();
        arrivals.drop_before(&there, 2);
        assert_eq!(arrivals.received(), 2);
        assert!(!closed(), "the third is on its way");
        assert!(arrivals.take(&there, 2).is_ok());
        assert!(closed());
        arrivals.drop_before(&there, 3);
        assert_eq!(arrivals.received(), 3);
    }

    #[test]
    fn a_missing_one_does_no_harm_to_the_next() {
        let (here, there) = Courier::pair().unwrap();
        let mut arrivals = Arrivals::default();
        let (seventh, tells) = file();
        beside(vec![seventh]).send(&here, 7).unwrap();
        assert!(arrivals.take(&there, 5).is_err());
        arrivals.drop_before(&there, 7);
        assert!(arrivals.take(&there, 6).is_err());
        assert_eq!(numbers(arrivals.take(&there, 7).unwrap()), [tells]);
    }

    #[test]
    fn one_that_lies_is_lost() {
        let (here, there) = Courier::pair().unwrap();
        let mut arrivals = Arrivals::default();
        let file = Descriptor::from(file().0);
        here.send(&Header { number: 0, count: 2 }.to_bytes(), &[file.borrow()]).unwrap();
        here.send(&Header { number: 1, count: 0 }.to_bytes(), &[file.borrow()]).unwrap();
        here.send(b"2", &[file.borrow()]).unwrap();
        for number in 0..3 {
            assert!(arrivals.take(&there, number).is_err());
        }
    }

    #[test]
    fn numbers_go_round() {
        assert!(is_before(u32::MAX, 0) && is_before(u32::MAX - 5, 5) && is_before(1, 2));
        assert!(!is_before(0, 0) && !is_before(2, 1) && !is_before(0, u32::MAX));
    }

    #[test]
    fn a_full_line_says_so_and_a_closed_one_too() {
        let (here, there) = Courier::pair().unwrap();
        let one = beside(vec![file().0]);
        let mut sent = 0;
        let refusal = loop {
            match one.send(&here, sent) {
                Ok(()) => sent += 1,
                Err(refusal) => break refusal,
            }
        };
        assert!(matches!(refusal, Refusal::Full | Refusal::Crowded), "{refusal:?}");
        assert!(sent > super::super::MAX_UNREAD, "{sent}");
        drop(there);
        assert!(matches!(one.send(&here, sent), Err(Refusal::Gone)));
    }

    #[test]
    fn what_cannot_be_sent() {
        let (file, _) = file();
        let many = vec![Arc::new(file) as Attachment; MAX_DESCRIPTORS + 1];
        let reason = Beside::of(many.into()).unwrap_err();
        assert_eq!(reason, "241 handles in one value are more than 240");
        assert!(Beside::of(vec![Arc::new(1) as Attachment].into()).is_err());
    }
}
