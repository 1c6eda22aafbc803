//! The planner: walks the snapshot beside the target, and decides about each item. What stands in the way is looked at in
//! `standing.rs`, and files become pieces in `pieces.rs`.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, mpsc::sync_channel},
};

use larder_connect::{Target, TargetFolder};
use larder_format::page::Node;
use larder_model::{Entry, Flags, Kind, Problem, Result, TreePath};

use super::{
    OnConflict, RestoreOptions, Wanted,
    jobs::{FolderJob, Settle, Shared, with_long_xattrs},
    links::Links,
    report::Tally,
    window::{Gauge, Window, write_frames},
};
use crate::{Amount, Fate, Tree, ahead::stretch_len, folder::FolderCursor};

/// Frames that wait for a thread.
const QUEUE: usize = 8;

/// How much a restore will amount to.
pub(super) fn amount(tree: &Tree, path: &TreePath) -> Result<Amount> {
    let totals = match tree.node(path)? {
        Some(node) => node.totals(),
        None => tree.top_totals(),
    };
    Ok(Amount { files: totals.files, bytes: totals.bytes })
}

/// Walks and, unless it is only to compare, writes. With `probe` conflicts are gathered and nothing is written.
pub(super) fn run(
    tree: &Tree,
    path: &TreePath,
    target: &dyn Target,
    options: &RestoreOptions,
    tally: &Tally,
    probe: bool,
) -> Result<()> {
    let dry_run = options.dry_run || probe;
    let library = tree.library();
    let shared = Shared { library, tally, stop: Mutex::default(), dry_run };
    let standing = target.top(false)?;
    let is_new = standing.is_none();
    let top = if dry_run { standing } else { target.top(true)? };
    let (sender, receiver) = sync_channel(QUEUE);
    let (receiver, gauge) = (Mutex::new(receiver), Gauge::default());
    let links = std::thread::scope(|scope| {
        if !dry_run {
            for _ in 0..library.store.settings().threads.max(1) {
                scope.spawn(|| write_frames(&shared, &receiver, &gauge));
            }
        }
        let mut planner = Planner {
            shared: &shared,
            options,
            window: Window::new(sender, stretch_len(library.store.storage()), &gauge),
            links: Links::default(),
            keeps: options.on_conflict == OnConflict::Skip,
        };
        planner.plan(tree, path, top.clone(), is_new)?;
        if !dry_run {
            planner.window.flush()?;
            gauge.wait();
        }
        Ok::<_, Problem>(planner.links)
    })?;
    shared.check()?;
    match &top {
        Some(top) if !dry_run => links.finish(top, &shared)?,
        _ => links.count(&shared),
    }
    shared.check()
}

pub(super) struct Planner<'r, 'q> {
    pub shared: &'r Shared<'r>,
    pub options: &'r RestoreOptions,
    pub window: Window<'r, 'q>,
    links: Links,
    /// Folders that stand keep their metadata.
    pub keeps: bool,
}

/// A folder being planned.
struct Open<'r> {
    job: Arc<FolderJob<'r>>,
    cursor: FolderCursor,
    /// Names under which something of the snapshot stands or will stand; for `--delete`.
    taken: HashSet<Box<[u8]>>,
    /// The listing is whole. Of one that is not, nobody knows what should not be there.
    is_whole: bool,
}

