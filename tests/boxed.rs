//! The behaviour of executors, on `Box<dyn Executor>`.

mod behaviour;
mod support;

behaviour::on_every_worker!(crate::support::factory::Boxed);
