//! How the pool learns of the channel on which a worker receives.
//!
//! A channel is made in the process that receives from it, so a worker makes this one and tells the pool, in
//! its hello. On Unix the sending end itself goes in the message.
//!
//! On Windows ipc-channel leaves behind, in the process that receives a handle, one more that nobody knows of:
//! one for each worker that a pool ever starts, and more. So there the channel has a name, which only the
//! two learn, and it is the name that goes. Test: `tests/process/windows.rs`.
//!
//! | step                                                     | by     |
//! |----------------------------------------------------------|--------|
//! | makes the channel: an `Offer`, and an [`Address`]        | worker |
//! | sends the address, with its token                        | worker |
//! | checks the token; only then [connects](Address::connect) | pool   |
//! | sends the first message                                  | pool   |
//! | accepts it                                               | worker |

#[cfg(unix)]
use super::channel::channel;
use super::channel::{Receiver, Sender};
use super::message::ToWorker;
use std::io;

pub(crate) use system::{Address, offer};

#[cfg(unix)]
mod system {
    use super::{Receiver, Sender, ToWorker, channel, io};
    use serde::{Deserialize, Serialize};

    /// What the worker keeps.
    #[derive(Debug)]
    pub(crate) struct Offer(Receiver<ToWorker>);

    /// What it tells the pool.
    #[derive(Debug, Serialize, Deserialize)]
    pub(crate) struct Address(Sender<ToWorker>);

    #[cfg(test)]
    impl From<Sender<ToWorker>> for Address {
        fn from(sender: Sender<ToWorker>) -> Self {
            Self(sender)
        }
    }

    /// A new channel to this process.
    pub(crate) fn offer() -> io::Result<(Address, Offer)> {
        let (sender, receiver) = channel()?;
        Ok((Address(sender), Offer(receiver)))
    }

    impl Address {
        /// The sending end.
        pub(crate) fn connect(self) -> io::Result<Sender<ToWorker>> {
            Ok(self.0)
        }

        /// Tells whoever made this that he is not the one.
        pub(crate) fn refuse(self) {
            let _he_may_be_gone = self.0.try_send(&ToWorker::Refused);
        }
    }

    impl Offer {
        /// Waits for the first message.
        pub(crate) fn accept(self) -> Option<(Receiver<ToWorker>, ToWorker)> {
            let message = self.0.recv().ok()?;
            Some((self.0, message))
        }
    }
}

#[cfg(not(unix))]
mod system {
    use super::{Receiver, Sender, ToWorker, io};
    use ipc_channel::ipc::IpcOneShotServer;
    use serde::{Deserialize, Serialize};

    /// What the worker keeps.
    pub(crate) struct Offer(IpcOneShotServer<ToWorker>);

    /// What it tells the pool: the name of the channel.
    #[derive(Debug, Serialize, Deserialize)]
    pub(crate) struct Address(String);

    /// A new channel to this process.
    pub(crate) fn offer() -> io::Result<(Address, Offer)> {
        let (server, name) = IpcOneShotServer::new()?;
        Ok((Address(name), Offer(server)))
    }

    impl Address {
        /// The sending end.
        ///
        /// If the worker is gone it leads nowhere, and sending fails.
        pub(crate) fn connect(self) -> io::Result<Sender<ToWorker>> {
            // ipc-channel panics over any other name.
            if !is_name(&self.0) {
                return Err(io::Error::other("it has told a wrong name"));
            }
            Sender::connect(self.0)
        }

        /// Lets whoever made this wait: who connects to a pipe lets its owner act in his name, so nobody
        /// connects to a stranger's.
        pub(crate) fn refuse(self) {}
    }

    /// Whether it has the form of the names that ipc-channel gives: 32 digits in five groups.
    fn is_name(name: &str) -> bool {
        name.len() == 36
            && name.bytes().enumerate().all(|(index, byte)| match index {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => byte.is_ascii_hexdigit(),
            })
    }

    impl Offer {
        /// Waits for the first message.
        ///
        /// If the pool's process dies before that, this one is ended: see `bootstrap/orphan.rs`.
        pub(crate) fn accept(self) -> Option<(Receiver<ToWorker>, ToWorker)> {
            self.0.accept().ok()
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn names_are_checked() {
            let (address, _offer) = offer().unwrap();
            assert!(is_name(&address.0), "{address:?}");
            let others = ["", "x", &"a".repeat(36), &address.0[1..], &address.0.replace('-', "é")];
            for name in others {
                assert!(Address(name.to_owned()).connect().is_err());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_message_is_accepted() {
        let (address, offer) = offer().unwrap();
        let pool = std::thread::spawn(|| {
            let sender = address.connect().unwrap();
            sender.send(ToWorker::Wake).unwrap();
            sender.send(ToWorker::Refused).unwrap();
        });
        let (receiver, first) = offer.accept().unwrap();
        assert!(matches!(first, ToWorker::Wake));
        assert!(matches!(receiver.recv(), Ok(ToWorker::Refused)));
        pool.join().unwrap();
        assert!(receiver.recv().is_err());
    }
}
