//! A Dropbox whose listings, and whose reads by path, lag behind what was written.

use std::{sync::Arc, thread, time::Duration};

use dropbox_simulator::{FaultKind, Options, When};
use larder_connect::{Durability, Storage};
use larder_engine::{CheckLevel, GcOptions, Unwatched, check, gc};
use larder_model::{Problem, ProblemKind};
use larder_testkit::Rng;

use super::{
    kit::{FOLDER, Place, back_up, content, name, tree},
    stepping::Stepping,
};

const LAG: Duration = Duration::from_millis(300);

fn lagging(seed: u64) -> Place {
    let mut options = Options { seed, ..Options::default() };
    options.listing.lag = LAG;
    let mut place = Place::with(options);
    // As the storage promises, in whole seconds of the clocks that are turned.
    place.visibility_delay = Duration::from_secs(1);
    place
}

#[test]
fn what_was_put_is_read_although_no_listing_has_it() {
    let place = lagging(1);
    let tree = tree(5, 10);
    let store = place.create();
    back_up(&store, &tree).unwrap();
    // The same process knows what it did.
    assert_eq!(store.snapshots().unwrap().snapshots.len(), 1);
    thread::sleep(LAG);
    assert_eq!(content(&place.open(), "latest").unwrap().len(), content(&store, "latest").unwrap().len());
}

/// Reads by path lag, listings do not.
fn with_late_reads() -> Place {
    let mut place = Place::with(Options { read_lag: Duration::from_secs(5), ..Options::default() });
    place.visibility_delay = Duration::from_secs(5);
    place
}

/// What another client has put is listed, whether or not it can be read yet.
#[test]
fn what_cannot_be_read_yet_stays_listed() {
    let place = with_late_reads();
    let (one, other) = (place.storage(FOLDER), place.storage(FOLDER));
    one.put(&name("runs/a.start"), &[b"here"], Durability::Advisory).unwrap();
    assert!(other.get(&name("runs/a.start"), None).unwrap_err().is(ProblemKind::NotFound));
    assert_eq!(other.list("runs").unwrap().len(), 1);
    place.has_fault("files/download", When::First(1), FaultKind::NotFound);
    assert!(other.get(&name("runs/a.start"), None).unwrap_err().is(ProblemKind::NotFound));
    assert_eq!(other.list("runs").unwrap().len(), 1);
    assert_eq!(other.get(&name("runs/a.start"), None).unwrap(), b"here");
    // What this client has deleted itself is gone at once, whatever is listed.
    other.delete(&name("runs/a.start")).unwrap();
    assert!(other.list("runs").unwrap().is_empty());
}

/// The start record of a run that goes on is all that keeps its packs.
#[test]
fn gc_does_not_take_a_run_for_ended_whose_record_cannot_be_read_yet() {
    let mut kept = 0;
    for stop in 0..8 {
        let place = with_late_reads();
        place.create();
        place.simulator.advance(Duration::from_secs(60));
        let tree = tree(11, 6);
        let stopping = Stepping::new(place.storage(FOLDER), move |step| match step < stop {
            true => Ok(()),
            false => Err(Problem::failed("the machine has stopped")),
        });
        let running = place.open_on(Arc::new(stopping)).unwrap();
        back_up(&running, &tree).unwrap_err();
        let packs = place.objects("packs");
        let store = place.open();
        for dry_run in [true, false] {
            place.has_fault("files/download", When::First(2), FaultKind::NotFound);
            let report = gc(&store, &GcOptions { dry_run }, &Unwatched).unwrap();
            assert_eq!(report.packs_deleted, 0, "stop {stop}");
            place.simulator.clear_faults();
        }
        assert_eq!(place.objects("packs"), packs, "stop {stop}");
        kept += packs.len();
    }
    assert!(kept > 0, "no run was stopped after its first pack");
}

/// A commit, and an object of its own, whose outcome can be read late only.
#[test]
fn what_was_written_is_looked_for_until_it_must_be_seen() {
    let mut place = Place::with(Options { read_lag: Duration::from_secs(3), ..Options::default() });
    place.visibility_delay = Duration::from_secs(5);
    let storage = place.storage(FOLDER);
    place.has_fault("files/upload", When::First(1), FaultKind::LostAnswer);
    storage.put(&name("runs/a.start"), &[b"here"], Durability::Advisory).unwrap();
    place.has_fault("files/upload_session/finish_batch_v2", When::First(1), FaultKind::LostAnswer);
    place.simulator.configure(|options| options.listing.lag = Duration::from_secs(3));
    for number in 0..5_u8 {
        storage.put_pack(&name(&format!("packs/{number}")), vec![number; 1000].into(), false).unwrap();
    }
    storage.barrier().unwrap();
    place.simulator.configure(|options| (options.listing.lag, options.read_lag) = Default::default());
    assert_eq!(place.objects("packs").len(), 5);
    assert_eq!(place.objects("runs").len(), 1);
    place.has_kept_the_rules();
}

#[test]
fn two_writers_and_a_gc_lose_nothing() {
    for seed in 0..4 {
        println!("seed {seed}");
        let place = lagging(seed);
        place.create();
        thread::sleep(LAG);
        let trees = [tree(seed, 8), tree(seed, 8)];
        trees[1].lock().write("own", vec![5; 200_000]);
        back_up(&place.open(), &trees[0]).unwrap();
        // All that the writers share is about to go.
        thread::sleep(LAG);
        let store = place.open();
        let first = store.find_snapshot("latest").unwrap();
        larder_engine::remove(&store, &[first]).unwrap();
        thread::scope(|scope| {
            for (number, tree) in trees.iter().enumerate() {
                let place = &place;
                scope.spawn(move || {
                    let mut rng = Rng::new(seed * 10 + number as u64);
                    thread::sleep(Duration::from_millis(rng.below(400) as u64));
                    back_up(&place.open(), tree).unwrap();
                });
            }
            scope.spawn(|| {
                let mut rng = Rng::new(seed * 10 + 7);
                thread::sleep(Duration::from_millis(rng.below(200) as u64));
                gc(&place.open(), &GcOptions::default(), &Unwatched).unwrap();
            });
        });
        thread::sleep(LAG);
        let store = place.open();
        assert!(store.snapshots().unwrap().snapshots.len() >= 2, "seed {seed}");
        let report = check(&store, CheckLevel::Data { share: 1.0 }, &Unwatched).unwrap();
        assert!(report.problems.is_empty(), "seed {seed}: {:?}", report.problems);
        gc(&place.open(), &GcOptions::default(), &Unwatched).unwrap();
        let report = check(&place.open(), CheckLevel::Data { share: 1.0 }, &Unwatched).unwrap();
        assert!(report.problems.is_empty(), "seed {seed}, after another gc: {:?}", report.problems);
        place.has_kept_the_rules();
    }
}
