//! What a backup says at its end: the summary for people on standard error, the id alone on standard output.

use larder_connect::Forecast;
use larder_engine::BackupReport;
use serde_json::{Value, json};

use crate::{commands::info::statistics_json, connectors::Usage, context::Context, text};

/// A snapshot that was made stays made: somebody who closed standard output learns nothing, and nothing fails.
pub fn tell(context: &Context, report: &BackupReport, usage: Option<Usage>) {
    if context.output.is_json() {
        drop(context.output.json(&json(report, usage)));
        return;
    }
    summary(report, usage).iter().for_each(|line| context.output.remark(line));
    if let Some(id) = report.snapshot {
        drop(context.output.line(id));
    }
}

fn summary(report: &BackupReport, usage: Option<Usage>) -> Vec<String> {
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
    lines.extend(report.forecast.filter(|_| report.snapshot.is_none()).map(forecast));
    lines.extend(usage.map(|usage| spent(what, usage)));
    lines.extend(rest(report));
    lines
}

/// What the content that is new would cost.
fn forecast(forecast: Forecast) -> String {
    format!(
        "dry run: a backup would fetch {} of {} with {}, in about {}",
        text::size(forecast.bytes),
        text::count(forecast.files, "file"),
        text::count(forecast.calls, "call"),
        text::duration(milliseconds(forecast))
    )
}

fn milliseconds(forecast: Forecast) -> u64 {
    u64::try_from(forecast.time.as_millis()).unwrap_or(u64::MAX)
}

fn spent(what: &str, usage: Usage) -> String {
    format!("{what}: {} made, {} fetched", text::count(usage.calls, "call"), text::size(usage.bytes_fetched))
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

fn json(report: &BackupReport, usage: Option<Usage>) -> Value {
    let mut json = json!({
        "event": "result",
        "snapshot": report.snapshot.map(|id| id.to_string()),
        "completeness": report.completeness.word(),
        "files": report.totals.files,
        "folders": report.totals.folders,
        "bytes": report.totals.bytes,
        "missing": report.missing,
        "notes": report.notes,
        "statistics": statistics_json(&report.statistics),
    });
    if let Some(usage) = usage {
        json["usage"] = json!({"calls": usage.calls, "bytes_fetched": usage.bytes_fetched});
    }
    if let Some(forecast) = report.forecast {
        json["forecast"] = json!({
            "calls": forecast.calls,
            "files": forecast.files,
            "bytes": forecast.bytes,
            "time_ms": milliseconds(forecast),
        });
    }
    json
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
        assert_eq!(summary(&report(Some(id), 0, 0), None).len(), 2);
        let rest = |missing, notes| summary(&report(Some(id), missing, notes), None).pop().unwrap_or_default();
        assert_eq!(rest(1, 0), "backup: 1 item missing; list them with: larder info abababab --ledger");
        assert_eq!(rest(2, 1), "backup: 2 items missing, 1 note; list them with: larder info abababab --ledger");
        assert_eq!(rest(0, 2), "backup: 2 notes; list them with: larder info abababab --ledger");
        assert_eq!(json(&report(None, 0, 0), None)["snapshot"], Value::Null);
    }

    #[test]
    fn a_rehearsal_says_what_it_would_cost_and_what_it_did() {
        let time = std::time::Duration::from_secs(90);
        let forecast = Some(Forecast { calls: 12, files: 20, bytes: 2048, time });
        let usage = Some(Usage { calls: 3, bytes_fetched: 0 });
        let rehearsal = BackupReport { forecast, ..report(None, 0, 0) };
        let lines = summary(&rehearsal, usage);
        assert_eq!(lines[2], "dry run: a backup would fetch 2.0 KiB of 20 files with 12 calls, in about 1:30");
        assert_eq!(lines[3], "dry run, nothing is stored: 3 calls made, 0 B fetched");
        assert_eq!(json(&rehearsal, usage)["forecast"]["time_ms"], 90_000);
        let done = BackupReport { forecast, ..report(Some(SnapshotId([1; 32])), 0, 0) };
        assert_eq!(summary(&done, usage)[2..], ["backup: 3 calls made, 0 B fetched"]);
        assert_eq!(json(&done, usage)["usage"]["calls"], 3);
    }
}
