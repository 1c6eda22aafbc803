//! The record that a snapshot is (docs/format.md §10).

use larder_model::{BlobId, Origin, RunId, SnapshotId, Time, TreePath};
use minicbor::{Decode, Encode};

use crate::{
    FormatError, Result,
    page::{PageRef, Totals},
    secret,
    wire::{from_cbor, to_cbor},
};

/// Plain bytes of a record at most.
pub const RECORD_LEN_MAX: usize = 4_096;

/// A snapshot. Its id is the hash of its encoded form, which is why it is made once and never changed.
#[derive(Clone, PartialEq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Snapshot {
    #[n(0)]
    version: u32,
    /// Two snapshots of the same thing at the same time still have different ids.
    #[cbor(n(1), with = "minicbor::bytes")]
    random: [u8; 32],
    #[n(2)]
    origin: OriginRecord,
    #[cbor(n(3), with = "paths")]
    roots: Vec<TreePath>,
    #[n(4)]
    pub roots_reference: Option<Reference>,
    #[n(5)]
    source_start: Option<Moment>,
    #[n(6)]
    source_end: Option<Moment>,
    #[n(7)]
    start: Moment,
    #[n(8)]
    end: Moment,
    #[n(9)]
    pub sequence: u64,
    #[n(10)]
    pub host: String,
    #[n(11)]
    pub tags: Vec<String>,
    #[cbor(n(12), with = "minicbor::bytes")]
    root: Option<[u8; 32]>,
    #[n(13)]
    root_level: Option<u8>,
    #[n(14)]
    totals: (u64, u64, u64),
    #[n(15)]
    completeness: u8,
    #[n(16)]
    pub ledger: Option<Reference>,
    #[n(17)]
    checkpoint_kind: Option<u8>,
    #[n(18)]
    checkpoint: Option<Reference>,
    #[n(19)]
    pub statistics: Option<Reference>,
    #[cbor(n(20), with = "minicbor::bytes")]
    parent: Option<[u8; 32]>,
    #[cbor(n(21), with = "minicbor::bytes")]
    previous: Option<[u8; 32]>,
    #[cbor(n(22), with = "minicbor::bytes")]
    run: [u8; 16],
    #[n(23)]
    pub program: String,
    // 24 is reserved for signatures.
    /// Missing items and notes.
    #[n(25)]
    ledger_rows: Option<(u64, u64)>,
}

/// What a new snapshot is made from.
#[derive(Clone, Debug)]
pub struct NewSnapshot {
    pub origin: Origin,
    pub roots: Vec<TreePath>,
    pub roots_reference: Option<Reference>,
    /// Start and end by the source's clock.
    pub source_times: Option<(Time, Time)>,
    /// Start and end by the writer's clock.
    pub times: (Time, Time),
    pub sequence: u64,
    pub host: String,
    pub tags: Vec<String>,
    pub root: Option<PageRef>,
    pub totals: Totals,
    pub completeness: Completeness,
    pub ledger: Option<Reference>,
    pub ledger_rows: (u64, u64),
    pub statistics: Option<Reference>,
    /// Where the source's next run goes on from, and whether this one saw everything.
    pub checkpoint: Option<(CheckpointKind, Reference)>,
    pub parent: Option<SnapshotId>,
    pub previous: Option<SnapshotId>,
    pub run: RunId,
    pub program: String,
}

/// How much of the source a snapshot holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Completeness {
    /// Everything.
    Complete = 1,
    /// Everything was listed, but the ledger names items that are missing.
    ItemsMissing = 2,
    /// Not everything could be listed.
    Partial = 3,
}

/// What a checkpoint stands on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum CheckpointKind {
    /// Everything was listed: changes since then are all that is new.
    Whole = 1,
    /// Not everything was: it saves work, but the next run lists again.
    Resume = 2,
}

impl CheckpointKind {
    fn from_number(number: u8) -> Option<Self> {
        [Self::Whole, Self::Resume].into_iter().find(|kind| *kind as u8 == number)
    }
}

impl Completeness {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::ItemsMissing => "items-missing",
            Self::Partial => "partial",
        }
    }
}

