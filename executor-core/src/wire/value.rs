//! Any value and its encoded form: for tasks, and for whatever else carries values between processes.

use super::attach::{self, Attached, collecting};
use super::{Incoming, Output, Portable, bulk};
use crate::error::CodecError;
use crate::panics;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Appends the encoded form of any value, for whatever carries values between processes besides tasks:
/// queues, pipes, servers. Says what travels beside the bytes.
///
/// # Errors
///
/// The value does not encode, or there was no room for it. What has been written of it is taken back.
pub fn encode<T: Portable>(value: &T, output: &mut Output<'_>) -> Result<Attached, CodecError> {
    let start = output.len();
    let (encoded, attached) = collecting(|| panics::catch(|| encode_value(value, output)));
    let reason = match encoded {
        Ok(Ok(())) => return Ok(attached),
        Ok(Err(reason)) => reason,
        Err(report) => report.to_string(),
    };
    output.truncate(start);
    Err(CodecError::new("encode the value", reason))
}

/// Decodes what [`encode`] has written, with what travelled beside it.
///
/// # Errors
///
/// The bytes are not those of a `T`, or something is missing beside them.
pub fn decode<T: Portable>(bytes: Incoming<'_>, beside: Attached) -> Result<T, CodecError> {
    let reason = match panics::catch(|| attach::providing(beside, || decode_value::<T>(bytes))) {
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(reason)) => reason,
        Err(report) => report.to_string(),
    };
    Err(CodecError::new("decode the value", reason))
}

/// The encoded form of a value that travels as its memory, which is where it is already.
///
/// `None` for values of other types; those are to be [encoded](encode).
pub fn bulk_bytes<T: Portable>(value: &T) -> Option<&[u8]> {
    bulk::bytes_of(value)
}

/// Decodes like [`decode`]. A long string or vector of bytes is made of the buffer itself, which is
/// empty afterwards.
///
/// # Errors
///
/// The same.
pub fn decode_owned<T: Portable>(bytes: &mut Vec<u8>, beside: Attached) -> Result<T, CodecError> {
    match bulk::from_buffer(bytes) {
        Some(value) => value.map_err(|reason| CodecError::new("decode the value", reason)),
        None => decode(Incoming::private(bytes), beside),
    }
}

/// Appends the encoded form of a value, or says why not.
pub(super) fn encode_value<T: Serialize + 'static>(
    value: &T,
    output: &mut Output<'_>,
) -> Result<(), String> {
    if let Some(bytes) = bulk::bytes_of(value) {
        return output.extend(bytes).map_err(|refusal| refusal.to_string());
    }
    match postcard::serialize_with_flavor(value, &mut *output) {
        Ok(()) => Ok(()),
        Err(error) => match output.refusal() {
            Some(refusal) => Err(refusal.to_string()),
            None => Err(error.to_string()),
        },
    }
}

/// Makes a value of its encoded form, or says why not.
pub(super) fn decode_value<T: DeserializeOwned + 'static>(
    bytes: Incoming<'_>,
) -> Result<T, String> {
    if bulk::is_bulk::<T>() {
        return bulk::from_bytes(&bytes);
    }
    bytes.with(|bytes| postcard::from_bytes(bytes))?.map_err(|error| error.to_string())
}
