//! A file on its way into an account.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use dropbox_client::ContentHash;
use larder_connect::{NewFile, State};
use larder_model::{Result, Skip};

use super::{gather::Small, inner::Inner, large::Large, order::Order, work::Job};

pub struct DropboxNewFile {
    pub inner: Arc<Inner>,
    pub order: Order,
    pub content: FileContent,
    /// Its name is another one than asked.
    pub note: Option<Skip>,
}

pub enum FileContent {
    /// All of it, in memory.
    Small(Mutex<Vec<u8>>),
    Large(Arc<Large>),
}

impl NewFile for DropboxNewFile {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        self.inner.work.check()?;
        match &self.content {
            FileContent::Small(content) => {
                let mut content = content.lock().unwrap_or_else(PoisonError::into_inner);
                // What was not written is zero, and what lies beyond the size is cut off.
                content.resize(self.order.size as usize, 0);
                let start = (offset.min(self.order.size)) as usize;
                let len = bytes.len().min(content.len() - start);
                content[start..start + len].copy_from_slice(&bytes[..len]);
                Ok(())
            }
            FileContent::Large(upload) => upload.fill(offset, bytes.len() as u64, Some(bytes)),
        }
    }

    fn skip(&self, offset: u64, len: u64) -> Result<()> {
        match &self.content {
            FileContent::Small(_) => Ok(()),
            FileContent::Large(upload) => upload.fill(offset, len, None),
        }
    }

    fn has(&self, offset: u64, len: u64) -> bool {
        match &self.content {
            FileContent::Small(_) => false,
            FileContent::Large(upload) => upload.has(offset, len),
        }
    }

    fn finish(self: Box<Self>, skips: &mut dyn FnMut(Skip)) -> Result<State> {
        let Self { inner, mut order, content, note } = *self;
        match content {
            FileContent::Small(content) => {
                let mut content = content.into_inner().unwrap_or_else(PoisonError::into_inner);
                content.resize(order.size as usize, 0);
                order.hash = ContentHash::of(&content);
                let small = Small { order, bytes: Bytes::from(content), session: String::new() };
                if let Some(batch) = inner.gather_small(small)? {
                    inner.work.submit(Job::Batch(batch))?;
                }
            }
            FileContent::Large(upload) => upload.finish(order)?,
        }
        note.into_iter().for_each(skips);
        Ok(State::Underway)
    }
}
