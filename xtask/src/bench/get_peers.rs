//! `cargo xtask bench get-peers`: the tools to compare with, from the ordinary registries, each in a folder of its own.
//!
//! restic comes from the newest Debian: it is a static Go program, so the package is only unpacked. borg comes from PyPI
//! and the others from crates.io; they are built here, which takes about ten minutes for rustic and three for each other one. What
//! borg and bupstash are built with is installed on the system, by its package manager, where it is missing.

mod apt;

use std::fs;
use std::path::Path;

use crate::failure::{Context, Failure, Outcome};
use crate::program::{command, run, works};
use apt::Apt;

/// A peer that can be installed, and how.
struct Installation {
    peer: &'static str,
    /// What is there once it is installed, from the peer's folder on.
    program: &'static str,
    /// Debian's packages that it is built with.
    packages: &'static [&'static str],
    install: fn(base: &Path, folder: &Path) -> Outcome,
}

const INSTALLATIONS: &[Installation] = &[
    Installation { peer: "restic", program: "usr/bin/restic", packages: &[], install: restic },
    Installation { peer: "rustic", program: "bin/rustic", packages: &[], install: rustic },
    Installation { peer: "borg", program: "bin/borg", packages: BORG_PACKAGES, install: borg },
    Installation { peer: "bupstash", program: "bin/bupstash", packages: BUPSTASH_PACKAGES, install: bupstash },
    Installation { peer: "conserve", program: "bin/conserve", packages: &[], install: conserve },
];

const BORG_PACKAGES: &[&str] = &[
    "python3-dev",
    "python3-venv",
    "pkg-config",
    "libacl1-dev",
    "libssl-dev",
    "liblz4-dev",
    "libzstd-dev",
    "libxxhash-dev",
];
const BUPSTASH_PACKAGES: &[&str] = &["pkg-config", "libsodium-dev"];

/// Installs these peers below `base`; what is there already stays.
pub fn get_peers(names: &[String], base: &Path) -> Outcome {
    let wanted = names.iter().map(|name| installation(name)).collect::<Outcome<Vec<_>>>()?;
    let peers = base.join("peers");
    fs::create_dir_all(&peers).context(peers.display())?;
    wanted.into_iter().try_for_each(|installation| installation.run(base, &peers.join(installation.peer)))
}

fn installation(name: &str) -> Outcome<&'static Installation> {
    let known: Vec<_> = INSTALLATIONS.iter().map(|installation| installation.peer).collect();
    let found = INSTALLATIONS.iter().find(|installation| installation.peer == name);
    found.context(format_args!("`{name}` is no peer that can be installed; there are {}", known.join(", ")))
}

impl Installation {
    fn run(&self, base: &Path, folder: &Path) -> Outcome {
        if folder.join(self.program).exists() {
            println!("{} is there already", self.peer);
            return Ok(());
        }
        println!("Installing {} in {}", self.peer, folder.display());
        build_with(self.peer, self.packages)?;
        (self.install)(base, folder)
    }
}

fn restic(base: &Path, folder: &Path) -> Outcome {
    let apt = Apt::new(&base.join("apt"))?;
    apt.run(&["update", "-qq"])?;
    let package = apt.download("restic")?;
    run(command("dpkg", ["-x"]).arg(package).arg(folder))
}

fn rustic(_: &Path, folder: &Path) -> Outcome {
    cargo_install(&["--no-default-features", "rustic-rs"], folder)
}

fn borg(_: &Path, folder: &Path) -> Outcome {
    run(command("python3", ["-m", "venv"]).arg(folder))?;
    run(&mut command(folder.join("bin/pip"), ["install", "--quiet", "borgbackup<2"]))
}

fn bupstash(_: &Path, folder: &Path) -> Outcome {
    cargo_install(&["bupstash"], folder)
}

fn conserve(_: &Path, folder: &Path) -> Outcome {
    cargo_install(&["conserve"], folder)
}

fn cargo_install(what: &[&str], folder: &Path) -> Outcome {
    run(command("cargo", ["install", "--locked"]).args(what).arg("--root").arg(folder))
}

/// Installs Debian's packages on the system, those that are missing.
fn build_with(peer: &str, packages: &[&'static str]) -> Outcome {
    let is_missing = |package: &&&str| !works(&mut command("dpkg", ["--status", package]));
    let missing: Vec<_> = packages.iter().filter(is_missing).copied().collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    println!("Installing Debian's packages that {peer} is built with, on the system: {names}");
    let install = || {
        run(&mut command("apt-get", ["update", "-qq"]))?;
        run(command("apt-get", ["install", "--yes", "-qq", "--no-install-recommends"]).args(&missing))
    };
    install().map_err(|failure| Failure::new(format_args!("{failure}; {peer} needs {names}: install them yourself")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::peer;

    #[test]
    fn every_peer_but_larder_is_installed_where_it_is_looked_for() {
        let peers = Path::new("peers");
        for name in peer::NAMES.iter().filter(|name| **name != "larder") {
            let program = peers.join(name).join(installation(name).unwrap().program);
            assert_eq!(peer::named(name, Path::new("larder"), peers).unwrap().program, program);
        }
    }

    #[test]
    fn nothing_is_installed_when_a_name_is_wrong() {
        let base = tempfile::tempdir().unwrap();
        let failure = get_peers(&["restic".to_owned(), "tar".to_owned()], base.path()).unwrap_err().to_string();
        assert!(
            failure.starts_with("`tar` is no peer that can be installed; there are restic, rustic, borg,"),
            "{failure}"
        );
        assert!(!base.path().join("peers").exists());
    }
}
