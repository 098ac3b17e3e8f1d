//! Attachments: what travels beside the bytes of a value, such as a block of shared memory.
//!
//! A type whose content should not be copied into the encoded form calls [`attach`] in its
//! `Serialize`, and writes the number it gets; its `Deserialize` reads the number and calls
//! [`attachment`]. Both work only while the core encodes or decodes a value for an executor, in the
//! same thread; at other times they return `None`, and the type falls back to writing its content.

use crate::sync::thread_local_const;
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::sync::Arc;

/// Something that travels beside the bytes. What it is, is between the type and the executor.
pub type Attachment = Arc<dyn Any + Send + Sync>;

/// The attachments of one value. Mostly none, which takes no more than a null pointer.
#[derive(Clone, Default)]
#[expect(
    clippy::box_collection,
    reason = "it is passed along with every value, so it must be small"
)]
pub struct Attached(Option<Box<Vec<Attachment>>>);

impl Attached {
    /// No attachments.
    pub const fn none() -> Self {
        Self(None)
    }

    /// Adds those of another value.
    pub fn extend(&mut self, more: Self) {
        if let Some(more) = more.0 {
            self.0.get_or_insert_default().extend(*more);
        }
    }

    /// Them, by value.
    pub fn into_vec(self) -> Vec<Attachment> {
        self.0.map_or_else(Vec::new, |list| *list)
    }
}

impl From<Vec<Attachment>> for Attached {
    fn from(list: Vec<Attachment>) -> Self {
        Self((!list.is_empty()).then(|| Box::new(list)))
    }
}

impl Deref for Attached {
    type Target = [Attachment];

    fn deref(&self) -> &[Attachment] {
        self.0.as_ref().map_or(&[], |list| list)
    }
}

impl fmt::Debug for Attached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attached({})", self.len())
    }
}

/// What this thread does with a value. Most values have no attachments, so `LIST` is looked at only
/// where there are some.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Doing {
    /// `LIST` is empty.
    Nothing,
    /// Encoding, and `LIST` is empty.
    Encoding,
    /// Encoding, and `LIST` has what was attached.
    Attaching,
    /// Decoding, and `LIST` has what came along.
    Decoding,
}

thread_local_const! {
    static DOING: Cell<Doing> = Cell::new(Doing::Nothing);
}

thread_local_const! {
    /// Never dropped, so that it is there until the very end of the thread, for tasks submitted by
    /// destructors; by then it is empty.
    static LIST: RefCell<ManuallyDrop<Attached>> =
        RefCell::new(ManuallyDrop::new(Attached::none()));
}

/// Exchanges the list. What it held is dropped outside of the borrow, by the caller.
#[cold]
fn replace_list(new: Attached) -> Attached {
    let former = LIST.with(|list| list.replace(ManuallyDrop::new(new)));
    ManuallyDrop::into_inner(former)
}

/// Among how many of the last attachments one is looked for that is the same.
const NEAR: usize = 256;

/// Adds an attachment to the value being encoded in this thread, and returns its number.
///
/// One that has been added before keeps its number, so that a value with many clones of a handle in it
/// has one attachment. `None` if none is being encoded for an executor.
pub fn attach(attachment: Attachment) -> Option<u32> {
    if !matches!(DOING.with(Cell::get), Doing::Encoding | Doing::Attaching) {
        return None;
    }
    LIST.with(|list| {
        let mut list = list.borrow_mut();
        let list = list.0.get_or_insert_default();
        let mut before = list.iter().rev().take(NEAR);
        if let Some(back) = before.position(|other| Arc::ptr_eq(other, &attachment)) {
            return u32::try_from(list.len() - 1 - back).ok();
        }
        let number = u32::try_from(list.len()).ok()?;
        list.push(attachment);
        DOING.with(|doing| doing.set(Doing::Attaching));
        Some(number)
    })
}

/// The attachment with this number of the value being decoded in this thread.
///
/// `None` if there is no such attachment, or no value is being decoded.
pub fn attachment(number: u32) -> Option<Attachment> {
    if DOING.with(Cell::get) != Doing::Decoding {
        return None;
    }
    LIST.with(|list| list.borrow().get(number as usize).cloned())
}

/// Whether the value being encoded in this thread has attachments.
pub(crate) fn is_attaching() -> bool {
    DOING.with(Cell::get) == Doing::Attaching
}

/// One value's turn; puts back what was there before, also if the user's code panics.
struct Turn {
    doing: Doing,
    list: Attached,
}

impl Turn {
    #[inline]
    fn begin(doing: Doing, list: Attached) -> Self {
        let former = DOING.with(|current| current.replace(doing));
        let touched = !matches!(former, Doing::Nothing | Doing::Encoding) || !list.is_empty();
        let list = if touched { replace_list(list) } else { Attached::none() };
        Self { doing: former, list }
    }
}

impl Drop for Turn {
    #[inline]
    fn drop(&mut self) {
        let now = DOING.with(|current| current.replace(self.doing));
        let touched = matches!(now, Doing::Attaching | Doing::Decoding) || !self.list.is_empty();
        if touched {
            drop(replace_list(std::mem::take(&mut self.list)));
        }
    }
}

/// Runs `f`, which encodes a value, and returns what was attached.
#[inline]
pub(crate) fn collecting<T>(f: impl FnOnce() -> T) -> (T, Attached) {
    let turn = Turn::begin(Doing::Encoding, Attached::none());
    let result = f();
    let attached = match DOING.with(Cell::get) {
        Doing::Attaching => replace_list(Attached::none()),
        _ => Attached::none(),
    };
    drop(turn);
    (result, attached)
}

/// Runs `f`, which decodes a value that has these attachments.
#[inline]
pub(crate) fn providing<T>(attachments: Attached, f: impl FnOnce() -> T) -> T {
    if attachments.is_empty() && DOING.with(Cell::get) == Doing::Nothing {
        return f(); // which finds nothing either way
    }
    let _turn = Turn::begin(Doing::Decoding, attachments);
    f()
}
