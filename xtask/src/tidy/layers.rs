//! Dependencies between the project's own crates point down, along the arrows of this table and no others.
//!
//! The house is described in ARCHITECTURE.md. A new crate needs a row here; so does a new arrow, and that is the
//! moment to ask whether it points down.

use std::path::Path;

use serde_json::Value;

use super::finding::Finding;
use super::packages::{as_array, as_text, manifest_line};
use super::tree::Tree;
use crate::failure::Outcome;
use crate::workspace::metadata;

/// Each crate and what it may depend on.
const ARROWS: &[(&str, &[&str])] = &[
    ("larder-model", &[]),
    ("larder-format", &["larder-model"]),
    ("larder-connect", &["larder-model"]),
    ("larder-engine", &["larder-model", "larder-format", "larder-connect"]),
    ("larder-mount", &["larder-model", "larder-engine"]),
    ("larder-dropbox", &["larder-model", "larder-connect", "dropbox-client"]),
    ("larder-fs", &["larder-model", "larder-connect"]),
    ("larder-rclone", &["larder-model"]),
    ("larder-viewer", &["larder-model", "larder-connect", "larder-engine"]),
    (
        "larder",
        &[
            "larder-model",
            "larder-format",
            "larder-connect",
            "larder-engine",
            "larder-mount",
            "larder-fs",
            "larder-dropbox",
            "larder-rclone",
            "larder-viewer",
            "dropbox-client",
            // For the tour; it is no part of any backup.
            "dropbox-simulator",
        ],
    ),
    ("larder-testkit", &["larder-model", "larder-format", "larder-connect", "larder-engine"]),
    (
        "larder-fuzz",
        &[
            "larder-model",
            "larder-format",
            "larder-connect",
            "larder-engine",
            "larder-fs",
            "larder-testkit",
            "larder-dropbox",
            "larder-rclone",
            "dropbox-client",
        ],
    ),
    ("larder-benches", &["larder-model", "larder-format"]),
    ("dropbox-client", &[]),
    ("dropbox-simulator", &[]),
    ("xtask", &[]),
];

/// What tests may depend on besides.
const TEST_ARROWS: &[(&str, &[&str])] = &[
    ("larder-dropbox", &["larder-testkit", "larder-engine", "dropbox-simulator"]),
    ("larder-engine", &["larder-testkit", "larder-fs"]),
    ("larder-testkit", &["larder-testkit", "larder-fs"]),
    ("larder-viewer", &["larder-testkit", "larder-fs"]),
    ("dropbox-client", &["dropbox-simulator"]),
    ("larder", &["larder-testkit"]),
];

/// What the tests of every crate without a row of its own may depend on besides.
const TEST_ARROWS_OF_ALL: &[&str] = &["larder-testkit", "dropbox-simulator"];

/// Turns test suites on that are not meant for programs.
const TEST_FEATURE: &str = "conformance";

/// What only tests use may turn it on for its own tests and for others'.
const TEST_CRATES: &[&str] = &["larder-testkit", "larder-fuzz"];

pub fn check(tree: &Tree) -> Outcome<Vec<Finding>> {
    let metadata = metadata(&["--no-deps"])?;
    let packages = as_array(&metadata["packages"]).iter();
    let findings = packages.flat_map(|package| [wrong_arrows(tree, package), wrong_features(tree, package)]);
    Ok(findings.flatten().collect())
}

