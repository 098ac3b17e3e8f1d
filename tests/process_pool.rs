//! The behaviour of executors, on the process pool.

mod behaviour;
mod support;

behaviour::on_every_worker!(crate::support::factory::Processes);
