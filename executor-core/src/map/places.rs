//! [`Places`]: the memory of a map, where every item has a place for its result.
//!
//! If a result fits where an item was, its place is that of the item: whoever runs an item moves it out
//! and has the room for what becomes of it. Then a map of a million numbers touches no more memory
//! than the vector it was given, and memory that is touched for the first time costs more than many items
//! do. Else the results have an array of their own, whose pages the workers are the first to touch.
//!
//! When all results are there and nobody has taken one, the memory can become the vector that they are
//! wanted in, without a copy.
//!
//! Nothing here knows which places are in use: see `job` and `results`. Under loom each place has a cell
//! besides, which tells loom of every access to the item or the result.

use crate::sync::Mutex;
#[cfg(loom)]
use crate::sync::UnsafeCell;
use std::alloc::{Layout, dealloc};
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

/// The places of the results.
pub(super) struct Places<R> {
    /// Where the first is.
    first: NonNull<u8>,
    /// How many bytes it is from one to the next.
    stride: usize,
    /// What they are in; nothing once that was given away.
    memory: Mutex<Option<Memory>>,
    /// What the items are in, if that is other memory.
    _items: Option<Memory>,
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
        let (memory, first) = Memory::of(Vec::<R>::with_capacity(len));
        Self::within(memory, first.cast(), size_of::<R>(), len)
    }

    /// Places for the items, which are in them, and for their results.
    pub(super) fn with_items<A: Send + 'static>(items: Vec<A>) -> (Self, Items<A>) {
        let len = items.len();
        let (memory, first) = Memory::of(items);
        let shared = size_of::<R>() <= size_of::<A>() && align_of::<R>() <= align_of::<A>();
        let places = if shared {
            Self::within(memory, first.cast(), size_of::<A>(), len)
        } else {
            Self { _items: Some(memory), ..Self::new(len) }
        };
        (places, Items { first })
    }

    fn within(memory: Memory, first: NonNull<u8>, stride: usize, len: usize) -> Self {
        let _only_loom_asks = len;
        Self {
            first,
            stride,
            memory: Mutex::new(Some(memory)),
            _items: None,
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

    /// Takes all results at once.
    ///
    /// # Safety
    ///
    /// There are `len` places, a result is in each, none of them is taken again, and nobody else accesses
    /// them meanwhile or ever after.
    pub(super) unsafe fn take_all(&self, len: usize) -> Vec<R> {
        let is_a_vector = size_of::<R>() > 0 && self.stride == size_of::<R>();
        let mut memory = self.memory.lock();
        let suits = |memory: &mut Memory| is_a_vector && memory.layout.align() == align_of::<R>();
        match memory.take_if(suits) {
            Some(memory) => {
                #[cfg(loom)]
                (0..len).for_each(|index| self.access(index, || ()));
                let capacity = memory.layout.size() / size_of::<R>();
                let first = ManuallyDrop::new(memory).first.cast();
                // SAFETY: memory of the global allocator that is laid out as that of a vector of results
                // of this capacity: it was that of one, or of one of items of the same size and alignment.
                // The results in it are initialised, and are the caller's, as it vouches; the memory was
                // ours, and is forgotten here.
                unsafe { Vec::from_raw_parts(first.as_ptr(), len, capacity) }
            }
            // SAFETY: as the caller vouches.
            None => (0..len).map(|index| unsafe { self.take(index) }).collect(),
        }
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

/// The memory of a vector. What is in it is not dropped with it.
struct Memory {
    first: NonNull<u8>,
    layout: Layout,
}

// SAFETY: it owns memory, and gives access to nothing that is in it.
unsafe impl Send for Memory {}

impl Memory {
    /// That of this vector, and where what is in it is.
    fn of<T>(vector: Vec<T>) -> (Self, NonNull<T>) {
        let mut vector = ManuallyDrop::new(vector);
        let first = NonNull::new(vector.as_mut_ptr()).expect("a vector's pointer is never null");
        let layout =
            Layout::array::<T>(vector.capacity()).expect("a vector of this capacity exists");
        (Self { first: first.cast(), layout }, first)
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        if self.layout.size() > 0 {
            // SAFETY: a vector's memory is from the global allocator, with this layout, unless it has no
            // bytes; and the vector was forgotten.
            unsafe { dealloc(self.first.as_ptr(), self.layout) };
        }
    }
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
                // SAFETY: each result has been put, and is taken once, and then put again.
                let result = unsafe { places.take(index) };
                assert_eq!(result, turn(item(index)), "{index} of {len}");
                // SAFETY: as above.
                unsafe { places.put(index, result) };
            }
            // SAFETY: all results have been put, and are not taken otherwise.
            let results = unsafe { places.take_all(len) };
            assert_eq!(results, (0..len).map(|index| turn(item(index))).collect::<Vec<_>>());
            drop((places, items));
            assert!(results.len() == len, "the memory is that of the vector alone");
        }
    }

    #[test]
    fn results_of_the_size_of_the_items_become_a_vector_where_they_are() {
        let vector: Vec<i64> = (0..100).collect();
        let before = vector.as_ptr().addr();
        let (places, items) = Places::<f64>::with_items(vector);
        for index in 0..100 {
            // SAFETY: each item is taken, and then its result put, once.
            unsafe { places.put(index, items.take(index, &places) as f64) };
        }
        // SAFETY: all results have been put, and are not taken otherwise.
        let results = unsafe { places.take_all(100) };
        assert_eq!(results.as_ptr().addr(), before);
        assert_eq!(results[99], 99.0);
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
        replaces(|index| index as u64, |index| [index as u8; 8]); // as large, less aligned
        replaces(|_| (), |()| 7_u64);
        replaces(|index| index, |_| ());
        replaces(|_| (), |()| ());
    }
}
