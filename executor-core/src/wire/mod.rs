//! How a task crosses to another process: what may travel, and in what form.
//!
//! A portable task is a function pointer and an argument. The parent encodes the argument; the
//! worker, which runs the same image, calls a *trampoline*, a copy of `run_encoded` made for the
//! argument and result types, which decodes, calls, and encodes the outcome; the parent decodes that
//! into the cell. How the two addresses are translated between the processes is the executor's
//! business; the core only hands them out.
//!
//! | what                                            | file          |
//! |-------------------------------------------------|---------------|
//! | the call and its two ends                       | here          |
//! | any value and its encoded form                  | `value.rs`    |
//! | what comes of a call                            | `outcome.rs`  |
//! | where encoded bytes are written to              | `output.rs`   |
//! | where they are read from                        | `incoming.rs` |
//! | values that travel as their memory              | `bulk.rs`     |
//! | what travels beside the bytes                   | `attach.rs`   |
//!
//! The format is `postcard`, but for strings and vectors of numbers, whose memory is copied. An
//! outcome is its bytes and an [`OutcomeKind`] that says what they are. Every failure to encode or
//! decode, a panic in somebody's `Serialize` or `Deserialize` included, becomes the outcome of that
//! task and of nothing else.

mod attach;
mod bulk;
mod incoming;
mod outcome;
mod output;
mod value;

pub use attach::{Attached, Attachment, attach, attachment};
pub use bulk::make_room;
pub use incoming::Incoming;
pub use outcome::{OutcomeKind, Ran, decode_outcome, run};
pub use output::{NoRoom, Output, Room, Storage, write_to};
pub use value::{bulk_bytes, decode, decode_owned, encode};

pub(crate) use attach::collecting;

use crate::cell::{Body, Departure, WireTable};
use crate::error::TaskError;
use crate::panics;
use serde::Serialize;
use serde::de::DeserializeOwned;
use value::encode_value;

/// What may be an argument or a result of a task on any executor, in this process or another.
///
/// Implemented for everything that serde can carry both ways and that may change threads; there is
/// nothing to implement by hand. In Python's terms: what `pickle` accepts.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot travel to a worker in another process",
    note = "arguments and results of tasks on any executor must be `Serialize + DeserializeOwned + Send + 'static`",
    note = "on a `ThreadPoolExecutor` itself (not through `Executor`), `submit` asks only for `Send + 'static`"
)]
pub trait Portable: Serialize + DeserializeOwned + Send + 'static {}

impl<T: Serialize + DeserializeOwned + Send + 'static> Portable for T {}

/// The worker's entry for one pair of types: function, encoded argument and what it has beside it,
/// place for the outcome.
pub type Trampoline = unsafe fn(*const (), &[u8], Attached, &mut Output<'_>) -> Ran;

/// What to call in the worker: two addresses in the image that both processes run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    function: *const (),
    trampoline: *const (),
}

// SAFETY: the pointers are addresses of functions, which any thread may call.
unsafe impl Send for Call {}
// SAFETY: as above.
unsafe impl Sync for Call {}

impl Call {
    /// The call of `function`, to be run elsewhere.
    pub fn new<A: Portable, R: Portable>(function: fn(A) -> R) -> Self {
        Self { function: function as *const (), trampoline: run_encoded::<A, R> as *const () }
    }

    /// The call of a `function` of two parameters with a pair of arguments, to be run elsewhere.
    pub(crate) fn spread<A, B, R>(function: fn(A, B) -> R) -> Self
    where
        (A, B): Portable,
        R: Portable,
    {
        let trampoline = run_encoded_pair::<A, B, R> as *const ();
        Self { function: function as *const (), trampoline }
    }

    /// The address of the user's function.
    pub fn function(&self) -> *const () {
        self.function
    }

    /// The address of the trampoline for its types.
    pub fn trampoline(&self) -> *const () {
        self.trampoline
    }

    /// Puts together what another process took apart.
    ///
    /// # Safety
    ///
    /// Both addresses, translated to this process, must come from one [`Call`] of the same image.
    pub unsafe fn from_addresses(function: *const (), trampoline: *const ()) -> Self {
        Self { function, trampoline }
    }

    /// Runs the call: decodes the argument from `input`, and writes the encoded outcome to `output`.
    ///
    /// Never panics: whatever the user's code does becomes the outcome. `output` must be empty, and
    /// have room for a line of text whatever happens.
    pub fn run(&self, input: &[u8], beside: Attached, output: &mut Output<'_>) -> Ran {
        // SAFETY: a `Call` is made only from a trampoline (by `new`, or by a caller of
        // `from_addresses` who vouches for it).
        let trampoline = unsafe { std::mem::transmute::<*const (), Trampoline>(self.trampoline) };
        // SAFETY: the function is the one this trampoline was made for, as above.
        unsafe { trampoline(self.function, input, beside, output) }
    }
}

