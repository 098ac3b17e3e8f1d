//! [`Items`]: a number of values of one plain type in a block.

use super::block::{Block, Kind, MAX_ALIGNMENT, Shape};
use super::error::OutOfRange;
use super::words::Words;
use crate::shared::descriptor::Descriptor;
use crate::shared::memory::check_lasting;
use bytemuck::Pod;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::io;
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;

/// The values. Clones are the same ones.
#[derive(Debug)]
pub(super) struct Items<T> {
    block: Arc<Block>,
    items: PhantomData<T>,
}

impl<T: Pod> Items<T> {
    const ALIGNMENT: usize = {
        assert!(align_of::<T>() <= MAX_ALIGNMENT, "items cannot be aligned to more than a page");
        align_of::<T>()
    };

    /// New ones, all zero.
    pub(super) fn create(kind: Kind, count: usize) -> io::Result<Self> {
        let alignment = Self::ALIGNMENT;
        let shape = Shape { kind, id: 0, item_size: size_of::<T>(), alignment, count };
        Ok(Self { block: Arc::new(Block::create(shape)?), items: PhantomData })
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        kind: Kind,
        deserializer: D,
    ) -> Result<Self, D::Error> {
        let file = Descriptor::deserialize(deserializer)?;
        check_lasting(&file).map_err(serde::de::Error::custom)?;
        let block = Block::open(file, kind, size_of::<T>(), Self::ALIGNMENT);
        let block = block.map_err(serde::de::Error::custom)?;
        Ok(Self { block: Arc::new(block), items: PhantomData })
    }

    pub(super) fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.block.descriptor().serialize(serializer)
    }

    #[inline]
    pub(super) fn block(&self) -> &Arc<Block> {
        &self.block
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.block.shape().count
    }

    /// The first of `len` values, one after the other, that are mapped and aligned.
    #[inline]
    pub(super) fn as_ptr(&self) -> *mut T {
        self.block.data().cast()
    }

    #[inline]
    pub(super) fn words(&self) -> Words<'_> {
        self.block.words()
    }

    /// `count` items from that index on, if there are so many.
    #[inline]
    pub(super) fn range(&self, start: usize, count: usize) -> Result<Range<usize>, OutOfRange> {
        let len = self.len();
        match start.checked_add(count) {
            Some(end) if end <= len => Ok(start..end),
            _ => Err(OutOfRange { start, count, len }),
        }
    }
}

impl<T> Clone for Items<T> {
    fn clone(&self) -> Self {
        Self { block: Arc::clone(&self.block), items: PhantomData }
    }
}
