//! The planner: walks the snapshot beside the target, and prepares its folders. Items are decided about in `item.rs`, what stands in
//! their way is looked at in `standing.rs`, files become pieces in `pieces.rs`, and what is too much is removed in `surplus.rs`.

use std::sync::{Arc, Mutex};

use larder_connect::{Outline, Target, TargetFolder};
use larder_format::page::{Node, Totals};
use larder_model::{Entry, Flags, Problem, ProblemKind, Result, Skip, TreePath};

use super::{
    Mode, OnConflict, RestoreOptions, Wanted,
    jobs::{FolderJob, Settle, Shared},
    links::Links,
    lost::Lost,
    names::Taken,
    pending::Pending,
    queue::{Closing, Queue},
    report::Tally,
    stretches::Stretches,
    window::{Window, write_frames},
};
use crate::{Amount, SnapshotInfo, Tree, ahead::readers, folder::FolderCursor};

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
    let storage = library.store.storage();
    let threads = readers(&library.store);
    let stretches = Stretches::of(storage, threads, abilities.disorder_bytes_max);
    let queue = Queue::new(stretches.are_by_file());
    let links = std::thread::scope(|scope| {
        let _closing = Closing(&queue);
        if mode == Mode::Write {
            for _ in 0..threads {
                scope.spawn(|| write_frames(&shared, &queue, stretches));
            }
        }
        let mut planner = Planner {
            shared: &shared,
            options,
            window: Window::new(&queue, stretches, abilities.disorder_bytes_max),
            links: Links::default(),
            keeps: options.on_conflict == OnConflict::Skip,
            trusts,
        };
        planner.plan(tree, path, top.clone(), is_new)?;
        if mode == Mode::Write {
            planner.window.flush();
            queue.wait();
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
    pub links: Links,
    /// Folders that stand keep their metadata.
    pub keeps: bool,
    pub trusts: bool,
}

/// A folder being planned.
pub(super) struct Open<'r> {
    pub job: Arc<FolderJob<'r>>,
    cursor: FolderCursor,
    pub taken: Taken,
    /// The listing is whole. Of one that is not, nobody knows what should not be there.
    pub is_whole: bool,
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

    pub fn choose(&self, path: &TreePath, entry: &Entry) -> Wanted {
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
            Some(_) => match above.standing().map(|folder| folder.open(&folder.written_name(&node.entry.name))) {
                Some(Ok(folder)) => folder,
                // A folder that the target keeps restores out of: all of it is left out, and told once.
                Some(Err(problem)) if problem.kind() == ProblemKind::Conflict => {
                    if self.shared.mode != Mode::Verify {
                        self.shared.item_failed(path.clone(), problem);
                    }
                    return Ok(None);
                }
                Some(Err(problem)) => return Err(problem),
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
}
