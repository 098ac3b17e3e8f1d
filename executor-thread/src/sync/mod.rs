//! Synchronisation between the threads of one process: [`Event`], [`Semaphore`], [`BoundedSemaphore`],
//! [`Barrier`].
//!
//! What Python's `threading` has and neither `std` nor `parking_lot` does. The rest is not wrapped:
//!
//! | Python                    | here                                                        |
//! |---------------------------|-------------------------------------------------------------|
//! | `Lock`, with `with`       | `parking_lot::Mutex`, around what it protects               |
//! | `Lock`, released elsewhere | [`BoundedSemaphore::new(1)`](BoundedSemaphore)             |
//! | `RLock`                   | `parking_lot::ReentrantMutex`, with a `RefCell` inside to change something |
//! | `Condition`               | `parking_lot::Condvar`, with the guard of a `Mutex`         |
//! | `Semaphore`, `BoundedSemaphore`, `Event`, `Barrier` | here                              |
//! | –                         | `parking_lot::RwLock`, for many readers                     |
//! | `Timer`, thread-local     | `std::thread`, `thread_local!`                              |
//!
//! `parking_lot`'s locks rather than those of `std`, because a panic does not poison them, as an exception
//! does not in Python; because they are fair in the long run; and because they have timeouts.
//!
//! # A lock
//!
//! A mutex holds what it protects, so that nobody gets at it without the lock, and it is released when
//! its guard goes, also by a panic. That it is released by the thread that acquired it, once and no more,
//! the compiler sees to.
//!
//! ```
//! use parking_lot::Mutex;
//! use std::thread;
//! use std::time::Duration;
//!
//! // counter = 0; lock = threading.Lock()
//! let counter = Mutex::new(0);
//! thread::scope(|scope| {
//!     for _ in 0..4 {
//!         scope.spawn(|| *counter.lock() += 1); // with lock: counter += 1
//!     }
//! });
//! let held = counter.lock();
//! assert_eq!(*held, 4);
//! assert!(counter.try_lock().is_none()); // lock.acquire(blocking=False)
//! assert!(counter.try_lock_for(Duration::from_millis(10)).is_none()); // lock.acquire(timeout=0.01)
//! drop(held);
//! assert!(!counter.is_locked()); // lock.locked()
//! ```
//!
//! The other use of Python's `Lock`, as a signal that one thread acquires and another releases, is a
//! semaphore's. Releasing it unlocked is an error:
//!
//! ```
//! use executor_thread::sync::BoundedSemaphore;
//! use std::thread;
//!
//! let lock = BoundedSemaphore::new(1);
//! lock.acquire();
//! thread::scope(|scope| {
//!     scope.spawn(|| lock.release().expect("it is held"));
//! });
//! assert!(lock.try_acquire());
//! assert_eq!(lock.release(), Ok(()));
//! assert!(lock.release().is_err());
//! ```
//!
//! # A reentrant lock
//!
//! ```
//! use parking_lot::ReentrantMutex;
//! use std::cell::RefCell;
//! use std::thread;
//!
//! struct Account {
//!     balance: ReentrantMutex<RefCell<i64>>, // lock = threading.RLock(); balance = 0
//! }
//!
//! impl Account {
//!     fn deposit(&self, amount: i64) {
//!         let balance = self.balance.lock(); // with self.lock:
//!         *balance.borrow_mut() += amount;
//!     }
//!
//!     fn deposit_all(&self, amounts: &[i64]) {
//!         let _held = self.balance.lock(); // nobody sees a part of it
//!         amounts.iter().for_each(|amount| self.deposit(*amount)); // locks once more
//!         assert!(self.balance.is_owned_by_current_thread());
//!     }
//! }
//!
//! let account = Account { balance: ReentrantMutex::new(RefCell::new(0)) };
//! account.deposit_all(&[1, 2, 3]);
//! let held = account.balance.lock();
//! thread::scope(|scope| {
//!     scope.spawn(|| assert!(account.balance.try_lock().is_none())); // another thread
//! });
//! assert_eq!(*held.borrow(), 6);
//! ```
//!
//! # A condition
//!
//! A condition variable goes with the mutex that protects what is waited for; waiting without the guard
//! does not compile. `wait_while_for` is `wait_for(predicate, timeout)`, with the predicate turned round.
//!
//! ```
//! use parking_lot::{Condvar, Mutex};
//! use std::thread;
//! use std::time::Duration;
//!
//! // condition = threading.Condition(); stock = 0
//! let (stock, changed) = (Mutex::new(0), Condvar::new());
//! thread::scope(|scope| {
//!     scope.spawn(|| {
//!         let mut stock = stock.lock(); // with condition:
//!         changed.wait_while(&mut stock, |stock| *stock == 0); //  condition.wait_for(lambda: stock)
//!         *stock -= 1;
//!     });
//!     *stock.lock() += 1;
//!     changed.notify_one(); // condition.notify()
//! });
//! let mut stock = stock.lock();
//! let timeout = Duration::from_millis(10);
//! assert!(changed.wait_while_for(&mut stock, |stock| *stock == 0, timeout).timed_out());
//! ```
//!
//! # Where is what
//!
//! | what                                | file             |
//! |-------------------------------------|------------------|
//! | the event                           | `event.rs`       |
//! | the semaphores                      | `semaphore.rs`   |
//! | how permits are counted and waited for | `permits.rs`  |
//! | the barrier                         | `barrier.rs`     |
//! | how threads are put to sleep        | `../park.rs`     |

mod barrier;
mod event;
mod permits;
mod semaphore;

pub use barrier::Barrier;
pub use event::Event;
#[doc(no_inline)]
pub use executor_core::{BrokenBarrier, TooManyReleases, ZeroParties};
pub use semaphore::{BoundedSemaphore, Permit, Semaphore};
