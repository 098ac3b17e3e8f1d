//! [`Store`]: in which order a queue gives back its items.

use std::collections::VecDeque;

/// Where the items of a queue are.
///
/// `push` and `pop` may panic if comparing items does. The store then holds what it held before.
pub(crate) trait Store: Default {
    type Item;

    fn push(&mut self, item: Self::Item);

    /// Takes the item whose turn it is.
    fn pop(&mut self) -> Option<Self::Item>;

    fn len(&self) -> usize;

    /// All items, without comparing any.
    fn into_items(self) -> Vec<Self::Item>;
}

/// First in, first out.
impl<T> Store for VecDeque<T> {
    type Item = T;

    #[inline]
    fn push(&mut self, item: T) {
        self.push_back(item);
    }

    #[inline]
    fn pop(&mut self) -> Option<T> {
        self.pop_front()
    }

    #[inline]
    fn len(&self) -> usize {
        VecDeque::len(self)
    }

    fn into_items(self) -> Vec<T> {
        self.into()
    }
}

/// Last in, first out.
impl<T> Store for Vec<T> {
    type Item = T;

    #[inline]
    fn push(&mut self, item: T) {
        Vec::push(self, item);
    }

    #[inline]
    fn pop(&mut self) -> Option<T> {
        Vec::pop(self)
    }

    #[inline]
    fn len(&self) -> usize {
        Vec::len(self)
    }

    fn into_items(mut self) -> Vec<T> {
        self.reverse();
        self
    }
}
