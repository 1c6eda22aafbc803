//! Where a store may be made: what is there stays, whosever it is.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use dropbox_simulator::Options;
use larder_connect::Storage;
use larder_model::{ProblemKind, StoreId};

use super::{
    kit::{FOLDER, Place, back_up, tree},
    stepping::Stepping,
};

#[test]
fn what_is_no_part_of_a_store_is_refused_and_stays() {
    for stranger in [
        "keys/id_rsa",
        "keys/slot-1-0",
        "packs/holiday.jpg",
        "index/A",
        "keys/sub/deep.txt",
        "runs/notes",
        "letter.txt",
    ] {
        let place = Place::new();
        place.account.write(&Place::path(stranger), b"mine");
        let problem = place.create_on(Arc::new(place.storage(FOLDER))).err().unwrap();
        assert!(problem.is(ProblemKind::Conflict), "{stranger}: {problem}");
        assert_eq!(place.account.read(&Place::path(stranger)).as_deref(), Some(&b"mine"[..]));
        assert_eq!(place.simulator.calls("files/upload"), 0, "{stranger}");
    }
}

#[test]
fn a_stranger_is_found_on_any_page() {
    for seed in 0..10 {
        println!("seed {seed}");
        let mut options = Options { seed, ..Options::default() };
        (options.listing.page, options.listing.short_pages, options.listing.empty_pages) = (3, 0.3, 0.6);
        let place = Place::with(options);
        for folder in ["config", "index", "keys", "marks", "packs"] {
            place.account.make_folder(&Place::path(folder));
        }
        place.account.write(&Place::path("zebra.txt"), b"mine");
        let problem = place.storage(FOLDER).prepare(&["config", "index", "keys", "marks", "packs"]).unwrap_err();
        assert!(problem.message().ends_with("zebra.txt"), "{problem}");
        place.account.delete(&Place::path("zebra.txt"));
        place.create();
        place.open();
    }
}

/// Another machine makes a store in the same place at any moment; once with listings that show neither what the other one does.
#[test]
fn of_two_creates_at_once_one_wins_and_the_other_says_so() {
    for lag in [Duration::ZERO, Duration::from_secs(2)] {
        for moment in 0..12 {
            let mut options = Options::default();
            options.listing.lag = lag;
            let mut place = Place::with(options);
            place.visibility_delay = Duration::from_secs(2);
            let place = Arc::new(place);
            let other: Arc<Mutex<Option<StoreId>>> = Arc::default();
            let storage = Stepping::new(place.storage(FOLDER), {
                let (place, other) = (place.clone(), other.clone());
                move |step| {
                    if step == moment {
                        let made = place.create_on(Arc::new(place.storage(FOLDER)));
                        *other.lock().unwrap() = made.ok().map(|store| store.id());
                    }
                    Ok(())
                }
            });
            let own = place.create_on(Arc::new(storage)).ok().map(|store| store.id());
            let other = *other.lock().unwrap();
            let context = format!("lag {lag:?}, moment {moment}: {own:?} and {other:?}");
            assert!(own.is_none() || other.is_none(), "both were made: {context}");
            place.simulator.advance(Duration::from_secs(60));
            let Some(made) = own.or(other) else {
                assert!(place.objects("config").is_empty(), "{context}");
                place.create();
                continue;
            };
            let store = place.open();
            assert_eq!(store.id(), made, "{context}");
            back_up(&store, &tree(moment, 3)).unwrap();
            place.simulator.advance(Duration::from_secs(60));
            assert_eq!(place.open().snapshots().unwrap().snapshots.len(), 1, "{context}");
            place.has_kept_the_rules();
        }
    }
}
