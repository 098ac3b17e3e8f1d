//! [`Manager`]: a process that holds objects for others, and the [proxies](Proxy) by which they use them.
//!
//! ```text
//!   any process                                         the manager's process
//!   ───────────                                         ─────────────────────
//!   proxy.call(f, argument)
//!   takes an idle connection, or makes one ───────────▶ main thread: starts a thread for it
//!   encodes the argument
//!   writes the request into the mailbox ──────────────▶ the connection's thread: finds the object,
//!                                                        locks it, decodes, calls f, encodes
//!   decodes the outcome ◀────────────────────────────── writes the response into the mailbox
//!   puts the connection back
//! ```
//!
//! | what                                              | file            |
//! |---------------------------------------------------|-----------------|
//! | starting and ending the process, making objects   | `owner.rs`      |
//! | the handle to one object                          | `proxy.rs`      |
//! | functions that travel, and what calls them there  | `method.rs`     |
//! | the connections of this process                   | `link.rs`       |
//! | one connection: the memory and the socket         | `mailbox.rs`    |
//! | whose turn it is there, and waiting for it        | `turn.rs`       |
//! | the manager's process                             | `server.rs`     |
//! | its objects                                       | `objects.rs`    |
//! | its ends of their tokens                          | `tokens/`       |
//! | what can go wrong                                 | `error.rs`      |
//! | the objects that come with it                     | `dict.rs`, `list.rs`, `set.rs`, `value.rs`, `array.rs`, `sequence.rs` |
//! | those that processes wait at                      | `tied/`         |
//!
//! # Who may connect
//!
//! Nobody but whoever was given a proxy. There is no address and no key: each object has a *token*, a
//! pair of connected sockets without a name. The server has one end; the other end is the proxy, and
//! travels with it as a descriptor. Through it a process hands the server its end of a new mailbox.
//!
//! # How long an object lives
//!
//! As long as there is a proxy for it, in any process or on its way between two: the kernel counts the
//! descriptors of the token, and the server sees when the last one is gone, however that came about.
//! The manager itself ends when the [`Manager`] is gone, and with it all objects. Calls then fail with
//! [`ManagerError::Gone`], those that are waiting for an answer included.
//!
//! # Invariants
//!
//! - An object is used by one call at a time, so that a call is atomic. Calls on different objects run
//!   side by side.
//! - A connection is used by one thread at a time, and by no other process. A process that is killed in
//!   the middle of a call takes its connection with it and nothing else; the call may or may not have
//!   been made.
//! - A request names an object, a function and the function's types by numbers. The server looks up the
//!   object, checks its type, and checks that the addresses are in the image. It does not defend itself
//!   against a process of the same program that has been taken over: whoever holds a proxy may run
//!   functions in the server.

mod array;
mod dict;
mod error;
#[cfg(all(any(test, fuzzing), target_os = "linux", not(loom)))]
pub(crate) mod fuzzed;
mod link;
mod list;
mod mailbox;
mod method;
mod objects;
mod owner;
mod proxy;
mod sequence;
mod server;
mod set;
mod tied;
mod tokens;
mod turn;
mod value;

#[cfg(all(test, loom))]
pub(crate) use turn::{Came, NoLetter, Post, Side, Turns};

pub use error::ManagerError;
pub use owner::{Manager, ManagerBuilder};
pub use proxy::Proxy;
pub use tied::ManagedLockError;
pub use value::Value;
