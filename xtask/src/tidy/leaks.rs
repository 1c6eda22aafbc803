//! Nothing that is committed names a folder of the machine it was written on, or the host of a package registry.
//!
//! Both work here and nowhere else: a path of one machine breaks on the next, and where packages come from is for
//! the settings of cargo, apt, pip and npm to say. Lock files are written by those tools and keep what they need.

use std::env;
use std::path::Path;

use super::finding::Finding;
use super::tree::{TextFile, Tree};
use crate::failure::Outcome;

/// Written by package managers.
const LOCK_FILES: &[&str] = &["Cargo.lock", "package-lock.json"];

/// Addresses that end in one of these are of a registry.
const REGISTRIES: &[&str] = &[
    "crates.io",
    "deb.debian.org",
    "files.pythonhosted.org",
    "npmjs.org",
    "proxy.golang.org",
    "pypi.org",
    "snapshot.debian.org",
];

pub fn check(tree: &Tree) -> Outcome<Vec<Finding>> {
    let folders = machine_folders(&tree.root);
    let not_locked = |file: &&TextFile| !LOCK_FILES.iter().any(|lock| file.path.ends_with(lock));
    let files = tree.texts.iter().filter(not_locked);
    Ok(files.flat_map(|file| leaks(file, &folders)).collect())
}

fn leaks(file: &TextFile, folders: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        let message = leaked_folder(line, folders).or_else(|| leaked_registry(line));
        findings.extend(message.map(|message| Finding::new(&file.path, index + 1, message)));
    }
    findings
}

fn leaked_folder(line: &str, folders: &[String]) -> Option<String> {
    let folder = folders.iter().find(|folder| line.contains(folder.as_str()))?;
    Some(format!("`{folder}` is a path of this machine: use a relative one, or an invented one in an example"))
}

fn leaked_registry(line: &str) -> Option<String> {
    let hosts = line.split("://").skip(1).map(host);
    let host = hosts.into_iter().find(|host| is_registry(host))?;
    Some(format!("`{host}` is a package registry: leave it to the settings of the package manager"))
}

fn host(address: &str) -> &str {
    let authority = address.split(['/', '"', '\'', '`', ')', '>', ' ']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    host.split(':').next().unwrap_or_default()
}

fn is_registry(host: &str) -> bool {
    REGISTRIES.iter().any(|registry| {
        let before = host.strip_suffix(registry);
        before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
    })
}

/// The folders of this machine that a file could have caught by accident: this checkout, the home folder, cargo's.
///
/// A path of one component, such as `/root` or `/src`, also stands in honest examples; of such a home folder only its
/// hidden entries count.
fn machine_folders(root: &Path) -> Vec<String> {
    let from_environment = ["HOME", "CARGO_HOME"].into_iter().filter_map(env::var_os);
    let folders = from_environment.map(Into::into).chain([root.to_path_buf()]);
    let named = |folder: std::path::PathBuf| match folder.components().count() {
        0 | 1 => None,
        2 => Some(format!("{}/.", folder.display())),
        _ => Some(folder.display().to_string()),
    };
    folders.filter_map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registries_are_found_in_addresses_only() {
        let address = ["see https:", "//static.crates.io/x"].concat();
        assert!(leaked_registry(&address).is_some());
        assert!(leaked_registry("a crate from crates.io").is_none());
        assert!(leaked_registry("https://not-crates.io.example/x").is_none());
    }

    #[test]
    fn folders_of_this_machine_are_found() {
        let folders = ["/home/ann/larder".to_owned()];
        assert!(leaked_folder("cd /home/ann/larder/docs", &folders).is_some());
        assert!(leaked_folder("cd /home/ben", &folders).is_none());
    }
}
