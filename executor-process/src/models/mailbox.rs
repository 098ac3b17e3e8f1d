//! Call and answer alternate at a manager's connection, nobody sleeps through his turn or the end, and an
//! answer that was given is taken, whoever dies.
//!
//! The words and the waiting are those of `manager/turn.rs`; the message is a number, which loom watches
//! for two who use it at once, and the socket is what the system makes of a pair of them: messages in
//! their order, and then the end.

use super::{explore, explore_deaths, world};
use crate::manager::{Came, NoLetter, Post, Side, Turns};
use loom::cell::UnsafeCell;
use loom::sync::{Arc, Condvar, Mutex, MutexGuard};
use loom::thread;
use std::collections::VecDeque;
use std::io;

/// A connection, on whose messages so many descriptors go along.
struct Connection {
    turns: Turns,
    message: UnsafeCell<u32>,
    descriptors: u32,
    /// What arrives at the caller, at the server.
    sockets: [Socket; 2],
}

// SAFETY: whose turn it is uses the message, which loom checks.
unsafe impl Sync for Connection {}

/// One end of the socket.
struct Socket {
    inbox: Mutex<Inbox>,
    stirred: Condvar,
}

#[derive(Default)]
struct Inbox {
    unread: VecDeque<Item>,
    /// The other end is closed.
    ended: bool,
    /// This one is.
    closed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item {
    WakeUp,
    Descriptor(u32),
    Refusal,
}

impl Connection {
    fn new(descriptors: u32) -> Arc<Self> {
        let socket = |_| Socket { inbox: Mutex::new(Inbox::default()), stirred: Condvar::new() };
        let (turns, message) = (Turns::new(), UnsafeCell::new(0));
        Arc::new(Self { turns, message, descriptors, sockets: [0; 2].map(socket) })
    }

    fn inbox(&self, side: Side) -> MutexGuard<'_, Inbox> {
        self.sockets[side as usize].inbox.lock().unwrap()
    }

    fn arrive(&self, side: Side, change: impl FnOnce(&mut Inbox)) {
        change(&mut self.inbox(side));
        self.sockets[side as usize].stirred.notify_one();
    }

    /// The process of this side is gone, dead or alive.
    fn close(&self, side: Side) {
        self.inbox(side).closed = true;
        self.arrive(side.other(), |inbox| inbox.ended = true);
    }
}

/// A side of a connection, as `Mailbox`.
struct End<'c> {
    connection: &'c Connection,
    side: Side,
    arrived: Vec<u32>,
}

impl Post for End<'_> {
    type Descriptor = u32;

    fn send(&self, descriptors: &[u32]) -> io::Result<()> {
        descriptors.iter().try_for_each(|&number| self.put(Item::Descriptor(number)))
    }

    fn wake(&self) {
        let _whoever_is_gone_needs_no_waking = self.put(Item::WakeUp);
    }

    fn look(&self, is_our_turn: impl Fn() -> bool) -> bool {
        is_our_turn()
    }

    fn receive(&mut self) -> Result<Came, NoLetter> {
        world::step();
        let mut inbox = self.connection.inbox(self.side);
        let item = loop {
            match inbox.unread.pop_front() {
                Some(item) => break item,
                None if inbox.ended => return Err(NoLetter::Gone),
                None => {
                    let stirred = &self.connection.sockets[self.side as usize].stirred;
                    inbox = stirred.wait(inbox).unwrap();
                }
            }
        };
        match item {
            Item::WakeUp => Ok(Came::WakeUp),
            Item::Descriptor(number) => {
                self.arrived.push(number);
                Ok(Came::Descriptors)
            }
            Item::Refusal => Err(NoLetter::Refused(String::new())),
        }
    }

    fn arrived(&self) -> usize {
        self.arrived.len()
    }
}

impl<'c> End<'c> {
    fn new(connection: &'c Connection, side: Side) -> Self {
        Self { connection, side, arrived: Vec::new() }
    }

    fn put(&self, item: Item) -> io::Result<()> {
        world::step();
        let other = self.side.other();
        if self.connection.inbox(other).closed {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.connection.arrive(other, |inbox| {
            let second = item == Item::WakeUp && inbox.unread.contains(&item);
            assert!(!second, "sending a second wake-up could block");
            inbox.unread.push_back(item);
        });
        Ok(())
    }

    /// What goes along with a message.
    fn along(&self, message: u32) -> Vec<u32> {
        (0..self.connection.descriptors).map(|n| message * 10 + n).collect()
    }

    /// As `Mailbox::send`.
    fn send(&self, message: u32) -> io::Result<()> {
        // SAFETY: loom checks it.
        self.connection.message.with_mut(|place| unsafe { *place = message });
        self.connection.turns.pass(self.side, self, &self.along(message))
    }

    /// As `Mailbox::receive`.
    fn receive_message(&mut self) -> Result<u32, NoLetter> {
        let connection = self.connection;
        connection.turns.take(self.side, self)?;
        assert_eq!(connection.inbox(self.side).unread, [], "before the message is read");
        // SAFETY: as above.
        let message = connection.message.with(|place| unsafe { *place });
        assert_eq!(std::mem::take(&mut self.arrived), self.along(message));
        Ok(message)
    }
}

/// How a side has ended that was not killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// It has all the answers.
    Done,
    /// The end came when it waited.
    Gone,
    /// The end came when it sent.
    Broken,
    Refused,
}

/// What the server answers to.
fn answer(request: u32) -> u32 {
    request + 100
}

