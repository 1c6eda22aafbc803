//! Local files as a source.
//!
//! The tree is that of the machine, from `/`. Folders on the way to a root are [`Way`]s, which list nothing but the way; from a root
//! on, [`FsFolder`]s walk by directory handle: a name is always looked up in an open folder and never followed when it is a link, so
//! that renaming or swapping a folder under the walk cannot lead it elsewhere. What is left out, and what of that is told, is in
//! [`Rules`]. Files are read by [`FsFile`].
//!
//! A folder where the walk ends because another file system begins there stays in the backup, empty and without times: a restored
//! machine needs its `/proc` to mount something on.
//!
//! Clock: [`Source::now`] is the kernel's own coarse clock, which stamps the files of local file systems. On a network file system
//! the server stamps, and a clock that differs by more than the two seconds of the `racy` rule can hide a change that came within
//! that difference of a backup.

mod count;
mod file;
mod folder;
mod options;
mod place;
mod roots;
mod rules;
mod stream;
mod trail;
mod way;

use std::{
    ffi::OsStr,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use larder_connect::{Folder, Source};
use larder_model::{Origin, Result, Time, TreePath};

pub use count::{Counted, Counter};
pub use options::SourceOptions;
pub use stream::StreamSource;

pub(crate) use file::FsFile;

use crate::sys;
use folder::FsFolder;
use rules::Rules;
use way::Way;

/// Files and folders of this machine.
#[derive(Debug)]
pub struct FsSource {
    origin: Origin,
    rules: Arc<Rules>,
}

impl FsSource {
    /// A source of `roots` and of what `options.files_from` lists.
    ///
    /// Roots are made absolute; links on the way to a root stay in its path. A root that is itself a symlink is backed up as a link,
    /// unless it was written with a slash at its end. A root within another is merged into it. A root that is not there is an error of
    /// kind `NotFound`.
    pub fn new(roots: &[PathBuf], options: &SourceOptions) -> Result<Self> {
        let rules = Rules::new(roots, options)?;
        let origin = match &options.origin {
            Some(name) => Origin { connector: "fs".to_owned(), identity: name.clone(), root: String::new() },
            None => Origin {
                connector: "fs".to_owned(),
                identity: sys::machine_name(),
                root: joined(rules.roots.declared()),
            },
        };
        Ok(Self { origin, rules: Arc::new(rules) })
    }
}

fn joined(roots: &[TreePath]) -> String {
    roots.iter().map(ToString::to_string).collect::<Vec<_>>().join(":")
}

impl Source for FsSource {
    fn origin(&self) -> Origin {
        self.origin.clone()
    }

    fn roots(&self) -> Vec<TreePath> {
        self.rules.roots.declared().to_vec()
    }

    fn now(&self) -> Option<Time> {
        Some(sys::file_clock())
    }

    fn top(&self) -> Result<Arc<dyn Folder>> {
        top(&self.rules)
    }
}

fn top(rules: &Arc<Rules>) -> Result<Arc<dyn Folder>> {
    let top = TreePath::top();
    if rules.roots.find(&top).is_some() {
        return Ok(Arc::new(FsFolder::top(rules)?));
    }
    Ok(Arc::new(Way::new(top, rules.clone())))
}

/// Where an item of the source's tree lies in the file system.
pub(crate) fn real_path(path: &TreePath) -> PathBuf {
    as_path(path.as_bytes()).to_path_buf()
}

fn as_path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}
