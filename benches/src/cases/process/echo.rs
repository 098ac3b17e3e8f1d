//! Bytes to a worker and back: in a vector, or in shared memory.
//!
//! What comes back is the argument of the next task, so nobody has to copy it in between.

use super::{Spec, warm};
use crate::clock::Stopwatch;
use crate::contestant::{Load, ProcessPool, Sample, Trouble, WrongAnswer};
use crate::units::Unit;
use executor_core::Portable;
use std::ops::Deref;

pub(in crate::cases) const SPEC_1: Spec = Spec {
    title: "process-echo-1: 1 MiB of plain bytes to a worker and back",
    operations: "echoes",
    divisor: 10_000,
    unit: Unit::Time,
    once: false,
};

pub(in crate::cases) const SPEC_16: Spec = Spec {
    title: "process-echo-16: 16 MiB of plain bytes to a worker and back",
    divisor: 200_000,
    ..SPEC_1
};

pub(in crate::cases) const SPEC_128: Spec = Spec {
    title: "process-echo-128: 128 MiB of plain bytes to a worker and back",
    divisor: 1_000_000,
    ..SPEC_1
};

pub(in crate::cases) const SHARED_SPEC_1: Spec = Spec {
    title: "process-share-1: 1 MiB that is in shared memory already, to a worker and back",
    divisor: 500,
    ..SPEC_1
};

pub(in crate::cases) const SHARED_SPEC_16: Spec = Spec {
    title: "process-share-16: 16 MiB that are in shared memory already, to a worker and back",
    ..SHARED_SPEC_1
};

pub(in crate::cases) const SHARED_SPEC_128: Spec = Spec {
    title: "process-share-128: 128 MiB that are in shared memory already, to a worker and back",
    ..SHARED_SPEC_1
};

/// Measures all echoes together.
///
/// # Errors
///
/// [`Trouble`], if not every byte has come back, or as the pool has it.
pub fn run<P, B>(bytes: usize, load: &Load) -> Result<Sample, Trouble>
where
    P: ProcessPool,
    B: Portable + From<Vec<u8>> + Deref<Target = [u8]>,
{
    let pool: P = warm(load.workers)?;
    measure(bytes, load.operations, |data: B| pool.call(echo, data))
}

/// Measures echoes, one after another, however they are done.
pub(crate) fn measure<B>(
    bytes: usize,
    operations: u64,
    mut echo: impl FnMut(B) -> Result<B, Trouble>,
) -> Result<Sample, Trouble>
where
    B: From<Vec<u8>> + Deref<Target = [u8]>,
{
    // Once before, so that everything that is made once is there.
    let mut data = echo(pattern(bytes).into())?;
    let watch = Stopwatch::start_family();
    for _ in 0..operations {
        data = echo(data)?;
        WrongAnswer::unless_equal(bytes as u64, data.len() as u64)?;
    }
    let sample = watch.per_operation(operations);
    let wrong = pattern(bytes).iter().zip(data.iter()).filter(|(a, b)| a != b).count();
    WrongAnswer::unless_equal(0, wrong as u64)?;
    Ok(sample)
}

/// The function.
fn echo<B>(data: B) -> B {
    data
}

/// Bytes that would not come back by chance.
fn pattern(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|n| (n ^ (n >> 8) ^ (n >> 16)) as u8).collect()
}
