//! Slots that somebody without a key has put into the storage: they open nothing, now or later, and count for nothing.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;

use larder_connect::ObjectName;
use larder_engine::{Store, Unlock};
use larder_format::{
    keys::Identity,
    ring::Ring,
    secret::Secret,
    slot::{OpenSlot, Slot},
};
use larder_model::Result;
use larder_testkit::{Larder, storage::MemoryStorage};

const NUMBER: u32 = 9;

fn thief() -> Unlock {
    Unlock::key_file(b"a key file that only the thief has, long enough".to_vec())
}

fn guest() -> Unlock {
    Unlock::key_file(b"the key file of an honest guest, long enough too".to_vec())
}

fn name(kind: &str) -> ObjectName {
    ObjectName::parse(&format!("keys/{kind}")).unwrap()
}

/// A slot whose secrets the thief knows, made from what everybody can see.
fn planted(larder: &Larder, number: u32) -> (Vec<u8>, OpenSlot) {
    let id = larder.open().id();
    let slot = Slot::create(id, number, &thief(), &Secret::random(), 0, "").unwrap();
    (slot.to_object(), slot.open(&thief()).unwrap())
}

fn plant(larder: &Larder, number: u32) -> OpenSlot {
    let (object, open) = planted(larder, number);
    for copy in 0..2 {
        larder.storage.overwrite(&name(&format!("slot-{number:08}-{copy}")), object.clone());
    }
    open
}

/// No ring of the store, valid by the store's own identity, opens for the thief.
fn assert_shut(larder: &Larder, identity: &Identity, thief: &OpenSlot, context: &str) {
    let rings = larder.storage.names("keys").into_iter().filter(|name| name.name().starts_with("ring-"));
    for name in rings {
        let ring = Ring::from_object(&larder.storage.body(&name).unwrap(), identity).unwrap();
        assert!(ring.open(thief).is_err(), "{context}: {name} opens for a slot that was planted");
    }
}

fn open_with(larder: &Larder, unlock: fn() -> Unlock) -> Result<Store> {
    let storage: MemoryStorage = larder.storage.clone();
    Store::open(Arc::new(storage), &mut |_| Ok(unlock()), larder.settings())
}

#[test]
fn a_planted_slot_gets_no_key_whatever_the_owner_does() {
    let larder = Larder::new();
    let (identity, _) = larder.keys();
    let thief = plant(&larder, NUMBER);
    let store = larder.open();
    assert_eq!(store.slots().unwrap().len(), 1, "it is not shown as a key");
    assert_shut(&larder, &identity, &thief, "planted");
    let added = store.add_slot(&guest(), "guest").unwrap();
    assert!(added > NUMBER, "its number is not taken again");
    assert_shut(&larder, &identity, &thief, "after key add");
    assert!(open_with(&larder, guest).is_ok());
    let thief_too = plant(&larder, NUMBER + 20);
    larder.open().remove_slot(added).unwrap();
    for slot in [&thief, &thief_too] {
        assert_shut(&larder, &identity, slot, "after key rm");
    }
    assert!(open_with(&larder, guest).is_err());
}

#[test]
fn the_last_real_key_stays_though_a_planted_one_stands_beside_it() {
    let larder = Larder::new();
    plant(&larder, NUMBER);
    let problem = larder.open().remove_slot(1).unwrap_err();
    assert!(problem.message().contains("only way"), "{problem}");
    let problem = larder.open().remove_slot(NUMBER).unwrap_err();
    assert!(problem.message().contains("no key 9"), "{problem}");
    assert_eq!(larder.open().slots().unwrap().len(), 1);
}

#[test]
fn a_slot_whose_public_key_was_swapped_gets_no_key() {
    let larder = Larder::new();
    let (identity, _) = larder.keys();
    let guest_slot = larder.open().add_slot(&guest(), "guest").unwrap();
    let thief = plant(&larder, guest_slot);
    assert_eq!(larder.open().slots().unwrap().len(), 1);
    larder.open().add_slot(&Unlock::key_file(b"a third key file, which is long enough".to_vec()), "third").unwrap();
    assert_shut(&larder, &identity, &thief, "swapped");
}

#[test]
fn a_key_whose_adding_was_cut_short_never_comes_alive() {
    // As a crash between slot and ring leaves it: the slot is there, and no ring names it.
    let larder = Larder::new();
    let (identity, _) = larder.keys();
    let half = Slot::create(larder.open().id(), 2, &thief(), identity.secret(), 0, "half").unwrap();
    for copy in 0..2 {
        larder.storage.overwrite(&name(&format!("slot-00000002-{copy}")), half.to_object());
    }
    assert!(open_with(&larder, thief).is_err());
    assert_eq!(larder.open().add_slot(&guest(), "guest").unwrap(), 3);
    assert!(open_with(&larder, thief).is_err(), "half a key came alive with the next one");
    assert!(open_with(&larder, guest).is_ok());
}
