//! The keys that follow from the two secrets of a store (docs/format.md §3).

use larder_model::{BlobId, Fingerprint};

use crate::{
    container::ObjectKind,
    pack::Locator,
    sealing::{BoxKind, SealingKey},
    secret::Secret,
};

/// Which key names a blob, and which pack it lies in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum BlobKind {
    Content = 1,
    /// Pages, and all else that snapshots refer to.
    Page = 2,
}

impl BlobKind {
    pub const BOTH: [Self; 2] = [Self::Content, Self::Page];

    pub fn from_number(number: u8) -> Option<Self> {
        Self::BOTH.into_iter().find(|kind| *kind as u8 == number)
    }

    pub fn frame_kind(self) -> BoxKind {
        match self {
            Self::Content => BoxKind::CONTENT_FRAME,
            Self::Page => BoxKind::METADATA_FRAME,
        }
    }
}

/// What the identity secret gives: names of blobs and places of cuts. Fixed for the store's life.
#[derive(Clone, Debug)]
pub struct Identity {
    secret: Secret,
    content: Secret,
    page: Secret,
    split: Secret,
}

impl Identity {
    pub fn new(secret: Secret) -> Self {
        Self {
            content: secret.derive("larder v0 content id", &[]),
            page: secret.derive("larder v0 page id", &[]),
            split: secret.derive("larder v0 split", &[]),
            secret,
        }
    }

    /// For new slots, which wrap it.
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// A blob's id.
    pub fn blob_id(&self, kind: BlobKind, bytes: &[u8]) -> BlobId {
        let key = match kind {
            BlobKind::Content => &self.content,
            BlobKind::Page => &self.page,
        };
        BlobId(*blake3::keyed_hash(key.expose(), bytes).as_bytes())
    }

    /// Under which locator a fingerprint's alias stands. `scope` is empty for fingerprints that nobody can find two contents for, else
    /// it names the origin within which they hold.
    pub fn alias(&self, scope: &str, fingerprint: &Fingerprint) -> Locator {
        let mut hasher = blake3::Hasher::new_keyed(self.content.expose());
        hasher.update(b"alias").update(scope.as_bytes()).update(&[fingerprint.kind]).update(&fingerprint.hash);
        *hasher.finalize().as_bytes().first_chunk().expect("a hash has 32 bytes")
    }

    /// The hash that decides where listings are cut and small files are joined.
    pub fn name_hash(&self, name: &[u8]) -> u64 {
        let hash = blake3::keyed_hash(self.split.expose(), name);
        u64::from_le_bytes(*hash.as_bytes().first_chunk().expect("a hash has 32 bytes"))
    }

    /// The table of chunker 1.
    pub fn gear_table(&self) -> Box<[u64; 256]> {
        let mut bytes = [0; 2048];
        let mut hasher = blake3::Hasher::new_derive_key("larder v0 gear");
        hasher.update(self.secret.expose()).finalize_xof().fill(&mut bytes);
        let mut table = Box::new([0; 256]);
        for (value, chunk) in table.iter_mut().zip(bytes.chunks_exact(8)) {
            *value = u64::from_le_bytes(chunk.try_into().expect("chunks of eight"));
        }
        table
    }

    /// The key of chunker 2.
    pub fn cut_key(&self) -> CutKey {
        let mut bytes = [0; 20];
        let mut hasher = blake3::Hasher::new_derive_key("larder v0 cut");
        hasher.update(self.secret.expose()).finalize_xof().fill(&mut bytes);
        let (numbers, _) = bytes.as_chunks();
        let number = |index: usize| u32::from_le_bytes(numbers[index]);
        // An even factor would throw bits of its word away.
        CutKey { factors: std::array::from_fn(|index| number(index) | 1), addend: number(4) }
    }

    pub(crate) fn mac(&self, context: &str, bytes: &[u8]) -> [u8; 32] {
        *blake3::keyed_hash(self.secret.derive(context, &[]).expose(), bytes).as_bytes()
    }
}

/// What chunker 2 hashes with: a factor for each word, and what is added to their products.
#[derive(Clone)]
pub struct CutKey {
    pub factors: [u32; 4],
    pub addend: u32,
}

/// What an epoch's secret gives: the keys that seal.
#[derive(Clone, Debug)]
pub struct EpochKeys {
    epoch: u32,
    secret: Secret,
    key_set: [u8; 16],
    content: SealingKey,
    metadata: SealingKey,
    index: SealingKey,
    snapshot: SealingKey,
    marks: SealingKey,
}

impl EpochKeys {
    pub fn new(epoch: u32, secret: Secret) -> Self {
        let key_set = key_set(&secret);
        let key = |context: &str, more: &[u8]| SealingKey::new(secret.derive(context, more), key_set, epoch);
        Self {
            epoch,
            key_set,
            content: key("larder v0 content", &[]),
            metadata: key("larder v0 metadata", &0u32.to_le_bytes()),
            index: key("larder v0 index", &[]),
            snapshot: key("larder v0 snapshot", &[]),
            marks: key("larder v0 marks", &[]),
            secret,
        }
    }

    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    pub(crate) fn secret(&self) -> &Secret {
        &self.secret
    }

    pub(crate) fn key_set(&self) -> [u8; 16] {
        self.key_set
    }

    /// Seals frames.
    pub fn frames(&self, kind: BlobKind) -> &SealingKey {
        match kind {
            BlobKind::Content => &self.content,
            BlobKind::Page => &self.metadata,
        }
    }

    /// Seals pack directories and index runs.
    pub fn index(&self) -> &SealingKey {
        &self.index
    }

    /// Seals objects that are one box.
    pub fn object(&self, kind: ObjectKind) -> &SealingKey {
        if kind == ObjectKind::Snapshot { &self.snapshot } else { &self.marks }
    }
}

/// The public name of an epoch's secret.
pub(crate) fn key_set(secret: &Secret) -> [u8; 16] {
    *secret.derive("larder v0 key set", &[]).expose().first_chunk().expect("32 bytes hold 16")
}
