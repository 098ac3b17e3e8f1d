//! What is waiting to be run, and in which order.
//!
//! Tasks without a priority, which is nearly all of them, go through a lock-free first-in-first-out
//! queue (`crossbeam`'s injector). Those with one go to a heap behind a lock, higher before lower and
//! equal ones in the order submitted: positive priorities are served before the queue, negative ones
//! after it. While the heaps are empty they cost a worker one load each.

use crossbeam_deque::{Injector, Steal};
use executor_core::Task;
use parking_lot::Mutex;
use std::cmp::Ordering as Order;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicUsize, Ordering};

pub(crate) struct RunQueue {
    /// Priorities above zero.
    urgent: Lane,
    normal: Injector<Task>,
    /// Priorities below zero.
    low: Lane,
}

impl RunQueue {
    pub(crate) fn new() -> Self {
        Self { urgent: Lane::new(), normal: Injector::new(), low: Lane::new() }
    }

    #[inline]
    pub(crate) fn push(&self, task: Task) {
        match task.options().map_or(0, executor_core::TaskOptions::priority) {
            0 => self.normal.push(task),
            priority if priority > 0 => self.urgent.push(priority, task),
            priority => self.low.push(priority, task),
        }
    }

    /// Takes the task that is to be started next.
    #[inline]
    pub(crate) fn pop(&self) -> Option<Task> {
        self.pop_urgent().or_else(|| self.pop_normal()).or_else(|| self.low.pop())
    }

    /// Takes a task of positive priority.
    #[inline]
    pub(crate) fn pop_urgent(&self) -> Option<Task> {
        self.urgent.pop()
    }

    #[inline]
    fn pop_normal(&self) -> Option<Task> {
        loop {
            match self.normal.steal() {
                Steal::Success(task) => return Some(task),
                Steal::Empty => return None,
                Steal::Retry => {}
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.normal.is_empty() && self.urgent.is_empty() && self.low.is_empty()
    }
}

/// A heap behind a lock, with its length beside it.
struct Lane {
    len: AtomicUsize,
    heap: Mutex<Heap>,
}

#[derive(Default)]
struct Heap {
    entries: BinaryHeap<Entry>,
    next: u64,
}

struct Entry {
    priority: i32,
    sequence: u64,
    task: Task,
}

impl Lane {
    fn new() -> Self {
        Self { len: AtomicUsize::new(0), heap: Mutex::new(Heap::default()) }
    }

    fn push(&self, priority: i32, task: Task) {
        let mut heap = self.heap.lock();
        let sequence = heap.next;
        heap.next += 1;
        heap.entries.push(Entry { priority, sequence, task });
        self.len.store(heap.entries.len(), Ordering::Release);
    }

    #[inline]
    fn pop(&self) -> Option<Task> {
        if self.is_empty() {
            return None;
        }
        let mut heap = self.heap.lock();
        let entry = heap.entries.pop();
        self.len.store(heap.entries.len(), Ordering::Release);
        entry.map(|entry| entry.task)
    }

    #[inline]
    fn is_empty(&self) -> bool {
        self.len.load(Ordering::Acquire) == 0
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Order {
        self.priority.cmp(&other.priority).then(other.sequence.cmp(&self.sequence))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Order> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Order::Equal
    }
}

impl Eq for Entry {}
