//! A Dropbox on loopback, for tests, demos and development.
//!
//! It speaks Dropbox's HTTP API as strictly as the real one does, and misbehaves on demand: rate limits, lost answers,
//! damaged downloads, expired tokens, short pages. It is a library for tests ([`Simulator`], [`Account`]) and a program,
//! whose `/sim/…` addresses do the same over HTTP. Nothing is kept when it ends.
//!
//! ```
//! use dropbox_simulator::{Options, Simulator};
//!
//! let simulator = Simulator::start(Options::default())?;
//! let account = simulator.account();
//! account.write("/Notes/today.txt", b"hello");
//! println!("{} {}", simulator.endpoint(), account.token());
//! # Ok::<(), std::io::Error>(())
//! ```

mod account;
mod api;
mod clock;
mod content;
mod control;
mod cursors;
mod drive;
mod fault;
mod gate;
mod http;
mod jobs;
mod journal;
mod load;
mod oauth;
mod options;
mod pace;
mod random;
mod sessions;
mod simulator;
mod world;
mod zip;

pub use account::Account;
pub use drive::{Access, TeamRoom};
pub use fault::{Fault, FaultKind, When};
pub use journal::{CallRecord, Violation};
pub use oauth::{App, DEFAULT_APP, SCOPES};
pub use options::{Jobs, Limits, Listing, Options, Zip};
pub use simulator::Simulator;
