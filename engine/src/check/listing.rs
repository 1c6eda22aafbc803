//! What a listing tells: is everything there, and as long as it should be?

use std::collections::{HashMap, HashSet};

use larder_connect::ObjectInfo;
use larder_format::{index::PackRow, records::Marks};
use larder_model::{PackId, ProblemKind, Result};

use super::{CheckReport, Damage, Finding, copies, finding, numbers::Numbers};
use crate::{Monitor, Store, blobs::Library, index::PackRows, look::Look, names, store::is_hash_name};

/// The smallest object: head and hash.
const OBJECT_LEN_MIN: u64 = 48;

pub(super) fn check(
    library: &Library,
    monitor: &dyn Monitor,
    report: &mut CheckReport,
    damage: &mut Damage,
) -> Result<()> {
    monitor.phase("listing", None);
    copies::check(&library.store, report)?;
    packs(library, report, damage)?;
    index_runs(library, report, damage)?;
    marks(library, report)?;
    snapshots(library, report)
}

/// What the storage lists, beside what the index knows of packs. Of what is as it should be, which are millions in a large store, only that
/// is kept.
pub(crate) struct ListedPacks {
    known: PackRows,
    /// By the position of a pack among the known ones.
    is_right: Vec<bool>,
    others: HashMap<PackId, ObjectInfo>,
    count: u64,
}

impl ListedPacks {
    pub fn look(library: &Library, look: Look) -> Result<Self> {
        let known = library.index.packs();
        let mut listed = Self { is_right: vec![false; known.len()], known, others: HashMap::new(), count: 0 };
        look.list_each(library.store.storage(), names::PACKS, &mut |info| listed.add(info))?;
        Ok(listed)
    }

    fn add(&mut self, info: ObjectInfo) {
        let Ok(id) = info.name.name().parse() else { return };
        self.count += 1;
        match self.known.position(&id) {
            Some(at) if self.known.get(&id).is_some_and(|row| wrong(&row, Some(&info)).is_none()) => {
                self.is_right[at] = true;
            }
            _ => drop(self.others.insert(id, info)),
        }
    }

    fn is_all_right(&self) -> bool {
        self.is_right.iter().all(|is_right| *is_right)
    }

    /// What is wrong for sure with a pack that an index run knows by now.
    pub fn condemned(&self, library: &Library, row: &PackRow) -> Result<Option<String>> {
        let is_right = self.known.position(&row.id).is_some_and(|at| self.is_right[at]);
        if is_right
            && self.known.get(&row.id).is_some_and(|known| (known.size, known.hash) == (row.size, row.hash.clone()))
        {
            return Ok(None);
        }
        condemned(library, row, self.others.get(&row.id))
    }
}

/// Every pack that an index run knows must be there, with the size (and hash) that the run says.
fn packs(library: &Library, report: &mut CheckReport, damage: &mut Damage) -> Result<()> {
    let mut listed = ListedPacks::look(library, Look::Glance)?;
    // A gc that ended just now has taken packs out of the index before it deleted them: what seems wrong is looked at anew.
    let is_all_right = listed.is_all_right();
    if !is_all_right {
        listed = ListedPacks::look(library, Look::Now)?;
        library.index.reload_runs(&library.store)?;
    }
    let known = library.index.packs();
    library.adopt_at(if is_all_right { Look::Glance } else { Look::Now })?;
    for row in known.iter() {
        let Some(trouble) = listed.condemned(library, &row)? else { continue };
        report.problems.push(Finding::new(names::pack(row.id), trouble).known(damage.known.has_pack(&row.id)));
        damage.bad.add_pack(row.id);
    }
    report.packs = listed.count;
    // A pack that no run covers and that does not describe itself serves nobody.
    let adopted = library.index.packs();
    for (id, info) in listed.others.iter().filter(|(id, _)| !adopted.contains(id)) {
        let trouble = match crate::index::read_directory(&library.store, *id, info) {
            Err(problem) => finding(&info.name, problem)?,
            Ok(_) => continue,
        };
        report.problems.push(trouble.known(damage.known.has_pack(id)));
        damage.bad.add_pack(*id);
    }
    Ok(())
}

/// What is wrong with a pack, as far as a listing tells.
pub(crate) fn wrong(row: &PackRow, listed: Option<&ObjectInfo>) -> Option<String> {
    let Some(info) = listed else { return Some("it is missing from the store".to_owned()) };
    if info.size != row.size {
        return Some(format!("it has {} bytes instead of {}", info.size, row.size));
    }
    let is_other = row.hash.0 != 0 && info.hash.as_ref().is_some_and(|hash| *hash != row.hash.1);
    is_other.then(|| "its content is not what was stored: the provider reports another hash".to_owned())
}

