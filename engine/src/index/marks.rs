//! Marks: what gc is about to delete, and what check proved bad.

use std::collections::HashSet;

use larder_format::records::Marks;
use larder_model::{Hash, PackId, Problem, ProblemKind, Result, RunId};

use super::Place;
use crate::{
    Store,
    look::{Look, until_whole},
    names,
    store::{Listed, is_hash_name},
};

/// Marks that cannot be read count for this long: no gc takes longer.
const UNREADABLE_EXPIRES_SECS: i64 = 24 * 3600;

/// All marks of a store, taken together.
#[derive(Clone, Debug, Default)]
pub(crate) struct MarkSet {
    packs: HashSet<PackId>,
    frames: HashSet<(PackId, u32)>,
}

impl MarkSet {
    pub fn load(store: &Store) -> Result<Self> {
        let mut set = Self::default();
        for listed in list(store)? {
            set.add(&listed.record);
        }
        Ok(set)
    }

    /// What can be read, for those who only read.
    pub fn load_readable(store: &Store, look: Look) -> Result<Self> {
        let mut set = Self::default();
        let records: Vec<Listed<Marks>> = store.list_records(names::MARKS, look, is_hash_name, |_, _| Ok(()))?;
        records.iter().for_each(|listed| set.add(&listed.record));
        Ok(set)
    }

    /// The marks of everybody but one gc run.
    pub fn of_others(marks: &[Listed<Marks>], own: RunId) -> Self {
        let mut set = Self::default();
        marks.iter().filter(|listed| listed.record.run() != own).for_each(|listed| set.add(&listed.record));
        set
    }

    fn add(&mut self, marks: &Marks) {
        self.packs.extend(marks.packs());
        self.frames.extend(marks.frames());
    }

    pub fn has_pack(&self, pack: &PackId) -> bool {
        self.packs.contains(pack)
    }

    /// Forgets marks of packs that are gone: nothing can refer to them any more.
    pub fn retain_packs(&mut self, keep: impl Fn(&PackId) -> bool) {
        self.packs.retain(&keep);
        self.frames.retain(|(pack, _)| keep(pack));
    }

    pub fn add_pack(&mut self, pack: PackId) {
        self.packs.insert(pack);
    }

    pub fn add_frame(&mut self, pack: PackId, offset: u32) {
        self.frames.insert((pack, offset));
    }

    pub fn packs(&self) -> impl Iterator<Item = PackId> {
        self.packs.iter().copied()
    }

    pub fn frames(&self) -> impl Iterator<Item = (PackId, u32)> {
        self.frames.iter().copied()
    }

    /// True when the place is no place for new references.
    pub fn has(&self, place: &Place) -> bool {
        self.has_pack(&place.pack) || self.frames.contains(&(place.pack, place.frame_offset))
    }

    pub fn has_frame(&self, pack: PackId, offset: u32) -> bool {
        self.frames.contains(&(pack, offset))
    }

    /// Index runs are marked like packs.
    pub fn has_run(&self, run: &Hash) -> bool {
        self.packs.contains(&PackId(run.0))
    }

    pub fn add_run(&mut self, run: Hash) {
        self.packs.insert(PackId(run.0));
    }

    pub fn is_empty(&self) -> bool {
        self.packs.is_empty() && self.frames.is_empty()
    }

    /// What is here and not in `other`.
    pub fn without(&self, other: &Self) -> Self {
        Self {
            packs: self.packs.difference(&other.packs).copied().collect(),
            frames: self.frames.difference(&other.frames).copied().collect(),
        }
    }
}

/// All marks. One that cannot be read may be of a gc that is running, and nobody knows what it is about to delete: while it is
/// young, nothing may be referred to. An old one is passed over.
///
/// gc replaces its marks when it has un-marked something: when one vanishes between listing and reading, its successor is there,
/// or will be seen soon.
pub(crate) fn list(store: &Store) -> Result<Vec<Listed<Marks>>> {
    until_whole(store, Look::Now, |_| list_once(store))
}

/// Also tells whether everything that was listed was still there to be read.
fn list_once(store: &Store) -> Result<(Vec<Listed<Marks>>, bool)> {
    let (mut marks, mut is_whole) = (Vec::new(), true);
    let mut listed = store.storage().list(names::MARKS)?;
    listed.retain(|info| is_hash_name(&info.name));
    store.announce(listed.iter().map(|info| info.name.clone()))?;
    for info in listed {
        match store.get_record(&info.name) {
            Ok(record) => marks.push(Listed { info, record }),
            Err(problem) if problem.is(ProblemKind::NotFound) => is_whole = false,
            Err(problem) if problem.is(ProblemKind::Damaged) => pass_over(store, info.modified.secs, problem)?,
            Err(problem) => return Err(problem),
        }
    }
    Ok((marks, is_whole))
}

fn pass_over(store: &Store, modified: i64, problem: Problem) -> Result<()> {
    if modified + UNREADABLE_EXPIRES_SECS <= store.settings().now().secs {
        return Ok(());
    }
    Err(problem
        .context("a gc that may be running cannot be understood")
        .hint("if no gc is running, run the command again tomorrow, or remove that object"))
}
