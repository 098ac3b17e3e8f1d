//! A function and its argument, and the function's result as an exit code.

use super::order::Argument;
use executor_core::wire::{Attached, Output, encode};
use executor_core::{CodecError, PanicReport, Portable};
use std::fmt;
use std::io::Write;

/// The exit code of a process whose function panicked: the same as of a program whose `main` did.
pub(super) const EXIT_PANICKED: i32 = 101;

/// What the function of a [`Process`](super::Process) may return.
///
/// | returned                | exit code                                                     |
/// |-------------------------|---------------------------------------------------------------|
/// | `()`                    | 0                                                             |
/// | a number                | that number, of which Unix keeps the lowest eight bits        |
/// | nothing, ever (`!`)     | none: it ends in another way                                  |
/// | `Ok(value)`             | that of the value                                             |
/// | `Err(error)`            | 1, after printing `Error: ` and the error's `Debug` to stderr |
///
/// The standard library's `ExitCode` is not among them, since there is no way to ask it for the number.
/// Python's counterpart is `sys.exit` in the target.
///
/// ```
/// use executor_core::Exit;
/// use executor_process::Process;
///
/// fn parse(text: String) -> Result<(), std::num::ParseIntError> {
///     text.parse::<u32>().map(drop)
/// }
///
/// let process = Process::new(parse, "12".to_string());
/// process.start()?;
/// assert_eq!(process.join()?, Exit::Code(0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "the function of a `Process` cannot return `{Self}`",
    note = "it returns `()`, an exit code as a number, or a `Result` of these whose error is `Debug`; \
            results come back through queues and pipes, or from the tasks of a pool"
)]
pub trait IntoExitCode {
    /// The exit code. May print why it is not 0.
    fn into_exit_code(self) -> i32;
}

impl IntoExitCode for () {
    fn into_exit_code(self) -> i32 {
        0
    }
}

/// For functions that never return. They have the type `!`, which has no other name on stable Rust.
impl IntoExitCode for <fn() -> ! as never::Returns>::Value {
    fn into_exit_code(self) -> i32 {
        self
    }
}

mod never {
    /// What a function returns.
    pub trait Returns {
        type Value;
    }

    impl<T> Returns for fn() -> T {
        type Value = T;
    }
}

impl IntoExitCode for i32 {
    fn into_exit_code(self) -> i32 {
        self
    }
}

impl IntoExitCode for u8 {
    fn into_exit_code(self) -> i32 {
        self.into()
    }
}

impl<T: IntoExitCode, E: fmt::Debug> IntoExitCode for Result<T, E> {
    fn into_exit_code(self) -> i32 {
        match self {
            Ok(value) => value.into_exit_code(),
            Err(error) => {
                // Not `eprintln!`, which panics if nobody reads stderr any more.
                let _nobody_reads_it = writeln!(std::io::stderr(), "Error: {error:?}");
                1
            }
        }
    }
}

/// What a process is to do, whatever the types.
pub(super) trait Target: Send {
    /// The addresses of the function and of the [`Trampoline`] for its types.
    fn call(&self) -> (*const (), *const ());

    /// Appends the encoded argument.
    fn encode(&self, output: &mut Output<'_>) -> Result<Attached, CodecError>;
}

/// A function of the user's and what to call it with.
pub(super) struct FunctionAndArgument<A, R> {
    pub(super) function: fn(A) -> R,
    pub(super) argument: A,
}

impl<A: Portable, R: IntoExitCode> Target for FunctionAndArgument<A, R> {
    fn call(&self) -> (*const (), *const ()) {
        (self.function as *const (), run::<A, R> as *const ())
    }

    fn encode(&self, output: &mut Output<'_>) -> Result<Attached, CodecError> {
        encode(&self.argument, output)
    }
}

/// The child's entry for one pair of types.
type Trampoline = unsafe fn(*const (), Argument, &mut dyn FnMut()) -> Result<i32, CodecError>;

/// Runs a target in the child: decodes the argument, calls `begun`, calls the function, and returns the
/// exit code.
///
/// # Errors
///
/// The argument does not decode.
///
/// # Safety
///
/// Both addresses, translated to this process, come from one [`Target::call`] in the same image.
pub(super) unsafe fn call(
    function: *const (),
    trampoline: *const (),
    argument: Argument,
    begun: &mut dyn FnMut(),
) -> Result<i32, CodecError> {
    // SAFETY: it was made from a `Trampoline`, as the caller vouches.
    let trampoline = unsafe { std::mem::transmute::<*const (), Trampoline>(trampoline) };
    // SAFETY: the function is the one that the trampoline was made for, as the caller vouches.
    unsafe { trampoline(function, argument, begun) }
}

/// # Safety
///
/// `function` is the address of a `fn(A) -> R`.
unsafe fn run<A: Portable, R: IntoExitCode>(
    function: *const (),
    argument: Argument,
    begun: &mut dyn FnMut(),
) -> Result<i32, CodecError> {
    // SAFETY: the caller vouches for the type.
    let function = unsafe { std::mem::transmute::<*const (), fn(A) -> R>(function) };
    let argument = argument.decode::<A>()?;
    begun();
    // The panic hook has printed the message when there is a report.
    let code = PanicReport::catch(|| function(argument).into_exit_code());
    Ok(code.unwrap_or(EXIT_PANICKED))
}
