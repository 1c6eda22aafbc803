//! `larder repair`

use clap::Args;
use larder_engine::{RepairOptions, RepairReport};
use larder_model::Result;
use serde_json::{Value, json};

use super::Outcome;
use crate::{context::Context, progress::ShownSkips, text};

/// Bring back what was deleted from the store, or replaced in it, by others
///
/// A cloud drive keeps what was deleted or replaced for a while: Dropbox for 30 days or more. Packs and snapshots that `larder check` names
/// as missing or changed come back from there, in the version that was stored. What nobody keeps any more is named, and the exit code is
/// 65; the next backup writes anew what the source still has.
#[derive(Args)]
#[command(after_help = "\
Examples:
  larder at @mydropbox check --quick
  larder at @mydropbox repair --undelete --dry-run   only show what is gone or replaced
  larder at @mydropbox repair --undelete")]
pub struct Repair {
    /// Bring back earlier versions that the storage has kept
    #[arg(long, required = true)]
    undelete: bool,

    /// Only show what is gone or replaced
    #[arg(short = 'n', long)]
    dry_run: bool,
}

impl Repair {
    pub fn run(self, context: &Context) -> Result<Outcome> {
        let place = context.store_place()?;
        let keys = if self.dry_run { Vec::new() } else { larder_engine::undelete_lost_keys(&*place.storage)? };
        let store = context.open_place(place)?;
        let mut report = {
            let progress = context.progress(ShownSkips::All);
            larder_engine::undelete(&store, &RepairOptions { dry_run: self.dry_run }, &progress)?
        };
        report.brought_back.splice(0..0, keys);
        self.tell(context, &report)?;
        Ok(if report.lost.is_empty() { Outcome::Done } else { Outcome::DamageFound })
    }

    fn tell(&self, context: &Context, report: &RepairReport) -> Result<()> {
        if context.output.is_json() {
            return context.output.json(&self.json(report));
        }
        let verb = if self.dry_run { "would look for" } else { "brought back" };
        for object in &report.brought_back {
            context.output.line(format_args!("{verb}: {object}"))?;
        }
        for (object, trouble) in &report.lost {
            context.output.line(format_args!("lost: {object}: {}", text::printable(trouble)))?;
        }
        let count = text::count(report.brought_back.len() as u64, "object");
        let summary = match (report.brought_back.len(), report.lost.len() as u64) {
            (0, 0) => "repair: nothing is missing, and nothing was replaced".to_owned(),
            (_, 0) => format!("repair: {verb} {count}"),
            (_, lost) => format!("repair: {verb} {count}; {} gone for good", text::count(lost, "object")),
        };
        if report.lost.is_empty() {
            return context.output.done(summary, &Value::Null);
        }
        context.output.line(summary)?;
        context.output.remark("hint: back up again: what the source still has is written anew; then check again");
        Ok(())
    }

    fn json(&self, report: &RepairReport) -> Value {
        let lost = report.lost.iter().map(|(object, trouble)| json!({"item": object, "message": trouble}));
        json!({
            "event": "result",
            "dry_run": self.dry_run,
            "brought_back": report.brought_back,
            "lost": lost.collect::<Vec<_>>(),
        })
    }
}
