//! The behaviour of executors, with every argument and every result encoded and decoded.

mod behaviour;
mod support;

behaviour::on_every_worker!(crate::support::factory::LoopedBack);
