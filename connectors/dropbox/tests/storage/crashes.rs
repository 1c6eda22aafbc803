//! A machine that stops at every operation on a store in Dropbox: what is there is whole, and the next run goes on.

use std::sync::Arc;

use larder_engine::{CheckLevel, GcOptions, Unwatched, check, gc};
use larder_model::Problem;

use super::{
    kit::{FOLDER, Place, back_up, content, tree},
    stepping::Stepping,
};

/// A storage that stops for good before its n-th operation.
fn stopping(place: &Place, stop: u64) -> Stepping {
    Stepping::new(place.storage(FOLDER), move |step| match step < stop {
        true => Ok(()),
        false => Err(Problem::failed("the machine has stopped")),
    })
}

#[test]
fn a_stop_at_every_operation_costs_nothing_that_was_there() {
    let (mut stop, mut ended) = (0, false);
    while !ended {
        let place = Place::new();
        let tree = tree(7, 12);
        place.create();
        back_up(&place.open(), &tree).unwrap();
        let first = place.open().find_snapshot("latest").unwrap().id.to_string();
        let before = content(&place.open(), &first).unwrap();
        tree.lock().write("second", vec![9; 400_000]);
        let storage = stopping(&place, stop);
        ended = place.open_on(Arc::new(storage)).and_then(|store| back_up(&store, &tree)).is_ok();
        let store = place.open();
        assert_eq!(content(&store, &first).unwrap(), before, "stop {stop}");
        let report = check(&store, CheckLevel::Structure, &Unwatched).unwrap();
        assert!(report.problems.is_empty(), "stop {stop}: {:?}", report.problems);
        back_up(&place.open(), &tree).unwrap();
        let store = place.open();
        assert!(content(&store, "latest").unwrap().values().any(|body| body.len() == 400_000), "stop {stop}");
        for level in [CheckLevel::Quick, CheckLevel::Data { share: 1.0 }] {
            let report = check(&store, level, &Unwatched).unwrap();
            assert!(report.problems.is_empty(), "stop {stop}: {:?}", report.problems);
        }
        gc(&place.open(), &GcOptions::default(), &Unwatched).unwrap();
        assert_eq!(content(&place.open(), &first).unwrap(), before, "stop {stop}, after gc");
        place.has_kept_the_rules();
        stop += 1;
        assert!(stop < 60, "the backup never ends");
    }
    println!("{stop} stops");
    assert!(stop > 8);
}

#[test]
fn a_create_that_was_cut_short_is_no_hindrance_to_the_next() {
    let (mut stop, mut ended) = (0, false);
    while !ended {
        let place = Place::new();
        ended = place.create_on(Arc::new(stopping(&place, stop))).is_ok();
        let next = place.create_on(Arc::new(place.storage(FOLDER)));
        if next.is_err() {
            assert!(!place.objects("config").is_empty(), "stop {stop}: there is no store, and none can be made");
        }
        let store = place.open();
        if let Ok(next) = next {
            assert_eq!(next.id(), store.id(), "stop {stop}");
        }
        // A second copy that is missing is written anew.
        check(&store, CheckLevel::Quick, &Unwatched).unwrap();
        let report = check(&store, CheckLevel::Quick, &Unwatched).unwrap();
        assert!(report.problems.is_empty(), "stop {stop}: {:?}", report.problems);
        stop += 1;
        assert!(stop < 30, "the create never ends");
    }
}
