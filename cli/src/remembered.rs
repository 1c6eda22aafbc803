//! What this machine remembers of each store that it has met: its id, and the newest sequence number of each origin.
//!
//! A storage can withhold objects, roll back to an older state, or put another store in the place of one. It cannot do so unnoticed by
//! a client that remembers. The memory is one small JSON file a location in Larder's data folder; without such a folder there is none.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use larder_engine::{SnapshotInfo, Store};
use larder_model::{Origin, Problem, Result};
use serde_json::{Value, json};

use crate::{location::shown, text, whole_file::write_whole};

/// The memory of one location.
#[derive(Debug, Default)]
pub struct Remembered {
    file: Option<PathBuf>,
    store: Option<String>,
    location: String,
    /// By origin.
    sequences: BTreeMap<String, u64>,
    is_changed: bool,
}

impl Remembered {
    /// `identity` is the same for every way to write the location.
    pub fn load(data: Option<&Path>, identity: &[u8]) -> Self {
        let name = format!("{}.json", &blake3::hash(identity).to_hex()[..32]);
        let file = data.map(|folder| folder.join("stores").join(name));
        let read = file.as_ref().and_then(|file| fs::read(file).ok());
        let value: Value = read.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        let sequences = value["sequences"].as_object().into_iter().flatten();
        Self {
            file,
            store: value["store"].as_str().map(str::to_owned),
            location: value["location"].as_str().unwrap_or_default().to_owned(),
            sequences: sequences.filter_map(|(origin, number)| Some((origin.clone(), number.as_u64()?))).collect(),
            is_changed: false,
        }
    }

    /// Stops when the store at this location is not the one that was there before.
    pub fn recognize(&mut self, store: &Store, location: &str) -> Result<()> {
        let id = store.id().to_string();
        match (&self.store, &self.file) {
            (Some(known), _) if *known == id => Ok(()),
            (Some(known), Some(file)) => {
                let message = format!(
                    "the store at {} is not the one that was here before: it was {known}, it is {id}",
                    location
                );
                Err(Problem::failed(message)
                    .hint(format!("if somebody replaced it with good reason, remove {} and try again", shown(file))))
            }
            _ => {
                self.replace(store, location);
                Ok(())
            }
        }
    }

    /// A new store was made here.
    pub fn replace(&mut self, store: &Store, location: &str) {
        self.store = Some(store.id().to_string());
        self.location = location.to_owned();
        self.sequences.clear();
        self.is_changed = true;
    }

    /// What is missing of what was seen here before, and was removed by nobody: a sentence for each origin.
    pub fn missing(&self, snapshots: &[SnapshotInfo], forgotten: &[(Origin, u64)]) -> Vec<String> {
        let newest = newest(snapshots, forgotten);
        let gap = |(origin, seen): (&String, &u64)| {
            let now = newest.get(origin).copied();
            (now < Some(*seen)).then(|| describe(origin, *seen, now))
        };
        self.sequences.iter().filter_map(gap).collect()
    }

    /// Takes what is there now for what has to be there.
    pub fn note_all(&mut self, snapshots: &[SnapshotInfo], forgotten: &[(Origin, u64)]) {
        let newest = newest(snapshots, forgotten);
        self.is_changed |= newest != self.sequences;
        self.sequences = newest;
    }

    /// Takes one more snapshot for seen.
    pub fn note(&mut self, snapshot: &SnapshotInfo) {
        let seen = self.sequences.entry(snapshot.record.origin().to_string()).or_default();
        self.is_changed |= snapshot.record.sequence > *seen;
        *seen = snapshot.record.sequence.max(*seen);
    }

    /// Writes the file, whole or not at all.
    pub fn save(&self) -> Result<()> {
        let (true, Some(file)) = (self.is_changed, &self.file) else { return Ok(()) };
        let value = json!({"location": self.location, "store": self.store, "sequences": self.sequences});
        write_whole(file, format!("{value:#}\n").as_bytes()).map_err(|error| {
            Problem::failed(format!("cannot remember this store in {}: {}", shown(file), text::reason(&error)))
        })
    }
}

/// The highest number of each origin, of those that are there and those that were removed.
fn newest(snapshots: &[SnapshotInfo], forgotten: &[(Origin, u64)]) -> BTreeMap<String, u64> {
    let present = snapshots.iter().map(|snapshot| (snapshot.record.origin().to_string(), snapshot.record.sequence));
    let removed = forgotten.iter().map(|(origin, sequence)| (origin.to_string(), *sequence));
    let mut newest = BTreeMap::new();
    for (origin, sequence) in present.chain(removed) {
        let number = newest.entry(origin).or_default();
        *number = sequence.max(*number);
    }
    newest
}

fn describe(origin: &str, seen: u64, now: Option<u64>) -> String {
    let now = now.map_or_else(|| "none is left".to_owned(), |now| format!("the newest is number {now}"));
    format!(
        "snapshot number {seen} of {origin} was seen here before, and now {now}: nobody removed it, the storage has lost or withheld it"
    )
}
