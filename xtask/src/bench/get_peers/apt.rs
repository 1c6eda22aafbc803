//! An apt of our own, whose only source is Debian's development branch: for packages that are unpacked, not installed.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{Context, Outcome};
use crate::program::{command, run};

pub struct Apt {
    folder: PathBuf,
    options: Vec<OsString>,
}

impl Apt {
    /// Keeps its lists and downloads in `folder`.
    pub fn new(folder: &Path) -> Outcome<Self> {
        let folder = std::path::absolute(folder).context(folder.display())?;
        for part in ["lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(folder.join(part)).context(folder.display())?;
        }
        let source = folder.join("list");
        let keys = "/usr/share/keyrings/debian-archive-keyring.gpg";
        let line = format!("deb [signed-by={keys}] {} sid main\n", mirror()?);
        fs::write(&source, line).context(source.display())?;
        let place = folder.display();
        let options = [
            format!("Dir::Etc::sourcelist={place}/list"),
            "Dir::Etc::sourceparts=-".to_owned(),
            format!("Dir::State::lists={place}/lists"),
            format!("Dir::Cache={place}/cache"),
            "APT::Sandbox::User=root".to_owned(),
        ];
        let options = options.into_iter().flat_map(|option| ["-o".into(), option.into()]);
        let options = options.collect();
        Ok(Self { folder, options })
    }

    pub fn run(&self, arguments: &[&str]) -> Outcome {
        run(command("apt-get", &self.options).args(arguments).current_dir(&self.folder))
    }

    /// The newest package of this name, as a file.
    pub fn download(&self, package: &str) -> Outcome<PathBuf> {
        self.packages(package)?.iter().try_for_each(fs::remove_file).context(package)?;
        self.run(&["download", "-qq", package])?;
        let found = self.packages(package)?.pop();
        found.context(format_args!("apt-get downloaded no package of {package}"))
    }

    fn packages(&self, package: &str) -> Outcome<Vec<PathBuf>> {
        let entries = fs::read_dir(&self.folder).context(self.folder.display())?;
        let paths = entries.flatten().map(|entry| entry.path());
        let is_package = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(&format!("{package}_")) && name.ends_with(".deb")
        };
        Ok(paths.filter(is_package).collect())
    }
}

/// The Debian mirror that this machine is set up to use.
fn mirror() -> Outcome<String> {
    let mut files = vec![PathBuf::from("/etc/apt/sources.list")];
    let parts = fs::read_dir("/etc/apt/sources.list.d").into_iter().flatten();
    files.extend(parts.flatten().map(|entry| entry.path()));
    let texts = files.iter().filter_map(|file| fs::read_to_string(file).ok());
    let mirror = texts.filter_map(|text| debian_mirror(&text).map(str::to_owned)).next();
    mirror.context("apt's sources name no Debian mirror; put a restic of your own at peers/restic/usr/bin/restic")
}

/// The first address that ends in `/debian`, in either of apt's two formats.
fn debian_mirror(sources: &str) -> Option<&str> {
    let lines = sources.lines().filter(|line| !line.trim_start().starts_with('#'));
    let words = lines.flat_map(str::split_whitespace).map(|word| word.trim_end_matches('/'));
    words.into_iter().find(|word| word.contains("://") && word.ends_with("/debian"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mirror_is_found_in_both_formats() {
        let old = "# deb http://old.example/debian x main\ndeb http://a.example/debian/ bookworm main\n";
        assert_eq!(debian_mirror(old), Some("http://a.example/debian"));
        let new = "Types: deb\nURIs: http://b.example/debian\nSuites: bookworm\n";
        assert_eq!(debian_mirror(new), Some("http://b.example/debian"));
        assert_eq!(debian_mirror("deb http://c.example/debian-security x main"), None);
    }
}
