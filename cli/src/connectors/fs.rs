//! Folders of this machine, in all three roles.

use std::{
    ffi::{OsStr, OsString},
    fs,
    io::ErrorKind,
    os::unix::ffi::OsStrExt,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use larder_connect::Target;
use larder_fs::{FsStorage, FsTarget, TargetOptions};
use larder_model::{Problem, ProblemKind, Result};
use rustix::fs::{Access, access, statvfs};

use super::{Connector, Destination, DestinationRules, Finding, StorePlace};
use crate::{
    context::Context,
    location::shown,
    remotes::{Place, Role},
    text,
};

pub const CONNECTOR: Connector =
    Connector { scheme: "fs", options: &[], read: |rest, _| Ok(rest.to_owned()), keep, join, check };

pub fn store(place: &Place, _: &Context) -> Result<StorePlace> {
    let folder = PathBuf::from(&place.rest);
    if folder.exists() && !folder.is_dir() {
        return Err(Problem::not_found(format!("there is no store at {}: it is not a folder", shown(&folder)))
            .hint("a store is a folder: name that"));
    }
    let absolute = absolute(&folder);
    Ok(StorePlace {
        storage: Arc::new(FsStorage::new(&folder)),
        location: shown(&absolute),
        identity: [b"fs:", absolute.as_os_str().as_bytes()].concat(),
        folder: Some(folder),
        warning: None,
    })
}

pub fn target(place: &Place, _: &Context, rules: DestinationRules) -> Result<Box<dyn Destination>> {
    if rules.by_revision {
        let message = format!("--by-revision is for Dropbox, and {} is a folder of this machine", shown(&place.rest));
        return Err(Problem::usage(message));
    }
    Ok(Box::new(FsTarget::new(&place.rest, TargetOptions { keep: rules.keep, ..TargetOptions::default() })))
}

impl Destination for FsTarget {
    fn target(&self) -> &dyn Target {
        self
    }
}

/// Without links, as far as the path is there already.
fn absolute(path: &Path) -> PathBuf {
    path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_path_buf())
}

/// Links stay in it: what they lead to may change.
fn keep(rest: &OsStr, _: Role) -> Result<String> {
    let whole = std::path::absolute(rest)
        .map_err(|error| Problem::failed(format!("cannot tell where {} is: {}", shown(rest), text::reason(&error))))?;
    whole.to_str().map(str::to_owned).ok_or_else(|| {
        Problem::usage(format!("{} is not UTF-8, and cannot stand in the configuration", shown(&whole)))
            .hint("name the folder above it, or a link to it")
    })
}

fn join(rest: &OsStr, below: &OsStr) -> Result<OsString> {
    let parts = Path::new(below).components();
    let mut path = PathBuf::from(rest);
    for part in parts {
        match part {
            Component::Normal(name) => path.push(name),
            Component::ParentDir => {
                return Err(Problem::usage(format!("`..` in {} leads out of what the name stands for", shown(below))));
            }
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    Ok(path.into_os_string())
}

fn check(place: &Place, role: Role, _: &Context) -> Result<Vec<Finding>> {
    let path = Path::new(&place.rest);
    match fs::metadata(path) {
        Ok(found) if role == Role::Source && !found.is_dir() => Ok(vec![may(path, "file", Access::READ_OK, "read")]),
        Ok(found) if found.is_dir() => Ok(existing(path, role)),
        Ok(_) => Ok(vec![Finding::bad("folder", &Problem::not_found(format!("{} is not a folder", shown(path))))]),
        Err(error) if error.kind() == ErrorKind::NotFound && role != Role::Source => Ok(missing(path)),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Ok(vec![Finding::bad("folder", &Problem::not_found(format!("there is no {}", shown(path))))])
        }
        Err(error) => {
            let problem =
                Problem::new(ProblemKind::Denied, format!("cannot look at {}: {}", shown(path), text::reason(&error)));
            Ok(vec![Finding::bad("folder", &problem)])
        }
    }
}

fn existing(path: &Path, role: Role) -> Vec<Finding> {
    let read = may(path, "folder", Access::READ_OK | Access::EXEC_OK, "read");
    match role {
        Role::Source => vec![read],
        Role::Destination => vec![may(path, "folder", Access::WRITE_OK | Access::EXEC_OK, "written to"), space(path)],
        Role::Store => vec![read, may(path, "folder", Access::WRITE_OK, "written to"), space(path), holds_store(path)],
    }
}

/// What is missing is made by the first restore, and by `create`, if the folder above it can be written to.
fn missing(path: &Path) -> Vec<Finding> {
    let above = path.ancestors().skip(1).find(|folder| folder.exists());
    let Some(above) = above else {
        return vec![Finding::bad("folder", &Problem::not_found(format!("there is nothing above {}", shown(path))))];
    };
    let made = Finding::note("folder", format!("{} is not there yet, and will be made", shown(path)));
    vec![made, may(above, "above", Access::WRITE_OK | Access::EXEC_OK, "written to"), space(above)]
}

fn may(path: &Path, topic: &'static str, wanted: Access, how: &str) -> Finding {
    match access(path, wanted) {
        Ok(()) => Finding::good(topic, format!("{} can be {how}", shown(path))),
        Err(error) => {
            let message = format!("{} cannot be {how}: {}", shown(path), text::reason(&error.into()));
            Finding::bad(topic, &Problem::new(ProblemKind::Denied, message))
        }
    }
}

fn space(path: &Path) -> Finding {
    match statvfs(path) {
        Ok(found) => {
            let free = found.f_bavail.saturating_mul(found.f_frsize);
            Finding::good("space", format!("{} free", text::size(free)))
        }
        Err(error) => Finding::note("space", format!("not known: {}", text::reason(&error.into()))),
    }
}

fn holds_store(path: &Path) -> Finding {
    if path.join("config").is_dir() {
        return Finding::good("store", "there is a store");
    }
    Finding::note("store", "there is no store yet: `create` makes it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_below_stays_below() {
        let join = |below: &str| join(OsStr::new("/home/ann"), OsStr::new(below));
        assert_eq!(join("/photos/2026").unwrap(), "/home/ann/photos/2026");
        assert_eq!(join("photos//").unwrap(), "/home/ann/photos");
        assert!(join("/../bob").is_err());
    }
}
