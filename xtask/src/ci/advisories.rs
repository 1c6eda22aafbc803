//! Known defects of dependencies, looked up without network.
//!
//! `$ADVISORY_DB` names an archive (`.tar.gz`) of the RustSec advisory database. cargo-deny wants it as a git
//! repository in a folder whose name it derives from the database's address, so the archive is unpacked there, below
//! the target folder. Without the variable the step says that it skipped the look-up, and passes.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{Context, Failure, Outcome};
use crate::program::{command, run};
use crate::workspace::Workspace;

/// The folder name that cargo-deny derives from the default address of the database.
const DATABASE: &str = "advisory-db-3157b0e258782691";

pub fn check(workspace: &Workspace) -> Outcome {
    let Some(archive) = env::var_os("ADVISORY_DB").map(PathBuf::from) else {
        println!("SKIPPED: advisories were not checked, because ADVISORY_DB names no database");
        return Ok(());
    };
    if !archive.is_file() {
        return Err(Failure::new(format_args!("ADVISORY_DB names {}, which is no file", archive.display())));
    }
    let databases = workspace.target.join("ci-advisories");
    unpack(&archive, &databases.join(DATABASE))?;
    let config = write_config(workspace, &databases)?;
    run(command("cargo", ["fetch", "--locked", "--quiet"]).current_dir(&workspace.root))?;
    let before = ["deny", "--offline", "--locked", "--config"].map(Into::into);
    let arguments = before.into_iter().chain([config.into_os_string(), "check".into(), "advisories".into()]);
    run(command("cargo", arguments).current_dir(&workspace.root))
}

fn unpack(archive: &Path, folder: &Path) -> Outcome {
    if folder.exists() {
        fs::remove_dir_all(folder).context(folder.display())?;
    }
    fs::create_dir_all(folder).context(folder.display())?;
    run(command("tar", ["-xzf"]).arg(archive).arg("-C").arg(folder))?;
    // cargo-deny asks git for the age of the database, so it needs a commit, by whomever.
    let commit = "-c user.name=ci -c user.email=ci@localhost -c commit.gpgsign=false commit -qm database";
    for arguments in ["init -q", "add -A", commit] {
        run(command("git", arguments.split(' ')).current_dir(folder))?;
    }
    Ok(())
}

/// The project's own `deny.toml`, with the place of the database added.
fn write_config(workspace: &Workspace, databases: &Path) -> Outcome<PathBuf> {
    let source = workspace.root.join("deny.toml");
    let text = fs::read_to_string(&source).context(source.display())?;
    let config = databases.join("deny.toml");
    fs::write(&config, with_database(&text, databases)?).context(config.display())?;
    Ok(config)
}

fn with_database(config: &str, databases: &Path) -> Outcome<String> {
    const SECTION: &str = "[advisories]\n";
    let (before, after) =
        config.split_once(SECTION).context("deny.toml has no section [advisories]; add one, even if it is empty")?;
    Ok(format!("{before}{SECTION}db-path = {databases:?}\n{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_goes_into_the_section_that_is_there() {
        let text = with_database("[bans]\n[advisories]\nignore = []\n", Path::new("/db")).unwrap();
        assert_eq!(text, "[bans]\n[advisories]\ndb-path = \"/db\"\nignore = []\n");
    }

    #[test]
    fn a_config_without_the_section_is_named() {
        assert!(with_database("[bans]\n", Path::new("/db")).is_err());
    }
}
