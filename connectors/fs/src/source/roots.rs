//! What the user named: as absolute paths, sorted, each with what has to be remembered of how it was named.
//!
//! A snapshot declares its roots in a record of bounded size. A list of files can name any number of paths, and another number the next
//! time; what such a backup declares is the deepest folder that holds all of them.

use std::{
    fs,
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::{Path, PathBuf},
};

use larder_connect::read_list;
use larder_model::{Kind, Problem, ProblemKind, Result, TreePath};
use rustix::{fs::CWD, io::Errno};

use super::{SourceOptions, as_path, real_path, rules::Choice};
use crate::sys::{AUTOFS, Stat, problem, pseudo_at, shown};

/// What the paths of all declared roots may take together.
const DECLARED_BYTES_MAX: usize = 1024;

/// One path that the user named.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Root {
    pub path: TreePath,
    /// Written with a slash at its end: a link there stands for the folder that it leads to.
    pub follow: bool,
    /// From a list, not from the command line itself.
    pub listed: bool,
}

/// All paths that the user named, those within others too: a walk that stops at a mount point goes on at a root behind it.
#[derive(Debug)]
pub struct Roots {
    sorted: Vec<Root>,
    declared: Vec<TreePath>,
}

impl Roots {
    pub fn new(named: &[PathBuf], options: &SourceOptions, choice: &Choice) -> Result<Self> {
        let mut sorted = named.iter().map(|path| Root::named(path)).collect::<Result<Vec<_>>>()?;
        for list in &options.files_from {
            sorted.extend(listed(list, choice)?);
        }
        // Of a path that was named twice, the way that tells more comes first and stays.
        sorted.sort_by(|a, b| a.path.cmp(&b.path).then(b.follow.cmp(&a.follow)).then(a.listed.cmp(&b.listed)));
        sorted.dedup_by(|a, b| a.path == b.path);
        if sorted.is_empty() {
            return Err(nothing(options));
        }
        let declared = declared(&sorted);
        Ok(Self { sorted, declared })
    }

    pub fn declared(&self) -> &[TreePath] {
        &self.declared
    }

    pub fn find(&self, path: &TreePath) -> Option<&Root> {
        let index = self.sorted.binary_search_by(|root| root.path.cmp(path)).ok()?;
        Some(&self.sorted[index])
    }

    /// The names in `folder` that lead to a root, sorted, each as often as it leads to one.
    pub fn names_in<'a>(&'a self, folder: &TreePath) -> impl Iterator<Item = &'a [u8]> {
        let mut prefix = if folder.is_top() { Vec::new() } else { folder.as_bytes().to_vec() };
        prefix.push(b'/');
        let first = self.sorted.partition_point(|root| root.path.as_bytes() < prefix.as_slice());
        self.sorted[first..].iter().map_while(move |root| {
            let rest = root.path.as_bytes().strip_prefix(prefix.as_slice())?;
            rest.split(|byte| *byte == b'/').next()
        })
    }
}

impl Root {
    fn named(path: &Path) -> Result<Self> {
        let root = Self::parse(path, false)?;
        let stat = Stat::at(CWD, path.as_os_str().as_bytes(), root.follow)
            .map_err(|errno| not_there(problem(errno, "cannot back up", shown(path))))?;
        if stat.kind() == Some(Kind::Directory) {
            refuse_pseudo(path)?;
        }
        Ok(root)
    }

    fn parse(path: &Path, listed: bool) -> Result<Self> {
        let bytes = path.as_os_str().as_bytes();
        if bytes.is_empty() {
            return Err(Problem::usage("an empty path names nothing to back up"));
        }
        let end = bytes.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let follow = matches!(end, b"" | b"." | b"..");
        let path = TreePath::new(absolute(path)?.into_os_string().into_vec());
        Ok(Self { path, follow, listed })
    }

