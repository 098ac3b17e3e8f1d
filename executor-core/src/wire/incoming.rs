//! [`Incoming`]: the encoded bytes of a result, which may lie in memory that another process can write.

use std::fmt;
use std::marker::PhantomData;

/// Bytes to decode.
///
/// Those in memory shared with a worker are copied before anything looks at them, since a worker that
/// has gone wild could change them between a check and a use.
#[derive(Clone, Copy)]
pub struct Incoming<'a> {
    start: *const u8,
    len: usize,
    /// Whether they may change while we look.
    shared: bool,
    lifetime: PhantomData<&'a [u8]>,
}

impl<'a> Incoming<'a> {
    /// Bytes that nobody else can write to.
    pub fn private(bytes: &'a [u8]) -> Self {
        Self { start: bytes.as_ptr(), len: bytes.len(), shared: false, lifetime: PhantomData }
    }

    /// Bytes that another process may write to.
    ///
    /// # Safety
    ///
    /// `len` bytes at `start` are readable during `'a`.
    pub unsafe fn shared(start: *const u8, len: usize) -> Self {
        Self { start, len, shared: true, lifetime: PhantomData }
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) fn as_ptr(&self) -> *const u8 {
        self.start
    }

    /// A copy of the bytes.
    ///
    /// # Panics
    ///
    /// If there is no memory for it.
    pub fn to_vec(&self) -> Vec<u8> {
        self.try_to_vec().expect("there is memory")
    }

    /// A copy of the bytes, if there is memory for it: how many there are another process may have said.
    pub(super) fn try_to_vec(&self) -> Result<Vec<u8>, String> {
        super::bulk::numbers(self)
    }

    /// Gives `f` the bytes, copied first if anybody else could change them.
    ///
    /// # Errors
    ///
    /// There is no memory for a copy.
    pub(super) fn with<T>(&self, f: impl FnOnce(&[u8]) -> T) -> Result<T, String> {
        if self.shared {
            Ok(f(&self.try_to_vec()?))
        } else {
            // SAFETY: made from a slice with this lifetime.
            Ok(f(unsafe { std::slice::from_raw_parts(self.start, self.len) }))
        }
    }
}

impl fmt::Debug for Incoming<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Incoming({} bytes)", self.len)
    }
}
