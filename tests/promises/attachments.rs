//! What travels beside the bytes of a value.

use crate::support::guarded;
use crate::support::loopback::Loopback;
use crate::support::parcel::{Letter, Parcel, Reply, reply};
use concurrent_futures::wire::{Attached, Attachment, Incoming, attach, attachment};
use concurrent_futures::{Executor, Future, Portable, Task, TaskError};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};

/// A text that is attached where it can be, and written where not.
#[derive(Clone, Debug)]
struct Heavy(Arc<String>);

impl Heavy {
    fn new(text: &str) -> Self {
        Self(Arc::new(text.to_owned()))
    }

    fn is(&self, other: &Attachment) -> bool {
        Arc::clone(other).downcast().is_ok_and(|other| Arc::ptr_eq(&self.0, &other))
    }
}

impl Serialize for Heavy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match attach(Arc::clone(&self.0) as _) {
            Some(number) => Ok::<_, String>(number).serialize(serializer),
            None => Err::<u32, _>(&*self.0).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Heavy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Result::<u32, String>::deserialize(deserializer)? {
            Err(text) => Ok(Self::new(&text)),
            Ok(number) => {
                let attached = attachment(number).and_then(|found| found.downcast().ok());
                attached.map(Self).ok_or_else(|| D::Error::custom("not attached"))
            }
        }
    }
}

fn packed<A: Portable, R: Portable>(f: fn(A) -> R, argument: A) -> (Letter, Future<R>) {
    let (task, future) = Task::portable(f, argument);
    let Ok(Parcel::Letter(letter)) = Parcel::pack(task) else { panic!("it does not encode") };
    (letter, future)
}

/// Whether nothing is being encoded or decoded in this thread, as far as it can tell.
fn is_idle() -> bool {
    attach(Arc::new(0)).is_none() && attachment(0).is_none()
}

/// SUB-01: both ways, the very things, in order.
#[test]
fn they_travel_beside_the_bytes() {
    guarded("they_travel_beside_the_bytes", || {
        let (a, b) = (Heavy::new("a"), Heavy::new("b"));
        let swap = |(a, b): (Heavy, Heavy)| {
            assert!(is_idle(), "the function itself has nothing to attach to");
            (b, a)
        };
        let (letter, future) = packed(swap, (a.clone(), b.clone()));
        assert!(a.is(&letter.attachments[0]) && b.is(&letter.attachments[1]));
        let Reply { kind, bytes, attachments } =
            reply(letter.call, &letter.bytes, letter.attachments);
        assert!(b.is(&attachments[0]) && a.is(&attachments[1]));
        assert_eq!((bytes.len(), attachments.len()), (4, 2));
        letter.remote.complete(kind, Incoming::private(&bytes), attachments);
        let (first, second) = future.result().unwrap();
        assert!(Arc::ptr_eq(&first.0, &b.0) && Arc::ptr_eq(&second.0, &a.0));
        assert_eq!(Arc::strong_count(&a.0), 2);
    });
}

