//! What the errors of queues say. They are those of queues between processes, too.

use concurrent_futures::queue::{
    GetError, GetTimeoutError, NotJoined, PutError, PutTimeoutError, TooManyDone, TryGetError,
    TryPutError,
};
use concurrent_futures::{BrokenQueue, CodecError};
use std::error::Error;
use std::sync::Arc;

/// Not `Debug`, not `Send`.
struct Item(std::rc::Rc<u32>);

fn item() -> Item {
    Item(std::rc::Rc::new(7))
}

fn codec() -> Arc<CodecError> {
    Arc::new(CodecError::new("encode the item", "it is a joke"))
}

fn broken() -> Arc<BrokenQueue> {
    Arc::new(BrokenQueue::new("no memory"))
}

/// TQ-02, TQ-05: full, empty, timed out and closed read differently.
#[test]
fn errors_read_well() {
    let closed = "cannot put: the queue was shut down";
    assert_eq!(PutError::Closed(()).to_string(), closed);
    assert_eq!(PutTimeoutError::Closed(()).to_string(), closed);
    assert_eq!(TryPutError::Closed(()).to_string(), closed);
    assert_eq!(TryPutError::Full(()).to_string(), "cannot put: the queue is full");
    let timed_out = "cannot put: the queue was full until the timeout";
    assert_eq!(PutTimeoutError::TimedOut(()).to_string(), timed_out);
    let closed = "cannot get: the queue was shut down and nothing is left in it";
    assert_eq!(GetError::Closed.to_string(), closed);
    assert_eq!(GetTimeoutError::Closed.to_string(), closed);
    assert_eq!(TryGetError::Closed.to_string(), closed);
    assert_eq!(TryGetError::Empty.to_string(), "cannot get: the queue is empty");
    let timed_out = "cannot get: the queue was empty until the timeout";
    assert_eq!(GetTimeoutError::TimedOut.to_string(), timed_out);
    let lost = "an item is lost: the process that was putting it has died";
    assert_eq!(GetError::Lost.to_string(), lost);
    let not_sent = "the item cannot travel: could not encode the item: it is a joke";
    assert_eq!(PutError::NotSent((), codec()).to_string(), not_sent);
    let not_received = "an item did not arrive: could not encode the item: it is a joke";
    assert_eq!(TryGetError::NotReceived(codec()).to_string(), not_received);
    assert_eq!(GetError::Broken(broken()).to_string(), "the queue is broken: no memory");
    let too_many = "task_done was called more often than items were put";
    assert_eq!(TooManyDone.to_string(), too_many);
    let not_joined = "3 items of the queue were not marked done in time";
    assert_eq!(NotJoined::new(3).to_string(), not_joined);
}

/// TQ-02: the item comes back whatever went wrong, and nothing is asked of it.
#[test]
fn errors_give_the_item_back() {
    let puts = [
        PutError::Closed(item()),
        PutError::NotSent(item(), codec()),
        PutError::Broken(item(), broken()),
    ];
    for error in puts {
        let text = format!("{error:?}");
        assert!(text.ends_with(')') && text.contains(".."), "{text}");
        let is_closed = error.is_closed();
        let error = TryPutError::from(error);
        assert!(error.is_closed() == is_closed && !error.is_full());
        let error = error.map(|item| item.0);
        assert_eq!(*error.into_item(), 7);
    }
    assert_eq!(*PutTimeoutError::TimedOut(item()).into_item().0, 7);
    assert_eq!(*PutTimeoutError::from(PutError::Closed(item())).into_item().0, 7);
    assert!(TryPutError::Full(item()).is_full());
    assert!(PutTimeoutError::TimedOut(item()).is_timed_out());
}

/// TQ-02: the errors have their causes, and travel with `?` where the items do.
#[test]
fn errors_have_sources() {
    fn boxed(error: impl Error + Send + Sync + 'static) -> Box<dyn Error + Send + Sync> {
        error.into()
    }
    let source = |error: &dyn Error| error.source().map(ToString::to_string);
    let codec_text = Some("could not encode the item: it is a joke".to_owned());
    assert_eq!(source(&*boxed(PutTimeoutError::NotSent(1, codec()))), codec_text);
    assert_eq!(source(&*boxed(GetTimeoutError::from(GetError::NotReceived(codec())))), codec_text);
    assert_eq!(
        source(&*boxed(TryGetError::from(GetError::Broken(broken())))).as_deref(),
        Some("no memory")
    );
    assert_eq!(source(&*boxed(PutError::Closed(item()).map(drop))), None);
    assert_eq!(source(&*boxed(GetError::Lost)), None);
}
