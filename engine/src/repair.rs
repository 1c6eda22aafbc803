//! Bringing back what a storage still has of objects that were deleted or replaced behind the store's back.
//!
//! Three kinds of objects matter: packs that the index knows, snapshots that nobody removed, and objects whose bytes are no longer what
//! their names stand for. Of packs the index knows the provider's hash, so the right revision is known before it is brought back; of
//! others one revision after the other is tried, the newest first, until one reads well.

mod hollow;
mod lost;

use std::{cell::RefCell, collections::HashSet};

use larder_connect::{ObjectInfo, ObjectName};
use larder_format::{
    config::Access,
    index::PackRow,
    records::{MarkReason, Marks, RecordKind},
    secret::random,
};
use larder_model::{Hash, PackId, Problem, ProblemKind, Result, RunId, SnapshotId, Time};

use crate::{
    Monitor, Store,
    blobs::Library,
    check::{ListedPacks, wrong},
    look::Look,
    names,
    store::is_hash_name,
};

pub use lost::undelete_lost_keys;

/// Earlier versions of an object that are tried.
const VERSIONS_MAX: usize = 20;

/// What is said of a snapshot whose content nobody has any more.
const HOLLOW: &str = "packs that it needs are gone: gc has taken them since it was deleted";

/// What a repair is told.
#[derive(Clone, Copy, Debug, Default)]
pub struct RepairOptions {
    /// Look, but bring nothing back.
    pub dry_run: bool,
}

/// How a repair ended, or would.
#[derive(Clone, Debug, Default)]
pub struct RepairReport {
    /// Objects that are there again; of a dry run those that would be tried.
    pub brought_back: Vec<String>,
    /// Objects that stay lost or damaged, each with what is wrong.
    pub lost: Vec<(String, String)>,
}

/// Brings back packs, snapshots and index runs that were deleted or replaced, as far as the storage still has them.
pub fn undelete(store: &Store, options: &RepairOptions, monitor: &dyn Monitor) -> Result<RepairReport> {
    store.allow(Access::Write)?;
    if !store.storage().promises().undelete {
        let message = format!("the storage at {} keeps nothing of what was deleted or replaced", store.location());
        return Err(Problem::new(ProblemKind::Unsupported, message)
            .hint("back up again: what the source still has is written anew; or bring the objects back from a copy of the store"));
    }
    monitor.phase("listing", None);
    let mut repair = Repair { store, options, report: RepairReport::default(), mended: HashSet::new() };
    repair.lost_folders()?;
    // Without records nobody knows what was removed on purpose, and marks tell what is out of use.
    for folder in [names::RECORDS, names::MARKS, names::INDEX] {
        repair.named_by_hash(folder)?;
    }
    repair.packs()?;
    repair.snapshots()?;
    if !options.dry_run {
        store.storage().barrier()?;
        repair.clear_marks()?;
    }
    Ok(repair.report)
}

struct Repair<'r> {
    store: &'r Store,
    options: &'r RepairOptions,
    report: RepairReport,
    /// Packs and index runs that were brought back.
    mended: HashSet<PackId>,
}

