//! A folder on the way to a root: it lists nothing but the way, and nothing is known of it.

use std::sync::{Arc, OnceLock};

use larder_connect::{Folder, Names, OpenFile};
use larder_model::{Entry, Kind, Metadata, Problem, ProblemKind, Result, Skip, TreePath};

use super::{
    folder::FsFolder,
    place::{Place, refused, replaced},
    roots::Root,
    rules::{Rules, Stop, left_out, mount_point},
    trail::Trail,
};

/// What leads from `path` to the roots below it. It is made of names alone; the file system is asked about roots only.
#[derive(Debug)]
pub struct Way {
    path: TreePath,
    /// Where the roots of this level really lie; opened when one is asked for.
    place: OnceLock<Place>,
    rules: Arc<Rules>,
}

impl Way {
    pub fn new(path: TreePath, rules: Arc<Rules>) -> Self {
        Self { path, place: OnceLock::new(), rules }
    }

    fn root(&self, name: &[u8]) -> Option<&Root> {
        self.rules.roots.find(&self.path.child(name))
    }

    fn leads_on(&self, name: &[u8]) -> bool {
        self.rules.roots.names_in(&self.path.child(name)).next().is_some()
    }

    fn place(&self) -> Result<&Place> {
        match self.place.get() {
            Some(place) => Ok(place),
            None => {
                let place = Place::way(self.path.clone())?;
                Ok(self.place.get_or_init(|| place))
            }
        }
    }

    /// Why nothing is to be looked for in the folder of a root. What the command line names was looked at before.
    fn stop(&self, name: &[u8], root: &Root) -> Result<Option<Stop>> {
        if !root.listed {
            return Ok(None);
        }
        let stop = self.place()?.hold(name, root.follow).and_then(|folder| self.rules.stop(&root.path, folder));
        stop.map_err(|errno| refused(errno, "cannot look at", &root.path))
    }

    fn stat_root(&self, name: &[u8], root: &Root, skips: &mut dyn FnMut(Skip)) -> Result<Option<Entry>> {
        let place = self.place()?;
        let Some(stat) = place.stat(name, root.follow)? else { return Err(replaced(&root.path)) };
        if self.rules.leaves_out(stat.id()) {
            skips(left_out(root.path.clone(), "it belongs to Larder"));
            return Ok(None);
        }
        let mut entry = place.entry(name, &stat, &self.rules, skips)?;
        if let Some(entry) = &mut entry
            && entry.is_dir()
            && let Some(stop) = self.stop(name, root)?
        {
            stop.note(root.path.clone()).into_iter().for_each(&mut *skips);
            entry.meta = mount_point(std::mem::take(&mut entry.meta));
        }
        if entry.as_ref().is_some_and(|entry| root.is_unfollowed(entry.kind)) {
            let message = format!("{0} is kept as a link; to back up where it leads, write {0}/", root.path);
            skips(Skip::note(root.path.clone(), "link", message));
        }
        Ok(entry.filter(|entry| !(root.listed && self.rules.is_too_large(entry))))
    }
}

impl Folder for Way {
    fn names(&self, _: &mut dyn FnMut(Skip)) -> Result<Names> {
        let mut names = Names::default();
        for name in self.rules.roots.names_in(&self.path) {
            let is_new = names.is_empty() || names.name(names.len() - 1) != name;
            let kind = if self.root(name).is_some() { None } else { Some(Kind::Directory) };
            if is_new && !names.push(name, kind) {
                return Err(Problem::failed(format!("too many paths in {} were named", self.path)));
            }
        }
        names.sort();
        Ok(names)
    }

    fn stat(&self, name: &[u8], skips: &mut dyn FnMut(Skip)) -> Result<Option<Entry>> {
        let Some(root) = self.root(name) else {
            return Ok(self.leads_on(name).then(|| Entry::new(name, Kind::Directory)));
        };
        match self.stat_root(name, root, skips) {
            Err(problem) if problem.is(ProblemKind::NotFound) => {
                let message = format!("{} was named, but is not there", root.path);
                skips(Skip::missing(root.path.clone(), "vanished", message));
                Ok(None)
            }
            done => done,
        }
    }

    fn details(&self, name: &[u8], meta: &mut Metadata, skips: &mut dyn FnMut(Skip)) -> Result<()> {
        if let Some(root) = self.root(name) {
            meta.xattrs = self.place()?.attributes(name, root.follow, skips)?;
        }
        Ok(())
    }

    fn open(&self, entry: &Entry) -> Result<Box<dyn OpenFile>> {
        match self.root(&entry.name) {
            Some(_) => self.place()?.file(entry, &self.rules),
            None => Err(replaced(&self.path.child(&entry.name))),
        }
    }

    fn folder(&self, name: &[u8]) -> Result<Arc<dyn Folder>> {
        let path = self.path.child(name);
        match self.root(name) {
            // Single files in it may have been named.
            Some(root) if self.stop(name, root)?.is_some() => Ok(Arc::new(Self::new(path, self.rules.clone()))),
            Some(root) => {
                let dir = self.place()?.folder(name, root.follow)?;
                Ok(Arc::new(FsFolder::root(Place { dir, trail: Trail::new(path) }, &self.rules)?))
            }
            None if self.leads_on(name) => Ok(Arc::new(Self::new(path, self.rules.clone()))),
            None => Err(replaced(&path)),
        }
    }

    fn path(&self) -> TreePath {
        self.path.clone()
    }
}
