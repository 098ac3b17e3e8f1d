//! The buffer that a thread encodes messages into, and receives them in.

use std::cell::Cell;

/// What is larger is not kept.
const KEPT: usize = 256 * 1024;

thread_local! {
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Runs `f` with an empty buffer.
///
/// Somebody's `Serialize` may send messages too; it gets another one.
pub(super) fn with_buffer<R>(f: impl FnOnce(&mut Vec<u8>) -> R) -> R {
    // Where the thread is about to end there may be none.
    let mut buffer = BUFFER.try_with(Cell::take).unwrap_or_default();
    buffer.clear();
    let result = f(&mut buffer);
    if buffer.capacity() <= KEPT {
        let _ended = BUFFER.try_with(|kept| kept.set(buffer));
    }
    result
}
