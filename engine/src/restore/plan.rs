//! The planner: walks the snapshot beside the target, and decides about each item. What stands in the way is looked at in
//! `standing.rs`, and files become pieces in `pieces.rs`.

use std::sync::{Arc, Mutex, atomic::Ordering::Relaxed, mpsc::sync_channel};

use larder_connect::{Outline, Removal, Target, TargetFolder};
use larder_format::page::{Node, Totals};
use larder_model::{Entry, Flags, Kind, Problem, Result, Skip, TreePath};

use super::{
    Mode, OnConflict, RestoreOptions, Wanted,
    jobs::{FileJob, FolderJob, Settle, Shared, with_long_xattrs},
    links::Links,
    lost::Lost,
    names::Taken,
    pending::{Order, Pending},
    report::Tally,
    window::{Gauge, Window, write_frames},
};
use crate::{Amount, Fate, SnapshotInfo, Tree, folder::FolderCursor};

/// Frames that wait for a thread.
const QUEUE: usize = 8;

/// How much a restore will amount to.
pub(super) fn amount(tree: &Tree, path: &TreePath) -> Result<Amount> {
    let totals = totals(tree, path)?;
    Ok(Amount { files: totals.files, bytes: totals.bytes })
}

/// The same, for the target.
pub(super) fn outline(tree: &Tree, path: &TreePath, snapshot: &SnapshotInfo) -> Result<Outline> {
    let totals = totals(tree, path)?;
    let Totals { files, folders, bytes } = totals;
    Ok(Outline { origin: snapshot.record.origin(), files, folders, bytes })
}

fn totals(tree: &Tree, path: &TreePath) -> Result<Totals> {
    Ok(match tree.node(path)? {
        Some(node) => node.totals(),
        None => tree.top_totals(),
    })
}

/// Walks and does what the mode says. `trusts` says that what stands there under the name, kind and size of an item was compared
/// already, and is it.
pub(super) fn run(
    tree: &Tree,
    path: &TreePath,
    target: &dyn Target,
    options: &RestoreOptions,
    tally: &Tally,
    mode: Mode,
    trusts: bool,
) -> Result<()> {
    let library = tree.library();
    let abilities = target.abilities();
    let shared = Shared {
        library,
        tally,
        target,
        abilities,
        stop: Mutex::default(),
        pending: Pending::default(),
        lost: Lost::new(&abilities),
        mode,
    };
    let standing = target.top(false)?;
    let is_new = standing.is_none();
    let top = if mode == Mode::Write { target.top(true)? } else { standing };
    let (sender, receiver) = sync_channel(QUEUE);
    let (receiver, gauge) = (Mutex::new(receiver), Gauge::default());
    let links = std::thread::scope(|scope| {
        if mode == Mode::Write {
            for _ in 0..library.store.settings().threads.max(1) {
                scope.spawn(|| write_frames(&shared, &receiver, &gauge));
            }
        }
        let mut planner = Planner {
            shared: &shared,
            options,
            window: Window::new(sender, &gauge, abilities.disorder_bytes_max),
            links: Links::default(),
            keeps: options.on_conflict == OnConflict::Skip,
            trusts,
        };
        planner.plan(tree, path, top.clone(), is_new)?;
        if mode == Mode::Write {
            planner.window.flush()?;
            gauge.wait();
        }
        Ok::<_, Problem>(planner.links)
    })?;
    shared.check()?;
    match (mode, &top) {
        (Mode::Write, Some(top)) => links.finish(top, &shared)?,
        (Mode::Verify, _) => {}
        _ => links.count(&shared),
    }
    shared.check()?;
    if mode == Mode::Write {
        let flushed = target.flush(&mut |skip: Skip| tally.skip(&skip));
        shared.collect();
        shared.check()?;
        flushed?;
        shared.collect_all();
        shared.check()?;
    }
    if matches!(mode, Mode::Write | Mode::Rehearse) {
        shared.lost.tell(path, tally);
    }
    Ok(())
}

pub(super) struct Planner<'r, 'q> {
    pub shared: &'r Shared<'r>,
    pub options: &'r RestoreOptions,
    pub window: Window<'r, 'q>,
    links: Links,
    /// Folders that stand keep their metadata.
    pub keeps: bool,
    pub trusts: bool,
}

