//! [`TaskOptions`]: what can be asked for one task beyond running it.

use std::fmt;
use std::time::Duration;

/// Options for one task, given to [`Executor::submit_with`](crate::Executor::submit_with).
///
/// An executor that cannot honour an option refuses the task with
/// [`SubmitError::Unsupported`](crate::SubmitError::Unsupported); none is ever ignored.
///
/// | option     | inline | thread pool | process pool |
/// |------------|--------|-------------|--------------|
/// | `name`     | yes    | yes         | yes          |
/// | `priority` | no     | yes         | no           |
/// | `deadline` | no     | no: a running thread cannot be stopped | yes |
/// | `retries`  | no     | no: a thread does not die under its task | yes |
///
/// ```
/// use executor_core::{Executor, InlineExecutor, SubmitError, TaskOption, TaskOptions};
/// use std::time::Duration;
///
/// let pool = InlineExecutor::new();
/// let named = TaskOptions::new().with_name("square of 4");
/// let future = pool.submit_with(|x: u32| x * x, 4, named)?;
/// assert_eq!(future.name(), Some("square of 4"));
///
/// let timed = TaskOptions::new().with_deadline(Duration::from_secs(1));
/// let refused = pool.submit_with(|x: u32| x * x, 4, timed).unwrap_err();
/// assert_eq!(refused, SubmitError::Unsupported(TaskOption::Deadline));
/// # Ok::<(), SubmitError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskOptions {
    name: Option<Box<str>>,
    priority: i32,
    deadline: Option<Duration>,
    retries: u32,
}

/// One of the options in [`TaskOptions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TaskOption {
    /// [`TaskOptions::with_name`].
    Name,
    /// [`TaskOptions::with_priority`].
    Priority,
    /// [`TaskOptions::with_deadline`].
    Deadline,
    /// [`TaskOptions::with_retries`].
    Retries,
}

impl fmt::Display for TaskOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "task names",
            Self::Priority => "task priorities",
            Self::Deadline => "task deadlines (only a process can be stopped while it runs a task)",
            Self::Retries => "task retries (only a worker process can die under its task)",
        })
    }
}

impl TaskOptions {
    /// No options.
    pub fn new() -> Self {
        Self::default()
    }

    /// A name, which the future's `Debug` shows.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into().into_boxed_str());
        self
    }

    /// A priority: higher starts earlier, equal ones in the order submitted. The default is 0.
    #[must_use]
    pub fn with_priority(mut self, priority: i32) -> Self {
        self.priority = priority;
        self
    }

    /// How long the task may run before it is stopped and fails with
    /// [`TaskError::DeadlineExceeded`](crate::TaskError::DeadlineExceeded).
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// How often the task may be started again if the worker running it dies. The default is 0: no
    /// task ever runs twice.
    #[must_use]
    pub fn with_retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// The name.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The priority.
    pub fn priority(&self) -> i32 {
        self.priority
    }

    /// The deadline, counted from the start of the task.
    pub fn deadline(&self) -> Option<Duration> {
        self.deadline
    }

    /// The number of retries.
    pub fn retries(&self) -> u32 {
        self.retries
    }

    /// The options that differ from the default.
    pub fn requested(&self) -> impl Iterator<Item = TaskOption> {
        [
            (self.name.is_some(), TaskOption::Name),
            (self.priority != 0, TaskOption::Priority),
            (self.deadline.is_some(), TaskOption::Deadline),
            (self.retries != 0, TaskOption::Retries),
        ]
        .into_iter()
        .filter_map(|(set, option)| set.then_some(option))
    }

    /// For the cell: nothing at all if nothing was asked for.
    pub(crate) fn boxed(self) -> Option<Box<Self>> {
        (self != Self::default()).then(|| Box::new(self))
    }
}
