//! Every source file begins by saying what it is for: with a `//!` comment.

use super::finding::Finding;
use super::tree::{TextFile, Tree};
use crate::failure::Outcome;

/// Up to this many lines a file is a stub, and says nothing that needs a head.
const STUB_LINES_MAX: usize = 3;

pub fn check(tree: &Tree) -> Outcome<Vec<Finding>> {
    let sources = tree.texts.iter().filter(|file| file.path.extension().is_some_and(|end| end == "rs"));
    let headless = sources.filter(|file| lacks_head(file));
    let advice = "begin the file with `//!` and three to ten lines on what it is for, promises and leaves to others";
    Ok(headless.map(|file| Finding::new(&file.path, 1, advice)).collect())
}

fn lacks_head(file: &TextFile) -> bool {
    !file.text.starts_with("//!") && file.text.lines().count() > STUB_LINES_MAX
}