/// A folder being planned.
struct Open<'r> {
    job: Arc<FolderJob<'r>>,
    cursor: FolderCursor,
    taken: Taken,
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
            Open { job, cursor: FolderCursor::new(content), taken: Taken::default(), is_whole: true },
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
            let Some(mut node) = node else {
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
            self.take_name(&job, &mut level.taken, &path, &mut node);
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
        match self.shared.mode {
            Mode::Write if takes => {
                if let Err(problem) = job.ensure().map(drop) {
                    self.shared.item_failed(path.clone(), problem);
                    return Ok(None);
                }
            }
            Mode::Probe | Mode::Rehearse if takes => job.would_make(),
            Mode::Verify if takes && job.standing().is_none() => {
                let message = "the folder that was made is not there";
                self.shared.tally.skip(&Skip::missing(path.clone(), "verify", message));
            }
            _ => {}
        }
        Ok(Some(Open { job, cursor: FolderCursor::new(content), taken: Taken::default(), is_whole }))
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
        let shared = self.shared;
        if shared.mode == Mode::Verify {
            return self.verify(folder, path, &node);
        }
        if let Some(why) = shared.impossible(node.entry.kind) {
            shared.tally.skip(&Skip::missing(path.clone(), "unsupported", why).tagged(node.entry.kind.word()));
            return Ok(());
        }
        let found = self.stands(folder, path, &node.entry)?;
        if let Some(found) = &found {
            if self.is_same(folder, found, &node)? {
                if let Some(link) = node.entry.meta.link {
                    self.links.add_first(link, names);
                }
                return self.keep(folder, path, found, &node);
            }
            if !self.may_replace(folder, path, found, &node.entry)? {
                return Ok(());
            }
        }
        if let Some(link) = node.entry.meta.link.filter(|_| shared.abilities.hardlinks)
            && self.links.is_later(link, names, path, folder.settle())
        {
            return Ok(());
        }
        if shared.mode != Mode::Write {
            self.would_write(folder, path, found.as_ref(), &node);
            return Ok(());
        }
        if node.entry.kind == Kind::File {
            let job = FileJob::new(folder.clone(), node, path.clone(), found.filter(|found| !found.is_dir()));
            if shared.abilities.recalls && job.recall()? {
                shared.tally.bytes.fetch_add(job.node.entry.meta.size, Relaxed);
                shared.lost.count(&job.node);
                shared.tally.done(Fate::Restored, path, job.node.entry.meta.size);
            } else {
                self.file(&job);
            }
            return Ok(());
        }
        let entry = with_long_xattrs(shared.library, &node)?;
        folder.ensure()?.make(&entry, &mut |skip| shared.tally.skip(&skip))?;
        shared.lost.count(&node);
        shared.tally.done(Fate::Restored, path, 0);
        Ok(())
    }

    /// Counts what a restore would write.
    fn would_write(&self, folder: &FolderJob, path: &TreePath, found: Option<&Entry>, node: &Node) {
        let (shared, tally) = (self.shared, self.shared.tally);
        folder.would_make();
        shared.lost.count(node);
        tally.bytes.fetch_add(node.entry.meta.size, Relaxed);
        tally.free(found.map_or(0, |found| found.meta.size));
        if shared.mode == Mode::Rehearse {
            shared.tell_other_name(folder, path, &node.entry.name);
        }
        tally.done(Fate::Restored, path, 0);
    }

    /// The folder is planned: removes what the snapshot does not have, if that was asked for.
    fn leave(&mut self, done: Open<'r>, path: &TreePath) -> Result<()> {
        let (true, Some(folder)) = (self.options.delete && done.is_whole, done.job.standing()) else { return Ok(()) };
        if self.shared.mode == Mode::Verify {
            return Ok(());
        }
        let target = self.shared.target;
        for name in folder.names()?.iter().filter(|name| !done.taken.has(target, name)) {
            let path = path.child(name);
            let Some(entry) = folder.look(name)? else { continue };
            if self.choose(&path, &entry) != Wanted::Take {
                continue;
            }
            if let Err(problem) = self.surplus(&**folder, &path, name, &entry) {
                self.shared.item_failed(path, problem);
            }
        }
        Ok(())
    }

    fn surplus(&self, folder: &dyn TargetFolder, path: &TreePath, name: &[u8], entry: &Entry) -> Result<()> {
        let shared = self.shared;
        if let Some(why) = folder.protected(name)? {
            if shared.mode != Mode::Probe {
                shared.tally.skip(&Skip::note(path.clone(), "kept", why));
            }
            return Ok(());
        }
        if shared.mode != Mode::Write {
            // What a folder gives back nobody has counted.
            shared.tally.free(if entry.is_dir() { u64::MAX } else { entry.meta.size });
            shared.tally.done(Fate::Removed, path, 0);
            return Ok(());
        }
        let ticket = shared.pending.ticket();
        shared.order(Order::Removal, ticket, path, || Ok(((), folder.remove(name, Removal::Surplus(ticket))?)))
    }
}