    /// True for a root of the command line that is kept as a link although it leads to a folder, which is seldom meant.
    pub fn is_unfollowed(&self, kind: Kind) -> bool {
        kind == Kind::Symlink && !self.listed && real_path(&self.path).is_dir()
    }
}

/// A walk through `/proc` or `/sys` has no end that means anything; single files there can be wanted. An automounter's folder is made up
/// as well, and yet leads to real files.
fn refuse_pseudo(path: &Path) -> Result<()> {
    match pseudo_at(path) {
        Ok(Some(name)) if name != AUTOFS => {
            let message =
                format!("cannot back up {}: it lies on a {name} file system, which holds no files", shown(path));
            Err(Problem::usage(message)
                .hint("the kernel makes up what is seen there; name single files if you want some"))
        }
        _ => Ok(()),
    }
}

/// The shell may have taken a name for something else than a person meant.
fn not_there(problem: Problem) -> Problem {
    if problem.is(ProblemKind::NotFound) {
        return problem
            .hint("check how it is written; a path that does not begin with / starts at the folder that you are in");
    }
    problem
}

/// Absolute, with the links on its way; only before a `..` they must be resolved, for it leads to where the link's target lies.
fn absolute(path: &Path) -> Result<PathBuf> {
    let unreadable = |error: std::io::Error| {
        not_there(problem(Errno::from_io_error(&error).unwrap_or(Errno::IO), "cannot back up", shown(path)))
    };
    let path = std::path::absolute(path).map_err(unreadable)?;
    let bytes = path.as_os_str().as_bytes();
    let parts: Vec<_> = bytes.split(|byte| *byte == b'/').collect();
    let Some(last_up) = parts.iter().rposition(|part| *part == b"..") else {
        return Ok(path);
    };
    let head = fs::canonicalize(as_path(&parts[..=last_up].join(&b'/'))).map_err(unreadable)?;
    Ok(head.join(as_path(&parts[last_up + 1..].join(&b'/'))))
}

fn listed(list: &Path, choice: &Choice) -> Result<Vec<Root>> {
    let bytes = read_list(list)?;
    let separator = if bytes.contains(&0) { 0 } else { b'\n' };
    let mut roots = Vec::new();
    for path in bytes.split(|byte| *byte == separator).filter(|path| !path.is_empty()) {
        let root = Root::parse(as_path(path), true)?;
        let real = real_path(&root.path);
        let is_dir = || fs::symlink_metadata(&real).is_ok_and(|meta| meta.is_dir());
        if choice.is_empty() || !choice.leaves_out(&real, is_dir()) {
            roots.push(root);
        }
    }
    Ok(roots)
}

fn nothing(options: &SourceOptions) -> Problem {
    match options.files_from.as_slice() {
        [] => Problem::usage("nothing to back up was named")
            .hint("name files or folders, or a list of them with --files-from"),
        [list, ..] => Problem::new(ProblemKind::Failed, format!("{} lists nothing to back up", shown(list))),
    }
}

/// The roots that lie in no other, or the folder that holds them all.
fn declared(sorted: &[Root]) -> Vec<TreePath> {
    let is_inner = |root: &Root| {
        let mut above = root.path.clone();
        while !above.is_top() {
            above.pop();
            if sorted.binary_search_by(|other| other.path.cmp(&above)).is_ok() {
                return true;
            }
        }
        false
    };
    let outer: Vec<_> = sorted.iter().filter(|root| !is_inner(root)).map(|root| root.path.clone()).collect();
    let bytes: usize = outer.iter().map(|path| path.as_bytes().len() + 1).sum();
    if bytes > DECLARED_BYTES_MAX || sorted.iter().any(|root| root.listed) {
        return vec![common(&outer)];
    }
    outer
}

fn common(paths: &[TreePath]) -> TreePath {
    let mut common = paths[0].clone();
    while !paths.iter().all(|path| common.contains(path)) {
        common.pop();
    }
    common
}
