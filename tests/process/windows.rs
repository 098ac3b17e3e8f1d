//! What is peculiar to Windows: handles, which are easily left behind in another process.

use crate::support::{child, guarded};
use crate::{builder, exit, pid};
use concurrent_futures::{Executor, join_all};
use windows_sys::Win32::Foundation::CloseHandle;
use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleA, GetProcAddress};
use windows_sys::Win32::System::Threading::{
    CreateEventW, GetCurrentProcess, GetProcessHandleCount,
};

/// Whether this is Wine, and not the system itself.
pub(crate) fn is_wine() -> bool {
    // SAFETY: both names end with a zero, and every process has this library.
    unsafe {
        let library = GetModuleHandleA(c"ntdll.dll".as_ptr().cast());
        GetProcAddress(library, c"wine_get_version".as_ptr().cast()).is_some()
    }
}

/// How many handles this process has; or, where the system does not tell (Wine), the number of the lowest that
/// is free, which grows with them.
fn handles() -> u32 {
    let mut count = 0;
    // SAFETY: our own process, and a place for the answer.
    if unsafe { GetProcessHandleCount(GetCurrentProcess(), &mut count) } != 0 {
        return count;
    }
    // SAFETY: an event without attributes or a name, which nobody else knows, and which is closed again.
    unsafe {
        let event = CreateEventW(std::ptr::null(), 1, 0, std::ptr::null());
        assert!(!event.is_null());
        assert_ne!(CloseHandle(event), 0);
        event.addr() as u32 / 4
    }
}

/// BRK-14 (an extra): however many workers a pool has had, and whatever has gone to them and come back, there are
/// as many handles as before.
#[test]
fn handles_are_given_back() {
    guarded("handles_are_given_back", || {
        let output = child::run(&mut child::program("windows::program_that_counts_handles"));
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(printed.contains("\nno handle is left\n"), "{printed}");
    });
}

/// See `handles_are_given_back`.
#[test]
fn program_that_counts_handles() {
    /// More than come and go by themselves, and fewer than the workers of a round are.
    const FEW: u32 = 8;

    fn many_workers() {
        let pool = builder(2).max_tasks_per_child(1).build().unwrap();
        let pids = join_all((0..20).map(|_| pool.submit(pid, ()).unwrap()).collect::<Vec<_>>());
        assert!(pids.iter().all(Result::is_ok));
        assert!(pool.submit(exit, 1).unwrap().result().is_err());
    }
    fn many_values() {
        let pool = builder(2).capture_stderr(true).build().unwrap();
        let back = |bytes: Vec<u8>| bytes;
        for len in [10, 1000, 100_000, 1_000_000] {
            for _ in 0..30 {
                let returned = pool.submit(back, vec![7; len]).unwrap().result();
                assert_eq!(returned.map(|bytes| bytes.len()), Ok(len));
            }
        }
        assert!(pool.submit(|()| -> () { panic!("on purpose") }, ()).unwrap().result().is_err());
    }

    if !child::is_program() {
        return;
    }
    for (what, use_it) in [("workers", many_workers as fn()), ("values", many_values)] {
        use_it(); // whatever is set up once is set up now
        let before = handles();
        for _ in 0..3 {
            use_it();
        }
        let after = handles();
        assert!(after <= before + FEW, "{what}: {before} handles, and then {after}");
    }
    println!("\nno handle is left");
}
