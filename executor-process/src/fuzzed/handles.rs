//! Handles: their encoded form, the memory behind them, and what comes through their sockets.
//!
//! A handle is made, taken apart, spoilt as the input says, put together, and used in every way that does
//! not wait.

use super::Input;
use crate::log::control::Control;
use crate::shared::descriptor::{Descriptor, attached, descriptors_of};
use crate::{
    Barrier, BoundedSemaphore, Condition, Event, JoinableQueue, Lock, Lockable, Proxy, Queue,
    RLock, RawArray, RawValue, Receiver, Semaphore, Sender, SharedArray, SharedBytes, SharedMemory,
    SharedValue, one_way_pipe,
};
use executor_core::Portable;
use executor_core::wire::{Incoming, decode, encode, write_to};
use rustix::fs::{FileType, MemfdFlags, SealFlags, fcntl_add_seals, fstat, memfd_create};
use rustix::net::{SendFlags, send};
use std::fs::File;
use std::mem::offset_of;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::time::Duration;

const AT_ONCE: Duration = Duration::ZERO;

/// How much of a file's beginning can be written to, by words. Enough for all that is not content, and some.
const WORDS: usize = 600;

/// The handle as another process could have sent it.
fn spoilt<T: Portable>(handle: &T, input: &mut Input<'_>) -> Option<T> {
    spoilt_but(&[], handle, input)
}

/// The same, with the words at these places of the memory as they should be.
fn spoilt_but<T: Portable>(spared: &[usize], handle: &T, input: &mut Input<'_>) -> Option<T> {
    let mut bytes = Vec::new();
    let beside = write_to(&mut bytes, |output| encode(handle, output)).expect("handles encode");
    let mut descriptors = descriptors_of(beside).expect("all of them are descriptors");
    for _ in 0..input.below(16) {
        if descriptors.is_empty() {
            break;
        }
        let which = input.below(descriptors.len());
        match input.below(16) {
            0 => descriptors[which] = something_else(&descriptors[which], input),
            1 => drop(descriptors.swap_remove(which)),
            2 => {
                let at = input.below(bytes.len().max(1));
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = input.byte();
                }
            }
            _ => spoil(&descriptors[which], spared, input),
        }
    }
    // Descriptors of its own, as it would have them elsewhere.
    let own = |descriptor: Descriptor| descriptor.as_fd().try_clone_to_owned().ok();
    let beside = attached(descriptors.into_iter().filter_map(own));
    decode(Incoming::private(&bytes), beside).ok()
}

/// Writes to the memory, or sends something through the socket.
fn spoil(descriptor: &Descriptor, spared: &[usize], input: &mut Input<'_>) {
    let found = fstat(descriptor).expect("it is open");
    match FileType::from_raw_mode(found.st_mode) {
        FileType::RegularFile => {
            let file = File::from(descriptor.as_fd().try_clone_to_owned().expect("a descriptor"));
            let len = file.metadata().expect("it is open").len();
            let word = u64::from(input.short()) % WORDS as u64;
            // The first page, or where a log has its first messages.
            let offset = word * 8 + if input.below(4) == 0 { 64 * 1024 } else { 0 };
            let value = input.number().to_ne_bytes();
            let width = if input.below(2) == 0 { 8 } else { 4 };
            if offset + 8 <= len && !spared.contains(&(offset as usize)) {
                let _sealed_perhaps = file.write_all_at(&value[..width], offset);
            }
        }
        FileType::Socket => {
            let len = 1 + input.below(9);
            let _full =
                send(descriptor, input.piece(len), SendFlags::DONTWAIT | SendFlags::NOSIGNAL);
        }
        _ => {}
    }
}

/// Another descriptor in the place of one.
fn something_else(descriptor: &Descriptor, input: &mut Input<'_>) -> Descriptor {
    let memory = |len: u64, seals| {
        let file = File::from(memfd_create("fuzzed", MemfdFlags::ALLOW_SEALING).expect("memory"));
        file.set_len(len).expect("no memory is needed yet");
        fcntl_add_seals(&file, seals).expect("it is ours");
        OwnedFd::from(file)
    };
    match input.below(5) {
        0 => OwnedFd::from(File::open("/dev/null").expect("it is always there")),
        1 => OwnedFd::from(std::io::pipe().expect("two descriptors").0),
        2 => memory(u64::from(input.short()), SealFlags::SHRINK),
        3 => memory(1 << 20, SealFlags::empty()),
        _ => {
            let copy = memory(1 << 17, SealFlags::SHRINK);
            let from = File::from(descriptor.as_fd().try_clone_to_owned().expect("a descriptor"));
            let mut page = [0; 4096];
            if let Ok(len) = from.read_at(&mut page, 0) {
                let to = File::from(copy.try_clone().expect("a descriptor"));
                to.write_all_at(&page[..len], 0).expect("within the memory");
            }
            copy
        }
    }
    .into()
}

