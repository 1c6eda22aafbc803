//! No `unsafe` outside the files named here: each such file is one module with its proof.

use std::path::Path;

use super::finding::Finding;
use super::rust_source::RustSource;
use super::scan::words;
use super::tree::Tree;
use crate::failure::Outcome;

/// Files that may contain `unsafe`, each with the reason.
const ALLOWED: &[(&str, &str)] = &[];

pub fn check(tree: &Tree) -> Outcome<Vec<Finding>> {
    let is_allowed = |source: &&RustSource| ALLOWED.iter().any(|(file, _)| source.path == Path::new(file));
    let others = tree.sources.iter().filter(|source| !is_allowed(source));
    Ok(others.flat_map(findings).collect())
}

fn findings(source: &RustSource) -> impl Iterator<Item = Finding> {
    let advice = "`unsafe`: do it without, or give it a module of its own with the proof, named in tidy's table";
    words(&source.code, "unsafe").map(move |at| Finding::new(&source.path, source.line_of(at), advice))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tree::TextFile;

    #[test]
    fn the_word_counts_only_as_code() {
        let path = "model/src/a.rs".into();
        let text = "#![forbid(unsafe_code)]\n// unsafe\nunsafe { a() }".into();
        let source = RustSource::new(&TextFile { path, text });
        let found: Vec<_> = findings(&source).map(|it| it.to_string()).collect();
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("model/src/a.rs:3: "));
    }
}
