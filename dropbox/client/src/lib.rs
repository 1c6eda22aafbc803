//! A typed client of the Dropbox HTTP API, made for programs that move many files and may not be told to slow down twice.
//!
//! [`Client`] has one blocking method a route, callable from many threads; all clones share one governor, which keeps their
//! calls within what Dropbox allows: a pace, places for parallel requests, one commit at a time in a namespace, and silence
//! while Dropbox asks for it. Errors are typed by Dropbox's tags and say what to do ([`Error`], [`Class`]).
//!
//! It knows nothing of backups, asks nobody anything, and reads no environment but `HTTPS_PROXY`, `NO_PROXY` and
//! `SSL_CERT_FILE`. Methods must not be called from inside an async runtime.

/// What reads bytes that somebody else has chosen, for the fuzz targets.
#[cfg(feature = "decoders")]
pub mod decoders {
    pub use crate::error::{read_refusal, retry_after};
}

pub mod budget;
mod client;
mod clock;
mod content;
pub mod content_hash;
mod counts;
pub mod credentials;
mod download;
mod endpoint;
mod error;
mod governor;
mod header;
mod http;
pub mod names;
mod routes;
mod secret;
pub mod sign_in;
mod types;

pub use budget::CallBudget;
pub use client::{Access, Client, Settings};
pub use clock::{Clock, SystemClock};
pub use content::{Content, REQUEST_BYTES_MAX};
pub use content_hash::ContentHash;
pub use counts::{Counts, Event, EventKind, Hook};
pub use download::{Body, Download, DownloadFile, Export, FolderZip};
pub use endpoint::Endpoint;
pub use error::{Class, Conflict, Error, Result};
pub use http::Cancel;
pub use routes::APPENDS_MAX;
pub use secret::Secret;
pub use types::*;
