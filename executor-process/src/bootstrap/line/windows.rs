//! A line is a pipe.
//!
//! Its first message tells the child which process keeps handles on their way.

use crate::shared::courier::Courier;
use crate::shared::life::Stamp;
use crate::shared::windows::handle::check;
use crate::shared::windows::{pipe, vault};
use std::fs::File;
use std::io;
use std::os::windows::io::{AsHandle, AsRawHandle, FromRawHandle, IntoRawHandle, OwnedHandle};
use std::process::Stdio;
use windows_sys::Win32::Foundation::{HANDLE_FLAG_INHERIT, SetHandleInformation};
use windows_sys::Win32::System::Console::{GetStdHandle, STD_INPUT_HANDLE, SetStdHandle};

/// Whether what is sent before the child is started waits for it. Handles are put into the child.
pub(crate) const TAKES_ALL_AT_ONCE: bool = false;

/// A new line: our end, and what is to be the child's standard input.
pub(crate) fn lay() -> io::Result<(Courier, Stdio)> {
    let (ours, theirs) = pipe::pair(pipe::Kind::Messages)?;
    let ours = Courier::from(ours);
    ours.try_send(&vault::stamp()?.to_bits().to_le_bytes(), &[])?;
    Ok((ours, Stdio::from(theirs)))
}

/// The child's end. Called once, before anything reads from standard input.
///
/// # Errors
///
/// This process was not started with a line.
pub(crate) fn pick_up() -> io::Result<Courier> {
    let not_a_line = || io::Error::other("standard input is not the line to the parent");
    // SAFETY: no pointers are passed.
    let input = unsafe { GetStdHandle(STD_INPUT_HANDLE) };
    if input.is_null() || input.addr() == usize::MAX {
        return Err(not_a_line());
    }
    // SAFETY: it was given to us when this process was started, and nobody has used it yet.
    let input = unsafe { OwnedHandle::from_raw_handle(input) };
    if !pipe::is_of_messages(input.as_handle()) {
        return Err(not_a_line());
    }
    // SAFETY: the handle is open.
    check(unsafe { SetHandleInformation(input.as_raw_handle(), HANDLE_FLAG_INHERIT, 0) })?;
    // Somebody may open files by the number of the standard input, so there is one, if an empty one.
    let nothing = File::open("NUL")?;
    // SAFETY: the handle is open, and nobody closes it any more.
    check(unsafe { SetStdHandle(STD_INPUT_HANDLE, nothing.into_raw_handle()) })?;
    let line = Courier::from(input);
    line.trusts();
    let mut first = [0; 8];
    if line.receive(&mut first)?.is_none() {
        return Err(io::Error::other("the parent is gone"));
    }
    vault::adopt(Stamp::from_bits(u64::from_le_bytes(first)).ok_or_else(not_a_line)?)?;
    Ok(line)
}

/// Our end and the child's of a pipe by which one of us writes to the other.
pub(crate) fn pipe_from_child() -> io::Result<(OwnedHandle, OwnedHandle)> {
    pipe::pair_for_stream()
}

/// The same the other way.
pub(crate) fn pipe_to_child() -> io::Result<(OwnedHandle, OwnedHandle)> {
    pipe::pair_for_stream()
}
