//! What a task can be asked while a worker has it: see [`Home`].

use super::after::After;
use super::entry::Work;
use super::link::Link;
use super::{Shared, State};
use crate::transport::outlet::{Frames, Place};
use executor_core::home::{Home, Recalled};
use executor_core::wire::{Attached, Incoming, OutcomeKind};
use executor_core::{FutureId, TaskError};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How long a thread looks for the outcome that it waits for before it sleeps.
const PATIENCE: Duration = Duration::from_micros(50);

impl State {
    /// The member that has this task, and the number it has there.
    fn find(&self, id: FutureId) -> Option<(usize, u32)> {
        self.members
            .iter()
            .enumerate()
            .find_map(|(index, member)| member.numbers_of(id).next().map(|number| (index, number)))
    }
}

impl Home for Shared {
    fn recall(&self, task: FutureId) -> Recalled {
        self.with(|state, after| {
            let mut items = Vec::new();
            for member in &mut state.members {
                for number in member.numbers_of(task).collect::<Vec<_>>() {
                    match member.recall(number).map(|entry| entry.work) {
                        Some(Work::Many(some)) => items.push(some),
                        Some(Work::One(task)) => {
                            self.make_up(state, after);
                            return Recalled::Task(task);
                        }
                        None => {
                            if let Some(Work::One(task)) = member.work(number) {
                                task.start();
                                return Recalled::Started;
                            }
                        }
                    }
                }
            }
            if !items.is_empty() {
                self.make_up(state, after);
            }
            // Items that are in the queue still are found to be cancelled when their turn comes.
            if items.is_empty() { Recalled::Elsewhere } else { Recalled::Items(items) }
        })
    }

    fn look(&self, task: FutureId) {
        let mut state = self.state.lock();
        if let Some((index, number)) = state.find(task) {
            let member = &mut state.members[index];
            if member.is_running(number)
                && let Some(Work::One(task)) = member.work(number)
            {
                task.start();
            }
        }
    }

    fn kill(&self, task: FutureId) -> bool {
        if self.config.threads_per_worker > 1 {
            return false; // others are running in the same process
        }
        self.with(|state, after| {
            let Some((index, number)) = state.find(task) else { return false };
            let worker = state.members[index].link.number;
            self.stop(state, worker, number, TaskError::Killed, after)
        })
    }

    fn assist(&self, task: FutureId, over: &dyn Fn() -> bool) -> bool {
        let found = {
            let state = self.state.lock();
            state.find(task).map(|(index, number)| (Arc::clone(&state.members[index].link), number))
        };
        let Some((link, number)) = found else { return over() };
        let bell = link.reader_bell();
        if !bell.assist() {
            return look_for(over);
        }
        let mine = {
            let mut frames = link.frames.lock();
            let start = Instant::now();
            let mut looks = 0_u32;
            loop {
                let before = frames.position();
                looks += 1;
                match frames.next(&link.region) {
                    Ok(Some(frame)) => {
                        let kind = OutcomeKind::from_number(frame.kind);
                        if frame.number == number
                            && frame.attachments == 0
                            && let (Some(kind), Place::Ring { start, len }) = (kind, frame.place)
                        {
                            // SAFETY: the frame is readable until it is freed.
                            let bytes = unsafe { Incoming::shared(start.as_ptr(), len) }.to_vec();
                            Frames::free(&link.region, frame.end);
                            // Before the reader can find the ring empty: if the worker has ended
                            // meanwhile, it takes what is in flight then for lost.
                            let mut after = After::default();
                            let work = self.resolve_one(&link, number, kind, &mut after);
                            break Some((work, after, kind, bytes));
                        }
                        frames.unread(before); // the reader's business
                        break None;
                    }
                    Err(_) => {
                        frames.unread(before);
                        break None;
                    }
                    Ok(None) if over() => break None,
                    Ok(None) => match looks {
                        0..100 => std::hint::spin_loop(),
                        _ if start.elapsed() > PATIENCE => break None,
                        _ => std::thread::yield_now(),
                    },
                }
            }
        };
        let entry = mine.map(|(work, after, kind, bytes)| {
            after.run(self);
            (work, kind, bytes)
        });
        bell.end_assist();
        if !link.frames.lock().is_empty(&link.region) && bell.ring() {
            link.wake_reader();
        }
        match entry {
            Some((Some(Work::One(task)), kind, bytes)) => {
                task.complete(kind, Incoming::private(&bytes), Attached::none());
                self.incoming.fetch_sub(1, Ordering::SeqCst);
                if self.refusing.load(Ordering::SeqCst) {
                    self.with(|state, after| self.settle(state, after));
                }
                true
            }
            _ => over(),
        }
    }
}

impl Shared {
    /// Something was taken back from a worker: it may have nothing left whose end would be news.
    fn make_up(&self, state: &mut State, after: &mut After) {
        self.employ(state, after);
        self.settle(state, after);
    }

    /// Takes the flight out whose outcome a thread has read in the reader's place.
    fn resolve_one(
        &self,
        link: &Link,
        number: u32,
        kind: OutcomeKind,
        after: &mut After,
    ) -> Option<Work> {
        let mut state = self.state.lock();
        let member = state.member(link.number)?;
        let flight = member.land(number)?;
        if let Work::One(task) = &flight.entry.work {
            task.start();
        }
        member.items -= 1;
        member.resolved += 1;
        member.stuck = false;
        match kind {
            OutcomeKind::Value => state.counters.completed += 1,
            _ => state.counters.failed += 1,
        }
        state.idle_deaths = 0;
        self.employ(&mut state, after);
        self.settle(&mut state, after);
        if matches!(flight.entry.work, Work::One(_)) {
            self.incoming.fetch_add(1, Ordering::SeqCst); // until the caller has completed it
        }
        Some(flight.entry.work)
    }
}

/// Looks for a while whether somebody else has completed the task.
fn look_for(over: &dyn Fn() -> bool) -> bool {
    let start = Instant::now();
    while !over() {
        if start.elapsed() > PATIENCE {
            return false;
        }
        std::thread::yield_now();
    }
    true
}
