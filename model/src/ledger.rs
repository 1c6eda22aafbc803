//! The ledger: every item that a run could not take as it was.

use crate::TreePath;

/// How much a ledger row matters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Class {
    /// The snapshot lacks the item, or holds an older version of it: the run ends with 3.
    Missing,
    /// The item is there, but something about it deserves to be known: the run ends with 0, unless `--strict`.
    Note,
}

impl Class {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Note => "note",
        }
    }
}

/// One row of the ledger.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Skip {
    pub path: TreePath,
    pub class: Class,
    /// One word from a small set, the same in every language: `unreadable`, `changed`, `vanished`, `unsupported`, `stale`, `left-out`, …
    pub reason: String,
    /// A sentence for people.
    pub message: String,
    /// The provider's own word for the error: `EACCES`, `restricted_content`, …
    pub tag: Option<String>,
}

impl Skip {
    pub fn missing(path: TreePath, reason: &str, message: impl Into<String>) -> Self {
        Self { path, class: Class::Missing, reason: reason.to_owned(), message: message.into(), tag: None }
    }

    pub fn note(path: TreePath, reason: &str, message: impl Into<String>) -> Self {
        Self { class: Class::Note, ..Self::missing(path, reason, message) }
    }

    pub fn tagged(mut self, tag: impl Into<String>) -> Self {
        self.tag = Some(tag.into());
        self
    }
}
