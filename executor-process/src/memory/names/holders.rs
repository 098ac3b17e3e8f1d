//! Names of memory that has none itself: files that say who has it.

use super::super::SharedMemoryError;
use super::super::block::{Block, Kind, Shape};
use super::entry::Entry;
use super::holder::{Answer, Holder};
use super::{Directory, Name};
use crate::shared::descriptor::Descriptor;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

/// What a process has for as long as it is a holder: nothing but its line in the file.
#[derive(Debug)]
pub(in super::super) struct Presence;

/// Creates the memory of a name, if nobody has such.
pub(in super::super) fn claim(
    directory: &Directory,
    name: &Name,
    shape: Shape,
) -> Result<(Block, Presence), SharedMemoryError> {
    if let Some(entry) = read(directory, name)?
        && look(name, &entry)?.is_some()
    {
        return Err(name.already_exists());
    }
    let block = Block::create(shape)?;
    let holder = holder(&block);
    // This system may have no memory that can be sealed, or no `/proc`; then nobody would find it.
    match holder.ask(shape.id) {
        Answer::Memory(_) => {}
        Answer::Unknown(error) => return Err(error.into()),
        Answer::Gone => {
            let reason = "this system lets no process at the memory of another";
            let error = std::io::Error::new(std::io::ErrorKind::Unsupported, reason);
            return Err(error.into());
        }
    }
    directory.write(name, &Entry { id: shape.id, holders: vec![holder] }.encode())?;
    Ok((block, Presence))
}

/// Maps the memory of a name.
pub(in super::super) fn find(
    directory: &Directory,
    name: &Name,
) -> Result<(Block, Presence), SharedMemoryError> {
    let entry = read(directory, name)?.ok_or_else(|| name.not_found())?;
    let Some((memory, passed_over)) = look(name, &entry)? else {
        directory.remove(name)?;
        return Err(name.not_found());
    };
    let block = Block::open(memory, Kind::BYTES, 1, 1)?;
    let holders = entry.holders[passed_over..].to_vec();
    add(directory, name, Entry { holders, ..entry }, &block)?;
    Ok((block, Presence))
}

/// Becomes a holder of a name, if it is that of the block, or nobody's because all holders were gone while
/// a handle was on its way.
pub(in super::super) fn join(
    directory: &Directory,
    name: &Name,
    block: &Block,
) -> Result<Option<Presence>, SharedMemoryError> {
    let id = block.shape().id;
    let entry = match read(directory, name)? {
        Some(entry) if entry.id == id => entry,
        Some(entry) if look(name, &entry)?.is_some() => return Ok(None),
        _ if block.is_unlinked() => return Ok(None),
        _ => Entry { id, holders: Vec::new() },
    };
    add(directory, name, entry, block)?;
    Ok(Some(Presence))
}

/// Is a holder no more. The name goes with the last one.
pub(in super::super) fn leave(
    directory: &Directory,
    name: &Name,
    block: &Block,
    _presence: Presence,
) -> Result<(), SharedMemoryError> {
    let Some(mut entry) = read(directory, name)? else { return Ok(()) };
    if entry.id != block.shape().id {
        return Ok(()); // unlinked, and given to another
    }
    let own = holder(block);
    entry.holders.retain(|&holder| holder != own);
    // The others may have been killed. One that is alive is enough.
    let alive = |holder: &Holder| !matches!(holder.ask(entry.id), Answer::Gone);
    match entry.holders.iter().position(alive) {
        Some(passed_over) => {
            entry.holders.drain(..passed_over);
            directory.write(name, &entry.encode())
        }
        None => directory.remove(name).map(drop),
    }
}

/// Takes the name away. `false` if it is not that of the block any more.
pub(in super::super) fn unlink(
    directory: &Directory,
    name: &Name,
    block: &Block,
) -> Result<bool, SharedMemoryError> {
    match read(directory, name)? {
        Some(entry) if entry.id == block.shape().id => {
            block.mark_unlinked();
            directory.remove(name)
        }
        _ => Ok(false),
    }
}

/// Removes the names whose holders are gone, and says how many are left.
pub(in super::super) fn sweep(directory: &Directory) -> Result<usize, SharedMemoryError> {
    let mut left = 0;
    for name in directory.names()? {
        let gone = match read(directory, &name) {
            Ok(Some(entry)) => matches!(look(&name, &entry), Ok(None)),
            Ok(None) | Err(_) => false, // none of ours
        };
        if !(gone && directory.remove(&name).unwrap_or(false)) {
            left += 1;
        }
    }
    Ok(left)
}

fn read(directory: &Directory, name: &Name) -> Result<Option<Entry>, SharedMemoryError> {
    let Some(bytes) = directory.read(name)? else { return Ok(None) };
    let nonsense = || directory.damaged(name, "this version of the library has not written it");
    Entry::decode(&bytes).ok_or_else(nonsense).map(Some)
}

/// The memory, and how many of the holders are gone that were asked before; `None` if all are.
fn look(name: &Name, entry: &Entry) -> Result<Option<(Descriptor, usize)>, SharedMemoryError> {
    let mut unknown = None;
    for (index, holder) in entry.holders.iter().enumerate() {
        match holder.ask(entry.id) {
            Answer::Memory(file) => {
                // Of those that did not say, none is passed over.
                let gone = if unknown.is_none() { index } else { 0 };
                return Ok(Some((Descriptor::from(OwnedFd::from(file)), gone)));
            }
            Answer::Gone => {}
            Answer::Unknown(error) => unknown = Some(error),
        }
    }
    match unknown {
        Some(error) => Err(SharedMemoryError::Unreachable { name: name.as_str().into(), error }),
        None => Ok(None),
    }
}

fn add(
    directory: &Directory,
    name: &Name,
    mut entry: Entry,
    block: &Block,
) -> Result<(), SharedMemoryError> {
    // So that killed users do not add up.
    if entry.holders.len() >= 8 && entry.holders.len().is_power_of_two() {
        entry.holders.retain(|holder| !matches!(holder.ask(entry.id), Answer::Gone));
    }
    let own = holder(block);
    if !entry.holders.contains(&own) {
        entry.holders.push(own);
    }
    directory.write(name, &entry.encode())
}

fn holder(block: &Block) -> Holder {
    Holder::own(block.descriptor().as_fd().as_raw_fd())
}
