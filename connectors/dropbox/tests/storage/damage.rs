//! Every object of a store in Dropbox deleted, replaced and cut short: a check by listing names packs, what can be had comes back, and
//! what cannot is told.

use std::sync::Arc;

use larder_engine::{CheckLevel, RepairOptions, Store, Unlock, Unwatched, check, undelete, undelete_lost_keys};

use super::kit::{FOLDER, Place, back_up, content, tree};

/// What is done to an object, in words and in deed.
type Damage = (&'static str, fn(&Place, &str));

fn quick(place: &Place) -> Vec<String> {
    let report = check(&place.open(), CheckLevel::Quick, &Unwatched).unwrap();
    report.problems.into_iter().map(|finding| finding.item).collect()
}

#[test]
fn whatever_is_deleted_or_replaced_comes_back() {
    let whole = || {
        let place = Place::new();
        let tree = tree(3, 12);
        place.create();
        back_up(&place.open(), &tree).unwrap();
        tree.lock().write("second", vec![9; 400_000]);
        back_up(&place.open(), &tree).unwrap();
        place
    };
    let kinds: [Damage; 3] = [
        ("deleted", |place, path| place.account.delete(path)),
        ("replaced", |place, path| {
            let mut body = place.account.read(path).unwrap();
            let middle = body.len() / 2;
            body[middle] ^= 1;
            place.account.write(path, &body);
        }),
        ("cut short", |place, path| {
            let body = place.account.read(path).unwrap();
            place.account.write(path, &body[..body.len() - 1]);
        }),
    ];
    for (what, damage) in kinds {
        let place = whole();
        let before = content(&place.open(), "latest").unwrap();
        for folder in ["packs", "snapshots", "index"] {
            for object in place.objects(folder) {
                let context = format!("{object} {what}");
                damage(&place, &Place::path(&object));
                let found = quick(&place);
                if folder == "packs" {
                    assert_eq!(found, [object.as_str()], "{context}");
                } else if folder == "snapshots" {
                    assert!(!found.is_empty() || what == "deleted", "{context}");
                }
                let report = undelete(&place.open(), &RepairOptions::default(), &Unwatched).unwrap();
                assert!(report.lost.is_empty(), "{context}: {report:?}");
                // A deleted index run is not missed.
                let is_missed = folder != "index" || (what != "deleted" && !report.brought_back.is_empty());
                if is_missed {
                    assert_eq!(report.brought_back, [object.as_str()], "{context}");
                }
                assert!(quick(&place).is_empty(), "{context}");
                assert_eq!(content(&place.open(), "latest").unwrap(), before, "{context}");
                let report = check(&place.open(), CheckLevel::Data { share: 1.0 }, &Unwatched).unwrap();
                assert!(report.problems.is_empty(), "{context}: {:?}", report.problems);
            }
        }
        assert!(place.objects("marks").is_empty(), "what is there again is in use again");
        place.has_kept_the_rules();
    }
}

#[test]
fn a_store_that_was_deleted_as_a_whole_comes_back() {
    for folder in ["", "/keys", "/config", "/packs", "/index", "/snapshots", "/records"] {
        let place = Place::new();
        let tree = tree(5, 8);
        place.create();
        back_up(&place.open(), &tree).unwrap();
        let store = place.open();
        let gone = store.find_snapshot("latest").unwrap();
        tree.lock().write("second", vec![9; 300_000]);
        back_up(&store, &tree).unwrap();
        larder_engine::remove(&store, &[gone]).unwrap();
        // A key that was removed must not come back.
        let number = store.add_slot(&Unlock::key_file(vec![7; 32]), "second").unwrap();
        store.remove_slot(number).unwrap();
        let before = content(&place.open(), "latest").unwrap();
        place.account.delete(&format!("{FOLDER}{folder}"));
        undelete_lost_keys(&place.storage(FOLDER)).unwrap();
        let report = undelete(&place.open(), &RepairOptions::default(), &Unwatched).unwrap();
        assert!(report.lost.is_empty(), "{folder}: {report:?}");
        let store = place.open();
        assert_eq!(content(&store, "latest").unwrap(), before, "{folder}");
        assert_eq!(store.snapshots().unwrap().snapshots.len(), 1, "{folder}");
        assert_eq!(store.slots().unwrap().len(), 1, "{folder}");
        let opened = Store::open(
            Arc::new(place.storage(FOLDER)),
            &mut |_| Ok(Unlock::key_file(vec![7; 32])),
            store.settings().clone(),
        );
        assert!(opened.is_err(), "{folder}: a removed key opens the store");
        let report = check(&store, CheckLevel::Data { share: 1.0 }, &Unwatched).unwrap();
        assert!(report.problems.is_empty(), "{folder}: {:?}", report.problems);
    }
    // Where no store was, nothing is left behind.
    let place = Place::new();
    assert!(undelete_lost_keys(&place.storage(FOLDER)).unwrap().is_empty());
    assert!(place.account.paths().is_empty());
}

#[test]
fn nothing_is_brought_back_that_somebody_removed() {
    let place = Place::new();
    let tree = tree(4, 5);
    place.create();
    back_up(&place.open(), &tree).unwrap();
    let store = place.open();
    let first = store.find_snapshot("latest").unwrap();
    tree.lock().write("second", vec![9; 1000]);
    back_up(&store, &tree).unwrap();
    larder_engine::remove(&store, &[first]).unwrap();
    let report = undelete(&place.open(), &RepairOptions::default(), &Unwatched).unwrap();
    assert!(report.brought_back.is_empty() && report.lost.is_empty(), "{report:?}");
    assert_eq!(place.objects("snapshots").len(), 1);
}
