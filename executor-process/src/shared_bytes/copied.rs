//! [`Buffer`]: a block of shared memory of ipc-channel's.

use executor_core::wire::{attach, attachment};
use ipc_channel::ipc::IpcSharedMemory;
use std::io;
use std::ops::Deref;
use std::sync::Arc;

pub(super) struct Buffer(Arc<IpcSharedMemory>);

impl Buffer {
    pub(super) fn new(bytes: &[u8]) -> io::Result<Self> {
        Ok(Self(Arc::new(IpcSharedMemory::from_bytes(bytes))))
    }

    pub(super) fn attach(&self) -> Option<u32> {
        attach(Arc::clone(&self.0) as _)
    }

    pub(super) fn attached(number: u32, len: u64) -> Result<Self, String> {
        let found = attachment(number).and_then(|attachment| attachment.downcast().ok());
        let block: Arc<IpcSharedMemory> = found.ok_or("the shared buffer did not come along")?;
        if block.len() as u64 != len {
            return Err("a shared buffer of another length than it should have".to_owned());
        }
        Ok(Self(block))
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}
