//! Snapshot records (docs/format.md §10).

use larder_format::{
    FormatError,
    snapshot::{RECORD_LEN_MAX, Referred, Snapshot},
};
use larder_model::SnapshotId;

/// `data` as a record under its own id. It is read under no other, and what is read can be written and read again.
pub fn snapshot(data: &[u8]) -> bool {
    let id = SnapshotId(*blake3::hash(data).as_bytes());
    assert!(Snapshot::decode(data, SnapshotId::default()).is_err());
    let Ok(snapshot) = Snapshot::decode(data, id) else {
        return false;
    };
    assert!(data.len() <= RECORD_LEN_MAX);
    accessors(&snapshot);
    match snapshot.encode() {
        Ok((record, id)) => assert_eq!(Snapshot::decode(&record, id).as_ref(), Ok(&snapshot)),
        // Relative roots become a byte longer when they are read.
        Err(error) => {
            assert!(
                matches!(error, FormatError::TooLarge(_))
                    && data.len() + snapshot.inline_roots().len() > RECORD_LEN_MAX
            );
        }
    }
    true
}

fn accessors(snapshot: &Snapshot) {
    let times = snapshot.source_times().map_or([None; 2], |(start, end)| [Some(start), Some(end)]);
    let all = times.into_iter().flatten().chain([snapshot.start(), snapshot.end()]);
    all.for_each(|time| assert!(time.nanos < 1_000_000_000));
    for reference in snapshot.references() {
        if let Ok(Referred::Inline(bytes)) = reference.get() {
            assert!(bytes.len() <= RECORD_LEN_MAX);
        }
    }
    let mut roots = snapshot.inline_roots().iter();
    assert!(roots.all(super::names::is_normal));
    let _ = (snapshot.origin(), snapshot.completeness(), snapshot.totals(), snapshot.root());
}
