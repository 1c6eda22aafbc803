//! The files that the rules look at, read once.

use std::fs;
use std::path::PathBuf;

use crate::failure::{Context, Outcome};
use crate::workspace::Workspace;

use super::rust_source::{RustSource, mark_test_modules};

/// A file that is text, that is to say valid UTF-8.
pub struct TextFile {
    /// Relative to the root.
    pub path: PathBuf,
    pub text: String,
}

/// All of the project's text, and its Rust sources taken apart.
pub struct Tree {
    pub root: PathBuf,
    pub texts: Vec<TextFile>,
    pub sources: Vec<RustSource>,
}

impl Tree {
    pub fn read(workspace: &Workspace) -> Outcome<Self> {
        let mut texts = Vec::new();
        for path in workspace.files()? {
            let bytes = fs::read(workspace.root.join(&path)).context(path.display())?;
            if let Ok(text) = String::from_utf8(bytes) {
                texts.push(TextFile { path, text });
            }
        }
        let is_rust = |file: &&TextFile| file.path.extension().is_some_and(|end| end == "rs");
        let mut sources: Vec<_> = texts.iter().filter(is_rust).map(RustSource::new).collect();
        mark_test_modules(&mut sources);
        let root = workspace.root.clone();
        Ok(Self { root, texts, sources })
    }
}
