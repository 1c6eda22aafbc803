//! Snapshots that come back after gc has taken what they need.
//!
//! To gc a snapshot that was deleted is one that nobody needs. So what came back is traced, and packs that are missing are looked for among
//! those that the storage remembers: each is brought back, and goes again at once if nothing in it is missed.

use std::collections::HashSet;

use larder_connect::{ObjectInfo, ObjectName};
use larder_format::{
    keys::BlobKind,
    pack::{Locator, locator},
};
use larder_model::{PackId, ProblemKind, Result, SnapshotId};

use super::{Repair, found};
use crate::{
    blobs::Library,
    index::read_directory,
    look::Look,
    names,
    trace::{self, Seen},
};

type Missing = HashSet<(BlobKind, Locator)>;

impl Repair<'_> {
    /// Whether everything that a snapshot refers to is there, perhaps after packs were brought back for it.
    pub(super) fn is_complete(&mut self, id: SnapshotId) -> Result<bool> {
        loop {
            let missing = self.missing(id)?;
            // Below a page that has come back more may be missing.
            if missing.is_empty() || !self.bring_back_packs(missing)? {
                return found(self.trace_strictly(id));
            }
        }
    }

    /// Blobs of a snapshot that are in no pack, as far as pages can be read.
    fn missing(&self, id: SnapshotId) -> Result<Missing> {
        let mut missing = Missing::new();
        let library = self.library()?;
        let record = self.store.snapshot(id)?.record;
        let references: Vec<_> = record.references().cloned().collect();
        let mut seen = Seen::default();
        seen.passes_gaps = true;
        let traced = trace::trace(&library, record.root(), &references, &mut seen, &mut |kind, id| {
            match library.place(kind, id) {
                Err(problem) if problem.is(ProblemKind::Damaged) => drop(missing.insert((kind, locator(id)))),
                placed => drop(placed?),
            }
            Ok(())
        });
        found(traced)?;
        Ok(missing)
    }

    fn trace_strictly(&self, id: SnapshotId) -> Result<()> {
        let library = self.library()?;
        let record = self.store.snapshot(id)?.record;
        let references: Vec<_> = record.references().cloned().collect();
        trace::trace(&library, record.root(), &references, &mut Seen::default(), &mut |kind, id| {
            library.place(kind, id).map(drop)
        })
    }

    /// With the packs that are there now, and none that is gone.
    fn library(&self) -> Result<Library<'_>> {
        let library = Library::open_at(self.store, Look::Now)?;
        library.adopt()?;
        Ok(library)
    }

    /// Brings back packs that hold something of what is missing; false when there was none.
    fn bring_back_packs(&mut self, mut missing: Missing) -> Result<bool> {
        let mut has_some = false;
        let mut deleted = self.store.storage().deleted(names::PACKS, true)?;
        deleted.sort();
        for name in deleted {
            self.store.settings().interrupt.check()?;
            let Ok(pack) = name.name().parse::<PackId>() else { continue };
            if missing.is_empty() {
                break;
            }
            if self.untried(pack) && self.bring_back_pack(&name, pack, &mut missing)? {
                self.mended.insert(pack);
                self.note(&name, true, String::new());
                has_some = true;
            }
        }
        Ok(has_some)
    }

    /// What came back, or is known to be lost, is not tried again.
    fn untried(&self, pack: PackId) -> bool {
        let name = names::pack(pack);
        !self.mended.contains(&pack) && !self.report.lost.iter().any(|(lost, _)| *lost == name.as_str())
    }

    fn bring_back_pack(&self, name: &ObjectName, pack: PackId, missing: &mut Missing) -> Result<bool> {
        if !self.store.storage().undelete(name, &|_| true)? {
            return Ok(false);
        }
        self.store.storage().doubt(name);
        let before = missing.len();
        if let Some(info) = self.known(name)? {
            let read = read_directory(self.store, pack, &info);
            if let Ok((_, directory)) = &read {
                let held = directory.entries().into_iter().map(|entry| (directory.kind, entry.locator));
                held.for_each(|blob| _ = missing.remove(&blob));
            }
            found(read)?;
        }
        if missing.len() < before && self.is_named_by_its_hash(name)? {
            return Ok(true);
        }
        self.store.storage().delete(name)?;
        Ok(false)
    }

    fn known(&self, name: &ObjectName) -> Result<Option<ObjectInfo>> {
        match self.store.storage().known(name) {
            Some(info) => Ok(Some(info)),
            None => Ok(self.store.storage().list(names::PACKS)?.into_iter().find(|info| info.name == *name)),
        }
    }
}
