//! [`search`]: from files of equal size to files of equal contents, reading as little as possible.

use crate::hash::{Digest, HEAD, Part};
use crate::progress::Progress;
use crate::report::{Failure, Group, Report};
use crate::stage::{Alike, Candidate, Stage};
use crate::walk::Survey;
use concurrent_futures::{Executor, SubmitError};
use std::path::PathBuf;

/// Finds the duplicates among the files of a survey, hashing on `pool`.
///
/// # Errors
///
/// [`SubmitError`] if the pool stops taking work. A file that cannot be read is no error, but part
/// of the report.
pub(crate) fn search<E: Executor>(
    pool: &E,
    survey: Survey,
    progress: &Progress,
) -> Result<Report, SubmitError> {
    let Survey { mut by_size, files, mut failures } = survey;
    let empty = by_size.remove(&0).unwrap_or_default();
    let same_size = by_size.into_iter().filter(|(_, paths)| paths.len() > 1);
    let all = same_size.flat_map(|(size, paths)| candidates(size, paths)).collect();
    let same_head = compare(pool, Part::Head, all, progress, &mut failures)?;

    let (small, large): (Alike, Alike) =
        same_head.into_iter().partition(|((size, _), _)| *size <= HEAD);
    let large = large.into_iter().filter(|(_, paths)| paths.len() > 1);
    let rest = large.flat_map(|((size, _), paths)| candidates(size, paths)).collect();
    let same_contents = compare(pool, Part::Whole, rest, progress, &mut failures)?;

    let empty = ((0, Digest::of_nothing()), empty);
    let groups = small
        .into_iter()
        .chain(same_contents)
        .chain([empty])
        .filter(|(_, paths)| paths.len() > 1)
        .map(|((size, hash), paths)| Group::new(size, hash, paths))
        .collect();
    Ok(Report::new(files, groups, failures))
}

/// The files at `paths`, all of this size.
fn candidates(size: u64, paths: Vec<PathBuf>) -> impl Iterator<Item = Candidate> {
    paths.into_iter().map(move |path| Candidate { size, path })
}

/// Groups `candidates` by the hash of this `part` of them.
fn compare<E: Executor>(
    pool: &E,
    part: Part,
    mut candidates: Vec<Candidate>,
    progress: &Progress,
    failures: &mut Vec<Failure>,
) -> Result<Alike, SubmitError> {
    // The largest first, so that no worker is left alone with one of them at the end.
    candidates.sort_unstable_by(|a, b| (b.size, &a.path).cmp(&(a.size, &b.path)));
    Stage::new(pool, part, candidates, progress).run(failures)
}
