//! A folder of the file system as part of a backup.

use std::{
    path::Path,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use larder_connect::{Folder, Names, OpenFile};
use larder_model::{Entry, Kind, Metadata, Problem, Result, Skip, TreePath};
use rustix::{
    fd::OwnedFd,
    fs::{CWD, OFlags},
    io::Errno,
};

use super::{
    as_path, file,
    place::{Place, open_unnoticed, refused, replaced},
    rules::{Choice, Rules, Stop, left_out, mount_point},
    trail::Trail,
    way::Way,
};
use crate::{
    exclude::{IgnoreFile, Tag},
    sys::{Stat, list},
};

/// A folder at or below a root.
#[derive(Debug)]
pub struct FsFolder {
    place: Place,
    /// Where another device begins, something is mounted.
    device: u64,
    choice: Choice,
    ignore_above: Option<Arc<IgnoreFile>>,
    ignore_here: OnceLock<Option<Arc<IgnoreFile>>>,
    /// Listing moves the handle's offset.
    listing: Mutex<()>,
    rules: Arc<Rules>,
}

impl FsFolder {
    /// The folder `/`, as a root.
    pub fn top(rules: &Arc<Rules>) -> Result<Self> {
        let top = TreePath::top();
        let dir = open_unnoticed(CWD, b"/", OFlags::DIRECTORY).map_err(|errno| refused(errno, "cannot open", &top))?;
        Self::root(Place { dir, trail: Trail::new(top) }, rules)
    }

    pub fn root(place: Place, rules: &Arc<Rules>) -> Result<Self> {
        let device = stat_open(&place.dir, &place.trail)?.id().device;
        let choice = rules.choice(&place.trail.path())?;
        Ok(Self::new(place, device, choice, None, rules.clone()))
    }

    fn new(
        place: Place,
        device: u64,
        choice: Choice,
        ignore_above: Option<Arc<IgnoreFile>>,
        rules: Arc<Rules>,
    ) -> Self {
        let (ignore_here, listing) = (OnceLock::new(), Mutex::new(()));
        Self { place, device, choice, ignore_above, ignore_here, listing, rules }
    }

    /// The `.gitignore` files that count here, this folder's own first.
    fn ignore(&self) -> Option<&Arc<IgnoreFile>> {
        let above = || self.ignore_above.clone();
        self.ignore_here
            .get_or_init(|| if self.rules.gitignore { self.own_ignore() } else { None }.or_else(above))
            .as_ref()
    }

    /// One that cannot be read excludes nothing.
    fn own_ignore(&self) -> Option<Arc<IgnoreFile>> {
        let text = file::read_start(&self.place.dir, IgnoreFile::NAME, IgnoreFile::BYTES_MAX).ok()?;
        Some(Arc::new(IgnoreFile::new(as_path(self.place.trail.path().as_bytes()), &text, self.ignore_above.clone())))
    }

    /// All names that no pattern excludes, and the tags among them.
    fn list(&self) -> Result<(Names, Vec<&Tag>)> {
        let ignore = self.ignore();
        let trail = &self.place.trail;
        let has_patterns = !self.choice.is_empty() || ignore.is_some();
        let mut filter = has_patterns.then(|| Filter::new(&trail.path(), &self.choice, ignore.map(Arc::as_ref)));
        let (mut names, mut tags, mut is_full) = (Names::default(), Vec::new(), false);
        let listed = list(&self.place.dir, |name, kind| {
            let kind = kind.or_else(|| self.place.stat(name, false).ok().flatten()?.kind());
            tags.extend(self.rules.tags.named(name));
            let is_dir = kind == Some(Kind::Directory);
            if filter.as_mut().is_some_and(|filter| filter.excludes(name, is_dir)) {
                self.rules.excluded(trail, name);
            } else if !names.push(name, kind) {
                is_full = true;
                return Err(Errno::NOMEM);
            }
            Ok(())
        });
        match listed {
            Ok(()) => Ok((names, tags)),
            Err(_) if is_full => Err(Problem::failed(format!("{} holds too many names", trail.path()))),
            Err(errno) => Err(refused(errno, "cannot list", &trail.path())),
        }
    }

    /// The names of the tags that are valid.
    fn valid_tags(&self, tags: &[&Tag]) -> Names {
        let mut names = Names::default();
        for tag in tags {
            let start = file::read_start(&self.place.dir, &tag.name, tag.header.len());
            let is_valid = tag.header.is_empty() || start.is_ok_and(|start| start == tag.header);
            // A handful of short names always has room.
            let _ = is_valid && names.push(&tag.name, None);
        }
        names
    }

    /// Why the walk ends at `name`, if another file system begins there and that is a reason.
    fn stop(&self, name: &[u8], stat: &Stat) -> Result<Option<Stop>> {
        if stat.id().device == self.device {
            return Ok(None);
        }
        let path = self.place.trail.child(name);
        let stop = self.place.hold(name, false).and_then(|folder| self.rules.stop(&path, folder));
        stop.map_err(|errno| refused(errno, "cannot look at", &path))
    }
}

fn stat_open(dir: &OwnedFd, trail: &Trail) -> Result<Stat> {
    Stat::of(dir).map_err(|errno| refused(errno, "cannot look at", &trail.path()))
}

impl Folder for FsFolder {
    fn names(&self, _: &mut dyn FnMut(Skip)) -> Result<Names> {
        let _alone = self.listing.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut names, tags) = self.list()?;
        let valid = self.valid_tags(&tags);
        if !valid.is_empty() {
            let rest = names.iter().filter(|name| valid.iter().all(|tag| tag != *name));
            rest.for_each(|name| self.rules.excluded(&self.place.trail, name));
            names = valid;
        }
        names.sort();
        Ok(names)
    }

    fn stat(&self, name: &[u8], skips: &mut dyn FnMut(Skip)) -> Result<Option<Entry>> {
        let Some(stat) = self.place.stat(name, false)? else { return Ok(None) };
        if self.rules.leaves_out(stat.id()) {
            skips(left_out(self.place.trail.child(name), "it belongs to Larder"));
            return Ok(None);
        }
        let Some(mut entry) = self.place.entry(name, &stat, &self.rules, skips)? else { return Ok(None) };
        if self.rules.is_too_large(&entry) {
            self.rules.excluded(&self.place.trail, name);
            return Ok(None);
        }
        if entry.is_dir()
            && let Some(stop) = self.stop(name, &stat)?
        {
            match stop.note(self.place.trail.child(name)) {
                Some(note) => skips(note),
                None => self.rules.excluded(&self.place.trail, name),
            }
            entry.meta = mount_point(entry.meta);
        }
        Ok(Some(entry))
    }

    fn details(&self, name: &[u8], meta: &mut Metadata, skips: &mut dyn FnMut(Skip)) -> Result<()> {
        meta.xattrs = self.place.attributes(name, false, skips)?;
        Ok(())
    }

    fn open(&self, entry: &Entry) -> Result<Box<dyn OpenFile>> {
        self.place.file(entry, &self.rules)
    }

    fn folder(&self, name: &[u8]) -> Result<Arc<dyn Folder>> {
        let trail = self.place.trail.below(name);
        let dir = self.place.folder(name, false)?;
        let id = stat_open(&dir, &trail)?.id();
        if self.rules.leaves_out(id) {
            return Err(replaced(&trail.path()));
        }
        if id.device != self.device {
            let path = trail.path().into_owned();
            let stop = self.rules.stop(&path, &dir).map_err(|errno| refused(errno, "cannot look at", &path))?;
            if stop.is_some() {
                return Ok(Arc::new(Way::new(path, self.rules.clone())));
            }
        }
        let (choice, ignore) = (self.choice.clone(), self.ignore().cloned());
        Ok(Arc::new(Self::new(Place { dir, trail }, id.device, choice, ignore, self.rules.clone())))
    }

    fn path(&self) -> TreePath {
        self.place.trail.path().into_owned()
    }
}

/// Asks the patterns about each name of one folder.
struct Filter<'a> {
    choice: &'a Choice,
    ignore: Option<&'a IgnoreFile>,
    path: Vec<u8>,
    folder_len: usize,
}

impl<'a> Filter<'a> {
    fn new(folder: &TreePath, choice: &'a Choice, ignore: Option<&'a IgnoreFile>) -> Self {
        let mut path = folder.child(b"").as_bytes().to_vec();
        path.reserve(64);
        Self { choice, ignore, folder_len: path.len(), path }
    }

    /// What the user said in so many words wins over files that lie in the source.
    fn excludes(&mut self, name: &[u8], is_dir: bool) -> bool {
        self.path.truncate(self.folder_len);
        self.path.extend_from_slice(name);
        let path: &Path = as_path(&self.path);
        let ignored = || self.ignore.and_then(|ignore| ignore.verdict(path, is_dir));
        let is_excluded = self.choice.excludes(path, is_dir).or_else(ignored).unwrap_or(false);
        is_excluded || self.choice.passes_over(path, is_dir)
    }
}
