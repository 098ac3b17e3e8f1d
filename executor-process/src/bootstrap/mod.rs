//! How a worker comes to be: from the call that starts a process to the first task it can be sent.
//!
//! ```text
//!   pool: reader thread          pool: keeper thread            worker process
//!   ───────────────────          ───────────────────            ──────────────
//!   memory, channel to the pool
//!   starts the keeper ─────────▶ lays the line, and puts that
//!                                channel's sending end on it,
//!                                starts the process ──────────▶ constructor, or `init()`
//!   receives                     waits for its end                takes the ticket from the
//!      ▲                                                          environment, picks up the
//!      │                                                          line
//!      │◀──────────────────────────────── Hello: identity, channel to the worker
//!   checks it; what the initializer has goes first, over the line
//!      └───────────────────────────────── Welcome: memory, initializer ──────────────────────▶
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
//! directions for as long as the worker lives. On Windows the pool has a one-shot server besides, whose name is in
//! the ticket with a secret: the worker says hello to that, and the keeper does if the worker cannot any more.
//!
//! Whatever goes wrong ends the wait for the hello in bounded time:
//!
//! | what                                              | how it is noticed                           | test in `tests/process/start.rs`, or where it says |
//! |---------------------------------------------------|---------------------------------------------|---|
//! | the process cannot be started                     | the keeper says so                          | `program_that_is_not_there` |
//! | it ends before it connects                        | the keeper says so                          | `program_that_ends_at_once` |
//! | it says hello and ends                            | the keeper says so                          | `initializer_that_exits` |
//! | its initializer does not return                   | the supervisor kills it after a time        | `initializer_that_hangs` |
//! | it never says hello                               | the supervisor kills it after a time        | `program_that_never_connects` |
//! | it says something else                            | what does not decode is refused, the process is killed | `engine/hostile/`: `hello` |
//! | a stranger says hello first                       | on Unix nobody can; elsewhere, wrong token: refused, the process is killed | |
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
