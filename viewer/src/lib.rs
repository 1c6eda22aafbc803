//! The viewer: one store of backups, to be looked at in a browser.
//!
//! An HTTP API over an open store, and the pages of `web/`, which use it. The engine blocks, so every request that needs it runs on a
//! thread of a bounded number; files and archives go through short pipes, at the pace of whoever fetches them. Names no provider, reads no
//! environment variable and prints nothing: what it needs is handed in ([`Options`]), and what people should know goes to a log that
//! is handed in as well. docs/viewer.md says how it is kept safe.

mod app;
mod archive;
mod assets;
mod catalog;
mod destinations;
mod downloads;
mod failure;
mod guard;
mod hiding;
mod media;
mod moment;
mod orders;
mod parameters;
mod random;
mod routes;
mod search;
mod server;
mod sessions;
mod shapes;
mod stream;
mod tasks;
mod thumbnails;

pub use app::{App, Options};
pub use destinations::{DestinationName, Destinations, OpenDestination};
pub use routes::openapi;
pub use server::{Certificate, Listener};
pub use sessions::Entrance;
