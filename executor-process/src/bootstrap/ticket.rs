//! [`Role`]: what a process is told when it is started, in one environment variable.

use std::ffi::OsString;

/// The variable. The process removes it, so that its own children do not take themselves for what it is.
pub(crate) const VARIABLE: &str = "CONCURRENT_FUTURES_WORKER";

/// How deep workers may be nested: a worker's own pool has workers one deeper.
pub(crate) const MAX_DEPTH: u32 = 8;

/// What begins the variable of a [`Summons`]. No token of a [`Ticket`] is this.
const PROCESS: &str = "process";

/// What begins the variable of a [`Ticket`].
#[cfg(unix)]
const WORKER: &str = "worker";

/// What a process of this program has been started for, if not to run `main`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// To be a worker of a pool.
    Worker(Ticket),
    /// To be a `Process`.
    Process(Summons),
}

impl Role {
    pub(crate) fn from_variable(value: &OsString) -> Option<Self> {
        if let Some(summons) = Summons::from_variable(value) {
            return Some(Self::Process(summons));
        }
        Ticket::from_variable(value).map(Self::Worker)
    }
}

/// What a worker has to know before it reports: on Unix over its line, which it has; elsewhere to a
/// server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    /// A secret that shows the pool that it talks to the process it has started. It is readable by
    /// the same user only, who could do worse.
    #[cfg(not(unix))]
    pub(crate) token: String,
    pub(crate) depth: u32,
    pub(crate) parent: u32,
    /// The name of the one-shot server.
    #[cfg(not(unix))]
    pub(crate) server: String,
}

#[cfg(unix)]
impl Ticket {
    pub(crate) fn to_variable(&self) -> String {
        let Self { depth, parent } = self;
        format!("{WORKER}:{depth}:{parent}")
    }

    pub(crate) fn from_variable(value: &OsString) -> Option<Self> {
        let (depth, parent) = two_numbers(value, WORKER)?;
        Some(Self { depth, parent })
    }
}

#[cfg(not(unix))]
impl Ticket {
    /// A new secret.
    pub(crate) fn token() -> std::io::Result<String> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
        Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    pub(crate) fn to_variable(&self) -> String {
        let Self { token, depth, parent, server } = self;
        format!("{token}:{depth}:{parent}:{server}")
    }

    pub(crate) fn from_variable(value: &OsString) -> Option<Self> {
        let value = value.to_str()?;
        let mut parts = value.splitn(4, ':');
        Some(Self {
            token: parts.next()?.to_owned(),
            depth: parts.next()?.parse().ok()?,
            parent: parts.next()?.parse().ok()?,
            server: parts.next()?.to_owned(),
        })
    }
}

/// What a `Process` has to know before it looks for its line, by which it is told everything else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Summons {
    /// That of the parent: a `Process` makes the pools in it no deeper.
    pub(crate) depth: u32,
    pub(crate) parent: u32,
}

impl Summons {
    pub(crate) fn to_variable(&self) -> String {
        let Self { depth, parent } = self;
        format!("{PROCESS}:{depth}:{parent}")
    }

    fn from_variable(value: &OsString) -> Option<Self> {
        let (depth, parent) = two_numbers(value, PROCESS)?;
        Some(Self { depth, parent })
    }
}

/// Those behind a word, after colons.
fn two_numbers(value: &OsString, word: &str) -> Option<(u32, u32)> {
    let (one, other) = value.to_str()?.strip_prefix(word)?.strip_prefix(':')?.split_once(':')?;
    Some((one.parse().ok()?, other.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_the_environment() {
        #[cfg(unix)]
        let ticket = Ticket { depth: 3, parent: 4711 };
        #[cfg(not(unix))]
        let ticket = Ticket {
            token: Ticket::token().unwrap(),
            depth: 3,
            parent: 4711,
            server: r"\\.\pipe\rust-ipc-1:2".to_owned(),
        };
        #[cfg(not(unix))]
        assert_eq!(ticket.token.len(), 32);
        let role = Role::from_variable(&ticket.to_variable().into());
        assert_eq!(role, Some(Role::Worker(ticket)));
        for garbage in
            ["", "a", "a:b:c:d", "a:1:2", ":::", "process", "process:", "process:1:x", "worker:1"]
        {
            assert_eq!(Role::from_variable(&garbage.into()), None);
        }
    }

    #[test]
    fn the_roles_are_told_apart() {
        let summons = Summons { depth: 2, parent: 4711 };
        let role = Role::from_variable(&summons.to_variable().into());
        assert_eq!(role, Some(Role::Process(summons)));
    }
}
