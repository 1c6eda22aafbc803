//! Whether there is room: asked before anything is sent, and said only where it is certain that there is not.

use dropbox_client::Class;
use larder_connect::Need;
use larder_model::{Problem, ProblemKind, Result};

use super::inner::Inner;
use crate::problem::problem;

impl Inner {
    /// An error when what is to be written surely does not fit.
    pub fn require_room(&self, need: &Need) -> Result<()> {
        let more = need.bytes.saturating_sub(need.freed);
        if more == 0 {
            return Ok(());
        }
        let usage = match self.call(|client| client.space_usage()) {
            Ok(usage) => usage,
            Err(error) if matches!(error.class(), Class::Interrupted | Class::Budget | Class::RateLimited) => {
                return Err(problem(&error));
            }
            // What nobody tells is found out.
            Err(_) => return Ok(()),
        };
        match usage.free() {
            Some(free) if free < more => {
                let message = format!(
                    "there is no room at {}: {} bytes are to be written, and {free} are free; nothing was written",
                    self.location(),
                    need.bytes
                );
                Err(Problem::new(ProblemKind::NoSpace, message).hint("free space at Dropbox, or get more"))
            }
            _ => Ok(()),
        }
    }
}
