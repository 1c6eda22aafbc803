//! The API's routes: what each takes and answers.
//!
//! A handler sees one call with its argument, its body and the locked world. It neither waits nor sends: an answer says what
//! is to be sent, and how long the caller is to be kept.

pub mod arg;
mod batch;
mod download;
mod folders;
mod listing;
mod metadata;
pub mod refusal;
mod relocate;
mod revisions;
mod root;
pub mod routes;
mod session;
mod sharing;
mod upload;
mod users;
mod zip;

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use hyper::HeaderMap;
use serde_json::Value;

use crate::clock::Seconds;
use crate::drive::node::{Revision, SpaceId};
use crate::drive::{Spot, View, WriteProblem};
use crate::world::World;
use arg::Fields;
pub use listing::changes_since;
use refusal::Refusal;
pub use root::view_of;
pub use zip::ZipPlan;

/// One call, as its handler sees it.
pub struct Call<'a> {
    pub route: &'static str,
    pub world: &'a mut World,
    /// Nobody's, for routes without authentication; these do not look at it.
    pub view: View,
    pub token: Option<&'a str>,
    pub arg: Fields,
    pub headers: &'a HeaderMap,
    pub body: Bytes,
    /// The body's content hash, where the argument names one to compare it with.
    pub body_hash: Option<String>,
    pub now: Seconds,
    /// The answer is not sent before this.
    pub until: Option<Instant>,
}

/// What is to be answered.
#[derive(Debug)]
pub enum Reply {
    Json(Value),
    /// A header with the result, and a file's bytes.
    Content {
        result: Value,
        content: Payload,
        range: Option<Range<u64>>,
    },
    Zip {
        result: Value,
        plan: ZipPlan,
    },
    /// 304: the caller has it.
    NotModified,
}

#[derive(Debug)]
pub enum Payload {
    Revision(Arc<Revision>),
    Made(Bytes),
}

impl Payload {
    pub fn size(&self) -> u64 {
        match self {
            Self::Revision(revision) => revision.content.size(),
            Self::Made(bytes) => bytes.len() as u64,
        }
    }
}

pub type Outcome = Result<Reply, Refusal>;

impl Call<'_> {
    /// Refuses the fields of the argument that nobody asked for.
    pub fn end_of_arg(&mut self) -> Result<(), Refusal> {
        std::mem::take(&mut self.arg).finish()
    }

    /// Takes a namespace's lock for a commit of so many entries, or says that another commit has it.
    pub fn take_lock(&mut self, space: SpaceId, entries: usize) -> Result<(), WriteProblem> {
        let limits = &self.world.options.limits;
        let hold = limits.write_hold + limits.write_hold_entry * u32::try_from(entries).unwrap_or(u32::MAX);
        let now = Instant::now();
        let Some(space) = self.world.drive.spaces.get_mut(&space) else { return Ok(()) };
        if space.busy_until.is_some_and(|until| now < until) {
            return Err(WriteProblem::Busy);
        }
        if !hold.is_zero() {
            space.busy_until = Some(now + hold);
            self.until = self.until.max(Some(now + hold));
        }
        Ok(())
    }

    /// The metadata of something that is there for sure, with its tag.
    pub fn show(&self, spot: Spot) -> Result<Value, Refusal> {
        self.world.drive.show(self.view, spot).ok_or_else(vanished)
    }

    /// The same without the tag.
    pub fn show_untagged(&self, spot: Spot) -> Result<Value, Refusal> {
        let shown = self.world.drive.show_untagged(self.view, spot).ok_or_else(vanished)?;
        Ok(Value::Object(shown))
    }
}

fn vanished() -> Refusal {
    Refusal::Raw(hyper::StatusCode::INTERNAL_SERVER_ERROR, "text/plain", "the item has gone while it was shown")
}
