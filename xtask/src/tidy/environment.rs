//! Model, format and engine take what they need as arguments: they read no environment and have no async runtime.
//!
//! What a function can look up behind its caller's back, a test cannot control; and a call hop for each file through
//! an async runtime costs more than the work itself.

use serde_json::Value;

use super::finding::Finding;
use super::packages::{Packages, manifest_line};
use super::rust_source::RustSource;
use super::scan::words;
use super::tree::Tree;
use crate::failure::Outcome;
use crate::workspace::metadata;

/// Folder and package of the crates that this is about.
const PURE: &[(&str, &str)] = &[("model", "larder-model"), ("format", "larder-format"), ("engine", "larder-engine")];

const RUNTIMES: &[&str] = &["tokio", "async-std", "smol", "async-executor", "futures-executor", "monoio", "compio"];

pub fn check(tree: &Tree) -> Outcome<Vec<Finding>> {
    let is_pure = |source: &&RustSource| PURE.iter().any(|(folder, _)| source.is_in(folder));
    let sources = tree.sources.iter().filter(is_pure);
    let mut findings: Vec<_> = sources.flat_map(environment_uses).collect();
    findings.extend(runtimes(tree, &metadata(&["--locked"])?));
    Ok(findings)
}

fn environment_uses(source: &RustSource) -> impl Iterator<Item = Finding> {
    let code = &source.production;
    let is_use = move |at: &usize| code[..*at].ends_with("std::") || code[at + "env".len()..].starts_with("::");
    let advice = "the environment is the command line's to read: take the value as an argument";
    words(code, "env").filter(is_use).map(move |at| Finding::new(&source.path, source.line_of(at), advice))
}

fn runtimes(tree: &Tree, metadata: &Value) -> Vec<Finding> {
    let packages = Packages::new(metadata);
    let mut findings = Vec::new();
    for (folder, package) in PURE {
        let all = packages.all_dependencies(package);
        for runtime in RUNTIMES.iter().filter(|runtime| all.contains(**runtime)) {
            let (manifest, line) = manifest_line(tree, folder, runtime);
            let message = format!("{package} comes to depend on {runtime}: keep async runtimes inside connectors");
            findings.push(Finding::new(&manifest, line, message));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tree::TextFile;

    fn count(text: &str) -> usize {
        let path = "engine/src/a.rs".into();
        let text = text.into();
        environment_uses(&RustSource::new(&TextFile { path, text })).count()
    }

    #[test]
    fn uses_of_the_environment_are_found() {
        assert_eq!(count("use std::env;\nfn a() { env::var(\"A\"); std::env::args(); }"), 3);
    }

    #[test]
    fn what_is_known_when_compiling_is_no_environment() {
        assert_eq!(count("const A: &str = env!(\"CARGO_PKG_VERSION\"); let env = 1;"), 0);
    }
}
