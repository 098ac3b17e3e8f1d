//! [`Queue`]: the tasks that no worker has, in the order in which they were submitted.
//!
//! A task keeps its turn when it is handed out, so what is taken back gets its old place, from however many
//! workers it comes and in whatever order. Each item of a `map` has a turn of its own, by which the parts of a
//! batch find their places.

use super::entry::Entry;
use std::collections::VecDeque;

#[derive(Default)]
pub(super) struct Queue {
    /// By turn, and no turn twice.
    entries: VecDeque<Entry>,
    /// The turn of the next that is submitted.
    next: u64,
}

impl Queue {
    /// Takes a new entry, which is behind all others.
    pub(super) fn push(&mut self, mut entry: Entry) {
        entry.turn = self.next;
        self.next += entry.items() as u64;
        self.entries.push_back(entry);
    }

    /// Takes an entry, or a part of one, that was in the queue before.
    pub(super) fn put_back(&mut self, entry: Entry) {
        entry.unship();
        self.put_rest(entry);
    }

    /// Takes the part of an entry which was not handed out.
    pub(super) fn put_rest(&mut self, entry: Entry) {
        let place = match self.entries.front() {
            Some(front) if front.turn < entry.turn => {
                self.entries.partition_point(|other| other.turn < entry.turn)
            }
            _ => 0,
        };
        self.entries.insert(place, entry);
    }

    /// Whose turn it is.
    pub(super) fn front(&self) -> Option<&Entry> {
        self.entries.front()
    }

    pub(super) fn pop(&mut self) -> Option<Entry> {
        self.entries.pop_front()
    }

    pub(super) fn drain(&mut self) -> impl Iterator<Item = Entry> {
        self.entries.drain(..)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many items they have.
    pub(super) fn items(&self) -> usize {
        self.entries.iter().map(Entry::items).sum()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::engine::basket::Basket;
    use crate::engine::entry::Work;
    use executor_core::Executor;

    fn turns(queue: &mut Queue) -> Vec<u64> {
        queue.drain().map(|entry| entry.turn).collect()
    }

    #[test]
    fn what_comes_back_gets_its_old_place() {
        let (mut queue, basket) = (Queue::default(), Basket::default());
        for n in 0..6_u64 {
            let _future = basket.submit(|n: u64| n, n).unwrap();
        }
        basket.entries().into_iter().for_each(|entry| queue.push(entry));
        let mut out: Vec<_> = (0..5).map_while(|_| queue.pop()).collect();
        // Everything is taken back from one worker, and then from another; one task stays away.
        for index in [4, 2, 0, 0] {
            queue.put_back(out.remove(index));
        }
        assert_eq!(turns(&mut queue), [0, 1, 2, 4, 5]);
    }

    #[test]
    fn parts_of_a_batch_get_theirs() {
        let (mut queue, basket) = (Queue::default(), Basket::default());
        let _first = basket.map(|n: u64| n, 0..10).unwrap();
        let _second = basket.submit(|n: u64| n, 7).unwrap();
        basket.entries().into_iter().for_each(|entry| queue.push(entry));
        let mut first = queue.pop().unwrap();
        let mut second = first.split_off(4).unwrap();
        let third = second.split_off(3).unwrap();
        // One of these three is over, and one has been started.
        let Work::Many(items) = &mut second.work else { panic!("it is a map") };
        *items = items.split_off(1);
        let rest = second.rest_after(2, 1).unwrap();
        assert_eq!(rest.turn, 6);
        queue.put_rest(third);
        queue.put_back(first);
        queue.put_back(rest);
        assert_eq!(queue.items(), 4 + 1 + 3 + 1);
        assert_eq!(turns(&mut queue), [0, 6, 7, 10]);
    }
}
