//! [`Descriptor`]: an open file, or on Windows whatever has a handle, as a part of a value that travels.

use executor_core::wire::{Attached, Attachment, attach, attachment};
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
#[cfg(unix)]
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
#[cfg(windows)]
use std::os::windows::io::{AsHandle, BorrowedHandle, OwnedHandle};
use std::sync::Arc;

/// What the system calls it.
#[cfg(unix)]
pub(crate) type OwnedDescriptor = OwnedFd;
#[cfg(windows)]
pub(crate) type OwnedDescriptor = OwnedHandle;

/// One that somebody else closes.
#[cfg(unix)]
pub(crate) type BorrowedDescriptor<'d> = BorrowedFd<'d>;
#[cfg(windows)]
pub(crate) type BorrowedDescriptor<'d> = BorrowedHandle<'d>;

/// An open file, of which the other process gets a descriptor of its own.
///
/// Clones share one descriptor. It is closed when the last clone is gone, and those that are
/// attachments of values on their way are clones.
#[derive(Clone, Debug)]
pub(crate) struct Descriptor(Arc<OwnedDescriptor>);

impl Descriptor {
    /// Makes it an attachment of the value that is being encoded, and returns its number there.
    ///
    /// `None` if none is being encoded that could have attachments.
    pub(crate) fn attach(&self) -> Option<u32> {
        attach(Arc::clone(&self.0) as Attachment)
    }

    /// The attachment with this number of the value that is being decoded.
    pub(crate) fn attached(number: u32) -> Option<Self> {
        attachment(number).and_then(|attachment| attachment.downcast().ok()).map(Self)
    }
}

impl From<OwnedDescriptor> for Descriptor {
    fn from(descriptor: OwnedDescriptor) -> Self {
        Self(Arc::new(descriptor))
    }
}

impl Descriptor {
    #[cfg(unix)]
    pub(crate) fn borrow(&self) -> BorrowedDescriptor<'_> {
        self.0.as_fd()
    }

    #[cfg(windows)]
    pub(crate) fn borrow(&self) -> BorrowedDescriptor<'_> {
        self.0.as_handle()
    }

    /// Whether it is an end of a pipe or of a socket, at whose other end somebody may wait for the last of them to
    /// be closed.
    #[cfg(unix)]
    pub(crate) fn is_end(&self) -> bool {
        use rustix::fs::{FileType, fstat};

        let kind = fstat(&self.0).map(|status| FileType::from_raw_mode(status.st_mode));
        matches!(kind, Ok(FileType::Fifo | FileType::Socket))
    }

    #[cfg(windows)]
    pub(crate) fn is_end(&self) -> bool {
        crate::shared::windows::pipe::is_end(self.borrow())
    }

    /// Whether nobody else in this process has this very descriptor, be it as an attachment.
    #[cfg(windows)]
    pub(super) fn is_the_last(&mut self) -> bool {
        Arc::get_mut(&mut self.0).is_some()
    }
}

#[cfg(unix)]
impl AsFd for Descriptor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(windows)]
impl AsHandle for Descriptor {
    fn as_handle(&self) -> BorrowedHandle<'_> {
        self.0.as_handle()
    }
}

impl Serialize for Descriptor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.attach() {
            Some(number) => serializer.serialize_u32(number),
            None => Err(S::Error::custom(
                "a handle of something shared can only be part of an argument or result of a task, of an \
                 argument of a `Process`, or of what goes through a queue, pipe or manager",
            )),
        }
    }
}

impl<'de> Deserialize<'de> for Descriptor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::attached(u32::deserialize(deserializer)?)
            .ok_or_else(|| D::Error::custom("the handle of something shared did not come along"))
    }
}

/// The descriptors among the attachments of a value, which all of them must be.
pub(crate) fn descriptors_of(attached: Attached) -> Result<Vec<Descriptor>, String> {
    let list = attached.into_vec().into_iter();
    list.map(|attachment| match attachment.downcast::<OwnedDescriptor>() {
        Ok(descriptor) => Ok(Descriptor(descriptor)),
        Err(_) => Err("it has an attachment that is not a descriptor".to_owned()),
    })
    .collect()
}

/// Descriptors that came with a value, as its attachments.
pub(crate) fn attached(descriptors: impl IntoIterator<Item = OwnedDescriptor>) -> Attached {
    let list = descriptors.into_iter().map(|descriptor| Arc::new(descriptor) as Attachment);
    list.collect::<Vec<_>>().into()
}
