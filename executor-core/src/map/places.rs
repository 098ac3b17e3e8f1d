//! [`Places`]: the memory of a map, where every item has a place for its result.
//!
//! If a result fits where an item was, its place is that of the item: whoever runs an item moves it out
//! and has the room for what becomes of it. Then a map of a million numbers touches no more memory
//! than the vector it was given, and memory that is touched for the first time costs more than many items
//! do. Else the results have an array of their own, whose pages the workers are the first to touch.
//!
//! Nothing here knows which places are in use: see `job` and `results`. Under loom each place has a cell
//! besides, which tells loom of every access to the item or the result.

#[cfg(loom)]
use crate::sync::UnsafeCell;
use std::marker::PhantomData;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ptr::NonNull;

/// The places of the results.
pub(super) struct Places<R> {
    /// Where the first is.
    first: NonNull<u8>,
    /// How many bytes it is from one to the next.
    stride: usize,
    /// What the memory belongs to. It drops nothing that is in there.
    _memory: Box<dyn Send>,
    #[cfg(loom)]
    cells: Box<[UnsafeCell<()>]>,
    _results: PhantomData<R>,
}

/// The places of the items, which are there as long as the [`Places`] that were made with them.
pub(super) struct Items<A> {
    first: NonNull<A>,
}

// SAFETY: moving or sharing it lets results (R: Send) be put and taken in other threads, no more: there
// is no way to a reference to one. Whose turn it is is up to the callers of `put` and `take`.
unsafe impl<R: Send> Send for Places<R> {}
// SAFETY: as above.
unsafe impl<R: Send> Sync for Places<R> {}
// SAFETY: as above, for items.
unsafe impl<A: Send> Send for Items<A> {}
// SAFETY: as above, for items.
unsafe impl<A: Send> Sync for Items<A> {}

impl<R: Send + 'static> Places<R> {
    /// Places for `len` results.
    pub(super) fn new(len: usize) -> Self {
        let mut results = Vec::<MaybeUninit<R>>::with_capacity(len);
        let first = pointer_to(&mut results).cast();
        Self::within(first, size_of::<R>(), len, Box::new(results))
    }

    /// Places for the items, which are in them, and for their results.
    pub(super) fn with_items<A: Send + 'static>(items: Vec<A>) -> (Self, Items<A>) {
        let len = items.len();
        let mut items = undroppable(items);
        let first = pointer_to(&mut items).cast();
        let shared = size_of::<R>() <= size_of::<A>() && align_of::<R>() <= align_of::<A>();
        let places = if shared {
            Self::within(first.cast(), size_of::<A>(), len, Box::new(items))
        } else {
            let own = Self::new(len);
            Self { _memory: Box::new((items, own._memory)), ..own }
        };
        (places, Items { first })
    }

    fn within(first: NonNull<u8>, stride: usize, len: usize, memory: Box<dyn Send>) -> Self {
        let _only_loom_asks = len;
        Self {
            first,
            stride,
            _memory: memory,
            #[cfg(loom)]
            cells: (0..len).map(|_| UnsafeCell::new(())).collect(),
            _results: PhantomData,
        }
    }
}

impl<R> Places<R> {
    /// # Safety
    ///
    /// There are more than `index` places, no result is in this one and the item no longer is, and
    /// nobody else accesses it meanwhile.
    #[inline]
    pub(super) unsafe fn put(&self, index: usize, result: R) {
        // SAFETY: inside of the memory, which is aligned for results, as `with_items` has seen to, and
        // not in use, as the caller vouches.
        self.access(index, || unsafe { self.at(index).write(result) });
    }

    /// # Safety
    ///
    /// There are more than `index` places, a result is in this one and is not taken again, and nobody
    /// else accesses it meanwhile.
    #[inline]
    pub(super) unsafe fn take(&self, index: usize) -> R {
        // SAFETY: as for `put`, and there is a result, as the caller vouches.
        self.access(index, || unsafe { self.at(index).read() })
    }

    /// # Safety
    ///
    /// There are more than `index` places.
    #[inline]
    unsafe fn at(&self, index: usize) -> *mut R {
        // SAFETY: inside of the memory, as the caller vouches for the index.
        unsafe { self.first.as_ptr().add(index * self.stride).cast() }
    }

    #[inline(always)]
    #[cfg(not(loom))]
    fn access<T>(&self, _index: usize, f: impl FnOnce() -> T) -> T {
        f()
    }

    #[cfg(loom)]
    fn access<T>(&self, index: usize, f: impl FnOnce() -> T) -> T {
        self.cells[index].with_mut(|_| f())
    }
}

impl<A> Items<A> {
    /// Moves an item out.
    ///
    /// # Safety
    ///
    /// `places` are those that were made with the items and there are more than `index`, this item is
    /// taken only once, before anything else is done with its place, and nobody else accesses that
    /// meanwhile.
    #[inline]
    pub(super) unsafe fn take<R>(&self, index: usize, places: &Places<R>) -> A {
        // SAFETY: the places keep the memory, and the item is still there, as the caller vouches.
        places.access(index, || unsafe { self.first.add(index).read() })
    }
}

/// The same vector, which leaves what is in it alone when it is dropped.
fn undroppable<A>(items: Vec<A>) -> Vec<MaybeUninit<A>> {
    let mut items = ManuallyDrop::new(items);
    // SAFETY: the memory of a vector that is not used any more. `MaybeUninit` is laid out as what is
    // in it, and may hold what is in it.
    unsafe { Vec::from_raw_parts(items.as_mut_ptr().cast(), items.len(), items.capacity()) }
}

fn pointer_to<T>(memory: &mut Vec<T>) -> NonNull<T> {
    NonNull::new(memory.as_mut_ptr()).expect("a vector's pointer is never null")
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// Items of one type become results of another, each in its place, whether they fit or not.
    fn replaces<A: Send + 'static, R: Send + PartialEq + std::fmt::Debug + 'static>(
        item: impl Fn(usize) -> A,
        turn: impl Fn(A) -> R,
    ) {
        for len in [0, 1, 2, 7, 100] {
            let (places, items) = Places::with_items((0..len).map(&item).collect());
            for index in (0..len).rev() {
                // SAFETY: each item is taken, and then its result put, once.
                unsafe { places.put(index, turn(items.take(index, &places))) };
            }
            for index in 0..len {
                // SAFETY: each result has been put, and is taken once.
                assert_eq!(unsafe { places.take(index) }, turn(item(index)), "{index} of {len}");
            }
        }
    }

    #[test]
    fn results_fit_or_have_places_of_their_own() {
        replaces(|index| index, |index| index * 3);
        replaces(|index| index, |index| index as u8);
        replaces(|index| index as u8, |index| u64::from(index) << 40);
        replaces(|index| index, |index| index.to_string());
        replaces(|index| index.to_string(), |text| text + "!");
        replaces(|index| vec![index; 3], |list| list.len());
        replaces(|index| [index as u8; 64], |list| u32::from(list[63])); // larger, less aligned
        replaces(|_| (), |()| 7_u64);
        replaces(|index| index, |_| ());
        replaces(|_| (), |()| ());
    }
}
