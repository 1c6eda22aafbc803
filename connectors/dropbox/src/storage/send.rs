//! Bytes on their way into upload sessions. Sending locks nothing, and what is never committed vanishes by itself.

use bytes::{Bytes, BytesMut};
use dropbox_client::{Class, Content, ContentHash, Error, SessionCursor, SessionKind};

use super::DropboxStorage;

/// A body up to this goes in one call. Below the 150 MiB that a request may have, and what goes again after a broken line is not more.
pub const ONE_CALL_MAX: usize = 100 << 20;
/// Pieces of what is larger: a multiple of 4 MiB.
const PIECE: usize = 64 << 20;
/// A session that Dropbox has lost is begun anew.
const SESSIONS_MAX: u32 = 3;

/// A closed session, ready to be committed.
#[derive(Clone, Debug)]
pub struct Uploaded {
    pub cursor: SessionCursor,
    /// Of all of it, in hexadecimal.
    pub hash: String,
}

impl DropboxStorage {
    /// Sends a body into a session and closes it.
    pub(super) fn send(&self, body: &Bytes) -> Result<Uploaded, Error> {
        let hash = ContentHash::of(body);
        let mut left = SESSIONS_MAX;
        loop {
            left -= 1;
            match self.send_once(body) {
                Ok(session_id) => {
                    let cursor = SessionCursor { session_id, offset: body.len() as u64 };
                    return Ok(Uploaded { cursor, hash });
                }
                Err(error) if error.class() == Class::Session && left > 0 => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn send_once(&self, body: &Bytes) -> Result<String, Error> {
        let kind = SessionKind::Sequential;
        if body.len() <= ONE_CALL_MAX {
            let content = Content::from(body.clone());
            return self.call(|client| client.start_session(kind, &content, true));
        }
        let session_id = self.call(|client| client.start_session(kind, &Content::empty(), false))?;
        let mut offset = 0;
        while offset < body.len() {
            let end = body.len().min(offset + PIECE);
            let content = Content::from(body.slice(offset..end));
            let cursor = SessionCursor { session_id: session_id.clone(), offset: offset as u64 };
            self.call(|client| client.append_session(&cursor, &content, end == body.len()))?;
            offset = end;
        }
        Ok(session_id)
    }
}

/// The memory of a body that was sent, emptied, if nobody else holds it any more.
pub fn take_back(body: Bytes) -> Vec<u8> {
    body.try_into_mut().map(BytesMut::into).map(emptied).unwrap_or_default()
}

fn emptied(mut memory: Vec<u8>) -> Vec<u8> {
    memory.clear();
    memory
}
