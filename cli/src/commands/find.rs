//! `larder find`

use std::ffi::OsString;

use clap::Args;
use larder_engine::{Node, SnapshotInfo, Store};
use larder_model::{Kind, Problem, Result, Time, TreePath};
use serde_json::json;

use super::Outcome;
use crate::{
    context::Context,
    entries::{entry_event, long_line},
    parse,
    patterns::Patterns,
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
}

impl Find {
    pub fn run(self, context: &Context) -> Result<Outcome> {
        let patterns = Patterns::new(&self.patterns, self.ignore_case)?;
        let store = context.open()?;
        let snapshots = self.snapshots(context, &store)?;
        let mut hits = 0_u64;
        let mut is_hit = |path: &TreePath, node: &Node| self.is_hit(&patterns, path, node);
        larder_engine::find(&store, &snapshots, &mut is_hit, &mut |snapshot, path, node| {
            context.check_interrupt()?;
            hits += 1;
            self.hit(context, snapshot, path, node)
        })?;
        if context.output.is_json() {
            context.output.json(&json!({"event": "result", "hits": hits, "snapshots": snapshots.len()}))?;
        } else if hits == 0 {
            context
                .output
                .remark(format_args!("nothing found in {}", crate::text::count(snapshots.len() as u64, "snapshot")));
        }
        Ok(Outcome::Done)
    }

    fn snapshots(&self, context: &Context, store: &Store) -> Result<Vec<SnapshotInfo>> {
        if !self.snapshot.is_empty() {
            return self.snapshot.iter().map(|id| select_whole(store, id)).collect();
        }
        let list = store.snapshots()?;
        for (id, problem) in &list.damaged {
            context.output.warn(format_args!("snapshot {} cannot be searched: {problem}", id.short()));
        }
        if list.snapshots.is_empty() && !list.damaged.is_empty() {
            return Err(Problem::damaged("no snapshot of this store can be read"));
        }
        Ok(list.snapshots)
    }

    fn is_hit(&self, patterns: &Patterns, path: &TreePath, node: &Node) -> bool {
        let entry = &node.entry;
        let is_newer = |moment| entry.meta.mtime.is_some_and(|mtime| mtime > moment);
        let is_larger = |size| entry.kind == Kind::File && entry.meta.size > size;
        self.newer.is_none_or(is_newer)
            && self.larger.is_none_or(is_larger)
            && (patterns.is_empty() || patterns.match_path(path))
    }

    fn hit(&self, context: &Context, snapshot: &SnapshotInfo, path: &TreePath, node: &Node) -> Result<()> {
        if context.output.is_json() {
            let id = snapshot.id.to_string();
            return context.output.json(&entry_event("hit", &[("snapshot", id.into())], path, &node.entry));
        }
        let shown = format!("{}:{path}", snapshot.id.short());
        if self.long { context.output.line(long_line(&node.entry, &shown)) } else { context.output.line(shown) }
    }
}
