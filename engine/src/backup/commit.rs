//! The end of a backup: what the record refers to, and the record itself.

use std::{sync::atomic::Ordering::Relaxed, time::Instant};

use larder_connect::{Durability, Source};
use larder_format::{
    container::ObjectKind,
    keys::BlobKind,
    ledger::Statistics,
    page::{Chunk, ContentTree},
    records::seal_object,
    snapshot::{CheckpointKind, Completeness, NewSnapshot, Reference, Snapshot},
};
use larder_model::{Origin, Result, SnapshotId, TreePath};

use super::{
    BackupOptions, BackupReport, Ended, Times,
    parent::History,
    report::{Ledger, Tally},
    rescue::{self, Rescue},
    walk::Walked,
};
use crate::{
    names,
    run::{Run, Worker},
    trouble::about,
};

/// Bytes that stand in the record itself at most, each.
const INLINE_LEN_MAX: usize = 512;
/// Longer texts of an origin are named by their hash: the record has a limit.
const ORIGIN_ROOT_LEN_MAX: usize = 512;
/// Pieces that long references are stored in.
const PIECE_LEN: usize = 512 << 10;

/// What a record refers to.
pub(super) struct References {
    /// Missing items and notes.
    pub ledger_rows: (u64, u64),
    pub ledger: Option<Reference>,
    /// Where the roots are too many for the record.
    pub roots: Option<Reference>,
    /// Where the source's next run goes on from.
    pub checkpoint: Option<Reference>,
}

impl References {
    pub fn all(&self) -> Vec<Reference> {
        [&self.ledger, &self.roots, &self.checkpoint].into_iter().flatten().cloned().collect()
    }
}

/// Stores ledger, roots and checkpoint, where they are too long for the record.
pub(super) fn store_references(
    worker: &mut Worker,
    ledger: Ledger,
    roots: &[TreePath],
    checkpoint: Option<Vec<u8>>,
) -> Result<References> {
    let ledger_rows = ledger.counts();
    let ledger = ledger.into_bytes()?;
    let ledger = if ledger.is_empty() { None } else { Some(refer(worker, ledger)?) };
    let mut joined = Vec::new();
    for root in roots {
        joined.extend_from_slice(root.as_bytes());
        joined.push(0);
    }
    let roots = if joined.len() > INLINE_LEN_MAX { Some(refer(worker, joined)?) } else { None };
    let checkpoint = checkpoint.map(|bytes| refer(worker, bytes)).transpose()?;
    Ok(References { ledger_rows, ledger, roots, checkpoint })
}

fn refer(worker: &mut Worker, bytes: Vec<u8>) -> Result<Reference> {
    if bytes.len() <= INLINE_LEN_MAX {
        return Ok(Reference::inline(bytes));
    }
    if bytes.len() <= PIECE_LEN {
        return Ok(Reference::blob(worker.put(BlobKind::Page, &bytes)?, bytes.len() as u64));
    }
    let mut tree = ContentTree::default();
    for piece in bytes.chunks(PIECE_LEN) {
        let chunk = Chunk::Data { id: worker.put(BlobKind::Page, piece)?, len: piece.len() as u32 };
        tree.push(chunk, &mut |page: Vec<u8>| worker.put(BlobKind::Page, &page))?;
    }
    let root = tree.finish(&mut |page: Vec<u8>| worker.put(BlobKind::Page, &page))?;
    Ok(root.map_or_else(|| Reference::inline(Vec::new()), |root| Reference::tree(root, bytes.len() as u64)))
}

/// Makes everything durable and then the snapshot, in the order that gc relies on.
pub(super) fn commit(
    run: &Run,
    source: &dyn Source,
    walked: Walked,
    history: &History,
    options: &BackupOptions,
    times: Times,
    began: Instant,
) -> Result<Ended> {
    let completeness = completeness(&walked);
    let mut report = BackupReport {
        snapshot: None,
        completeness,
        statistics: statistics(run, &walked.tally, began),
        totals: walked.totals,
        missing: walked.references.ledger_rows.0,
        notes: walked.references.ledger_rows.1,
        forecast: walked.forecast,
    };
    if options.dry_run {
        return Ok(Ended::Done(Box::new(report)));
    }
    run.settle()?;
    run.settle_aliases()?;
    run.put_intent(walked.root, walked.references.all())?;
    if rescue::rescue_marked(run, &walked)? == Rescue::TooLate {
        return Ok(Ended::TooLate { is_repeatable: !walked.tally.streams.load(Relaxed) });
    }
    run.check_age()?;
    let snapshot = Snapshot::new(record(run, source, walked, history, options, times, &report));
    report.snapshot = Some(put_snapshot(run, &snapshot)?);
    Ok(Ended::Done(Box::new(report)))
}

fn completeness(walked: &Walked) -> Completeness {
    if walked.tally.partial.load(Relaxed) {
        Completeness::Partial
    } else if walked.references.ledger_rows.0 > 0 {
        Completeness::ItemsMissing
    } else {
        Completeness::Complete
    }
}

fn statistics(run: &Run, tally: &Tally, began: Instant) -> Statistics {
    Statistics {
        files_new: tally.new.load(Relaxed),
        files_changed: tally.changed.load(Relaxed),
        files_unchanged: tally.unchanged.load(Relaxed),
        bytes_read: tally.bytes_read.load(Relaxed),
        bytes_stored: run.counts.bytes.load(Relaxed),
        blobs_new: run.counts.blobs.load(Relaxed),
        duration_ms: began.elapsed().as_millis() as u64,
        packs: run.counts.packs.load(Relaxed),
    }
}

fn record(
    run: &Run,
    source: &dyn Source,
    walked: Walked,
    history: &History,
    options: &BackupOptions,
    times: Times,
    report: &BackupReport,
) -> NewSnapshot {
    let settings = run.store().settings();
    let end = if options.time.is_some() { times.writer } else { settings.now() };
    let references = walked.references;
    let kind = match report.completeness {
        Completeness::Partial => CheckpointKind::Resume,
        _ => CheckpointKind::Whole,
    };
    NewSnapshot {
        origin: short_origin(source.origin()),
        roots: source.roots(),
        roots_reference: references.roots,
        source_times: times.source.zip(source.now()),
        times: (times.writer, end),
        sequence: history.sequence,
        host: settings.host.clone(),
        tags: options.tags.clone(),
        root: walked.root,
        totals: walked.totals,
        completeness: report.completeness,
        ledger: references.ledger,
        ledger_rows: references.ledger_rows,
        checkpoint: references.checkpoint.map(|checkpoint| (kind, checkpoint)),
        statistics: Some(Reference::inline(report.statistics.encode())),
        parent: history.parent.as_ref().map(|info| info.id),
        previous: history.previous,
        run: run.id,
        program: settings.program.clone(),
    }
}

/// An origin that fits into a record. Many roots are named by their hash.
pub(super) fn short_origin(mut origin: Origin) -> Origin {
    if origin.root.len() > ORIGIN_ROOT_LEN_MAX {
        origin.root =
            format!("{}…{}", origin.root.chars().take(64).collect::<String>(), larder_format::text_hash(&origin.root));
    }
    origin
}

fn put_snapshot(run: &Run, snapshot: &Snapshot) -> Result<SnapshotId> {
    let store = run.store();
    let (plain, id) = snapshot.encode().map_err(about("the new snapshot"))?;
    let (object, _) = seal_object(ObjectKind::Snapshot, store.keys(), &plain);
    store.storage().barrier()?;
    store.storage().put(&names::snapshot(id), &[&object], Durability::Barrier)?;
    store.storage().barrier()?;
    Ok(id)
}
