//! What source, target and storage share below: thin helpers over the operating system's calls.

mod errno;

pub use errno::{problem, reason, shown, tag};
