//! Where the project is: its root, its target folder and its files, as cargo and git see them.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::failure::{Context, Outcome};
use crate::program::{command, output};

/// The project on this disk.
pub struct Workspace {
    pub root: PathBuf,
    pub target: PathBuf,
}

impl Workspace {
    /// The workspace around the current folder.
    pub fn find() -> Outcome<Self> {
        let metadata = metadata(&["--no-deps"])?;
        Ok(Self { root: path_at(&metadata, "workspace_root")?, target: path_at(&metadata, "target_directory")? })
    }

    /// Every file that is tracked or would be by `git add .`, relative to the root.
    pub fn files(&self) -> Outcome<Vec<PathBuf>> {
        // A checkout that belongs to somebody else, as in containers, is still to be listed.
        let arguments = "-c safe.directory=* ls-files -z --cached --others --exclude-standard";
        let mut git = command("git", arguments.split(' '));
        let listed = output(git.current_dir(&self.root))?;
        let names = listed.split('\0').filter(|name| !name.is_empty());
        let mut files: Vec<PathBuf> = names.map(PathBuf::from).collect();
        files.retain(|file| self.root.join(file).is_file());
        files.sort();
        files.dedup();
        Ok(files)
    }
}

/// `cargo metadata` with these arguments, as it is documented in the Cargo book.
pub fn metadata(arguments: &[&str]) -> Outcome<Value> {
    let fixed = ["metadata", "--format-version", "1", "--quiet"];
    let text = output(&mut command("cargo", fixed.iter().chain(arguments)))?;
    serde_json::from_str(&text).context("cargo metadata")
}

fn path_at(metadata: &Value, field: &str) -> Outcome<PathBuf> {
    let text = metadata[field].as_str().context(format_args!("cargo metadata has no `{field}`"))?;
    Ok(Path::new(text).to_path_buf())
}
