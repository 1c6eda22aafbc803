//! `larder info`

use std::ffi::OsString;

use clap::Args;
use larder_engine::{SnapshotInfo, Statistics, Store, StoreInfo};
use larder_model::{Result, Skip, Time};
use serde_json::{Value, json};

use super::Outcome;
use crate::{
    accounts::People, context::Context, entries::snapshot_json, opening::OpenStore, progress, select::select_whole,
    text,
};

/// Show sizes and numbers of the store, or all about a snapshot
#[derive(Args)]
#[command(after_help = "\
Examples:
  larder at ./save info                    the store: sizes, ratio, numbers
  larder at ./save info latest             the newest snapshot
  larder at ./save info latest --ledger    what is missing in it, and why")]
pub struct Info {
    /// A snapshot (some first digits of its id, or `latest`)
    id: Option<OsString>,

    /// List every item that was skipped, unreadable, changed while it was read, or is older than it should be
    #[arg(long, requires = "id")]
    ledger: bool,
}

impl Info {
    pub fn run(self, context: &Context) -> Result<Outcome> {
        let store = context.open()?;
        match &self.id {
            None => return about_store(context, &store),
            Some(id) => {
                let snapshot = select_whole(&store, id)?;
                if self.ledger {
                    ledger(context, &store, &snapshot)?;
                } else {
                    about_snapshot(context, &store, &snapshot)?;
                }
            }
        }
        Ok(Outcome::Done)
    }
}

fn about_store(context: &Context, store: &OpenStore) -> Result<Outcome> {
    let info = store.info()?;
    if info.damaged > 0 {
        let damaged = text::count(info.damaged, "snapshot");
        context
            .output
            .warn(format_args!("{damaged} cannot be read, and the figures are without; `larder ls` names them"));
    }
    show_store(context, store, &info)?;
    Ok(if info.damaged == 0 { Outcome::Done } else { Outcome::DamageFound })
}

fn show_store(context: &Context, store: &OpenStore, info: &StoreInfo) -> Result<()> {
    let created = text::moment(Time::new(store.created(), 0));
    if context.output.is_json() {
        return context.output.json(&store_json(store, info, created));
    }
    let stored = format!(
        "{} ({} content, {} listings, {} other)",
        text::size(info.stored_bytes()),
        text::size(info.content_bytes),
        text::size(info.metadata_bytes),
        text::size(info.other_bytes)
    );
    let plain_copies = format!("{}, all snapshots as plain copies", text::size(info.source_bytes));
    let newest = format!("{}, {} in the newest", text::count(info.newest_files, "file"), text::size(info.newest_bytes));
    let span = |first, last| format!(", from {} to {}", text::moment(first), text::moment(last));
    let span = info.first.zip(info.last).map(|(first, last)| span(first, last)).unwrap_or_default();
    table(
        context,
        &[
            ("Store", store.id().to_string()),
            ("Location", store.location.clone()),
            ("Created", created),
            ("Snapshots", format!("{} of {}{span}", text::number(info.snapshots), text::count(info.origins, "origin"))),
            ("Holds", newest),
            ("Stands for", plain_copies),
            ("Stored", stored),
            ("Ratio", info.ratio().map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.1}"))),
            ("Packs", format!("{} with {}", text::number(info.packs), text::count(info.blobs, "blob"))),
        ],
    )
}

fn store_json(store: &OpenStore, info: &StoreInfo, created: String) -> Value {
    json!({
        "store": store.id().to_string(),
        "location": store.location,
        "created": created,
        "snapshots": info.snapshots,
        "damaged": info.damaged,
        "origins": info.origins,
        "first": info.first.map(text::moment_exact),
        "last": info.last.map(text::moment_exact),
        "newest_files": info.newest_files,
        "newest_bytes": info.newest_bytes,
        "source_bytes": info.source_bytes,
        "stored_bytes": info.stored_bytes(),
        "content_bytes": info.content_bytes,
        "metadata_bytes": info.metadata_bytes,
        "other_bytes": info.other_bytes,
        "ratio": info.ratio(),
        "packs": info.packs,
        "blobs": info.blobs,
    })
}

/// With whom it is about, where that is known here.
fn origin(context: &Context, snapshot: &SnapshotInfo) -> String {
    let origin = snapshot.record.origin();
    let people = People::known(&context.folders);
    people.email(&origin).map_or_else(|| origin.to_string(), |email| format!("{origin} ({email})"))
}

