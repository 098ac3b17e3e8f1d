//! Where there are no lines: the one-shot server that a worker says hello to.

use super::link::Link;
use crate::bootstrap::ticket::Ticket;
use crate::entry::depth;
use crate::transport::memory::MemoryFile;
use crate::transport::message::{Hello, Introduction};
use ipc_channel::ipc::{IpcOneShotServer, IpcSender};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

/// The server, and the secret that whoever connects must know.
pub(super) struct Server {
    server: IpcOneShotServer<Hello>,
    token: String,
}

impl Server {
    /// A new one, and the ticket that leads to it.
    pub(super) fn open(link: &Link) -> io::Result<(Self, Ticket)> {
        spare_descriptor(link)?;
        let (server, name) = IpcOneShotServer::<Hello>::new()?;
        let token = Ticket::token()?;
        let ticket = Ticket {
            token: token.clone(),
            depth: depth() + 1,
            parent: std::process::id(),
            server: name,
        };
        Ok((Self { server, token }, ticket))
    }

    /// Waits for somebody to connect; `None` if it is nobody.
    ///
    /// # Errors
    ///
    /// It is not the worker.
    pub(super) fn accept(self, link: &Link) -> Result<Option<Introduction>, &'static str> {
        // Without descriptors for all that is in it, ipc-channel panics over a message.
        let hello = catch_unwind(AssertUnwindSafe(|| self.server.accept()));
        link.greeted.store(true, Ordering::SeqCst);
        drop(link.spare.lock().take());
        match hello.ok().and_then(Result::ok) {
            Some((_, Hello::Worker(introduction))) if introduction.token == self.token => {
                Ok(Some(introduction))
            }
            Some((_, Hello::Worker(introduction))) => {
                introduction.address.refuse();
                Err("a process connected that is not the worker")
            }
            Some((_, Hello::Gone)) | None => Ok(None),
        }
    }
}

/// Sees to it that there are descriptors for the server and for whoever must end its accept.
fn spare_descriptor(link: &Link) -> io::Result<()> {
    let spare = || MemoryFile::open(link.region.location());
    let _given_back_for_the_server = spare()?;
    *link.spare.lock() = Some(spare()?);
    Ok(())
}

/// Ends the reader's wait for a worker to say hello, if it is still waiting.
///
/// Whoever connects ends it. If that fails the reader has just stopped waiting, or there are no
/// descriptors at the moment.
pub(super) fn knock(link: &Link, ticket: &Ticket) {
    drop(link.spare.lock().take());
    while !link.greeted.load(Ordering::SeqCst) && !say_gone(&ticket.server) {
        thread::sleep(Duration::from_millis(1));
    }
}

fn say_gone(server: &str) -> bool {
    IpcSender::connect(server.to_owned()).is_ok_and(|server| server.send(Hello::Gone).is_ok())
}
