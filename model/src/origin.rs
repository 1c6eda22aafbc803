//! What a snapshot was taken of.

use std::fmt;

/// Connector, identity and root of a source. Snapshots of the same origin form one history; two accounts never share one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Origin {
    /// The connector's name: `fs`, `dropbox`, …
    pub connector: String,
    /// The machine or account. For a name given with `--origin`, that name.
    pub identity: String,
    /// The roots, sorted and joined by `:`; empty when a name was given.
    pub root: String,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.root.as_str() {
            "" => f.write_str(&self.identity),
            root => write!(f, "{}:{root}", self.identity),
        }
    }
}

impl Origin {
    /// True when a person who typed `latest@TEXT` means this origin: its name, its identity, or a root of it.
    pub fn answers_to(&self, text: &str) -> bool {
        self.to_string() == text || self.identity == text || self.root.split(':').any(|root| root == text)
    }
}
