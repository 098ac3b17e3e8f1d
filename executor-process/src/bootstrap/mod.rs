//! How a worker comes to be: from the call that starts a process to the first task it can be sent.
//!
//! ```text
//!   pool: reader thread          pool: keeper thread            worker process
//!   ───────────────────          ───────────────────            ──────────────
//!   one-shot server, memory,
//!   channel to the pool
//!   starts the keeper ─────────▶ lays the line,
//!                                starts the process ──────────▶ constructor, or `init()`
//!   accepts                      waits for its end                takes the ticket from the
//!      ▲                                                          environment, connects, picks
//!      │                                                          up the line,
//!      │◀──────────────────────────────── Hello: token, identity, channel to the worker
//!   checks both; what the initializer has goes first, over the line
//!      └───────────────────────────────── Welcome: memory, channel to the pool, initializer ─▶
//!   receives                                                      maps, initializes
//!      │◀──────────────────────────────── Ready
//!   the worker can be sent tasks                                  serves
//! ```
//!
//! A worker is the program itself, started again: on Linux from the file that is running, whatever has
//! become of its name. It never gets to the user's `main`: it is recognised by the [ticket] in
//! its environment, by a constructor that runs before `main`, or by [`init`](crate::init) at its top.
//!
//! The [line](mod@line) is the worker's standard input when it starts. Descriptors travel over it in both
//! directions for as long as the worker lives.
//!
//! Whatever goes wrong ends the accept in bounded time:
//!
//! | what                                              | how it is noticed                           | test in `tests/process/start.rs`, or where it says |
//! |---------------------------------------------------|---------------------------------------------|---|
//! | the process cannot be started                     | the keeper connects and says so             | `program_that_is_not_there` |
//! | it ends before it connects                        | the keeper connects and says so             | `program_that_ends_at_once` |
//! | it connects and ends                              | the accept or the next receive fails        | `initializer_that_exits` |
//! | its initializer does not return                   | the supervisor kills it after a time        | `initializer_that_hangs` |
//! | it never connects                                 | the supervisor kills it after a time        | `program_that_never_connects` |
//! | a stranger connects first                         | wrong token: refused, the process is killed | `engine/strangers.rs`: `wrong_token` |
//! | it is another program                             | wrong identity: refused                     | `another_program` |
//! | `init` was not called, and there is no constructor | the pool is not built                      | `executor-process/tests/init.rs` |
//! | a task's function is in a shared library          | its offset is not in the image              | `image::tests` |
//!
//! The child is started by the thread that waits for its end, because Linux sends the signal of the
//! parent's death when the *thread* that started the child ends.
//!
//! A `Process` comes to be in the same way, but for what is said: it finds all that it needs on its
//! [line](mod@line) when it starts, and answers only how it began. See `child/mod.rs`.

pub(crate) mod identity;
pub(crate) mod image;
pub(crate) mod line;
pub(crate) mod orphan;
pub(crate) mod program;
pub(crate) mod ticket;
