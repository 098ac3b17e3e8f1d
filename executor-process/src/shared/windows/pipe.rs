//! Pipes of Windows: their two ends, and operations on them that can be given up.
//!
//! A pipe goes both ways. Either end may be used by any number of threads and processes at once, so
//! all operations are overlapped ones: with others, one that waits would hold up all that are begun after
//! it, in whatever process.
//!
//! Every operation ends before the function that has begun it returns: it is complete, or has been cancelled and
//! that is complete. So buffers are on the stack of whoever calls.

use super::handle::{check, event, milliseconds, wait};
use once_cell::unsync::OnceCell;
use std::io;
use std::os::windows::io::{AsHandle, AsRawHandle, BorrowedHandle, FromRawHandle, OwnedHandle};
use std::ptr;
use std::time::Duration;
use windows_sys::Wdk::Storage::FileSystem::{
    FILE_PIPE_LOCAL_INFORMATION, FilePipeLocalInformation, NtQueryInformationFile,
};
use windows_sys::Win32::Foundation::{
    ERROR_BROKEN_PIPE, ERROR_IO_PENDING, ERROR_MORE_DATA, ERROR_NO_DATA, ERROR_OPERATION_ABORTED,
    ERROR_PIPE_NOT_CONNECTED, GENERIC_READ, GENERIC_WRITE, HANDLE, INVALID_HANDLE_VALUE,
};
use windows_sys::Win32::Storage::FileSystem::{
    CreateFileW, FILE_FLAG_FIRST_PIPE_INSTANCE, FILE_FLAG_OVERLAPPED, FILE_TYPE_PIPE, GetFileType,
    OPEN_EXISTING, PIPE_ACCESS_DUPLEX, ReadFile, WriteFile,
};
use windows_sys::Win32::System::IO::{
    CancelIoEx, GetOverlappedResult, IO_STATUS_BLOCK, OVERLAPPED,
};
use windows_sys::Win32::System::Pipes::{
    CreateNamedPipeW, GetNamedPipeInfo, PIPE_READMODE_BYTE, PIPE_READMODE_MESSAGE,
    PIPE_REJECT_REMOTE_CLIENTS, PIPE_TYPE_BYTE, PIPE_TYPE_MESSAGE, PeekNamedPipe,
    SetNamedPipeHandleState,
};
use windows_sys::Win32::System::Threading::{INFINITE, SetEvent};

/// What goes through a pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bytes,
    /// Each is received as it was sent, or not at all.
    Messages,
}

/// How much may be on its way in each direction before writers wait.
const ROOM: u32 = 64 * 1024;

/// What the system calls the state of an end whose other end is open.
const CONNECTED: u32 = 3;

/// Both ends of a new pipe.
pub(crate) fn pair(kind: Kind) -> io::Result<(OwnedHandle, OwnedHandle)> {
    make(kind, FILE_FLAG_OVERLAPPED)
}

/// The same for bytes, with another end that anybody can read and write, as standard streams are. The operations
/// here are not for that one.
pub(crate) fn pair_for_stream() -> io::Result<(OwnedHandle, OwnedHandle)> {
    make(Kind::Bytes, 0)
}

fn make(kind: Kind, other: u32) -> io::Result<(OwnedHandle, OwnedHandle)> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let name = format!(r"\\.\pipe\concurrent-futures-{:032x}", u128::from_ne_bytes(random));
    let name: Vec<u16> = name.encode_utf16().chain([0]).collect();
    let mode = match kind {
        Kind::Bytes => PIPE_TYPE_BYTE | PIPE_READMODE_BYTE,
        Kind::Messages => PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE,
    };
    // SAFETY: the name ends with a zero, and there are no other pointers.
    let one = opened(unsafe {
        CreateNamedPipeW(
            name.as_ptr(),
            PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | FILE_FLAG_FIRST_PIPE_INSTANCE,
            mode | PIPE_REJECT_REMOTE_CLIENTS,
            1,
            ROOM,
            ROOM,
            0,
            ptr::null(),
        )
    })?;
    // SAFETY: as above.
    let other = opened(unsafe {
        CreateFileW(
            name.as_ptr(),
            GENERIC_READ | GENERIC_WRITE,
            0,
            ptr::null(),
            OPEN_EXISTING,
            other,
            ptr::null_mut(),
        )
    })?;
    if kind == Kind::Messages {
        let mode = PIPE_READMODE_MESSAGE;
        // SAFETY: the end is open, `mode` is there, and the others may be null.
        check(unsafe {
            SetNamedPipeHandleState(
                other.as_raw_handle(),
                &raw const mode,
                ptr::null(),
                ptr::null(),
            )
        })?;
    }
    Ok((one, other))
}

