//! Taking over remotes from rclone: its configuration as a file or as `rclone config show` prints it, encrypted or not.
//!
//! Needs neither the network nor rclone. What comes out is for the caller to keep; nothing is written here.

mod dropbox;
mod encrypted;
mod ini;

use larder_model::{Problem, Result};
use zeroize::Zeroizing;

pub use dropbox::{Imported, Token, read_dropbox};
pub use encrypted::{is_encrypted, key, open};
pub use ini::{Section, sections};

/// rclone's word for what Larder can take over.
pub const DROPBOX: &str = "dropbox";

/// The text of a configuration, UTF-8 as rclone writes it.
pub fn text_of(bytes: Zeroizing<Vec<u8>>) -> Result<Zeroizing<String>> {
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => Err(not_rclone("it is not text")),
    }
}

/// The error for what cannot be a configuration of rclone.
fn not_rclone(why: impl std::fmt::Display) -> Problem {
    Problem::usage(format!("this is no configuration of rclone: {why}"))
        .hint("give what `rclone config show` prints, or the file that `rclone config file` names")
}
