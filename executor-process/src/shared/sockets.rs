//! Pairs of connected sockets, which programs that this one starts do not inherit, and sending on which kills
//! nobody.
//!
//! Elsewhere both are said to the calls that make a pair and that send. Apple's systems have it set afterwards,
//! on each socket; a program that is started by another thread in between inherits them, which keeps the
//! other end from seeing the end until that program has ended. `child/enter.rs` closes what was inherited so.

use rustix::net::{AddressFamily, SendFlags, SocketFlags, SocketType, socketpair};
use std::io;
use std::os::fd::OwnedFd;

/// What is said with each message: no signal if nobody is left to receive it.
#[cfg(not(target_vendor = "apple"))]
pub(crate) const NO_SIGNAL: SendFlags = SendFlags::NOSIGNAL;
#[cfg(target_vendor = "apple")]
pub(crate) const NO_SIGNAL: SendFlags = SendFlags::empty();

/// Both ends of a new connection.
#[cfg(not(target_vendor = "apple"))]
pub(crate) fn pair(kind: SocketType) -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(socketpair(AddressFamily::UNIX, kind, SocketFlags::CLOEXEC, None)?)
}

/// Both ends of a new connection.
#[cfg(target_vendor = "apple")]
pub(crate) fn pair(kind: SocketType) -> io::Result<(OwnedFd, OwnedFd)> {
    use rustix::io::{FdFlags, fcntl_setfd};
    use rustix::net::sockopt::set_socket_nosigpipe;

    let pair = socketpair(AddressFamily::UNIX, kind, SocketFlags::empty(), None)?;
    for end in [&pair.0, &pair.1] {
        fcntl_setfd(end, FdFlags::CLOEXEC)?;
        set_socket_nosigpipe(end, true)?;
    }
    Ok(pair)
}
