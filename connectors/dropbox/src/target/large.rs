//! A large file: pieces that are sent side by side, in any order, into one session that survives the program.
//!
//! Dropbox takes pieces at multiples of 4 MiB, and the one that closes the session last. What has been sent is noted, so that a run
//! that comes after a killed one sends only the rest; what the notes say is enough to compute the content hash of all of it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use dropbox_client::{Class, Client, Content, Error, SessionCursor, SessionKind, content_hash};
use larder_model::{Problem, Result};

use super::{
    inner::Inner,
    kept::{Digests, Kept, Known},
    order::{Order, Ready},
    send::wait,
    work::Job,
};
use crate::problem::{ends_the_run, problem};

/// Bytes of a piece: a multiple of 4 MiB.
pub const PIECE_BYTES: u64 = 8 << 20;

/// Dropbox takes pieces at multiples of this.
const BLOCK_BYTES: u64 = content_hash::BLOCK_BYTES as u64;

/// How often a piece is sent again after its calls have failed for good.
const ROUNDS: u32 = 4;

/// A piece to send.
pub struct PieceJob {
    pub upload: Arc<Large>,
    pub number: u64,
    pub bytes: Bytes,
}

/// The upload of one file.
pub struct Large {
    inner: Arc<Inner>,
    path: String,
    size: u64,
    state: Mutex<State>,
    /// Empty until the first piece is sent.
    session: Mutex<String>,
}

#[derive(Default)]
struct State {
    /// Pieces that are being filled.
    filling: HashMap<u64, Filling>,
    /// Pieces that were handed in, or are there.
    taken: BTreeMap<u64, Option<Digests>>,
    there: u64,
    /// The piece that closes the session: it waits for all others.
    last: Option<Bytes>,
    kept: Option<Kept>,
    is_resumed: bool,
    /// Set when all is written.
    order: Option<Order>,
    failure: Option<Problem>,
}

#[derive(Default)]
struct Filling {
    /// Nothing while only zeros are known of it: holes are told long before the data between them.
    bytes: Vec<u8>,
    filled: u64,
}