impl Repair<'_> {
    /// Records and index runs, where all of them are gone. Without records nobody knows which snapshots were removed on purpose, and without
    /// the index which packs there were.
    fn lost_folders(&mut self) -> Result<()> {
        for folder in [names::RECORDS, names::INDEX] {
            if !self.options.dry_run && self.store.storage().list(folder)?.is_empty() {
                lost::all_of(self.store.storage(), folder, &mut self.report.brought_back)?;
            }
        }
        Ok(())
    }

    fn packs(&mut self) -> Result<()> {
        let library = Library::open_at(self.store, Look::Now)?;
        let listed = ListedPacks::look(&library, Look::Now)?;
        let mut rows: Vec<PackRow> = library.index.packs().iter().collect();
        rows.sort_by_key(|row| row.id);
        for row in rows {
            self.store.settings().interrupt.check()?;
            if let Some(trouble) = listed.condemned(&library, &row)? {
                self.pack(&row, trouble)?;
            }
        }
        Ok(())
    }

    fn pack(&mut self, row: &PackRow, trouble: String) -> Result<()> {
        let name = names::pack(row.id);
        let is_there = match row.hash.0 {
            // Only its own bytes tell.
            0 => self.try_versions(&name, || self.is_named_by_its_hash(&name))?,
            _ => {
                self.options.dry_run
                    || self.store.storage().undelete(&name, &|info| wrong(row, Some(info)).is_none())?
            }
        };
        if is_there {
            self.mended.insert(row.id);
        }
        self.note(&name, is_there, trouble);
        Ok(())
    }

    /// Records, marks and index runs whose bytes were replaced. Deleted ones are not missed: gc deletes them, and packs describe themselves.
    fn named_by_hash(&mut self, folder: &str) -> Result<()> {
        for info in self.store.storage().list(folder)? {
            let Ok(hash) = info.name.name().parse::<Hash>() else { continue };
            if self.is_named_by_its_hash(&info.name)? {
                continue;
            }
            let is_there = self.try_versions(&info.name, || self.is_named_by_its_hash(&info.name))?;
            if is_there {
                self.mended.insert(PackId(hash.0));
            }
            self.note(&info.name, is_there, "its bytes are not those that were stored".to_owned());
        }
        Ok(())
    }

    /// Snapshots that cannot be read, and those that were deleted although no record says that it was on purpose.
    fn snapshots(&mut self) -> Result<()> {
        let list = self.store.snapshots_at(Look::Now)?;
        for (id, problem) in &list.damaged {
            let is_there = self.snapshot(*id)?;
            // gc takes nothing while a snapshot is damaged; but what is incomplete stays, and is named.
            let is_whole = is_there && (self.options.dry_run || self.is_complete(*id)?);
            let trouble = if is_there { HOLLOW.to_owned() } else { problem.to_string() };
            self.note(&names::snapshot(*id), is_whole, trouble);
        }
        let there: HashSet<SnapshotId> = list.snapshots.iter().map(|info| info.id).collect();
        let forgotten = self.forgotten()?;
        let mut deleted = self.store.storage().deleted(names::SNAPSHOTS, !self.options.dry_run)?;
        deleted.sort();
        for name in deleted {
            let Ok(id) = name.name().parse::<SnapshotId>() else { continue };
            if there.contains(&id) || forgotten.contains(&id) {
                continue;
            }
            let is_there = self.snapshot(id)?;
            if is_there && !self.options.dry_run {
                // Its number is known to be forgotten, though not its name.
                let is_forgotten = self.is_accounted_for(id)?;
                if is_forgotten || !self.is_complete(id)? {
                    self.store.storage().delete(&name)?;
                    if !is_forgotten {
                        self.note(&name, false, HOLLOW.to_owned());
                    }
                    continue;
                }
            }
            self.note(&name, is_there, "it is missing from the store".to_owned());
        }
        Ok(())
    }

    fn snapshot(&self, id: SnapshotId) -> Result<bool> {
        self.try_versions(&names::snapshot(id), || found(self.store.snapshot(id)))
    }

    fn forgotten(&self) -> Result<HashSet<SnapshotId>> {
        let records = self.store.list_records(names::RECORDS, Look::Glance, is_hash_name, |_, _| Ok(()))?;
        let forgets =
            records.iter().map(|listed: &crate::store::Listed<larder_format::records::Record>| &listed.record);
        Ok(forgets
            .filter(|record| record.kind() == Some(RecordKind::Forget))
            .filter_map(|record| record.snapshot())
            .collect())
    }

    fn is_accounted_for(&self, id: SnapshotId) -> Result<bool> {
        let record = self.store.snapshot(id)?.record;
        Ok(self.store.forgotten()?.contains(&(record.origin(), record.sequence)))
    }

    /// Brings back one version after the other, the newest first, until one is right.
    fn try_versions(&self, name: &ObjectName, is_right: impl Fn() -> Result<bool>) -> Result<bool> {
        if self.options.dry_run {
            return Ok(true);
        }
        // What is brought back becomes a version itself, so those that were tried are known by their hashes.
        let tried = RefCell::new(HashSet::new());
        let is_next = |info: &ObjectInfo| tried.borrow_mut().insert((info.size, info.hash.clone()));
        for _ in 0..VERSIONS_MAX {
            if !self.store.storage().undelete(name, &is_next)? {
                return Ok(false);
            }
            self.store.storage().doubt(name);
            if is_right()? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn is_named_by_its_hash(&self, name: &ObjectName) -> Result<bool> {
        let unknown = || ObjectInfo { name: name.clone(), size: 0, modified: Time::default(), hash: None };
        let info = self.store.storage().known(name).unwrap_or_else(unknown);
        found(self.store.verify_name(&info))
    }

    fn note(&mut self, name: &ObjectName, is_there: bool, trouble: String) {
        if is_there {
            self.report.brought_back.push(name.to_string());
        } else {
            self.report.lost.push((name.to_string(), trouble));
        }
    }

    /// Takes back what checks have marked of what is there again: what is marked is out of use.
    fn clear_marks(&self) -> Result<()> {
        if self.mended.is_empty() {
            return Ok(());
        }
        let store = self.store;
        let marks = store.list_records::<Marks>(names::MARKS, Look::Now, is_hash_name, |_, _| Ok(()))?;
        for listed in marks.iter().filter(|listed| listed.record.reason() == Some(MarkReason::Damaged)) {
            let mut all = listed.record.packs().chain(listed.record.frames().map(|(pack, _)| pack));
            if !all.any(|pack| self.mended.contains(&pack)) {
                continue;
            }
            let packs: Vec<_> = listed.record.packs().filter(|pack| !self.mended.contains(pack)).collect();
            let frames: Vec<_> = listed.record.frames().filter(|(pack, _)| !self.mended.contains(pack)).collect();
            if !packs.is_empty() || !frames.is_empty() {
                let rest = Marks::new(MarkReason::Damaged, RunId(random()), store.settings().now().secs);
                store.put_record(names::MARKS, &rest.with_packs(packs).with_frames(frames))?;
                store.storage().barrier()?;
            }
            store.storage().delete(&listed.info.name)?;
        }
        Ok(())
    }
}

/// Whether a read went well; damage is no error here.
fn found<T>(read: Result<T>) -> Result<bool> {
    match read {
        Ok(_) => Ok(true),
        Err(problem) if problem.is(ProblemKind::Damaged) || problem.is(ProblemKind::NotFound) => Ok(false),
        Err(problem) => Err(problem),
    }
}
