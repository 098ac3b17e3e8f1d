//! [`Process`]: the handle.

use super::builder::ProcessBuilder;
use super::error::{CloseError, JoinError, SignalError, StartError};
use super::keeper::{self, Request};
use super::order::{self, Enclosed, Order};
use super::own::current_process;
use super::sentinel::{self, Sentinel};
use super::signal::Signal;
use super::state::{Child, Plan};
use super::stream::Pipes;
use super::target::IntoExitCode;
use crate::bootstrap::identity::Identity;
use crate::bootstrap::image::Image;
use crate::bootstrap::line;
use crate::bootstrap::ticket::Summons;
use crate::entry;
use executor_core::wire::write_to;
use executor_core::{Exit, Portable};
use parking_lot::Mutex;
use std::fmt;
use std::process::{ChildStderr, ChildStdin, ChildStdout};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A function that runs in a process of its own.
///
/// The process runs the same program, started again; instead of `main` it calls the function, with an
/// argument that is sent to it, and ends. It shares nothing with this process but what is handed to it:
/// queues, pipes, locks and the like can be in the argument. For many short calls use a
/// [`ProcessPoolExecutor`](crate::ProcessPoolExecutor), whose processes are started once.
///
/// ```
/// use executor_core::Exit;
/// use executor_process::Process;
///
/// fn greet((greeting, name): (String, String)) {
///     println!("{greeting} {name}, from process {}", std::process::id());
/// }
///
/// let process = Process::new(greet, ("hello".to_string(), "world".to_string()));
/// process.start()?;
/// assert_eq!(process.join()?, Exit::Code(0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Python's `multiprocessing.Process`.
///
/// # Handles
///
/// A handle may be used by all threads, and clones are handles to the same process. Dropping the last
/// one changes nothing for the process. A process that has ended is waited for at once, whether or not
/// there is a handle, so there are no zombies.
///
/// # The end of this program
///
/// When this program leaves `main`, or calls [`std::process::exit`], it first ends its
/// [daemons](ProcessBuilder::daemon) (`SIGTERM`, and after a second `SIGKILL`) and then waits for its other
/// children. When it ends in any other way, by a signal for instance, all of them are killed, whatever
/// they are doing. (Linux kills them; elsewhere they notice, unless they are stopped.)
///
/// On Windows `std::process::exit` ends all other threads of this program before that: children that wait for one of
/// them wait for ever. Leave `main` instead.
///
/// # What holds in the child
///
/// - The function runs on the main thread. The exit code is 0, or what the function
///   [returns](IntoExitCode), or what it gives to [`std::process::exit`], or 101 if it panics, after
///   its variables were dropped and the panic's message was printed to stderr. (With `panic = "abort"` it ends
///   by `SIGABRT`.) Other threads end with the main one; join those that matter.
/// - Standard input is empty, standard output and error are those of this process, unless the
///   [builder](ProcessBuilder) says otherwise. No other descriptor is inherited, but those that are part of
///   the argument.
/// - The rest is as [in the workers of a pool](crate::init#what-holds-in-a-worker), but that `SIGINT` ends
///   it, unless this process ignores it.
#[derive(Clone)]
pub struct Process {
    child: Arc<Child>,
    pipes: Arc<Mutex<Pipes>>,
}

