//! Results for pools that have none: a one-shot channel per task, of the `oneshot` crate.

/// The end that the caller waits at.
pub(super) type Handle<R> = oneshot::Receiver<R>;

/// A task that sends its result, and the end that it comes out at.
pub(super) fn with_result<R, F>(task: F) -> (impl FnOnce() + Send + 'static, Handle<R>)
where
    R: Send + 'static,
    F: FnOnce() -> R + Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    let send = move || {
        // An error says that the caller has gone, which it may.
        let _ = sender.send(task());
    };
    (send, receiver)
}

/// Waits for the result.
pub(super) fn wait<R>(handle: Handle<R>) -> R {
    handle.recv().expect("a task of a case does not panic")
}
