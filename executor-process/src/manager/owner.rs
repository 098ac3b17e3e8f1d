//! [`Manager`]: the owner of a manager's process.

use super::error::ManagerError;
use super::link::ManagerId;
use super::method;
use super::proxy::Proxy;
use super::server::{self, Start};
use super::value::Value;
use crate::child::{JoinError, Process};
use crate::queue::{JoinableQueue, Queue};
use crate::shared::courier::Courier;
use crate::sync::{BoundedSemaphore, Event, Lock, RLock, Semaphore};
use executor_core::{Exit, Portable};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::Hash;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// A process that holds objects for this process and others.
///
/// For data that several processes change, without shared memory and locks of one's own: dictionaries,
/// lists, sets, values, and objects of any type. What is kept here is used through [proxies](Proxy), which are cheap to
/// clone and can be sent wherever values of this library go.
///
/// The process is started by [`new`](Self::new), and ends when the `Manager` is dropped, or with the
/// process that has started it. Ctrl-C does not end it, so that others can finish their work.
///
/// ```
/// use executor_process::Manager;
/// use executor_core::Executor;
/// use executor_process::ProcessPoolExecutor;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let manager = Manager::new()?;
/// let counts = manager.dict::<String, u32>()?;
///
/// let pool = ProcessPoolExecutor::new()?;
/// for word in ["so", "it", "goes", "so"] {
///     let count = |(counts, word): (executor_process::Proxy<_>, String)| {
///         counts.update_or_insert(word, 0, |count: &mut u32, ()| *count += 1, ()).unwrap();
///     };
///     pool.submit(count, (counts.clone(), word.to_owned()))?;
/// }
/// drop(pool); // waits for its tasks
/// assert_eq!(counts.get(&"so".to_owned())?, Some(2));
/// # Ok(())
/// # }
/// ```
///
/// Python's counterpart is `multiprocessing.Manager()`. Other users of the machine cannot connect, and
/// neither can other processes of this user, unless they are given a proxy: there is no address.
#[derive(Debug)]
pub struct Manager {
    /// `None` when it is told to end.
    root: Option<Proxy<()>>,
    process: Process,
}

/// Settings of a [`Manager`] to be started.
///
/// ```
/// use executor_process::Manager;
///
/// fn prepare(level: u8) {
///     println!("the manager runs at level {level}");
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let manager = Manager::builder().name("books").initializer(prepare, 3).start()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
#[must_use = "a builder does nothing until `start`"]
pub struct ManagerBuilder {
    name: Option<String>,
    initializer: Option<Initializer>,
}

/// Has the manager's process run something first.
struct Initializer(Box<First>);

type First = dyn FnOnce(&Proxy<()>) -> Result<(), ManagerError> + Send;

impl fmt::Debug for Initializer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Initializer")
    }
}

/// How long a manager may take to end by itself, its objects' destructors included, before it is killed.
const PATIENCE: Duration = Duration::from_secs(5);

impl Manager {
    /// Starts a manager.
    ///
    /// # Errors
    ///
    /// [`Refused`](ManagerError::Refused) if the process cannot be started, with the reason.
    pub fn new() -> Result<Self, ManagerError> {
        Self::builder().start()
    }

    /// Settings, to start a manager with.
    pub fn builder() -> ManagerBuilder {
        ManagerBuilder::default()
    }

    /// Makes an object in the manager: `f` is called there with `argument`, and what it returns stays.
    ///
    /// The type needs nothing but `Send`; it never leaves the manager. Python's counterpart is a type
    /// registered with `BaseManager.register`. See [`Proxy`] for an example.
    ///
    /// # Errors
    ///
    /// As for [`Proxy::call`]; and [`Refused`](ManagerError::Refused) if the manager has no room for
    /// another object, of which each takes a descriptor.
    #[expect(clippy::needless_pass_by_value, reason = "it goes to the manager")]
    pub fn create<T, A>(&self, f: fn(A) -> T, argument: A) -> Result<Proxy<T>, ManagerError>
    where
        T: Send + 'static,
        A: Portable,
    {
        let made: Result<Proxy<T>, String> = self.root().request(method::make(f)?, &argument)?;
        made.map_err(ManagerError::Refused)
    }