/// Anywhere else the content is written.
#[test]
fn elsewhere_there_are_none() {
    guarded("elsewhere_there_are_none", || {
        assert!(is_idle());
        let text = serde_json::to_string(&Heavy::new("a")).unwrap();
        assert_eq!(text, r#"{"Err":"a"}"#);
        assert_eq!(*serde_json::from_str::<Heavy>(&text).unwrap().0, "a");
        assert!(serde_json::from_str::<Heavy>(r#"{"Ok":0}"#).is_err());
    });
}

/// SUB-03: a number without an attachment is an error of that task.
#[test]
fn missing_ones_are_an_error() {
    guarded("missing_ones_are_an_error", || {
        let (mut letter, future) = packed(|heavy: Heavy| heavy.0.len(), Heavy::new("abc"));
        letter.attachments = Attached::none();
        letter.run();
        assert!(matches!(future.result(), Err(TaskError::Codec(_))));
    });
}

/// A value that sends another task while it is encoded, and again while it is decoded.
#[derive(Clone)]
struct Nesting(Heavy);

fn nest() {
    let inner = Heavy::new("inner");
    let (letter, future) = packed(|heavy: Heavy| heavy, inner.clone());
    assert!(letter.attachments.len() == 1 && inner.is(&letter.attachments[0]));
    letter.run();
    assert!(Arc::ptr_eq(&future.result().unwrap().0, &inner.0));
}

impl Serialize for Nesting {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        nest();
        (&self.0, &self.0).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Nesting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        nest();
        <(Heavy, Heavy)>::deserialize(deserializer).map(|(first, _)| Self(first))
    }
}

/// SUB-09: nested tasks do not see each other's.
#[test]
fn nested_tasks_are_apart() {
    guarded("nested_tasks_are_apart", || {
        let outer = Heavy::new("outer");
        let (letter, future) = packed(|nesting: Nesting| nesting, Nesting(outer.clone()));
        assert_eq!(letter.attachments.len(), 1, "the same one twice, and none of the other task's");
        letter.run();
        assert!(Arc::ptr_eq(&future.result().unwrap().0.0, &outer.0));
        assert!(is_idle());
    });
}

/// A value that attaches and then panics, or is decoded and then panics.
struct Fuse(bool);

impl Serialize for Fuse {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        assert_eq!(attach(Arc::new(0)), Some(0));
        assert!(self.0, "on purpose");
        0_u8.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Fuse {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        assert!(attachment(0).is_some());
        panic!("on purpose")
    }
}

/// SUB-03: a panic leaves nothing behind in the thread.
#[test]
fn panics_leave_nothing_behind() {
    guarded("panics_leave_nothing_behind", || {
        let (task, future) = Task::portable(|_: Fuse| (), Fuse(false));
        assert!(Parcel::pack(task).is_err() && is_idle());
        assert!(matches!(future.result(), Err(TaskError::Codec(_))));
        let (letter, future) = packed(|_: Fuse| (), Fuse(true));
        letter.run();
        assert!(future.result().unwrap_err().to_string().contains("on purpose") && is_idle());
        let (letter, future) = packed(Fuse, true);
        letter.run();
        assert!(future.result().is_err_and(|error| error.to_string().contains("on purpose")));
        assert!(is_idle());
    });
}

/// MAP-01: each item of a map has its own.
#[test]
fn items_of_maps_have_their_own() {
    guarded("items_of_maps_have_their_own", || {
        let texts = ["a", "", "c", "d"].map(Heavy::new);
        let items = texts.clone().map(|heavy| (!heavy.0.is_empty()).then_some(heavy));
        let pool = Loopback::new(2);
        let results: Vec<_> = pool.map(|item: Option<Heavy>| item, items).unwrap().collect();
        for (text, result) in texts.iter().zip(results) {
            match result.unwrap() {
                Some(heavy) => assert!(Arc::ptr_eq(&heavy.0, &text.0)),
                None => assert!(text.0.is_empty()),
            }
        }
    });
}

/// Sends a task when it is dropped, and tells what came back.
struct LastWords(Heavy, Sender<Result<Heavy, TaskError>>);

impl Drop for LastWords {
    fn drop(&mut self) {
        let (letter, future) = packed(|heavy: Heavy| heavy, self.0.clone());
        letter.run();
        self.1.send(future.result()).unwrap();
    }
}

thread_local! {
    static LAST_WORDS: RefCell<Option<LastWords>> = const { RefCell::new(None) };
}

/// SHUT-10: they travel at the very end of a thread, too.
#[test]
fn in_a_dying_thread() {
    guarded("in_a_dying_thread", || {
        let heavy = Heavy::new("last");
        let (sender, receiver) = channel();
        let words = LastWords(heavy.clone(), sender);
        let dying = std::thread::spawn(move || {
            LAST_WORDS.set(Some(words));
            assert!(is_idle()); // touched later, so torn down earlier if it can be
        });
        dying.join().unwrap();
        assert!(Arc::ptr_eq(&receiver.recv().unwrap().unwrap().0, &heavy.0));
    });
}
