//! What a backup says at its end: the summary for people on standard error, the id alone on standard output.

use larder_engine::BackupReport;
use serde_json::{Value, json};

use crate::{commands::info::statistics_json, context::Context, text};

/// A snapshot that was made stays made: somebody who closed standard output learns nothing, and nothing fails.
pub fn tell(context: &Context, report: &BackupReport) {
    if context.output.is_json() {
        drop(context.output.json(&json(report)));
        return;
    }
    summary(report).iter().for_each(|line| context.output.remark(line));
    if let Some(id) = report.snapshot {
        drop(context.output.line(id));
    }
}

fn summary(report: &BackupReport) -> Vec<String> {
    let (totals, done) = (&report.totals, &report.statistics);
    let what = if report.snapshot.is_some() { "backup" } else { "dry run, nothing is stored" };
    let mut lines = vec![
        format!(
            "{what}: {}, {}, {}: {} new, {} changed, {} unchanged",
            text::count(totals.files, "file"),
            text::count(totals.folders, "folder"),
            text::size(totals.bytes),
            text::number(done.files_new),
            text::number(done.files_changed),
            text::number(done.files_unchanged)
        ),
        format!(
            "{what}: {} read, {} stored, in {}",
            text::size(done.bytes_read),
            text::size(done.bytes_stored),
            text::duration(done.duration_ms)
        ),
    ];
    lines.extend(rest(report));
    lines
}

/// What the ledger has to say.
fn rest(report: &BackupReport) -> Option<String> {
    if report.missing == 0 && report.notes == 0 {
        return None;
    }
    let missing = format!("{} missing", text::count(report.missing, "item"));
    let notes = text::count(report.notes, "note");
    let found = match (report.missing, report.notes) {
        (_, 0) => missing,
        (0, _) => notes,
        _ => format!("{missing}, {notes}"),
    };
    Some(match report.snapshot {
        Some(id) => format!("backup: {found}; list them with: larder info {} --ledger", id.short()),
        None => format!("backup: {found}"),
    })
}

fn json(report: &BackupReport) -> Value {
    json!({
        "event": "result",
        "snapshot": report.snapshot.map(|id| id.to_string()),
        "completeness": report.completeness.word(),
        "files": report.totals.files,
        "folders": report.totals.folders,
        "bytes": report.totals.bytes,
        "missing": report.missing,
        "notes": report.notes,
        "statistics": statistics_json(&report.statistics),
    })
}

#[cfg(test)]
mod tests {
    use larder_engine::{Completeness, Statistics, Totals};
    use larder_model::SnapshotId;

    use super::*;

    fn report(snapshot: Option<SnapshotId>, missing: u64, notes: u64) -> BackupReport {
        let totals = Totals { files: 2, folders: 1, bytes: 3 };
        let statistics = Statistics::default();
        BackupReport {
            snapshot,
            completeness: Completeness::Complete,
            statistics,
            totals,
            missing,
            notes,
            forecast: None,
        }
    }

    #[test]
    fn the_summary_leads_to_the_ledger() {
        let id = SnapshotId([0xab; 32]);
        assert_eq!(summary(&report(Some(id), 0, 0)).len(), 2);
        let rest = |missing, notes| summary(&report(Some(id), missing, notes)).pop().unwrap_or_default();
        assert_eq!(rest(1, 0), "backup: 1 item missing; list them with: larder info abababab --ledger");
        assert_eq!(rest(2, 1), "backup: 2 items missing, 1 note; list them with: larder info abababab --ledger");
        assert_eq!(rest(0, 2), "backup: 2 notes; list them with: larder info abababab --ledger");
        assert_eq!(json(&report(None, 0, 0))["snapshot"], Value::Null);
    }
}
