//! `larder rm`

use std::ffi::OsString;

use clap::Args;
use larder_engine::{Removed, SnapshotInfo, Store};
use larder_model::{ProblemKind, Result, SnapshotId};
use serde_json::json;

use super::Outcome;
use crate::{
    accounts::People,
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
        let chosen = Chosen::select(&store, &self.ids)?;
        if self.apply {
            let damaged = larder_engine::remove_damaged(&store, &chosen.damaged)?;
            let removed = larder_engine::remove(&store, &chosen.snapshots)?;
            if [damaged, removed].contains(&Removed::Unnoted) {
                context.output.warn(
                    "there is no room to note that they were removed on purpose, so `larder check` will miss them; when there is room \
                     again, `larder check --accept-lost` takes note of it",
                );
            }
            let left = store.snapshots()?.snapshots;
            let forgotten = store.forgotten()?;
            store.remembered.note_all(&left, &forgotten);
            context.keep(&store.remembered);
        }
        let snapshots: Vec<_> = chosen.snapshots.iter().map(snapshot_json).collect();
        let damaged: Vec<_> = chosen.damaged.iter().map(SnapshotId::to_string).collect();
        let json = json!({"applied": self.apply, "snapshots": snapshots, "damaged": damaged});
        context.output.done(self.people(&chosen, context), &json)?;
        Ok(Outcome::Done)
    }

    fn people(&self, chosen: &Chosen, context: &Context) -> String {
        let count = text::count((chosen.snapshots.len() + chosen.damaged.len()) as u64, "snapshot");
        let head = match self.apply {
            true => format!("rm: removed {count}; `larder gc` gives the space back"),
            false => format!("rm: would remove {count}, run with -apply to proceed"),
        };
        let damaged = chosen.damaged.iter().map(|id| format!("{} is damaged and cannot be read", id.short()));
        let people = People::known(&context.folders);
        let lines = chosen.snapshots.iter().map(|snapshot| snapshot_line(snapshot, &people)).chain(damaged);
        std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
    }
}

/// What the ids stand for, each once.
#[derive(Default)]
struct Chosen {
    /// Oldest first.
    snapshots: Vec<SnapshotInfo>,
    damaged: Vec<SnapshotId>,
}

impl Chosen {
    fn select(store: &Store, ids: &[OsString]) -> Result<Self> {
        let mut chosen = Self::default();
        for id in ids {
            match select_whole(store, id) {
                Ok(snapshot) => chosen.snapshots.push(snapshot),
                Err(problem) if problem.is(ProblemKind::Damaged) => {
                    let found = id.to_str().and_then(|text| store.find_id(text).ok());
                    chosen.damaged.push(found.ok_or(problem)?);
                }
                Err(problem) => return Err(problem),
            }
        }
        chosen.snapshots.sort_by_key(|snapshot| (snapshot.record.start(), snapshot.id));
        chosen.snapshots.dedup_by_key(|snapshot| snapshot.id);
        chosen.damaged.sort();
        chosen.damaged.dedup();
        Ok(chosen)
    }
}
