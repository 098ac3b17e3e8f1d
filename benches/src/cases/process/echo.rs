//! Bytes to a worker and back: in a vector, or in shared memory.
//!
//! What comes back is the argument of the next task, so nobody has to copy it in between.

use super::{Spec, warm};
use crate::cases::spec::{Amount, Axis};
use crate::clock::Stopwatch;
use crate::contestant::{Load, ProcessPool, Sample, Trouble, WrongAnswer};
use executor_core::Portable;
use std::ops::Deref;

pub(in crate::cases) const SPEC: Spec = Spec {
    title: "plain bytes to a worker and back",
    operations: "echoes",
    amount: Amount::Moving { bytes: 128 << 20, most: 5_000 },
    bytes: &[1 << 10, 64 << 10, 1 << 20, 16 << 20, 128 << 20],
    curve: Some(Axis::Bytes),
    ..Spec::PROCESSES
};

pub(in crate::cases) const SHARED_SPEC: Spec = Spec {
    title: "bytes that are in shared memory already, to a worker and back",
    amount: Amount::Part(500),
    bytes: &[1 << 20, 16 << 20, 128 << 20],
    ..SPEC
};

/// Measures all echoes together.
///
/// # Errors
///
/// [`Trouble`], if not every byte has come back, or as the pool has it.
pub fn run<P, B>(load: &Load) -> Result<Sample, Trouble>
where
    P: ProcessPool,
    B: Portable + From<Vec<u8>> + Deref<Target = [u8]>,
{
    let pool: P = warm(load.workers)?;
    measure(load, |data: B| pool.call(echo, data))
}

/// Measures echoes, one after another, however they are done.
pub(crate) fn measure<B>(
    load: &Load,
    mut echo: impl FnMut(B) -> Result<B, Trouble>,
) -> Result<Sample, Trouble>
where
    B: From<Vec<u8>> + Deref<Target = [u8]>,
{
    let Load { operations, bytes, .. } = *load;
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
