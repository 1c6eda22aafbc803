//! The bookmark that a snapshot keeps for the next run.

use minicbor::{Decode, Encode};

use crate::item::Item;

const VERSION: u8 = 1;

/// Keys are never used for anything else; a checkpoint of another version is none.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct Checkpoint {
    #[n(0)]
    pub version: u8,
    #[n(1)]
    pub cursor: String,
    /// What the listing was made by: path root, exclusions, export formats. With other rules everything is listed anew.
    #[n(2)]
    pub rules: String,
    /// When everything was listed, in seconds since 1970.
    #[n(3)]
    pub listed: i64,
    /// How the way to the root is written.
    #[n(4)]
    pub root: String,
    /// No zips before this second.
    #[n(5)]
    pub zips_off_until: Option<i64>,
    /// A zip of this account was verified once.
    #[n(6)]
    pub zips_work: bool,
    /// What could not be read, as it was listed.
    #[n(7)]
    pub pending: Vec<Kept>,
    /// Folders that are left out because they hold a store.
    #[n(8)]
    pub stores: Vec<String>,
    /// Folders that other namespaces are mounted at.
    #[n(9)]
    pub mounts: Vec<Kept>,
    /// Documents, and the names that they were exported under.
    #[n(10)]
    pub documents: Vec<Document>,
}

/// An item under its path as displayed.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Kept {
    #[n(0)]
    pub path: String,
    #[n(1)]
    pub item: Item,
}

/// A document under its path as displayed.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Document {
    #[n(0)]
    pub path: String,
    /// Paths of what it was exported to.
    #[n(1)]
    pub exports: Vec<String>,
}

impl Checkpoint {
    pub fn encode(self) -> Vec<u8> {
        minicbor::to_vec(Self { version: VERSION, ..self }).expect("encoding into memory cannot fail")
    }

    pub fn decode(bytes: &[u8]) -> Option<Self> {
        minicbor::decode(bytes).ok().filter(|checkpoint: &Self| checkpoint.version == VERSION)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_back_and_nothing_else_does() {
        let checkpoint = Checkpoint {
            cursor: "AAE".into(),
            pending: vec![Kept { path: "/a".into(), item: Item { size: Some(1), ..Item::default() } }],
            documents: vec![Document { path: "/b.paper".into(), exports: vec!["/b.paper.md".into()] }],
            ..Checkpoint::default()
        };
        let bytes = checkpoint.clone().encode();
        assert_eq!(Checkpoint::decode(&bytes), Some(Checkpoint { version: VERSION, ..checkpoint.clone() }));
        assert_eq!(Checkpoint::decode(&bytes[..bytes.len() - 1]), None);
        assert_eq!(Checkpoint::decode(b""), None);
        let newer = minicbor::to_vec(Checkpoint { version: VERSION + 1, ..checkpoint }).unwrap();
        assert_eq!(Checkpoint::decode(&newer), None);
    }
}
