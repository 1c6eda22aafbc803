//! How much room the account has: asked before the first upload, counted after that, and asked again before anything is refused.

use std::sync::{Mutex, PoisonError};

use dropbox_client::Class;
use larder_model::{Problem, ProblemKind, Result};

use super::DropboxStorage;

/// Bytes that are free by the smallest limit of account, team and member; `None` until asked, or where Dropbox does not say.
#[derive(Default)]
pub struct Room(Mutex<State>);

#[derive(Default)]
struct State {
    is_asked: bool,
    free: Option<u64>,
}

impl Room {
    /// Counts bytes that are deleted.
    pub fn give_back(&self, bytes: u64) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.free = state.free.map(|free| free.saturating_add(bytes));
    }
}

impl DropboxStorage {
    /// Makes sure that there is room for so many bytes, as far as Dropbox tells.
    pub(super) fn take_room(&self, bytes: u64) -> Result<()> {
        let mut state = self.room.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !state.is_asked {
            state.free = self.ask_for_room()?;
            state.is_asked = true;
        } else if state.free.is_some_and(|free| free < bytes) {
            // Others delete, too.
            state.free = self.ask_for_room()?;
        }
        match state.free {
            Some(free) if free < bytes => {
                Err((self.options.explain)(full("the account has no space left for the store")))
            }
            Some(free) => {
                state.free = Some(free - bytes);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// A sign-in that may not ask gets to know by the upload itself.
    fn ask_for_room(&self) -> Result<Option<u64>> {
        match self.call(|client| client.space_usage()) {
            Ok(usage) => Ok(usage.free()),
            Err(error) if error.class() == Class::Credentials && error.has_tag("missing_scope") => Ok(None),
            Err(error) => Err(self.problem(&error).context("cannot ask how much space is left")),
        }
    }
}

/// The problem of an account that is full.
pub fn full(message: &str) -> Problem {
    Problem::new(ProblemKind::NoSpace, message).hint(
        "free some space in this Dropbox, or remove snapshots with `larder rm` and `larder gc`, which work all the same; then run the \
         same command again, it goes on from here",
    )
}
