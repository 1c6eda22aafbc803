//! `larder check`

use clap::Args;
use larder_engine::{CheckLevel, CheckReport, Finding};
use larder_model::{Origin, Result};
use serde_json::{Value, json};

use super::Outcome;
use crate::{context::Context, parse, progress::ShownSkips, text};

/// Check that the store is whole
///
/// Without options, all that describes your files is read and verified, but not their content. What turns out damaged is named, and
/// marked: the next backup writes it again from the files that are still there. The exit code is 65 when something is damaged. A
/// folder that several snapshots share is looked at, and its files are counted, once.
#[derive(Args)]
#[command(after_help = "\
Examples:
  larder at ./save check               the structure
  larder at ./save check --quick       names and sizes only; nothing is read
  larder at ./save check --data        everything, each byte
  larder at ./save check --data=10%    a tenth of it, what was not read for the longest time first
  larder at ./save check --accept-lost after a check has told of lost snapshots, and they cannot be brought back")]
pub struct Check {
    /// Compare names and sizes only
    #[arg(long, conflicts_with = "data")]
    quick: bool,

    /// Read the content too: all of it, or a share such as 10%
    #[arg(
        long,
        value_name = "SHARE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "100%",
        value_parser = parse::share
    )]
    data: Option<f64>,

    /// Take note that snapshots which the store has lost are gone for good, and stop reporting them
    #[arg(long)]
    accept_lost: bool,
}

impl Check {
    pub fn run(self, context: &Context) -> Result<Outcome> {
        let mut store = context.open()?;
        let level = match (self.quick, self.data) {
            (true, _) => CheckLevel::Quick,
            (false, Some(share)) => CheckLevel::Data { share },
            (false, None) => CheckLevel::Structure,
        };
        let accepted = if self.accept_lost { larder_engine::accept_lost(&store)? } else { Vec::new() };
        let report = {
            let progress = context.progress(ShownSkips::All);
            larder_engine::check(&store, level, &progress)?
        };
        let snapshots = store.snapshots()?.snapshots;
        let forgotten = store.forgotten()?;
        let mut accepted: Vec<_> = accepted.iter().map(|(origin, number)| lost(origin, *number)).collect();
        let mut missing = store.remembered.missing(&snapshots, &forgotten);
        if self.accept_lost {
            accepted.append(&mut missing);
        }
        missing.iter().for_each(|gap| context.output.warn(gap));
        if missing.is_empty() {
            store.remembered.note_all(&snapshots, &forgotten);
        }
        context.keep(&store.remembered);
        tell(context, &report, &accepted, &missing)?;
        Ok(if report.problems.is_empty() && missing.is_empty() { Outcome::Done } else { Outcome::DamageFound })
    }
}

fn lost(origin: &Origin, number: u64) -> String {
    format!("snapshot number {number} of {origin} is gone")
}

fn tell(context: &Context, report: &CheckReport, accepted: &[String], missing: &[String]) -> Result<()> {
    if context.output.is_json() {
        return context.output.json(&json(report, accepted, missing));
    }
    for sentence in accepted {
        context.output.remark(format_args!("accepted: {}", text::printable(sentence)));
    }
    for finding in &report.problems {
        context.output.line(format_args!("damaged: {}", sentence(finding)))?;
    }
    for finding in &report.harmless {
        context.output.remark(format_args!("harmless, nothing needs it: {}", sentence(finding)));
    }
    if report.problems.is_empty() {
        return context.output.done(summary(report), &Value::Null);
    }
    context.output.line(summary(report))?;
    context.output.remark(
        "hint: back up again: what is still there is written anew; then check again. Snapshots that stay damaged: larder rm",
    );
    Ok(())
}

fn sentence(finding: &Finding) -> String {
    let (item, message) = (text::printable(&finding.item), text::printable(&finding.message));
    // Most messages name the item already.
    if message.contains(&item) { message } else { format!("{item}: {message}") }
}

fn summary(report: &CheckReport) -> String {
    let found = match report.problems.len() as u64 {
        0 => "no damage found".to_owned(),
        count => format!("{} found", text::count(count, "problem")),
    };
    let read = match report.packs_read {
        0 => String::new(),
        packs => format!(", {} of them read in full ({})", text::number(packs), text::size(report.bytes_read)),
    };
    let files = match report.files {
        0 => String::new(),
        files => format!(", {}", text::count(files, "file")),
    };
    let (snapshots, packs) = (text::count(report.snapshots, "snapshot"), text::count(report.packs, "pack"));
    format!("check: {found} in {snapshots}{files}, {packs}{read}")
}

fn json(report: &CheckReport, accepted: &[String], missing: &[String]) -> Value {
    json!({
        "event": "result",
        "problems": findings(&report.problems),
        "harmless": findings(&report.harmless),
        "accepted": accepted,
        "warnings": missing,
        "snapshots": report.snapshots,
        "files": report.files,
        "packs": report.packs,
        "packs_read": report.packs_read,
        "bytes_read": report.bytes_read,
    })
}

fn findings(findings: &[Finding]) -> Value {
    findings.iter().map(|finding| json!({"item": finding.item, "message": finding.message})).collect()
}
