//! What handles such as locks and queues are made of: memory that several processes map at once, and
//! descriptors that travel beside the values in which the handles are.
//!
//! | what                                                | file            |
//! |-----------------------------------------------------|-----------------|
//! | a descriptor as part of a value                     | `descriptor.rs` |
//! | carrying descriptors from one process to another    | `courier/`      |
//! | memory that both sides map                          | `memory/`, `segment.rs` |
//! | sleeping until a word in it changes                 | `futex.rs`, `waiting.rs` |
//! | looking before sleeping                             | `patience.rs`   |
//! | pairs of sockets                                    | `sockets.rs`    |
//! | whether another process is still alive              | `life.rs`       |
//! | a lock whose holder may die                         | `lock.rs`       |
//! | handles of Windows, which are its descriptors       | `windows/`      |
//!
//! # The rules
//!
//! A handle is one or more descriptors and a few plain numbers. It is encoded as an attachment of the
//! value that it is part of, so it goes wherever values of this library go: to a task, back as its
//! result, to a process, through queues, pipes and managers. The kernel counts the descriptors, those
//! on their way included, and frees what nobody has any more, however its users have ended. Nothing
//! has a name, so nobody else can come by it, and nothing can be left behind. (`windows/mod.rs` says what
//! this is on Windows, where descriptors are handles.)
//!
//! Whoever uses shared memory can be killed between any two instructions. Therefore:
//!
//! - Everything in it is atomics, every state that another process can see is a valid one, and changes
//!   of more than one word have an order in which they can be completed or ignored by whoever comes next.
//! - Whoever holds something says so in the same instruction that takes it, with a
//!   [`Stamp`](life::Stamp) of its process, by which the others can see that it has died.
//! - Nobody relies on being woken. Sleep comes in slices ([`waiting`]), and after each one the sleeper
//!   looks for itself, in case whoever should have woken it, or was woken in its place, is dead.

pub(crate) mod courier;
pub(crate) mod descriptor;
pub(crate) mod futex;
pub(crate) mod life;
pub(crate) mod lock;
pub(crate) mod memory;
pub(crate) mod patience;
pub(crate) mod segment;
#[cfg(unix)]
pub(crate) mod sockets;
pub(crate) mod waiting;
#[cfg(windows)]
pub(crate) mod windows;
