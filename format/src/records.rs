//! Start records, intents, marks and records (docs/format.md §11), and the sealed objects that they and snapshots are.

use larder_model::{BlobId, Hash, Origin, PackId, RunId, SnapshotId};
use minicbor::{Decode, Encode, bytes::ByteArray};

use crate::{
    FormatError, Result,
    container::{self, ObjectKind, Suite},
    keys::EpochKeys,
    page::PageRef,
    sealing::BoxKind,
    snapshot::{OriginRecord, Reference},
    wire::{from_cbor, to_cbor},
};

/// Start records count for this long; an older run does not commit.
pub const START_EXPIRES_SECS: i64 = 30 * 24 * 3600;

/// A whole object that is one box around `plain`, and its hash.
pub fn seal_object(kind: ObjectKind, keys: &EpochKeys, plain: &[u8]) -> (Vec<u8>, Hash) {
    let sealed = keys.object(kind).seal(BoxKind(kind as u8), plain);
    container::wrap(kind, Suite::Sealed, keys.epoch(), &sealed)
}

/// The plain text of an object that is one box. `keys` finds the keys of an epoch.
pub fn open_object<'k>(
    kind: ObjectKind,
    keys: impl FnOnce(u32) -> Option<&'k EpochKeys>,
    object: &[u8],
) -> Result<Vec<u8>> {
    let (epoch, body) = container::unwrap(kind, object)?;
    let keys = keys(epoch).ok_or(FormatError::Damaged("it is sealed under an epoch that no ring has"))?;
    keys.object(kind).open(BoxKind(kind as u8), body)
}

/// A record with its own kind of object.
pub trait SealedRecord: Sized {
    const KIND: ObjectKind;
    fn to_plain(&self) -> Vec<u8>;
    fn from_plain(plain: &[u8]) -> Result<Self>;
}

macro_rules! sealed_record {
    ($type:ty, $kind:ident) => {
        impl SealedRecord for $type {
            const KIND: ObjectKind = ObjectKind::$kind;

            fn to_plain(&self) -> Vec<u8> {
                to_cbor(self)
            }

            fn from_plain(plain: &[u8]) -> Result<Self> {
                from_cbor(plain)
            }
        }
    };
}

sealed_record!(Start, Start);
sealed_record!(Intent, Intent);
sealed_record!(Marks, Marks);
sealed_record!(Record, Record);

/// A running writer, and the parent that it depends on.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Start {
    #[cbor(n(0), with = "minicbor::bytes")]
    run: [u8; 16],
    #[cbor(n(1), with = "minicbor::bytes")]
    parent: Option<[u8; 32]>,
    /// Unix seconds by the writer's clock.
    #[n(2)]
    pub created: i64,
    #[n(3)]
    pub host: String,
    #[n(4)]
    pub process: u32,
    #[cbor(n(5), with = "minicbor::bytes")]
    root: Option<[u8; 32]>,
    #[n(6)]
    level: Option<u8>,
}

impl Start {
    /// `parent` comes with its root page, so that gc can still trace it when its snapshot was removed meanwhile.
    pub fn new(
        run: RunId,
        parent: Option<(SnapshotId, Option<PageRef>)>,
        created: i64,
        host: String,
        process: u32,
    ) -> Self {
        let root = parent.and_then(|(_, root)| root);
        Self {
            run: run.0,
            parent: parent.map(|(id, _)| id.0),
            created,
            host,
            process,
            root: root.map(|page| page.id.0),
            level: root.map(|page| page.level),
        }
    }

    /// The parent's root page.
    pub fn root(&self) -> Option<PageRef> {
        Some(PageRef { id: BlobId(self.root?), level: self.level.unwrap_or(0) })
    }

    pub fn run(&self) -> RunId {
        RunId(self.run)
    }

    pub fn parent(&self) -> Option<SnapshotId> {
        self.parent.map(SnapshotId)
    }
}

