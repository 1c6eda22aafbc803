//! Many small objects at once: sessions begun together, filled together and committed together.
//!
//! How long the header of such a call may be nobody has published: 16 KiB is on the safe side. A batch that is refused for its size is
//! halved, and none is that large again.

use std::sync::atomic::Ordering::Relaxed;

use bytes::Bytes;
use dropbox_client::{APPENDS_MAX, Append, Class, Client, Content, ContentHash, Error, SessionCursor, SessionKind};
use larder_connect::{Durability, ObjectName, Storage};
use larder_model::Result;

use super::{DropboxStorage, queue::Waiting, send::Uploaded};
use crate::problem::is_too_large;

/// So many objects go in three calls rather than in one each.
const BATCH_MIN: usize = 4;

/// Bytes of one append.
const APPEND_LEN_MAX: usize = 32 << 20;

/// Bytes of its header.
const HEADER_LEN_MAX: usize = 16 << 10;

/// Sessions that are begun at once at most.
const SESSIONS_MAX: usize = 1000;

type Objects<'o> = &'o [(ObjectName, Vec<u8>)];

impl DropboxStorage {
    pub(super) fn put_many(&self, objects: Objects, durability: Durability) -> Result<()> {
        if objects.len() < BATCH_MIN || objects.iter().any(|(_, body)| body.len() > APPEND_LEN_MAX / 4) {
            return objects.iter().try_for_each(|(name, body)| self.put(name, &[body], durability).map(drop));
        }
        self.take_room(objects.iter().map(|(_, body)| body.len() as u64).sum())?;
        for objects in objects.chunks(SESSIONS_MAX) {
            let sent = match self.appends_max.load(Relaxed) {
                1 => self.send_singly(objects),
                _ => self.send_together(objects),
            };
            let sent = sent.or_else(|error| match error.class() {
                // Dropbox does not take such batches: each by itself.
                Class::BadRequest | Class::SkipAndReport | Class::Session => self.send_singly(objects),
                _ if is_too_large(&error) => self.send_singly(objects),
                _ => Err(error),
            });
            self.queue.add(sent.map_err(|error| self.problem(&error).context("cannot write objects"))?);
        }
        self.commit_all()
    }

    fn send_together(&self, objects: Objects) -> Result<Vec<Waiting>, Error> {
        let kind = SessionKind::Sequential;
        let sessions = self.call(|client| client.start_session_batch(kind, objects.len() as u64))?;
        let piece = |(session_id, (_, body)): (String, &(ObjectName, Vec<u8>))| Append {
            cursor: SessionCursor { session_id, offset: 0 },
            length: body.len() as u64,
            close: true,
        };
        let pieces: Vec<Append> = sessions.into_iter().zip(objects).map(piece).collect();
        let (mut waiting, mut sent) = (Vec::with_capacity(objects.len()), 0);
        while sent < pieces.len() {
            let count = first_batch(&pieces[sent..], self.appends_max.load(Relaxed));
            let some = sent..sent + count;
            match self.append(&pieces[some.clone()], &objects[some.clone()]) {
                Err(error) if is_too_large(&error) && count > 1 => {
                    self.appends_max.fetch_min(count / 2, Relaxed);
                    continue;
                }
                appended => waiting.extend(appended?),
            }
            sent = some.end;
        }
        Ok(waiting)
    }

    fn append(&self, pieces: &[Append], objects: Objects) -> Result<Vec<Waiting>, Error> {
        let mut content = Content::empty();
        objects.iter().for_each(|(_, body)| content.push(body.clone()));
        let results = self.call(|client| client.append_session_batch(pieces, &content))?;
        let mut waiting = Vec::with_capacity(objects.len());
        for ((piece, object), result) in pieces.iter().zip(objects).zip(results) {
            if result.is_err() {
                waiting.extend(self.send_singly(std::slice::from_ref(object))?);
                continue;
            }
            let cursor = SessionCursor { offset: piece.length, ..piece.cursor.clone() };
            waiting.push(Waiting::new(object.0.clone(), Uploaded { cursor, hash: ContentHash::of(&object.1) }));
        }
        Ok(waiting)
    }

    fn send_singly(&self, objects: Objects) -> Result<Vec<Waiting>, Error> {
        let send = |(name, body): &(ObjectName, Vec<u8>)| {
            self.send(&Bytes::copy_from_slice(body)).map(|uploaded| Waiting::new(name.clone(), uploaded))
        };
        objects.iter().map(send).collect()
    }
}

/// How many pieces go into one call.
fn first_batch(pieces: &[Append], most: usize) -> usize {
    let around = Client::append_batch_header_bytes(&[]);
    let (mut header, mut bytes) = (around, 0);
    let fits = |piece: &&Append| {
        // And a comma.
        header += Client::append_batch_header_bytes(&[(*piece).clone()]) - around + 1;
        bytes += piece.length;
        header <= HEADER_LEN_MAX && bytes <= APPEND_LEN_MAX as u64
    };
    pieces.iter().take(most.min(APPENDS_MAX)).take_while(fits).count().max(1)
}
