//! Nobody sleeps while there is something for him, and at most one wake-up is unread.

use super::explore;
use crate::atomic::AtomicU32;
use crate::transport::bell::Bell;
use loom::sync::atomic::Ordering::{Acquire, Release};
use loom::sync::{Arc, Condvar, Mutex, MutexGuard};
use loom::thread;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Message {
    Wake,
    Attachments,
    /// Nothing is left to be found.
    Ended,
}

/// The channel to a sleeper, in which there is room for one unread wake-up.
struct Channel {
    messages: Mutex<Vec<Message>>,
    sent: Condvar,
}

impl Channel {
    fn send(&self, message: Message) {
        let mut messages = self.messages.lock().unwrap();
        let full = message == Message::Wake && messages.contains(&message);
        assert!(!full, "sending a second wake-up would block");
        messages.push(message);
        drop(messages);
        self.sent.notify_one();
    }

    fn receive(&self) -> Message {
        let mut messages = self.messages.lock().unwrap();
        while messages.is_empty() {
            messages = self.sent.wait(messages).unwrap();
        }
        messages.remove(0)
    }
}

/// One direction: what is published, the bell of the side that looks for it, the channel to that side.
struct Side {
    /// As `Word::TaskTail` or `Word::ResultTail`.
    tail: AtomicU32,
    bell: AtomicU32,
    channel: Channel,
    /// As `Link::frames`, or `Input::outbound`: how many have been found.
    head: Mutex<u32>,
    /// How many there will be.
    count: u32,
}

impl Side {
    fn new(count: u32) -> Arc<Self> {
        Arc::new(Self {
            tail: AtomicU32::new(0),
            bell: AtomicU32::new(0),
            channel: Channel { messages: Mutex::new(Vec::new()), sent: Condvar::new() },
            head: Mutex::new(0),
            count,
        })
    }

    fn head(&self) -> MutexGuard<'_, u32> {
        self.head.lock().unwrap()
    }

    fn bell(&self) -> Bell<'_> {
        Bell(&self.bell)
    }

    fn is_empty(&self, head: u32) -> bool {
        self.tail.load(Acquire) == head
    }

    /// As `Inlet::publish` and `Link::wake_worker`, or `Results::try_publish` and `Reply::ring_bell`.
    fn publish(&self, number: u32) {
        self.tail.store(number, Release);
        self.ring();
    }

    fn ring(&self) {
        if self.bell().ring() {
            self.channel.send(Message::Wake);
        }
    }

    /// As `Shared::assist`; says whether it found something.
    fn assist(&self) -> bool {
        if !self.bell().assist() {
            return false;
        }
        let (found, last) = {
            let mut head = self.head();
            let found = !self.is_empty(*head);
            *head += u32::from(found);
            (found, *head == self.count)
        };
        self.bell().end_assist();
        let head = self.head();
        if !self.is_empty(*head) {
            drop(head);
            self.ring();
        } else if found && last {
            self.channel.send(Message::Ended); // it is not the reader that finds the last
        }
        found
    }
}

/// The thread that looks and sleeps: a worker's, or the pool's reader.
struct Sleeper {
    side: Arc<Side>,
    ended: bool,
}

impl Sleeper {
    /// Finds what is published until that was all. While it is awake no wake-up is unread.
    fn run(mut self) {
        while !self.ended {
            let unread = self.side.channel.messages.lock().unwrap().contains(&Message::Wake);
            assert!(!unread, "a wake-up for a sleeper that is awake");
            if !self.look() {
                self.sleep();
            }
        }
    }

    /// As `Outbound::take` and `Reader::drain`.
    fn look(&mut self) -> bool {
        let mut head = self.side.head();
        let tail = self.side.tail.load(Acquire);
        let found = tail != *head;
        *head = tail;
        self.ended |= found && tail == self.side.count;
        found
    }

    /// As the end of `Worker::wait`, and of the loop in `Reader::read`.
    fn sleep(&mut self) {
        self.side.bell().lie_down();
        let has_news = !self.side.is_empty(*self.side.head());
        if has_news {
            if self.side.bell().get_up() {
                self.receive_wake();
            }
            return;
        }
        if !self.receive() && self.side.bell().get_up() {
            self.receive_wake();
        }
    }

    /// Receives one message; says whether it was a wake-up.
    fn receive(&mut self) -> bool {
        match self.side.channel.receive() {
            Message::Wake => return true,
            Message::Attachments => {}
            Message::Ended => self.ended = true,
        }
        false
    }

    fn receive_wake(&mut self) {
        while !self.ended && !self.receive() {}
    }
}

fn sleeper(side: &Arc<Side>) -> thread::JoinHandle<()> {
    let side = Arc::clone(side);
    thread::spawn(move || Sleeper { side, ended: false }.run())
}

#[test]
fn no_ring_is_lost() {
    explore("no_ring_is_lost", || {
        let side = Side::new(3);
        let sleeper = sleeper(&side);
        (1..=3).for_each(|number| side.publish(number));
        sleeper.join().unwrap();
    });
}

#[test]
fn two_ring_at_once() {
    explore("two_ring_at_once", || {
        let side = Side::new(2);
        let sleeper = sleeper(&side);
        let other = {
            let side = Arc::clone(&side);
            // What is published is published under a lock, and the bell rung without.
            thread::spawn(move || {
                side.tail.fetch_add(1, Release);
                side.ring();
            })
        };
        side.tail.fetch_add(1, Release);
        side.ring();
        other.join().unwrap();
        sleeper.join().unwrap();
    });
}

#[test]
fn a_message_comes_between() {
    explore("a_message_comes_between", || {
        let side = Side::new(2);
        let sleeper = sleeper(&side);
        for number in 1..=2 {
            side.channel.send(Message::Attachments);
            side.publish(number);
        }
        sleeper.join().unwrap();
    });
}

#[test]
fn no_ring_is_lost_while_somebody_assists() {
    explore("no_ring_is_lost_while_somebody_assists", || {
        let side = Side::new(2);
        let reader = sleeper(&side);
        let assister = {
            let side = Arc::clone(&side);
            thread::spawn(move || side.assist())
        };
        (1..=2).for_each(|number| side.publish(number));
        assister.join().unwrap();
        reader.join().unwrap();
    });
}

#[test]
fn the_reader_gets_up_while_somebody_assists() {
    explore("the_reader_gets_up_while_somebody_assists", || {
        let side = Side::new(1);
        let reader = sleeper(&side);
        let assister = {
            let side = Arc::clone(&side);
            thread::spawn(move || side.assist())
        };
        side.channel.send(Message::Attachments);
        side.publish(1);
        assister.join().unwrap();
        reader.join().unwrap();
    });
}

#[test]
fn two_assist() {
    explore("two_assist", || {
        let side = Side::new(1);
        let reader = sleeper(&side);
        let assister = {
            let side = Arc::clone(&side);
            thread::spawn(move || side.assist())
        };
        let publisher = {
            let side = Arc::clone(&side);
            thread::spawn(move || side.publish(1))
        };
        side.assist();
        assister.join().unwrap();
        publisher.join().unwrap();
        reader.join().unwrap();
    });
}