/// A handle, used as the input says, a few times.
macro_rules! use_it {
    ($input:ident, $handle:ident: $first:expr $(, $use:expr)*) => {
        const USES: usize = [stringify!($first) $(, stringify!($use))*].len();
        for _ in 0..8 {
            if $input.is_empty() {
                break;
            }
            let mut chosen = $input.below(USES) as isize;
            if chosen == 0 { let _any = $first; continue; }
            $(chosen -= 1; if chosen == 0 { let _any = $use; continue; })*
            let _none_of_them = chosen;
        }
    };
}

type Item = (u8, String);

fn item(input: &mut Input<'_>) -> Item {
    let len = usize::from(input.short());
    (7, "x".repeat(len))
}

/// Queues.
pub fn queues(data: &[u8]) {
    let mut input = Input::new(data);
    let kind = input.below(4);
    let capacity = input.below(4);
    match kind {
        0 | 1 => {
            let queue = match capacity {
                0 => Queue::<Item>::new(),
                capacity => Queue::bounded(capacity),
            };
            let queue = queue.expect("memory");
            for _ in 0..input.below(3) {
                let _full = queue.try_put(item(&mut input));
            }
            let Some(queue) = spoilt(&queue, &mut input) else { return };
            use_it!(input, queue:
                queue.put_timeout(item(&mut input), AT_ONCE),
                queue.get_timeout(AT_ONCE),
                (queue.len(), queue.is_empty(), queue.is_full(), queue.capacity()),
                format!("{queue:?}"),
                queue.get_timeout(AT_ONCE));
        }
        2 => {
            let queue = JoinableQueue::<Item>::new().expect("memory");
            let _full = queue.try_put(item(&mut input));
            let Some(queue) = spoilt(&queue, &mut input) else { return };
            use_it!(input, queue:
                queue.put_timeout(item(&mut input), AT_ONCE),
                queue.get_timeout(AT_ONCE),
                queue.task_done(),
                queue.unfinished(),
                queue.join_timeout(AT_ONCE));
        }
        _ => {
            // Its items are handles themselves.
            let queue = Queue::<Event>::new().expect("memory");
            let event = Event::new().expect("memory");
            let _full = queue.try_put(event.clone());
            let Some(queue) = spoilt(&queue, &mut input) else { return };
            use_it!(input, queue:
                queue.put_timeout(event.clone(), AT_ONCE),
                queue.get_timeout(AT_ONCE).map(|event| event.is_set()));
        }
    }
}

/// Ends of pipes.
///
/// Not the locks: whoever says that he has one makes the others wait, and pipes have no limit for that.
pub fn pipes(data: &[u8]) {
    let mut input = Input::new(data);
    let place = |end| align_of::<Control>() + end;
    let locks = [place(offset_of!(Control, tail)), place(offset_of!(Control, head))];
    let (sender, receiver) = one_way_pipe::<Item>().expect("memory");
    for _ in 0..input.below(3) {
        let _full = sender.try_send(item(&mut input));
    }
    if input.below(2) == 0 {
        let spoilt: Option<Sender<Item>> = spoilt_but(&locks, &sender, &mut input);
        let Some(sender) = spoilt else { return };
        use_it!(input, sender: sender.try_send(item(&mut input)),
            sender.send_timeout(item(&mut input), AT_ONCE), format!("{sender:?}"));
    } else {
        let spoilt: Option<Receiver<Item>> = spoilt_but(&locks, &receiver, &mut input);
        let Some(receiver) = spoilt else { return };
        if input.below(2) == 0 {
            drop(sender);
        }
        use_it!(input, receiver: receiver.try_recv(), receiver.recv_timeout(AT_ONCE),
            receiver.poll(AT_ONCE), crate::wait_ready(&[&receiver], AT_ONCE),
            format!("{receiver:?}"));
    }
}

