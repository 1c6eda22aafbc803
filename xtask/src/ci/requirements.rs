//! What the tests need from the machine, installed where that is allowed.
//!
//! As root, Debian packages come from apt, cargo's helpers from `cargo install` or rustup. Anybody else is told what is
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
    from: Source,
    package: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Debian,
    Rustup,
    Cargo,
}

/// How each source installs packages, in the order of installation.
const INSTALLERS: &[(Source, &str)] = &[
    (Source::Debian, "apt-get install -y -qq --no-install-recommends"),
    (Source::Rustup, "rustup component add"),
    (Source::Cargo, "cargo install --locked"),
];

const REQUIREMENTS: &[Requirement] = &[
    Requirement { what: "git", probe: &["git", "--version"], from: Source::Debian, package: "git" },
    Requirement {
        what: "rsync, which compares restored trees",
        probe: &["rsync", "--version"],
        from: Source::Debian,
        package: "rsync",
    },
    Requirement {
        what: "setfacl, for POSIX ACLs",
        probe: &["setfacl", "--version"],
        from: Source::Debian,
        package: "acl",
    },
    Requirement {
        what: "setfattr, for extended attributes",
        probe: &["setfattr", "--version"],
        from: Source::Debian,
        package: "attr",
    },
    Requirement {
        what: "mount, for full disks",
        probe: &["mount", "--version"],
        from: Source::Debian,
        package: "mount",
    },
    Requirement {
        what: "bindfs, for a file system in FUSE",
        probe: &["bindfs", "--version"],
        from: Source::Debian,
        package: "bindfs",
    },
    Requirement {
        what: "strace, which counts system calls",
        probe: &["strace", "--version"],
        from: Source::Debian,
        package: "strace",
    },
    Requirement {
        what: "kill, for interruptions",
        // Not the shell's own.
        probe: &["env", "kill", "-l"],
        from: Source::Debian,
        package: "procps",
    },
    Requirement {
        what: "Python 3, for the second reader",
        probe: &["python3", "--version"],
        from: Source::Debian,
        package: "python3",
    },
    Requirement {
        what: "Python's venv",
        probe: &["python3", "-c", "import venv, ensurepip"],
        from: Source::Debian,
        package: "python3-venv",
    },
    Requirement {
        what: "rclone, which copies to and from the Dropbox simulator",
        probe: &["rclone", "version"],
        from: Source::Debian,
        package: "rclone",
    },
    Requirement {
        what: "Node 20 or newer, which builds the pages",
        probe: &["node", "--eval", "process.exit(Number(parseInt(process.versions.node) < 20))"],
        from: Source::Debian,
        package: "nodejs",
    },
    Requirement {
        what: "npm, which installs what the pages are built with",
        probe: &["npm", "--version"],
        from: Source::Debian,
        package: "npm",
    },
    Requirement {
        what: "Chromium, in which the pages are tried",
        probe: &["chromium", "--version"],
        from: Source::Debian,
        package: "chromium",
    },
    Requirement {
        what: "rustfmt, which checks the format",
        probe: &["cargo", "fmt", "--version"],
        from: Source::Rustup,
        package: "rustfmt",
    },
    Requirement {
        what: "Clippy, which checks the code",
        probe: &["cargo", "clippy", "--version"],
        from: Source::Rustup,
        package: "clippy",
    },
    Requirement {
        what: "cargo-nextest, which runs the tests",
        probe: &["cargo", "nextest", "--version"],
        from: Source::Cargo,
        package: "cargo-nextest",
    },
    Requirement {
        what: "cargo-deny, which checks dependencies",
        probe: &["cargo", "deny", "--version"],
        from: Source::Cargo,
        package: "cargo-deny",
    },
];

/// Meets every requirement, or names those that are not met.
pub fn install(workspace: &Workspace) -> Outcome {
    let missing = missing();
    if !missing.is_empty() {
        if !may_install() {
            return Err(explain(&missing));
        }
        install_all(&missing)?;
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

fn install_all(missing: &[&Requirement]) -> Outcome {
    for words in installations(missing) {
        println!("{words}");
        if words.starts_with("apt-get") {
            run(&mut command("apt-get", ["update", "-qq"]))?;
        }
        let mut words = words.split(' ');
        let program = words.next().unwrap_or_default();
        let mut install = command(program, words);
        if program == "apt-get" {
            // A machine that has just started often installs something by itself.
            install.args(["-o", "DPkg::Lock::Timeout=300"]).env("DEBIAN_FRONTEND", "noninteractive");
        }
        run(&mut install)?;
    }
    Ok(())
}

fn explain(missing: &[&Requirement]) -> Failure {
    let mut text = String::from("this machine lacks what the tests need:\n");
    for requirement in missing {
        text += &format!("  - {}\n", requirement.what);
    }
    text += "Run `cargo xtask ci` as root on Debian, or install it yourself:\n";
    for words in installations(missing) {
        text += &format!("  {words}\n");
    }
    Failure::new(text.trim_end())
}

/// The commands that install what is missing, one for each source that is needed.
fn installations(missing: &[&Requirement]) -> Vec<String> {
    let mut commands = Vec::new();
    for (source, installer) in INSTALLERS {
        let of_source = missing.iter().filter(|it| it.from == *source);
        let packages: Vec<_> = of_source.map(|it| it.package).collect();
        if !packages.is_empty() {
            commands.push(format!("{installer} {}", packages.join(" ")));
        }
    }
    commands
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_told_what_is_missing_and_how_to_get_it() {
        let wanted = |it: &&Requirement| ["rsync", "acl", "cargo-deny"].contains(&it.package);
        let missing: Vec<_> = REQUIREMENTS.iter().filter(wanted).collect();
        let text = explain(&missing).to_string();
        assert!(text.contains("rsync, which compares"), "{text}");
        assert!(text.contains("--no-install-recommends rsync acl\n"), "{text}");
        assert!(text.contains("cargo install --locked cargo-deny"), "{text}");
    }
}