/// As `Link::call`, so many times. Says how many answers there were, too.
fn call(end: &mut End<'_>, calls: u32) -> (u32, Outcome) {
    for number in 0..calls {
        if end.send(number).is_err() {
            return (number, Outcome::Broken);
        }
        match end.receive_message() {
            Ok(message) => assert_eq!(message, answer(number)),
            Err(NoLetter::Gone) => return (number, Outcome::Gone),
            Err(NoLetter::Refused(_)) => return (number, Outcome::Refused),
            Err(NoLetter::Lost(error)) => panic!("{error}"),
        }
    }
    (calls, Outcome::Done)
}

/// As `serve`. Says how many answers it gave, too.
fn serve(end: &mut End<'_>) -> (u32, Outcome) {
    for number in 0.. {
        match end.receive_message() {
            Ok(message) => assert_eq!(message, number, "each request comes once"),
            Err(NoLetter::Gone) => return (number, Outcome::Gone),
            Err(error) => panic!("{error:?}"),
        }
        if end.send(answer(number)).is_err() {
            return (number, Outcome::Broken);
        }
    }
    unreachable!("the caller ends")
}

/// A process that is one side, dies after so many steps, and is closed by the system.
fn play<R: 'static>(
    connection: &Arc<Connection>,
    side: Side,
    steps: usize,
    body: impl Fn(&mut End<'_>) -> R + 'static,
) -> thread::JoinHandle<Option<R>> {
    let connection = Arc::clone(connection);
    thread::spawn(move || {
        let outcome =
            world::process(side as u64 + 1, steps, || body(&mut End::new(&connection, side)));
        connection.close(side);
        outcome
    })
}

const LIVES: usize = world::LIVES;

/// Two that live.
fn calls_alternate(calls: u32, descriptors: u32) {
    let connection = Connection::new(descriptors);
    let server = play(&connection, Side::Server, LIVES, serve);
    let caller = play(&connection, Side::Caller, LIVES, move |end| call(end, calls));
    assert_eq!(caller.join().unwrap(), Some((calls, Outcome::Done)));
    assert_eq!(server.join().unwrap(), Some((calls, Outcome::Gone)));
}

#[test]
fn no_turn_is_lost() {
    explore("no_turn_is_lost", || calls_alternate(3, 0));
}

#[test]
fn descriptors_come_first() {
    explore("descriptors_come_first", || calls_alternate(2, 2));
}

/// Whatever moment it is, the caller has every answer that was given, and notices the end.
fn the_server_dies(descriptors: u32, steps: usize) {
    const CALLS: u32 = 2;

    let connection = Connection::new(descriptors);
    let server = play(&connection, Side::Server, steps, serve);
    let (answers, outcome) = call(&mut End::new(&connection, Side::Caller), CALLS);
    match outcome {
        Outcome::Done => assert_eq!(answers, CALLS),
        Outcome::Gone => assert_eq!(connection.turns.latest(), Side::Server, "it was not given"),
        Outcome::Broken => assert_eq!(connection.turns.latest(), Side::Caller),
        Outcome::Refused => unreachable!("nobody refuses"),
    }
    connection.close(Side::Caller);
    if server.join().unwrap().is_some() {
        assert_eq!((answers, outcome), (CALLS, Outcome::Done), "it has not died");
    }
}

#[test]
fn a_server_dies() {
    explore_deaths("a_server_dies", 28, |steps| the_server_dies(0, steps));
}

#[test]
fn a_server_dies_with_descriptors() {
    explore_deaths("a_server_dies_with_descriptors", 36, |steps| the_server_dies(1, steps));
}

/// Whatever moment it is, the server makes every call that was requested, and notices the end.
fn the_caller_dies(descriptors: u32, steps: usize) {
    let connection = Connection::new(descriptors);
    let caller = play(&connection, Side::Caller, steps, |end| call(end, 2));
    let (answers, outcome) = serve(&mut End::new(&connection, Side::Server));
    match outcome {
        Outcome::Gone => assert_eq!(connection.turns.latest(), Side::Caller, "nothing is left"),
        Outcome::Broken => assert_eq!(connection.turns.latest(), Side::Server),
        Outcome::Done | Outcome::Refused => unreachable!("it serves until the end"),
    }
    connection.close(Side::Server);
    if let Some(done) = caller.join().unwrap() {
        assert_eq!((done, answers), ((2, Outcome::Done), 2), "it has not died");
    }
}

#[test]
fn a_caller_dies() {
    explore_deaths("a_caller_dies", 28, |steps| the_caller_dies(0, steps));
}

#[test]
fn a_caller_dies_with_descriptors() {
    explore_deaths("a_caller_dies_with_descriptors", 36, |steps| the_caller_dies(1, steps));
}

/// A server that cannot send all of an answer, and one that cannot serve at all. Whatever moment it dies at,
/// the caller gets the reason or notices the end.
#[test]
fn a_server_refuses() {
    explore_deaths("a_server_refuses", 20, |steps| {
        for receives_first in [true, false] {
            let connection = Connection::new(1);
            let server = play(&connection, Side::Server, steps, move |end| {
                if receives_first {
                    assert_eq!(end.receive_message().unwrap(), 0);
                    end.put(Item::Descriptor(0)).unwrap();
                }
                let _it_is_gone = end.put(Item::Refusal);
            });
            let (answers, outcome) = call(&mut End::new(&connection, Side::Caller), 1);
            assert_eq!(answers, 0);
            let lived = server.join().unwrap().is_some();
            assert!(matches!(
                (outcome, lived, receives_first),
                (Outcome::Refused, _, _)
                    | (Outcome::Gone, false, _)
                    | (Outcome::Broken, _, false)
                    | (Outcome::Broken, false, true)
            ));
        }
    });
}
