//! Start records, intents, marks and records (docs/format.md §11).

use std::fmt::Debug;

use larder_format::records::{Intent, Marks, Record, SealedRecord, Start, open_object, seal_object};

use super::keys;

/// `data` as the plain text of a start record.
pub fn start(data: &[u8]) -> bool {
    there_and_back::<Start>(data).is_some()
}

/// `data` as the plain text of an intent.
pub fn intent(data: &[u8]) -> bool {
    there_and_back::<Intent>(data).is_some_and(|intent| {
        let sound = intent.references.iter().filter(|reference| reference.get().is_ok()).count();
        assert!(sound <= data.len());
        true
    })
}

/// `data` as the plain text of marks.
pub fn marks(data: &[u8]) -> bool {
    there_and_back::<Marks>(data).is_some_and(|marks| {
        // An id of 32 bytes takes 34 in CBOR, a frame's place of 36 takes 38.
        let bytes = marks.packs().count() * 34 + marks.frames().count() * 38;
        assert!(bytes <= data.len());
        true
    })
}

/// `data` as the plain text of a record.
pub fn record(data: &[u8]) -> bool {
    there_and_back::<Record>(data).is_some_and(|record| {
        assert!(record.packs().count() * 34 <= data.len());
        let _ = (record.kind(), record.snapshot(), record.origin());
        true
    })
}

/// What can be read can be written, sealed, opened and read again, and is then the same.
fn there_and_back<T: SealedRecord + PartialEq + Debug>(data: &[u8]) -> Option<T> {
    let record = T::from_plain(data).ok()?;
    let keys = keys::epoch();
    let (object, _) = seal_object(T::KIND, &keys, &record.to_plain());
    let plain = open_object(T::KIND, |epoch| (epoch == 0).then_some(&keys), &object);
    assert_eq!(plain.and_then(|plain| T::from_plain(&plain)).as_ref(), Ok(&record));
    Some(record)
}
