//! A commit that hangs: ten minutes, by a clock that runs faster than ours, then one look, and then only what is missing.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use dropbox_client::{Access, Client, Clock, Endpoint, Secret, Settings};
use dropbox_simulator::{FaultKind, When};
use larder_connect::Storage;
use larder_dropbox::{DropboxStorage, StorageOptions};

use super::kit::{FOLDER, Place, name};

const FINISH: &str = "files/upload_session/finish_batch_v2";

/// A second takes a millisecond.
struct FastClock(Instant);

impl Clock for FastClock {
    fn now(&self) -> Duration {
        self.0.elapsed() * 1000
    }

    fn time_of_day(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration / 1000);
    }

    fn random(&self) -> f64 {
        0.5
    }
}

fn storage(place: &Place) -> DropboxStorage {
    let access = Access::Token(Secret::new(place.account.token()));
    let endpoint = Endpoint::at(&place.simulator.endpoint()).unwrap();
    let clock = Arc::new(FastClock(Instant::now()));
    let client = Client::new(Settings { endpoint, clock, pace: Some(100.0), ..Settings::new(access) }).unwrap();
    let options = StorageOptions { visibility_delay: Duration::ZERO, ..StorageOptions::default() };
    DropboxStorage::new(&client, FOLDER, options)
}

#[test]
fn a_commit_that_hangs_is_looked_for_and_only_the_rest_is_made_in_smaller_ones() {
    for (kind, named) in [(FaultKind::Hang, 0), (FaultKind::DoneHang, 300)] {
        let place = Place::new();
        let storage = storage(&place);
        for number in 0..300 {
            storage.put_pack(&name(&format!("packs/{number}")), vec![1; 100 + number].into(), false).unwrap();
        }
        place.has_fault(FINISH, When::First(2), kind);
        let began = Instant::now();
        storage.barrier().unwrap();
        assert_eq!(place.objects("packs").len(), 300, "{kind:?}");
        assert!(began.elapsed() >= Duration::from_millis(600), "ten minutes");
        let log = place.simulator.log();
        let sizes = log.iter().filter(|call| call.route == FINISH);
        let sizes: Vec<_> = sizes.map(|call| call.arg["entries"].as_array().map_or(0, Vec::len)).collect();
        assert_eq!(sizes.iter().sum::<usize>(), 300, "{kind:?}: {sizes:?}");
        if named == 0 {
            assert!(sizes[2..].iter().all(|size| *size <= 50), "{kind:?}: {sizes:?}");
        } else {
            assert_eq!(sizes, [300], "{kind:?}");
        }
        let listings = place.simulator.calls("files/list_folder") + place.simulator.calls("files/list_folder/continue");
        assert!(listings <= 2, "{kind:?}: {listings} listings");
    }
}
