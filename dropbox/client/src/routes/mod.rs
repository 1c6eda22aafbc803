//! The routes, one method each, a file for each of Dropbox's subjects.
//!
//! Arguments that Dropbox would answer with 400 are refused here, before anything is sent.

mod changes;
mod check;
mod jobs;
mod listing;
mod past;
mod reply;
mod sessions;
mod transfer;
mod users;

pub(crate) use reply::{parse_header, strange};
pub use sessions::APPENDS_MAX;
pub(crate) use transfer::DOWNLOAD;
