//! An event.

use super::super::sentinel::Sentinel;
use crate::shared::windows::handle::{event, milliseconds, wait};
use crate::shared::windows::pipe::set;
use std::io;
use std::os::windows::io::{AsRawHandle, OwnedHandle};
use std::sync::Arc;
use std::time::Duration;
use windows_sys::Win32::Foundation::{HANDLE, WAIT_FAILED};
use windows_sys::Win32::System::Threading::WaitForMultipleObjects;

/// Wakes whoever has the ear.
#[derive(Debug)]
pub(in super::super) struct Bell(Arc<OwnedHandle>);

#[derive(Debug)]
pub(in super::super) struct Ear(Arc<OwnedHandle>);

/// For how many the system can wait at a time.
const MAX_WAITED_FOR: usize = 64;

/// How often to look at those for which it cannot.
const PAUSE: Duration = Duration::from_millis(20);

pub(in super::super) fn pair() -> io::Result<(Ear, Bell)> {
    let event = Arc::new(event(true)?);
    Ok((Ear(Arc::clone(&event)), Bell(event)))
}

impl Bell {
    #[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
    pub(in super::super) fn ring(&self) -> io::Result<()> {
        set(&self.0);
        Ok(())
    }
}

impl Ear {
    /// Waits until somebody rings, or one of these processes has ended, at most so long. Says which of them
    /// have.
    ///
    /// # Errors
    ///
    /// The system cannot wait.
    pub(in super::super) fn wait(
        &self,
        sentinels: &[&Sentinel],
        limit: Option<Duration>,
    ) -> io::Result<Vec<bool>> {
        let mut handles: Vec<HANDLE> = vec![self.0.as_raw_handle()];
        handles.extend(sentinels.iter().map(|sentinel| sentinel.as_raw_handle()));
        let count = handles.len().min(MAX_WAITED_FOR);
        let limit = match limit {
            limit if count == handles.len() => limit,
            limit => Some(limit.map_or(PAUSE, |limit| limit.min(PAUSE))),
        };
        // SAFETY: so many handles are there, and open as long as `self` and the sentinels are.
        let woken = unsafe {
            WaitForMultipleObjects(count as u32, handles.as_ptr(), 0, milliseconds(limit))
        };
        if woken == WAIT_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(sentinels.iter().map(|sentinel| wait(sentinel, 0)).collect())
    }
}