    /// A queue for so many items at most; 0 for any number.
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create).
    pub fn queue<T: Portable>(&self, capacity: usize) -> Result<Proxy<Queue<T>>, ManagerError> {
        self.keep(Queue::bounded(capacity))
    }

    /// A queue that knows when all its items are done with, for so many at most; 0 for any number.
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create).
    pub fn joinable_queue<T: Portable>(
        &self,
        capacity: usize,
    ) -> Result<Proxy<JoinableQueue<T>>, ManagerError> {
        self.keep(JoinableQueue::bounded(capacity))
    }

    /// A lock.
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create).
    pub fn lock(&self) -> Result<Proxy<Lock>, ManagerError> {
        self.keep(Lock::new())
    }

    /// A lock that its holder may take again.
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create).
    pub fn rlock(&self) -> Result<Proxy<RLock>, ManagerError> {
        self.keep(RLock::new())
    }

    /// A semaphore with so many permits.
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create).
    pub fn semaphore(&self, permits: usize) -> Result<Proxy<Semaphore>, ManagerError> {
        self.keep(Semaphore::new(permits))
    }

    /// A semaphore that never has more than so many permits.
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create).
    pub fn bounded_semaphore(
        &self,
        permits: usize,
    ) -> Result<Proxy<BoundedSemaphore>, ManagerError> {
        self.keep(BoundedSemaphore::new(permits))
    }

    /// An event that is not set.
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create).
    pub fn event(&self) -> Result<Proxy<Event>, ManagerError> {
        self.keep(Event::new())
    }

    /// Has the manager keep a handle.
    fn keep<H: Portable>(&self, made: io::Result<H>) -> Result<Proxy<H>, ManagerError> {
        let handle = made.map_err(|error| ManagerError::Refused(error.to_string()))?;
        self.create(|handle| handle, handle)
    }

    fn root(&self) -> &Proxy<()> {
        self.root.as_ref().expect("it is taken only when the manager ends")
    }

    /// The process id of the manager.
    pub fn pid(&self) -> u32 {
        self.process.pid().unwrap_or_else(|| unreachable!("it was started"))
    }

    /// Ends the manager, waits for its end, and says how it ended: with code 0, if nothing went wrong.
    ///
    /// Objects are dropped first. A manager whose objects take more than five seconds for that is killed. Dropping the
    /// `Manager` does the same.
    ///
    /// # Errors
    ///
    /// The manager's process cannot be waited for.
    pub fn shutdown(mut self) -> Result<Exit, JoinError> {
        self.end()
    }

    fn end(&mut self) -> Result<Exit, JoinError> {
        self.root = None;
        if let Some(exit) = self.process.join_timeout(PATIENCE)? {
            return Ok(exit);
        }
        let _it_may_have_ended = self.process.kill();
        self.process.join()
    }

    /// An empty dictionary.
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create).
    pub fn dict<K, V>(&self) -> Result<Proxy<HashMap<K, V>>, ManagerError>
    where
        K: Portable + Eq + Hash,
        V: Portable,
    {
        self.create(|()| HashMap::new(), ())
    }

    /// An empty list.
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create).
    pub fn list<T: Portable>(&self) -> Result<Proxy<Vec<T>>, ManagerError> {
        self.create(|()| Vec::new(), ())
    }

    /// An empty set.
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create).
    pub fn set<T: Portable + Eq + Hash>(&self) -> Result<Proxy<HashSet<T>>, ManagerError> {
        self.create(|()| HashSet::new(), ())
    }

    /// A place for one value.
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create).
    pub fn value<T: Portable>(&self, value: T) -> Result<Proxy<Value<T>>, ManagerError> {
        self.create(Value, value)
    }

    /// An array of these items.
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create).
    pub fn array<T: Portable>(
        &self,
        items: impl IntoIterator<Item = T>,
    ) -> Result<Proxy<Box<[T]>>, ManagerError> {
        self.create(Vec::into_boxed_slice, items.into_iter().collect::<Vec<T>>())
    }
}

impl Drop for Manager {
    fn drop(&mut self) {
        if self.root.is_some() {
            let _nobody_asks_how = self.end();
        }
    }
}

impl ManagerBuilder {
    /// The name of the process. `Manager-1` and so on by default.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// A function that runs in the manager's process before anything else. If it panics,
    /// [`start`](Self::start) fails.
    pub fn initializer<A: Portable>(mut self, f: fn(A), argument: A) -> Self {
        self.initializer = Some(Initializer(Box::new(move |root| {
            let made: Result<Proxy<()>, String> = root.request(method::make(f)?, &argument)?;
            made.map(drop).map_err(ManagerError::Refused)
        })));
        self
    }

    /// Starts the manager.
    ///
    /// # Errors
    ///
    /// [`Refused`](ManagerError::Refused) if the process cannot be started, with the reason;
    /// [`Panicked`](ManagerError::Panicked) if the initializer has.
    pub fn start(self) -> Result<Manager, ManagerError> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed) + 1;
        let refused = |error: &dyn fmt::Display| {
            ManagerError::Refused(format!("the manager cannot be started: {error}"))
        };
        let (ours, theirs) = Courier::pair().map_err(|error| refused(&error))?;
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|error| refused(&error))?;
        let manager = ManagerId::from_ne_bytes(id);
        let process = Process::builder()
            .name(self.name.unwrap_or_else(|| format!("Manager-{number}")))
            .daemon(true)
            .start(server::main, Start { manager, token: theirs })
            .map_err(|error| refused(&error))?;
        if let Some(pid) = process.pid() {
            ours.leads_to(pid);
        }
        let manager = Manager { root: Some(Proxy::new(manager, 0, ours)), process };
        // The first call finds out whether the manager has begun.
        let begin = self.initializer.unwrap_or_else(|| {
            Initializer(Box::new(|root| {
                let begun: Result<Proxy<()>, String> = root.request(method::make(|()| ())?, &())?;
                begun.map(drop).map_err(ManagerError::Refused)
            }))
        });
        match begin.0(manager.root()) {
            Ok(()) => Ok(manager),
            Err(ManagerError::Gone) => Err(match manager.process.join() {
                Err(error) => refused(&error),
                Ok(exit) => refused(&format_args!("it {exit}")),
            }),
            Err(error) => Err(error),
        }
    }
}
