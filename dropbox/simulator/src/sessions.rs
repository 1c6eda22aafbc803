//! Upload sessions, of both types: bytes that wait for a commit.
//!
//! A sequential session takes its bytes in order. A concurrent one takes pieces in any order, each at a multiple of 4 MiB
//! and as long as one, but for the last, which closes it.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use serde_json::{Value, json};

use crate::clock::Seconds;
use crate::content::{BLOCK, Content};
use crate::drive::AccountId;

/// Sessions live for seven days.
const LIFE_SECONDS: Seconds = 7 * 86_400;

/// The largest file: 2^41 - 2^22 bytes.
const LARGEST: u64 = (1 << 41) - (1 << 22);

#[derive(Debug, Default)]
pub struct Sessions {
    sessions: HashMap<String, Session>,
}

#[derive(Debug)]
struct Session {
    account: AccountId,
    is_concurrent: bool,
    started_at: Seconds,
    pieces: BTreeMap<u64, Bytes>,
    /// Bytes that are there, one after the other, in a sequential session.
    length: u64,
    is_closed: bool,
    /// Where a concurrent session ends, once it is closed.
    end: Option<u64>,
}

/// What an append or a finish is refused with: `UploadSessionLookupError`, `UploadSessionAppendError`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionProblem {
    NotFound,
    IncorrectOffset(u64),
    Closed,
    NotClosed,
    TooLarge,
    InvalidOffset,
    InvalidSize,
    /// Of a finish only: these stand beside the lookup's errors, not among them.
    DataNotAllowed,
    ConcurrentNotClosed,
    MissingData,
}

impl SessionProblem {
    pub fn to_json(self) -> Value {
        let tag = match self {
            Self::IncorrectOffset(offset) => return json!({".tag": "incorrect_offset", "correct_offset": offset}),
            Self::NotFound => "not_found",
            Self::Closed => "closed",
            Self::NotClosed => "not_closed",
            Self::TooLarge => "too_large",
            Self::InvalidOffset => "concurrent_session_invalid_offset",
            Self::InvalidSize => "concurrent_session_invalid_data_size",
            Self::DataNotAllowed => "concurrent_session_data_not_allowed",
            Self::ConcurrentNotClosed => "concurrent_session_not_closed",
            Self::MissingData => "concurrent_session_missing_data",
        };
        json!({".tag": tag})
    }

    /// As the error of a finish.
    pub fn to_finish_json(self) -> Value {
        match self {
            Self::DataNotAllowed | Self::ConcurrentNotClosed | Self::MissingData => self.to_json(),
            other => json!({".tag": "lookup_failed", "lookup_failed": other.to_json()}),
        }
    }
}

/// A session and a place in it.
#[derive(Clone, Debug)]
pub struct SessionCursor {
    pub session: String,
    pub offset: u64,
}

impl Sessions {
    /// As when Dropbox loses them.
    pub fn forget_all(&mut self) {
        self.sessions.clear();
    }

    pub fn start(&mut self, id: String, account: AccountId, is_concurrent: bool, now: Seconds) {
        let session = Session {
            account,
            is_concurrent,
            started_at: now,
            pieces: BTreeMap::new(),
            length: 0,
            is_closed: false,
            end: None,
        };
        self.sessions.insert(id, session);
    }

    pub fn append(
        &mut self,
        account: AccountId,
        cursor: &SessionCursor,
        data: Bytes,
        close: bool,
        now: Seconds,
    ) -> Result<(), SessionProblem> {
        let session = self.find(account, &cursor.session, now)?;
        if session.is_closed && (!session.is_concurrent || close) {
            return Err(SessionProblem::Closed);
        }
        if cursor.offset.saturating_add(data.len() as u64) > LARGEST {
            return Err(SessionProblem::TooLarge);
        }
        if session.is_concurrent {
            session.put_piece(cursor.offset, data, close)
        } else {
            session.put_next(cursor.offset, data, close)
        }
    }

    /// The whole content, and the session goes. `data` are the last bytes of a sequential session. It is put back by
    /// [`Sessions::keep`] where the commit fails.
    pub fn finish(
        &mut self,
        account: AccountId,
        cursor: &SessionCursor,
        data: Bytes,
        must_be_closed: bool,
        now: Seconds,
    ) -> Result<Content, SessionProblem> {
        let session = self.find(account, &cursor.session, now)?;
        if session.is_concurrent {
            session.require_whole(cursor.offset, &data)?;
        } else {
            if must_be_closed && !session.is_closed {
                return Err(SessionProblem::NotClosed);
            }
            if session.is_closed && !data.is_empty() {
                return Err(SessionProblem::Closed);
            }
            if cursor.offset != session.length {
                return Err(SessionProblem::IncorrectOffset(session.length));
            }
            session.length += data.len() as u64;
            if !data.is_empty() {
                session.pieces.insert(cursor.offset, data);
            }
        }
        Ok(session.content())
    }

    /// Forgets a session whose content was committed.
    pub fn forget(&mut self, id: &str) {
        self.sessions.remove(id);
    }

    fn find(&mut self, account: AccountId, id: &str, now: Seconds) -> Result<&mut Session, SessionProblem> {
        let lives = |it: &&mut Session| it.account == account && now < it.started_at + LIFE_SECONDS;
        self.sessions.get_mut(id).filter(lives).ok_or(SessionProblem::NotFound)
    }
}

