//! [`Output`]: where encoded values are written to, in whatever memory the executor has for them.
//!
//! An executor may want the bytes in a buffer of its own, in a ring that two processes share, or, if
//! they turn out to be many, in a block made for them. So an output is a window into some memory and a
//! [`Storage`] that provides a larger window when that one is full. Writing a byte is a comparison and
//! a store; a large piece, such as a string, is copied once, to where it will stay.

use std::fmt;
use std::ptr::NonNull;

/// Provides the memory behind an [`Output`].
///
/// # Safety
///
/// The memory that [`begin`](Self::begin) and [`grow`](Self::grow) return is writable, not used by anybody else, and stays so
/// until `grow` has returned another room, or the end of the output.
pub unsafe trait Storage {
    /// Provides room for at least `needed` bytes, of which the first `used` are those of the former
    /// room, if there was one.
    ///
    /// # Errors
    ///
    /// There is no such room. The former room stays as it was.
    fn grow(&mut self, used: usize, needed: usize) -> Result<Room, NoRoom>;

    /// The room that there is to begin with, which need not be asked for. None by default.
    fn begin(&mut self) -> Room {
        Room { start: NonNull::dangling(), capacity: 0 }
    }
}

/// A piece of memory to write to.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// Where it starts.
    pub start: NonNull<u8>,
    /// How many bytes there are.
    pub capacity: usize,
}

/// A [`Storage`] has no room for a value. The text says why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoRoom(pub String);

impl fmt::Display for NoRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NoRoom {}

/// A growing sequence of bytes in somebody else's memory.
pub struct Output<'s> {
    start: NonNull<u8>,
    len: usize,
    capacity: usize,
    storage: &'s mut dyn Storage,
    /// Why the storage refused to grow, for the message of the error.
    refusal: Option<NoRoom>,
}

impl<'s> Output<'s> {
    /// An empty output in the room that `storage` has.
    pub fn new<S: Storage>(storage: &'s mut S) -> Self {
        let Room { start, capacity } = storage.begin();
        Self { start, len: 0, capacity, storage, refusal: None }
    }

    /// How many bytes have been written.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing has been written.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Forgets all but the first `len` bytes.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// Exchanges four bytes that have been written at this position.
    pub(crate) fn overwrite(&mut self, position: usize, bytes: [u8; 4]) {
        assert!(position + bytes.len() <= self.len);
        // SAFETY: within what has been written to the room.
        unsafe { self.start.add(position).cast::<[u8; 4]>().write_unaligned(bytes) };
    }

    /// Appends one byte.
    ///
    /// # Errors
    ///
    /// [`NoRoom`], from the storage.
    #[inline]
    pub fn push(&mut self, byte: u8) -> Result<(), NoRoom> {
        if self.len == self.capacity {
            self.grow(1)?;
        }
        // SAFETY: len < capacity, and by the storage's contract that memory is ours.
        unsafe { self.start.add(self.len).write(byte) };
        self.len += 1;
        Ok(())
    }

    /// Appends bytes.
    ///
    /// # Errors
    ///
    /// [`NoRoom`], from the storage.
    #[inline]
    pub fn extend(&mut self, bytes: &[u8]) -> Result<(), NoRoom> {
        if bytes.len() > self.capacity - self.len {
            self.grow(bytes.len())?;
        }
        // SAFETY: there is room for them, which is ours, so does not overlap the borrowed bytes.
        unsafe {
            let end = self.start.add(self.len);
            end.copy_from_nonoverlapping(NonNull::from(bytes).cast(), bytes.len());
        }
        self.len += bytes.len();
        Ok(())
    }

    #[cold]
    fn grow(&mut self, more: usize) -> Result<(), NoRoom> {
        let room = match self.len.checked_add(more) {
            Some(needed) => self.storage.grow(self.len, needed),
            None => Err(NoRoom("more bytes than there are addresses".to_owned())),
        };
        match room {
            Ok(room) => {
                assert!(room.capacity >= self.len + more, "a storage gives what it was asked for");
                (self.start, self.capacity) = (room.start, room.capacity);
                Ok(())
            }
            Err(refusal) => {
                self.refusal = Some(refusal.clone());
                Err(refusal)
            }
        }
    }

    /// Why the storage refused to grow, if it did.
    pub(crate) fn refusal(&mut self) -> Option<NoRoom> {
        self.refusal.take()
    }
}

impl fmt::Debug for Output<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output")
            .field("len", &self.len)
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

/// For `postcard`, which writes the pieces of a value in order.
impl postcard::ser_flavors::Flavor for &mut Output<'_> {
    type Output = ();

    #[inline]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.push(byte).map_err(|_| postcard::Error::SerializeBufferFull)
    }

    #[inline]
    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.extend(bytes).map_err(|_| postcard::Error::SerializeBufferFull)
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

/// A vector keeps what it is asked to; its own length is not touched before [`write_to`] ends.
///
/// [`write_to`]: self::write_to
struct VecStorage<'v>(&'v mut Vec<u8>, usize);

// SAFETY: the room is the vector's spare capacity behind what it held before, which nobody else can
// reach during the mutable borrow.
unsafe impl Storage for VecStorage<'_> {
    fn begin(&mut self) -> Room {
        let Self(vector, base) = self;
        // SAFETY: within the allocation, or one past its end.
        let start = unsafe { NonNull::new_unchecked(vector.as_mut_ptr().add(*base)) };
        Room { start, capacity: vector.capacity() - *base }
    }

    fn grow(&mut self, used: usize, needed: usize) -> Result<Room, NoRoom> {
        let Self(vector, base) = self;
        // SAFETY: the `used` bytes behind the old content were written through the former room.
        unsafe { vector.set_len(*base + used) };
        let reserved = vector.try_reserve(needed - used);
        // SAFETY: shorter than before.
        unsafe { vector.set_len(*base) };
        reserved.map_err(|error| NoRoom(error.to_string()))?;
        let capacity = vector.capacity() - *base;
        // SAFETY: within the allocation, or one past its end.
        let start = unsafe { NonNull::new_unchecked(vector.as_mut_ptr().add(*base)) };
        Ok(Room { start, capacity })
    }
}

/// Appends to `vector` what `f` writes, or nothing if it fails.
///
/// # Errors
///
/// That of `f`.
///
/// # Panics
///
/// If `f` puts another output in the place of the one it was given.
pub fn write_to<T, E>(
    vector: &mut Vec<u8>,
    f: impl FnOnce(&mut Output<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let base = vector.len();
    let mut storage = VecStorage(vector, base);
    let mut output = Output::new(&mut storage);
    let result = f(&mut output);
    let (start, len) = (output.start.as_ptr(), output.len());
    if result.is_ok() && len != 0 {
        // An output can be exchanged for another one, with bytes somewhere else.
        let room = vector.spare_capacity_mut().as_mut_ptr().cast::<u8>();
        assert!(start == room, "the output is still the one that `f` was given");
        // SAFETY: the output has written that many bytes to this room, which starts behind the old
        // content.
        unsafe { vector.set_len(base + len) };
    }
    result
}
