//! A Dropbox account as a source of snapshots, and as a target that they are restored to.
//!
//! The first run lists everything; later ones ask for what has changed since the cursor that the last snapshot keeps. Content that the
//! store has under the same content hash is never fetched; what is new comes in as few calls as possible, and every file is verified by its
//! content hash before it counts. What cannot be had is told item by item, with Dropbox's own word for the reason.

mod account;
mod arriving;
mod checkpoint;
mod deliver;
mod documents;
mod folder;
mod item;
mod listing;
mod options;
mod problem;
mod rules;
mod session;
mod source;
mod target;
mod zip;

pub use account::Account;
pub use options::SourceOptions;
pub use problem::{app_folder_app, problem};
pub use source::DropboxSource;
pub use target::{DropboxTarget, TargetOptions};
