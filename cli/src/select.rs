//! What a person means by `ID`, `ID:PATH`, `latest` and `latest@ORIGIN:PATH`.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

use larder_engine::{SnapshotInfo, Store};
use larder_model::{Problem, ProblemKind, Result, escape};

use crate::{accounts::People, folders::Folders, location::shown};

/// What stands before an origin.
const LATEST: &str = "latest@";

/// A snapshot, and a path in it as it was typed.
pub struct Selected {
    pub snapshot: SnapshotInfo,
    pub path: Option<Vec<u8>>,
}

impl Selected {
    /// As the engine wants it: nothing stands for the only root.
    pub fn path_or_root(&self) -> &[u8] {
        self.path.as_deref().unwrap_or_default()
    }

    /// `dd62691d:/a`, for messages and headings.
    pub fn shown(&self) -> String {
        match &self.path {
            Some(path) => format!("{}:{}", self.snapshot.id.short(), larder_model::escape(path)),
            None => self.snapshot.id.short(),
        }
    }
}

/// Finds what `text` means. An account may be named by what it is called here, or by its e-mail address.
pub fn select(store: &Store, text: &OsStr) -> Result<Selected> {
    match find(store, text.as_bytes()) {
        Err(problem) if problem.is(ProblemKind::NotFound) => {
            let by_id = with_id(text.as_bytes()).and_then(|typed| find(store, typed.as_bytes()).ok());
            by_id.ok_or(problem)
        }
        found => found,
    }
}

fn find(store: &Store, typed: &[u8]) -> Result<Selected> {
    let mut first_problem = None;
    for (id, path) in readings(typed) {
        let Ok(id) = std::str::from_utf8(id) else { continue };
        match store.find_snapshot(id) {
            Ok(snapshot) => return Ok(Selected { snapshot, path: path.map(<[u8]>::to_vec) }),
            Err(problem) if problem.is(ProblemKind::NotFound) => first_problem = first_problem.or(Some(problem)),
            Err(problem) => return Err(problem),
        }
    }
    Err(first_problem.unwrap_or_else(|| Problem::not_found(format!("`{}` is no snapshot id", escape(typed)))))
}

/// `latest@NAME` or `latest@EMAIL` with the account's id instead.
fn with_id(typed: &[u8]) -> Option<String> {
    let origin = std::str::from_utf8(typed).ok()?.strip_prefix(LATEST)?;
    Some(format!("{LATEST}{}", People::known(&Folders::from_environment()).with_id(origin)?))
}

/// Finds snapshots where a path makes no sense.
pub fn select_whole(store: &Store, text: &OsStr) -> Result<SnapshotInfo> {
    let selected = select(store, text)?;
    match selected.path {
        None => Ok(selected.snapshot),
        Some(_) => Err(Problem::usage(format!("`{}` names a path, and a whole snapshot is wanted here", shown(text)))
            .hint(format!("use {} alone", selected.snapshot.id.short()))),
    }
}

/// The ways to read `text` as a snapshot and a path. Ids have no colons; origins do, so that the longest one that is known counts.
fn readings(text: &[u8]) -> Vec<(&[u8], Option<&[u8]>)> {
    let split = |at: usize| (&text[..at], Some(&text[at + 1..]));
    let mut colons = text.iter().enumerate().filter(|(_, byte)| **byte == b':').map(|(at, _)| at);
    if text.starts_with(LATEST.as_bytes()) {
        return std::iter::once((text, None)).chain(colons.rev().map(split)).collect();
    }
    vec![colons.next().map_or((text, None), split)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_may_hold_colons() {
        assert_eq!(readings(b"abcd"), [(&b"abcd"[..], None)]);
        assert_eq!(readings(b"abcd:/a:b"), [(&b"abcd"[..], Some(&b"/a:b"[..]))]);
        assert_eq!(readings(b"latest:a"), [(&b"latest"[..], Some(&b"a"[..]))]);
        let all = readings(b"latest@host:/a:b");
        assert_eq!(all[0], (&b"latest@host:/a:b"[..], None));
        assert_eq!(all[1], (&b"latest@host:/a"[..], Some(&b"b"[..])));
        assert_eq!(all[2], (&b"latest@host"[..], Some(&b"/a:b"[..])));
    }
}
