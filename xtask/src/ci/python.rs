//! The Python side of `ci`: an environment of its own, and the second reader that runs in it.
//!
//! The second reader is written from `docs/format.md` alone, so it must not share code with Larder; its packages are the
//! primitives that the format names. Dropbox's own SDK is there to call the simulator, in the one version that its tests
//! were written with; schemathesis asks the viewer's API what its description says (`api.rs`), in one version as well: another one
//! would make up other requests.

use std::path::{Path, PathBuf};

use crate::failure::Outcome;
use crate::program::{command, run, works};
use crate::workspace::Workspace;

/// Each package and the module that it is imported by.
const PACKAGES: &[(&str, &str)] = &[
    ("argon2-cffi", "argon2"),
    ("blake3", "blake3"),
    ("cbor2", "cbor2"),
    ("cryptography", "cryptography"),
    ("dropbox==12.2.4", "dropbox"),
    ("schemathesis==4.32.5", "schemathesis"),
    ("zstandard", "zstandard"),
];

/// Makes the environment below the target folder, unless it is there and complete.
pub fn prepare(workspace: &Workspace) -> Outcome {
    let python = interpreter(workspace);
    if complete(&python) {
        return Ok(());
    }
    println!("Installing Python packages into {}", environment(workspace).display());
    let arguments = ["-m", "venv", "--clear"].map(Into::into);
    let place = environment(workspace).into_os_string();
    run(&mut command("python3", arguments.into_iter().chain([place])))?;
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    let packages = PACKAGES.iter().map(|(package, _)| *package);
    run(&mut command(&python, install.into_iter().chain(packages)))
}

/// Runs the tests of the second reader, once they are there.
pub fn second_reader(workspace: &Workspace) -> Outcome {
    let test = workspace.root.join("reader/test_golden.py");
    if !test.is_file() {
        println!("Skipped: there is no reader/test_golden.py yet");
        return Ok(());
    }
    run(command(interpreter(workspace), [test]).current_dir(&workspace.root))
}

fn complete(python: &Path) -> bool {
    let modules: Vec<_> = PACKAGES.iter().map(|(_, module)| *module).collect();
    let import = format!("import {}", modules.join(", "));
    works(&mut command(python, ["-c", &import]))
}

fn environment(workspace: &Workspace) -> PathBuf {
    workspace.target.join("ci-venv")
}

/// A program that one of the packages brings along.
pub fn program(workspace: &Workspace, name: &str) -> PathBuf {
    environment(workspace).join("bin").join(name)
}

fn interpreter(workspace: &Workspace) -> PathBuf {
    environment(workspace).join("bin/python")
}
