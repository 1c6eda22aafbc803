//! Two writers and a gc, on a Dropbox whose listings lag behind.

use std::{thread, time::Duration};

use dropbox_simulator::Options;
use larder_engine::{CheckLevel, GcOptions, Unwatched, check, gc};
use larder_testkit::Rng;

use super::kit::{Place, back_up, content, tree};

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
