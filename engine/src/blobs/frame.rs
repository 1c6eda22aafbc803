//! Frames in memory, and the blobs in them. A blob is checked against its id once for as long as its frame stays.

use std::{
    collections::HashMap,
    ops::{Deref, Range},
    sync::{Arc, Mutex, PoisonError, Weak},
};

use larder_format::{
    FormatError,
    frame::{BOX_LEN_MAX, FrameCodec, Opened},
    keys::BlobKind,
    sealing::SealingKey,
};
use larder_model::{BlobId, PackId, Result};

use crate::index::Place;

/// Memory for one frame after another: fresh memory would cost as much as reading into it.
#[derive(Default)]
pub(crate) struct FrameBuffer {
    /// Never shrinks, so that no byte is set to zero twice.
    memory: Vec<u8>,
    sealed_len: usize,
    data: Vec<u8>,
    opened: Option<Opened>,
}

impl FrameBuffer {
    /// Room for a sealed frame of `len` bytes. What is in it does not matter.
    pub fn room(&mut self, len: u64) -> std::result::Result<&mut [u8], FormatError> {
        let len = usize::try_from(len).ok().filter(|len| *len <= BOX_LEN_MAX);
        let len = len.ok_or(FormatError::TooLarge("a frame in it is larger than the format allows"))?;
        if self.memory.len() < len {
            self.memory.resize(len, 0);
        }
        (self.sealed_len, self.opened) = (len, None);
        Ok(&mut self.memory[..len])
    }

    /// Takes over a sealed frame that was read together with others.
    pub fn fill(&mut self, sealed: &[u8]) -> std::result::Result<(), FormatError> {
        self.room(sealed.len() as u64).map(|room| room.copy_from_slice(sealed))
    }

    /// The frame as it was read, until it is opened.
    pub fn sealed(&self) -> &[u8] {
        &self.memory[..self.sealed_len]
    }

    pub fn open(
        &mut self,
        codec: &mut FrameCodec,
        key: &SealingKey,
        kind: BlobKind,
    ) -> std::result::Result<(), FormatError> {
        let sealed = &mut self.memory[..self.sealed_len];
        self.opened = Some(codec.open_where_it_lies(key, kind, sealed, &mut self.data)?);
        Ok(())
    }

    /// The data of the frame that was opened; nothing when there is none.
    pub fn data(&self) -> &[u8] {
        match &self.opened {
            Some(Opened::InBox(range)) => &self.memory[range.clone()],
            Some(Opened::InData) => &self.data,
            None => &[],
        }
    }
}

/// Where a frame lies: its pack, and its offset there.
pub(crate) type FrameKey = (PackId, u32);

/// A frame, opened.
pub(crate) struct Frame {
    key: FrameKey,
    memory: Vec<u8>,
    /// Where in it the data are: what was stored plain stays where it was read to.
    range: Range<usize>,
    /// What was found to be right, by where it begins.
    right: Mutex<HashMap<u32, (u32, BlobId)>>,
}

impl Frame {
    /// A frame that was opened in the memory that it was read to, or into `data`.
    pub fn new(key: FrameKey, opened: Opened, sealed: Vec<u8>, data: Vec<u8>) -> Self {
        let (memory, range) = match opened {
            Opened::InBox(range) => (sealed, range),
            Opened::InData => {
                let range = 0..data.len();
                (data, range)
            }
        };
        Self { key, memory, range, right: Mutex::default() }
    }

    fn data(&self) -> &[u8] {
        &self.memory[self.range.clone()]
    }

    /// Bytes of memory.
    pub fn len(&self) -> usize {
        self.memory.len()
    }

    /// A blob of this frame. `check` looks at the frame's data, and says whether they are right at this place.
    pub fn blob(self: &Arc<Self>, id: &BlobId, place: &Place, check: impl FnOnce(&[u8]) -> Result<()>) -> Result<Blob> {
        let known = self.right.lock().unwrap_or_else(PoisonError::into_inner).get(&place.offset).copied();
        if known != Some((place.len, *id)) {
            check(self.data())?;
            self.right.lock().unwrap_or_else(PoisonError::into_inner).insert(place.offset, (place.len, *id));
        }
        let start = place.offset as usize;
        Ok(Blob { frame: self.clone(), range: start..start + place.len as usize })
    }
}

/// A blob's bytes, verified. They stay as long as somebody has them.
#[derive(Clone)]
pub(crate) struct Blob {
    frame: Arc<Frame>,
    range: Range<usize>,
}

impl Deref for Blob {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.frame.data()[self.range.clone()]
    }
}

impl Blob {
    /// A handle that does not keep it.
    pub fn weak(&self) -> WeakBlob {
        WeakBlob { frame: Arc::downgrade(&self.frame), range: self.range.clone() }
    }

    /// The frame that it is most of, if it is.
    pub fn own_frame(&self) -> Option<FrameKey> {
        (self.range.len() > self.frame.range.len() / 2).then_some(self.frame.key)
    }

    /// A part of it.
    pub fn part(&self, part: Range<usize>) -> Self {
        Self { frame: self.frame.clone(), range: self.range.start + part.start..self.range.start + part.end }
    }
}

/// A blob for as long as the cache, or somebody else, has it.
pub(crate) struct WeakBlob {
    frame: Weak<Frame>,
    range: Range<usize>,
}

impl WeakBlob {
    pub fn get(&self) -> Option<Blob> {
        Some(Blob { frame: self.frame.upgrade()?, range: self.range.clone() })
    }
}
