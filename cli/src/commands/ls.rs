//! `larder ls`

use std::ffi::OsString;

use clap::Args;
use larder_engine::{Node, Tree};
use larder_model::{Result, TreePath, escape};
use serde_json::json;

use super::Outcome;
use crate::{
    accounts::People,
    context::Context,
    entries::{entry_event, long_line, snapshot_json, snapshot_line},
    opening::OpenStore,
    select::select,
    text,
};

/// List the snapshots of a store, or the files in a snapshot
///
/// Without an id, the snapshots are listed, the oldest first: time, id, size, number of files, what was backed up, tags. With an id,
/// the items in the folder that was backed up, or in PATH.
#[derive(Args)]
#[command(after_help = "\
Examples:
  larder at ./save ls                         all snapshots
  larder at ./save ls latest                  what is in the newest one
  larder at ./save ls -l 3f2a91c0:/home/ann   a folder in a snapshot, in detail
  larder at ./save ls -R latest:photos        a folder and all below it")]
pub struct Ls {
    /// A snapshot (some first digits of its id, or `latest`), and a path in it
    #[arg(value_name = "ID[:PATH]")]
    item: Option<OsString>,

    /// Show mode, owner, group, size and time
    #[arg(short, long)]
    long: bool,

    /// Show whole paths, of everything below too
    #[arg(short = 'R', long)]
    recursive: bool,

    /// Of the snapshots, only those with this tag
    #[arg(long, value_name = "TAG", conflicts_with = "item")]
    tag: Option<String>,
}

impl Ls {
    pub fn run(self, context: &Context) -> Result<Outcome> {
        let mut store = context.open()?;
        match &self.item {
            None => self.snapshots(context, &mut store),
            Some(item) => {
                let selected = select(&store, item)?;
                let tree = store.tree(&selected.snapshot)?;
                let path = tree.resolve(selected.path_or_root())?;
                let node = tree.node(&path)?;
                self.items(context, &tree, &path, node.as_ref())?;
                Ok(Outcome::Done)
            }
        }
    }

    fn snapshots(&self, context: &Context, store: &mut OpenStore) -> Result<Outcome> {
        let list = store.snapshots()?;
        let is_wanted = |tags: &[String]| self.tag.as_ref().is_none_or(|tag| tags.contains(tag));
        let wanted = list.snapshots.iter().filter(|snapshot| is_wanted(&snapshot.record.tags));
        let is_empty = wanted.clone().next().is_none();
        if context.output.is_json() {
            let snapshots: Vec<_> = wanted.map(snapshot_json).collect();
            let damaged: Vec<_> = list.damaged.iter().map(|(id, _)| id.to_string()).collect();
            context.output.json(&json!({"snapshots": snapshots, "damaged": damaged}))?;
        } else {
            let people = People::known(&context.folders);
            wanted.map(|snapshot| snapshot_line(snapshot, &people)).try_for_each(|line| context.output.line(line))?;
            if is_empty && list.damaged.is_empty() {
                context.output.remark(self.nothing());
            }
        }
        for (id, problem) in &list.damaged {
            context.output.warn(format_args!("snapshot {} cannot be read: {problem}", id.short()));
        }
        list.snapshots.iter().for_each(|snapshot| store.remembered.note(snapshot));
        context.keep(&store.remembered);
        Ok(if list.damaged.is_empty() { Outcome::Done } else { Outcome::DamageFound })
    }

    fn nothing(&self) -> String {
        match &self.tag {
            Some(tag) => format!("no snapshot has the tag {}", text::printable(tag)),
            None => "there are no snapshots in this store yet".to_owned(),
        }
    }

    fn items(&self, context: &Context, tree: &Tree, path: &TreePath, node: Option<&Node>) -> Result<()> {
        let mut count = 0_u64;
        let mut show = |path: &TreePath, node: &Node| {
            context.check_interrupt()?;
            count += 1;
            self.item_line(context, path, node)
        };
        match node.filter(|node| !node.entry.is_dir()) {
            Some(file) => show(path, file)?,
            None if self.recursive => tree.walk(path, &mut show)?,
            None => tree.list(path, &mut |node| show(&path.child(&node.entry.name), &node))?,
        }
        if context.output.is_json() {
            context.output.json(&json!({"event": "result", "items": count}))?;
        }
        Ok(())
    }

    fn item_line(&self, context: &Context, path: &TreePath, node: &Node) -> Result<()> {
        if context.output.is_json() {
            return context.output.json(&entry_event("item", &[], path, &node.entry));
        }
        let shown = if self.recursive { path.to_string() } else { escape(&node.entry.name) };
        match (self.long, node.entry.is_dir()) {
            (true, _) => context.output.line(long_line(&node.entry, &shown)),
            (false, true) => context.output.line(format_args!("{shown}/")),
            (false, false) => context.output.line(shown),
        }
    }
}
