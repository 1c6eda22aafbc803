//! A writer that checks nothing: it has the keys, and stores pages, blobs and snapshots that no honest writer would. What the
//! engine reads may come from a program with a fault, or from somebody who got hold of the keys.

use larder_connect::{Durability, ObjectName, Storage};
use larder_format::{
    container::{self, HEAD_LEN, ObjectKind, Suite},
    index::{IndexEntry, IndexRun, PackRow, RunKind},
    keys::{BlobKind, EpochKeys, Identity},
    pack::locator,
    page::{Content, Node, PageRef, Totals, encode_leaf},
    records::seal_object,
    snapshot::{Completeness, NewSnapshot, Snapshot},
};
use larder_model::{BlobId, Entry, Kind, Origin, PackId, RunId, SnapshotId, TreePath};

use crate::Larder;

/// Gathers blobs as they are given, then writes them with a snapshot.
pub struct HostileWriter {
    larder: Larder,
    identity: Identity,
    keys: EpochKeys,
    lanes: [Lane; 2],
}

struct Lane {
    kind: BlobKind,
    body: Vec<u8>,
    entries: Vec<IndexEntry>,
}

impl HostileWriter {
    pub fn new(larder: &Larder) -> Self {
        let (identity, keys) = larder.keys();
        let lane = |kind| Lane { kind, body: Vec::new(), entries: Vec::new() };
        Self { larder: larder.clone(), identity, keys, lanes: BlobKind::BOTH.map(lane) }
    }

    pub fn content(&mut self, bytes: &[u8]) -> BlobId {
        self.blob(BlobKind::Content, bytes)
    }

    /// Any bytes as a page.
    pub fn page(&mut self, bytes: &[u8], level: u8) -> PageRef {
        PageRef { id: self.blob(BlobKind::Page, bytes), level }
    }

    pub fn leaf(&mut self, nodes: &[Node]) -> PageRef {
        let bytes = encode_leaf(nodes);
        self.page(&bytes, 0)
    }

    pub fn blob(&mut self, kind: BlobKind, bytes: &[u8]) -> BlobId {
        let id = self.identity.blob_id(kind, bytes);
        self.forge(kind, id, bytes);
        id
    }

    /// Stores bytes under an id that is not theirs.
    pub fn forge(&mut self, kind: BlobKind, id: BlobId, bytes: &[u8]) {
        let plain = [&[0; 4][..], &(bytes.len() as u32).to_le_bytes(), bytes].concat();
        self.frame(kind, id, &plain, bytes.len() as u32);
    }

    /// A frame of any plain text, which the index says holds a blob of `len` bytes.
    pub fn frame(&mut self, kind: BlobKind, id: BlobId, plain: &[u8], len: u32) {
        let sealed = self.keys.frames(kind).seal(kind.frame_kind(), plain);
        let lane = self.lanes.iter_mut().find(|lane| lane.kind == kind).unwrap();
        let frame_offset = (HEAD_LEN + lane.body.len()) as u32;
        let frame_len = sealed.len() as u32;
        lane.body.extend_from_slice(&sealed);
        lane.entries.push(IndexEntry { locator: locator(&id), pack: 0, frame_offset, frame_len, offset: 0, len });
    }

    /// Lets the index say anything about a blob.
    pub fn lie(&mut self, kind: BlobKind, lie: impl Fn(&mut IndexEntry)) {
        self.lanes.iter_mut().filter(|lane| lane.kind == kind).flat_map(|lane| &mut lane.entries).for_each(lie);
    }

    /// Writes everything, and a snapshot of the origin that `MemorySource` has.
    pub fn finish(self, root: PageRef, totals: Totals) -> SnapshotId {
        let storage = &self.larder.storage;
        for lane in self.lanes {
            lane.write(storage, &self.keys);
        }
        let snapshot = Snapshot::new(NewSnapshot { root: Some(root), totals, ..record(&self.larder) });
        let (plain, id) = snapshot.encode().unwrap();
        let (object, _) = seal_object(ObjectKind::Snapshot, &self.keys, &plain);
        storage.put(&ObjectName::new("snapshots", id), &[&object], Durability::Barrier).unwrap();
        id
    }
}

impl Lane {
    fn write(self, storage: &dyn Storage, keys: &EpochKeys) {
        let (pack, hash) = container::wrap(ObjectKind::Pack, Suite::Sealed, keys.epoch(), &self.body);
        storage.put(&ObjectName::new("packs", hash), &[&pack], Durability::Barrier).unwrap();
        let row = PackRow {
            id: PackId(hash.0),
            size: pack.len() as u64,
            kind: self.kind,
            epoch: keys.epoch(),
            run: RunId([1; 16]),
            created: 0,
            hash: (0, Vec::new()),
        };
        let run = IndexRun {
            kind: RunKind::Blobs(self.kind),
            level: 0,
            run: RunId([1; 16]),
            created: 0,
            packs: vec![row],
            entries: self.entries,
            superseded: Vec::new(),
        };
        let (object, hash) = run.to_object(keys);
        storage.put(&ObjectName::new("index", hash), &[&object], Durability::Barrier).unwrap();
    }
}

fn record(larder: &Larder) -> NewSnapshot {
    let now = larder.clock.now();
    NewSnapshot {
        origin: Origin {
            connector: "memory".to_owned(),
            identity: "testkit".to_owned(),
            root: "/memory/place".to_owned(),
        },
        roots: vec![TreePath::top()],
        roots_reference: None,
        source_times: None,
        times: (now, now),
        sequence: 1,
        host: "hostile\x1b[31m".to_owned(),
        tags: Vec::new(),
        root: None,
        totals: Totals::default(),
        completeness: Completeness::Complete,
        ledger: None,
        ledger_rows: (0, 0),
        statistics: None,
        checkpoint: None,
        parent: None,
        previous: None,
        run: RunId([1; 16]),
        program: "hostile".to_owned(),
    }
}

pub fn file(name: impl AsRef<[u8]>, size: u64, content: Content) -> Node {
    let mut entry = Entry::new(name.as_ref(), Kind::File);
    entry.meta.size = size;
    Node::new(entry, content)
}

pub fn folder(name: impl AsRef<[u8]>, root: PageRef) -> Node {
    let totals = Totals { files: u64::MAX, folders: u64::MAX, bytes: u64::MAX };
    Node::new(Entry::new(name.as_ref(), Kind::Directory), Content::Folder { root, totals })
}

pub fn symlink(name: impl AsRef<[u8]>, target: impl Into<Option<&'static str>>) -> Node {
    let mut entry = Entry::new(name.as_ref(), Kind::Symlink);
    entry.meta.target = target.into().map(|target| target.as_bytes().into());
    Node::new(entry, Content::Nothing)
}
