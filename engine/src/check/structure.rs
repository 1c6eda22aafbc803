//! Whether everything hangs together: index blocks, pages, references. File content is looked up, not read.

use std::collections::{HashMap, HashSet};

use larder_format::{
    keys::BlobKind,
    pack::{Locator, locator},
    page::{Chunk, Content, Node, PageRef},
    snapshot::Referred,
};
use larder_model::{BlobId, Kind, Problem, Result, RunId, TreePath};

use super::{CheckReport, Damage, Finding, finding};
use crate::{
    Amount, Monitor, SnapshotInfo,
    blobs::Library,
    content::{self, wrong_sum},
    folder::{FolderCursor, page_of},
    index::read_run_blocks,
    names, runs,
    tree::top_content,
};

/// Reads every block of every index run; damaged runs go to `bad`.
pub(super) fn index_blocks(library: &Library, report: &mut CheckReport, damage: &mut Damage) -> Result<()> {
    library.index.with_runs(|runs| {
        for run in runs {
            if let Err(problem) = read_run_blocks(&library.store, run, |_, _| Ok(())) {
                let is_known = damage.known.has_run(&run.hash);
                report.problems.push(finding(names::index(run.hash), problem)?.known(is_known));
                damage.bad.add_run(run.hash);
            }
        }
        Ok(())
    })
}

pub(super) fn check(library: &Library, monitor: &dyn Monitor, report: &mut CheckReport) -> Result<()> {
    let snapshots = library.store.snapshots()?.snapshots;
    records(library, &snapshots, report)?;
    let files = snapshots.iter().fold(0_u64, |files, info| files.saturating_add(info.record.totals().files));
    monitor.phase("structure", Some(Amount { files, bytes: 0 }));
    let mut walk = Walk { library, monitor, report, sound: HashMap::new() };
    // Newest first: what older ones share with it is looked at once.
    snapshots.iter().rev().try_for_each(|snapshot| walk.snapshot(snapshot))
}

/// Records of runs. Those of runs matter only while their run may go on.
fn records(library: &Library, snapshots: &[SnapshotInfo], report: &mut CheckReport) -> Result<()> {
    let store = &library.store;
    let intents = runs::intents(store)?;
    let live: HashSet<RunId> = runs::live_starts(store)?.iter().map(|start| start.run).collect();
    let committed = runs::committed(snapshots);
    for start in runs::starts(store)? {
        if let Err(problem) = start.record {
            let message = format!("{problem}; what its name tells is enough");
            report.harmless.push(Finding::new(&start.info.name, message));
        }
    }
    for intent in intents {
        let Err(problem) = intent.record else { continue };
        if live.contains(&intent.run) && !committed.contains(&intent.run) {
            report.problems.push(finding(&intent.info.name, problem)?);
        } else {
            report.harmless.push(Finding::new(&intent.info.name, format!("{problem}; its run has ended")));
        }
    }
    Ok(())
}

const SAME_DAMAGE: &str = "something below it is damaged; it was named where the same folder was met first";

/// A walk through all snapshots.
struct Walk<'w> {
    library: &'w Library<'w>,
    monitor: &'w dyn Monitor,
    report: &'w mut CheckReport,
    /// Subtrees that were walked, and whether nothing was wrong in them. None is walked twice: a hostile snapshot can repeat one
    /// more often than anybody can walk.
    sound: HashMap<Locator, bool>,
}

/// A folder being walked.
struct Open {
    cursor: FolderCursor,
    root: Option<PageRef>,
    problems: usize,
}