fn about_snapshot(context: &Context, store: &Store, snapshot: &SnapshotInfo) -> Result<()> {
    let statistics = store.statistics(snapshot)?;
    let roots: Vec<_> = store.roots(snapshot)?.iter().map(ToString::to_string).collect();
    if context.output.is_json() {
        let mut json = snapshot_json(snapshot);
        json["roots"] = roots.into();
        json["statistics"] = statistics.as_ref().map_or(Value::Null, statistics_json);
        return context.output.json(&json);
    }
    let record = &snapshot.record;
    let (totals, (missing, notes)) = (record.totals(), record.ledger_rows());
    let mut rows = vec![
        ("Snapshot", snapshot.id.to_string()),
        ("Taken", format!("{} to {}", text::moment(record.start()), text::moment(record.end()))),
        ("Origin", text::printable(&origin(context, snapshot))),
        ("Roots", roots.join(" ")),
        ("Host", text::printable(&record.host)),
        ("Number", format!("{} of its origin", record.sequence)),
        ("Tags", or_dash(text::printable(&record.tags.join(", ")))),
        ("Parent", record.parent().map_or_else(|| "-".to_owned(), |parent| parent.short())),
        (
            "Holds",
            format!(
                "{}, {}, {}",
                text::count(totals.files, "file"),
                text::count(totals.folders, "folder"),
                text::size(totals.bytes)
            ),
        ),
        (
            "Completeness",
            format!("{}; {missing} missing, {}", record.completeness().word(), text::count(notes, "note")),
        ),
        ("Made by", text::printable(&record.program)),
    ];
    rows.extend(statistics.iter().flat_map(statistics_rows));
    table(context, &rows)
}

fn statistics_rows(statistics: &Statistics) -> [(&'static str, String); 2] {
    let files = format!(
        "{} new, {} changed, {} unchanged",
        text::number(statistics.files_new),
        text::number(statistics.files_changed),
        text::number(statistics.files_unchanged)
    );
    let bytes = format!(
        "{} read, {} stored in {}, in {}",
        text::size(statistics.bytes_read),
        text::size(statistics.bytes_stored),
        text::count(statistics.packs, "pack"),
        text::duration(statistics.duration_ms)
    );
    [("Files", files), ("Work", bytes)]
}

/// What a run did, for JSON.
pub fn statistics_json(statistics: &Statistics) -> Value {
    json!({
        "files_new": statistics.files_new,
        "files_changed": statistics.files_changed,
        "files_unchanged": statistics.files_unchanged,
        "bytes_read": statistics.bytes_read,
        "bytes_stored": statistics.bytes_stored,
        "blobs_new": statistics.blobs_new,
        "packs": statistics.packs,
        "duration_ms": statistics.duration_ms,
    })
}

fn ledger(context: &Context, store: &Store, snapshot: &SnapshotInfo) -> Result<()> {
    let mut rows = 0_u64;
    store.ledger(snapshot, &mut |skip| {
        context.check_interrupt()?;
        rows += 1;
        if context.output.is_json() {
            return context.output.json(&progress::skip_event(&skip));
        }
        context.output.line(ledger_line(&skip))
    })?;
    if context.output.is_json() {
        context.output.json(&json!({"event": "result", "rows": rows}))?;
    } else if rows == 0 {
        context.output.remark(format_args!("nothing is missing in {}, and there are no notes", snapshot.id.short()));
    }
    Ok(())
}

/// Class, reason, the provider's own tag, path, message: what a script can cut comes first.
fn ledger_line(skip: &Skip) -> String {
    let tag = skip.tag.as_deref().map_or_else(|| "-".to_owned(), text::printable);
    format!("{:<7} {:<11} {tag:<8} {}: {}", skip.class.word(), skip.reason, skip.path, text::printable(&skip.message))
}

fn or_dash(text: String) -> String {
    if text.is_empty() { "-".to_owned() } else { text }
}

fn table(context: &Context, rows: &[(&str, String)]) -> Result<()> {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0) + 1;
    rows.iter()
        .try_for_each(|(name, value)| context.output.line(format!("{:<width$} {value}", format!("{name}:")).trim_end()))
}
