//! Nobody sleeps at a pipe while there is something for him, whoever of the others dies, and the end of
//! the file comes last.
//!
//! The words and the sleeping are those of `pipe/bell.rs`; the log is a count of messages that were sent and
//! one of those that were received, and the cord is what the system makes of a socket pair: bells that have
//! not been taken, and whether the other side is gone.

use super::{explore, explore_deaths, futex, world};
use crate::atomic::AtomicU32;
use crate::pipe::{Cord, Owed, Sleepers, Taken, Vain};
use crate::shared::waiting::Waiting;
use loom::sync::{Arc, Mutex};
use loom::thread;
use std::cell::Cell;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use std::time::Duration;

/// One direction of a pipe.
struct Direction {
    sent: AtomicU32,
    received: AtomicU32,
    /// How many messages may be unread.
    window: u32,
    receivers: AtomicU32,
    senders: AtomicU32,
    /// What arrives at the receivers.
    to_receivers: Socket,
    to_senders: Socket,
}

/// What one end of the cord has received.
struct Socket {
    inbox: Mutex<Inbox>,
    /// What those who poll sleep on: how often something has arrived.
    arrivals: AtomicU32,
}

struct Inbox {
    bells: u32,
    /// How many have the other end.
    others: u32,
}

impl Socket {
    fn new(others: u32) -> Self {
        Self { inbox: Mutex::new(Inbox { bells: 0, others }), arrivals: AtomicU32::new(0) }
    }

    fn is_readable(&self) -> bool {
        let inbox = self.inbox.lock().unwrap();
        inbox.bells > 0 || inbox.others == 0
    }

    fn arrive(&self, change: impl FnOnce(&mut Inbox)) {
        change(&mut self.inbox.lock().unwrap());
        self.arrivals.fetch_add(1, AcqRel);
        futex::wake(&self.arrivals, u32::MAX);
    }
}

/// An end of the cord: where it hears, and where it rings.
struct End<'d>(&'d Socket, &'d Socket);

impl Cord for End<'_> {
    fn ring(&self, bells: u32) {
        self.1.arrive(|inbox| inbox.bells += bells);
    }

    fn take(&self) -> Taken {
        let mut inbox = self.0.inbox.lock().unwrap();
        if inbox.bells > 0 {
            inbox.bells -= 1;
            Taken::Bell
        } else if inbox.others == 0 {
            Taken::End
        } else {
            Taken::Nothing
        }
    }

    fn sleep(&self, limit: Duration) -> bool {
        let arrivals = self.0.arrivals.peek();
        if !self.0.is_readable() {
            futex::wait(&self.0.arrivals, arrivals, limit);
        }
        self.0.is_readable()
    }
}

impl Direction {
    fn new(senders: u32, receivers: u32, window: u32) -> Arc<Self> {
        Arc::new(Self {
            sent: AtomicU32::new(0),
            received: AtomicU32::new(0),
            window,
            receivers: AtomicU32::new(0),
            senders: AtomicU32::new(0),
            to_receivers: Socket::new(senders),
            to_senders: Socket::new(receivers),
        })
    }