/// Locks and the like.
pub fn locks(data: &[u8]) {
    let mut input = Input::new(data);
    match input.below(8) {
        0 => lock(&Lock::new().expect("memory"), &mut input),
        1 => {
            let Some(lock) = spoilt(&RLock::new().expect("memory"), &mut input) else { return };
            use_it!(input, lock: lock.acquire_timeout(AT_ONCE), lock.try_acquire(), lock.release(),
                lock.depth(), lock.is_abandoned(), format!("{lock:?}"));
        }
        2 => {
            let semaphore = Semaphore::new(input.below(4)).expect("memory");
            let Some(semaphore) = spoilt(&semaphore, &mut input) else { return };
            use_it!(input, semaphore: semaphore.try_acquire(), semaphore.acquire_timeout(AT_ONCE),
                semaphore.try_permit().is_some(), semaphore.available_permits(),
                semaphore.try_permit().map(crate::Permit::keep), format!("{semaphore:?}"));
        }
        3 => {
            let semaphore = BoundedSemaphore::new(1 + input.below(4)).expect("memory");
            let Some(semaphore) = spoilt(&semaphore, &mut input) else { return };
            use_it!(input, semaphore: semaphore.try_acquire(), semaphore.release(),
                semaphore.release_many(usize::from(input.byte())),
                semaphore.permit_timeout(AT_ONCE).is_some(), semaphore.available_permits());
        }
        4 => {
            let Some(event) = spoilt(&Event::new().expect("memory"), &mut input) else { return };
            use_it!(input, event: event.set(), event.clear(), event.is_set(),
                event.wait_timeout(AT_ONCE), format!("{event:?}"));
        }
        5 => condition(&Condition::new().expect("memory"), &mut input),
        6 => {
            let lock = RLock::new().expect("memory");
            condition(&Condition::with_lock(lock).expect("memory"), &mut input);
        }
        _ => {
            let parties = 1 + input.below(3);
            let barrier = Barrier::new(parties).expect("memory");
            // To wait is to call what its memory says: see docs/soundness.md.
            let Some(barrier) = spoilt(&barrier, &mut input) else { return };
            use_it!(input, barrier: barrier.is_broken(), barrier.n_waiting(), barrier.parties(),
                format!("{barrier:?}"));
        }
    }
}

fn lock(lock: &Lock, input: &mut Input<'_>) {
    let Some(lock) = spoilt(lock, input) else { return };
    use_it!(input, lock: lock.acquire_timeout(AT_ONCE), lock.try_acquire(), lock.release(),
        lock.is_locked(), lock.clear_abandoned(), lock.lock_timeout(AT_ONCE).is_ok(),
        format!("{lock:?}"));
}

fn condition<L: Lockable + Portable>(condition: &Condition<L>, input: &mut Input<'_>) {
    let Some(condition) = spoilt(condition, input) else { return };
    let _guard = condition.lock_timeout(AT_ONCE);
    use_it!(input, condition: condition.wait_timeout(AT_ONCE), condition.notify_one(),
        condition.notify(usize::from(input.byte())), condition.notify_all());
}

/// Memory.
pub fn memory(data: &[u8]) {
    let mut input = Input::new(data);
    let index = usize::from(input.byte());
    match input.below(7) {
        0 => {
            let array = SharedArray::<u32>::new(20).expect("memory");
            let Some(array) = spoilt(&array, &mut input) else { return };
            use_it!(input, array: array.lock_timeout(AT_ONCE).map(|guard| guard.map(|items| items.len())).is_ok(),
                array.try_lock().map(|guard| guard.map(|items| items.iter().copied().max())).is_ok(),
                array.len());
        }
        1 => {
            let value = SharedValue::new(7_u64).expect("memory");
            let Some(value) = spoilt(&value, &mut input) else { return };
            use_it!(input, value: value.try_lock().map(|guard| guard.map(|value| *value)).is_ok(),
                value.lock_timeout(AT_ONCE).is_ok());
        }
        2 => {
            let array = RawArray::<u16>::new(20).expect("memory");
            let Some(array) = spoilt(&array, &mut input) else { return };
            use_it!(input, array: array.get(index), array.set(index, 7), array.to_vec().len(),
                array.copy_from(index, &[1, 2, 3]), array.fetch_add(index, 1), array.len());
        }
        3 => {
            let value = RawValue::new(7_i64).expect("memory");
            let Some(value) = spoilt(&value, &mut input) else { return };
            use_it!(input, value: value.get(), value.set(8));
        }
        4 => {
            let memory = SharedMemory::new(100).expect("memory");
            let Some(memory) = spoilt(&memory, &mut input) else { return };
            let mut into = [0; 10];
            use_it!(input, memory: memory.read_at(index, &mut into), memory.write_at(index, b"ten"),
                memory.len(), memory.to_vec().len(), memory.words().len(), memory.name().len());
        }
        5 => {
            // More than could be in the message itself, where a sender may say what he likes.
            let len = 100 + index;
            let bytes = SharedBytes::from(vec![7; len]);
            let Some(bytes) = spoilt(&bytes, &mut input) else { return };
            assert!(bytes.iter().all(|&byte| byte == 7) || bytes.len() != len);
        }
        _ => {
            // Of a manager that there is not.
            let Ok((token, _end)) = crate::shared::courier::Courier::pair() else { return };
            let mut bytes = Vec::new();
            let form = (u128::from(input.number()), input.number(), token);
            let beside = write_to(&mut bytes, |output| encode(&form, output)).expect("it encodes");
            let proxy = decode::<Proxy<Vec<u8>>>(Incoming::private(&bytes), beside);
            let Some(proxy) = spoilt(&proxy.expect("it decodes"), &mut input) else { return };
            use_it!(input, proxy: format!("{proxy:?}"), proxy == proxy.clone());
        }
    }
}
