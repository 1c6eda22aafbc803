//! A file that arrives whole or not at all, however often the connection breaks.

use std::io::{self, Read};

use bytes::Bytes;
use reqwest::StatusCode;
use serde::Serialize;

use super::{Body, read_chunks};
use crate::client::{Call, Client, header_text};
use crate::content_hash::ContentHash;
use crate::error::{Class, Error, Result};
use crate::routes::{DOWNLOAD, parse_header, strange};
use crate::types::FileMetadata;

/// What to download.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DownloadFile {
    /// `rev:…` at best, `id:…`, `/a/b` or `ns:…/b`.
    pub path: String,
    /// Where to begin. Must be less than the file's size, unless both are 0.
    pub from: u64,
    /// How many bytes, at least 1; all that follow without it.
    pub length: Option<u64>,
    /// What the whole file should hash to, if known. Otherwise what Dropbox names along with it.
    pub content_hash: Option<String>,
}

impl DownloadFile {
    /// The whole file.
    pub fn of(path: impl Into<String>) -> Self {
        Self { path: path.into(), ..Self::default() }
    }
}

/// A file being read.
pub struct Download {
    client: Client,
    what: DownloadFile,
    metadata: FileMetadata,
    body: Body,
    /// Where the next byte lies in the file.
    position: u64,
    end: u64,
    hash: Option<ContentHash>,
    /// What has come, and is held back until more has: the last bytes are given when all is verified.
    held: Bytes,
    left_over: Bytes,
    /// Breaks since the last byte.
    breaks: u32,
}

#[derive(Serialize)]
struct Argument<'a> {
    path: &'a str,
}

impl Download {
    pub(crate) fn open(client: Client, what: DownloadFile) -> Result<Self> {
        if what.length == Some(0) {
            return Err(Error::local(Class::BadRequest, "A part of a file has at least one byte", "").about(&what.path));
        }
        let (metadata, body) = ask(&client, &what.path, &what.path, what.from, what.length)?;
        let rest = metadata.size.saturating_sub(what.from);
        let end = what.from + what.length.map_or(rest, |length| length.min(rest));
        let is_whole = what.from == 0 && end == metadata.size;
        let expected = what.content_hash.as_ref().or(metadata.content_hash.as_ref());
        let hash = expected.filter(|_| is_whole).map(|_| ContentHash::new());
        let position = what.from;
        let (held, left_over) = (Bytes::new(), Bytes::new());
        Ok(Self { client, what, metadata, body, position, end, hash, held, left_over, breaks: 0 })
    }

    pub(crate) fn read_whole(client: &Client, what: &DownloadFile) -> Result<(FileMetadata, Vec<u8>)> {
        let mut failures = 0;
        loop {
            let mut download = Self::open(client.clone(), what.clone())?;
            let mut bytes = Vec::new();
            let result = loop {
                match download.next_chunk() {
                    Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
                    Ok(None) => break Ok(()),
                    Err(error) => break Err(error),
                }
            };
            match result {
                Ok(()) => return Ok((download.metadata, bytes)),
                Err(error) if error.has_tag("content_hash_mismatch") && failures < client.retries() => failures += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// The file, as it was when the download began.
    pub fn metadata(&self) -> &FileMetadata {
        &self.metadata
    }

    /// Bytes that will come in all.
    pub fn length(&self) -> u64 {
        self.end - self.what.from
    }

    /// The next bytes, or `None` when all have come and are what they should be. An error with the tag
    /// `content_hash_mismatch` means that the whole has to be read again.
    pub fn next_chunk(&mut self) -> Result<Option<Bytes>> {
        if !self.left_over.is_empty() {
            return Ok(Some(std::mem::take(&mut self.left_over)));
        }
        while self.position < self.end {
            let Some(chunk) = self.receive()? else { continue };
            let before = std::mem::replace(&mut self.held, chunk);
            if !before.is_empty() {
                return Ok(Some(before));
            }
        }
        self.body.close();
        self.verify()?;
        let last = std::mem::take(&mut self.held);
        Ok(Some(last).filter(|last| !last.is_empty()))
    }

    /// More bytes, or none if the connection broke and has been made again.
    fn receive(&mut self) -> Result<Option<Bytes>> {
        let error = match self.body.next_chunk() {
            Ok(Some(mut chunk)) => {
                chunk.truncate(usize::try_from(self.end - self.position).unwrap_or(usize::MAX));
                self.position += chunk.len() as u64;
                self.breaks = 0;
                if let Some(hash) = &mut self.hash {
                    hash.update(&chunk);
                }
                return Ok(Some(chunk));
            }
            Ok(None) => Error::local(Class::Unreachable, "The download ended too early", "Try again"),
            Err(error) if error.class() == Class::Unreachable => error,
            Err(error) => return Err(error),
        };
        self.breaks += 1;
        if self.breaks > self.client.retries() {
            return Err(error.at(DOWNLOAD.name).about(&self.what.path));
        }
        self.client.back_off(DOWNLOAD.name, self.breaks)?;
        self.resume()?;
        Ok(None)
    }

    /// Asks for the rest of the same revision.
    fn resume(&mut self) -> Result<()> {
        let pinned = format!("rev:{}", self.metadata.rev);
        let left = self.end - self.position;
        let (metadata, body) = ask(&self.client, &pinned, &self.what.path, self.position, Some(left))?;
        if metadata.size != self.metadata.size || metadata.content_hash != self.metadata.content_hash {
            let what = "The file changed while it was downloaded";
            return Err(Error::local(Class::Retry, what, "Download it again").at(DOWNLOAD.name).about(&self.what.path));
        }
        self.body = body;
        Ok(())
    }

    fn verify(&mut self) -> Result<()> {
        let expected = self.what.content_hash.as_ref().or(self.metadata.content_hash.as_ref());
        let (Some(hash), Some(expected)) = (self.hash.take(), expected) else {
            return Ok(());
        };
        if hash.finish() == *expected {
            return Ok(());
        }
        self.held = Bytes::new();
        self.hash = Some(ContentHash::new()).filter(|_| self.end > 0);
        Err(Error::damaged().at(DOWNLOAD.name).about(&self.what.path))
    }
}

/// Asks for bytes of a file; nothing is sent that needs no sending: the whole of a file has no range.
fn ask(client: &Client, path: &str, item: &str, from: u64, length: Option<u64>) -> Result<(FileMetadata, Body)> {
    let range = match (from, length) {
        (0, None) => None,
        (from, None) => Some(format!("bytes={from}-")),
        (from, Some(length)) => Some(format!("bytes={from}-{}", from + length - 1)),
    };
    let call = Call::new(&DOWNLOAD, &Argument { path }, item)?.with_range(range.clone());
    let reply = client.run(&call)?;
    let metadata: FileMetadata = parse_header(&call, &reply)?;
    if range.is_some() && reply.status != StatusCode::PARTIAL_CONTENT {
        return Err(strange(&call, "a part of the file was asked for, and the whole came"));
    }
    let begins = header_text(&reply.headers, "content-range").map(|it| it.starts_with(&format!("bytes {from}-")));
    if range.is_some() && begins == Some(false) {
        return Err(strange(&call, "another part of the file came than was asked for"));
    }
    Ok((metadata, Body::new(client.clone(), &call, reply)))
}

impl Read for Download {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut left_over = std::mem::take(&mut self.left_over);
        let count = read_chunks(&mut left_over, buffer, || self.next_chunk());
        self.left_over = left_over;
        count
    }
}

impl std::fmt::Debug for Download {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Download")
            .field("rev", &self.metadata.rev)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}
