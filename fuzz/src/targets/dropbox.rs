//! What the Dropbox connector leaves in snapshots and reads again: its checkpoint, and what it notes of an item.

use larder_dropbox::decoders::{Checkpoint, Item};

/// `data` as a checkpoint. What is read can be written and read again.
pub fn checkpoint(data: &[u8]) -> bool {
    let Some(checkpoint) = Checkpoint::decode(data) else {
        return false;
    };
    let again = Checkpoint::decode(&checkpoint.clone().encode());
    assert_eq!(again.as_ref(), Some(&checkpoint));
    checkpoint.pending.iter().chain(&checkpoint.mounts).for_each(|kept| check_item(&kept.item));
    true
}

/// `data` as an item's own record.
pub fn item(data: &[u8]) -> bool {
    let Some(item) = Item::decode(data) else {
        return false;
    };
    assert_eq!(Item::decode(&item.encode()).as_ref(), Some(&item));
    check_item(&item);
    true
}

/// An entry says of its item what the item says of itself, but for what stands nowhere in a snapshot.
fn check_item(item: &Item) {
    let entry = item.entry(b"name");
    let own = Item::of_entry(&entry).expect("an entry of this connector");
    assert_eq!((own.kind(), &own.id, &own.rev), (item.kind(), &item.id, &item.rev));
    assert_eq!(own.fingerprint(), entry.meta.fingerprint);
    assert_eq!(own.is_folder(), item.is_folder());
    assert!(item.hash_text().is_none_or(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit())));
}
