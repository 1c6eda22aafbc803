//! The folder that is mounted on, and what the machine needs to have for that.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use larder_model::{Problem, ProblemKind, Result, escape, reason};

const DEVICE: &str = "/dev/fuse";
/// Programs that mount for those who are not root, in the order of preference.
pub const HELPERS: [&str; 2] = ["fusermount3", "fusermount"];

/// Checks that the place can be mounted on; returns its whole path.
pub fn check(place: &Path) -> Result<PathBuf> {
    let shown = shown(place);
    let looked = fs::canonicalize(place).and_then(|whole| fs::metadata(&whole).map(|found| (whole, found.is_dir())));
    let (whole, is_folder) = looked.map_err(|error| not_there(&shown, &error))?;
    if !is_folder {
        return Err(Problem::usage(format!("{shown} is not a folder")).hint("name an empty folder to mount on"));
    }
    let mut entries = fs::read_dir(&whole).map_err(|error| not_there(&shown, &error))?;
    if entries.next().is_some() {
        return Err(Problem::usage(format!("{shown} is not empty"))
            .hint("what is in it could not be seen while something is mounted there; name an empty folder"));
    }
    Ok(whole)
}

fn not_there(shown: &str, error: &io::Error) -> Problem {
    if error.kind() == io::ErrorKind::NotFound {
        return Problem::not_found(format!("there is no folder {shown}")).hint(format!("mkdir {shown}"));
    }
    if error.raw_os_error() == Some(rustix::io::Errno::NOTCONN.raw_os_error()) {
        return Problem::failed(format!("{shown} is a mount whose program is gone"))
            .hint(format!("umount {shown}, or fusermount3 -u {shown}, and try again"));
    }
    Problem::failed(format!("{shown} cannot be opened: {}", reason(error)))
}

/// Checks that this machine can mount.
pub fn check_machine() -> Result<()> {
    if fs::metadata(DEVICE).is_err() {
        return Err(Problem::failed(format!("this machine has no {DEVICE}, so that nothing can be mounted"))
            .hint("load the kernel's module fuse (modprobe fuse); in a container, give it the device /dev/fuse"));
    }
    if !rustix::process::geteuid().is_root() && helper().is_none() {
        return Err(Problem::failed("there is no program fusermount3, which mounts for those who are not root")
            .hint("install the package fuse3"));
    }
    Ok(())
}

/// The helper that is there.
pub fn helper() -> Option<&'static str> {
    let answers = |name: &&&str| std::process::Command::new(name).arg("-V").output().is_ok();
    HELPERS.iter().find(answers).copied()
}

/// What to tell when mounting failed.
pub fn not_mounted(place: &Path, error: &io::Error) -> Problem {
    let text = error.to_string();
    let problem = Problem::failed(format!("cannot mount at {}: {}", shown(place), reason(error).trim()));
    if text.contains("user_allow_other") {
        return problem.hint("put the line user_allow_other into /etc/fuse.conf, or leave --allow-other out");
    }
    if error.kind() == io::ErrorKind::PermissionDenied {
        return Problem::new(ProblemKind::Denied, problem.message())
            .hint("you need to own the folder, and may need to be in a group that may open /dev/fuse");
    }
    problem
}

pub fn shown(place: &Path) -> String {
    escape(std::os::unix::ffi::OsStrExt::as_bytes(place.as_os_str()))
}
