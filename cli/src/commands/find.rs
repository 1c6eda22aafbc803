//! `larder find`

mod indexed;

use std::ffi::OsString;

use clap::Args;
use larder_engine::{Facts, Filter, Node, Patterns, SnapshotInfo, Store};
use larder_model::{Entry, Problem, Result, Time, TreePath};
use serde_json::json;

use super::Outcome;
use crate::{
    context::Context,
    entries::{entry_event, long_line},
    parse,
    select::select_whole,
};

/// Find files by name, in all snapshots or in some
///
/// A PATTERN is a name, in which `*` stands for anything and `?` for one character. With a slash in it, it is about the path:
/// `/home/ann/*.txt` from the top, `photos/*.jpg` at the end. Several patterns find what matches one of them. Each hit is shown as
/// ID:PATH, which `cat`, `ls` and `restore` understand.
#[derive(Args)]
#[command(after_help = "\
Examples:
  larder at ./save find notes.txt
  larder at ./save find '*.jpg' --larger 10M
  larder at ./save find --newer 7d --snapshot latest")]
pub struct Find {
    /// What to look for
    #[arg(value_name = "PATTERN", required_unless_present_any = ["newer", "larger"])]
    patterns: Vec<String>,

    /// Only what was changed after this moment (2026-01-14, 2026-01-14T06:45:32Z) or within this time (12h, 7d, 2w)
    #[arg(long, value_name = "TIME", value_parser = parse::moment_or_age)]
    newer: Option<Time>,

    /// Only files of more bytes, such as 10M
    #[arg(long, value_name = "SIZE", value_parser = parse::size)]
    larger: Option<u64>,

    /// Only in this snapshot; may be repeated
    #[arg(long, value_name = "ID")]
    snapshot: Vec<OsString>,

    /// Take upper and lower case letters for the same
    #[arg(short, long)]
    ignore_case: bool,

    /// Show mode, owner, group, size and time
    #[arg(short, long)]
    long: bool,

    /// Build the search index in the cache folder, where there is none yet, however few files there are
    #[arg(long, conflicts_with_all = ["no_index", "snapshot"])]
    index: bool,

    /// Walk through the snapshots: neither use nor build the search index in the cache folder
    #[arg(long)]
    no_index: bool,
}

impl Find {
    pub fn run(self, context: &Context) -> Result<Outcome> {
        let patterns = Patterns::new(&self.patterns, self.ignore_case)?;
        let store = context.open()?;
        let (snapshots, outcome) = self.snapshots(context, &store)?;
        let filter = self.filter();
        let hits = match indexed::find(&self, context, &store, &snapshots, (&patterns, &filter))? {
            Some(hits) => hits,
            None => self.walk(context, &store, &snapshots, (&patterns, &filter))?,
        };
        if context.output.is_json() {
            context.output.json(&json!({"event": "result", "hits": hits, "snapshots": snapshots.len()}))?;
        } else if hits == 0 {
            context
                .output
                .remark(format_args!("nothing found in {}", crate::text::count(snapshots.len() as u64, "snapshot")));
        }
        Ok(outcome)
    }

    /// Where to look, and how the command ends: a snapshot that cannot be read may hold what is looked for.
    fn snapshots(&self, context: &Context, store: &Store) -> Result<(Vec<SnapshotInfo>, Outcome)> {
        if !self.snapshot.is_empty() {
            let mut named: Vec<SnapshotInfo> = Vec::new();
            for id in &self.snapshot {
                let found = select_whole(store, id)?;
                if !named.iter().any(|known| known.id == found.id) {
                    named.push(found);
                }
            }
            return Ok((named, Outcome::Done));
        }
        let list = store.snapshots()?;
        for (id, problem) in &list.damaged {
            context.output.warn(format_args!("snapshot {} cannot be searched: {problem}", id.short()));
        }
        if list.snapshots.is_empty() && !list.damaged.is_empty() {
            return Err(Problem::damaged("no snapshot of this store can be read"));
        }
        let outcome = if list.damaged.is_empty() { Outcome::Done } else { Outcome::DamageFound };
        Ok((list.snapshots, outcome))
    }

    /// The moments and sizes that people give are themselves left out.
    fn filter(&self) -> Filter {
        Filter {
            since: self.newer.map(|moment| match moment.nanos {
                999_999_999 => Time::new(moment.secs.saturating_add(1), 0),
                nanos => Time::new(moment.secs, nanos + 1),
            }),
            min_size: self.larger.map(|size| size.saturating_add(1)),
            ..Filter::default()
        }
    }

    /// Looks at everything in the snapshots; returns the number of hits.
    fn walk(
        &self,
        context: &Context,
        store: &Store,
        snapshots: &[SnapshotInfo],
        (patterns, filter): (&Patterns, &Filter),
    ) -> Result<u64> {
        let mut hits = 0;
        let mut is_hit = |path: &TreePath, node: &Node| {
            filter.accepts(&Facts::of(&node.entry)) && (patterns.is_empty() || patterns.match_path(path))
        };
        larder_engine::find(store, snapshots, &mut is_hit, &mut |snapshot, path, node| {
            context.check_interrupt()?;
            hits += 1;
            self.hit(context, snapshot, path, Some(&node.entry))
        })?;
        Ok(hits)
    }

    /// Whether more than the path of a hit is shown.
    fn shows_entries(&self, context: &Context) -> bool {
        self.long || context.output.is_json()
    }

    /// Shows one hit. Its entry is there where [`Find::shows_entries`].
    fn hit(&self, context: &Context, snapshot: &SnapshotInfo, path: &TreePath, entry: Option<&Entry>) -> Result<()> {
        let shown = || format!("{}:{path}", snapshot.id.short());
        match entry {
            Some(entry) if context.output.is_json() => {
                let id = snapshot.id.to_string();
                context.output.json(&entry_event("hit", &[("snapshot", id.into())], path, entry))
            }
            Some(entry) if self.long => context.output.line(long_line(entry, &shown())),
            _ => context.output.line(shown()),
        }
    }
}