/// What a writer is about to make a snapshot of.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Intent {
    #[cbor(n(0), with = "minicbor::bytes")]
    run: [u8; 16],
    #[cbor(n(1), with = "minicbor::bytes")]
    root: Option<[u8; 32]>,
    #[n(2)]
    level: Option<u8>,
    #[n(3)]
    pub created: i64,
    #[n(4)]
    pub references: Vec<Reference>,
}

impl Intent {
    pub fn new(run: RunId, root: Option<PageRef>, created: i64, references: Vec<Reference>) -> Self {
        Self { run: run.0, root: root.map(|page| page.id.0), level: root.map(|page| page.level), created, references }
    }

    pub fn run(&self) -> RunId {
        RunId(self.run)
    }

    pub fn root(&self) -> Option<PageRef> {
        Some(PageRef { id: BlobId(self.root?), level: self.level.unwrap_or(0) })
    }
}

/// Packs that gc is about to delete, or packs and frames that check proved bad.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Marks {
    #[n(0)]
    reason: u8,
    #[cbor(n(1), with = "minicbor::bytes")]
    run: [u8; 16],
    #[n(2)]
    pub created: i64,
    #[n(3)]
    packs: Vec<ByteArray<32>>,
    /// Pack id and frame offset.
    #[n(4)]
    frames: Vec<ByteArray<36>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MarkReason {
    Delete = 1,
    Damaged = 2,
}

impl Marks {
    pub fn new(reason: MarkReason, run: RunId, created: i64) -> Self {
        Self { reason: reason as u8, run: run.0, created, packs: Vec::new(), frames: Vec::new() }
    }

    pub fn with_packs(mut self, packs: impl IntoIterator<Item = PackId>) -> Self {
        self.packs.extend(packs.into_iter().map(|id| ByteArray::from(id.0)));
        self
    }

    /// Single frames, by pack and offset in it.
    pub fn with_frames(mut self, frames: impl IntoIterator<Item = (PackId, u32)>) -> Self {
        self.frames.extend(frames.into_iter().map(|(pack, offset)| {
            let mut bytes = [0; 36];
            bytes[..32].copy_from_slice(&pack.0);
            bytes[32..].copy_from_slice(&offset.to_le_bytes());
            ByteArray::from(bytes)
        }));
        self
    }

    /// `None` for a reason that a newer program gave; such marks are honoured like [`MarkReason::Damaged`].
    pub fn reason(&self) -> Option<MarkReason> {
        [MarkReason::Delete, MarkReason::Damaged].into_iter().find(|reason| *reason as u8 == self.reason)
    }

    pub fn run(&self) -> RunId {
        RunId(self.run)
    }

    pub fn packs(&self) -> impl Iterator<Item = PackId> {
        self.packs.iter().map(|id| PackId(**id))
    }

    pub fn frames(&self) -> impl Iterator<Item = (PackId, u32)> {
        self.frames.iter().map(|bytes| {
            let (pack, offset) = bytes.split_at(32);
            let pack = PackId::from_slice(pack).expect("36 bytes begin with 32");
            (pack, u32::from_le_bytes(offset.try_into().expect("36 bytes end with 4")))
        })
    }
}

/// Something that happened to the store.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Record {
    #[n(0)]
    kind: u8,
    #[n(1)]
    pub created: i64,
    #[n(2)]
    pub host: String,
    #[cbor(n(3), with = "minicbor::bytes")]
    snapshot: Option<[u8; 32]>,
    #[n(4)]
    origin: Option<OriginRecord>,
    #[n(5)]
    pub sequence: Option<u64>,
    #[n(6)]
    pub level: Option<u8>,
    #[n(7)]
    packs: Option<Vec<ByteArray<32>>>,
    #[n(8)]
    pub problems: Option<u64>,
    #[n(9)]
    pub until: Option<i64>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RecordKind {
    Forget = 1,
    Check = 2,
    Pin = 3,
    Hold = 4,
}

impl Record {
    fn new(kind: RecordKind, created: i64, host: String) -> Self {
        Self {
            kind: kind as u8,
            created,
            host,
            snapshot: None,
            origin: None,
            sequence: None,
            level: None,
            packs: None,
            problems: None,
            until: None,
        }
    }

