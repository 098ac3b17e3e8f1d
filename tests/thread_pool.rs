//! The behaviour of executors, on the thread pool.

mod behaviour;
mod support;

behaviour::on_every_worker!(crate::support::factory::Threads);