fn wrong_arrows(tree: &Tree, package: &Value) -> Vec<Finding> {
    let name = as_text(&package["name"]);
    let folder = folder_of(tree, package);
    let Some(allowed) = row(ARROWS, name) else {
        let message = format!("{name} has no row in tidy's table of layers: add it, with what it may depend on");
        return vec![Finding::new(&Path::new(&folder).join("Cargo.toml"), 1, message)];
    };
    let dependencies = as_array(&package["dependencies"]).iter();
    let ours = dependencies.filter(|it| row(ARROWS, as_text(&it["name"])).is_some());
    let is_wrong = |it: &&Value| !is_allowed(name, allowed, as_text(&it["name"]), &it["kind"]);
    let finding = |it: &Value| {
        let dependency = as_text(&it["name"]);
        let (manifest, line) = manifest_line(tree, &folder, dependency);
        let message = format!("{name} may not depend on {dependency}: arrows point down only (see ARCHITECTURE.md)");
        Finding::new(&manifest, line, message)
    };
    ours.filter(is_wrong).map(finding).collect()
}

fn wrong_features(tree: &Tree, package: &Value) -> Vec<Finding> {
    let name = as_text(&package["name"]);
    let folder = folder_of(tree, package);
    let finding = |it: &Value| {
        let (manifest, line) = manifest_line(tree, &folder, as_text(&it["name"]));
        let message = format!("the feature `{TEST_FEATURE}` is for tests: turn it on under [dev-dependencies]");
        Finding::new(&manifest, line, message)
    };
    let dependencies = as_array(&package["dependencies"]).iter();
    dependencies.filter(|it| is_test_feature_in_program(name, it)).map(finding).collect()
}

fn is_test_feature_in_program(package: &str, dependency: &Value) -> bool {
    let is_on = as_array(&dependency["features"]).iter().any(|feature| feature == TEST_FEATURE);
    is_on && dependency["kind"] != "dev" && !TEST_CRATES.contains(&package)
}

fn is_allowed(package: &str, allowed: &[&str], dependency: &str, kind: &Value) -> bool {
    let for_tests = || row(TEST_ARROWS, package).unwrap_or(TEST_ARROWS_OF_ALL);
    allowed.contains(&dependency) || (kind == "dev" && for_tests().contains(&dependency))
}

fn row(table: &[(&str, &'static [&'static str])], name: &str) -> Option<&'static [&'static str]> {
    let row = table.iter().find(|(package, _)| *package == name)?;
    Some(row.1)
}

fn folder_of(tree: &Tree, package: &Value) -> String {
    let manifest = Path::new(as_text(&package["manifest_path"]));
    let folder = manifest.parent().unwrap_or(manifest);
    let relative = folder.strip_prefix(&tree.root).unwrap_or(folder);
    relative.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(package: &str, dependency: &str, kind: Value) -> bool {
        is_allowed(package, row(ARROWS, package).unwrap(), dependency, &kind)
    }

    #[test]
    fn arrows_point_down() {
        assert!(allowed("larder-engine", "larder-format", Value::Null));
        assert!(!allowed("larder-format", "larder-engine", Value::Null));
        assert!(!allowed("larder-engine", "larder-fs", Value::Null));
        assert!(!allowed("larder", "larder-testkit", Value::Null));
    }

    #[test]
    fn tests_may_reach_further() {
        assert!(allowed("larder-engine", "larder-fs", "dev".into()));
        assert!(allowed("larder", "larder-testkit", "dev".into()));
        assert!(!allowed("larder-format", "larder-fs", "dev".into()));
        assert!(!allowed("larder-engine", "larder-fs", "build".into()));
    }

    #[test]
    fn test_suites_stay_out_of_programs() {
        let with = |kind: Value| serde_json::json!({"kind": kind, "features": ["conformance"]});
        assert!(is_test_feature_in_program("larder-fs", &with(Value::Null)));
        assert!(!is_test_feature_in_program("larder-fs", &with("dev".into())));
        assert!(!is_test_feature_in_program("larder-testkit", &with(Value::Null)));
    }

    #[test]
    fn the_table_has_no_way_back_up() {
        for (package, dependencies) in ARROWS {
            let above = ARROWS.iter().filter(|(_, below)| below.contains(package));
            let both = above.filter(|(name, _)| dependencies.contains(name));
            assert_eq!(both.count(), 0, "{package} is above and below another crate");
        }
    }
}
