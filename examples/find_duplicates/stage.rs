//! [`Stage`]: hashes many files on the executor, with a bounded number of tasks in flight.

use crate::hash::{Digest, Job, Part, hash};
use crate::progress::{Progress, StageBar};
use crate::report::Failure;
use concurrent_futures::{Executor, Future, FutureId, PortableError, SubmitError, as_completed};
use std::collections::HashMap;
use std::path::PathBuf;

/// How many tasks exist at a time: enough for any number of workers, and a megabyte or two.
///
/// Without a bound there would be one for every file in the directory.
const IN_FLIGHT: usize = 4096;

/// Files by size and hash.
pub(crate) type Alike = HashMap<(u64, Digest), Vec<PathBuf>>;

/// What a task returns.
type Hashed = Result<Digest, PortableError>;

/// A file that may have a duplicate.
#[derive(Debug)]
pub(crate) struct Candidate {
    /// Its size when it was found.
    pub(crate) size: u64,
    /// Where it is.
    pub(crate) path: PathBuf,
}

/// One pass over some files, hashing the same part of each.
pub(crate) struct Stage<'p, E> {
    pool: &'p E,
    part: Part,
    /// What has not been submitted yet.
    waiting: std::vec::IntoIter<Candidate>,
    /// What has, by its future: a result has to be matched with its file.
    submitted: HashMap<FutureId, Candidate>,
    bar: StageBar,
}

impl<'p, E: Executor> Stage<'p, E> {
    /// A pass over `candidates`, in this order.
    pub(crate) fn new(
        pool: &'p E,
        part: Part,
        candidates: Vec<Candidate>,
        progress: &Progress,
    ) -> Self {
        let lengths = candidates.iter().map(|candidate| part.length(candidate.size));
        let bytes = lengths.fold(0, u64::saturating_add); // sparse files can be of any size
        let bar = progress.stage(part, candidates.len() as u64, bytes);
        let waiting = candidates.into_iter();
        Self { pool, part, waiting, submitted: HashMap::new(), bar }
    }

    /// Hashes them all. Those that cannot be read end up among the `failures`.
    ///
    /// # Errors
    ///
    /// [`SubmitError`] if the pool stops taking work.
    pub(crate) fn run(mut self, failures: &mut Vec<Failure>) -> Result<Alike, SubmitError> {
        let mut alike = Alike::new();
        let mut completed = as_completed([]);
        while completed.len() < IN_FLIGHT
            && let Some(future) = self.submit_next()?
        {
            completed.push(future);
        }
        while let Some(future) = completed.next() {
            if let Some(next) = self.submit_next()? {
                completed.push(next); // one out, one in
            }
            let Candidate { size, path } = self.candidate_of(&future);
            match future.result().map_err(PortableError::from).flatten() {
                Ok(digest) => alike.entry((size, digest)).or_default().push(path),
                Err(error) => failures.push(Failure { path, error: format!("{error:#}") }),
            }
        }
        Ok(alike)
    }

    /// Submits the next candidate, if there is one left.
    fn submit_next(&mut self) -> Result<Option<Future<Hashed>>, SubmitError> {
        let Some(candidate) = self.waiting.next() else { return Ok(None) };
        let job = Job::new(&candidate.path, candidate.size, self.part);
        let future = self.pool.submit(hash, job)?;
        // In a callback rather than in the loop above, so that the bar moves the moment a file is
        // done, even if that is inside `submit`, as with the inline executor.
        let (bar, bytes) = (self.bar.clone(), self.part.length(candidate.size));
        future.add_done_callback(move |_| bar.file_done(bytes));
        self.submitted.insert(future.id(), candidate);
        Ok(Some(future))
    }

    /// The file whose hash this is the future of.
    fn candidate_of(&mut self, future: &Future<Hashed>) -> Candidate {
        self.submitted.remove(&future.id()).expect("every future is inserted when it is made")
    }
}
