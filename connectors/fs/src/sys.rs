//! What source, target and storage share below: thin helpers over the operating system's calls.

mod draft;
mod errno;
mod write;

pub use draft::{Draft, Style, TempNames};
pub use errno::{problem, reason, shown, tag};
pub use write::{write_at, write_parts};
