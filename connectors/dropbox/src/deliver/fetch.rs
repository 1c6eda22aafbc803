//! One file by itself: pinned to its revision, continued where it broke off, verified by its content hash.

use bytes::Bytes;
use dropbox_client::{DownloadFile, Error};

use super::lead::{Lead, Over};
use crate::{
    arriving::{Arriving, Streaming, described},
    documents,
    folder::revision,
    item::Item,
    listing::NodeId,
    problem::problem,
};

/// Files up to this are held in memory until they are verified; larger ones are passed on as they come.
pub const HELD_BYTES_MAX: u64 = 256 << 10;

impl Lead<'_> {
    pub fn fetch_file(&self, node: NodeId) -> Result<(), Over> {
        let item = self.source.session().listing.item(node);
        let Some(item) = item.filter(|_| super::plan::is_wanted(&self.source.session().listing, node)) else {
            return Ok(());
        };
        if self.has_come(&item) {
            return Ok(());
        }
        match item.size {
            _ if item.export.is_some() => self.fetch_export(node, &item),
            Some(0) => self.hand_over(node, &item, Bytes::new()),
            Some(size) if size <= HELD_BYTES_MAX => self.fetch_small(node, &item),
            _ => self.fetch_large(node, &item),
        }
    }

    pub(super) fn what(item: &Item) -> DownloadFile {
        DownloadFile { content_hash: item.hash_text(), ..DownloadFile::of(revision(item)) }
    }

    fn fetch_small(&self, node: NodeId, item: &Item) -> Result<(), Over> {
        match self.source.client().download_bytes(&Self::what(item)) {
            Ok((_, bytes)) => {
                self.came(item);
                self.hand_over(node, item, bytes.into())
            }
            Err(error) => self.failed(node, item, &error),
        }
    }

    /// Passes on a file that is here as a whole.
    pub fn hand_over(&self, node: NodeId, item: &Item, bytes: Bytes) -> Result<(), Over> {
        let meta = described(item, bytes.len() as u64);
        self.arrived(node, &meta);
        self.deliver(node, Arriving::whole(bytes, meta))
    }

    fn fetch_large(&self, node: NodeId, item: &Item) -> Result<(), Over> {
        match self.source.client().download(&Self::what(item)) {
            Ok(download) => self.stream(node, item, Streaming::of_file(download, item.clone())),
            Err(error) => self.failed(node, item, &error),
        }
    }

    fn fetch_export(&self, node: NodeId, item: &Item) -> Result<(), Over> {
        let id = item.id.clone().unwrap_or_default();
        match self.source.client().export(&id, documents::argument(item)) {
            Ok(export) => self.stream(node, item, Streaming::of_export(export, item.clone())),
            Err(error) => self.failed(node, item, &error),
        }
    }

    /// Passes a file on as it comes. What breaks off, or is not right at its end, is tried again as a new delivery.
    fn stream(&self, node: NodeId, item: &Item, mut file: Streaming) -> Result<(), Over> {
        let is_stopped = || self.is_over();
        let (sender, arriving) = Arriving::pair(&is_stopped);
        self.deliver(node, arriving)?;
        let broken: Option<Error> = loop {
            match file.next_bytes() {
                Ok(Some(bytes)) => sender.send(bytes).map_err(|_| Over)?,
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
        };
        if let Some(error) = broken {
            let _ = sender.end(Err(problem(&error)));
            return self.failed(node, item, &error);
        }
        let end = file.end();
        if let Ok(meta) = &end {
            self.arrived(node, meta);
        }
        let was_wrong = end.clone().err();
        sender.end(end).map_err(|_| Over)?;
        if let Some(why) = was_wrong {
            self.source.session_mut().failures.insert(node, why);
        }
        Ok(())
    }
}
