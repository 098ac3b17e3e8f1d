//! Running the example as a program, never for longer than a limit.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long a test may take.
const TEST_LIMIT: Duration = Duration::from_secs(120);

/// How long one run of the program may take.
const RUN_LIMIT: Duration = Duration::from_secs(60);

/// A limit, on this machine: see `tests/support/watchdog.rs`.
fn patient(limit: Duration) -> Duration {
    let times = std::env::var("TEST_PATIENCE").ok();
    limit * times.and_then(|times| times.parse().ok()).unwrap_or(1)
}

/// Runs a test, and fails it when its time is over.
pub(crate) fn limited(test: impl FnOnce() + Send + 'static) {
    let (sender, receiver) = mpsc::channel();
    let test = thread::spawn(move || {
        let _sender = sender; // dropped in the end, whatever the end
        test();
    });
    match receiver.recv_timeout(patient(TEST_LIMIT)) {
        Ok(()) | Err(mpsc::RecvTimeoutError::Disconnected) => {
            if let Err(panic) = test.join() {
                std::panic::resume_unwind(panic);
            }
        }
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("not finished within {TEST_LIMIT:?}"),
    }
}

/// A file to execute, and as whom.
pub(crate) struct Program {
    path: PathBuf,
    #[cfg(unix)]
    user: Option<u32>,
}

/// A command that runs the program.
pub(crate) fn program() -> Command {
    Program::built().command()
}

impl Program {
    /// The program as `cargo test` has built it.
    fn built() -> Self {
        let test = std::env::current_exe().unwrap(); // target/debug/deps/find_duplicates-…
        let profile = test.parent().and_then(Path::parent).unwrap();
        let name = format!("find_duplicates{}", std::env::consts::EXE_SUFFIX);
        let path = profile.join("examples").join(name);
        assert!(path.exists(), "no {}: run `cargo build --examples`", path.display());
        Self {
            path,
            #[cfg(unix)]
            user: None,
        }
    }

    /// The program for a user who may not read everything: a copy below `directory`, if need be.
    ///
    /// `None` if this user is root, who may, and cannot become somebody else.
    #[cfg(unix)]
    pub(crate) fn without_privileges(directory: &Path) -> Option<Self> {
        use std::fs;
        use std::os::unix::fs::{MetadataExt, PermissionsExt};

        let built = Self::built();
        if fs::metadata(directory).unwrap().uid() != 0 {
            return Some(built);
        }
        fs::set_permissions(directory, PermissionsExt::from_mode(0o755)).unwrap();
        let copy = Self { path: directory.join("program"), user: Some(65_534) };
        fs::copy(&built.path, &copy.path).unwrap();
        let works = copy.command().arg(directory).stdout(Stdio::null()).status();
        works.is_ok_and(|status| status.success()).then_some(copy)
    }

    /// A command that runs it, and captures what it prints unless told otherwise.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(unix)]
        if let Some(user) = self.user {
            std::os::unix::process::CommandExt::gid(&mut command, user);
            std::os::unix::process::CommandExt::uid(&mut command, user);
        }
        command
    }
}

/// Starts a command.
pub(crate) fn start(command: &mut Command) -> Running {
    let mut child = command.spawn().unwrap();
    // Let go of our copy of whatever its standard output was sent to.
    command.stdout(Stdio::null());
    let stdout = child.stdout.take().map(read_all);
    let stderr = child.stderr.take().map(read_all);
    Running { child, stdout, stderr, deadline: Instant::now() + patient(RUN_LIMIT) }
}

/// Reads in a thread of its own, so that the program never waits for us.
fn read_all(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text).unwrap();
        text
    })
}

/// The program while it runs. It does not survive this.
pub(crate) struct Running {
    child: Child,
    stdout: Option<JoinHandle<String>>,
    stderr: Option<JoinHandle<String>>,
    deadline: Instant,
}

/// The program when it has ended.
pub(crate) struct Output {
    /// The exit code; none if a signal has ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Running {
    /// Waits for its end.
    pub(crate) fn finish(mut self) -> Output {
        let status = self.poll("end", |child| child.try_wait().unwrap());
        let [stdout, stderr] = [self.stdout.take(), self.stderr.take()]
            .map(|pipe| pipe.map(|pipe| pipe.join().unwrap()).unwrap_or_default());
        Output { code: status.code(), stdout, stderr }
    }

    /// Waits until it, or a worker of its, has a file below `directory` open.
    #[cfg(target_os = "linux")]
    pub(crate) fn wait_until_it_reads(&mut self, directory: &Path) {
        let reads = |process: u32| {
            let open = std::fs::read_dir(format!("/proc/{process}/fd"));
            open.into_iter().flatten().flatten().any(|entry| {
                let target = std::fs::read_link(entry.path()).unwrap_or_default();
                target.starts_with(directory) && target != directory
            })
        };
        self.poll("read", |child| {
            assert_eq!(child.try_wait().unwrap(), None, "it has ended without reading");
            let mut family = workers_of(child.id());
            family.push(child.id());
            family.into_iter().any(reads).then_some(())
        });
    }

    /// Sends it what Ctrl-C sends.
    #[cfg(target_os = "linux")]
    pub(crate) fn interrupt(&self) {
        let pid = self.child.id().to_string();
        let sent = Command::new("sh").args(["-c", "kill -INT $0", &pid]).status().unwrap();
        assert!(sent.success());
    }

    /// Asks again and again until there is an answer, or the time is over.
    fn poll<T>(&mut self, what: &str, mut ask: impl FnMut(&mut Child) -> Option<T>) -> T {
        loop {
            if let Some(answer) = ask(&mut self.child) {
                return answer;
            }
            assert!(Instant::now() < self.deadline, "it did not {what} within {RUN_LIMIT:?}");
            thread::sleep(Duration::from_millis(2));
        }
    }
}

/// The children of a process.
#[cfg(target_os = "linux")]
fn workers_of(process: u32) -> Vec<u32> {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten();
    let lists = threads
        .flatten()
        .map(|thread| std::fs::read_to_string(thread.path().join("children")).unwrap_or_default());
    lists.flat_map(|list| list.split(' ').flat_map(str::parse).collect::<Vec<_>>()).collect()
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill(); // it may have ended
        let _ = self.child.wait();
    }
}