impl<'r> Planner<'r, '_> {
    fn plan(
        &mut self,
        tree: &Tree<'_>,
        path: &TreePath,
        top: Option<Arc<dyn TargetFolder>>,
        is_new: bool,
    ) -> Result<()> {
        let node = tree.node(path)?;
        let mut names = Vec::new();
        if let Some(node) = node.as_ref().filter(|node| !node.entry.is_dir()) {
            let mut parent = path.clone();
            parent.pop();
            let job = FolderJob::top(self.shared, parent, top, Settle::Nothing);
            names.push(node.entry.name.clone());
            return self.item(&job, path, node.clone(), &names);
        }
        let content = node.as_ref().map_or_else(|| tree.top_content(), |node| node.content);
        // A folder that the user named and that stood there before keeps its own mode and times.
        let settle = node.filter(|_| is_new).map_or(Settle::Nothing, |node| Settle::Entry(Box::new(node)));
        let job = FolderJob::top(self.shared, path.clone(), top, settle);
        self.folders(
            path.clone(),
            Open { job, cursor: FolderCursor::new(content), taken: HashSet::new(), is_whole: true },
        )
    }

    /// Goes through a folder and all below it, with a stack of its own: paths can be deep.
    fn folders(&mut self, mut path: TreePath, first: Open<'r>) -> Result<()> {
        let mut names: Vec<Box<[u8]>> = Vec::new();
        let mut open = vec![first];
        while let Some(level) = open.last_mut() {
            self.shared.check()?;
            let node = match level.cursor.next(self.shared.library) {
                Ok(node) => node,
                Err(problem) => {
                    // A damaged page: what is below it is missing, all else goes on.
                    self.shared.item_failed(path.clone(), problem);
                    level.is_whole = false;
                    continue;
                }
            };
            let Some(node) = node else {
                if let Some(done) = open.pop() {
                    self.leave(done, &path)?;
                }
                if !open.is_empty() {
                    path.pop();
                    names.pop();
                }
                continue;
            };
            let job = level.job.clone();
            path.push(&node.entry.name);
            names.push(node.entry.name.clone());
            level.taken.insert(written(&job, &node.entry.name));
            match self.choose(&path, &node.entry) {
                Wanted::Leave => {}
                Wanted::Take | Wanted::Through if node.entry.is_dir() => {
                    if let Some(below) = self.folder(&job, &path, node)? {
                        open.push(below);
                        continue;
                    }
                }
                Wanted::Through => {}
                Wanted::Take => self.item(&job, &path, node, &names)?,
            }
            path.pop();
            names.pop();
        }
        Ok(())
    }

    fn choose(&self, path: &TreePath, entry: &Entry) -> Wanted {
        self.options.wanted.as_ref().map_or(Wanted::Take, |wanted| wanted(path, entry.is_dir()))
    }

    /// Prepares a folder; `None` when something stands in its way and stays.
    fn folder(&mut self, above: &Arc<FolderJob<'r>>, path: &TreePath, node: Node) -> Result<Option<Open<'r>>> {
        let (content, is_whole) = (node.content, !node.entry.meta.flags.has(Flags::PARTIAL));
        let stands = self.stands(above, path, &node.entry)?;
        let mtime = stands.as_ref().and_then(|found| found.meta.mtime);
        let standing = match stands {
            Some(found) if !found.is_dir() => match self.may_replace(above, path, &found, &node.entry) {
                Ok(true) => None,
                Ok(false) => return Ok(None),
                Err(problem) => {
                    self.shared.item_failed(path.clone(), problem);
                    return Ok(None);
                }
            },
            Some(_) => match above.standing() {
                Some(folder) => folder.open(&folder.written_name(&node.entry.name))?,
                None => None,
            },
            None => None,
        };
        let takes = self.choose(path, &node.entry) == Wanted::Take;
        let settle = match mtime {
            Some(mtime) if self.keeps && standing.is_some() => Settle::Time(mtime),
            None if self.keeps && standing.is_some() => Settle::Nothing,
            _ => Settle::Entry(Box::new(node)),
        };
        let job = FolderJob::below(above, path.clone(), settle, standing);
        if takes && !self.shared.dry_run {
            if let Err(problem) = job.ensure().map(drop) {
                self.shared.item_failed(path.clone(), problem);
                return Ok(None);
            }
        } else if takes && job.standing().is_none() {
            self.shared.tally.made_folder(path);
        }
        Ok(Some(Open { job, cursor: FolderCursor::new(content), taken: HashSet::new(), is_whole }))
    }

    /// Restores one item that is no folder.
    fn item(&mut self, folder: &Arc<FolderJob<'r>>, path: &TreePath, node: Node, names: &[Box<[u8]>]) -> Result<()> {
        self.shared.tally.monitor.item(&|| path.clone());
        if let Err(problem) = self.try_item(folder, path, node, names) {
            self.shared.item_failed(path.clone(), problem);
        }
        Ok(())
    }

    fn try_item(
        &mut self,
        folder: &Arc<FolderJob<'r>>,
        path: &TreePath,
        node: Node,
        names: &[Box<[u8]>],
    ) -> Result<()> {
        if let Some(found) = self.stands(folder, path, &node.entry)? {
            if self.is_same(folder, &found, &node)? {
                if let Some(link) = node.entry.meta.link {
                    self.links.add_first(link, names);
                }
                return self.keep(folder, path, &node);
            }
            if !self.may_replace(folder, path, &found, &node.entry)? {
                return Ok(());
            }
        }
        if let Some(link) = node.entry.meta.link
            && self.links.is_later(link, names, path, folder.settle())
        {
            return Ok(());
        }
        let tally = self.shared.tally;
        if self.shared.dry_run {
            tally.bytes.fetch_add(node.entry.meta.size, std::sync::atomic::Ordering::Relaxed);
            tally.done(Fate::Restored, path, 0);
            return Ok(());
        }
        if node.entry.kind == Kind::File {
            return self.file(folder, path, node);
        }
        let entry = with_long_xattrs(self.shared.library, &node)?;
        folder.ensure()?.make(&entry, &mut |skip| tally.skip(&skip))?;
        tally.done(Fate::Restored, path, 0);
        Ok(())
    }

    /// The folder is planned: removes what the snapshot does not have, if that was asked for.
    fn leave(&mut self, done: Open<'r>, path: &TreePath) -> Result<()> {
        let (true, Some(folder)) = (self.options.delete && done.is_whole, done.job.standing()) else { return Ok(()) };
        for name in folder.names()?.iter().filter(|name| !done.taken.contains(*name)) {
            let path = path.child(name);
            let Some(entry) = folder.look(name)? else { continue };
            if self.choose(&path, &entry) != Wanted::Take {
                continue;
            }
            if !self.shared.dry_run
                && let Err(problem) = folder.remove(name)
            {
                self.shared.item_failed(path, problem);
                continue;
            }
            self.shared.tally.done(Fate::Removed, &path, 0);
        }
        Ok(())
    }
}

fn written(job: &FolderJob, name: &[u8]) -> Box<[u8]> {
    job.standing().map_or_else(|| name.into(), |folder| folder.written_name(name))
}
