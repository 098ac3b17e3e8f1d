//! What only Windows needs, and what only Windows has.
//!
//! | what                                                       | file       |
//! |------------------------------------------------------------|------------|
//! | pipes: making them, and operations that can be given up    | `pipe.rs`  |
//! | the process that keeps handles which are on their way      | `vault.rs` |
//! | handles: copying them from process to process, counting    | `handle.rs` |
//! | processes by number and time of start                      | `process.rs` |
//!
//! # Descriptors
//!
//! A descriptor is a handle here. The system counts the handles of an object in all processes, and frees
//! what nobody has any more, however its users have ended. But it has nothing like a socket that holds
//! handles while they are on their way: a handle is always in the table of some process. So whoever
//! sends one *parks* a copy of it, and the message says where. Whoever receives the message fetches the
//! copy, and so closes it where it was parked.
//!
//! | what is sent over                                  | is parked                         |
//! |----------------------------------------------------|-----------------------------------|
//! | a line, to the child                               | in the child                      |
//! | a manager's tokens and connections                 | in the process at the other end   |
//! | a line, to the parent; the lane of a queue or pipe | in the vault                      |
//!
//! The first two have one process at the other end, and it believes whoever is at ours. If that process dies,
//! the system closes what was parked there. This is no good if there may be many that receive, or if the
//! receiver must not believe what it is told: a message names handles by their numbers, and a process that
//! fetched whatever number it was told from its own table could be made to close its own files. For these
//! there is the [vault](vault), a process that never runs and has nothing but what is parked in it.
//!
//! What is parked in the vault is fetched by whoever receives the message. What is never received is fetched, and
//! closed, by whoever drops the last handle of the end at which it would have been; see
//! `courier/windows.rs`. If that one is killed, or is killed between receiving and fetching, it stays in the
//! vault until the program ends.
//!
//! # Who can get at what
//!
//! Nothing has a name but pipes, which must have one. It is random, and good for nothing as soon as both ends
//! are open, which is before anything is written: there is one instance, and no second one can be made.
//! Should a stranger open it in between, making the pipe fails. Everything else has the default access list
//! of the user's objects. Processes of the same user can open each other, and so the handles of each other,
//! by the rules of the system.

pub(crate) mod handle;
pub(crate) mod pipe;
pub(crate) mod process;
pub(crate) mod vault;
