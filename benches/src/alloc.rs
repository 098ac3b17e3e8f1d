//! How much memory is alive: the system's allocator with two counters in front.
//!
//! The counters move only inside [`counted`]. Outside, an allocation costs one more relaxed load
//! of a flag that does not change, which is the same for every contestant.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicIsize};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static ON: AtomicBool = AtomicBool::new(false);
static BYTES: AtomicIsize = AtomicIsize::new(0);
static BLOCKS: AtomicIsize = AtomicIsize::new(0);

/// What has been allocated and not freed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Live {
    /// The bytes asked for, without what the allocator adds to each block.
    pub bytes: isize,
    /// The number of blocks.
    pub blocks: isize,
}

/// Runs `f` and says by how much more is alive afterwards, in all threads together.
///
/// To be used by one thread at a time.
pub fn counted<R>(f: impl FnOnce() -> R) -> (R, Live) {
    BYTES.store(0, Relaxed);
    BLOCKS.store(0, Relaxed);
    ON.store(true, Relaxed);
    let result = f();
    ON.store(false, Relaxed);
    (result, Live { bytes: BYTES.load(Relaxed), blocks: BLOCKS.load(Relaxed) })
}

/// The system's allocator, counted.
struct Counting;

/// Notes a change, if somebody wants to know.
fn note(bytes: isize, blocks: isize) {
    if ON.load(Relaxed) {
        BYTES.fetch_add(bytes, Relaxed);
        BLOCKS.fetch_add(blocks, Relaxed);
    }
}

// SAFETY: every call is passed on unchanged to the system's allocator, which keeps the contract; the
// counters are plain numbers that nothing depends on, and `note` neither allocates nor panics.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size().cast_signed(), 1);
        // SAFETY: the caller's promise, passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(layout.size().cast_signed(), 1);
        // SAFETY: the caller's promise, passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        note(-layout.size().cast_signed(), -1);
        // SAFETY: the caller's promise, passed on.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(size.cast_signed() - layout.size().cast_signed(), 0);
        // SAFETY: the caller's promise, passed on.
        unsafe { System.realloc(block, layout, size) }
    }
}
