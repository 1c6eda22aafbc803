//! A line for each item, for those who want to know what became of it (`-v`).

use std::sync::Arc;

use larder_engine::Fate;
use larder_model::TreePath;
use serde_json::{Value, json};

use super::look::Look;
use crate::output::Output;

/// `new: /a/b`. In a rehearsal nothing is written or removed, and the line says so.
pub fn line(fate: Fate, path: &TreePath, is_rehearsal: bool) -> String {
    let would = if is_rehearsal && matches!(fate, Fate::Restored | Fate::Removed) { "would be " } else { "" };
    format!("{would}{}: {path}", word(fate))
}

pub fn event(fate: Fate, path: &TreePath) -> Value {
    json!({"event": "item", "fate": word(fate), "path": path.to_string()})
}

/// Tells of what the user's own rules leave out: the source knows it, and the flow never hears of it.
pub struct LeftOut {
    output: Arc<Output>,
    look: Arc<Look>,
}

impl LeftOut {
    pub fn new(output: Arc<Output>, look: Arc<Look>) -> Self {
        Self { output, look }
    }

    pub fn tell(&self, path: &TreePath) {
        if self.output.is_json() {
            // A reader who went away must not stop a backup.
            drop(self.output.json(&json!({"event": "item", "fate": "left out", "path": path.to_string()})));
        } else {
            self.look.say(&format!("left out: {path}"));
        }
    }
}

const fn word(fate: Fate) -> &'static str {
    match fate {
        Fate::New => "new",
        Fate::Changed => "changed",
        Fate::Unchanged => "unchanged",
        Fate::Restored => "restored",
        Fate::LeftAlone => "left alone",
        Fate::Removed => "removed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rehearsal_says_what_would_be() {
        let path = TreePath::new("/a");
        assert_eq!(line(Fate::Restored, &path, false), "restored: /a");
        assert_eq!(line(Fate::Restored, &path, true), "would be restored: /a");
        assert_eq!(line(Fate::Unchanged, &path, true), "unchanged: /a");
        assert_eq!(event(Fate::LeftAlone, &path).to_string(), r#"{"event":"item","fate":"left alone","path":"/a"}"#);
    }
}
