//! What the tests need from the machine, installed where that is allowed.
//!
//! As root, Debian packages come from apt and cargo's helpers from `cargo install`. Anybody else is told what is
//! missing and how to get it: a check that changes a person's machine unasked is not a check. The Python packages
//! belong to the project's own target folder and are installed for everybody.

use crate::failure::{Failure, Outcome};
use crate::program::{command, run, works};
use crate::workspace::Workspace;

use super::python;

/// Something that has to be on the machine, and how it gets there.
struct Requirement {
    what: &'static str,
    /// Ends with 0 where the requirement is met.
    probe: &'static [&'static str],
    from: From,
}

#[derive(Clone, Copy)]
enum From {
    Debian(&'static str),
    Cargo(&'static str),
}

const REQUIREMENTS: &[Requirement] = &[
    Requirement { what: "git", probe: &["git", "--version"], from: From::Debian("git") },
    Requirement {
        what: "rsync, which compares restored trees",
        probe: &["rsync", "--version"],
        from: From::Debian("rsync"),
    },
    Requirement { what: "setfacl, for POSIX ACLs", probe: &["setfacl", "--version"], from: From::Debian("acl") },
    Requirement {
        what: "setfattr, for extended attributes",
        probe: &["setfattr", "--version"],
        from: From::Debian("attr"),
    },
    Requirement { what: "mount, for full disks", probe: &["mount", "--version"], from: From::Debian("mount") },
    Requirement {
        what: "Python 3, for the second reader",
        probe: &["python3", "--version"],
        from: From::Debian("python3"),
    },
    Requirement {
        what: "Python's venv",
        probe: &["python3", "-c", "import venv, ensurepip"],
        from: From::Debian("python3-venv"),
    },
    Requirement {
        what: "cargo-nextest, which runs the tests",
        probe: &["cargo", "nextest", "--version"],
        from: From::Cargo("cargo-nextest"),
    },
    Requirement {
        what: "cargo-deny, which checks dependencies",
        probe: &["cargo", "deny", "--version"],
        from: From::Cargo("cargo-deny"),
    },
];

/// Meets every requirement, or names those that are not met.
pub fn install(workspace: &Workspace) -> Outcome {
    let missing = missing();
    if !missing.is_empty() {
        if !may_install() {
            return Err(explain(&missing));
        }
        install_debian(&missing)?;
        install_cargo(&missing)?;
        if let Some(still) = self::missing().first() {
            return Err(Failure::new(format_args!("{} is still missing after its installation", still.what)));
        }
    }
    python::prepare(workspace)
}

fn missing() -> Vec<&'static Requirement> {
    REQUIREMENTS
        .iter()
        .filter(|requirement| {
            let [program, arguments @ ..] = requirement.probe else {
                return false;
            };
            !works(&mut command(program, arguments))
        })
        .collect()
}

fn may_install() -> bool {
    nix::unistd::Uid::effective().is_root() && works(&mut command("apt-get", ["--version"]))
}

fn install_debian(missing: &[&Requirement]) -> Outcome {
    let packages = debian_packages(missing);
    if packages.is_empty() {
        return Ok(());
    }
    println!("Installing {} from Debian", packages.join(", "));
    let quiet = ("DEBIAN_FRONTEND", "noninteractive");
    run(command("apt-get", ["update", "-qq"]).envs([quiet]))?;
    let fixed = ["install", "-y", "-qq", "--no-install-recommends"];
    run(command("apt-get", fixed.into_iter().chain(packages)).envs([quiet]))
}

fn install_cargo(missing: &[&Requirement]) -> Outcome {
    cargo_packages(missing).into_iter().try_for_each(|package| {
        println!("Installing {package}; this takes some minutes");
        run(&mut command("cargo", ["install", "--locked", package]))
    })
}

fn explain(missing: &[&Requirement]) -> Failure {
    let mut text = String::from("this machine lacks what the tests need:\n");
    for requirement in missing {
        text += &format!("  - {}\n", requirement.what);
    }
    text += "Run `cargo xtask ci` as root on Debian, or install it yourself:\n";
    let debian = debian_packages(missing);
    if !debian.is_empty() {
        text += &format!("  apt-get install {}\n", debian.join(" "));
    }
    for package in cargo_packages(missing) {
        text += &format!("  cargo install --locked {package}\n");
    }
    Failure::new(text.trim_end())
}

fn debian_packages(missing: &[&Requirement]) -> Vec<&'static str> {
    let package = |requirement: &&Requirement| match requirement.from {
        From::Debian(package) => Some(package),
        From::Cargo(_) => None,
    };
    missing.iter().filter_map(package).collect()
}

fn cargo_packages(missing: &[&Requirement]) -> Vec<&'static str> {
    let package = |requirement: &&Requirement| match requirement.from {
        From::Cargo(package) => Some(package),
        From::Debian(_) => None,
    };
    missing.iter().filter_map(package).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_told_what_is_missing_and_how_to_get_it() {
        let wanted = |from: &From| matches!(from, From::Debian("rsync") | From::Cargo("cargo-deny"));
        let missing: Vec<_> = REQUIREMENTS.iter().filter(|it| wanted(&it.from)).collect();
        let text = explain(&missing).to_string();
        assert!(text.contains("rsync, which compares"), "{text}");
        assert!(text.contains("apt-get install rsync\n"), "{text}");
        assert!(text.contains("cargo install --locked cargo-deny"), "{text}");
    }
}
