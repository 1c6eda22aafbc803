//! A line for each item, for those who want to know what became of it (`-v`).

use larder_engine::Fate;
use larder_model::TreePath;
use serde_json::{Value, json};

/// `new: /a/b`. In a rehearsal nothing is written or removed, and the line says so.
pub fn line(fate: Fate, path: &TreePath, is_rehearsal: bool) -> String {
    let would = if is_rehearsal && matches!(fate, Fate::Restored | Fate::Removed) { "would be " } else { "" };
    format!("{would}{}: {path}", word(fate))
}

pub fn event(fate: Fate, path: &TreePath) -> Value {
    json!({"event": "item", "fate": word(fate), "path": path.to_string()})
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