/// What is wrong with a pack for sure. A listing alone condemns nothing: a writer may have put the pack since, or somebody has repaired it.
/// The object itself is asked for, twice if it is so young that not everybody needs to see it yet.
fn condemned(library: &Library, row: &PackRow, listed: Option<&ObjectInfo>) -> Result<Option<String>> {
    if wrong(row, listed).is_none() {
        return Ok(None);
    }
    let seen = seen_alone(&library.store, row, listed)?;
    if seen.is_none() || !is_young(&library.store, row) {
        return Ok(seen);
    }
    library.store.wait_until_visible();
    seen_alone(&library.store, row, listed)
}

fn is_young(store: &Store, row: &PackRow) -> bool {
    let delay = store.storage().promises().visibility_delay * 2;
    let seen_by_all = i64::try_from(delay.as_nanos()).unwrap_or(i64::MAX).saturating_add(row.created);
    seen_by_all >= store.settings().now().unix_nanos()
}

/// What is wrong with a pack as the storage shows it when it is asked for this one.
fn seen_alone(store: &Store, row: &PackRow, listed: Option<&ObjectInfo>) -> Result<Option<String>> {
    let (storage, name) = (store.storage(), names::pack(row.id));
    storage.doubt(&name);
    // Nothing is read: that it is there is all that this tells, and what the storage knows of it afterwards.
    match storage.get(&name, Some(0..0)) {
        Err(problem) if problem.is(ProblemKind::NotFound) => return Ok(wrong(row, None)),
        Err(problem) if !problem.is(ProblemKind::Damaged) => return Err(problem),
        _ => {}
    }
    let known = storage.known(&name);
    Ok(known.as_ref().or(listed).and_then(|info| wrong(row, Some(info))))
}

/// Runs whose tail cannot be read: their packs were found by their own directories, but look-ups are slower. Where the provider tells
/// hashes, and reads cost no more than a call each that a cache saves, also runs whose bytes are not what their names stand for.
fn index_runs(library: &Library, report: &mut CheckReport, damage: &mut Damage) -> Result<()> {
    let mut loaded: HashSet<String> = HashSet::new();
    library.index.with_runs(|runs| {
        for run in runs {
            loaded.insert(run.hash.to_string());
            loaded.extend(run.tail.superseded.iter().map(ToString::to_string));
        }
    });
    let store = &library.store;
    // What was replaced behind the store's back has another hash at the provider, so a cache does not hide it.
    let is_read_whole = store.storage().promises().hash_kind != 0;
    for info in store.storage().glance(names::INDEX)? {
        let Ok(hash) = info.name.name().parse() else { continue };
        let mut read = if is_read_whole { store.verify_name(&info) } else { Ok(()) };
        if !loaded.contains(info.name.name()) {
            read = read.and_then(|()| crate::index::Run::read(store, hash, &info).map(drop));
        }
        if let Err(problem) = read {
            // gc has replaced it meanwhile.
            if problem.is(ProblemKind::NotFound) && loaded.contains(info.name.name()) {
                continue;
            }
            report.problems.push(finding(&info.name, problem)?.known(damage.known.has_run(&hash)));
            damage.bad.add_run(hash);
        }
    }
    Ok(())
}

fn marks(library: &Library, report: &mut CheckReport) -> Result<()> {
    library.store.list_records::<Marks>(names::MARKS, Look::Glance, is_hash_name, |name, problem| {
        report.problems.push(finding(name, problem)?);
        Ok(())
    })?;
    Ok(())
}

fn snapshots(library: &Library, report: &mut CheckReport) -> Result<()> {
    let list = library.store.snapshots()?;
    report.snapshots = (list.snapshots.len() + list.damaged.len()) as u64;
    for (id, problem) in list.damaged {
        report.problems.push(finding(names::snapshot(id), problem)?);
    }
    for info in library.store.storage().glance(names::SNAPSHOTS)? {
        if info.size < OBJECT_LEN_MIN {
            let known = report.problems.iter().any(|finding| finding.item == info.name.as_str());
            if !known {
                report.problems.push(Finding::new(&info.name, "it is too short"));
            }
        }
    }
    let mut damaged = Vec::new();
    let records = library.store.list_records(names::RECORDS, Look::Glance, is_hash_name, |name, problem| {
        damaged.push(finding(name, problem)?);
        Ok(())
    })?;
    report.problems.append(&mut damaged);
    Numbers::new(&list.snapshots, &records).report(report);
    Ok(())
}
