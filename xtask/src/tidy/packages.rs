//! What `cargo metadata` says about packages, and where a manifest says the same.
//!
//! The fields are described in the Cargo book under `cargo metadata`. A field that is missing reads as empty.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::tree::Tree;

/// The resolved packages of the workspace, by name.
pub struct Packages<'a> {
    names: BTreeMap<&'a str, &'a str>,
    nodes: BTreeMap<&'a str, &'a Value>,
}

impl<'a> Packages<'a> {
    /// From `cargo metadata` with dependencies.
    pub fn new(metadata: &'a Value) -> Self {
        let packages = as_array(&metadata["packages"]).iter();
        let nodes = as_array(&metadata["resolve"]["nodes"]).iter();
        Self {
            names: packages.map(|it| (as_text(&it["id"]), as_text(&it["name"]))).collect(),
            nodes: nodes.map(|it| (as_text(&it["id"]), it)).collect(),
        }
    }

    /// The names of everything that a package comes to link, at any depth, tests and build scripts apart.
    pub fn all_dependencies(&self, package: &str) -> BTreeSet<&'a str> {
        let root = self.names.iter().find(|(_, name)| **name == package);
        let mut open: Vec<&str> = root.map(|(id, _)| *id).into_iter().collect();
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop() {
            if seen.insert(id) {
                open.extend(self.linked_by(id));
            }
        }
        seen.iter().filter_map(|id| self.names.get(id).copied()).collect()
    }

    fn linked_by(&self, id: &str) -> impl Iterator<Item = &'a str> {
        let node = self.nodes.get(id).copied();
        let dependencies = node.map_or(&[][..], |node| as_array(&node["deps"]));
        let is_normal = |it: &&Value| as_array(&it["dep_kinds"]).iter().any(|kind| kind["kind"].is_null());
        dependencies.iter().filter(is_normal).map(|it| as_text(&it["pkg"]))
    }
}

/// The manifest in a folder, and the line of it that names a dependency.
pub fn manifest_line(tree: &Tree, folder: &str, dependency: &str) -> (PathBuf, usize) {
    let manifest = Path::new(folder).join("Cargo.toml");
    let file = tree.texts.iter().find(|file| file.path == manifest);
    let names = |line: &str| line.trim_start().strip_prefix(dependency).is_some_and(ends_name);
    let index = file.and_then(|file| file.text.lines().position(names));
    (manifest, 1 + index.unwrap_or(0))
}

pub fn as_array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub fn as_text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn ends_name(rest: &str) -> bool {
    !rest.starts_with(|letter: char| letter.is_alphanumeric() || "-_".contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_are_followed_through_normal_arrows_only() {
        let dep = |id: &str, kind: Value| serde_json::json!({"pkg": id, "dep_kinds": [{"kind": kind}]});
        let metadata = serde_json::json!({
            "packages": [{"id": "1", "name": "a"}, {"id": "2", "name": "b"}, {"id": "3", "name": "tokio"}],
            "resolve": {"nodes": [
                {"id": "1", "deps": [dep("2", Value::Null), dep("3", "dev".into())]},
                {"id": "2", "deps": []},
            ]},
        });
        let all = Packages::new(&metadata).all_dependencies("a");
        assert_eq!(all, BTreeSet::from(["a", "b"]));
    }
}