impl Snapshot {
    pub fn new(new: NewSnapshot) -> Self {
        Self {
            version: 0,
            random: secret::random(),
            origin: OriginRecord {
                connector: new.origin.connector,
                identity: new.origin.identity,
                root: new.origin.root,
            },
            roots: if new.roots_reference.is_some() { Vec::new() } else { new.roots },
            roots_reference: new.roots_reference,
            source_start: new.source_times.map(|times| times.0.into()),
            source_end: new.source_times.map(|times| times.1.into()),
            start: new.times.0.into(),
            end: new.times.1.into(),
            sequence: new.sequence,
            host: new.host,
            tags: new.tags,
            root: new.root.map(|page| page.id.0),
            root_level: new.root.map(|page| page.level),
            totals: (new.totals.files, new.totals.folders, new.totals.bytes),
            completeness: new.completeness as u8,
            ledger: new.ledger,
            checkpoint_kind: new.checkpoint.as_ref().map(|(kind, _)| *kind as u8),
            checkpoint: new.checkpoint.map(|(_, reference)| reference),
            statistics: new.statistics,
            parent: new.parent.map(|id| id.0),
            previous: new.previous.map(|id| id.0),
            run: new.run.0,
            program: new.program,
            ledger_rows: Some(new.ledger_rows),
        }
    }

    /// The plain record and its id.
    pub fn encode(&self) -> Result<(Vec<u8>, SnapshotId)> {
        let record = to_cbor(self);
        if record.len() > RECORD_LEN_MAX {
            return Err(FormatError::TooLarge(
                "the snapshot's record is too long: it has too many or too long tags or roots",
            ));
        }
        let id = SnapshotId(*blake3::hash(&record).as_bytes());
        Ok((record, id))
    }

    /// Reads a record that is stored under `id`.
    pub fn decode(record: &[u8], id: SnapshotId) -> Result<Self> {
        if record.len() > RECORD_LEN_MAX || *blake3::hash(record).as_bytes() != id.0 {
            return Err(FormatError::Damaged("the record is not the one that its name stands for"));
        }
        let snapshot: Self = from_cbor(record)?;
        if snapshot.version != 0 {
            return Err(FormatError::Unsupported("the snapshot was written by a newer program"));
        }
        Ok(snapshot)
    }

    pub fn origin(&self) -> Origin {
        let OriginRecord { connector, identity, root } = self.origin.clone();
        Origin { connector, identity, root }
    }

    /// Empty when [`Snapshot::roots_reference`] has them.
    pub fn inline_roots(&self) -> &[TreePath] {
        &self.roots
    }

    /// The writer's clock.
    pub fn start(&self) -> Time {
        self.start.into()
    }

    /// The writer's clock.
    pub fn end(&self) -> Time {
        self.end.into()
    }

    /// The source's clock.
    pub fn source_times(&self) -> Option<(Time, Time)> {
        Some((self.source_start?.into(), self.source_end?.into()))
    }

    pub fn root(&self) -> Option<PageRef> {
        Some(PageRef { id: BlobId(self.root?), level: self.root_level.unwrap_or(0) })
    }

    pub fn totals(&self) -> Totals {
        let (files, folders, bytes) = self.totals;
        Totals { files, folders, bytes }
    }

    pub fn completeness(&self) -> Completeness {
        match self.completeness {
            1 => Completeness::Complete,
            2 => Completeness::ItemsMissing,
            _ => Completeness::Partial,
        }
    }

    /// What the connector left for its next run. A kind of a newer program is none.
    pub fn checkpoint(&self) -> Option<(CheckpointKind, &Reference)> {
        let kind = CheckpointKind::from_number(self.checkpoint_kind?)?;
        Some((kind, self.checkpoint.as_ref()?))
    }

    pub fn parent(&self) -> Option<SnapshotId> {
        self.parent.map(SnapshotId)
    }

    pub fn previous(&self) -> Option<SnapshotId> {
        self.previous.map(SnapshotId)
    }

    pub fn run(&self) -> RunId {
        RunId(self.run)
    }

    /// Rows of the ledger: missing items, and notes.
    pub fn ledger_rows(&self) -> (u64, u64) {
        self.ledger_rows.unwrap_or((0, 0))
    }

    /// All references that the record holds, for tracing.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        [&self.roots_reference, &self.ledger, &self.checkpoint, &self.statistics].into_iter().flatten()
    }
}

/// Bytes that a record refers to: short ones stand in the record itself.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Reference {
    #[cbor(n(0), with = "minicbor::bytes")]
    inline: Option<Vec<u8>>,
    #[cbor(n(1), with = "minicbor::bytes")]
    id: Option<[u8; 32]>,
    #[n(2)]
    level: Option<u8>,
    #[n(3)]
    len: Option<u64>,
}

/// A [`Reference`], told apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Referred<'a> {
    Inline(&'a [u8]),
    Blob { id: BlobId, len: u64 },
    Tree { root: PageRef, len: u64 },
}

