//! [`Heap`]: the smallest item first, equal ones in the order in which they came.
//!
//! `std::collections::BinaryHeap` is not used because a panic in `Ord::cmp` leaves it in an unspecified
//! order, and one in its `pop` drops the item. Here every operation first finds out, by comparing, what
//! is to move where, and then moves it, which cannot panic. So a panic changes nothing.

use super::store::Store;

/// A binary heap in a vector: the children of the node at `i` are at `2i + 1` and `2i + 2`, and no
/// node is smaller than its parent.
#[derive(Debug)]
pub(crate) struct Heap<T> {
    nodes: Vec<Node<T>>,
    /// The number of the next item.
    next: u64,
}

#[derive(Debug)]
struct Node<T> {
    item: T,
    /// What tells equal items apart: the earlier is the smaller.
    number: u64,
}

impl<T: Ord> Node<T> {
    fn precedes(&self, other: &Self) -> bool {
        self.item.cmp(&other.item).then(self.number.cmp(&other.number)).is_lt()
    }
}

fn parent(index: usize) -> usize {
    (index - 1) / 2
}

impl<T: Ord> Heap<T> {
    /// Where a new node belongs, on the way from the first free place to the root.
    fn place_for(&self, node: &Node<T>) -> usize {
        let mut place = self.nodes.len();
        while place > 0 && node.precedes(&self.nodes[parent(place)]) {
            place = parent(place);
        }
        place
    }

    /// Where the last node belongs once the root is gone, on the way from the root down along the
    /// smaller children.
    fn place_for_last(&self) -> usize {
        let Some((last, others)) = self.nodes.split_last() else { return 0 };
        let mut place = 0;
        loop {
            let left = 2 * place + 1;
            let Some(mut child) = others.get(left) else { return place };
            let mut index = left;
            if let Some(right) = others.get(left + 1).filter(|right| right.precedes(child)) {
                (child, index) = (right, left + 1);
            }
            if last.precedes(child) {
                return place;
            }
            place = index;
        }
    }
}

impl<T: Ord> Store for Heap<T> {
    type Item = T;

    fn push(&mut self, item: T) {
        let node = Node { item, number: self.next };
        let place = self.place_for(&node);
        self.next += 1;
        self.nodes.push(node);
        // The ancestors below the place move down by one, the last to the place.
        let mut index = self.nodes.len() - 1;
        while index > place {
            self.nodes.swap(index, parent(index));
            index = parent(index);
        }
    }

    fn pop(&mut self) -> Option<T> {
        if self.nodes.is_empty() {
            return None;
        }
        let place = self.place_for_last();
        // The nodes on the way from the root to the place move up by one: exchanging the new root
        // with each of them, from the top, does that. Going up from the place instead, with one node
        // in the hand, needs no list of the way.
        let last = self.nodes.pop()?;
        if self.nodes.is_empty() {
            return Some(last.item);
        }
        let mut hand = last;
        let mut index = place;
        loop {
            std::mem::swap(&mut hand, &mut self.nodes[index]);
            if index == 0 {
                return Some(hand.item);
            }
            index = parent(index);
        }
    }

    fn len(&self) -> usize {
        self.nodes.len()
    }

    /// In the order in which they came.
    fn into_items(mut self) -> Vec<T> {
        self.nodes.sort_unstable_by_key(|node| node.number);
        self.nodes.into_iter().map(|node| node.item).collect()
    }
}

impl<T> Default for Heap<T> {
    fn default() -> Self {
        Self { nodes: Vec::new(), next: 0 }
    }
}

impl<T: Ord> FromIterator<T> for Heap<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut heap = Self::default();
        items.into_iter().for_each(|item| heap.push(item));
        heap
    }
}
