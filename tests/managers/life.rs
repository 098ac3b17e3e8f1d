//! How managers begin and end.

use crate::manager;
use crate::processes::{exists, kill};
use crate::support::leak::keep;
use crate::support::{child, eventually, guarded};
use concurrent_futures::Exit;
use concurrent_futures::process::{Manager, ManagerError, Process, Proxy, Value, active_children};
use std::process::Stdio;

fn set_variable(value: u32) {
    INITIALIZED.store(value, std::sync::atomic::Ordering::SeqCst);
}

static INITIALIZED: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);

/// MAN-05: the initializer runs in the manager, once; the name is the process's.
#[test]
fn initializers() {
    guarded("initializers", || {
        let manager =
            Manager::builder().name("clerk").initializer(set_variable, 7).start().unwrap();
        let look = |_: &mut Value<()>, ()| {
            let name = concurrent_futures::process::current_process().name().to_owned();
            (INITIALIZED.load(std::sync::atomic::Ordering::SeqCst), name)
        };
        let object = manager.value(()).unwrap();
        assert_eq!(object.call(look, ()).unwrap(), (7, "clerk".to_owned()));
        assert_eq!(INITIALIZED.load(std::sync::atomic::Ordering::SeqCst), 0);
        assert!(active_children().iter().any(|process| process.pid() == Some(manager.pid())));

        let failed = Manager::builder().initializer(|()| panic!("not prepared"), ()).start();
        let Err(ManagerError::Panicked(report)) = failed else { panic!("it panicked there") };
        assert!(report.to_string().contains("not prepared"), "{report}");
        let ended = Manager::builder().initializer(|()| std::process::exit(3), ()).start();
        let error = ended.unwrap_err().to_string();
        assert!(error.contains("3"), "{error}");
    });
}

/// MAN-05, MAN-06: `shutdown` ends the process with code 0; every call is an error from then on.
#[test]
fn shutdown() {
    guarded("shutdown", || {
        let manager = manager();
        let pid = manager.pid();
        let value = manager.value(1).unwrap();
        assert_eq!(manager.shutdown().unwrap(), Exit::Code(0));
        assert!(!exists(pid));
        for _ in 0..3 {
            let gone = value.get().unwrap_err();
            assert!(matches!(gone, ManagerError::Gone));
            assert!(gone.to_string().contains("keep the `Manager`"), "{gone}");
        }
    });
}

/// Writes into a file when it goes.
struct Farewell(std::path::PathBuf);

impl Drop for Farewell {
    fn drop(&mut self) {
        std::fs::write(&self.0, "goodbye").unwrap();
    }
}

/// Dropping the manager ends it as well, and its objects first.
#[test]
fn objects_are_dropped() {
    guarded("objects_are_dropped", || {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("farewell");
        let manager = manager();
        let _object = manager.create(Farewell, path.clone()).unwrap();
        drop(manager);
        assert_eq!(std::fs::read_to_string(path).unwrap(), "goodbye");
    });
}

/// Waits when it goes.
struct Long(concurrent_futures::process::Event);

impl Drop for Long {
    fn drop(&mut self) {
        self.0.wait();
    }
}

/// MAN-06: from when its objects are being dropped, the manager is gone for everybody.
#[test]
fn ending() {
    guarded("ending", || {
        let manager = manager();
        let value = manager.value(1).unwrap();
        let event = concurrent_futures::process::Event::new().unwrap();
        let _long = manager.create(Long, event.clone()).unwrap();
        std::thread::scope(|scope| {
            let ending = scope.spawn(|| manager.shutdown());
            let error = loop {
                match value.get() {
                    Ok(value) => assert_eq!(value, 1),
                    Err(error) => break error,
                }
            };
            assert!(matches!(error, ManagerError::Gone), "{error}");
            assert!(!ending.is_finished());
            event.set();
            assert_eq!(ending.join().unwrap().unwrap(), Exit::Code(0));
        });
    });
}

