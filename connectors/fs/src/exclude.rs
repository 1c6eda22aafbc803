//! What depends on the content of a folder: `.gitignore` files in [`gitignore`], cache tags and the like in [`tags`]. Patterns by name are
//! the same for all sources (`larder_connect::Patterns`).

mod gitignore;
mod tags;

use ignore::Match;

pub use gitignore::IgnoreFile;
pub use tags::{Tag, Tags};

fn verdict<T>(found: &Match<T>) -> Option<bool> {
    (!found.is_none()).then(|| found.is_ignore())
}

#[cfg(test)]
mod tests;
