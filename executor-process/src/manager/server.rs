//! The manager's process: who is told what, and when it ends.
//!
//! | thread            | does                                                                         |
//! |-------------------|------------------------------------------------------------------------------|
//! | main              | waits for the tokens: for processes that want a connection, and for objects that nobody needs any more |
//! | one a connection  | answers one call after another, and ends with the connection                 |
//! | the undertaker    | drops objects, which may take its time, and may call managers                |
//!
//! When the owner has let go of the manager's own token the main thread returns, after the objects have
//! been dropped. Calls that are on their way are cut off.

use super::link::{CONNECT, ManagerId};
use super::mailbox::{self, MAX_BUFFER, Mailbox, NoLetter};
use super::method;
use super::objects::Entry;
use super::proxy::Proxy;
use super::tokens::Tokens;
use crate::shared::courier::Courier;
use crate::shared::descriptor::OwnedDescriptor;
use executor_core::wire::{Attached, Ran, write_to};
use once_cell::sync::OnceCell;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::thread;

/// The response to a request that was not fulfilled, beside the kinds of outcomes.
const REFUSED: u32 = u32::MAX;

/// What the process is started with.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Start {
    pub(super) manager: ManagerId,
    /// Our end of the manager's own token.
    pub(super) token: Courier,
}

/// The one server of a manager's process.
pub(super) struct Server {
    manager: ManagerId,
    objects: Mutex<Objects>,
    /// Those of the objects, and the manager's own.
    tokens: Tokens,
}

#[derive(Default)]
struct Objects {
    /// The number of the last one. None has the number of the manager's own token.
    last: u64,
    /// Whether the manager is ending, and has none any more.
    ended: bool,
    table: BTreeMap<u64, (Arc<Entry>, Courier)>,
}

/// The number of the manager's own token.
const ROOT: u64 = 0;

static SERVER: OnceCell<Server> = OnceCell::new();

impl Server {
    /// That of this process.
    pub(super) fn of_this_process() -> Result<&'static Self, String> {
        SERVER.get().ok_or_else(|| "this process is not a manager".to_owned())
    }

    pub(super) fn find(&self, number: u64) -> Option<Arc<Entry>> {
        self.objects.lock().table.get(&number).map(|(entry, _)| Arc::clone(entry))
    }

    pub(super) fn keep<T>(&self, entry: Arc<Entry>) -> Result<Proxy<T>, String> {
        let mut objects = self.objects.lock();
        let count = objects.table.len();
        let no_more = |error: std::io::Error| {
            format!("the manager can hold no more objects than the {count} it has: {error}")
        };
        let (ours, theirs) = Courier::pair().map_err(no_more)?;
        ours.trusts();
        theirs.leads_to(std::process::id());
        let number = objects.last + 1;
        self.tokens.add(number, &ours).map_err(no_more)?;
        objects.last = number;
        objects.table.insert(number, (entry, ours));
        drop(objects);
        Ok(Proxy::new(self.manager, number, theirs))
    }

    /// Whether there are no objects any more, since the manager ends.
    fn has_ended(&self) -> bool {
        self.objects.lock().ended
    }

    fn token(&self, number: u64) -> Option<Courier> {
        self.objects.lock().table.get(&number).map(|(_, token)| token.clone())
    }
}

/// What a manager's process does, until its [`Manager`](super::Manager) lets it go.
pub(super) fn main(start: Start) {
    // Ctrl-C goes to all processes of a program; those that use our objects may have work to finish. (On
    // Windows it goes to the first one only.)
    #[cfg(unix)]
    crate::worker::survive_interrupts();
    raise_descriptor_limit();
    let Start { manager, token: root } = start;
    root.trusts();
    let Ok(tokens) = Tokens::new() else { return };
    let Ok(()) = tokens.add(ROOT, &root) else { return };
    let server = SERVER.get_or_init(|| Server { manager, objects: Mutex::default(), tokens });
    let (unneeded, undertaken) = mpsc::channel::<Arc<Entry>>();
    let bury = move || undertaken.into_iter().for_each(bury);
    let Ok(undertaker) = thread::Builder::new().name("undertaker".to_owned()).spawn(bury) else {
        return;
    };
    while wait(server, &root, &unneeded) {}
    let objects = {
        let mut objects = server.objects.lock();
        objects.ended = true;
        std::mem::take(&mut objects.table)
    };
    for (number, (entry, token)) in objects {
        server.tokens.remove(number, &token); // so that whoever calls sees the end, however long it takes
        let _it_listens_to_the_end = unneeded.send(entry);
    }
    drop(unneeded);
    let _it_does_not_panic = undertaker.join();
}

