//! Collecting garbage: packs that nothing refers to any more, without locking writers out.
//!
//! The protocol is that of docs/guarantees.md. In short: mark, wait until everybody can see the marks, look again, un-mark what
//! came into use, take the rest out of the index, delete. Writers look at the marks after they have named what they are about to
//! refer to, so that one of the two always sees the other.

mod full;
mod room;
mod roots;
mod sweep;
mod tombstones;

use std::collections::HashSet;

use larder_format::{
    config::Access,
    keys::BlobKind,
    pack::locator,
    records::{MarkReason, Marks},
    secret::random,
};
use larder_model::{BlobId, PackId, ProblemKind, Result, RunId};

use crate::{
    Amount, Monitor, Store,
    blobs::Library,
    index::{MarkSet, PackRows, marks},
    look::Look,
    own_runs,
    trace::{self, Seen},
};
use roots::{Over, Root, Roots};

/// What a gc is told.
#[derive(Clone, Copy, Debug, Default)]
pub struct GcOptions {
    /// Look, but delete nothing.
    pub dry_run: bool,
}

/// How a gc ended, or would end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct GcReport {
    pub packs_deleted: u64,
    pub bytes_freed: u64,
    pub packs_kept: u64,
    pub bytes_kept: u64,
}

/// So long what a killed run has stored waits for the next one.
const KILLED_SECS: i64 = 24 * 3600;

/// Blobs of content that are looked up together.
const CONTENTS_MAX: usize = 1 << 18;

/// What another gc deletes meanwhile can be missing here; this often everything is looked at anew.
const ATTEMPTS: u32 = 3;

/// Deletes packs that no snapshot and no running backup refers to.
pub fn gc(store: &Store, options: &GcOptions, monitor: &dyn Monitor) -> Result<GcReport> {
    store.allow(Access::Delete)?;
    if !options.dry_run {
        own_runs::clear_killed(store, KILLED_SECS)?;
    }
    for _ in 1..ATTEMPTS {
        match attempt(store, options, monitor) {
            // Or it was put by others, and not all of it can be seen yet.
            Err(problem) if problem.is(ProblemKind::Damaged) || problem.is(ProblemKind::NotFound) => {
                store.wait_until_visible();
            }
            ended => return ended,
        }
    }
    attempt(store, options, monitor)
}

fn attempt(store: &Store, options: &GcOptions, monitor: &dyn Monitor) -> Result<GcReport> {
    let mut over = Over::find(store)?;
    if !over.is_empty() {
        store.wait_until_visible();
        over.look_again(store)?;
    }
    let roots = Roots::read(store, &over)?;
    // After the roots: packs are put before what refers to them.
    let library = Library::open_at(store, Look::Now)?;
    library.adopt()?;
    let mut trace = Trace { library: &library, monitor, seen: Seen::default(), used: HashSet::new() };
    monitor.phase("trace", None);
    trace.all(&roots)?;
    let packs = library.index.packs();
    let mut dead = candidates(&packs, &trace.used, &roots);
    if options.dry_run {
        return Ok(report(&packs, &dead));
    }
    if !dead.is_empty() {
        dead = match confirm(store, &mut trace, &over, &dead) {
            Err(problem) if problem.is(ProblemKind::NoSpace) => {
                full::make_room(store, &mut trace, &over, dead, problem)?
            }
            confirmed => confirmed?,
        };
    }
    monitor.phase("delete", Some(Amount { files: dead.len() as u64, bytes: 0 }));
    sweep::sweep(&library, &dead, monitor)?;
    tombstones::clear(store, &over)?;
    Ok(report(&packs, &dead))
}

/// Marks the candidates, waits, and looks again; what is still unused may go. The marks stay as tombstones.
fn confirm(store: &Store, trace: &mut Trace, over: &Over, dead: &HashSet<PackId>) -> Result<HashSet<PackId>> {
    let own = RunId(random());
    let now = store.settings().now().secs;
    let marks = |packs: &HashSet<PackId>| Marks::new(MarkReason::Delete, own, now).with_packs(packs.iter().copied());
    let first = room::put_marks(trace.library, over, dead, &marks(dead))?;
    store.storage().barrier()?;
    store.wait_until_visible();
    // Another gc may run at the same time: what it is about to delete is no place that anything could be kept at.
    let mut taken = MarkSet::of_others(&marks::list(store)?, own);
    dead.iter().for_each(|pack| taken.add_pack(*pack));
    trace.library.index.set_marks(taken);
    trace.library.index.put_out_of_use(trace.library.damage_met());
    let again = Roots::read(store, over)?;
    // What was committed meanwhile lies in packs that were put meanwhile.
    trace.library.index.adopt(store, Look::Now)?;
    trace.all(&again)?;
    let mut confirmed = dead.clone();
    confirmed.retain(|pack| !trace.used.contains(pack));
    again.keep_live_runs(&trace.library.index.packs(), &mut confirmed);
    if confirmed.len() < dead.len() {
        if !confirmed.is_empty() {
            room::put_marks(trace.library, over, &confirmed, &marks(&confirmed))?;
            store.storage().barrier()?;
            // Whoever finds the first marks gone must find these in their place.
            store.wait_until_visible();
        }
        store.storage().delete(&first)?;
    }
    Ok(confirmed)
}

