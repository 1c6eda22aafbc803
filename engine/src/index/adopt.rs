//! Packs that no index run covers: their writer was killed, or the run was lost. A pack describes itself, so they are taken over
//! as they are.

use std::sync::PoisonError;

use larder_connect::ObjectInfo;
use larder_format::{
    container::{self, ObjectKind},
    index::PackRow,
    pack::{Directory, TAIL_WINDOW},
};
use larder_model::{PackId, Problem, ProblemKind, Result};

use super::{AdoptedPack, Index, Listed, PackIds, Place};
use crate::{Store, look::Look, names, trouble::about};

impl Index {
    /// Lists packs, takes over those that no run covers, and takes those out of use that are gone. Damaged ones are left out:
    /// `check` names them.
    pub fn adopt(&self, store: &Store, look: Look) -> Result<()> {
        let runs = self.runs();
        let known = self.pack_ids();
        let (mut unknown, mut problem) = (Vec::new(), Ok(()));
        let listed = PackIds::collect(known.len(), |each| {
            problem = look.list_each(store.storage(), names::PACKS, &mut |info| {
                let Ok(id) = info.name.name().parse::<PackId>() else { return };
                each(&id);
                if !known.contains(&id) {
                    unknown.push((id, info));
                }
            });
        });
        problem?;
        // Usually nothing is missing, and nobody has to ask for each pack again.
        let is_whole = listed.has_all_collected(&known);
        let whole = runs.iter().filter(|_| is_whole).map(|run| run.hash).collect();
        drop(known);
        for (id, info) in unknown {
            match read_directory(store, id, &info) {
                Ok((row, directory)) => self.take_over(row, &directory),
                Err(problem) if problem.is(ProblemKind::NotFound) || problem.is(ProblemKind::Damaged) => {}
                Err(problem) => return Err(problem),
            }
        }
        *self.listed.write().unwrap_or_else(PoisonError::into_inner) = Some(Listed { packs: listed, whole });
        self.set_marks((*self.marks()).clone());
        Ok(())
    }

    fn take_over(&self, row: PackRow, directory: &Directory) {
        let entries = directory.entries();
        let mut places = self.adopted.write().unwrap_or_else(PoisonError::into_inner);
        for entry in &entries {
            let place = Place {
                pack: row.id,
                epoch: row.epoch,
                frame_offset: entry.frame_offset,
                frame_len: entry.frame_len,
                offset: entry.offset,
                len: entry.len,
            };
            places.entry((row.kind, entry.locator)).or_insert(place);
        }
        self.adopted_packs.lock().unwrap_or_else(PoisonError::into_inner).push(AdoptedPack { row, entries });
    }

    /// Hands over the adopted packs to the run that will cover them. Their places stay known here.
    pub fn take_adopted(&self) -> Vec<AdoptedPack> {
        std::mem::take(&mut *self.adopted_packs.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Reads a pack's directory, and what an index run would say of a pack that nobody but itself has told of.
pub(crate) fn read_directory(store: &Store, id: PackId, info: &ObjectInfo) -> Result<(PackRow, Directory)> {
    store.read_again_if_damaged(&info.name, || read_directory_once(store, id, info))
}

fn read_directory_once(store: &Store, id: PackId, info: &ObjectInfo) -> Result<(PackRow, Directory)> {
    let window = info.size.saturating_sub(TAIL_WINDOW)..info.size;
    let end = store.storage().get(&info.name, Some(window.clone()))?;
    let range = Directory::locate(info.size, &end).map_err(about(&info.name))?;
    let head = match window.start {
        0 => end.clone(),
        _ => store.storage().get(&info.name, Some(0..container::HEAD_LEN as u64))?,
    };
    let epoch = store.epoch_of(ObjectKind::Pack, &info.name, &head)?;
    let keys = store.epoch(epoch);
    let keys = keys.ok_or_else(|| Problem::damaged(format!("{}: it is sealed under an unknown epoch", info.name)))?;
    let sealed = match range.start.checked_sub(window.start) {
        Some(start) => end[start as usize..(range.end - window.start) as usize].to_vec(),
        None => store.storage().get(&info.name, Some(range))?,
    };
    let directory = Directory::open(keys.index(), &sealed).map_err(about(&info.name))?;
    let row = PackRow {
        id,
        size: info.size,
        kind: directory.kind,
        epoch,
        run: directory.run,
        created: PackRow::NOT_TOLD_APART,
        hash: info.hash.clone().map_or((0, Vec::new()), |hash| (store.storage().promises().hash_kind, hash)),
    };
    Ok((row, directory))
}
