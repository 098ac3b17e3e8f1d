//! Catching the panics of tasks and callbacks, with the place where they happened.
//!
//! `catch_unwind` returns only the payload. The location, and the backtrace if `RUST_BACKTRACE`
//! asks for one, are known to the panic hook alone. So the first task of the process chains a hook
//! in front of the one that is there: it notes both for the thread if that thread is inside a task,
//! and then calls the former hook, which prints (or reports) the panic as it always did. A program
//! that replaces the hook later without chaining loses the location, nothing else.

use crate::error::{PanicLocation, PanicReport};
use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, PanicHookInfo};
use std::sync::atomic::{AtomicBool, Ordering};

/// What the hook saw of the last panic in a task on this thread.
#[derive(Default)]
struct Seen {
    location: Option<PanicLocation>,
    backtrace: Option<String>,
}

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    static SEEN: RefCell<Option<Seen>> = const { RefCell::new(None) };
}

/// Runs `f`, turning a panic into a report.
#[inline]
pub(crate) fn catch<T>(f: impl FnOnce() -> T) -> Result<T, PanicReport> {
    install_hook();
    DEPTH.with(|depth| depth.set(depth.get() + 1));
    #[cfg(loom)]
    let result = Ok(AssertUnwindSafe(f)()); // what loom reports must not be contained
    #[cfg(not(loom))]
    let result = std::panic::catch_unwind(AssertUnwindSafe(f));
    DEPTH.with(|depth| depth.set(depth.get() - 1));
    result.map_err(report)
}

#[cold]
fn report(payload: Box<dyn Any + Send>) -> PanicReport {
    let seen = SEEN.with(|seen| seen.borrow_mut().take()).unwrap_or_default();
    PanicReport::from_payload(payload, seen.location, seen.backtrace)
}

/// Runs user code whose panic must not leave this function, and says on stderr what it cost.
///
/// For callbacks, and for destructors that run where nobody waits for an answer.
pub(crate) fn contain(what: &str, f: impl FnOnce()) {
    if let Err(report) = catch(f) {
        eprintln!("concurrent-futures: a panic in {what} was contained: {report}");
    }
}

#[inline]
fn install_hook() {
    static INSTALLED: AtomicBool = AtomicBool::new(false);
    if !INSTALLED.load(Ordering::Relaxed) {
        install_hook_once(&INSTALLED);
    }
}

#[cold]
fn install_hook_once(installed: &AtomicBool) {
    // Changing the hook while panicking is itself a panic; the next task will do it.
    if std::thread::panicking() || installed.swap(true, Ordering::AcqRel) {
        return;
    }
    let former = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        note(info);
        former(info);
    }));
}

fn note(info: &PanicHookInfo<'_>) {
    if DEPTH.with(Cell::get) == 0 {
        return;
    }
    let backtrace = Backtrace::capture();
    let seen = Seen {
        location: info.location().map(PanicLocation::from),
        backtrace: (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string()),
    };
    SEEN.with(|slot| {
        if let Ok(mut slot) = slot.try_borrow_mut() {
            *slot = Some(seen);
        }
    });
}