/// Packs that nothing uses and that belong to no live run.
fn candidates(packs: &PackRows, used: &HashSet<PackId>, roots: &Roots) -> HashSet<PackId> {
    let mut dead: HashSet<_> = packs.iter().map(|row| row.id).filter(|pack| !used.contains(pack)).collect();
    roots.keep_live_runs(packs, &mut dead);
    dead
}

fn report(packs: &PackRows, dead: &HashSet<PackId>) -> GcReport {
    let mut report = GcReport::default();
    for row in packs.iter() {
        let (count, bytes) = match dead.contains(&row.id) {
            true => (&mut report.packs_deleted, &mut report.bytes_freed),
            false => (&mut report.packs_kept, &mut report.bytes_kept),
        };
        *count += 1;
        *bytes += row.size;
    }
    report
}

/// Finds the packs that roots use.
struct Trace<'t> {
    library: &'t Library<'t>,
    monitor: &'t dyn Monitor,
    seen: Seen,
    used: HashSet<PackId>,
}

impl Trace<'_> {
    /// Snapshots come first, so that what runs share with them is known to be whole. A page that was bad in one place and read in another
    /// proves nothing of the first: that is put out of use, and all is looked at anew.
    fn all(&mut self, roots: &Roots) -> Result<()> {
        loop {
            let known = self.library.damage_met().len();
            (self.seen, self.used) = Default::default();
            self.some(&roots.snapshots)?;
            self.seen.passes_gaps = true;
            self.some(&roots.runs)?;
            let met = self.library.damage_met();
            if met.len() == known {
                return Ok(());
            }
            self.library.index.put_out_of_use(met);
        }
    }

    /// A blob of a snapshot that is nowhere, or a page that is damaged, ends the gc: what hangs on it is not known.
    fn some(&mut self, roots: &[Root]) -> Result<()> {
        self.follow(roots).map_err(|problem| match problem.kind() {
            ProblemKind::Damaged | ProblemKind::NotFound => problem.hint(
                "gc deletes nothing while something cannot be read; back up again, then `larder check`: what stays damaged can \
                 go with `larder rm`",
            ),
            _ => problem,
        })
    }

    fn follow(&mut self, roots: &[Root]) -> Result<()> {
        let Self { library, monitor, seen, used } = self;
        let passes_gaps = seen.passes_gaps;
        // The best place first: a blob that also lies in a marked pack does not keep that one.
        let mut use_one = |kind, id: &BlobId| {
            library.store.settings().interrupt.check()?;
            match library.place(kind, id) {
                Ok(place) => {
                    used.insert(place.pack);
                    Ok(())
                }
                Err(problem) if passes_gaps && problem.is(ProblemKind::Damaged) => Ok(()),
                Err(problem) => Err(problem),
            }
        };
        let mut contents = Vec::new();
        for root in roots {
            trace::trace(library, root.page, &root.references, seen, &mut |kind, id| {
                monitor.advance(Amount { files: 1, bytes: 0 });
                match kind {
                    BlobKind::Page => use_one(kind, id)?,
                    BlobKind::Content => contents.push(*id),
                }
                if contents.len() == CONTENTS_MAX { use_all(&mut contents, &mut use_one) } else { Ok(()) }
            })?;
        }
        use_all(&mut contents, &mut use_one)
    }
}

/// Looks blobs of content up in the order of the index: one block after the other is read, in place of one for each blob.
fn use_all(ids: &mut Vec<BlobId>, use_one: &mut impl FnMut(BlobKind, &BlobId) -> Result<()>) -> Result<()> {
    ids.sort_unstable_by_key(locator);
    ids.dedup();
    ids.drain(..).try_for_each(|id| use_one(BlobKind::Content, &id))
}