fn opened(handle: HANDLE) -> io::Result<OwnedHandle> {
    if handle == INVALID_HANDLE_VALUE {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the system has just made it for us.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
}

/// Writes, at once or not at all. Says how much: a pipe of bytes may take less.
///
/// # Errors
///
/// `WouldBlock` if there is no room, unless it shall wait; `BrokenPipe` if the other end is closed.
pub(crate) fn write(end: BorrowedHandle<'_>, bytes: &[u8], waits: bool) -> io::Result<usize> {
    let len = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    // SAFETY: `bytes` is there until the operation is over, before this function returns.
    let written = operate(end, if waits { INFINITE } else { 0 }, |operation| unsafe {
        WriteFile(end.as_raw_handle(), bytes.as_ptr(), len, ptr::null_mut(), operation)
    });
    match written {
        Ok(len) => Ok(len),
        Err(ERROR_OPERATION_ABORTED) => Err(io::ErrorKind::WouldBlock.into()),
        Err(ERROR_BROKEN_PIPE | ERROR_NO_DATA | ERROR_PIPE_NOT_CONNECTED) => {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        Err(error) => Err(error_of(error)),
    }
}

/// Reads a message, or some bytes; what of a message has no room is lost. `None` when the other end is
/// closed, and everything was read.
///
/// # Errors
///
/// `WouldBlock` if there is nothing to read within the limit.
pub(crate) fn read(
    end: BorrowedHandle<'_>,
    buffer: &mut [u8],
    limit: Option<Duration>,
) -> io::Result<Option<usize>> {
    let len = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
    let start = buffer.as_mut_ptr();
    // SAFETY: `buffer` is there until the operation is over, before this function returns.
    let result = operate(end, milliseconds(limit), |operation| unsafe {
        ReadFile(end.as_raw_handle(), start, len, ptr::null_mut(), operation)
    });
    match result {
        Ok(len) => Ok(Some(len)),
        Err(ERROR_MORE_DATA) => {
            discard_rest(end);
            Ok(Some(buffer.len()))
        }
        Err(ERROR_OPERATION_ABORTED) => Err(io::ErrorKind::WouldBlock.into()),
        Err(ERROR_BROKEN_PIPE | ERROR_PIPE_NOT_CONNECTED) => Ok(None),
        Err(error) => Err(error_of(error)),
    }
}

/// Reads what is left of a message of which a part was read.
fn discard_rest(end: BorrowedHandle<'_>) {
    let mut rest = [0_u8; 4096];
    let start = rest.as_mut_ptr();
    loop {
        // SAFETY: `rest` is there until the operation is over, before this function returns.
        let result = operate(end, 0, |operation| unsafe {
            ReadFile(end.as_raw_handle(), start, 4096, ptr::null_mut(), operation)
        });
        if result != Err(ERROR_MORE_DATA) {
            return;
        }
    }
}

/// Reads the beginning of the next message, or some bytes, and leaves them where they are. `None` when the
/// other end is closed, and everything was read.
///
/// # Errors
///
/// `WouldBlock` if there is nothing to read.
pub(crate) fn peek(end: BorrowedHandle<'_>, buffer: &mut [u8]) -> io::Result<Option<usize>> {
    let (mut read, mut there) = (0, 0);
    let len = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
    // SAFETY: the end is open, and there is so much room in the buffer, and in each of the numbers.
    let peeked = check(unsafe {
        PeekNamedPipe(
            end.as_raw_handle(),
            buffer.as_mut_ptr().cast(),
            len,
            &raw mut read,
            &raw mut there,
            ptr::null_mut(),
        )
    });
    match peeked {
        Ok(()) if there == 0 => Err(io::ErrorKind::WouldBlock.into()),
        Ok(()) => Ok(Some(read as usize)),
        Err(error) => match error.raw_os_error().map(|code| code as u32) {
            Some(ERROR_BROKEN_PIPE | ERROR_PIPE_NOT_CONNECTED) => Ok(None),
            _ => Err(error),
        },
    }
}

/// Whether the other end is closed, even if something is left to read.
pub(crate) fn has_ended(end: BorrowedHandle<'_>) -> bool {
    let mut found = FILE_PIPE_LOCAL_INFORMATION::default();
    let mut done = IO_STATUS_BLOCK::default();
    let size = size_of_val(&found) as u32;
    // SAFETY: the end is open; `found` has so many bytes to write to, and `done` is there.
    let status = unsafe {
        NtQueryInformationFile(
            end.as_raw_handle(),
            &raw mut done,
            (&raw mut found).cast(),
            size,
            FilePipeLocalInformation,
        )
    };
    status >= 0 && found.NamedPipeState != CONNECTED
}

/// Whether it is an end of a pipe of messages.
pub(crate) fn is_of_messages(end: BorrowedHandle<'_>) -> bool {
    let mut flags = 0;
    let (none, end) = (ptr::null_mut(), end.as_raw_handle());
    // SAFETY: the handle is open, `flags` is to write to, and the others may be null.
    let found = check(unsafe { GetNamedPipeInfo(end, &raw mut flags, none, none, none) });
    found.is_ok() && flags & PIPE_TYPE_MESSAGE != 0
}

/// Whether it is an end of a pipe, or of a socket.
pub(crate) fn is_end(handle: BorrowedHandle<'_>) -> bool {
    // SAFETY: the handle is open.
    unsafe { GetFileType(handle.as_raw_handle()) == FILE_TYPE_PIPE }
}

thread_local! {
    /// For the operations of this thread, of which there is one at a time.
    static DONE: OnceCell<OwnedHandle> = const { OnceCell::new() };
}

/// The same event, with a mark that the system looks at, and that is no part of the handle: that whoever waits
/// for all operations of an end is not to be told of this one.
pub(crate) fn unreported(event: BorrowedHandle<'_>) -> HANDLE {
    event.as_raw_handle().map_addr(|address| address | 1)
}

/// Begins an operation and waits for its end, at most so many milliseconds, then cancels it. Returns how many
/// bytes, or the number of the error.
fn operate(
    end: BorrowedHandle<'_>,
    limit: u32,
    begin: impl FnOnce(*mut OVERLAPPED) -> i32,
) -> Result<usize, u32> {
    with_event(|done| {
        let mut operation = OVERLAPPED { hEvent: unreported(done), ..OVERLAPPED::default() };
        let operation = &raw mut operation;
        if begin(operation) == 0 {
            match last_error() {
                ERROR_IO_PENDING => {}
                error => return Err(error),
            }
            if !wait(done, limit) {
                // SAFETY: the end is open, and the operation is ours.
                unsafe { CancelIoEx(end.as_raw_handle(), operation) };
            }
        }
        let mut len = 0;
        // SAFETY: as above. It waits until nobody uses the operation or its buffer any more.
        let over =
            check(unsafe { GetOverlappedResult(end.as_raw_handle(), operation, &raw mut len, 1) });
        over.map(|()| len as usize).map_err(|_| last_error())
    })
}

/// With the event of this thread, or with a new one, if there is none while the thread ends.
fn with_event<R>(f: impl FnOnce(BorrowedHandle<'_>) -> Result<R, u32>) -> Result<R, u32> {
    let mut f = Some(f);
    let mut run = |done: io::Result<&OwnedHandle>| match (done, f.take()) {
        (Ok(done), Some(f)) => f(done.as_handle()),
        (Err(error), _) => Err(error.raw_os_error().unwrap_or(0) as u32),
        (Ok(_), None) => unreachable!("it is called once"),
    };
    match DONE.try_with(|done| run(done.get_or_try_init(|| event(false)))) {
        Ok(result) => result,
        Err(_) => run(event(false).as_ref().map_err(|_| io::Error::last_os_error())),
    }
}

fn last_error() -> u32 {
    io::Error::last_os_error().raw_os_error().unwrap_or(0) as u32
}

fn error_of(code: u32) -> io::Error {
    io::Error::from_raw_os_error(code as i32)
}

/// Sets an event when there is something to read, or the end: a read of nothing, which ends then.
pub(crate) struct Watch<'e> {
    end: BorrowedHandle<'e>,
    done: OwnedHandle,
    /// The system writes to it until the operation is over.
    operation: Box<OVERLAPPED>,
    pending: bool,
}

impl<'e> Watch<'e> {
    pub(crate) fn new(end: BorrowedHandle<'e>) -> io::Result<Self> {
        let done = event(false)?;
        let mut operation =
            Box::new(OVERLAPPED { hEvent: unreported(done.as_handle()), ..OVERLAPPED::default() });
        let raw = &raw mut *operation;
        // SAFETY: nothing is read, so no buffer is needed; the operation is there until it is over.
        let begun = unsafe { ReadFile(end.as_raw_handle(), NOTHING, 0, ptr::null_mut(), raw) };
        let pending = begun == 0 && last_error() == ERROR_IO_PENDING;
        if !pending {
            // There is something, or the end. Whether the event was set depends on which.
            set(&done);
        }
        Ok(Self { end, done, operation, pending })
    }

    /// What is set.
    pub(crate) fn event(&self) -> BorrowedHandle<'_> {
        self.done.as_handle()
    }
}

/// Where nothing is read to.
const NOTHING: *mut u8 = ptr::without_provenance_mut(8);

/// Sets an event.
pub(crate) fn set(event: &OwnedHandle) {
    // SAFETY: the event is open.
    let _it_is_one = unsafe { SetEvent(event.as_raw_handle()) };
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if !self.pending {
            return;
        }
        let (end, operation) = (self.end.as_raw_handle(), &raw mut *self.operation);
        let mut len = 0;
        // SAFETY: the end is open, and the operation is ours. The second call waits until nobody uses it
        // any more.
        unsafe {
            CancelIoEx(end, operation);
            GetOverlappedResult(end, operation, &raw mut len, 1);
        }
    }
}
