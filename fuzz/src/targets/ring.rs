//! Rings (docs/format.md §3).

use larder_format::{
    container::{self, ObjectKind, Suite},
    ring::Ring,
};

use super::keys;

/// `data` as the CBOR map of a ring, with the right MAC, opened by a slot that may be in it.
pub fn ring(data: &[u8]) -> bool {
    let identity = keys::identity();
    let object = |body: &[u8]| container::wrap(ObjectKind::Ring, Suite::Plain, 0, body).0;
    assert!(Ring::from_object(&object(data), &identity).is_err(), "a ring without a MAC");
    let body = keys::with_mac("larder v0 ring mac", data);
    let Ok(ring) = Ring::from_object(&object(&body), &identity) else {
        return false;
    };
    let again =
        Ring::from_object(&ring.to_object(&identity), &identity).expect("what was read can be written and read");
    assert_eq!(ring.to_object(&identity), again.to_object(&identity));
    assert!(ring.slots().eq(again.slots()));

    let slot = keys::open_slot();
    if let Ok(epoch) = ring.open(&slot) {
        assert_eq!(epoch.epoch(), ring.epoch());
        assert!(ring.slots().any(|number| number == slot.number));
        if let Ok(Some(previous)) = ring.open_previous(&epoch) {
            assert_eq!(previous.epoch() + 1, ring.epoch());
        }
    }
    true
}
