//! Values as messages: encoded before any lock is taken, decoded when none is held any more.

use crate::shared::descriptor::{Descriptor, OwnedDescriptor, attached, descriptors_of};
use executor_core::wire::{Attached, bulk_bytes, decode_owned, encode, write_to};
use executor_core::{CodecError, Portable};
use std::cell::Cell;

/// A buffer of more than this is not kept for the next value.
const KEPT: usize = 1024 * 1024;

thread_local! {
    /// Taken out while it is used, so that the user's code can use another one meanwhile.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

fn with_buffer<R>(f: impl FnOnce(&mut Vec<u8>) -> R) -> R {
    // There is none while the thread ends.
    let mut buffer = BUFFER.try_with(Cell::take).unwrap_or_default();
    buffer.clear();
    let result = f(&mut buffer);
    if buffer.capacity() <= KEPT {
        let _thread_ends = BUFFER.try_with(|kept| kept.set(buffer));
    }
    result
}

/// Gives `send` the encoded form of a value: bytes and descriptors.
///
/// # Errors
///
/// The value cannot be encoded, or has something beside it that is not a descriptor.
pub(crate) fn with_encoded<T: Portable, R>(
    value: &T,
    send: impl FnOnce(&[u8], &[Descriptor]) -> R,
) -> Result<R, CodecError> {
    if let Some(bytes) = bulk_bytes(value) {
        return Ok(send(bytes, &[]));
    }
    with_buffer(|buffer| {
        let attached = write_to(buffer, |output| encode(value, output))?;
        if attached.is_empty() {
            return Ok(send(buffer, &[]));
        }
        let descriptors = descriptors_of(attached)
            .map_err(|reason| CodecError::new("encode the value", reason))?;
        Ok(send(buffer, &descriptors))
    })
}

/// Decodes what `receive` has written to a buffer and returned: bytes and descriptors.
///
/// # Errors
///
/// That of `receive`; or, inside, the bytes are not those of a `T`.
pub(crate) fn decoded<T: Portable, E>(
    receive: impl FnOnce(&mut Vec<u8>) -> Result<Vec<OwnedDescriptor>, E>,
) -> Result<Result<T, CodecError>, E> {
    with_buffer(|buffer| {
        let descriptors = receive(buffer)?;
        let beside = match descriptors.is_empty() {
            true => Attached::none(),
            false => attached(descriptors),
        };
        Ok(decode_owned(buffer, beside))
    })
}