impl Large {
    pub fn new(inner: &Arc<Inner>, path: &str, size: u64, kept: Option<(Kept, Option<Known>)>) -> Arc<Self> {
        let mut state = State::default();
        let mut session = String::new();
        if let Some((kept, known)) = kept {
            let mut kept = kept;
            let known = known.filter(|known| {
                let is_there = inner.has_session(known, size);
                // Too old, or committed already by a run that was killed before it could say so: the file is sent anew.
                is_there || kept.clear().is_none()
            });
            state.kept = Some(kept);
            if let Some(known) = known {
                session = known.session;
                state.is_resumed = true;
                state.taken = known.pieces.into_iter().map(|(number, digests)| (number, Some(digests))).collect();
                state.taken.retain(|number, digests| {
                    digests.as_ref().is_some_and(|digests| digests.len() as u64 == blocks_of(size, *number))
                });
                state.there = state.taken.len() as u64;
            }
        }
        let (state, session) = (Mutex::new(state), Mutex::new(session));
        Arc::new(Self { inner: inner.clone(), path: path.to_owned(), size, state, session })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pieces(&self) -> u64 {
        self.size.div_ceil(PIECE_BYTES)
    }

    fn piece_len(&self, number: u64) -> u64 {
        PIECE_BYTES.min(self.size - number * PIECE_BYTES)
    }

    /// True when these bytes are at Dropbox already.
    pub fn has(&self, offset: u64, len: u64) -> bool {
        let state = self.state();
        let end = (offset + len).min(self.size);
        offset < end
            && (offset / PIECE_BYTES..=(end - 1) / PIECE_BYTES)
                .all(|number| state.taken.get(&number).is_some_and(Option::is_some))
    }

    /// Takes bytes, or zeros where there are none.
    pub fn fill(self: &Arc<Self>, offset: u64, len: u64, bytes: Option<&[u8]>) -> Result<()> {
        let end = (offset + len).min(self.size);
        let mut at = offset;
        while at < end {
            let number = at / PIECE_BYTES;
            let (start, stop) = (at, end.min((number + 1) * PIECE_BYTES));
            let part = bytes.map(|bytes| &bytes[(start - offset) as usize..(stop - offset) as usize]);
            if let Some(full) = self.fill_piece(number, start, stop - start, part)? {
                self.hand_in(number, full)?;
            }
            at = stop;
        }
        Ok(())
    }

    /// The piece, if it is full now.
    fn fill_piece(&self, number: u64, start: u64, len: u64, part: Option<&[u8]>) -> Result<Option<Bytes>> {
        let piece_len = self.piece_len(number);
        let mut state = self.state();
        if let Some(failure) = &state.failure {
            return Err(failure.clone());
        }
        if state.taken.contains_key(&number) {
            return Ok(None);
        }
        let filling = state.filling.entry(number).or_default();
        if let Some(part) = part {
            filling.bytes.resize(piece_len as usize, 0);
            let from = (start - number * PIECE_BYTES) as usize;
            filling.bytes[from..from + part.len()].copy_from_slice(part);
        }
        filling.filled += len;
        if filling.filled < piece_len {
            return Ok(None);
        }
        Ok(take_piece(&mut state, number, piece_len))
    }

    fn hand_in(self: &Arc<Self>, number: u64, bytes: Bytes) -> Result<()> {
        if number + 1 == self.pieces() {
            self.state().last = Some(bytes);
            return Ok(());
        }
        self.inner.work.submit(Job::Piece(PieceJob { upload: self.clone(), number, bytes }))
    }

    /// All is written; what was not is zero.
    pub fn finish(self: &Arc<Self>, order: Order) -> Result<()> {
        for number in 0..self.pieces() {
            let full = {
                let mut state = self.state();
                if state.taken.contains_key(&number) {
                    continue;
                }
                state.filling.entry(number).or_default();
                take_piece(&mut state, number, self.piece_len(number))
            };
            if let Some(full) = full {
                self.hand_in(number, full)?;
            }
        }
        {
            let mut state = self.state();
            if let Some(failure) = &state.failure {
                return Err(failure.clone());
            }
            state.order = Some(order);
        }
        self.close_if_last();
        Ok(())
    }

    /// Sends a piece.
    pub fn send(&self, number: u64, bytes: Bytes) {
        if self.append(number, bytes, false).is_ok() {
            self.close_if_last();
        }
    }

    /// When all other pieces are there, sends the one that closes the session, and then the file is ready.
    fn close_if_last(&self) {
        let (last, is_closed) = {
            let mut state = self.state();
            if state.order.is_none() || state.failure.is_some() {
                return;
            }
            let missing = self.pieces() - state.there;
            (if missing == 1 { state.last.take() } else { None }, missing == 0)
        };
        let is_closed = is_closed || last.is_some_and(|bytes| self.append(self.pieces() - 1, bytes, true).is_ok());
        if is_closed {
            self.become_ready();
        }
    }

    fn become_ready(&self) {
        let session = self.session().clone();
        let mut state = self.state();
        let Some(mut order) = state.order.take() else { return };
        let digests = state.taken.values().flatten().flatten().copied();
        order.hash = content_hash::of_blocks(digests);
        let kept = state.kept.take();
        drop(state);
        self.inner.work.ready(Ready { order, session, kept, spare: None });
    }

    fn session(&self) -> MutexGuard<'_, String> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session that pieces go into, started by whoever is first.
    fn started(&self) -> Result<String, Error> {
        let mut session = self.session();
        if session.is_empty() {
            let open = |client: &Client| client.start_session(SessionKind::Concurrent, &Content::empty(), false);
            *session = self.inner.call(open)?;
            if let Some(kept) = &mut self.state().kept {
                kept.note_session(&session);
            }
        }
        Ok(session.clone())
    }

    /// Appends a piece, as often as it takes. The error is told already.
    fn append(&self, number: u64, bytes: Bytes, close: bool) -> Result<(), ()> {
        let digests = content_hash::block_digests(&bytes);
        let content = Content::from(bytes);
        for round in 0.. {
            self.inner.work.check().map_err(drop)?;
            let appended = self.started().and_then(|session_id| {
                let cursor = SessionCursor { session_id, offset: number * PIECE_BYTES };
                self.inner.call(|client| client.append_session(&cursor, &content, close))
            });
            let Err(error) = appended else { break };
            // An answer was lost, in this run or before it. Whether all is there the commit tells, by the content hash.
            if close && error.class() == Class::Session && error.has_tag("closed") {
                break;
            }
            let may_pass = matches!(error.class(), Class::Retry | Class::Unreachable | Class::Unclear);
            if ends_the_run(&error) || may_pass && round >= ROUNDS {
                self.inner.work.stop(problem(&error));
                return Err(());
            }
            if !may_pass {
                self.fail(&error);
                return Err(());
            }
            self.inner.work.pause(wait(round));
        }
        let mut state = self.state();
        if let Some(kept) = &mut state.kept {
            kept.note_piece(number, &digests);
        }
        state.there += 1;
        state.taken.insert(number, Some(digests));
        Ok(())
    }

    /// The file cannot be uploaded. Where it was another run's session that is gone, the next run begins anew.
    fn fail(&self, error: &Error) {
        let mut failure = self.inner.about(&self.path, error);
        let mut state = self.state();
        if error.class() == Class::Session {
            if state.is_resumed {
                failure = failure.context("the upload that an earlier run began cannot be gone on with");
            }
            if let Some(kept) = state.kept.take() {
                kept.remove();
            }
        }
        state.failure.get_or_insert(failure.clone());
        if let Some(order) = state.order.take() {
            self.inner.work.end(order.ticket, Err(failure));
        }
    }
}

impl Inner {
    /// False when an upload session is certainly gone. Nothing is appended to it, where nothing is yet.
    fn has_session(&self, known: &Known, size: u64) -> bool {
        let is_missing = |number: &u64| known.pieces.iter().all(|(there, _)| there != number);
        let first = (0..size.div_ceil(PIECE_BYTES)).find(is_missing);
        let offset = first.map_or_else(|| size.next_multiple_of(BLOCK_BYTES), |number| number * PIECE_BYTES);
        let cursor = SessionCursor { session_id: known.session.clone(), offset };
        let appended = self.call(|client| client.append_session(&cursor, &Content::empty(), false));
        !appended.is_err_and(|error| error.class() == Class::Session && error.has_tag("not_found"))
    }
}

/// The piece is on its way, and is filled no more: what was not is zero.
fn take_piece(state: &mut State, number: u64, len: u64) -> Option<Bytes> {
    let mut filling = state.filling.remove(&number)?;
    filling.bytes.resize(len as usize, 0);
    state.taken.insert(number, None);
    Some(filling.bytes.into())
}

fn blocks_of(size: u64, number: u64) -> u64 {
    let start = number.saturating_mul(PIECE_BYTES);
    PIECE_BYTES.min(size.saturating_sub(start)).div_ceil(content_hash::BLOCK_BYTES as u64)
}