impl Session {
    fn put_next(&mut self, offset: u64, data: Bytes, close: bool) -> Result<(), SessionProblem> {
        if offset != self.length {
            return Err(SessionProblem::IncorrectOffset(self.length));
        }
        self.length += data.len() as u64;
        if !data.is_empty() {
            self.pieces.insert(offset, data);
        }
        self.is_closed |= close;
        Ok(())
    }

    fn put_piece(&mut self, offset: u64, data: Bytes, close: bool) -> Result<(), SessionProblem> {
        let only_closes = data.is_empty() && close;
        if !offset.is_multiple_of(BLOCK) && !only_closes {
            return Err(SessionProblem::InvalidOffset);
        }
        if !close && (data.is_empty() || !(data.len() as u64).is_multiple_of(BLOCK)) {
            return Err(SessionProblem::InvalidSize);
        }
        let end = offset + data.len() as u64;
        if self.end.is_some_and(|last| end > last) {
            return Err(SessionProblem::InvalidOffset);
        }
        if close {
            self.end = Some(end);
            self.is_closed = true;
        }
        // The same piece once more is a retry: it takes the place of the first.
        if !data.is_empty() {
            self.pieces.insert(offset, data);
        }
        Ok(())
    }

    /// Pieces may overlap where a client cut its retry differently; the earlier one counts.
    fn content(&self) -> Content {
        let mut at = 0u64;
        let mut pieces = Vec::with_capacity(self.pieces.len());
        for (start, piece) in &self.pieces {
            let known = at.saturating_sub(*start).min(piece.len() as u64);
            at += piece.len() as u64 - known;
            pieces.push(piece.slice(known as usize..));
        }
        Content::from_pieces(pieces)
    }

    fn require_whole(&self, offset: u64, data: &Bytes) -> Result<(), SessionProblem> {
        if !data.is_empty() {
            return Err(SessionProblem::DataNotAllowed);
        }
        let Some(end) = self.end else { return Err(SessionProblem::ConcurrentNotClosed) };
        let covered = self
            .pieces
            .iter()
            .try_fold(0u64, |at, (start, piece)| (*start <= at).then_some((start + piece.len() as u64).max(at)));
        if covered != Some(end) {
            return Err(SessionProblem::MissingData);
        }
        if offset != end { Err(SessionProblem::IncorrectOffset(end)) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(offset: u64) -> SessionCursor {
        SessionCursor { session: "s".into(), offset }
    }

    fn started(is_concurrent: bool) -> Sessions {
        let mut sessions = Sessions::default();
        sessions.start("s".into(), 0, is_concurrent, 0);
        sessions
    }

    fn block(count: u64) -> Bytes {
        Bytes::from(vec![1; (count * BLOCK) as usize])
    }

    #[test]
    fn a_sequential_session_names_the_offset_that_is_right() {
        let mut sessions = started(false);
        assert_eq!(sessions.append(0, &at(0), Bytes::from_static(b"abc"), false, 1), Ok(()));
        let again = sessions.append(0, &at(0), Bytes::from_static(b"abc"), false, 1);
        assert_eq!(again, Err(SessionProblem::IncorrectOffset(3)));
        assert_eq!(sessions.append(1, &at(3), Bytes::new(), true, 1), Err(SessionProblem::NotFound));
        let late = sessions.append(0, &at(3), Bytes::new(), true, LIFE_SECONDS);
        assert_eq!(late, Err(SessionProblem::NotFound));
        let open = sessions.finish(0, &at(3), Bytes::new(), true, 1).map(|content| content.size());
        assert_eq!(open, Err(SessionProblem::NotClosed));
        assert_eq!(sessions.append(0, &at(3), Bytes::new(), true, 1), Ok(()));
        assert_eq!(sessions.append(0, &at(3), Bytes::new(), true, 1), Err(SessionProblem::Closed));
        let content = sessions.finish(0, &at(3), Bytes::new(), true, 1).unwrap();
        assert_eq!(content.to_vec(), b"abc");
    }

    #[test]
    fn a_concurrent_session_takes_pieces_in_any_order() {
        let mut sessions = started(true);
        let last = Bytes::from_static(b"end");
        assert_eq!(sessions.append(0, &at(3), last.clone(), true, 1), Err(SessionProblem::InvalidOffset));
        assert_eq!(sessions.append(0, &at(0), last.clone(), false, 1), Err(SessionProblem::InvalidSize));
        assert_eq!(sessions.append(0, &at(2 * BLOCK), last, true, 1), Ok(()));
        let finish =
            |sessions: &mut Sessions, offset, data| sessions.finish(0, &at(offset), data, true, 1).map(|it| it.size());
        assert_eq!(finish(&mut sessions, 2 * BLOCK + 3, Bytes::new()), Err(SessionProblem::MissingData));
        assert_eq!(sessions.append(0, &at(BLOCK), block(1), false, 1), Ok(()));
        assert_eq!(sessions.append(0, &at(0), block(1), false, 1), Ok(()));
        assert_eq!(finish(&mut sessions, 0, Bytes::new()), Err(SessionProblem::IncorrectOffset(2 * BLOCK + 3)));
        assert_eq!(finish(&mut sessions, 0, block(1)), Err(SessionProblem::DataNotAllowed));
        assert_eq!(finish(&mut sessions, 2 * BLOCK + 3, Bytes::new()), Ok(2 * BLOCK + 3));
    }
}
