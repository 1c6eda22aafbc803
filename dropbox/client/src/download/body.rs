//! A stream of bytes as it comes.

use std::io::{self, Read};
use std::time::Duration;

use bytes::Bytes;
use reqwest::Response;

use super::read_chunks;
use crate::client::{Call, Client, Reply, ReplyBody};
use crate::error::{Class, Error, Result};
use crate::governor::Permit;
use crate::http::{Lost, Patience, interrupted};
use crate::types::{FileMetadata, FolderMetadata};

/// How long nothing may come.
const PATIENCE: Duration = Duration::from_secs(120);

/// A folder as a zip.
#[derive(Debug)]
pub struct FolderZip {
    /// The folder.
    pub metadata: FolderMetadata,
    /// The zip.
    pub body: Body,
}

/// A document made into a file.
#[derive(Debug)]
pub struct Export {
    /// The document.
    pub metadata: FileMetadata,
    /// A name with the right ending.
    pub name: String,
    /// Bytes, as far as Dropbox knows.
    pub size: u64,
    /// The content hash of the file that was made, at times.
    pub export_hash: Option<String>,
    /// The file.
    pub body: Body,
}

/// The body of an answer, read as it comes. It takes a place for downloads until it ends or is dropped.
pub struct Body {
    client: Client,
    route: &'static str,
    item: String,
    live: Option<(Response, Permit)>,
    left_over: Bytes,
}

impl Body {
    pub(crate) fn new(client: Client, call: &Call, reply: Reply) -> Self {
        let (live, left_over) = match reply.body {
            ReplyBody::Streaming(response, permit) => (Some((*response, permit)), Bytes::new()),
            ReplyBody::Whole(bytes) => (None, bytes),
        };
        Self { client, route: call.route.name, item: call.item.to_string(), live, left_over }
    }

    /// Gives up what is still to come, and the place with it.
    pub(super) fn close(&mut self) {
        self.live = None;
    }

    /// The next bytes, or `None` at the end. An error of [`Class::Retry`] or [`Class::Unreachable`] means that it broke off.
    pub fn next_chunk(&mut self) -> Result<Option<Bytes>> {
        if !self.left_over.is_empty() {
            return Ok(Some(std::mem::take(&mut self.left_over)));
        }
        let Some((response, _)) = &mut self.live else {
            return Ok(None);
        };
        let http = self.client.http();
        let chunk = match http.wait(response.chunk(), Patience::new(PATIENCE)) {
            Ok(Ok(chunk)) => Ok(chunk),
            Ok(Err(error)) => Err(Lost::while_reading(&error)),
            Err(lost) => Err(lost),
        };
        match chunk {
            Ok(Some(chunk)) => self.client.note_received(chunk.len() as u64).map(|()| Some(chunk)),
            Ok(None) => {
                self.live = None;
                Ok(None)
            }
            Err(lost) => {
                self.live = None;
                Err(broken(lost).at(self.route).about(&self.item))
            }
        }
    }
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut left_over = std::mem::take(&mut self.left_over);
        let count = read_chunks(&mut left_over, buffer, || self.next_chunk());
        self.left_over = left_over;
        count
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Body").field("route", &self.route).finish_non_exhaustive()
    }
}

fn broken(lost: Lost) -> Error {
    match lost {
        Lost::Interrupted => interrupted(),
        Lost::NotSent(why) | Lost::NoAnswer(why) | Lost::Silence(why) => Error::local(
            Class::Unreachable,
            format!("The download broke off: {why}"),
            "Check the network and try again",
        ),
    }
}
