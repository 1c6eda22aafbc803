//! `larder gc`

use clap::Args;
use larder_engine::GcOptions;
use larder_model::Result;
use serde_json::json;

use super::Outcome;
use crate::{context::Context, progress::ShownSkips, text};

/// Give back the space that no snapshot needs any more
///
/// Backups may run meanwhile; nothing that they write or refer to is removed.
#[derive(Args)]
pub struct Gc {
    /// Only show what would be removed
    #[arg(long)]
    dry_run: bool,
}

impl Gc {
    pub fn run(self, context: &Context) -> Result<Outcome> {
        let store = context.open()?;
        let report = {
            let progress = context.progress(ShownSkips::All);
            larder_engine::gc(&store, &GcOptions { dry_run: self.dry_run }, &progress)?
        };
        let verb = if self.dry_run { "would remove" } else { "removed" };
        context.output.done(
            format_args!(
                "gc: {verb} {} of {}; {} of {} are in use",
                text::count(report.packs_deleted, "pack"),
                text::size(report.bytes_freed),
                text::count(report.packs_kept, "pack"),
                text::size(report.bytes_kept)
            ),
            &json!({
                "event": "result",
                "dry_run": self.dry_run,
                "packs_deleted": report.packs_deleted,
                "bytes_freed": report.bytes_freed,
                "packs_kept": report.packs_kept,
                "bytes_kept": report.bytes_kept,
            }),
        )?;
        Ok(Outcome::Done)
    }
}
