//! The keys of the store that all targets play in: fixed, so that a stored case means the same tomorrow.

use larder_format::{
    keys::{EpochKeys, Identity},
    secret::Secret,
    slot::{OpenSlot, Slot, Unlock},
};

/// What the key file of the stored slot holds.
const KEY_FILE: [u8; 32] = *b"the key file of the fuzz targets";

pub fn identity() -> Identity {
    Identity::new(Secret::new([1; 32]))
}

pub fn epoch() -> EpochKeys {
    EpochKeys::new(0, Secret::new([2; 32]))
}

pub fn key_file() -> Unlock {
    Unlock::key_file(KEY_FILE.to_vec())
}

/// The body of a slot that opens with [`key_file`]; the stored rings have it as a member.
pub const SLOT: &[u8] = include_bytes!("../../corpus/slot/key-file");

pub fn open_slot() -> OpenSlot {
    let slot = Slot::from_object(&super::slot::object(SLOT)).expect("the stored slot is sound");
    slot.open(&key_file()).expect("the stored slot opens with its key file")
}

/// `body` and the MAC that this store's owner would put behind it.
pub fn with_mac(context: &str, body: &[u8]) -> Vec<u8> {
    let key = identity().secret().derive(context, &[]);
    let mac = blake3::keyed_hash(key.expose(), body);
    [body, mac.as_bytes()].concat()
}
