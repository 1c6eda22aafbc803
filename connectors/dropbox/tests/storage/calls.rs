//! What things cost in calls.

use larder_connect::{Durability, Storage};

use super::kit::{FOLDER, Place, name};

#[test]
fn packs_get_their_names_together() {
    let place = Place::new();
    let storage = place.storage(FOLDER);
    for number in 0..20_u8 {
        storage.put_pack(&name(&format!("packs/{number:02}")), vec![number; 100_000], false).unwrap();
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
    let sent = storage.put_pack(&name("packs/large"), body, false).unwrap();
    storage.barrier().unwrap();
    let listed = storage.list("packs").unwrap();
    assert_eq!((listed[0].size, &listed[0].hash), (101 << 20, &sent.hash));
    assert_eq!(place.simulator.calls("files/upload_session/append_v2"), 2);
    place.has_kept_the_rules();
}
