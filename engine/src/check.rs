//! Checking a store: what is there, whether it hangs together, whether the bytes are right.

mod copies;
mod data;
mod listing;
mod numbers;
mod structure;

use larder_format::{
    records::{MarkReason, Marks, Record},
    secret::random,
};
use larder_model::{PackId, Problem, ProblemKind, Result, RunId};

use crate::{Monitor, Store, blobs::Library, index::MarkSet, look::Look, names};

pub(crate) use listing::{ListedPacks, wrong};
pub use numbers::accept_lost;

/// How deep to look.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum CheckLevel {
    /// Names, sizes and the provider's hashes, by listing. No pack is read.
    Quick,
    /// Also everything but file content.
    Structure,
    /// Also the content of this share of all packs (1.0: all), those first that were not read for the longest time.
    Data { share: f64 },
}

/// What a check found.
#[derive(Clone, Debug, Default)]
pub struct CheckReport {
    pub problems: Vec<Finding>,
    /// Damage that nothing needs any more, and that gc will take away: what an earlier check has marked, and records of runs.
    pub harmless: Vec<Finding>,
    pub snapshots: u64,
    pub packs: u64,
    pub packs_read: u64,
    pub bytes_read: u64,
    pub pages: u64,
    pub files: u64,
}

/// One thing that is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// An object of the store, or `SNAPSHOT:PATH`.
    pub item: String,
    pub message: String,
    /// An earlier check has marked it.
    is_known: bool,
}

impl Finding {
    fn new(item: impl ToString, message: impl ToString) -> Self {
        Self { item: item.to_string(), message: message.to_string(), is_known: false }
    }

    fn known(self, is_known: bool) -> Self {
        Self { is_known, ..self }
    }
}

/// What a check found to be bad, and what was marked before.
struct Damage {
    known: MarkSet,
    bad: MarkSet,
    /// Packs that are not what was stored although every frame in them is sound: to be stored anew, but nothing in them is lost.
    readable: Vec<PackId>,
}

/// Checks a store. What is proved bad is marked, so that the next backup stores it anew. An error means that the check could not
/// be done (the storage cannot be reached): that is never a finding.
pub fn check(store: &Store, level: CheckLevel, monitor: &dyn Monitor) -> Result<CheckReport> {
    let library = Library::open(store)?;
    let mut report = CheckReport::default();
    let mut damage =
        Damage { known: MarkSet::load_readable(store, Look::Glance)?, bad: MarkSet::default(), readable: Vec::new() };
    listing::check(&library, monitor, &mut report, &mut damage)?;
    if level != CheckLevel::Quick {
        structure::index_blocks(&library, &mut report, &mut damage)?;
    }
    let mut read = Vec::new();
    if let CheckLevel::Data { share } = level {
        read = data::check(&library, share, monitor, &mut report, &mut damage)?;
    }
    // From here on what is bad is out of use: whatever has another, sound place does not miss it.
    mark(&library, damage, monitor);
    if level != CheckLevel::Quick {
        structure::check(&library, monitor, &mut report)?;
        mark_met(&library, monitor);
        settle_harmless(&mut report);
    }
    record(store, level, &read, &report, monitor);
    Ok(report)
}

/// When nothing that a snapshot needs is missing, damage that was marked before is a leftover that gc will take away. New damage
/// is told at least once, whether it matters or not.
fn settle_harmless(report: &mut CheckReport) {
    let is_object = |finding: &Finding| finding.item.starts_with("packs/") || finding.item.starts_with("index/");
    if report.problems.iter().all(is_object) {
        let (known, new) = std::mem::take(&mut report.problems).into_iter().partition(|finding| finding.is_known);
        report.harmless.extend::<Vec<_>>(known);
        report.problems = new;
    }
}

/// Puts a mark for what is newly known to be bad, and takes it out of use here.
fn mark(library: &Library, damage: Damage, monitor: &dyn Monitor) {
    let Damage { known, mut bad, readable } = damage;
    let mut out_of_use = known.clone();
    bad.packs().for_each(|pack| out_of_use.add_pack(pack));
    bad.frames().for_each(|(pack, offset)| out_of_use.add_frame(pack, offset));
    out_of_use.retain_packs(|pack| !readable.contains(pack));
    readable.into_iter().for_each(|pack| bad.add_pack(pack));
    put_new_marks(library, bad.without(&known), monitor);
    library.index.set_marks(out_of_use);
}

/// Marks what was read here, by a check or a backup, and found to be bad. Else whoever looks next for a blob that was stored anew might
/// find the bad copy first, and gc delete the good one.
pub(crate) fn mark_met(library: &Library, monitor: &dyn Monitor) {
    put_new_marks(library, library.index.unmarked(library.damage_met()), monitor);
}

fn put_new_marks(library: &Library, new: MarkSet, monitor: &dyn Monitor) {
    if !new.is_empty()
        && let Err(problem) = put_marks(&library.store, &new)
    {
        monitor.warn(&format!("the damage could not be marked, so a backup will not mend it: {problem}"));
    }
}

fn put_marks(store: &Store, new: &MarkSet) -> Result<()> {
    let run = RunId(random());
    let marks = Marks::new(MarkReason::Damaged, run, store.settings().now().secs)
        .with_packs(new.packs())
        .with_frames(new.frames());
    store.put_record(names::MARKS, &marks)?;
    store.storage().barrier()
}

/// Notes in the store what was checked. A store that cannot be written was checked all the same.
fn record(store: &Store, level: CheckLevel, read: &[PackId], report: &CheckReport, monitor: &dyn Monitor) {
    let number = match level {
        CheckLevel::Quick => 1,
        CheckLevel::Structure => 2,
        CheckLevel::Data { .. } => 3,
    };
    let settings = store.settings();
    let problems = report.problems.len() as u64;
    let record = Record::check(settings.now().secs, settings.host.clone(), number, read.iter().copied(), problems);
    if let Err(problem) = store.put_record(names::RECORDS, &record) {
        monitor.warn(&format!("the check could not be noted in the store: {problem}"));
    }
}

/// Damage is a finding; everything else (no connection, no permission) ends the check.
fn finding(item: impl ToString, problem: Problem) -> Result<Finding> {
    match problem.kind() {
        ProblemKind::Damaged | ProblemKind::NotFound | ProblemKind::Unsupported => Ok(Finding::new(item, problem)),
        _ => Err(problem),
    }
}