    fn of_senders(&self) -> End<'_> {
        End(&self.to_senders, &self.to_receivers)
    }

    fn of_receivers(&self) -> End<'_> {
        End(&self.to_receivers, &self.to_senders)
    }

    fn has_message(&self) -> bool {
        let received = self.received.load(Acquire);
        self.sent.load(Acquire) != received
    }

    /// As `Side::offer`.
    fn offer(&self) -> Option<()> {
        let received = self.received.load(Acquire);
        if self.sent.load(Acquire) - received >= self.window {
            return None;
        }
        self.sent.fetch_add(1, AcqRel);
        Sleepers(&self.receivers).ring_one(&self.of_senders());
        Some(())
    }

    /// As `Side::append`, for ever.
    fn send(&self, owed: &Owed) -> Result<(), Vain> {
        let (cord, waiting) = (self.of_senders(), &mut Waiting::forever());
        Sleepers(&self.senders).sleep(&cord, owed, waiting, || self.offer())
    }

    /// As `Side::get`.
    fn get(&self) -> Option<()> {
        let mut received = self.received.load(Acquire);
        loop {
            if self.sent.load(Acquire) == received {
                return None;
            }
            let taken = self.received.compare_exchange(received, received + 1, AcqRel, Acquire);
            match taken {
                Ok(_) => break,
                Err(now) => received = now,
            }
        }
        if self.sent.load(Relaxed) - self.received.load(Relaxed) <= self.window / 2 {
            Sleepers(&self.senders).ring_all(&self.of_receivers());
        }
        Some(())
    }

    /// As `Side::take`.
    fn receive(&self, owed: &Owed, mut waiting: Waiting) -> Result<(), Vain> {
        let cord = self.of_receivers();
        Sleepers(&self.receivers).sleep(&cord, owed, &mut waiting, || self.get())
    }

    /// As `Side::poll`.
    fn poll(&self) -> Result<(), Vain> {
        let (cord, owed) = (self.of_receivers(), Owed::none());
        let look = || self.has_message().then_some(());
        Sleepers(&self.receivers).sleep(&cord, &owed, &mut Waiting::forever(), look)
    }

    /// One who could send is gone, dead or alive.
    fn close_sender(&self) {
        self.to_receivers.arrive(|inbox| inbox.others -= 1);
    }

    fn close_receiver(&self) {
        self.to_senders.arrive(|inbox| inbox.others -= 1);
    }
}

/// A process that sends so many messages, dies after so many steps, and is closed by the system.
fn sender(
    direction: &Arc<Direction>,
    number: u64,
    count: u32,
    steps: usize,
) -> thread::JoinHandle<()> {
    let direction = Arc::clone(direction);
    thread::spawn(move || {
        world::process(number, steps, || {
            let owed = Owed::none();
            (0..count).for_each(|_| direction.send(&owed).expect("somebody receives"));
        });
        direction.close_sender();
    })
}

/// A process that receives at most so many messages, and says how many there were before the end.
fn receiver(
    direction: &Arc<Direction>,
    number: u64,
    most: u32,
    steps: usize,
) -> thread::JoinHandle<u32> {
    let direction = Arc::clone(direction);
    thread::spawn(move || {
        let count = Cell::new(0);
        world::process(number, steps, || {
            let owed = Owed::none();
            while count.get() < most && direction.receive(&owed, Waiting::forever()).is_ok() {
                count.set(count.get() + 1);
            }
        });
        direction.close_receiver();
        count.get()
    })
}

const LIVES: usize = world::LIVES;
const ALL: u32 = u32::MAX;

#[test]
fn no_bell_is_lost() {
    explore("no_bell_is_lost", || {
        let direction = Direction::new(1, 1, ALL);
        let receiver = receiver(&direction, 2, 2, LIVES);
        let sender = sender(&direction, 1, 2, LIVES);
        assert_eq!(receiver.join().unwrap(), 2);
        sender.join().unwrap();
    });
}

#[test]
fn the_end_comes_last() {
    explore("the_end_comes_last", || {
        let direction = Direction::new(1, 1, ALL);
        let receiver = receiver(&direction, 2, ALL, LIVES);
        sender(&direction, 1, 1, LIVES).join().unwrap();
        assert_eq!(receiver.join().unwrap(), 1);
    });
}

#[test]
fn two_sleep() {
    explore("two_sleep", || {
        let direction = Direction::new(1, 2, ALL);
        let receivers = [2, 3].map(|number| receiver(&direction, number, 1, LIVES));
        let owed = Owed::none();
        (0..2).for_each(|_| direction.send(&owed).unwrap());
        assert_eq!(receivers.map(|receiver| receiver.join().unwrap()), [1, 1]);
    });
}

#[test]
fn two_ring() {
    explore("two_ring", || {
        let direction = Direction::new(2, 1, ALL);
        let receiver = receiver(&direction, 3, 2, LIVES);
        let senders = [1, 2].map(|number| sender(&direction, number, 1, LIVES));
        assert_eq!(receiver.join().unwrap(), 2);
        senders.map(|sender| sender.join().unwrap());
    });
}