impl Process {
    /// A process that will call `f(argument)`, with the default settings. It is not started yet.
    pub fn new<A: Portable, R: IntoExitCode + 'static>(f: fn(A) -> R, argument: A) -> Self {
        Self::builder().build(f, argument)
    }

    /// Settings for a process.
    pub fn builder() -> ProcessBuilder {
        ProcessBuilder::default()
    }

    pub(super) fn from_child(child: Arc<Child>) -> Self {
        Self { child, pipes: Arc::default() }
    }

    /// Starts the process. Does not wait for it to begin.
    ///
    /// The argument is encoded, and dropped before this returns. A process that turns out not to be able
    /// to begin, such as one of another program, is reported by [`join`](Self::join).
    ///
    /// # Errors
    ///
    /// [`StartError`]. Nothing is left of the attempt, and unless the process was started before, it can
    /// be started again.
    pub fn start(&self) -> Result<(), StartError> {
        let plan = self.child.take()?;
        match self.start_as(&plan) {
            Ok(()) => Ok(()),
            Err(error) => {
                *self.pipes.lock() = Pipes::default();
                self.child.put_back(plan);
                Err(error)
            }
        }
    }

    fn start_as(&self, plan: &Plan) -> Result<(), StartError> {
        if !entry::is_installed() {
            return Err(StartError::NotInitialized);
        }
        if current_process().is_daemon() {
            return Err(StartError::Daemonic);
        }
        let (function, trampoline) = plan.target.call();
        let image = Image::main();
        let offsets = image.offset(function).zip(image.offset(trampoline));
        let (function, trampoline) = offsets.ok_or(StartError::NotInProgram)?;
        let mut argument = Vec::new();
        let beside = write_to(&mut argument, |output| plan.target.encode(output));
        let beside = beside.map_err(StartError::Argument)?;

        let mut pipes = Pipes::default();
        let (line, theirs) = line::lay().map_err(StartError::System)?;
        let (sentinel, keep) = sentinel::prepare().map_err(StartError::System)?;
        let input = plan.stdin.input(&mut pipes).map_err(StartError::System)?;
        let enclosed = Enclosed { input, keep };
        let order = Order {
            identity: Identity::own(),
            function,
            trampoline,
            own: self.child.identification.clone(),
            parent: current_process().name().to_owned(),
        };
        let parcel = order::pack(&order, enclosed, &argument, beside)?;
        drop(argument);
        if line::TAKES_ALL_AT_ONCE {
            parcel.send(&line)?;
        }

        let summons = Summons { depth: entry::depth(), parent: std::process::id() };
        let mut command = plan.program.command(&summons.to_variable());
        let (stdout, ours) = plan.stdout.output().map_err(StartError::System)?;
        pipes.stdout = ours.map(ChildStdout::from);
        let (stderr, ours) = plan.stderr.output().map_err(StartError::System)?;
        pipes.stderr = ours.map(ChildStderr::from);
        command.stdin(theirs).stdout(stdout).stderr(stderr);
        // Before it runs: whoever then waits for it closes its input first.
        *self.pipes.lock() = pipes;
        let child = Arc::clone(&self.child);
        keeper::start(Request { child, command, line, parcel, sentinel })
    }

    /// Waits until the process has ended, and says how. May be called by several, and again.
    ///
    /// Our end of a pipe to its standard input is closed first, if it was not
    /// [taken](Self::take_stdin), so that a process that reads all of it comes to an end.
    ///
    /// # Errors
    ///
    /// [`JoinError`]: it was not started, or has ended without ever calling the function.
    pub fn join(&self) -> Result<Exit, JoinError> {
        self.close_input()?;
        let ended = self.child.join(None)?;
        Ok(ended.unwrap_or_else(|| unreachable!("it waits until the end")))
    }

    /// Waits until the process has ended, at most so long. `None` means that it is still running.
    ///
    /// With no time at all it returns at once.
    ///
    /// # Errors
    ///
    /// As for [`join`](Self::join).
    pub fn join_timeout(&self, timeout: Duration) -> Result<Option<Exit>, JoinError> {
        self.close_input()?;
        // What is beyond the end of the clock is for ever.
        self.child.join(Instant::now().checked_add(timeout))
    }

    /// Closes our end of a pipe to its standard input, if it has been started.
    fn close_input(&self) -> Result<(), JoinError> {
        if self.pid().is_none() {
            return Err(JoinError::NotStarted);
        }
        drop(self.take_stdin());
        Ok(())
    }

    /// Whether it has been started and has not ended.
    pub fn is_alive(&self) -> bool {
        self.child.is_alive()
    }

    /// How it has ended; `None` as long as it has not.
    ///
    /// Tells an exit code from a signal, which in Python is a negative exit code.
    pub fn exitcode(&self) -> Option<Exit> {
        self.child.exit()
    }

    /// Its process id; `None` before it is started.
    pub fn pid(&self) -> Option<u32> {
        self.child.pid()
    }

    /// Its name. The default is `Process-1` for the first one made in the program, and so on, and
    /// `Process-1:2` for the second one made in that.
    pub fn name(&self) -> &str {
        &self.child.identification.name
    }

    /// Whether it is a daemon: see [`ProcessBuilder::daemon`].
    pub fn is_daemon(&self) -> bool {
        self.child.identification.daemon
    }

    /// What becomes ready when it ends; `None` before it is started.
    pub fn sentinel(&self) -> Option<Sentinel> {
        self.child.sentinel()
    }

    /// Asks it to end: `SIGTERM`. Unless it handles that, it ends at once, and drops nothing.
    ///
    /// On Windows it is not asked; [`exitcode`](Self::exitcode) still tells that it was terminated, as if there
    /// were signals.
    ///
    /// It does nothing to a process that has ended. Whatever is done by a process that is ended in the
    /// middle of it is done in part: see the errors of locks and queues that it shares.
    ///
    /// # Errors
    ///
    /// [`SignalError`]: it was not started.
    pub fn terminate(&self) -> Result<(), SignalError> {
        self.child.signal(Signal::Terminate)
    }

    /// Ends it: `SIGKILL`, of which it learns nothing. Otherwise as [`terminate`](Self::terminate).
    ///
    /// # Errors
    ///
    /// As for [`terminate`](Self::terminate).
    pub fn kill(&self) -> Result<(), SignalError> {
        self.child.signal(Signal::Kill)
    }

    /// Interrupts it, as Ctrl-C does: `SIGINT`, which ends it unless it handles or ignores it. On Windows it is
    /// Ctrl-Break, which takes a console.
    ///
    /// # Errors
    ///
    /// As for [`terminate`](Self::terminate).
    pub fn interrupt(&self) -> Result<(), SignalError> {
        self.child.signal(Signal::Interrupt)
    }

    /// Gives the handle up, after making sure that the process has ended, or was never started.
    ///
    /// Nothing can be asked of a closed handle, and it cannot be closed twice, since it is gone.
    ///
    /// # Errors
    ///
    /// It is still running: [`CloseError`], which gives the handle back.
    pub fn close(self) -> Result<(), CloseError> {
        if self.is_alive() { Err(CloseError::new(self)) } else { Ok(()) }
    }

    /// Our end of the pipe to its standard input, if the builder said [`Stream::Piped`](super::Stream), once.
    pub fn take_stdin(&self) -> Option<ChildStdin> {
        self.pipes.lock().stdin.take()
    }

    /// Our end of the pipe from its standard output, likewise.
    ///
    /// A process that writes to a pipe waits when it is full, and gets an error when nobody can read it any
    /// more: when the end was dropped, with the handle for instance.
    pub fn take_stdout(&self) -> Option<ChildStdout> {
        self.pipes.lock().stdout.take()
    }

    /// Our end of the pipe from its standard error, likewise.
    pub fn take_stderr(&self) -> Option<ChildStderr> {
        self.pipes.lock().stderr.take()
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.child.fmt(f)
    }
}

/// The processes that this process has started as [`Process`]es and that have not ended, in the order
/// in which they were started. Workers of pools are not among them.
///
/// These handles have no ends of pipes.
///
/// ```standalone_crate
/// use executor_process::{Process, active_children};
///
/// let process = Process::new(|()| loop { std::thread::park() }, ());
/// process.start()?;
/// assert!(active_children().iter().any(|child| child.pid() == process.pid()));
/// process.terminate()?;
/// process.join()?;
/// assert!(active_children().is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Python's `multiprocessing.active_children()`.
pub fn active_children() -> Vec<Process> {
    keeper::running().into_iter().map(Process::from_child).collect()
}
