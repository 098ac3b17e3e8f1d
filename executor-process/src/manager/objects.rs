//! The objects that a manager's process holds.

use super::proxy::Proxy;
use super::server::Server;
use parking_lot::Mutex;
use std::any::{Any, TypeId, type_name};
use std::sync::Arc;

/// One object. Its number is never used again.
pub(super) struct Entry {
    object: Mutex<Box<dyn Any + Send>>,
    id: TypeId,
    /// For messages.
    name: &'static str,
}

impl Entry {
    pub(super) fn new<T: Send + 'static>(object: T) -> Self {
        Self { object: Mutex::new(Box::new(object)), id: TypeId::of::<T>(), name: type_name::<T>() }
    }

    /// Whether it is a `T`.
    pub(super) fn check<T: 'static>(&self) -> Result<(), String> {
        if self.id == TypeId::of::<T>() {
            Ok(())
        } else {
            Err(format!("the object is a {}, not a {}", self.name, type_name::<T>()))
        }
    }

    /// Uses the object, alone. It has been checked.
    pub(super) fn with<T: 'static, R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        let mut object = self.object.lock();
        f(object.downcast_mut().expect("its type was checked, and does not change"))
    }
}

/// The object with this number.
pub(super) fn find(number: u64) -> Result<Arc<Entry>, String> {
    let server = Server::of_this_process()?;
    server.find(number).ok_or_else(|| "there is no such object in this manager".to_owned())
}

/// Keeps a new object for as long as there are proxies for it, of which this is the first.
pub(super) fn keep<T: Send + 'static>(entry: Entry) -> Result<Proxy<T>, String> {
    Server::of_this_process()?.keep(Arc::new(entry))
}
