//! Slots (docs/format.md §3).

use larder_format::{
    container::{self, ObjectKind, Suite},
    slot::Slot,
};

use super::keys;

/// `data` as the CBOR map of a slot. Only a key file is tried: a passphrase may honestly ask for gigabytes and minutes.
pub fn slot(data: &[u8]) -> bool {
    let Ok(slot) = Slot::from_object(&object(data)) else {
        return false;
    };
    let again = Slot::from_object(&slot.to_object()).expect("what was read can be written and read");
    assert_eq!(slot.to_object(), again.to_object());
    assert_eq!((slot.store(), slot.number(), slot.kind_word()), (again.store(), again.number(), again.kind_word()));
    if let Ok(open) = slot.open(&keys::key_file()) {
        assert!(!slot.wants_passphrase());
        assert_eq!(open.number, slot.number());
        assert_eq!(open.identity.expose(), keys::identity().secret().expose(), "only the stored slot can open");
    }
    true
}

/// A slot's object around its CBOR map.
pub(super) fn object(body: &[u8]) -> Vec<u8> {
    container::wrap(ObjectKind::Slot, Suite::Plain, 0, body).0
}
