//! What can be said about a backup of files beside its roots.

use std::path::PathBuf;

use larder_connect::OnExcluded;

/// Each field is an option of the command line of the same name.
#[derive(Clone, Default, Debug)]
pub struct SourceOptions {
    /// Patterns of items to leave out, in the syntax of `.gitignore`. A pattern with a slash in it starts at the root, one that starts
    /// with a slash is an absolute path. Roots that were named are taken even so, paths from `files_from` are not.
    pub exclude: Vec<String>,
    /// Files of such patterns, a line each; `-` is standard input.
    pub exclude_from: Vec<PathBuf>,
    /// Patterns in the same syntax of what to take, empty for everything: of files, only those that match, or lie in a folder that
    /// matches. Folders are kept, for what they lead to.
    pub include: Vec<String>,
    /// Files that list what to back up, beside the roots or without any: a path a line, or ended by NUL in a file that holds a NUL;
    /// `-` is standard input. The snapshot's root is then the deepest folder that holds all of it.
    pub files_from: Vec<PathBuf>,
    /// Honours `.gitignore` files that lie in the source.
    pub gitignore: bool,
    /// Leaves out the content of folders with a valid `CACHEDIR.TAG`; folder and tag stay.
    pub exclude_caches: bool,
    /// `NAME` or `NAME:HEADER`: the same for folders with a file of that name, which starts with HEADER.
    pub exclude_if_present: Vec<String>,
    /// Leaves out files of more bytes. A file that was named on the command line is taken even so.
    pub exclude_larger_than: Option<u64>,
    /// Keeps folders where another file system is mounted, but not what is in it. A root on another file system is walked.
    pub one_file_system: bool,
    /// What must not be in a backup, whatever its path: the store that is written to, and the cache. It is told of in the ledger.
    pub leave_out: Vec<PathBuf>,
    /// Another name for what is backed up than the machine and the roots.
    pub origin: Option<String>,
    /// Is told of what these rules leave out, for people who want to see what their patterns do.
    pub on_excluded: Option<OnExcluded>,
}