/// MAN-06: a manager that is killed is gone at once for everybody, callers in the middle included.
#[test]
fn killed() {
    guarded("killed", || {
        let manager = manager();
        let value = manager.value(0).unwrap();
        let event = concurrent_futures::process::Event::new().unwrap();
        std::thread::scope(|scope| {
            let sleep = |_: &mut Value<i32>, event: concurrent_futures::process::Event| {
                event.set();
                std::thread::sleep(std::time::Duration::from_secs(1000));
            };
            let (value, event) = (&value, event.clone());
            let calling = scope.spawn({
                let event = event.clone();
                move || value.call(sleep, event)
            });
            event.wait();
            assert!(kill(manager.pid()));
            assert!(matches!(calling.join().unwrap(), Err(ManagerError::Gone)));
        });
        assert!(matches!(value.get(), Err(ManagerError::Gone)));
        assert!(matches!(manager.value(1), Err(ManagerError::Gone)));
        let killed = if cfg!(windows) { Exit::Code(1) } else { Exit::Signal(9) };
        assert_eq!(manager.shutdown().unwrap(), killed);
    });
}

/// A child that uses a manager sees it end.
#[test]
fn children_see_the_end() {
    guarded("children_see_the_end", || {
        let manager = manager();
        let value = manager.value(0).unwrap();
        let watch = |value: Proxy<Value<i32>>| {
            value.set(1).unwrap();
            while value.get().is_ok() {}
            assert!(matches!(value.get(), Err(ManagerError::Gone)));
        };
        let process = Process::new(watch, value.clone());
        process.start().unwrap();
        eventually("the child has begun", || value.get().unwrap() == 1);
        drop(manager);
        assert_eq!(process.join().unwrap(), Exit::Code(0));
    });
}

/// A program that leaves its manager alone, and ends.
#[test]
fn program_that_forgets_its_manager() {
    if !child::is_program() {
        return;
    }
    let manager = manager();
    println!("pid {}", manager.pid());
    keep(manager);
}

/// A program that is killed.
#[test]
fn program_that_is_killed() {
    if !child::is_program() {
        return;
    }
    let manager = manager();
    println!("pid {}", manager.pid());
    kill(std::process::id());
}

/// A manager ends with the program, however that ends.
#[test]
fn nothing_is_left() {
    guarded("nothing_is_left", || {
        for program in ["program_that_forgets_its_manager", "program_that_is_killed"] {
            let mut command = child::program(&format!("life::{program}"));
            let output = command.stdout(Stdio::piped()).output().unwrap();
            let text = String::from_utf8_lossy(&output.stdout);
            let pid = text.lines().find_map(|line| line.split_once("pid ")).expect("a pid").1;
            let pid = pid.parse().unwrap();
            eventually("the manager is gone", || !exists(pid));
        }
    });
}

/// Ctrl-C is for the main program; the manager stays until that lets it go. On Windows it is not even told.
#[cfg(unix)]
#[test]
fn interrupts_are_for_others() {
    guarded("interrupts_are_for_others", || {
        let manager = manager();
        let value = manager.value(1).unwrap();
        let pid = rustix::process::Pid::from_raw(manager.pid().try_into().unwrap()).unwrap();
        for _ in 0..20 {
            rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
            assert_eq!(value.get().unwrap(), 1);
        }
        assert_eq!(manager.shutdown().unwrap(), Exit::Code(0));
    });
}

/// MAN-03 (what stands for its key): a manager has no address. None of its sockets has a name or listens, so
/// nobody can connect who was not given a proxy.
#[cfg(target_os = "linux")]
#[test]
fn there_is_no_address() {
    guarded("there_is_no_address", || {
        let manager = manager();
        let value = manager.value(1).unwrap();
        assert_eq!(value.get().unwrap(), 1);
        let look = |_: &mut Value<i32>, ()| -> Vec<String> {
            let open = std::fs::read_dir("/proc/self/fd").unwrap();
            let links = open.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
            links.map(|link| link.to_string_lossy().into_owned()).collect()
        };
        let links = value.call(look, ()).unwrap();
        let inodes: Vec<&str> = links
            .iter()
            .filter_map(|link| link.strip_prefix("socket:[")?.strip_suffix(']'))
            .collect();
        assert!(inodes.len() >= 3, "its own, the object's and the connection's: {links:?}");
        let sockets = std::fs::read_to_string("/proc/net/unix").unwrap();
        let known = |inode: &str| {
            let line =
                sockets.lines().find(|line| line.split_ascii_whitespace().nth(6) == Some(inode));
            line.map(|line| line.split_ascii_whitespace().map(str::to_owned).collect::<Vec<_>>())
        };
        for fields in inodes.into_iter().filter_map(known) {
            // Number, references, protocol, flags, type, state, inode, and a name if there is one.
            assert_eq!(fields.len(), 7, "no name: {fields:?}");
            assert_eq!(fields[3], "00000000", "does not listen: {fields:?}");
        }
    });
}
