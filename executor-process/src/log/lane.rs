//! [`Lane`]: the descriptors of messages on their way, beside the memory.
//!
//! See the [module of the log](super) for the numbers.

use crate::shared::courier::{Courier, MAX_DESCRIPTORS, is_crowded};
use crate::shared::descriptor::{Descriptor, OwnedDescriptor};
use serde::{Deserialize, Serialize};
use std::io;

/// Both ends of a connection, which everybody who has the log has.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Lane {
    inlet: Courier,
    outlet: Courier,
}

impl Lane {
    pub(super) fn new() -> io::Result<Self> {
        let (inlet, outlet) = Courier::pair()?;
        Ok(Self { inlet, outlet })
    }

    /// Sends the descriptors of the message with this number. The caller has the lock of the tail.
    ///
    /// Fails with `WouldBlock` if there is no room: in the connection, or, while some are here, among
    /// the descriptors that the system lets one user have on their way.
    pub(super) fn send(&self, number: u64, descriptors: &[Descriptor]) -> io::Result<()> {
        if descriptors.len() > MAX_DESCRIPTORS {
            let count = descriptors.len();
            return Err(io::Error::other(format!(
                "{count} handles in one value are more than {MAX_DESCRIPTORS}"
            )));
        }
        let descriptors = descriptors.iter().map(Descriptor::borrow).collect::<Vec<_>>();
        let error = match self.inlet.try_send(&number.to_ne_bytes(), &descriptors) {
            Err(error) if is_crowded(&error) => error,
            sent => return sent,
        };
        // Those that are here will be received. Of others nobody knows.
        Err(if self.is_empty() {
            io::Error::other(format!(
                "too many handles of this user are on their way: receive some, or raise the number of \
                 files that a process may have open ({error})"
            ))
        } else {
            io::ErrorKind::WouldBlock.into()
        })
    }

    /// Whether no descriptors are on their way here.
    fn is_empty(&self) -> bool {
        self.outlet.peek(&mut [0; 8]).is_err()
    }

    /// Receives the descriptors of the message with this number. The caller has the lock of the head.
    pub(super) fn receive(&self, number: u64) -> io::Result<Vec<OwnedDescriptor>> {
        let lost = || io::Error::other("the handles of a message did not come along");
        let mut bytes = [0; 8];
        loop {
            match self.outlet.peek(&mut bytes) {
                Ok(Some(8)) if u64::from_ne_bytes(bytes) > number => return Err(lost()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Err(lost()),
                Err(error) => return Err(error),
            }
            let found = u64::from_ne_bytes(bytes) == number;
            match self.outlet.try_receive(&mut bytes) {
                Ok(Some(message)) if found => return Ok(message.descriptors),
                Ok(Some(_of_the_dead)) => {}
                Ok(None) => return Err(lost()),
                // Those that this process had no descriptors for; nobody else's.
                Err(_) if !found => {}
                Err(error) => return Err(error),
            }
        }
    }
}
