//! The packs that an index knows, beside those that the storage has listed. A large store has millions of them.

use std::{collections::HashSet, sync::PoisonError};

use larder_format::{index::RunKind, keys::BlobKind};
use larder_model::{Hash, PackId};

use super::{Index, MarkSet, PackIds, PackRows, Run};

/// Packs that a listing showed.
pub(super) struct Listed {
    pub packs: PackIds,
    /// Runs all of whose packs were among them.
    pub whole: HashSet<Hash>,
}

impl Index {
    /// All packs that runs or adoption know, each once.
    pub fn packs(&self) -> PackRows {
        let adopted = self.adopted_packs.lock().unwrap_or_else(PoisonError::into_inner);
        PackRows::new(self.runs(), adopted.iter().map(|pack| pack.row.clone()).collect())
    }

    /// The ids of all packs that adoption or runs know, but for some runs; some ids come more than once.
    fn each_pack(&self, but: impl Fn(&Run) -> bool, each: &mut dyn FnMut(&PackId)) {
        self.runs().iter().filter(|run| !but(run)).flat_map(|run| run.tail.packs.ids()).for_each(&mut *each);
        let adopted = self.adopted_packs.lock().unwrap_or_else(PoisonError::into_inner);
        adopted.iter().for_each(|pack| each(&pack.row.id));
    }

    pub(super) fn pack_ids(&self) -> PackIds {
        let count = self.runs().iter().map(|run| run.tail.packs.len()).sum();
        PackIds::collect(count, |each| self.each_pack(|_| false, each))
    }

    /// The packs of pages, each once.
    pub fn packs_of_pages(&self) -> HashSet<PackId> {
        let runs = self.runs();
        let of_pages = runs.iter().filter(|run| run.tail.kind == RunKind::Blobs(BlobKind::Page));
        let mut packs: HashSet<_> = of_pages.flat_map(|run| run.tail.packs.ids().copied()).collect();
        let adopted = self.adopted_packs.lock().unwrap_or_else(PoisonError::into_inner);
        packs.extend(adopted.iter().filter(|pack| pack.row.kind == BlobKind::Page).map(|pack| pack.row.id));
        packs
    }

    /// Marks of packs that are gone say nothing any more; but what an index run still knows of such packs is out of use.
    pub(super) fn fit_to_listing(&self, marks: &mut MarkSet) {
        let listed = self.listed.read().unwrap_or_else(PoisonError::into_inner);
        let Some(listed) = &*listed else { return };
        marks.retain_packs(|pack| listed.packs.contains(pack));
        let is_whole = |run: &Run| listed.whole.contains(&run.hash);
        self.each_pack(is_whole, &mut |pack| {
            if !listed.packs.contains(pack) {
                marks.add_pack(*pack);
            }
        });
    }

    /// Takes note of a pack that this process has put.
    pub fn note_listed(&self, pack: PackId) {
        if let Some(listed) = &mut *self.listed.write().unwrap_or_else(PoisonError::into_inner) {
            listed.packs.insert(pack);
        }
    }
}
