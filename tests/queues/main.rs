//! The queues between threads: `concurrent_futures::queue`.

#[path = "../support/mod.rs"]
mod support;

mod asleep;
mod bounds;
mod errors;
mod handles;
mod marks;
mod orders;
mod panics;
mod shutdown;
mod stress;

/// Runs the same with each of the three queues as `$queue`.
macro_rules! every_queue {
    ($queue:ident => $body:block) => {{
        {
            use concurrent_futures::queue::Queue as $queue;
            $body
        }
        {
            use concurrent_futures::queue::LifoQueue as $queue;
            $body
        }
        {
            use concurrent_futures::queue::PriorityQueue as $queue;
            $body
        }
    }};
}

pub(crate) use every_queue;
