//! [`Ticket`]: what a worker is told when it is started, in one environment variable.

use std::ffi::OsString;
use std::fmt::Write;

/// The variable. A worker removes it, so that its own children do not take themselves for workers.
pub(crate) const VARIABLE: &str = "CONCURRENT_FUTURES_WORKER";

/// How deep workers may be nested: a worker's own pool has workers one deeper.
pub(crate) const MAX_DEPTH: u32 = 8;

/// Where to report, and as whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    /// A secret that shows the pool that it talks to the process it has started. It is readable by
    /// the same user only, who could do worse.
    pub(crate) token: String,
    pub(crate) depth: u32,
    pub(crate) parent: u32,
    /// The name of the one-shot server.
    pub(crate) server: String,
}

impl Ticket {
    /// A new secret.
    pub(crate) fn token() -> std::io::Result<String> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
        let mut token = String::new();
        for byte in bytes {
            write!(token, "{byte:02x}").expect("a string takes anything");
        }
        Ok(token)
    }

    pub(crate) fn to_variable(&self) -> String {
        let Self { token, depth, parent, server } = self;
        format!("{token}:{depth}:{parent}:{server}")
    }

    pub(crate) fn from_variable(value: OsString) -> Option<Self> {
        let value = value.into_string().ok()?;
        let mut parts = value.splitn(4, ':');
        Some(Self {
            token: parts.next()?.to_owned(),
            depth: parts.next()?.parse().ok()?,
            parent: parts.next()?.parse().ok()?,
            server: parts.next()?.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_the_environment() {
        let ticket = Ticket {
            token: Ticket::token().unwrap(),
            depth: 3,
            parent: 4711,
            server: r"\\.\pipe\rust-ipc-1:2".to_owned(),
        };
        assert_eq!(ticket.token.len(), 32);
        assert_eq!(Ticket::from_variable(ticket.to_variable().into()), Some(ticket));
        for garbage in ["", "a", "a:b:c:d", "a:1:2", ":::"] {
            assert_eq!(Ticket::from_variable(garbage.into()), None);
        }
    }
}
