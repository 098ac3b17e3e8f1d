//! [`Process`]: a function run in a process of its own.
//!
//! | what                                                  | file          |
//! |-------------------------------------------------------|---------------|
//! | the handle                                            | `process.rs`  |
//! | its settings                                          | `builder.rs`, `stream.rs` |
//! | what can go wrong                                     | `error.rs`    |
//! | the states of a process, and who changes them         | `state.rs`    |
//! | the thread that starts processes and waits for them   | `keeper.rs`, `bell.rs` |
//! | the end of the program                                | `leave.rs`    |
//! | a function and its argument                           | `target.rs`   |
//! | what the child is told                                | `order.rs`    |
//! | the child's side                                      | `enter.rs`    |
//! | who we are, and who our parent is                     | `own.rs`      |
//! | seeing that a process has ended                       | `sentinel.rs` |
//! | ending it                                             | `signal.rs`   |
//!
//! # The life of a process
//!
//! ```text
//!            start               started by the keeper           has ended
//!     New ──────────▶ Starting ────────────────────────▶ Running ──────────▶ Ended
//!      ▲                  │
//!      └── it failed ─────┘
//! ```
//!
//! - **New**: has the function and its argument. Only `start` takes them, under the lock, so one of
//!   several calls wins. If starting fails it puts them back, so it can be tried again.
//! - **Starting**: `start` is encoding, with no lock held since the user's code takes part, or the keeper
//!   is at it. Everybody else sees a process that is not started yet.
//! - **Running**: there is a process that nobody has waited for, so its number is its own. Signals are
//!   sent under the lock, and only in this state: they cannot reach another process.
//! - **Ended**: it has been waited for. How it ended is kept; the argument is long gone (since `start`
//!   returned), the line is closed. The sentinel stays, ready, with the handles.
//!
//! Tests: `tests/children/life.rs`.
//!
//! # Who waits for them
//!
//! One thread of the program, the *keeper*, starts all processes and waits for all of them at once. It
//! lives until the program ends, which is what Linux goes by when it ends children with their parent.
//! It sees the end of each by the sentinel, and reaps at once, so there are no zombies, whether or not a
//! handle is left. Whoever asks meanwhile (`is_alive`, `exitcode`) looks for itself, under the lock of
//! the process, so that nobody sees a process alive whose sentinel is ready. Tests:
//! `tests/children/leaks.rs`.
//!
//! # How a child begins
//!
//! All that the child needs is put on its [line](crate::bootstrap::line) before it is started: one piece
//! of memory with the order and the argument, and the descriptors that go with the argument. So neither
//! side ever waits for the other, and a child that dies early leaves nothing behind. The child answers
//! that it has begun, or why it cannot; that is read when it has ended. A program that knows nothing
//! of this does not answer, and `join` says so. Tests: `tests/children/start.rs`.
//!
//! # How a program ends
//!
//! At the first start a function is registered that runs when the program ends by leaving `main` (a panic
//! included) or by `std::process::exit`. It refuses further starts, asks the daemons to end, kills those that
//! have not after a moment, and waits for all others, without help by the thread-local variables of the
//! thread, which may be gone by then. A child ends by `exit` as well, so the same holds for its own
//! children.
//!
//! A program that ends in any other way takes all its children with it: Linux kills them, even if they
//! do not run; elsewhere a thread in the child sees the line end. Tests: `tests/children/ends.rs`.
//!
//! In a process made by `fork` from one that has children nobody keeps them. It is told so by errors, and
//! leaves them alone when it ends.

mod bell;
mod builder;
mod enter;
mod error;
#[cfg(all(any(test, fuzzing), target_os = "linux", not(loom)))]
pub(crate) mod fuzzed;
mod keeper;
mod leave;
mod order;
mod own;
mod process;
mod sentinel;
mod signal;
mod state;
mod stream;
mod target;

pub(crate) use enter::main;
pub(crate) use own::be_worker;

pub use builder::ProcessBuilder;
pub use error::{CloseError, JoinError, SignalError, StartError};
pub use own::{CurrentProcess, ParentProcess, current_process, parent_process};
pub use process::{Process, active_children};
pub use sentinel::Sentinel;
pub use stream::Stream;
pub use target::IntoExitCode;
