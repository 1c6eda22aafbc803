//! Rows of the ledger while they happen: which of them are told at once, and how.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use larder_model::{Class, Skip};
use serde_json::{Value, json};

use crate::output::Talk;

/// How many rows are worth a line each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ShownSkips {
    /// The first ones: the snapshot's ledger has them all.
    First,
    /// All: there is no other list of them.
    All,
}

const FIRST: u64 = 20;

/// Reasons of notes that every run tells: a store in the account was left out, a folder is not there any more, zips are off.
const TOLD: [&str; 3] = ["left-out", "unmounted", "zips-off"];

pub struct Skips {
    shown: ShownSkips,
    missing: AtomicU64,
    hidden: AtomicU64,
}

impl Skips {
    pub fn new(shown: ShownSkips) -> Self {
        Self { shown, missing: AtomicU64::new(0), hidden: AtomicU64::new(0) }
    }

    /// What is missing is told even to those who asked for silence; notes only to those who asked for more, but for the few that a person
    /// may have to act on.
    pub fn is_shown(&self, skip: &Skip, talk: Talk) -> bool {
        match skip.class {
            Class::Note => talk == Talk::Verbose || talk != Talk::Quiet && TOLD.contains(&&*skip.reason),
            Class::Missing => {
                let before = self.missing.fetch_add(1, Relaxed);
                let is_shown = before < FIRST || self.shown == ShownSkips::All || talk == Talk::Verbose;
                self.hidden.fetch_add(u64::from(!is_shown), Relaxed);
                is_shown
            }
        }
    }

    /// Missing items that were not told.
    pub fn hidden(&self) -> u64 {
        self.hidden.load(Relaxed)
    }
}

/// `missing: /a/b: it cannot be read`.
pub fn line(skip: &Skip) -> String {
    let path = skip.path.to_string();
    // Most messages name the item already.
    if skip.message.contains(&path) {
        format!("{}: {}", skip.class.word(), skip.message)
    } else {
        format!("{}: {path}: {}", skip.class.word(), skip.message)
    }
}

/// A row as it stands in JSON.
pub fn row(skip: &Skip) -> Value {
    json!({
        "path": skip.path.to_string(),
        "class": skip.class.word(),
        "reason": skip.reason,
        "message": skip.message,
        "tag": skip.tag,
    })
}

pub fn event(skip: &Skip) -> Value {
    let mut event = json!({"event": "skip"});
    if let (Some(event), Value::Object(row)) = (event.as_object_mut(), row(skip)) {
        event.extend(row);
    }
    event
}

#[cfg(test)]
mod tests {
    use larder_model::TreePath;

    use super::*;

    #[test]
    fn what_is_missing_is_told_up_to_a_limit() {
        let missing = Skip::missing(TreePath::new("/a"), "unreadable", "no");
        let skips = Skips::new(ShownSkips::First);
        let shown = (0..30).filter(|_| skips.is_shown(&missing, Talk::Quiet)).count();
        assert_eq!((shown, skips.hidden()), (20, 10));
        let note = Skip::note(TreePath::new("/a"), "changed", "/a changed");
        assert!(!skips.is_shown(&note, Talk::Normal) && skips.is_shown(&note, Talk::Verbose));
        assert_eq!(line(&note), "note: /a changed");
        assert_eq!(line(&missing), "missing: /a: no");
        assert_eq!(event(&note)["event"], "skip");
    }
}
