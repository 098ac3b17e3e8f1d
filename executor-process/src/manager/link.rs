//! [`Link`]: the connections of this process to one manager.

use super::error::ManagerError;
use super::mailbox::{Address, Letter, Mailbox, NoLetter};
use crate::shared::courier::Courier;
use crate::shared::life::Stamp;
use executor_core::wire::Attached;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// A manager, for as long as it runs.
pub(super) type ManagerId = u128;

/// What the server is asked for through a token. The number of the process follows.
pub(super) const CONNECT: [u8; 7] = *b"connect";

/// The idle connections. All proxies of this process for the same manager share them.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) manager: ManagerId,
    idle: Mutex<Idle>,
}

/// Connections that nobody uses at the moment.
#[derive(Debug, Default)]
struct Idle {
    mailboxes: Vec<Mailbox>,
    /// Whose they are. A process made by `fork` has copies of those of its parent, which is not to be
    /// interfered with.
    owner: Option<Stamp>,
}

impl Idle {
    fn take(&mut self) -> Option<Mailbox> {
        if self.owner.replace(Stamp::own()) != Some(Stamp::own()) {
            self.mailboxes.clear(); // closes the copies, which the parent does not notice
        }
        self.mailboxes.pop()
    }

    fn put_back(&mut self, mailbox: Mailbox) {
        if self.mailboxes.len() < MAX_IDLE {
            self.mailboxes.push(mailbox);
        }
    }
}

/// How many connections are kept for later.
const MAX_IDLE: usize = 16;

impl Link {
    /// The link to this manager.
    pub(super) fn to(manager: ManagerId) -> Arc<Self> {
        static LINKS: Mutex<Option<HashMap<ManagerId, Weak<Link>>>> = Mutex::new(None);
        let mut links = LINKS.lock();
        let links = links.get_or_insert_default();
        if let Some(link) = links.get(&manager).and_then(Weak::upgrade) {
            return link;
        }
        links.retain(|_, link| link.strong_count() > 0);
        let link = Arc::new(Self { manager, idle: Mutex::default() });
        links.insert(manager, Arc::downgrade(&link));
        link
    }

    /// Sends a request and waits for the response. Makes a connection through `token` if need be.
    pub(super) fn call(
        &self,
        token: &Courier,
        request: Address,
        bytes: &[u8],
        attached: Attached,
    ) -> Result<Letter, ManagerError> {
        let idle = self.idle.lock().take();
        let mut mailbox = match idle {
            Some(mailbox) => mailbox,
            None => connect(token)?,
        };
        // A connection on which something went wrong is not used again.
        if let Err(error) = mailbox.send(Some(request), 0, bytes, attached) {
            return Err(match error.kind() {
                std::io::ErrorKind::BrokenPipe => self.cut_off(token),
                _ => ManagerError::Refused(format!("the call cannot be sent: {error}")),
            });
        }
        match mailbox.receive() {
            Ok(letter) => {
                self.idle.lock().put_back(mailbox);
                Ok(letter)
            }
            Err(NoLetter::Gone) => Err(self.cut_off(token)),
            Err(NoLetter::Refused(reason)) => Err(ManagerError::Refused(reason)),
            Err(NoLetter::Lost(error)) => {
                Err(ManagerError::Refused(format!("the answer is lost: {error}")))
            }
        }
    }

    /// Why a connection has ended: mostly because the manager has, but it may also have been unable to
    /// keep this one.
    fn cut_off(&self, token: &Courier) -> ManagerError {
        if !ends(token) {
            return ManagerError::Refused(
                "the manager cannot serve another connection: it has no descriptors left for it, or no \
                 memory"
                    .to_owned(),
            );
        }
        self.idle.lock().mailboxes.clear();
        ManagerError::Gone
    }
}

/// Whether the manager of this token has ended.
pub(super) fn has_ended(token: &Courier) -> bool {
    token.has_ended()
}

/// The same, if one of its connections has ended already: the system closes them one by one.
fn ends(token: &Courier) -> bool {
    const LAST_MOMENTS: u32 = 100;
    const PAUSE: Duration = Duration::from_millis(10);

    for _ in 0..LAST_MOMENTS {
        if has_ended(token) {
            return true;
        }
        std::thread::sleep(PAUSE);
    }
    false
}

fn connect(token: &Courier) -> Result<Mailbox, ManagerError> {
    let created = Mailbox::create();
    let (mailbox, memory, courier) = created.map_err(|error| ManagerError::no_resources(&error))?;
    mailbox.leads_where(token);
    let request = [&CONNECT[..], &std::process::id().to_le_bytes()].concat();
    match token.send(&request, &[memory.borrow(), courier.borrow()]) {
        Ok(()) => Ok(mailbox),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Err(ManagerError::Gone),
        Err(error) => Err(ManagerError::no_resources(&error)),
    }
}