/// A function and its argument.
pub(crate) struct PortableCall<A, R> {
    pub(crate) function: fn(A) -> R,
    pub(crate) argument: A,
}

impl<A: Portable, R: Portable> Body for PortableCall<A, R> {
    type Output = R;

    const WIRE: Option<WireTable> =
        Some(WireTable { encode: Self::encode, decode: decode_into::<R> });

    fn call(self) -> R {
        (self.function)(self.argument)
    }
}

impl<A: Portable, R: Portable> PortableCall<A, R> {
    /// # Safety
    ///
    /// `body` points to a `Self`.
    unsafe fn encode(body: *const (), output: &mut Output<'_>) -> Result<Departure, TaskError> {
        // SAFETY: the caller vouches for the type.
        let this = unsafe { &*body.cast::<Self>() };
        encode_argument(&this.argument, output)?;
        Ok(Departure { call: Call::new(this.function), items: None })
    }
}

/// Appends the encoded form of an argument.
pub(crate) fn encode_argument<A: Portable>(
    argument: &A,
    output: &mut Output<'_>,
) -> Result<(), TaskError> {
    encoding(|| encode_value(argument, output))
}

/// Appends the encoded form of items, each after its length, until `full` bytes are exceeded, one has
/// attachments, or one does not encode, of which nothing is left behind.
///
/// Says how many were appended, and the error of the one behind them, if it did not encode.
pub(crate) fn encode_items<A: Portable>(
    items: &[A],
    full: usize,
    output: &mut Output<'_>,
) -> (u32, Result<(), TaskError>) {
    let mut count = 0;
    let mut end = 0;
    let result = encoding(|| {
        for item in items {
            output.extend(&[0; 4]).map_err(|refusal| refusal.to_string())?;
            encode_value(item, output)?;
            let len = u32::try_from(output.len() - end - 4);
            let len = len.map_err(|_| "an item of a map may have 4 GiB".to_owned())?;
            output.overwrite(end, len.to_le_bytes());
            end = output.len();
            count += 1;
            if end >= full || attach::is_attaching() {
                break;
            }
        }
        Ok(())
    });
    output.truncate(end);
    (count, result)
}

/// Appends arguments that are encoded already.
pub(crate) fn copy_arguments(bytes: &[u8], output: &mut Output<'_>) -> Result<(), TaskError> {
    encoding(|| output.extend(bytes).map_err(|refusal| refusal.to_string()))
}

/// Makes whatever goes wrong, be it a panic of the user's code or of the storage, the task's error.
fn encoding(write: impl FnOnce() -> Result<(), String>) -> Result<(), TaskError> {
    match panics::catch(write) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(reason)) => Err(TaskError::encoding_argument(&reason)),
        Err(report) => Err(TaskError::encoding_argument(&report)),
    }
}

/// # Safety
///
/// `function` is the address of a `fn(A) -> R`.
unsafe fn run_encoded<A: Portable, R: Portable>(
    function: *const (),
    input: &[u8],
    beside: Attached,
    output: &mut Output<'_>,
) -> Ran {
    // SAFETY: the caller vouches for the type.
    let function = unsafe { std::mem::transmute::<*const (), fn(A) -> R>(function) };
    run(function, input, beside, output)
}

/// # Safety
///
/// `function` is the address of a `fn(A, B) -> R`.
unsafe fn run_encoded_pair<A, B, R>(
    function: *const (),
    input: &[u8],
    beside: Attached,
    output: &mut Output<'_>,
) -> Ran
where
    (A, B): Portable,
    R: Portable,
{
    // SAFETY: the caller vouches for the type.
    let function = unsafe { std::mem::transmute::<*const (), fn(A, B) -> R>(function) };
    run(|(a, b)| function(a, b), input, beside, output)
}

/// # Safety
///
/// `slot` is an empty slot for a `Result<R, TaskError>`.
unsafe fn decode_into<R: Portable>(
    slot: *mut (),
    kind: OutcomeKind,
    bytes: Incoming<'_>,
    beside: Attached,
) -> bool {
    let outcome = decode_outcome::<R>(kind, bytes, beside);
    let is_value = outcome.is_ok();
    // SAFETY: the caller vouches for the slot.
    unsafe { slot.cast::<Result<R, TaskError>>().write(outcome) };
    is_value
}