impl Walk<'_> {
    fn snapshot(&mut self, snapshot: &SnapshotInfo) -> Result<()> {
        for reference in snapshot.record.references() {
            if let Err(problem) = self.reference(reference) {
                let item = format!("{}: ledger, roots or statistics", names::snapshot(snapshot.id));
                self.report.problems.push(finding(item, problem)?);
            }
        }
        let mut path = TreePath::top();
        let mut open = vec![self.enter(top_content(snapshot))];
        while let Some(level) = open.last_mut() {
            self.library.store.settings().interrupt.check()?;
            let node = match level.cursor.next(self.library) {
                Ok(node) => node,
                Err(problem) => {
                    self.note(snapshot, &path, problem)?;
                    continue;
                }
            };
            let Some(node) = node else {
                self.leave(open.pop());
                path.pop();
                continue;
            };
            path.push(&node.entry.name);
            if let Err(problem) = self.node(&node) {
                self.note(snapshot, &path, problem)?;
            }
            match self.seen(&node) {
                None if node.entry.is_dir() => {
                    open.push(self.enter(node.content));
                    continue;
                }
                Some(is_sound) => {
                    self.monitor.advance(Amount { files: node.totals().files, bytes: 0 });
                    if !is_sound {
                        self.note(snapshot, &path, Problem::damaged(SAME_DAMAGE))?;
                    }
                }
                None => {}
            }
            path.pop();
        }
        Ok(())
    }

    fn enter(&self, content: Content) -> Open {
        Open { cursor: FolderCursor::new(content), root: page_of(&content), problems: self.report.problems.len() }
    }

    fn leave(&mut self, done: Option<Open>) {
        if let Some(Open { root: Some(root), problems, .. }) = done {
            self.report.pages += 1;
            self.sound.insert(locator(&root.id), self.report.problems.len() == problems);
        }
    }

    /// Whether a folder was walked before, and found sound.
    fn seen(&self, node: &Node) -> Option<bool> {
        page_of(&node.content).and_then(|root| self.sound.get(&locator(&root.id)).copied())
    }

    fn note(&mut self, snapshot: &SnapshotInfo, path: &TreePath, problem: Problem) -> Result<()> {
        let item = format!("{}:{path}", snapshot.id.short());
        self.report.problems.push(finding(item, problem)?);
        Ok(())
    }

    fn reference(&mut self, reference: &larder_format::snapshot::Reference) -> Result<()> {
        match reference.get() {
            Ok(Referred::Inline(_)) => Ok(()),
            _ => self.library.read_reference(reference, &mut |_| Ok(())),
        }
    }

    /// Looks up everything that a node refers to, and adds up its length.
    fn node(&mut self, node: &Node) -> Result<()> {
        for xattr in &node.long_xattrs {
            self.library.blob(BlobKind::Page, &xattr.value)?;
        }
        if node.entry.kind != Kind::File {
            return Ok(());
        }
        self.report.files += 1;
        self.monitor.advance(Amount { files: 1, bytes: 0 });
        let size = node.entry.meta.size;
        match node.content {
            Content::Nothing if size == 0 => Ok(()),
            Content::Nothing | Content::Folder { .. } => Err(wrong_sum()),
            Content::Blob(id) => self.blob(&id, |len| u64::from(len) == size),
            Content::Slice { blob, offset } => self.blob(&blob, |len| u64::from(offset) + size <= u64::from(len)),
            Content::Tree(root) => self.tree(root, size),
        }
    }

    fn tree(&mut self, root: PageRef, size: u64) -> Result<()> {
        let mut sum = 0u64;
        let library = self.library;
        content::walk(library, root, &mut |chunk| {
            sum = sum.saturating_add(chunk.len());
            match chunk {
                Chunk::Data { id, len } => self.blob(&id, |found| found == len),
                Chunk::Hole { .. } => Ok(()),
            }
        })?;
        if sum == size { Ok(()) } else { Err(wrong_sum()) }
    }

    /// A blob of content must have a place that is in use, and the length that is expected.
    fn blob(&self, id: &BlobId, fits: impl Fn(u32) -> bool) -> Result<()> {
        match self.library.index.find(&self.library.store, BlobKind::Content, id)? {
            Some(place) if fits(place.len) => Ok(()),
            Some(_) => Err(crate::content::wrong_len(id)),
            None => Err(Problem::damaged(format!("its content (blob {}) is lost or damaged", id.short()))),
        }
    }
}
