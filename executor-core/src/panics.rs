//! Catching the panics of tasks and callbacks, with the place where they happened.
//!
//! `catch_unwind` returns only the payload. The location, and the backtrace if `RUST_BACKTRACE`
//! asks for one, are known to the panic hook alone. So the first task of the process chains a hook
//! in front of the one that is there: it notes both for the thread if that thread is inside a task,
//! and then calls the former hook, which prints (or reports) the panic as it always did. A program
//! that replaces the hook later without chaining loses the location, nothing else.

//!
//! What the hook notes is kept by the depth of [`catch`] it happened at, since a destructor that runs
//! while one task's panic unwinds may run another task; and it is used only for a payload with the
//! same message, since a task may catch a panic of its own and resume another.

use crate::error::{PanicLocation, PanicReport};
use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::{Cell, RefCell};
use std::io::Write;
use std::panic::{AssertUnwindSafe, PanicHookInfo};
use std::sync::Once;

/// What the hook saw of a panic in a task.
struct Note {
    /// How many calls of `catch` it was inside.
    depth: usize,
    message: Option<String>,
    location: Option<PanicLocation>,
    backtrace: Option<String>,
}

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    /// Whether `NOTES` has any. Apart, since this one is there until the very end of the thread.
    static NOTED: Cell<bool> = const { Cell::new(false) };
    /// The last note of each depth, the deepest last.
    static NOTES: RefCell<Vec<Note>> = const { RefCell::new(Vec::new()) };
}

/// Runs `f`, turning a panic into a report.
#[inline]
pub(crate) fn catch<T>(f: impl FnOnce() -> T) -> Result<T, PanicReport> {
    install_hook();
    let depth = DEPTH.get() + 1;
    DEPTH.set(depth);
    #[cfg(loom)]
    let result = Ok(AssertUnwindSafe(f)()); // what loom reports must not be contained
    #[cfg(not(loom))]
    let result = std::panic::catch_unwind(AssertUnwindSafe(f));
    DEPTH.set(depth - 1);
    match result {
        Ok(value) => {
            if NOTED.get() {
                take_note(depth); // of a panic that `f` dealt with itself
            }
            Ok(value)
        }
        Err(payload) => Err(report(payload, depth)),
    }
}

#[cold]
fn report(payload: Box<dyn Any + Send>, depth: usize) -> PanicReport {
    let message = message_of(&*payload);
    let (location, backtrace) = match take_note(depth) {
        Some(note) if note.message.as_deref() == message => (note.location, note.backtrace),
        _ => (None, None),
    };
    PanicReport::from_payload(payload, location, backtrace)
}

/// The text of a payload, if it is text.
pub(crate) fn message_of(payload: &(dyn Any + Send)) -> Option<&str> {
    let text = payload.downcast_ref::<&'static str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}

/// Takes the note of this depth, and forgets deeper ones, which are of panics long over.
fn take_note(depth: usize) -> Option<Note> {
    with_notes(|notes| {
        notes.truncate(notes.partition_point(|note| note.depth <= depth));
        let taken = notes.pop_if(|note| note.depth == depth);
        NOTED.set(!notes.is_empty());
        taken
    })
    .flatten()
}

/// `None` late in the life of a thread, when its variables have been dropped.
fn with_notes<R>(f: impl FnOnce(&mut Vec<Note>) -> R) -> Option<R> {
    NOTES
        .try_with(|notes| notes.try_borrow_mut().ok().map(|mut notes| f(&mut notes)))
        .ok()
        .flatten()
}

/// Runs user code whose panic must not leave this function, and says on stderr what it cost.
///
/// For callbacks, and for destructors that run where nobody waits for an answer.
pub(crate) fn contain(what: &str, f: impl FnOnce()) {
    if let Err(report) = catch(f) {
        // Not `eprintln!`, which panics if nobody reads stderr any more.
        let message = format!("concurrent-futures: a panic in {what} was contained: {report}\n");
        let _nobody_reads_it = std::io::stderr().write_all(message.as_bytes());
    }
}

#[inline]
fn install_hook() {
    static INSTALLED: Once = Once::new();
    if !INSTALLED.is_completed() {
        install_hook_once(&INSTALLED);
    }
}

#[cold]
fn install_hook_once(installed: &Once) {
    // Changing the hook while panicking is itself a panic; the next task will do it.
    if std::thread::panicking() {
        return;
    }
    installed.call_once(|| {
        let former = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            note(info);
            former(info);
        }));
    });
}

fn note(info: &PanicHookInfo<'_>) {
    let depth = DEPTH.get();
    if depth == 0 {
        return;
    }
    let backtrace = Backtrace::capture();
    let note = Note {
        depth,
        message: info.payload_as_str().map(str::to_owned),
        location: info.location().map(PanicLocation::from),
        backtrace: (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string()),
    };
    with_notes(|notes| {
        notes.truncate(notes.partition_point(|earlier| earlier.depth < depth));
        notes.push(note);
        NOTED.set(true);
    });
}
