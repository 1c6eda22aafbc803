//! Slots that somebody without a key has put into the storage: they open nothing, now or later, and count for nothing.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;

use larder_connect::ObjectName;
use larder_engine::{CheckLevel, Store, Unlock, Unwatched, check};
use larder_format::{
    container::{self, ObjectKind, Suite},
    keys::Identity,
    ring::Ring,
    secret::Secret,
    slot::{OpenSlot, Slot},
};
use larder_model::{ProblemKind, Result};
use larder_testkit::{Larder, memory::assert_peak_below, storage::MemoryStorage};

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
    assert_eq!(larder.open().slots().unwrap().len(), 1);
    larder.open().remove_slot(NUMBER).unwrap();
    assert!(!larder.storage.names("keys").iter().any(|name| name.name().starts_with("slot-00000009")));
    let problem = larder.open().remove_slot(NUMBER).unwrap_err();
    assert!(problem.message().contains("no key 9"), "{problem}");
}

#[test]
fn a_check_names_what_was_planted_as_what_it_is() {
    let larder = Larder::new();
    plant(&larder, NUMBER);
    let report = check(&larder.open(), CheckLevel::Quick, &Unwatched).unwrap();
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    let [finding] = report.harmless.as_slice() else { panic!("{:?}", report.harmless) };
    assert_eq!(finding.item, "keys/slot-00000009");
    assert!(finding.message.contains("`larder key rm 9`"), "{}", finding.message);
    larder.open().remove_slot(NUMBER).unwrap();
    let report = check(&larder.open(), CheckLevel::Quick, &Unwatched).unwrap();
    assert!(report.problems.is_empty() && report.harmless.is_empty(), "{report:?}");
}

#[test]
fn one_copy_that_was_swapped_hides_nothing_and_is_mended() {
    for copy in 0..2 {
        let larder = Larder::new();
        larder.open().add_slot(&guest(), "guest").unwrap();
        let place = name(&format!("slot-00000002-{copy}"));
        let before = larder.storage.body(&place).unwrap().to_vec();
        larder.storage.overwrite(&place, planted(&larder, 2).0);
        assert!(open_with(&larder, guest).is_ok(), "the other copy is there");
        let report = check(&larder.open(), CheckLevel::Quick, &Unwatched).unwrap();
        assert_eq!(report.problems.len(), 1, "{:?}", report.problems);
        assert!(report.problems[0].message.contains("written anew"), "{:?}", report.problems);
        assert_eq!(larder.storage.body(&place).unwrap().to_vec(), before);
    }
}

#[test]
fn a_key_of_which_no_copy_is_left_is_named() {
    let larder = Larder::new();
    larder.open().add_slot(&guest(), "guest").unwrap();
    let lose: [fn(&Larder); 2] = [
        |larder| drop(plant(larder, 2)),
        |larder| (0..2).for_each(|copy| drop(larder.storage.lose(&name(&format!("slot-00000002-{copy}"))))),
    ];
    for lose in lose {
        lose(&larder);
        let report = check(&larder.open(), CheckLevel::Quick, &Unwatched).unwrap();
        assert_eq!(report.problems.len(), 2, "{:?}", report.problems);
        assert!(report.problems.iter().all(|it| it.message.contains("`larder key rm 2`")), "{:?}", report.problems);
    }
    larder.open().remove_slot(2).unwrap();
    let report = check(&larder.open(), CheckLevel::Quick, &Unwatched).unwrap();
    assert!(report.problems.is_empty() && report.harmless.is_empty(), "{report:?}");
}

#[test]
fn numbers_that_somebody_used_up_are_in_nobodys_way() {
    let larder = Larder::new();
    plant(&larder, 99_999_999);
    let (object, _) = planted(&larder, 1);
    larder.storage.overwrite(&name("ring-00000000-99999999-0"), object);
    assert_eq!(larder.open().add_slot(&guest(), "guest").unwrap(), 2);
    assert!(open_with(&larder, guest).is_ok());
    larder.open().remove_slot(2).unwrap();
    assert!(open_with(&larder, guest).is_err());
}

fn wrong_passphrase() -> Unlock {
    Unlock::passphrase("not the one".to_owned())
}

fn right_passphrase() -> Unlock {
    Unlock::passphrase("the one".to_owned())
}

/// A slot of a passphrase that asks for 4 GiB of memory in place of 64 MiB.
fn greedy(larder: &Larder, number: u32) -> Vec<u8> {
    let slot = Slot::create(larder.open().id(), number, &wrong_passphrase(), &Secret::random(), 0, "").unwrap();
    let object = slot.to_object();
    let body = &object[container::HEAD_LEN..object.len() - 32];
    let memory = [0x06, 0x1a, 0, 1, 0, 0];
    let at = body.windows(memory.len()).position(|window| window == memory).unwrap();
    let body = [&body[..at], &[0x06, 0x1a, 0, 0x40, 0, 0], &body[at + memory.len()..]].concat();
    container::wrap(ObjectKind::Slot, Suite::Plain, 0, &body).0
}

#[test]
fn a_slot_that_asks_for_too_much_is_not_tried_and_keeps_nobody_out() {
    let larder = Larder::new();
    larder.storage.overwrite(&name("slot-00000000-0"), greedy(&larder, 0));
    let problem = open_with(&larder, wrong_passphrase).map(drop).unwrap_err();
    assert!(problem.is(ProblemKind::Unsupported), "{problem}");
    assert!(problem.message().contains("key 0 is not tried"), "{problem}");
    assert!(problem.hint_text().unwrap().contains("larder key rm 0"), "{problem:?}");
    larder.open().add_slot(&right_passphrase(), "").unwrap();
    assert!(open_with(&larder, right_passphrase).is_ok());
    let problem = open_with(&larder, wrong_passphrase).map(drop).unwrap_err();
    assert!(problem.is(ProblemKind::Credentials), "{problem}");
    assert!(problem.hint_text().unwrap().contains("key 0 is not tried"), "{problem:?}");
    assert_peak_below(200, "opening a store with such a slot");
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
    // Added once more, it opens the store, although its first slot is met before.
    assert_eq!(larder.open().add_slot(&thief(), "half").unwrap(), 4);
    assert!(open_with(&larder, thief).is_ok());
}
