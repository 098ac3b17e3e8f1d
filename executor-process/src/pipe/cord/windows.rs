//! A cord is a pipe of bytes.

use super::super::bell::{Cord, Taken};
use super::{Seen, Watched};
use crate::shared::descriptor::Descriptor;
use crate::shared::windows::handle::{milliseconds, wait};
use crate::shared::windows::pipe::{self, Kind, Watch};
use serde::{Deserialize, Serialize};
use std::io;
use std::os::windows::io::AsRawHandle;
use std::time::Duration;
use windows_sys::Win32::Foundation::{HANDLE, WAIT_ABANDONED_0, WAIT_OBJECT_0};
use windows_sys::Win32::System::Threading::WaitForMultipleObjects;

/// One end. It is shared by everybody of that side, those on their way included; when the last one is
/// gone, the other side sees the end.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in super::super) struct SystemCord(Descriptor);

impl SystemCord {
    /// Both ends of a new one.
    pub(in super::super) fn pair() -> io::Result<(Self, Self)> {
        let (one, other) = pipe::pair(Kind::Bytes)?;
        Ok((Self(one.into()), Self(other.into())))
    }

    /// Whether nobody of the other side is left, at this moment. One system call.
    pub(in super::super) fn has_ended(&self) -> bool {
        pipe::has_ended(self.0.borrow())
    }

    fn look(&self) -> Seen {
        if self.has_ended() {
            return Seen::End;
        }
        match pipe::peek(self.0.borrow(), &mut [0]) {
            Ok(None) => Seen::End,
            Ok(Some(_)) => Seen::Something,
            Err(_) => Seen::Nothing,
        }
    }
}

impl Cord for SystemCord {
    fn ring(&self, bells: u32) {
        const MANY: usize = 64;

        let mut left = bells as usize;
        while left > 0 {
            match pipe::write(self.0.borrow(), &[0; MANY][..left.min(MANY)], false) {
                Ok(sent) => left = left.saturating_sub(sent.max(1)),
                Err(_) => return, // nobody is left, or there are thousands of bells already
            }
        }
    }

    fn take(&self) -> Taken {
        // Looking first is cheaper than to begin reading, and to give it up.
        match pipe::peek(self.0.borrow(), &mut [0]) {
            Ok(None) => return Taken::End,
            Err(_) => return Taken::Nothing,
            Ok(Some(_)) => {}
        }
        match pipe::read(self.0.borrow(), &mut [0], Some(Duration::ZERO)) {
            Ok(Some(_)) => Taken::Bell,
            Ok(None) => Taken::End,
            Err(_) => Taken::Nothing, // somebody else was faster
        }
    }

    fn sleep(&self, limit: Duration) -> bool {
        match Watch::new(self.0.borrow()) {
            Ok(watch) => wait(watch.event(), milliseconds(Some(limit))),
            Err(_) => {
                // No event to be had: look again after a moment.
                std::thread::sleep(limit.min(MOMENT));
                self.look() != Seen::Nothing
            }
        }
    }
}

/// How long to wait before looking again at what cannot be waited for.
const MOMENT: Duration = Duration::from_millis(5);

/// For how many the system can wait at a time.
const MAX_WAITED_FOR: usize = 64;

/// Waits until one of them is ready, at most so long, and says which are.
///
/// With more than the system can wait for at a time, those that it does not wait for are looked at every now
/// and then.
///
/// # Errors
///
/// There are no handles to be had.
pub(in super::super) fn watch(list: &[Watched<'_>], limit: Duration) -> io::Result<Vec<Seen>> {
    let mut seen = look(list, &vec![Seen::Nothing; list.len()]);
    if limit.is_zero() || seen.iter().any(|&seen| seen != Seen::Nothing) {
        return Ok(seen);
    }
    if list.is_empty() {
        std::thread::sleep(limit);
        return Ok(seen);
    }
    let some = &list[..list.len().min(MAX_WAITED_FOR)];
    let limit = if some.len() < list.len() { limit.min(MOMENT) } else { limit };
    let watches = some.iter().map(|one| match one {
        Watched::Cord(cord) => Watch::new(cord.0.borrow()).map(Some),
        Watched::Descriptor(_) => Ok(None),
    });
    let watches = watches.collect::<io::Result<Vec<_>>>()?;
    let handle = |(one, watch): (&Watched<'_>, &Option<Watch<'_>>)| match (one, watch) {
        (Watched::Descriptor(handle), _) => handle.as_raw_handle(),
        (Watched::Cord(cord), None) => cord.0.borrow().as_raw_handle(),
        (Watched::Cord(_), Some(watch)) => watch.event().as_raw_handle(),
    };
    let handles: Vec<HANDLE> = some.iter().zip(&watches).map(handle).collect();
    let (count, limit) = (handles.len() as u32, milliseconds(Some(limit)));
    // SAFETY: so many handles are there, and open as long as `some` and `watches` are.
    let woken = unsafe { WaitForMultipleObjects(count, handles.as_ptr(), 0, limit) };
    let place = [WAIT_OBJECT_0, WAIT_ABANDONED_0].into_iter().find_map(|first| {
        Some(woken.checked_sub(first)? as usize).filter(|&place| place < handles.len())
    });
    if let Some(place) = place {
        // Some things are ready for one wait only, which was this one.
        seen[place] = Seen::Something;
    }
    Ok(look(list, &seen))
}

/// Looks at those that nothing has been seen of yet, and at all cords.
fn look(list: &[Watched<'_>], seen: &[Seen]) -> Vec<Seen> {
    let look = |(one, &seen): (&Watched<'_>, &Seen)| match one {
        Watched::Cord(cord) => cord.look(),
        Watched::Descriptor(_) if seen != Seen::Nothing => seen,
        Watched::Descriptor(handle) if wait(handle, 0) => Seen::Something,
        Watched::Descriptor(_) => Seen::Nothing,
    };
    list.iter().zip(seen).map(look).collect()
}
