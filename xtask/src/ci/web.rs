//! The pages in `web/`: checked, built again, and compared with the built files that are committed.
//!
//! `web/dist` is committed so that nothing but Rust is needed to build the program; whoever changes a page commits the files that come of
//! it. The tests in the browser run over the program itself, so their step comes after it was built.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{Context, Failure, Outcome};
use crate::program::{command, run};
use crate::workspace::Workspace;

/// What has to hold before the pages are built.
const CHECKS: &[&str] = &["run types -- --check", "run check", "run lint", "run test"];

/// Installs the packages that the lock file names, checks the sources, and builds them anew.
pub fn check(workspace: &Workspace) -> Outcome {
    npm(workspace, "ci --no-fund --no-audit")?;
    for arguments in CHECKS {
        npm(workspace, arguments)?;
    }
    let dist = workspace.root.join("web/dist");
    let before = read(&dist)?;
    npm(workspace, "run build")?;
    compare(&before, &read(&dist)?)?;
    npm(workspace, "run budget")
}

/// The pages in a browser, over the program that was built.
pub fn browser(workspace: &Workspace) -> Outcome {
    let mut build = command("cargo", ["build", "--locked", "-p", "larder", "-p", "dropbox-simulator"]);
    run(build.current_dir(&workspace.root))?;
    let mut tests = command("npm", ["run", "e2e"]);
    tests.env("LARDER_BIN", workspace.target.join("debug/larder"));
    tests.env("DROPBOX_BIN", workspace.target.join("debug/dropbox-simulator"));
    run(tests.current_dir(workspace.root.join("web")))
}

fn npm(workspace: &Workspace, arguments: &str) -> Outcome {
    run(command("npm", arguments.split(' ')).current_dir(workspace.root.join("web")))
}

type Files = Vec<(PathBuf, Vec<u8>)>;

/// Every file below a folder, sorted by its path in it.
fn read(folder: &Path) -> Outcome<Files> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(at) = folders.pop() {
        for item in fs::read_dir(&at).context(at.display())? {
            let path = item.context(at.display())?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = fs::read(&path).context(path.display())?;
                files.push((path, bytes));
            }
        }
    }
    files.sort();
    Ok(files)
}

fn compare(committed: &Files, built: &Files) -> Outcome {
    let differs = |one: &Files, other: &Files| one.iter().find(|file| !other.contains(file)).map(|file| file.0.clone());
    match differs(committed, built).or_else(|| differs(built, committed)) {
        None => Ok(()),
        Some(path) => Err(Failure::new(format_args!(
            "{} is not what its sources make: run `npm ci && npm run build` in web/ and commit web/dist",
            path.display()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_bytes_and_other_files_are_named() {
        let files = |files: &[(&str, &str)]| -> Files {
            files.iter().map(|(path, text)| (PathBuf::from(path), text.as_bytes().to_vec())).collect()
        };
        let committed = files(&[("a", "1"), ("b", "2")]);
        assert!(compare(&committed, &committed).is_ok());
        for built in
            [files(&[("a", "1"), ("b", "3")]), files(&[("a", "1")]), files(&[("a", "1"), ("b", "2"), ("c", "")])]
        {
            let told = compare(&committed, &built).unwrap_err().to_string();
            assert!(told.starts_with(['b', 'c']), "{told}");
        }
    }
}
