//! The container around every object (docs/format.md §2).

use larder_format::container::{self, HASH_LEN, HEAD_LEN, ObjectKind, Suite};

const KINDS: [ObjectKind; 11] = [
    ObjectKind::Config,
    ObjectKind::Slot,
    ObjectKind::Ring,
    ObjectKind::Pack,
    ObjectKind::Index,
    ObjectKind::Snapshot,
    ObjectKind::Start,
    ObjectKind::Intent,
    ObjectKind::Marks,
    ObjectKind::Record,
    ObjectKind::Owner,
];

/// `data` as a whole object, and as one whose hash was made right. An object has one kind, and taking it out of its container
/// loses nothing.
pub fn container(data: &[u8]) -> bool {
    assert_eq!(opened(data).is_some(), container::verify_hash(data).is_ok() && is_any_kind(data));
    let mended = [data, blake3::hash(data).as_bytes()].concat();
    let Some((kind, epoch, body)) = opened(&mended) else {
        return false;
    };
    assert_eq!(container::check_head(kind, data), Ok(epoch));
    assert_eq!(body, &data[HEAD_LEN..]);
    let suite = if data[9] == 0 { Suite::Plain } else { Suite::Sealed };
    let (again, hash) = container::wrap(kind, suite, epoch, body);
    assert_eq!(opened(&again), Some((kind, epoch, body)));
    assert_eq!(hash.0, again[again.len() - HASH_LEN..]);
    true
}

fn opened(object: &[u8]) -> Option<(ObjectKind, u32, &[u8])> {
    let mut found = KINDS.into_iter().filter_map(|kind| {
        let (epoch, body) = container::unwrap(kind, object).ok()?;
        Some((kind, epoch, body))
    });
    let first = found.next();
    assert!(found.next().is_none(), "an object of two kinds");
    first
}

fn is_any_kind(object: &[u8]) -> bool {
    KINDS.into_iter().any(|kind| container::check_head(kind, object).is_ok())
}
