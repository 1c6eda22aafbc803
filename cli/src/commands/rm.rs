//! `larder rm`

use std::ffi::OsString;

use clap::Args;
use larder_engine::SnapshotInfo;
use larder_model::Result;
use serde_json::json;

use super::Outcome;
use crate::{
    context::Context,
    entries::{snapshot_json, snapshot_line},
    select::select_whole,
    text,
};

/// Remove snapshots from the store
///
/// Without -apply it only shows what it would remove. The space comes back with `larder gc`, as far as no other snapshot needs it.
#[derive(Args)]
#[command(after_help = "\
Examples:
  larder at ./save rm 3f2a91c0 77ab01d2           show what would go
  larder at ./save rm 3f2a91c0 77ab01d2 -apply    remove it")]
pub struct Rm {
    /// The snapshots (some first digits of their ids, or `latest`)
    #[arg(value_name = "ID", required = true)]
    ids: Vec<OsString>,

    /// Do it
    #[arg(long)]
    apply: bool,
}

impl Rm {
    pub fn run(self, context: &Context) -> Result<Outcome> {
        let mut store = context.open()?;
        let mut snapshots = self.ids.iter().map(|id| select_whole(&store, id)).collect::<Result<Vec<_>>>()?;
        snapshots.sort_by_key(|snapshot| (snapshot.record.start(), snapshot.id));
        snapshots.dedup_by_key(|snapshot| snapshot.id);
        if self.apply {
            larder_engine::remove(&store, &snapshots)?;
            let left = store.snapshots()?.snapshots;
            let forgotten = store.forgotten()?;
            store.remembered.note_all(&left, &forgotten);
            context.keep(&store.remembered);
        }
        let json: Vec<_> = snapshots.iter().map(snapshot_json).collect();
        context.output.done(self.people(&snapshots), &json!({"applied": self.apply, "snapshots": json}))?;
        Ok(Outcome::Done)
    }

    fn people(&self, snapshots: &[SnapshotInfo]) -> String {
        let count = text::count(snapshots.len() as u64, "snapshot");
        let head = match self.apply {
            true => format!("rm: removed {count}; `larder gc` gives the space back"),
            false => format!("rm: would remove {count}, run with -apply to proceed"),
        };
        let lines = snapshots.iter().map(snapshot_line);
        std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
    }
}
