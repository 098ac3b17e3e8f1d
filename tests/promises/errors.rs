//! The errors: what they say, and what they are caused by.

use crate::panicked;
use crate::support::guarded;
use concurrent_futures::{
    BrokenPool, Executor, Exit, InlineExecutor, PortableError, Rejected, Shutdown, SubmitError,
    Task, TaskError, TaskOption, TaskOptions, TrySubmitError, WorkerDeath,
};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

/// SUB-03: every reason why a future has no value says what happened, to a person.
#[test]
fn task_errors_read_well() {
    guarded("task_errors_read_well", || {
        let broken = Arc::new(BrokenPool::new("no database"));
        let death = WorkerDeath::new(42, Exit::Signal(11));
        let messages = [
            (TaskError::Cancelled, "the task was cancelled before it started"),
            (TaskError::DeadlineExceeded, "the task exceeded its deadline"),
            (
                TaskError::WorkerDied(Arc::new(death)),
                "the worker running the task died: process 42 was killed by SIGSEGV",
            ),
            (TaskError::Killed, "the task was killed while it was running"),
            (TaskError::PoolBroken(broken), "the pool broke before the task started: no database"),
            (TaskError::ShutDown, "the pool was shut down before this item was submitted"),
            (TaskError::MapTimedOut, "the map's timeout passed before this item finished"),
            (
                TaskError::Abandoned,
                "the executor or promise was dropped without completing the task",
            ),
            (TaskError::ResultTaken, "the result was already taken by an earlier poll"),
        ];
        for (error, message) in messages {
            assert_eq!(error.to_string(), message);
            assert_eq!(error.is_cancelled(), error == TaskError::Cancelled);
            assert!(error.panic().is_none());
        }
        let error = panicked("out of cheese").to_string();
        assert!(error.starts_with("the task panicked at "), "{error}");
        assert!(error.ends_with(": out of cheese"), "{error}");
    });
}

/// SUB-03: what is behind an error is its source.
#[test]
fn task_errors_have_sources() {
    guarded("task_errors_have_sources", || {
        let source = |error: &TaskError| error.source().map(ToString::to_string);
        let death = |exit, task| {
            let mut death = WorkerDeath::new(42, exit);
            death.task = task;
            source(&TaskError::WorkerDied(Arc::new(death))).unwrap()
        };
        assert_eq!(death(Exit::Code(3), None), "process 42 exited with code 3");
        assert_eq!(death(Exit::Signal(15), None), "process 42 was killed by SIGTERM");
        assert_eq!(death(Exit::Signal(99), None), "process 42 was killed by signal 99");
        assert_eq!(
            death(Exit::Signal(9), None),
            "process 42 was killed by SIGKILL (perhaps by the system, because memory ran out)"
        );
        assert_eq!(death(Exit::Unknown, None), "process 42 ended in an unknown way");
        let (_promise, future) = concurrent_futures::promise::<u32>();
        let expected = format!("process 42 exited with code 3 while running task {}", future.id());
        assert_eq!(death(Exit::Code(3), Some(future.id())), expected);
        let broken = TaskError::PoolBroken(Arc::new(BrokenPool::new("no database")));
        assert_eq!(source(&broken).as_deref(), Some("no database"));
        assert_eq!(source(&TaskError::Cancelled), None);
    });
}

/// SUB-03: the last words of a worker are part of the message.
#[test]
fn deaths_tell_the_last_words() {
    guarded("deaths_tell_the_last_words", || {
        let mut death = WorkerDeath::new(42, Exit::Code(3));
        death.stderr = "out of cheese\nredo from start\n".to_owned();
        assert_eq!(
            death.to_string(),
            "process 42 exited with code 3; the last it wrote to stderr:\n\
             out of cheese\nredo from start"
        );
        assert_eq!(Exit::Signal(6).signal_name(), Some("SIGABRT"));
        assert_eq!(Exit::Code(6).signal_name(), None);
    });
}

/// SHUT-01, BRK-13, SUB-05: every reason why a task was not accepted.
#[test]
fn submit_errors_read_well() {
    guarded("submit_errors_read_well", || {
        let broken = SubmitError::Broken(Arc::new(BrokenPool::new("no database")));
        let messages = [
            (SubmitError::ShutDown, "cannot submit after shutdown", None),
            (broken, "cannot submit to a broken pool: no database", Some("no database")),
            (SubmitError::Full, "the queue is full", None),
            (
                SubmitError::Unsupported(TaskOption::Priority),
                "this executor does not support task priorities",
                None,
            ),
            (SubmitError::InvalidArgument("what"), "invalid argument: what", None),
            (
                SubmitError::Codec(TaskError::Cancelled),
                "the task cannot travel to a worker: the task was cancelled before it started",
                Some("the task was cancelled before it started"),
            ),
        ];
        for (error, message, source) in &messages {
            assert_eq!(error.to_string(), *message);
            assert_eq!(error.source().map(ToString::to_string).as_deref(), *source);
            assert_eq!(messages.iter().filter(|(other, ..)| other == error).count(), 1);
        }
    });
}

/// SUB-01: what cannot be honoured is named.
#[test]
fn unsupported_options_are_named() {
    guarded("unsupported_options_are_named", || {
        let pool = InlineExecutor::new();
        let refuse = |options| pool.submit_with(|n: u32| n, 1, options).unwrap_err().to_string();
        let message = refuse(TaskOptions::new().with_deadline(Duration::from_secs(1)));
        assert!(message.starts_with("this executor does not support task deadlines"), "{message}");
        let message = refuse(TaskOptions::new().with_retries(1));
        assert!(message.starts_with("this executor does not support task retries"), "{message}");
    });
}

/// SHUT-01: a rejected task comes back whole, and fails its future only when it is dropped.
#[test]
fn rejected_tasks_come_back() {
    guarded("rejected_tasks_come_back", || {
        let pool = InlineExecutor::new();
        pool.shutdown(Shutdown::wait());
        let (task, future) = Task::new(|| 7);
        let rejected: Rejected = pool.execute(task).unwrap_err();
        assert_eq!(rejected.to_string(), format!("task {} was rejected", future.id()));
        assert_eq!(rejected.source().unwrap().to_string(), "cannot submit after shutdown");
        assert!(!future.done());
        rejected.task.run();
        assert_eq!(future.result(), Ok(7));
        let (task, future) = Task::new(|| 7);
        drop(pool.execute(task));
        assert_eq!(future.result(), Err(TaskError::Abandoned));
    });
}

/// SUB-01: the errors go where errors go: boxed, across threads, through `?`.
#[test]
fn errors_travel() {
    guarded("errors_travel", || {
        fn boxed(error: impl Error + Send + Sync + 'static) -> Box<dyn Error + Send + Sync> {
            Box::new(error)
        }
        fn program() -> Result<u32, Box<dyn Error>> {
            let pool = InlineExecutor::new();
            let parse = |text: String| -> Result<u32, PortableError> { Ok(text.parse::<u32>()?) };
            Ok(pool.submit(parse, "x".to_owned())?.result()??)
        }
        assert_eq!(program().unwrap_err().to_string(), "invalid digit found in string");
        boxed(TaskError::Cancelled);
        boxed(SubmitError::Full);
        let pool = InlineExecutor::new();
        pool.shutdown(Shutdown::wait());
        let refused: TrySubmitError<u32> = pool.try_submit(|n: u32| n, 1).unwrap_err();
        assert_eq!(refused.to_string(), "cannot submit after shutdown");
        assert_eq!(SubmitError::from(refused), SubmitError::ShutDown);
    });
}
