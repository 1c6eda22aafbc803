//! The ledger's and the statistics' bytes (docs/format.md §10).

use larder_model::{Class, Skip, TreePath};
use minicbor::{Decode, Encode};

use crate::{
    FormatError, Result,
    wire::{from_cbor, to_cbor},
};

#[derive(Encode, Decode)]
#[cbor(map)]
struct Row {
    #[cbor(n(0), with = "minicbor::bytes")]
    path: Vec<u8>,
    #[n(1)]
    class: u8,
    #[n(2)]
    reason: String,
    #[n(3)]
    message: String,
    #[n(4)]
    tag: Option<String>,
}

/// One row, to be appended to the ones before it.
pub fn encode_row(skip: &Skip) -> Vec<u8> {
    to_cbor(&Row {
        path: skip.path.as_bytes().to_vec(),
        class: if skip.class == Class::Missing { 1 } else { 2 },
        reason: skip.reason.clone(),
        message: skip.message.clone(),
        tag: skip.tag.clone(),
    })
}

/// Reads rows one after another from the front of `bytes`; `None` at the end.
pub fn decode_row(bytes: &mut &[u8]) -> Result<Option<Skip>> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let mut decoder = minicbor::Decoder::new(bytes);
    let row: Row = decoder.decode().map_err(|_| FormatError::Damaged("a row of the ledger cannot be read"))?;
    *bytes = &bytes[decoder.position()..];
    Ok(Some(Skip {
        path: TreePath::new(row.path),
        class: if row.class == 1 { Class::Missing } else { Class::Note },
        reason: row.reason,
        message: row.message,
        tag: row.tag,
    }))
}

/// What a run did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct Statistics {
    #[n(0)]
    pub files_new: u64,
    #[n(1)]
    pub files_changed: u64,
    #[n(2)]
    pub files_unchanged: u64,
    #[n(3)]
    pub bytes_read: u64,
    #[n(4)]
    pub bytes_stored: u64,
    #[n(5)]
    pub blobs_new: u64,
    #[n(6)]
    pub duration_ms: u64,
    #[n(7)]
    pub packs: u64,
}

impl Statistics {
    pub fn encode(&self) -> Vec<u8> {
        to_cbor(self)
    }

    pub fn decode(bytes: &[u8]) -> Result<Self> {
        from_cbor(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_follow_each_other() {
        let rows = [
            Skip::missing(TreePath::new(b"/a\xff"), "unreadable", "it cannot be read").tagged("EACCES"),
            Skip::note(TreePath::new("/b"), "changed", "it changed"),
        ];
        let bytes: Vec<u8> = rows.iter().flat_map(encode_row).collect();
        let mut rest = &bytes[..];
        assert_eq!(decode_row(&mut rest).unwrap().as_ref(), Some(&rows[0]));
        assert_eq!(decode_row(&mut rest).unwrap().as_ref(), Some(&rows[1]));
        assert_eq!(decode_row(&mut rest), Ok(None));
        assert!(decode_row(&mut &bytes[..5]).is_err());
    }
}
