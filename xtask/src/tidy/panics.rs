//! No `.unwrap()` outside tests, and `.expect("…")` only with a text that states why it cannot fail.
//!
//! Clippy's `unwrap_used` says the first half too; this rule holds where an `#[allow]` would silence Clippy.

use std::path::Path;

use super::finding::Finding;
use super::rust_source::RustSource;
use super::scan::words;
use super::tree::Tree;
use crate::failure::Outcome;

/// Files that may call `.unwrap()`, each with the reason.
const UNWRAP_ALLOWED: &[(&str, &str)] = &[];

pub fn check(tree: &Tree) -> Outcome<Vec<Finding>> {
    let mut findings = Vec::new();
    for source in &tree.sources {
        if !UNWRAP_ALLOWED.iter().any(|(file, _)| source.path == Path::new(file)) {
            findings.extend(unwraps(source));
        }
        findings.extend(expects(source));
    }
    Ok(findings)
}

fn unwraps(source: &RustSource) -> impl Iterator<Item = Finding> {
    let advice = "return an error, or state the invariant that makes it safe: `.expect(\"…\")`";
    calls(source, "unwrap")
        .filter(|(_, arguments)| arguments.starts_with(')'))
        .map(move |(at, _)| Finding::new(&source.path, source.line_of(at), format!("`.unwrap()`: {advice}")))
}

fn expects(source: &RustSource) -> impl Iterator<Item = Finding> {
    let advice = "`.expect(…)` needs a literal text that states the invariant; for what can happen, return an error";
    let literal = |arguments: &str| arguments.starts_with('"') && !arguments.starts_with("\"\"");
    calls(source, "expect")
        .filter(move |(_, arguments)| !literal(arguments))
        .map(move |(at, _)| Finding::new(&source.path, source.line_of(at), advice))
}

/// Calls of a method by this name: where, and the text behind the opening bracket.
fn calls<'a>(source: &'a RustSource, name: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
    let code = &source.production;
    words(code, name).filter_map(move |at| {
        let is_method = code[..at].trim_end().ends_with('.');
        let arguments = code[at + name.len()..].trim_start().strip_prefix('(')?;
        is_method.then_some((at, arguments.trim_start()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tree::TextFile;

    fn findings(text: &str) -> Vec<String> {
        let path = "engine/src/a.rs".into();
        let source = RustSource::new(&TextFile { path, text: text.into() });
        unwraps(&source).chain(expects(&source)).map(|it| it.to_string()).collect()
    }

    #[test]
    fn unwrap_is_found_where_it_stands() {
        let found = findings("fn a() {\n    b\n        .unwrap()\n}");
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("engine/src/a.rs:3: "), "{}", found[0]);
    }

    #[test]
    fn expect_needs_a_text_of_its_own() {
        assert!(findings("a.expect(\"never empty\"); // b.unwrap()").is_empty());
        assert_eq!(findings("a.expect(&text); a.expect(\"\");").len(), 2);
    }

    #[test]
    fn relatives_of_unwrap_are_fine() {
        assert!(findings("a.unwrap_or(1); unwrap(); a.unwrap_or_default()").is_empty());
    }
}
