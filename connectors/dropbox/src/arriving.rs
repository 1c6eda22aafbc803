//! Files on their way: read as they come, and known to be right at their end.

use std::{
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    time::Duration,
};

use bytes::{Buf, Bytes};
use dropbox_client::{ContentHash, Download, Error, Export};
use larder_connect::{OpenFile, Piece};
use larder_model::{Fingerprint, Metadata, Problem, Result, Skip};

use crate::{item::Item, problem::problem};

/// Pieces on the way from a thread that downloads to one that stores.
const PIECES_MAX: usize = 4;
/// How long a thread that downloads waits before it looks again whether there is room.
const ROOM_WAIT: Duration = Duration::from_millis(2);

enum Part {
    Data(Bytes),
    End(Box<Result<Metadata>>),
}

/// The end that downloads.
pub struct Sender<'s> {
    parts: SyncSender<Part>,
    /// Tells that nobody stores any more.
    is_stopped: &'s (dyn Fn() -> bool + Sync),
}

/// Nobody wants the file any more.
pub struct Unwanted;

impl Sender<'_> {
    pub fn send(&self, bytes: Bytes) -> Result<(), Unwanted> {
        self.put(Part::Data(bytes))
    }

    /// The file has come, and is what it should be; or it is not.
    pub fn end(self, end: Result<Metadata>) -> Result<(), Unwanted> {
        self.put(Part::End(Box::new(end)))
    }

    /// Waits for room, but not for somebody who has stopped with the file still in the queue.
    fn put(&self, mut part: Part) -> Result<(), Unwanted> {
        loop {
            match self.parts.try_send(part) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Disconnected(_)) => return Err(Unwanted),
                Err(TrySendError::Full(_)) if (self.is_stopped)() => return Err(Unwanted),
                Err(TrySendError::Full(back)) => part = back,
            }
            std::thread::sleep(ROOM_WAIT);
        }
    }
}

/// The end that stores.
pub struct Arriving {
    parts: Receiver<Part>,
    left: Bytes,
    end: Option<Result<Metadata>>,
}

impl Arriving {
    pub fn pair(is_stopped: &(dyn Fn() -> bool + Sync)) -> (Sender<'_>, Self) {
        let (sender, parts) = sync_channel(PIECES_MAX);
        (Sender { parts: sender, is_stopped }, Self { parts, left: Bytes::new(), end: None })
    }

    /// A file that is here as a whole.
    pub fn whole(bytes: Bytes, meta: Metadata) -> Self {
        let (_, parts) = sync_channel(0);
        Self { parts, left: bytes, end: Some(Ok(meta)) }
    }
}

fn broken_off() -> Problem {
    Problem::failed("the download was broken off")
}

impl OpenFile for Arriving {
    fn next(&mut self, buffer: &mut [u8]) -> Result<Piece> {
        loop {
            if !self.left.is_empty() {
                let len = buffer.len().min(self.left.len());
                self.left.copy_to_slice(&mut buffer[..len]);
                return Ok(Piece::Data(len));
            }
            match &self.end {
                Some(Ok(_)) => return Ok(Piece::End),
                Some(Err(problem)) => return Err(problem.clone()),
                None => match self.parts.recv() {
                    Ok(Part::Data(bytes)) => self.left = bytes,
                    Ok(Part::End(end)) => self.end = Some(*end),
                    Err(_) => self.end = Some(Err(broken_off())),
                },
            }
        }
    }

    fn finish(self: Box<Self>, _: &mut dyn FnMut(Skip)) -> Result<Metadata> {
        self.end.unwrap_or_else(|| Err(broken_off()))
    }
}

/// A file that is read by the thread that stores it.
pub struct Streaming {
    body: Body,
    item: Item,
    left: Bytes,
    len: u64,
    hash: ContentHash,
}

enum Body {
    File(Box<Download>),
    Export(Box<Export>),
}

impl Body {
    fn next(&mut self) -> Result<Option<Bytes>, Error> {
        match self {
            Self::File(download) => download.next_chunk(),
            Self::Export(export) => export.body.next_chunk(),
        }
    }
}

impl Streaming {
    /// Verified by the download itself, which gives the last bytes only when all are right.
    pub fn of_file(download: Download, item: Item) -> Self {
        Self::new(Body::File(Box::new(download)), item)
    }

    /// Verified where Dropbox names the hash of what it made.
    pub fn of_export(export: Export, item: Item) -> Self {
        Self::new(Body::Export(Box::new(export)), item)
    }

    fn new(body: Body, item: Item) -> Self {
        Self { body, item, left: Bytes::new(), len: 0, hash: ContentHash::new() }
    }

    /// The next bytes, or `None` at the end.
    pub fn next_bytes(&mut self) -> Result<Option<Bytes>, Error> {
        let bytes = self.body.next()?;
        if let Some(bytes) = &bytes {
            self.len += bytes.len() as u64;
            if matches!(self.body, Body::Export(_)) {
                self.hash.update(bytes);
            }
        }
        Ok(bytes)
    }

    /// How the file is described now that it was read.
    pub fn end(self) -> Result<Metadata> {
        if let Body::Export(export) = &self.body
            && let Some(expected) = &export.export_hash
            && self.hash.finish() != *expected
        {
            return Err(
                Problem::failed("the export came with other bytes than Dropbox made").tag("content_hash_mismatch")
            );
        }
        Ok(described(&self.item, self.len))
    }
}

impl OpenFile for Streaming {
    fn next(&mut self, buffer: &mut [u8]) -> Result<Piece> {
        while self.left.is_empty() {
            match self.next_bytes().map_err(|error| problem(&error))? {
                Some(bytes) => self.left = bytes,
                None => return Ok(Piece::End),
            }
        }
        let len = buffer.len().min(self.left.len());
        self.left.copy_to_slice(&mut buffer[..len]);
        Ok(Piece::Data(len))
    }

    fn finish(self: Box<Self>, _: &mut dyn FnMut(Skip)) -> Result<Metadata> {
        (*self).end()
    }
}

/// The metadata of an item of which `len` bytes have come.
pub fn described(item: &Item, len: u64) -> Metadata {
    let fingerprint: Option<Fingerprint> = item.fingerprint();
    Metadata { size: len, fingerprint, ..item.entry(b"it").meta }
}
