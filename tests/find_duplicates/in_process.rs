//! What happens between two steps of the program, with its modules called one by one.

use crate::EXECUTORS;
use crate::choice::{Choice, UnknownChoice};
use crate::hash::{HEAD, Job, Part, hash};
use crate::program::limited;
use crate::progress::Progress;
use crate::report::Report;
use crate::search::search;
use crate::walk::survey;
use concurrent_futures::{Executor, InlineExecutor, Shutdown, SubmitError};
use indicatif::ProgressDrawTarget;
use std::fs;
use std::path::Path;
use tempfile::tempdir;

fn nowhere() -> Progress {
    Progress::new(ProgressDrawTarget::hidden())
}

/// Surveys `root`, lets `meddle` do its worst, and searches on every kind of executor.
fn search_after(root: &Path, meddle: impl Fn()) -> Vec<Report> {
    let pools = EXECUTORS.map(|kind| kind.parse::<Choice>().unwrap().build().unwrap());
    let surveys = EXECUTORS.map(|_| survey(root, &nowhere()));
    meddle();
    let pairs = pools.iter().zip(surveys);
    pairs.map(|(pool, survey)| search(pool, survey, &nowhere()).unwrap()).collect()
}

#[test]
fn files_that_vanish_or_change_after_the_walk_are_reported() {
    limited(|| {
        let directory = tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        let large = HEAD as usize * 3;
        for name in ["kept 1", "kept 2", "vanishing", "growing", "shrinking"] {
            fs::write(at(name), vec![1; large]).unwrap();
            fs::write(at(&format!("{name}, small")), vec![1; 100]).unwrap();
        }
        let reports = search_after(directory.path(), || {
            for suffix in ["", ", small"] {
                fs::remove_file(at(&format!("vanishing{suffix}"))).unwrap();
                fs::write(at(&format!("growing{suffix}")), vec![1; large * 2]).unwrap();
                fs::write(at(&format!("shrinking{suffix}")), [1; 10]).unwrap();
            }
        });
        for report in reports {
            let groups: Vec<_> = report.groups.iter().map(|group| &*group.paths).collect();
            let small = [at("kept 1, small"), at("kept 2, small")];
            assert_eq!(groups, [&[at("kept 1"), at("kept 2")], &small]);
            assert_eq!((report.files, report.wasted()), (10, large as u64 + 100));

            let changed = "its size changed during the search";
            let gone = fs::read(at("vanishing")).unwrap_err().to_string();
            let failures: Vec<_> =
                report.failures.into_iter().map(|failure| (failure.path, failure.error)).collect();
            let expected = [
                ("growing", changed),
                ("growing, small", changed),
                ("shrinking", changed),
                ("shrinking, small", changed),
                ("vanishing", &gone),
                ("vanishing, small", &gone),
            ];
            assert_eq!(failures, expected.map(|(name, error)| (at(name), error.to_string())));
        }
    });
}

#[test]
fn a_pool_that_takes_no_work_is_an_error() {
    limited(|| {
        let directory = tempdir().unwrap();
        for name in ["a", "b"] {
            fs::write(directory.path().join(name), "same").unwrap();
        }
        let pool = InlineExecutor::new();
        pool.shutdown(Shutdown::wait());
        let result = search(&pool, survey(directory.path(), &nowhere()), &nowhere());
        assert_eq!(result, Err(SubmitError::ShutDown));
    });
}

/// As it will to a worker in another process.
#[test]
fn a_task_can_travel() {
    limited(|| {
        let directory = tempdir().unwrap();
        #[cfg_attr(not(target_os = "linux"), expect(unused_mut, reason = "the name stays"))]
        let mut path = directory.path().join("name");
        #[cfg(target_os = "linux")]
        path.set_file_name(strange_name());
        fs::write(&path, "contents").unwrap();
        for part in [Part::Head, Part::Whole] {
            let sent = serde_json::to_string(&Job::new(&path, 8, part)).unwrap();
            let digest = hash(serde_json::from_str(&sent).unwrap());
            assert_eq!(digest, hash(Job::new(&path, 8, part)));
            let sent = serde_json::to_string(&digest).unwrap();
            assert_eq!(digest, serde_json::from_str(&sent).unwrap());
            assert!(digest.is_ok());
        }
    });
}

#[cfg(target_os = "linux")]
fn strange_name() -> std::ffi::OsString {
    std::os::unix::ffi::OsStringExt::from_vec(b"not utf-8: \xff".to_vec())
}

#[test]
fn executors_have_names() {
    let threads = |n: usize| Ok(Choice::Threads(n.try_into().unwrap()));
    let processes = |n: usize| Ok(Choice::Processes(n.try_into().unwrap()));
    assert_eq!("inline".parse(), Ok(Choice::Inline));
    assert_eq!("thread".parse(), Ok(Choice::Thread));
    assert_eq!("thread:12".parse(), threads(12));
    assert_eq!("process".parse(), Ok(Choice::Process));
    assert_eq!("process:12".parse(), processes(12));
    for unknown in ["", "threads", "thread:", "thread:0", "thread:-1", "thread:2:3", "inline:1"] {
        assert_eq!(unknown.parse::<Choice>(), Err(UnknownChoice), "{unknown}");
    }
    for unknown in ["processes", "process:", "process:0", "process:2:3"] {
        assert_eq!(unknown.parse::<Choice>(), Err(UnknownChoice), "{unknown}");
    }
    for choice in [Ok(Choice::Inline), threads(1), processes(1)] {
        assert_eq!(choice.unwrap().build().unwrap().max_workers(), 1);
    }
}
