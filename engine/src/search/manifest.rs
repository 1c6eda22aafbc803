//! What an index is made of: the snapshots that it knows, and the segments that hold what became of every path in them.
//!
//! Each snapshot has an ordinal, in the order in which it was indexed, and was compared with an earlier one of its origin, its parent. The
//! state of a path in a snapshot is told by its row for the snapshot, else by that for the parent, and so on.

use std::collections::HashMap;

use larder_format::{
    FormatError,
    secret::{Secret, random},
    wire::{Reader, Write},
};
use larder_model::{Result, SnapshotId};

use super::{
    sealed::{Boxes, FileId},
    segment::broken,
    writer::SegmentInfo,
};

/// What the file is, and its version: another one is dropped and built anew.
const MAGIC: &[u8; 8] = b"LSEARCH1";
const ID_LEN: usize = 16;

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Indexed {
    pub id: SnapshotId,
    /// Its number among the origins.
    pub origin: u32,
    pub parent: Option<u32>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Manifest {
    /// Another one each time that an index is built from nothing: cursors hold for one build.
    pub build: FileId,
    pub origins: Vec<String>,
    /// By ordinal.
    pub snapshots: Vec<Indexed>,
    /// The older, the larger.
    pub segments: Vec<SegmentInfo>,
}

impl Manifest {
    pub fn new() -> Self {
        Self { build: random(), origins: Vec::new(), snapshots: Vec::new(), segments: Vec::new() }
    }

    /// The number of an origin, a new one if need be.
    pub fn origin(&mut self, origin: &str) -> u32 {
        let at = self.origins.iter().position(|known| known == origin).unwrap_or_else(|| {
            self.origins.push(origin.to_owned());
            self.origins.len() - 1
        });
        at as u32
    }

    pub fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes).sum()
    }

    pub fn encode(&self, key: &Secret) -> Result<Vec<u8>> {
        let mut plain = Vec::new();
        plain.extend_from_slice(&self.build);
        plain.put_varint(self.origins.len() as u64);
        self.origins.iter().for_each(|origin| plain.put_string(origin.as_bytes()));
        plain.put_varint(self.snapshots.len() as u64);
        for snapshot in &self.snapshots {
            plain.extend_from_slice(&snapshot.id.0);
            plain.put_varint(u64::from(snapshot.origin));
            plain.put_varint(snapshot.parent.map_or(0, |parent| u64::from(parent) + 1));
        }
        plain.put_varint(self.segments.len() as u64);
        for segment in &self.segments {
            plain.extend_from_slice(&segment.id);
            plain.put_varint(segment.paths);
            plain.put_varint(segment.bytes);
        }
        let id: FileId = random();
        let mut file = [MAGIC.as_slice(), &id].concat();
        Boxes::new(key, id).seal(0, &plain, &mut file).map_err(broken)?;
        Ok(file)
    }

    pub fn decode(file: &[u8], key: &Secret) -> Result<Self> {
        let rest =
            file.strip_prefix(MAGIC).ok_or_else(|| broken(FormatError::Unsupported("it is of another version")))?;
        let (id, sealed) = rest.split_first_chunk::<ID_LEN>().ok_or_else(|| broken(WRONG))?;
        let (mut sealed, mut plain) = (sealed.to_vec(), Vec::new());
        Boxes::new(key, *id).open(0, &mut sealed, &mut plain).map_err(broken)?;
        Self::decode_plain(&plain).map_err(broken)
    }

    fn decode_plain(plain: &[u8]) -> Result<Self, FormatError> {
        let mut reader = Reader(plain);
        let mut manifest = Self { build: reader.array()?, ..Self::new() };
        for _ in 0..reader.varint()? {
            manifest.origins.push(String::from_utf8(reader.string()?.to_vec()).map_err(|_| WRONG)?);
        }
        for ordinal in 0..reader.varint()? {
            let (id, origin) = (SnapshotId(reader.array()?), reader.varint32()?);
            let parent = reader.varint32()?.checked_sub(1);
            // Parents come first: nothing goes in circles.
            if origin as usize >= manifest.origins.len() || parent.is_some_and(|parent| u64::from(parent) >= ordinal) {
                return Err(WRONG);
            }
            manifest.snapshots.push(Indexed { id, origin, parent });
        }
        for _ in 0..reader.varint()? {
            let (id, paths, bytes) = (reader.array()?, reader.varint()?, reader.varint()?);
            manifest.segments.push(SegmentInfo { id, paths, bytes });
        }
        if reader.is_empty() { Ok(manifest) } else { Err(WRONG) }
    }

    /// Ordinals by id.
    pub fn ordinals(&self) -> HashMap<SnapshotId, u32> {
        self.snapshots.iter().zip(0..).map(|(snapshot, ordinal)| (snapshot.id, ordinal)).collect()
    }
}

const WRONG: FormatError = FormatError::Damaged("its list of parts makes no sense");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_comes_back_whole_or_not_at_all() {
        let key = Secret::new([3; 32]);
        let mut manifest = Manifest::new();
        assert_eq!((manifest.origin("a"), manifest.origin("b"), manifest.origin("a")), (0, 1, 0));
        for (origin, parent) in [(0, None), (1, None), (0, Some(0))] {
            manifest.snapshots.push(Indexed { id: SnapshotId(random()), origin, parent });
        }
        manifest.segments.push(SegmentInfo { id: random(), paths: 7, bytes: 1 << 40 });
        let file = manifest.encode(&key).unwrap();
        assert_eq!(Manifest::decode(&file, &key).unwrap(), manifest);
        for at in 0..file.len() {
            let mut bad = file.clone();
            bad[at] ^= 1;
            assert!(Manifest::decode(&bad, &key).is_err(), "{at}");
            assert!(Manifest::decode(&file[..at], &key).is_err(), "{at}");
        }
        assert!(Manifest::decode(&file, &Secret::new([4; 32])).is_err());
        manifest.snapshots[0].parent = Some(0);
        assert!(Manifest::decode(&manifest.encode(&key).unwrap(), &key).is_err());
    }
}
