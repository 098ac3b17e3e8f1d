//! Threads of the standard library: one for each task, started for it and ended with it.

use crate::contestant::Pool;
use std::thread::{Builder, JoinHandle};

/// No pool at all.
#[derive(Debug)]
pub struct Threads;

impl Pool for Threads {
    const NAME: &'static str = "std-thread";
    const CRATE: &'static str = "std";
    /// A thread that has ended keeps its stack until it is joined, and there can be some ten thousands.
    const PATIENCE: u64 = 1000;
    const AS_TOLD: bool = false;

    type Handle<R: Send + 'static> = JoinHandle<R>;

    fn version() -> String {
        env!("RUSTC_VERSION").to_owned()
    }

    fn new(_: usize) -> Self {
        Self
    }

    fn submit<R, F>(&self, task: F) -> Self::Handle<R>
    where
        R: Send + 'static,
        F: FnOnce() -> R + Send + 'static,
    {
        Builder::new().spawn(task).expect("the system has threads left")
    }

    fn wait<R: Send + 'static>(&self, handle: Self::Handle<R>) -> R {
        handle.join().expect("a task of a case does not panic")
    }
}
