//! What things cost in calls.

use std::sync::Arc;

use dropbox_simulator::{FaultKind, Options, TeamRoom, When};
use larder_connect::{CachedStorage, Durability, Storage};
use larder_model::ProblemKind;

use super::kit::{FOLDER, Place, back_up, content, name, tree};

#[test]
fn packs_get_their_names_together() {
    let place = Place::new();
    let storage = place.storage(FOLDER);
    for number in 0..20_u8 {
        storage.put_pack(&name(&format!("packs/{number:02}")), vec![number; 100_000].into(), false).unwrap();
    }
    assert!(place.objects("packs").is_empty(), "nobody sees what has no name yet");
    storage.barrier().unwrap();
    assert_eq!(place.objects("packs").len(), 20);
    assert_eq!(place.simulator.calls("files/upload_session/start"), 20);
    assert_eq!(place.simulator.calls("files/upload_session/finish_batch_v2"), 1);
    assert_eq!(place.simulator.total_calls(), 22, "and one that asks for the room");
    storage.barrier().unwrap();
    assert_eq!(place.simulator.total_calls(), 22);
    place.has_kept_the_rules();
}

#[test]
fn many_small_objects_take_three_calls() {
    let place = Place::new();
    let storage = place.storage(FOLDER);
    let objects: Vec<_> = (0..50).map(|number| (name(&format!("records/{number}")), vec![1; 300 + number])).collect();
    storage.put_batch(&objects, Durability::Barrier).unwrap();
    assert_eq!(place.simulator.total_calls(), 4, "{:#}", place.simulator.summary());
    storage.delete_batch(&objects.into_iter().map(|(name, _)| name).collect::<Vec<_>>()).unwrap();
    assert_eq!(place.simulator.total_calls(), 5);
    assert!(place.objects("records").is_empty());
    place.has_kept_the_rules();
}

/// What a proxy on the way takes is not known: what was refused is halved, and none is that large again.
#[test]
fn a_batch_that_is_refused_is_halved_and_that_is_remembered() {
    let refusals: [fn(&mut Options); 2] =
        [|options| options.limits.header_bytes = 3000, |options| options.limits.body = 9_000];
    for (number, refuse) in refusals.into_iter().enumerate() {
        let place = Place::new();
        place.simulator.configure(refuse);
        let storage = place.storage(FOLDER);
        let objects = |round: usize| -> Vec<_> {
            (0..40).map(|n| (name(&format!("records/{round}-{n}")), vec![1; 400 + n])).collect()
        };
        let mut refused = Vec::new();
        for round in 0..2 {
            place.simulator.reset_journal();
            storage.put_batch(&objects(round), Durability::Barrier).unwrap();
            refused.push(place.simulator.log().iter().filter(|call| call.status >= 400).count());
            assert_eq!(place.objects("records").len(), 40 * (round + 1), "refusal {number}");
            assert!(place.simulator.total_calls() < 20, "refusal {number}: {:#}", place.simulator.summary());
        }
        assert!(refused[0] > 0 && refused[1] == 0, "refusal {number}: {refused:?}");
    }
}

/// A header of 16 KiB at most, whatever names and sessions are called.
#[test]
fn more_objects_than_fit_into_one_header_take_few_calls() {
    let place = Place::new();
    place.simulator.configure(|options| options.limits.header_bytes = 18 << 10);
    let objects: Vec<_> = (0..1200).map(|number| (name(&format!("marks/{number}")), vec![1; 100])).collect();
    place.storage(FOLDER).put_batch(&objects, Durability::Barrier).unwrap();
    assert_eq!(place.objects("marks").len(), 1200);
    assert!(place.simulator.log().iter().all(|call| call.status == 200), "{:#}", place.simulator.summary());
    assert!(place.simulator.total_calls() < 30, "{:#}", place.simulator.summary());
    place.has_kept_the_rules();
}

#[test]
fn room_is_asked_for_before_anything_is_sent() {
    let place = Place::new();
    let storage = place.storage(FOLDER);
    storage.put_pack(&name("packs/a"), vec![1; 1000].into(), false).unwrap();
    storage.barrier().unwrap();
    let routes: Vec<_> = place.simulator.log().iter().map(|call| call.route.clone()).collect();
    assert_eq!(routes[0], "users/get_space_usage", "{routes:?}");
    // A full account is sent nothing.
    place.account.set_quota(1200);
    let full = place.storage(FOLDER);
    assert!(full.put_pack(&name("packs/b"), vec![1; 1000].into(), false).unwrap_err().is(ProblemKind::NoSpace));
    assert!(full.put(&name("runs/b"), &[&[1; 1000]], Durability::Advisory).unwrap_err().is(ProblemKind::NoSpace));
    assert_eq!(place.simulator.calls("files/upload_session/start"), 1);
    assert_eq!(place.simulator.calls("files/upload"), 0);
}

/// A machine that has no cache: what is small comes together.
fn uncached(place: &Place) -> Arc<dyn Storage> {
    Arc::new(CachedStorage::new(place.storage(FOLDER), None))
}

