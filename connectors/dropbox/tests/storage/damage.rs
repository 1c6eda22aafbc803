//! Every object of a store in Dropbox deleted, replaced and cut short: a check by listing names packs, what can be had comes back, and
//! what cannot is told.

use std::sync::Arc;

use dropbox_simulator::{FaultKind, When};
use larder_engine::{
    CheckLevel, GcOptions, RepairOptions, Store, Unlock, Unwatched, check, gc, undelete, undelete_lost_keys,
};

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
                } else {
                    // A deleted index run is not missed, and of the newest snapshot nobody knows.
                    assert!(!found.is_empty() || what == "deleted", "{context}");
                }
                let report = undelete(&place.open(), &RepairOptions::default(), &Unwatched).unwrap();
                assert!(report.lost.is_empty(), "{context}: {report:?}");
                // A deleted index run is not missed.
                let is_missed =
                    ["packs", "snapshots"].contains(&folder) || (what != "deleted" && !report.brought_back.is_empty());
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

/// What gc has taken since a snapshot was deleted by others comes back with it, as long as Dropbox keeps it.
#[test]
fn a_snapshot_comes_back_with_its_packs_or_not_at_all() {
    for keeps_packs in [true, false] {
        let place = Place::new();
        let tree = tree(9, 8);
        place.create();
        back_up(&place.open(), &tree).unwrap();
        let before = content(&place.open(), "latest").unwrap();
        let snapshot = place.objects("snapshots").remove(0);
        place.account.delete(&Place::path(&snapshot));
        let report = gc(&place.open(), &GcOptions::default(), &Unwatched).unwrap();
        assert!(report.packs_deleted > 0);
        // And another one that nobody needs.
        place.account.write(&Place::path(&format!("packs/{}", "ab".repeat(32))), b"no pack");
        place.account.delete(&Place::path(&format!("packs/{}", "ab".repeat(32))));
        if !keeps_packs {
            place.has_fault("files/restore", When::Every(2), FaultKind::NotFound);
        }
        let report = undelete(&place.open(), &RepairOptions::default(), &Unwatched).unwrap();
        let report_text = format!("{report:?}");
        place.simulator.clear_faults();
        if keeps_packs {
            assert!(report.lost.is_empty() && report.brought_back.contains(&snapshot), "{report_text}");
            assert_eq!(content(&place.open(), "latest").unwrap(), before);
            assert_eq!(place.objects("packs").len(), 2, "{report_text}");
        } else {
            assert!(report.lost.iter().any(|(item, _)| *item == snapshot), "{report_text}");
            assert!(place.objects("snapshots").is_empty());
        }
        let found = check(&place.open(), CheckLevel::Data { share: 1.0 }, &Unwatched).unwrap();
        assert!(found.problems.is_empty(), "{:?}", found.problems);
        gc(&place.open(), &GcOptions::default(), &Unwatched).unwrap();
        place.has_kept_the_rules();
    }
}

/// One revision that Dropbox lists and does not have any more costs that pack, and nothing else.
#[test]
fn what_cannot_be_restored_is_named_and_the_rest_comes_back() {
    let place = Place::new();
    place.create();
    back_up(&place.open(), &tree(9, 8)).unwrap();
    let packs = place.objects("packs");
    assert!(packs.len() > 1);
    packs.iter().for_each(|pack| place.account.delete(&Place::path(pack)));
    place.has_fault("files/restore", When::First(1), FaultKind::NotFound);
    let report = undelete(&place.open(), &RepairOptions::default(), &Unwatched).unwrap();
    assert_eq!((report.lost.len(), report.brought_back.len()), (1, packs.len() - 1), "{report:?}");
    let report = undelete(&place.open(), &RepairOptions::default(), &Unwatched).unwrap();
    assert!(report.lost.is_empty(), "{report:?}");
}

/// Somebody else has mended a pack, and listings do not show it yet.
#[test]
fn a_listing_alone_condemns_no_pack() {
    let mut place = Place::new();
    place.visibility_delay = std::time::Duration::from_secs(1);
    place.create();
    back_up(&place.open(), &tree(9, 8)).unwrap();
    let pack = Place::path(&place.objects("packs")[0]);
    let body = place.account.read(&pack).unwrap();
    place.account.write(&pack, &body[1..]);
    let store = place.open();
    store.snapshots().unwrap();
    place.simulator.configure(|options| options.listing.lag = std::time::Duration::from_secs(3600));
    place.account.write(&pack, &body);
    let report = check(&store, CheckLevel::Quick, &Unwatched).unwrap();
    assert!(report.problems.is_empty(), "{:?}", report.problems);
}

#[test]
fn a_dry_run_changes_nothing() {
    let place = Place::new();
    place.create();
    back_up(&place.open(), &tree(9, 8)).unwrap();
    place.account.delete(&Place::path("snapshots"));
    let before = place.account.paths();
    let report = undelete(&place.open(), &RepairOptions { dry_run: true }, &Unwatched).unwrap();
    assert!(report.lost.is_empty(), "{report:?}");
    assert_eq!(place.account.paths(), before);
}

/// A damaged removal and damaged marks come back as they were.
#[test]
fn records_and_marks_are_mended() {
    let place = Place::new();
    let tree = tree(4, 5);
    place.create();
    back_up(&place.open(), &tree).unwrap();
    let store = place.open();
    let first = store.find_snapshot("latest").unwrap();
    tree.lock().write("second", vec![9; 1000]);
    back_up(&store, &tree).unwrap();
    larder_engine::remove(&store, &[first]).unwrap();
    gc(&place.open(), &GcOptions::default(), &Unwatched).unwrap();
    let objects = [place.objects("records"), place.objects("marks")].concat();
    assert!(!objects.is_empty());
    for object in objects {
        let body = place.account.read(&Place::path(&object)).unwrap();
        let mut other = body.clone();
        other[body.len() / 2] ^= 1;
        place.account.write(&Place::path(&object), &other);
        assert_eq!(quick(&place)[0], object);
        let report = undelete(&place.open(), &RepairOptions::default(), &Unwatched).unwrap();
        assert_eq!(report.brought_back, std::slice::from_ref(&object));
        assert_eq!(place.account.read(&Place::path(&object)).unwrap(), body);
    }
    assert!(quick(&place).is_empty());
}

/// What stands in an object's place and would not fit into memory is not read.
#[test]
fn what_is_far_too_large_is_damaged() {
    let place = Place::new();
    place.create();
    back_up(&place.open(), &tree(4, 5)).unwrap();
    let snapshot = place.objects("snapshots").remove(0);
    place.account.write_generated(&Place::path(&snapshot), 65 << 20, 1);
    place.simulator.reset_journal();
    assert_eq!(quick(&place)[0], snapshot);
    let report = undelete(&place.open(), &RepairOptions::default(), &Unwatched).unwrap();
    assert_eq!(report.brought_back, [snapshot]);
}