    /// A snapshot was removed on purpose.
    pub fn forget(created: i64, host: String, snapshot: SnapshotId, origin: Origin, sequence: u64) -> Self {
        let Origin { connector, identity, root } = origin;
        Self {
            snapshot: Some(snapshot.0),
            origin: Some(OriginRecord { connector, identity, root }),
            sequence: Some(sequence),
            ..Self::new(RecordKind::Forget, created, host)
        }
    }

    /// A snapshot whose record could not be read any more was removed on purpose: nobody knows its origin and number.
    pub fn forget_unread(created: i64, host: String, snapshot: SnapshotId) -> Self {
        Self { snapshot: Some(snapshot.0), ..Self::new(RecordKind::Forget, created, host) }
    }

    /// A snapshot is gone that nobody removed, and somebody knows: only its origin and number are left of it.
    pub fn forget_lost(created: i64, host: String, origin: Origin, sequence: u64) -> Self {
        let Origin { connector, identity, root } = origin;
        Self {
            origin: Some(OriginRecord { connector, identity, root }),
            sequence: Some(sequence),
            ..Self::new(RecordKind::Forget, created, host)
        }
    }

    /// A check ended. `packs` are those whose data were read and found sound.
    pub fn check(
        created: i64,
        host: String,
        level: u8,
        packs: impl IntoIterator<Item = PackId>,
        problems: u64,
    ) -> Self {
        Self {
            level: Some(level),
            packs: Some(packs.into_iter().map(|id| ByteArray::from(id.0)).collect()),
            problems: Some(problems),
            ..Self::new(RecordKind::Check, created, host)
        }
    }

    /// `None` for a kind that this program does not know.
    pub fn kind(&self) -> Option<RecordKind> {
        [RecordKind::Forget, RecordKind::Check, RecordKind::Pin, RecordKind::Hold]
            .into_iter()
            .find(|kind| *kind as u8 == self.kind)
    }

    pub fn snapshot(&self) -> Option<SnapshotId> {
        self.snapshot.map(SnapshotId)
    }

    pub fn origin(&self) -> Option<Origin> {
        let OriginRecord { connector, identity, root } = self.origin.clone()?;
        Some(Origin { connector, identity, root })
    }

    pub fn packs(&self) -> impl Iterator<Item = PackId> {
        self.packs.iter().flatten().map(|id| PackId(**id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn round_trip<T: SealedRecord + PartialEq + std::fmt::Debug>(record: T) {
        let keys = EpochKeys::new(0, Secret::new([1; 32]));
        let (object, _) = seal_object(T::KIND, &keys, &record.to_plain());
        let plain = open_object(T::KIND, |epoch| (epoch == 0).then_some(&keys), &object).unwrap();
        assert_eq!(T::from_plain(&plain), Ok(record));
        assert!(open_object(T::KIND, |_| None, &object).is_err());
    }

    #[test]
    fn all_records_come_back() {
        let (run, id) = (RunId([1; 16]), SnapshotId([2; 32]));
        let root = PageRef { id: BlobId([5; 32]), level: 1 };
        round_trip(Start::new(run, Some((id, Some(root))), 3, "host".into(), 4));
        round_trip(Start::new(run, None, -3, String::new(), 0));
        round_trip(Intent::new(run, Some(root), 6, vec![Reference::inline(vec![7])]));
        let marks =
            Marks::new(MarkReason::Damaged, run, 8).with_packs([PackId([9; 32])]).with_frames([(PackId([1; 32]), 77)]);
        assert_eq!(marks.frames().collect::<Vec<_>>(), [(PackId([1; 32]), 77)]);
        round_trip(marks);
        round_trip(Record::forget(1, "h".into(), id, Origin::default(), 9));
        round_trip(Record::forget_unread(1, "h".into(), id));
        round_trip(Record::forget_lost(1, "h".into(), Origin::default(), 9));
        round_trip(Record::check(1, "h".into(), 3, [PackId([3; 32])], 0));
    }
}
