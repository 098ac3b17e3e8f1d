//! How a task crosses to another process: what may travel, and in what form.
//!
//! A portable task is a function pointer and an argument. The parent encodes the argument; the
//! worker, which runs the same image, calls a *trampoline*, a copy of `run_encoded` made for the
//! argument and result types, which decodes, calls, and encodes the outcome; the parent decodes that
//! into the cell. How the two addresses are translated between the processes is the executor's
//! business; the core only hands them out.
//!
//! The format is `postcard`. Every failure to encode or decode, a panic in somebody's `Serialize` or
//! `Deserialize` included, becomes the outcome of that task and of nothing else.

use crate::cell::{Body, WireTable};
use crate::error::{PanicReport, TaskError};
use crate::panics;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

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

/// The worker's entry for one pair of types: function, encoded argument, buffer for the outcome.
pub type Trampoline = unsafe fn(*const (), &[u8], &mut Vec<u8>);

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
    /// Both addresses, translated to this process, must come from one [`Call`] that a task of the
    /// same image was encoded to.
    pub unsafe fn from_addresses(function: *const (), trampoline: *const ()) -> Self {
        Self { function, trampoline }
    }

    /// Runs the call: decodes the argument from `input`, and appends the encoded outcome to `output`.
    ///
    /// Never panics: whatever the user's code does becomes the outcome.
    pub fn run(&self, input: &[u8], output: &mut Vec<u8>) {
        // SAFETY: a `Call` is made only from a trampoline (by `encode`, or by a caller of
        // `from_addresses` who vouches for it).
        let trampoline = unsafe { std::mem::transmute::<*const (), Trampoline>(self.trampoline) };
        // SAFETY: the function is the one this trampoline was made for, as above.
        unsafe { trampoline(self.function, input, output) };
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
    unsafe fn encode(body: *const (), buffer: &mut Vec<u8>) -> Result<Call, TaskError> {
        // SAFETY: the caller vouches for the type.
        let this = unsafe { &*body.cast::<Self>() };
        append(&this.argument, buffer).map_err(|error| TaskError::encoding_argument(&error))?;
        Ok(Call {
            function: this.function as *const (),
            trampoline: run_encoded::<A, R> as *const (),
        })
    }
}

/// The outcome as it travels back.
#[derive(Serialize, Deserialize)]
enum WireOutcome<R> {
    Value(R),
    Panicked(PanicReport),
    /// The argument could not be decoded.
    Argument(String),
    /// The result could not be encoded.
    Result(String),
}

/// # Safety
///
/// `function` is the address of a `fn(A) -> R`.
unsafe fn run_encoded<A: Portable, R: Portable>(
    function: *const (),
    input: &[u8],
    output: &mut Vec<u8>,
) {
    // SAFETY: the caller vouches for the type.
    let function = unsafe { std::mem::transmute::<*const (), fn(A) -> R>(function) };
    let outcome = match panics::catch(|| postcard::from_bytes::<A>(input)) {
        Err(report) => WireOutcome::Argument(report.to_string()),
        Ok(Err(error)) => WireOutcome::Argument(error.to_string()),
        Ok(Ok(argument)) => match panics::catch(|| function(argument)) {
            Ok(value) => WireOutcome::Value(value),
            Err(report) => WireOutcome::Panicked(report),
        },
    };
    let start = output.len();
    let failure = match panics::catch(|| append(&outcome, output)) {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(report) => Some(report.to_string()),
    };
    panics::contain("dropping a result that was sent", || drop(outcome));
    if let Some(reason) = failure {
        output.truncate(start);
        append(&WireOutcome::<()>::Result(reason), output)
            .expect("a string always encodes into memory");
    }
}

/// # Safety
///
/// `slot` is an empty slot for a `Result<R, TaskError>`.
unsafe fn decode_into<R: Portable>(slot: *mut (), bytes: &[u8]) -> bool {
    let outcome = match panics::catch(|| postcard::from_bytes::<WireOutcome<R>>(bytes)) {
        Ok(Ok(WireOutcome::Value(value))) => Ok(value),
        Ok(Ok(WireOutcome::Panicked(report))) => Err(TaskError::Panicked(report)),
        Ok(Ok(WireOutcome::Argument(reason))) => Err(TaskError::decoding_argument(&reason)),
        Ok(Ok(WireOutcome::Result(reason))) => Err(TaskError::encoding_result(&reason)),
        Ok(Err(error)) => Err(TaskError::decoding_result(&error)),
        Err(report) => Err(TaskError::decoding_result(&report)),
    };
    let is_value = outcome.is_ok();
    // SAFETY: the caller vouches for the slot.
    unsafe { slot.cast::<Result<R, TaskError>>().write(outcome) };
    is_value
}

fn append(value: &impl Serialize, buffer: &mut Vec<u8>) -> Result<(), postcard::Error> {
    postcard::to_io(value, &mut *buffer).map(drop)
}
