//! What goes wrong on the way: nothing is there twice, nothing is missing, and nothing waits for good.

use std::{thread, time::Duration};

use dropbox_simulator::{FaultKind, Options, When};
use larder_connect::{Durability, Storage};
use larder_engine::{CheckLevel, Unwatched, check};
use larder_model::ProblemKind;

use super::kit::{FOLDER, Place, back_up, content, name, tree};

#[test]
fn a_commit_whose_answer_was_lost_is_looked_for() {
    for kind in [FaultKind::LostAnswer, FaultKind::Done503, FaultKind::Html503, FaultKind::NoAnswer] {
        println!("{kind:?}");
        let place = Place::new();
        place.has_fault("files/upload_session/finish_batch_v2", When::First(2), kind);
        let storage = place.storage(FOLDER);
        for number in 0..5_u8 {
            storage.put_pack(&name(&format!("packs/{number}")), vec![number; 1000].into(), false).unwrap();
        }
        storage.barrier().unwrap();
        assert_eq!(place.objects("packs").len(), 5);
        // A first writing is the only one.
        let finished: usize = place
            .simulator
            .log()
            .iter()
            .filter(|call| call.route == "files/upload_session/finish_batch_v2" && call.status == 200)
            .map(|call| call.arg["entries"].as_array().map_or(0, Vec::len))
            .sum();
        assert!(finished <= 5, "{finished} objects were committed");
        place.has_kept_the_rules();
    }
}

#[test]
fn a_small_object_whose_answer_was_lost_is_there_once() {
    let place = Place::new();
    place.has_fault("files/upload", When::First(1), FaultKind::LostAnswer);
    let storage = place.storage(FOLDER);
    storage.put(&name("runs/start"), &[b"here"], Durability::Advisory).unwrap();
    assert_eq!(place.simulator.calls("files/upload"), 1);
    assert_eq!(place.simulator.calls("files/get_metadata"), 1);
    place.has_fault("files/delete_v2", When::First(1), FaultKind::LostAnswer);
    storage.delete(&name("runs/start")).unwrap();
    assert!(place.objects("runs").is_empty());
}

/// A namespace takes one commit at a time; what is refused is finished again.
#[test]
fn writers_beside_each_other_wait_for_the_namespace() {
    let mut options = Options::default();
    options.limits.write_hold = Duration::from_millis(40);
    let place = Place::with(options);
    thread::scope(|scope| {
        for writer in 0..3_u8 {
            let place = &place;
            scope.spawn(move || {
                let storage = place.storage(FOLDER);
                for number in 0..6_u8 {
                    storage
                        .put_pack(&name(&format!("packs/{writer}-{number}")), vec![number; 5000].into(), false)
                        .unwrap();
                    storage.barrier().unwrap();
                }
            });
        }
    });
    assert_eq!(place.objects("packs").len(), 18);
    place.has_kept_the_rules();
}

#[test]
fn a_barrier_fails_again_while_something_has_no_name() {
    let place = Place::new();
    let storage = place.storage(FOLDER);
    storage.put_pack(&name("packs/a"), vec![1; 1000].into(), false).unwrap();
    place.has_fault("files/upload_session/finish_batch_v2", When::Always, FaultKind::ExpiredToken);
    for _ in 0..2 {
        assert!(storage.barrier().is_err());
    }
    place.simulator.clear_faults();
    storage.barrier().unwrap();
    assert_eq!(place.objects("packs"), ["packs/a"]);
}

#[test]
fn a_listing_that_is_reset_or_refused_is_begun_anew() {
    let place = Place::new();
    let storage = place.storage(FOLDER);
    storage.put(&name("packs/a"), &[b"a"], Durability::Barrier).unwrap();
    assert_eq!(storage.list("packs").unwrap().len(), 1);
    place.simulator.reset_cursors();
    place.storage(FOLDER).put(&name("packs/b"), &[b"b"], Durability::Barrier).unwrap();
    assert_eq!(storage.list("packs").unwrap().len(), 2);
    // The folder itself goes.
    place.account.delete(FOLDER);
    let other = place.storage(FOLDER);
    assert!(other.list("packs").unwrap().is_empty());
    place.has_fault("files/list_folder", When::Always, FaultKind::Html503);
    assert!(place.impatient(FOLDER).list("packs").unwrap_err().is(ProblemKind::Unreachable));
}

