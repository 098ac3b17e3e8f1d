//! Tokens that a completion port looks at.
//!
//! For each there is a read of nothing, which is over when there is something to receive, or the end. The
//! port tells which are over; they are begun anew before it is asked again.

use crate::shared::courier::Courier;
use crate::shared::windows::handle::{check, made};
use parking_lot::Mutex;
use std::cell::UnsafeCell;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::os::windows::io::{AsRawHandle, OwnedHandle};
use std::ptr;
use std::thread;
use windows_sys::Win32::Foundation::{ERROR_IO_PENDING, INVALID_HANDLE_VALUE, STATUS_PENDING};
use windows_sys::Win32::Storage::FileSystem::ReadFile;
use windows_sys::Win32::System::IO::{
    CancelIoEx, CreateIoCompletionPort, GetQueuedCompletionStatusEx, OVERLAPPED, OVERLAPPED_ENTRY,
    PostQueuedCompletionStatus,
};
use windows_sys::Win32::System::Threading::INFINITE;

#[derive(Debug)]
pub(in super::super) struct Tokens {
    port: OwnedHandle,
    reads: Mutex<Reads>,
}

#[derive(Debug, Default)]
struct Reads {
    of: BTreeMap<u64, Read>,
    /// Those of which the port has told, and which are to be begun anew.
    over: Vec<u64>,
}

/// The read of nothing at one token.
struct Read {
    token: Courier,
    /// The system writes to it while it is pending.
    operation: Box<UnsafeCell<OVERLAPPED>>,
}

// SAFETY: the pointers in the operation are the system's, and null.
unsafe impl Send for Read {}

impl fmt::Debug for Read {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Read").field("pending", &self.is_pending()).finish_non_exhaustive()
    }
}

impl Read {
    /// Begins it, under this number. The port will tell, once at least.
    fn begin(&self, number: u64, port: &OwnedHandle) {
        let operation = self.operation.get();
        // SAFETY: it is not pending, so nobody uses the operation now. Nothing is read, so no buffer is needed; the operation stays
        // where it is for as long as it is pending.
        let begun = unsafe {
            operation.write(OVERLAPPED::default());
            let nowhere = ptr::without_provenance_mut(8);
            ReadFile(self.token.as_raw_handle(), nowhere, 0, ptr::null_mut(), operation)
        };
        let error = io::Error::last_os_error().raw_os_error();
        if begun != 0 || error != Some(ERROR_IO_PENDING as i32) {
            // It is over already. Whether the port tells of that depends on how.
            let number = number as usize;
            // SAFETY: nobody uses it any more. If the read has failed at once, nobody has told it so.
            unsafe { operation.write(OVERLAPPED::default()) };
            // SAFETY: the port is open, and the operation may be null.
            unsafe { PostQueuedCompletionStatus(port.as_raw_handle(), 0, number, ptr::null()) };
        }
    }
}

impl Read {
    /// Whether the system still has it. What the port tells does not say: it may tell late, or twice.
    fn is_pending(&self) -> bool {
        // SAFETY: it is there, and the system writes this word only, once.
        let state = unsafe { (&raw const (*self.operation.get()).Internal).read_volatile() };
        state == STATUS_PENDING as usize
    }
}

/// Ends it, and waits until the system is done with it, which does not take long.
impl Drop for Read {
    fn drop(&mut self) {
        while self.is_pending() {
            // SAFETY: the token is open, and the operation is still there.
            unsafe { CancelIoEx(self.token.as_raw_handle(), self.operation.get()) };
            thread::yield_now();
        }
    }
}

impl Tokens {
    pub(in super::super) fn new() -> io::Result<Self> {
        // SAFETY: without a file it makes a port, whose handle is new.
        let port =
            unsafe { made(CreateIoCompletionPort(INVALID_HANDLE_VALUE, ptr::null_mut(), 0, 0))? };
        Ok(Self { port, reads: Mutex::default() })
    }

    /// From now on there is this token, under this number.
    pub(in super::super) fn add(&self, number: u64, token: &Courier) -> io::Result<()> {
        let (handle, port) = (token.as_raw_handle(), self.port.as_raw_handle());
        // SAFETY: both are open. The port is not returned anew.
        let joined = unsafe { CreateIoCompletionPort(handle, port, number as usize, 0) };
        if joined.is_null() {
            return Err(io::Error::last_os_error());
        }
        let read = Read { token: token.clone(), operation: Box::default() };
        let mut reads = self.reads.lock();
        read.begin(number, &self.port);
        reads.of.insert(number, read);
        Ok(())
    }

    /// From now on there is not. The port may tell of it once more, which means nothing.
    pub(in super::super) fn remove(&self, number: u64, _token: &Courier) {
        let read = self.reads.lock().of.remove(&number);
        drop(read);
    }

    /// Waits until some are ready, and says which. It may also be for no reason, and none.
    pub(in super::super) fn wait(&self) -> Vec<u64> {
        const AT_ONCE: usize = 64;

        {
            let Reads { of, over, .. } = &mut *self.reads.lock();
            for number in over.drain(..) {
                if let Some(read) = of.get(&number).filter(|read| !read.is_pending()) {
                    read.begin(number, &self.port);
                }
            }
        }
        let mut told = [OVERLAPPED_ENTRY::default(); AT_ONCE];
        let mut count = 0;
        // SAFETY: the port is open; there is room for so many entries, and for their number.
        let waited = check(unsafe {
            GetQueuedCompletionStatusEx(
                self.port.as_raw_handle(),
                told.as_mut_ptr(),
                AT_ONCE as u32,
                &raw mut count,
                INFINITE,
                0,
            )
        });
        if waited.is_err() {
            return Vec::new();
        }
        let mut numbers: Vec<u64> =
            told[..count as usize].iter().map(|entry| entry.lpCompletionKey as u64).collect();
        numbers.dedup();
        let mut reads = self.reads.lock();
        numbers.retain(|number| {
            let is_over = reads.of.get(number).is_some_and(|read| !read.is_pending());
            if is_over {
                reads.over.push(*number);
            }
            is_over
        });
        numbers
    }
}
