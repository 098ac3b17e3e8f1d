//! [`Integer`].

use bytemuck::Pod;

/// The integers that can be changed in one step in a [`RawValue`](crate::RawValue) or
/// [`RawArray`](crate::RawArray): all that are not longer than eight bytes.
///
/// It cannot be implemented for other types.
pub trait Integer: Pod + Ord + sealed::Sealed {
    #[doc(hidden)]
    #[must_use]
    fn wrapping_add(self, operand: Self) -> Self;

    #[doc(hidden)]
    #[must_use]
    fn wrapping_sub(self, operand: Self) -> Self;
}

mod sealed {
    /// The size is that of a word or a power of two less, so that every one lies within a word.
    pub trait Sealed {}
}

macro_rules! integers {
    ($($integer:ident)*) => {$(
        impl sealed::Sealed for $integer {}

        impl Integer for $integer {
            #[inline]
            fn wrapping_add(self, operand: Self) -> Self {
                self.wrapping_add(operand)
            }

            #[inline]
            fn wrapping_sub(self, operand: Self) -> Self {
                self.wrapping_sub(operand)
            }
        }
    )*};
}

integers!(u8 u16 u32 u64 usize i8 i16 i32 i64 isize);