/// What a listing lacks is asked for by its path before anybody believes that it is gone.
#[test]
fn what_is_not_listed_is_asked_for() {
    let place = Place::new();
    let storage = place.storage(FOLDER);
    storage.put(&name("packs/a"), &[b"a"], Durability::Barrier).unwrap();
    let late = place.storage(FOLDER);
    assert_eq!(late.list("packs").unwrap().len(), 1);
    storage.put(&name("packs/b"), &[b"bee"], Durability::Barrier).unwrap();
    place.simulator.reset_journal();
    assert_eq!(late.get(&name("packs/b"), Some(1..3)).unwrap(), b"ee");
    assert_eq!(place.simulator.calls("files/get_metadata"), 1);
    // By revision, and not by a path in a header.
    let downloads: Vec<_> = place.simulator.log().into_iter().filter(|call| call.route == "files/download").collect();
    assert!(downloads.iter().all(|call| call.arg["path"].as_str().unwrap().starts_with("rev:")), "{downloads:?}");
}

#[test]
fn whole_backups_pass_while_everything_fails_now_and_then() {
    use FaultKind::*;
    for (seed, kind) in
        [Grpc500, Done503, NoAnswer, LostAnswer, ResetBody, Truncate, Flip, Json429, Contention].into_iter().enumerate()
    {
        println!("{kind:?}, seed {seed}");
        let place = Place::with(Options { seed: seed as u64, ..Options::default() });
        let tree = tree(seed as u64, 30);
        let store = place.create();
        let chance = if kind == Json429 { 0.02 } else { 0.06 };
        // What flips in an answer's text is another answer; bytes of objects are verified.
        let route = if kind == Flip { "files/download" } else { "files/*" };
        place.has_fault(route, When::Chance(chance), kind);
        back_up(&store, &tree).unwrap();
        tree.lock().write("second", &b"second"[..]);
        back_up(&place.open(), &tree).unwrap();
        let store = place.open();
        let before = content(&store, "latest").unwrap();
        let report = check(&store, CheckLevel::Data { share: 1.0 }, &Unwatched).unwrap();
        assert!(report.problems.is_empty(), "{kind:?}: {:?}", report.problems);
        place.simulator.clear_faults();
        assert_eq!(content(&place.open(), "latest").unwrap(), before);
        assert!(before.values().any(|body| body == b"second"));
    }
}

/// Whatever Dropbox says that it has: it has to be what was sent.
#[test]
fn another_hash_in_an_answer_is_damage() {
    for (route, is_pack) in [("files/upload_session/finish_batch_v2", true), ("files/upload", false)] {
        let place = Place::new();
        let storage = place.storage(FOLDER);
        place.has_fault(route, When::First(1), FaultKind::OtherHash);
        let stored = match is_pack {
            true => storage.put_pack(&name("packs/a"), vec![1; 1000].into(), false).and_then(|_| storage.barrier()),
            false => storage.put(&name("runs/a"), &[b"x"], Durability::Advisory).map(drop),
        };
        let problem = stored.unwrap_err();
        assert!(problem.is(ProblemKind::Damaged), "{route}: {problem}");
    }
}

/// Dropbox calls a job failed, whatever it has done of it.
#[test]
fn a_deletion_whose_job_fails_is_done_again() {
    let place = Place::new();
    let storage = place.storage(FOLDER);
    let objects: Vec<_> = (0..150).map(|number| (name(&format!("marks/{number}")), vec![1; 50])).collect();
    storage.put_batch(&objects, Durability::Barrier).unwrap();
    place.simulator.configure(|options| options.jobs.failing = 2);
    storage.delete_batch(&objects.into_iter().map(|(name, _)| name).collect::<Vec<_>>()).unwrap();
    assert!(place.objects("marks").is_empty());
    assert_eq!(place.simulator.calls("files/delete_batch"), 3);
    assert!(storage.list("marks").unwrap().is_empty());
}
