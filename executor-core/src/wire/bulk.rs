//! Values that are nothing but a run of bytes in memory, and travel as such.
//!
//! serde takes a `Vec<u8>` apart byte by byte, at a nanosecond or more for each. Where the whole
//! argument or result of a task is a string or a vector of numbers, its memory is copied instead. For
//! such a value inside of others there are `serde_bytes` and shared buffers.

use super::Incoming;
use std::any::{Any, TypeId};
use std::collections::TryReserveError;

macro_rules! for_each_number {
    ($action:ident) => {
        $action!(u8 i8 u16 i16 u32 i32 u64 i64 u128 i128 usize isize f32 f64)
    };
}

/// Whether values of this type travel as their memory.
#[inline]
pub(super) fn is_bulk<T: 'static>() -> bool {
    macro_rules! is_any_of {
        ($($number:ty)*) => {
            TypeId::of::<T>() == TypeId::of::<String>()
                $(|| TypeId::of::<T>() == TypeId::of::<Vec<$number>>())*
        };
    }
    for_each_number!(is_any_of)
}

/// The memory of such a value.
#[inline]
pub(super) fn bytes_of<T: 'static>(value: &T) -> Option<&[u8]> {
    let value: &dyn Any = value;
    if let Some(text) = value.downcast_ref::<String>() {
        return Some(text.as_bytes());
    }
    macro_rules! first_of {
        ($($number:ty)*) => {$(
            if let Some(vector) = value.downcast_ref::<Vec<$number>>() {
                // SAFETY: the elements are plain numbers: initialised bytes without padding.
                return Some(unsafe {
                    std::slice::from_raw_parts(vector.as_ptr().cast(), size_of_val(&vector[..]))
                });
            }
        )*};
    }
    for_each_number!(first_of);
    None
}

/// Makes such a value from a copy of its memory.
pub(super) fn from_bytes<T: 'static>(incoming: &Incoming<'_>) -> Result<T, String> {
    if TypeId::of::<T>() == TypeId::of::<String>() {
        let text = String::from_utf8(incoming.try_to_vec()?).map_err(|error| error.to_string())?;
        return Ok(as_itself(text));
    }
    macro_rules! first_of {
        ($($number:ty)*) => {$(
            if TypeId::of::<T>() == TypeId::of::<Vec<$number>>() {
                return numbers::<$number>(incoming).map(as_itself);
            }
        )*};
    }
    for_each_number!(first_of);
    Err("not a type that travels as its memory".to_owned())
}

/// Makes a long string or vector of bytes of the buffer that holds its memory, if it is one and does not
/// waste much.
pub(super) fn from_buffer<T: 'static>(buffer: &mut Vec<u8>) -> Option<Result<T, String>> {
    /// What is shorter is copied, so that the buffer can be used again.
    const LONG: usize = 16 * 1024;
    if buffer.len() < LONG || buffer.capacity() / 2 > buffer.len() {
        return None;
    }
    if TypeId::of::<T>() == TypeId::of::<Vec<u8>>() {
        return Some(Ok(as_itself(std::mem::take(buffer))));
    }
    if TypeId::of::<T>() == TypeId::of::<String>() {
        let text = String::from_utf8(std::mem::take(buffer)).map_err(|error| error.to_string());
        return Some(text.map(as_itself));
    }
    None
}

/// Numbers from their memory.
pub(super) fn numbers<N: Copy>(incoming: &Incoming<'_>) -> Result<Vec<N>, String> {
    let (len, size) = (incoming.len(), size_of::<N>());
    if !len.is_multiple_of(size) {
        return Err(format!("{len} bytes are no whole number of {size}-byte elements"));
    }
    let mut vector: Vec<N> = Vec::new();
    vector.try_reserve_exact(len / size).map_err(|error| error.to_string())?;
    expect_large_pages(vector.as_mut_ptr().cast(), len);
    // SAFETY: the source holds `len` bytes and the vector has room for them; every pattern of bits
    // is a number. Another process that breaks the rules may write to the source meanwhile; then
    // the numbers are wrong, as they would be had it written before.
    unsafe {
        std::ptr::copy_nonoverlapping(incoming.as_ptr(), vector.as_mut_ptr().cast::<u8>(), len);
        vector.set_len(len / size);
    }
    Ok(vector)
}

/// Makes room in an empty buffer for so many bytes that are about to be copied into it, all of them.
///
/// # Errors
///
/// There is no memory.
pub fn make_room(buffer: &mut Vec<u8>, len: usize) -> Result<(), TryReserveError> {
    if buffer.capacity() < len {
        buffer.try_reserve_exact(len)?;
        expect_large_pages(buffer.as_mut_ptr(), len);
    }
    Ok(())
}

/// Says that memory which has just been allocated is about to be filled, all of it.
///
/// Most of the time that a large copy takes would otherwise go into faults, one for every 4 KiB.
#[cfg(target_os = "linux")]
fn expect_large_pages(start: *mut u8, len: usize) {
    use rustix::mm::{Advice, madvise};
    use rustix::param::page_size;
    /// What is smaller comes from memory that has been used before.
    const MUCH: usize = 4 * 1024 * 1024;
    if len < MUCH {
        return;
    }
    let skipped = start.addr().next_multiple_of(page_size()) - start.addr();
    let whole = (len - skipped) / page_size() * page_size();
    // SAFETY: whole pages within an allocation of `len` bytes. The advice changes how they are backed,
    // not what they hold.
    let _it_is_only_advice =
        unsafe { madvise(start.add(skipped).cast(), whole, Advice::LinuxHugepage) };
}

#[cfg(not(target_os = "linux"))]
fn expect_large_pages(_start: *mut u8, _len: usize) {}

/// The same value under the name of its type in a generic function.
fn as_itself<T: 'static, U: 'static>(value: U) -> T {
    let mut value = Some(value);
    let value: &mut dyn Any = &mut value;
    value.downcast_mut::<Option<T>>().and_then(Option::take).expect("called with T = U")
}
