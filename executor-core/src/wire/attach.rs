//! Attachments: what travels beside the bytes of a value, such as a block of shared memory.
//!
//! A type whose content should not be copied into the encoded form calls [`attach`] in its
//! `Serialize`, and writes the number it gets; its `Deserialize` reads the number and calls
//! [`attachment`]. Both work only while the core encodes or decodes a value for an executor, in the
//! same thread; at other times they return `None`, and the type falls back to writing its content.

use crate::sync::thread_local_const;
use std::any::Any;
use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::sync::Arc;

/// Something that travels beside the bytes. What it is, is between the type and the executor.
pub type Attachment = Arc<dyn Any + Send + Sync>;

/// What the value being encoded or decoded in this thread has.
#[derive(Default)]
enum Current {
    #[default]
    Nothing,
    Encoding(Vec<Attachment>),
    Decoding(Vec<Attachment>),
}

thread_local_const! {
    /// Never dropped, so that it is there until the very end of the thread, for tasks submitted by
    /// destructors; by then it is `Nothing`.
    static CURRENT: RefCell<ManuallyDrop<Current>> =
        RefCell::new(ManuallyDrop::new(Current::Nothing));
}

/// Exchanges what the thread has.
fn replace(new: Current) -> Current {
    let former = CURRENT.with(|current| current.replace(ManuallyDrop::new(new)));
    ManuallyDrop::into_inner(former)
}

/// Adds an attachment to the value being encoded in this thread, and returns its number.
///
/// `None` if none is being encoded for an executor.
pub fn attach(attachment: Attachment) -> Option<u32> {
    CURRENT.with(|current| match &mut **current.borrow_mut() {
        Current::Encoding(list) => {
            let number = u32::try_from(list.len()).ok()?;
            list.push(attachment);
            Some(number)
        }
        _ => None,
    })
}

/// The attachment with this number of the value being decoded in this thread.
///
/// `None` if there is no such attachment, or no value is being decoded.
pub fn attachment(number: u32) -> Option<Attachment> {
    CURRENT.with(|current| match &**current.borrow() {
        Current::Decoding(list) => list.get(number as usize).cloned(),
        _ => None,
    })
}

/// Puts back what was there, also if the user's code panics.
struct Restore(Current);

impl Restore {
    fn install(new: Current) -> Self {
        Self(replace(new))
    }
}

impl Drop for Restore {
    fn drop(&mut self) {
        // What was current is dropped after the borrow: an attachment's destructor may do anything.
        drop(replace(std::mem::take(&mut self.0)));
    }
}

/// Runs `f`, which encodes a value, and returns what was attached.
#[inline]
pub(crate) fn collecting<T>(f: impl FnOnce() -> T) -> (T, Vec<Attachment>) {
    let restore = Restore::install(Current::Encoding(Vec::new()));
    let result = f();
    let attached = match replace(Current::Nothing) {
        Current::Encoding(list) => list,
        _ => Vec::new(),
    };
    drop(restore);
    (result, attached)
}

/// Runs `f`, which decodes a value that has these attachments.
#[inline]
pub(crate) fn providing<T>(attachments: Vec<Attachment>, f: impl FnOnce() -> T) -> T {
    let _restore = Restore::install(Current::Decoding(attachments));
    f()
}