#[test]
fn an_unchanged_run_without_a_cache_costs_fourteen_calls_however_many_snapshots_there_are() {
    let place = Place::new();
    place.create();
    let tree = tree(7, 40);
    for round in 0..50 {
        tree.lock().write("changing", vec![round; 2_000]);
        // Pages of each folder lie in the pack of the run that saw it change.
        tree.lock().write(format!("folder {round}/file"), vec![round; 700]);
        back_up(&place.open_on(uncached(&place)).unwrap(), &tree).unwrap();
    }
    place.simulator.reset_journal();
    let report = back_up(&place.open_on(uncached(&place)).unwrap(), &tree).unwrap();
    let calls = place.simulator.total_calls();
    println!("{calls} calls: {:#}", place.simulator.summary());
    assert_eq!((report.statistics.files_new, report.statistics.files_changed), (0, 0));
    assert!(calls <= 14, "{calls} calls: {:#}", place.simulator.summary());
    assert_eq!(place.open().snapshots().unwrap().snapshots.len(), 51);
    place.has_kept_the_rules();
}

/// Zips prove nothing: what does not come, or not as it is listed, is read by itself.
#[test]
fn zips_that_bring_nothing_cost_calls_and_nothing_else() {
    let spoil: [fn(&mut Options); 2] = [|options| options.zip.missing = 1.0, |options| options.zip.flipped = 1.0];
    for (number, spoil) in spoil.into_iter().enumerate() {
        let place = Place::new();
        place.create();
        let tree = tree(7, 10);
        for round in 0..5 {
            tree.lock().write("changing", vec![round; 5_000]);
            back_up(&place.open(), &tree).unwrap();
        }
        place.simulator.configure(spoil);
        place.simulator.reset_journal();
        let store = place.open_on(uncached(&place)).unwrap();
        assert_eq!(store.snapshots().unwrap().snapshots.len(), 5, "spoilt {number}");
        assert_eq!(place.simulator.calls("files/download_zip"), 1, "spoilt {number}: one is enough to know");
    }
    for kind in [FaultKind::Status(404), FaultKind::Html503, FaultKind::ResetBody, FaultKind::Truncate] {
        let place = Place::new();
        place.create();
        let tree = tree(7, 10);
        for round in 0..5 {
            tree.lock().write("changing", vec![round; 5_000]);
            back_up(&place.open(), &tree).unwrap();
        }
        place.has_fault("files/download_zip", When::Always, kind);
        let store = place.open_on(uncached(&place)).unwrap();
        assert_eq!(store.snapshots().unwrap().snapshots.len(), 5, "{kind:?}");
        assert_eq!(content(&store, "latest").unwrap(), content(&place.open(), "latest").unwrap(), "{kind:?}");
    }
}

#[test]
fn everything_is_listed_once() {
    let place = Place::new();
    let storage = place.storage(FOLDER);
    for folder in ["config", "keys", "packs"] {
        storage.put(&name(&format!("{folder}/0")), &[b"x"], Durability::Barrier).unwrap();
    }
    place.simulator.reset_journal();
    for folder in ["config", "keys", "packs", "index"] {
        assert_eq!(storage.glance(folder).unwrap().len(), usize::from(folder != "index"));
    }
    assert_eq!(place.simulator.total_calls(), 1);
    // Somebody else's are seen by a look, not by a glance.
    place.storage(FOLDER).put(&name("packs/1"), &[b"y"], Durability::Barrier).unwrap();
    assert_eq!(storage.glance("packs").unwrap().len(), 1);
    assert_eq!(storage.list("packs").unwrap().len(), 2);
    assert_eq!(place.simulator.calls("files/list_folder"), 1);
    assert_eq!(place.simulator.calls("files/list_folder/continue"), 1);
}

#[test]
fn a_pack_too_large_for_one_call_goes_in_pieces() {
    let place = Place::new();
    let storage = place.storage(FOLDER);
    let body: Vec<u8> = (0..(101_u32 << 20)).map(|byte| (byte >> 8) as u8).collect();
    let sent = storage.put_pack(&name("packs/large"), body.into(), false).unwrap();
    storage.barrier().unwrap();
    let listed = storage.list("packs").unwrap();
    assert_eq!((listed[0].size, &listed[0].hash), (101 << 20, &sent.hash));
    assert_eq!(place.simulator.calls("files/upload_session/append_v2"), 2);
    place.has_kept_the_rules();
}

/// By the smallest of all limits: the account's own, the team's, and the member's.
#[test]
fn the_smallest_limit_counts() {
    let room = |used_by_others, allocated, of_member| TeamRoom { used_by_others, allocated, of_member };
    let enough = 1 << 30;
    for (what, team) in [
        ("account", None),
        ("team", Some(room(enough, enough + 2000, 0))),
        ("team, below the member's", Some(room(enough, enough + 2000, enough))),
        ("member", Some(room(0, enough, 2000))),
    ] {
        let place = Place::new();
        match team {
            None => place.account.set_quota(2000),
            Some(team) => place.account.set_team_room(team),
        }
        let storage = place.storage(FOLDER);
        let problem = storage.put_pack(&name("packs/a"), vec![1; 3000].into(), false).unwrap_err();
        assert!(problem.is(ProblemKind::NoSpace), "{what}: {problem}");
        assert_eq!(place.simulator.total_calls(), 1, "{what}: nothing but the question");
        storage.put_pack(&name("packs/b"), vec![1; 1500].into(), false).unwrap();
        storage.barrier().unwrap();
    }
}
