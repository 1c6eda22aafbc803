//! Files that a tool writes are what that tool would write now.

use std::path::Path;

use super::finding::Finding;
use super::tree::Tree;
use crate::failure::Outcome;
use crate::workspace::metadata;

struct Generated {
    file: &'static str,
    /// Fails when the file is stale.
    check: fn() -> Outcome,
    /// The command that writes it again.
    again: &'static str,
}

const GENERATED: &[Generated] = &[Generated {
    file: "Cargo.lock",
    check: || metadata(&["--locked"]).map(drop),
    again: "cargo metadata >/dev/null",
}];

pub fn check(_: &Tree) -> Outcome<Vec<Finding>> {
    let finding = |generated: &Generated| {
        let failure = (generated.check)().err()?;
        let again = generated.again;
        let message = format!("not what its tool would write now; run `{again}` and commit it ({failure})");
        Some(Finding::new(Path::new(generated.file), 1, message))
    };
    Ok(GENERATED.iter().filter_map(finding).collect())
}
