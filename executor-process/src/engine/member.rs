//! [`Member`]: one worker as the pool's books have it, under the pool's lock.
//!
//! # Life
//!
//! ```text
//!   Starting ──ready──▶ Ready ──quota used up, pool ends──▶ Leaving ──▶ gone
//!      │                  │  killed: deadline, kill(), break    │
//!      └──────────────────┴──────────────── dies ───────────────┴──▶ gone
//! ```
//!
//! Only a Ready member is given tasks. Whatever the phase, a member is gone when its reader has seen
//! the process end and has read the last of its results; then what it had not started goes back to
//! the queue, and what it was running has failed. Tests: `tests/process/life.rs`,
//! `tests/process_faults/`.
//!
//! # The window
//!
//! `flights` are the tasks that the worker has, by number, in the order sent: those that it runs, those
//! ahead of it, and those that are done but for which an older one is not. A task is in flight from
//! before the worker can see it until its last outcome was read or it was recalled.
//!
//! The slots and the ring of arguments are freed in order. With one thread per worker the oldest
//! flight is the running one, and nothing is held up. With several, a long task could be in the way of
//! a thousand later ones; it is then moved to `stragglers`, and its slot passed over.

use super::entry::{Entry, Work};
use super::link::Link;
use crate::transport::beside::Beside;
use crate::transport::claim::Progress;
use crate::transport::inlet::{self, Inlet, Shipment};
use crate::transport::region::{SLOTS, Word};
use executor_core::{FutureId, TaskError};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering::{Relaxed, Release};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Starting,
    Ready,
    Leaving,
}

/// A task that a worker has.
#[derive(Debug)]
pub(crate) struct Flight {
    pub(crate) entry: Entry,
    /// Of how many of its items the outcome is known.
    pub(crate) resolved: usize,
    /// Whether the worker has said that it has started it.
    pub(crate) announced: bool,
}

/// A place in the window.
#[derive(Debug)]
struct Place {
    flight: Option<Flight>,
    /// Where its argument begins in the ring, and where it ends.
    data: (u64, u64),
}

#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) link: Arc<Link>,
    pub(crate) phase: Phase,
    inlet: Inlet,
    flights: VecDeque<Place>,
    /// The number of the first of them.
    oldest: u32,
    stragglers: BTreeMap<u32, Place>,
    /// How many flights there are.
    pub(crate) in_flight: usize,
    /// How many items they have that are not resolved.
    pub(crate) items: usize,
    /// How many items have been resolved, ever.
    pub(crate) resolved: u64,
    /// What `resolved` was at the supervisor's last look.
    pub(crate) seen: u64,
    /// Whether it has not finished anything since then, so that its average is no longer to be trusted.
    pub(crate) stuck: bool,
    /// How many more tasks it may be given, if there is a limit.
    pub(crate) quota: Option<usize>,
    /// Whether the supervisor has seen it with as many resolved once before.
    pub(crate) warned: bool,
    /// The task that it is killed for, and what becomes of that.
    pub(crate) doom: Option<(u32, TaskError)>,
    /// When it is killed if it is not ready, or not gone, by then.
    pub(crate) overdue: Option<Instant>,
    /// Of tasks that have none of their own.
    pub(crate) deadline: Option<Duration>,
    /// Whether it was killed because it was not ready in time.
    pub(crate) late: bool,
    /// How many messages of what travels beside arguments it has been sent.
    pub(crate) messages: u32,
    /// Its reader.
    pub(crate) thread: Option<JoinHandle<()>>,
}

impl Member {
    pub(crate) fn new(link: Arc<Link>, quota: Option<usize>, overdue: Option<Instant>) -> Self {
        Self {
            link,
            phase: Phase::Starting,
            inlet: Inlet::default(),
            flights: VecDeque::new(),
            oldest: 0,
            stragglers: BTreeMap::new(),
            in_flight: 0,
            items: 0,
            resolved: 0,
            seen: 0,
            stuck: false,
            warned: false,
            quota,
            doom: None,
            overdue,
            deadline: None,
            late: false,
            messages: 0,
            thread: None,
        }
    }

    /// Whether another task can be put in the window.
    pub(crate) fn has_slot(&self) -> bool {
        self.in_flight < SLOTS / 2
    }

    /// How many messages of what travels beside arguments it has not received yet.
    pub(crate) fn unread(&self) -> u32 {
        self.messages.wrapping_sub(self.link.region.word(Word::Received).load(Relaxed))
    }

    /// Whether an argument of so many bytes fits in the ring now.
    pub(crate) fn has_room(&self, len: usize) -> bool {
        self.inlet.has_room(&self.link.region, len)
    }

    /// Sends a task, for which there is room, and returns its number.
    pub(crate) fn launch(&mut self, entry: Entry, message: u32) -> u32 {
        self.make_way();
        let start = self.inlet.position();
        let number = self.inlet.next();
        let items = entry.items();
        let shipment = Shipment {
            function: entry.function,
            trampoline: entry.trampoline,
            argument: entry.payload.argument(),
            items,
            flags: entry.flags(self.deadline),
            attachments: entry.beside().map_or(0, Beside::len),
            message,
        };
        self.inlet.publish(&self.link.region, &shipment);
        if shipment.attachments > 0 {
            self.link.region.word(Word::Settled).store(self.messages, Release);
        }
        let data = (start, self.inlet.position());
        self.flights.push_back(Place {
            flight: Some(Flight { entry, resolved: 0, announced: false }),
            data,
        });
        self.in_flight += 1;
        self.items += items;
        number
    }