impl Reference {
    pub fn inline(bytes: Vec<u8>) -> Self {
        Self { inline: Some(bytes), id: None, level: None, len: None }
    }

    pub fn blob(id: BlobId, len: u64) -> Self {
        Self { inline: None, id: Some(id.0), level: Some(0), len: Some(len) }
    }

    pub fn tree(root: PageRef, len: u64) -> Self {
        Self { inline: None, id: Some(root.id.0), level: Some(root.level + 1), len: Some(len) }
    }

    pub fn get(&self) -> Result<Referred<'_>> {
        if let Some(bytes) = &self.inline {
            return Ok(Referred::Inline(bytes));
        }
        let (Some(id), Some(level), Some(len)) = (self.id, self.level, self.len) else {
            return Err(FormatError::Damaged("a reference in it refers to nothing"));
        };
        let id = BlobId(id);
        Ok(match level.checked_sub(1) {
            None => Referred::Blob { id, len },
            Some(level) => Referred::Tree { root: PageRef { id, level }, len },
        })
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub(crate) struct OriginRecord {
    #[n(0)]
    pub connector: String,
    #[n(1)]
    pub identity: String,
    #[n(2)]
    pub root: String,
}

/// Seconds and nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
struct Moment {
    #[n(0)]
    secs: i64,
    #[n(1)]
    nanos: u32,
}

impl From<Time> for Moment {
    fn from(time: Time) -> Self {
        Self { secs: time.secs, nanos: time.nanos }
    }
}

impl From<Moment> for Time {
    fn from(moment: Moment) -> Self {
        Self::new(moment.secs, moment.nanos.min(999_999_999))
    }
}

/// Paths as byte strings.
mod paths {
    use larder_model::TreePath;
    use minicbor::{
        Decoder, Encoder,
        bytes::ByteVec,
        decode::Error as DecodeError,
        encode::{Error as EncodeError, Write},
    };

    pub fn encode<C, W: Write>(
        paths: &[TreePath],
        encoder: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        encoder.array(paths.len() as u64)?;
        for path in paths {
            encoder.bytes(path.as_bytes())?;
        }
        Ok(())
    }

    pub fn decode<C>(decoder: &mut Decoder, _: &mut C) -> Result<Vec<TreePath>, DecodeError> {
        let paths: Vec<ByteVec> = decoder.decode()?;
        Ok(paths.iter().map(|path| TreePath::new(path.as_slice())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new() -> NewSnapshot {
        NewSnapshot {
            origin: Origin { connector: "fs".into(), identity: "host".into(), root: "/a".into() },
            roots: vec![TreePath::new(b"/a\xff")],
            roots_reference: None,
            source_times: None,
            times: (Time::new(1, 2), Time::new(3, 4)),
            sequence: 5,
            host: "host".into(),
            tags: vec!["t".into()],
            root: Some(PageRef { id: BlobId([6; 32]), level: 2 }),
            totals: Totals { files: 1, folders: 2, bytes: 3 },
            completeness: Completeness::ItemsMissing,
            ledger: Some(Reference::inline(vec![1])),
            ledger_rows: (1, 0),
            statistics: Some(Reference::tree(PageRef { id: BlobId([7; 32]), level: 0 }, 9)),
            checkpoint: Some((CheckpointKind::Whole, Reference::inline(vec![2]))),
            parent: Some(SnapshotId([8; 32])),
            previous: None,
            run: RunId([9; 16]),
            program: "larder 0".into(),
        }
    }

    #[test]
    fn a_record_comes_back_under_its_own_id_only() {
        let snapshot = Snapshot::new(new());
        let (record, id) = snapshot.encode().unwrap();
        assert_eq!(Snapshot::decode(&record, id).as_ref(), Ok(&snapshot));
        assert!(Snapshot::decode(&record, SnapshotId([0; 32])).is_err());
        assert_eq!(snapshot.checkpoint(), Some((CheckpointKind::Whole, &Reference::inline(vec![2]))));
        assert_ne!(Snapshot::new(new()).encode().unwrap().1, id, "random bytes keep ids apart");
        let root = PageRef { id: BlobId([7; 32]), level: 0 };
        assert_eq!(snapshot.statistics.unwrap().get(), Ok(Referred::Tree { root, len: 9 }));
    }

    #[test]
    fn a_record_that_is_too_long_is_refused() {
        let tags = vec!["x".repeat(500); 10];
        assert!(Snapshot::new(NewSnapshot { tags, ..new() }).encode().is_err());
    }
}
