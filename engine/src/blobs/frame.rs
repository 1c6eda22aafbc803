//! Frames in memory, and the blobs in them. A blob is checked against its id once for as long as its frame stays.

use std::{
    collections::HashMap,
    ops::{Deref, Range},
    sync::{Arc, Mutex, PoisonError},
};

use larder_model::{BlobId, Result};

use crate::index::Place;

/// A frame, opened.
pub(crate) struct Frame {
    data: Vec<u8>,
    /// What was found to be right, by where it begins.
    right: Mutex<HashMap<u32, (u32, BlobId)>>,
}

impl Frame {
    pub fn new(data: Vec<u8>) -> Self {
        Self { data, right: Mutex::default() }
    }

    /// A blob of this frame. `check` looks at the frame's data, and says whether they are right at this place.
    pub fn blob(self: &Arc<Self>, id: &BlobId, place: &Place, check: impl FnOnce(&[u8]) -> Result<()>) -> Result<Blob> {
        let known = self.right.lock().unwrap_or_else(PoisonError::into_inner).get(&place.offset).copied();
        if known != Some((place.len, *id)) {
            check(&self.data)?;
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
        &self.frame.data[self.range.clone()]
    }
}