    /// Sees to it that the next slot is free.
    fn make_way(&mut self) {
        let slot = |number: u32| number as usize % SLOTS;
        loop {
            if self.flights.len() >= SLOTS {
                // The slot after next is that of the oldest flight.
                let oldest = self.flights.pop_front().filter(|place| place.flight.is_some());
                self.stragglers.extend(oldest.map(|place| (self.oldest, place)));
                self.oldest = self.oldest.wrapping_add(1);
                self.tidy();
            } else if self.stragglers.keys().any(|&late| slot(late) == slot(self.inlet.next())) {
                let position = self.inlet.position();
                self.inlet.skip_number();
                self.flights.push_back(Place { flight: None, data: (position, position) });
            } else {
                return;
            }
        }
    }

    /// The flight with this number.
    pub(crate) fn flight(&mut self, number: u32) -> Option<&mut Flight> {
        let index = number.wrapping_sub(self.oldest) as usize;
        let place = match self.flights.get_mut(index) {
            Some(place) => place,
            None => self.stragglers.get_mut(&number)?,
        };
        place.flight.as_mut()
    }

    /// Who waits for the outcome of a flight.
    pub(crate) fn work(&mut self, number: u32) -> Option<&Work> {
        self.flight(number).map(|flight| &flight.entry.work)
    }

    /// The numbers of the flights that are of this task, or batch.
    pub(crate) fn numbers_of(&self, id: FutureId) -> impl Iterator<Item = u32> {
        self.places().filter(move |(_, flight)| flight.entry.id() == id).map(|(number, _)| number)
    }

    /// All flights, oldest first.
    fn places(&self) -> impl Iterator<Item = (u32, &Flight)> {
        let late = self.stragglers.iter().map(|(&number, place)| (number, place));
        let ahead = (0..).zip(&self.flights);
        let ahead = ahead.map(|(index, place)| (self.oldest.wrapping_add(index), place));
        late.chain(ahead).filter_map(|(number, place)| Some((number, place.flight.as_ref()?)))
    }

    /// The numbers of all flights, oldest first.
    pub(crate) fn numbers(&self) -> Vec<u32> {
        self.places().map(|(number, _)| number).collect()
    }

    /// Takes a flight out of the window: the worker does not look at it any more.
    pub(crate) fn land(&mut self, number: u32) -> Option<Flight> {
        let index = number.wrapping_sub(self.oldest) as usize;
        let flight = match self.flights.get_mut(index) {
            Some(place) => place.flight.take()?,
            None => self.stragglers.remove(&number)?.flight?,
        };
        self.in_flight -= 1;
        self.tidy();
        Some(flight)
    }

    /// Frees what the oldest flights had.
    fn tidy(&mut self) {
        let mut freed = None;
        while let Some(Place { flight: None, data }) = self.flights.front() {
            freed = Some(data.1);
            self.flights.pop_front();
            self.oldest = self.oldest.wrapping_add(1);
        }
        let mut until = match (self.flights.front(), freed) {
            (Some(place), _) => place.data.0,
            (None, Some(end)) => end,
            (None, None) => self.inlet.position(),
        };
        for place in self.stragglers.values() {
            until = until.min(place.data.0);
        }
        self.inlet.free(until);
    }

    /// Takes back what the worker has not started of a flight; `None` if it has started everything.
    ///
    /// What it has started stays in flight.
    pub(crate) fn recall(&mut self, number: u32) -> Option<Entry> {
        let link = Arc::clone(&self.link);
        let claim = inlet::claim(&link.region, number);
        let flight = self.flight(number)?;
        let progress = claim.recall();
        if progress.left == 0 {
            return None;
        }
        let items = flight.entry.items();
        let entry = if progress.started == 0 && flight.resolved == 0 {
            self.land(number)?.entry
        } else {
            // What the worker says is taken for no more than it can be.
            let started = progress.started.clamp(flight.resolved, flight.resolved + items);
            let resolved = flight.resolved;
            let rest = flight.entry.rest_after(started, resolved)?;
            if flight.entry.items() == 0 {
                self.land(number);
            }
            rest
        };
        self.items -= entry.items();
        if let Some(quota) = &mut self.quota {
            *quota += entry.items();
        }
        Some(entry)
    }

    /// Takes back everything that the worker has not started, oldest first.
    pub(crate) fn recall_all(&mut self) -> Vec<Entry> {
        self.numbers().into_iter().filter_map(|number| self.recall(number)).collect()
    }

    /// Whether an item of the flight has been started whose outcome is not known.
    pub(crate) fn is_running(&mut self, number: u32) -> bool {
        let link = Arc::clone(&self.link);
        let started = inlet::claim(&link.region, number).progress().started;
        // What it has said once holds, whatever it writes there later.
        self.flight(number).is_some_and(|flight| flight.announced || flight.resolved < started)
    }

    /// The turn of the first item that has not been started.
    pub(crate) fn first_unstarted(&self) -> Option<u64> {
        let mut flights = self.progress();
        flights.find_map(|(turn, Progress { started, left })| {
            (left > 0).then_some(turn + started as u64)
        })
    }

    /// The turn of the last item that has been started.
    pub(crate) fn last_started(&self) -> Option<u64> {
        let flights = self.progress().filter(|(_, progress)| progress.started > 0);
        flights.last().map(|(turn, progress)| turn + progress.started as u64 - 1)
    }

    /// How far each flight is by what the worker says, and the turn of its first item, oldest first.
    fn progress(&self) -> impl Iterator<Item = (u64, Progress)> {
        let region = &self.link.region;
        self.places()
            .map(|(number, flight)| (flight.entry.turn, inlet::claim(region, number).progress()))
    }

    /// How many unresolved items are ahead of those that are being run.
    pub(crate) fn ahead(&self, threads: usize) -> usize {
        self.items.saturating_sub(threads)
    }
}