/// Waits for tokens, and does what is to be done; `false` at the end.
fn wait(server: &Server, root: &Courier, unneeded: &Sender<Arc<Entry>>) -> bool {
    for number in server.tokens.wait() {
        if number == ROOT {
            if !attend(root) {
                return false;
            }
            continue;
        }
        let Some(token) = server.token(number) else { continue };
        if !attend(&token) {
            server.tokens.remove(number, &token);
            let removed = server.objects.lock().table.remove(&number);
            if let Some((entry, _)) = removed {
                let _it_listens_to_the_end = unneeded.send(entry);
            }
        }
    }
    true
}

/// Drops an object, whose destructor is the user's code.
fn bury(entry: Arc<Entry>) {
    let _reported_by_the_hook = catch_unwind(AssertUnwindSafe(|| drop(entry)));
}

/// Does what is asked through a token; `false` if nobody has its other end any more.
fn attend(token: &Courier) -> bool {
    let mut buffer = [0; CONNECT.len() + 4];
    match token.try_receive(&mut buffer) {
        Ok(Some(message)) => {
            if let Ok(theirs) = <[OwnedDescriptor; 2]>::try_from(message.descriptors)
                && let Some((&CONNECT, caller)) = buffer[..message.len].split_first_chunk()
                && let Ok(caller) = caller.try_into().map(u32::from_le_bytes)
            {
                welcome(theirs, caller);
            }
            true
        }
        Ok(None) => false,
        // Nothing there after all, or no descriptors for what was there; who asked sees the end.
        Err(_) => true,
    }
}

/// Starts a thread for a new connection of the process with this number.
fn welcome([memory, courier]: [OwnedDescriptor; 2], caller: u32) {
    let courier = Courier::from(courier);
    courier.leads_to(caller);
    let mailbox = match Mailbox::open(memory, courier.clone()) {
        Ok(mailbox) => mailbox,
        Err(error) => {
            mailbox::refuse(&courier, &format!("the manager cannot open the connection: {error}"));
            return;
        }
    };
    let thread = thread::Builder::new().name("connection".to_owned());
    if let Err(error) = thread.spawn(move || serve(mailbox)) {
        mailbox::refuse(&courier, &format!("the manager cannot serve another thread: {error}"));
    }
}

/// Answers calls until the connection ends.
fn serve(mut mailbox: Mailbox) {
    let mut outcome = Vec::new();
    loop {
        let letter = match mailbox.receive() {
            Ok(letter) => letter,
            Err(NoLetter::Gone | NoLetter::Refused(_)) => return,
            Err(NoLetter::Lost(error)) => {
                mailbox.refuse(&format!("the manager cannot take the call in: {error}"));
                return;
            }
        };
        let request = mailbox.address();
        outcome.clear();
        let ran = write_to(&mut outcome, |output| {
            // SAFETY: requests come from processes that were given a proxy, which are processes of the
            // same program (the handshake of their start has shown it), and are made by `method`.
            unsafe { method::perform(request, &letter.bytes, letter.attached, output) }
        });
        let (kind, attached) = match ran {
            Ok(Ran { kind, attachments }) => (kind as u32, attachments),
            // The end of the connection says it better.
            Err(_) if Server::of_this_process().is_ok_and(Server::has_ended) => return,
            Err(reason) => {
                outcome.clear();
                outcome.extend(reason.into_bytes());
                (REFUSED, Attached::none())
            }
        };
        if let Err(error) = mailbox.send(None, kind, &outcome, attached) {
            mailbox.refuse(&format!("the result cannot be sent: {error}"));
            return;
        }
        if outcome.capacity() > MAX_BUFFER {
            outcome = Vec::new();
        }
    }
}

/// Every object takes a descriptor, and every connection two. Windows has no limit.
#[cfg(windows)]
fn raise_descriptor_limit() {}

/// Every object takes a descriptor, and every connection two.
#[cfg(unix)]
fn raise_descriptor_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let _it_stays_as_it_is = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}
