//! [`Proxy`]: the handle to an object in a manager.

use super::error::ManagerError;
use super::link::{self, Link, ManagerId};
use super::mailbox::MAX_BUFFER;
use super::method;
use crate::shared::courier::Courier;
use executor_core::Portable;
use executor_core::wire::{Incoming, OutcomeKind, decode_outcome, encode, write_to};
use once_cell::sync::OnceCell;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// A handle to an object of type `T` that a [`Manager`](super::Manager) holds.
///
/// For objects of your own types: made by [`Manager::create`](super::Manager::create), used by
/// [`call`](Self::call). Clones are cheap, and all mean the same object; so do those that were sent to
/// other processes, as part of an argument or result of a task, in queues and pipes, and in other
/// objects of managers. The object goes when its last proxy has.
///
/// ```
/// use executor_process::Manager;
///
/// struct Account {
///     balance: i64,
/// }
///
/// impl Account {
///     fn open(balance: i64) -> Self {
///         Self { balance }
///     }
///
///     fn withdraw(&mut self, amount: i64) -> Result<i64, String> {
///         if amount > self.balance {
///             return Err(format!("there are only {}", self.balance));
///         }
///         self.balance -= amount;
///         Ok(self.balance)
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let manager = Manager::new()?;
/// let account = manager.create(Account::open, 100)?;
/// assert_eq!(account.call(Account::withdraw, 30)?, Ok(70));
/// assert!(account.call(Account::withdraw, 80)?.is_err());
/// # Ok(())
/// # }
/// ```
///
/// Python's counterpart is a proxy of a type registered with `BaseManager.register`. What Python
/// declares by the list of exposed methods is here what the type makes visible: any function that can
/// be named can be called.
pub struct Proxy<T> {
    inner: Arc<Inner>,
    object: PhantomData<fn(T)>,
}

struct Inner {
    link: Arc<Link>,
    number: u64,
    /// Our end of the object's token.
    token: Courier,
    /// What this process has got from the object to keep.
    kept: OnceCell<Box<dyn Any + Send + Sync>>,
}

thread_local! {
    /// Where arguments are encoded. Gone at the very end of a thread, when destructors of others may call.
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl<T> Proxy<T> {
    /// The proxy for an object of which this is the token.
    pub(super) fn new(manager: ManagerId, number: u64, token: Courier) -> Self {
        let inner = Inner { link: Link::to(manager), number, token, kept: OnceCell::new() };
        Self { inner: Arc::new(inner), object: PhantomData }
    }
}

impl<T: Send + 'static> Proxy<T> {
    /// Calls a function on the object, in the manager's process, and waits for its result.
    ///
    /// The function has the object to itself, so the call is atomic. It is a plain function or a closure
    /// that captures nothing; several arguments are a tuple. Calls from several threads and processes
    /// to different objects run side by side.
    ///
    /// A function that calls the object that it is called on, through another proxy, waits for itself
    /// for ever.
    ///
    /// # Errors
    ///
    /// [`Gone`](ManagerError::Gone) when the manager has ended, [`Panicked`](ManagerError::Panicked) if
    /// the function has, [`Codec`](ManagerError::Codec) if the argument or the result does not travel.
    #[expect(clippy::needless_pass_by_value, reason = "it goes to the manager")]
    pub fn call<A: Portable, R: Portable>(
        &self,
        function: fn(&mut T, A) -> R,
        argument: A,
    ) -> Result<R, ManagerError> {
        self.call_with(function, &argument)
    }

    /// The same, for whoever has the argument by reference.
    pub(super) fn call_with<A: Portable, R: Portable>(
        &self,
        function: fn(&mut T, A) -> R,
        argument: &A,
    ) -> Result<R, ManagerError> {
        let request = method::call(self.inner.number, function)?;
        self.request(request, argument)
    }
}

impl<T> Proxy<T> {
    pub(super) fn request<A: Portable, R: Portable>(
        &self,
        request: super::mailbox::Address,
        argument: &A,
    ) -> Result<R, ManagerError> {
        // Taken out, since encoding runs the user's code, which may call managers.
        let buffer = BUFFER.try_with(|buffer| std::mem::take(&mut *buffer.borrow_mut()));
        let mut buffer = buffer.unwrap_or_default();
        buffer.clear();
        let attached = write_to(&mut buffer, |output| encode(argument, output));
        let attached = attached.map_err(ManagerError::Codec)?;
        let Inner { link, token, .. } = &*self.inner;
        let letter = link.call(token, request, &buffer, attached)?;
        if buffer.capacity() <= MAX_BUFFER {
            let _it_may_be_gone = BUFFER.try_with(|kept| *kept.borrow_mut() = buffer);
        }
        let kind = u8::try_from(letter.kind).ok().and_then(OutcomeKind::from_number);
        let Some(kind) = kind else {
            return Err(ManagerError::Refused(String::from_utf8_lossy(&letter.bytes).into_owned()));
        };
        decode_outcome(kind, Incoming::private(&letter.bytes), letter.attached)
            .map_err(ManagerError::from_outcome)
    }

    /// What this process keeps of the object, got by `get` when it is first needed.
    pub(super) fn kept<H: Send + Sync + 'static>(
        &self,
        get: impl FnOnce() -> Result<H, ManagerError>,
    ) -> Result<&H, ManagerError> {
        let kept = self.inner.kept.get_or_try_init(|| get().map(|handle| Box::new(handle) as _))?;
        Ok(kept.downcast_ref().expect("a proxy keeps things of one type"))
    }

    /// Whether the manager has ended, as far as this process can see.
    pub(super) fn is_gone(&self) -> bool {
        link::has_ended(&self.inner.token)
    }
}

impl<T> Clone for Proxy<T> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), object: PhantomData }
    }
}

/// Whether they mean the same object.
impl<T> PartialEq for Proxy<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.inner.link.manager, self.inner.number)
            == (other.inner.link.manager, other.inner.number)
    }
}

impl<T> Eq for Proxy<T> {}

impl<T> std::hash::Hash for Proxy<T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.inner.link.manager, self.inner.number).hash(state);
    }
}

impl<T> fmt::Debug for Proxy<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy<{}>(#{})", std::any::type_name::<T>(), self.inner.number)
    }
}

impl<T> Serialize for Proxy<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Inner { link, number, token, .. } = &*self.inner;
        (link.manager, number, token).serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for Proxy<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (manager, number, token) = Deserialize::deserialize(deserializer)?;
        Ok(Self::new(manager, number, token))
    }
}