/// Nothing is taken, so both must see the one message.
#[test]
fn some_only_look() {
    explore("some_only_look", || {
        let direction = Direction::new(1, 2, ALL);
        let other = Arc::clone(&direction);
        let looks = thread::spawn(move || other.poll());
        let other = Arc::clone(&direction);
        let takes = thread::spawn(move || other.receive(&Owed::none(), Waiting::forever()));
        let owed = Owed::none();
        direction.send(&owed).unwrap();
        assert_eq!(takes.join().unwrap(), Ok(()));
        direction.send(&owed).unwrap();
        assert_eq!(looks.join().unwrap(), Ok(()));
    });
}

/// The one who gives up does not take the message of the other with him.
#[test]
fn one_gives_up() {
    explore("one_gives_up", || {
        world::grow_late();
        let direction = Direction::new(1, 2, ALL);
        let other = Arc::clone(&direction);
        let impatient = thread::spawn(move || {
            let soon = Waiting::at_most(Duration::from_secs(1000));
            u32::from(other.receive(&Owed::none(), soon).is_ok())
        });
        let patient = receiver(&direction, 3, 1, LIVES);
        let owed = Owed::none();
        direction.send(&owed).unwrap();
        if impatient.join().unwrap() == 1 {
            direction.send(&owed).unwrap();
        }
        assert_eq!(patient.join().unwrap(), 1);
    });
}

#[test]
fn no_room_is_lost() {
    explore("no_room_is_lost", || {
        let direction = Direction::new(2, 1, 1);
        let senders = [1, 2].map(|number| sender(&direction, number, 1, LIVES));
        let owed = Owed::none();
        for _ in 0..2 {
            assert_eq!(direction.receive(&owed, Waiting::forever()), Ok(()));
        }
        senders.map(|sender| sender.join().unwrap());
    });
}

#[test]
fn a_sender_without_receivers() {
    explore("a_sender_without_receivers", || {
        let direction = Direction::new(1, 1, 1);
        let receiver = receiver(&direction, 2, 1, LIVES);
        let owed = Owed::none();
        let outcomes = [0; 3].map(|_| direction.send(&owed));
        assert_eq!(receiver.join().unwrap(), 1);
        assert_eq!(outcomes, [Ok(()), Ok(()), Err(Vain::End)]);
    });
}

/// Whatever moment it is, everything it has sent is received, and then comes the end.
#[test]
fn a_sender_dies() {
    explore_deaths("a_sender_dies", 12, |steps| {
        let direction = Direction::new(1, 1, 1);
        let doomed = sender(&direction, 1, 2, steps);
        let count = receiver(&direction, 2, ALL, LIVES).join().unwrap();
        doomed.join().unwrap();
        assert_eq!(count, direction.sent.peek());
    });
}

/// Whatever moment it is, the other one receives what it has left.
#[test]
fn a_receiver_dies() {
    explore_deaths("a_receiver_dies", 12, |steps| {
        let direction = Direction::new(1, 2, ALL);
        let doomed = receiver(&direction, 2, 1, steps);
        let owed = Owed::none();
        direction.send(&owed).unwrap();
        // Only one of the two can be the doomed one's.
        direction.send(&owed).unwrap();
        assert_eq!(direction.receive(&owed, Waiting::forever()), Ok(()));
        doomed.join().unwrap();
    });
}

/// The same, while the other one sleeps, and needs the bell that the doomed one may have taken with it.
#[test]
fn a_sleeper_dies_beside_another() {
    explore_deaths("a_sleeper_dies_beside_another", 12, |steps| {
        let direction = Direction::new(1, 2, ALL);
        let doomed = Arc::clone(&direction);
        let doomed = thread::spawn(move || {
            world::process(2, steps, || doomed.poll());
        });
        let other = receiver(&direction, 3, 1, LIVES);
        direction.send(&Owed::none()).unwrap();
        assert_eq!(other.join().unwrap(), 1);
        direction.close_sender();
        doomed.join().unwrap();
    });
}
