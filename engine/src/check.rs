//! Checking a store: what is there, whether it hangs together, whether the bytes are right.

mod data;
mod listing;
mod structure;

use larder_format::records::{MarkReason, Marks, Record};
use larder_model::{Problem, ProblemKind, Result};

use crate::{Monitor, Store, blobs::Library, index::MarkSet, names};

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
    /// What is not as it was written, but nothing needs.
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
}

impl Finding {
    fn new(item: impl ToString, message: impl ToString) -> Self {
        Self { item: item.to_string(), message: message.to_string() }
    }
}

/// Checks a store. What is proved bad is marked, so that the next backup stores it anew. An error means that the check could not
/// be done (the storage cannot be reached): that is never a finding.
pub fn check(store: &Store, level: CheckLevel, monitor: &dyn Monitor) -> Result<CheckReport> {
    let library = Library::open(store)?;
    let mut report = CheckReport::default();
    let mut bad = MarkSet::default();
    listing::check(&library, monitor, &mut report, &mut bad)?;
    if level != CheckLevel::Quick {
        structure::index_blocks(&library, &mut report, &mut bad)?;
    }
    let mut read = Vec::new();
    if let CheckLevel::Data { share } = level {
        read = data::check(&library, share, monitor, &mut report, &mut bad)?;
    }
    // From here on what is bad is out of use: whatever has another, sound place does not miss it.
    mark(&library, &bad, monitor)?;
    if level != CheckLevel::Quick {
        structure::check(&library, monitor, &mut report)?;
        settle_harmless(&mut report);
    }
    record(store, level, &read, &report, monitor);
    Ok(report)
}

/// When nothing that a snapshot needs is missing, bad packs are leftovers that gc will take away.
fn settle_harmless(report: &mut CheckReport) {
    let is_pack = |finding: &Finding| finding.item.starts_with("packs/");
    if report.problems.iter().all(is_pack) {
        report.harmless.append(&mut report.problems);
    }
}

/// Puts a mark for what is newly known to be bad, and takes it out of use here.
fn mark(library: &Library, bad: &MarkSet, monitor: &dyn Monitor) -> Result<()> {
    if bad.is_empty() {
        return Ok(());
    }
    let store = library.store;
    let known = MarkSet::load(store)?;
    let new = bad.without(&known);
    if !new.is_empty() {
        let run = larder_model::RunId(larder_format::secret::random());
        let marks = Marks::new(MarkReason::Damaged, run, store.settings().now().secs)
            .with_packs(new.packs())
            .with_frames(new.frames());
        let put = store.put_record(names::MARKS, &marks).and_then(|_| store.storage().barrier());
        if let Err(problem) = put {
            monitor.warn(&format!("the damage could not be marked, so a backup will not mend it: {problem}"));
        }
    }
    let mut marks = known;
    bad.packs().for_each(|pack| marks.add_pack(pack));
    bad.frames().for_each(|(pack, offset)| marks.add_frame(pack, offset));
    library.index.set_marks(marks);
    Ok(())
}

/// Notes in the store what was checked. A store that cannot be written was checked all the same.
fn record(
    store: &Store,
    level: CheckLevel,
    read: &[larder_model::PackId],
    report: &CheckReport,
    monitor: &dyn Monitor,
) {
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
