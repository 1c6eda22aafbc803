//! The governor under a clock that stands still while nobody sleeps.
//!
//! So a test takes no time, and can say to the millisecond when a call may begin.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::SystemTime;

use super::*;
use crate::clock::SystemClock;
use crate::endpoint::Endpoint;

/// Time that passes only when somebody sleeps.
#[derive(Default)]
struct StillClock {
    millis: AtomicU64,
}

impl Clock for StillClock {
    fn now(&self) -> Duration {
        Duration::from_millis(self.millis.load(Ordering::SeqCst))
    }

    fn time_of_day(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.now()
    }

    fn sleep(&self, duration: Duration) {
        assert!(duration <= TICK, "nobody may sleep so long that a stop goes unheard");
        self.millis.fetch_add((duration.as_micros() as u64).div_ceil(1000), Ordering::SeqCst);
    }

    fn random(&self) -> f64 {
        0.0
    }
}

fn governor(pace: Option<f64>, threads: usize) -> (Arc<Governor>, Arc<StillClock>) {
    let clock = Arc::new(StillClock::default());
    (Governor::new(Bounds { pace, threads }, clock.clone(), None), clock)
}

fn http(stop: &Arc<AtomicBool>) -> Http {
    let stop = stop.clone();
    let endpoint = Endpoint::at("http://127.0.0.1:9").unwrap();
    Http::new(&endpoint, Arc::new(move || stop.load(Ordering::SeqCst)), Arc::new(SystemClock::default())).unwrap()
}

#[test]
fn silence_holds_for_every_plane() {
    let (governor, clock) = governor(Some(1000.0), 8);
    let http = http(&Arc::default());
    for plane in [Plane::Metadata, Plane::Up, Plane::Down, Plane::Commit] {
        let begin = clock.now();
        governor.pause(Duration::from_secs(30));
        drop(governor.enter(plane, &http).unwrap());
        assert!(clock.now() - begin >= Duration::from_secs(30), "{plane:?}");
    }
}

#[test]
fn what_one_process_is_told_all_keep_to() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(StillClock::default());
    let process = || {
        let keeper = Arc::new(crate::credentials::FileKeeper::of_account(folder.path(), "a"));
        Governor::new(Bounds { pace: Some(1000.0), threads: 8 }, clock.clone(), Some(keeper))
    };
    let (first, second, http) = (process(), process(), http(&Arc::default()));
    first.pause(Duration::from_secs(30));
    drop(second.enter(Plane::Metadata, &http).unwrap());
    assert!(clock.now() >= Duration::from_secs(30));
    first.pause(Duration::from_secs(40));
    drop(process().enter(Plane::Metadata, &http).unwrap());
    assert!(clock.now() >= Duration::from_secs(70), "one that starts later is told as well");
    first.pause(SILENCE_MAX * 2);
    assert!(first.enter(Plane::Metadata, &http).is_err());
    drop(process().enter(Plane::Metadata, &http).unwrap());
}

#[test]
fn a_shorter_wish_does_not_end_a_longer_silence() {
    let (governor, clock) = governor(None, 8);
    let http = http(&Arc::default());
    governor.pause(Duration::from_secs(60));
    governor.pause(Duration::from_secs(1));
    governor.keep_silence(&http).unwrap();
    assert!(clock.now() >= Duration::from_secs(60));
}

#[test]
fn nobody_waits_for_hours() {
    let (governor, clock) = governor(None, 8);
    governor.pause(Duration::from_secs(3600));
    let error = governor.enter(Plane::Down, &http(&Arc::default())).err().unwrap();
    assert_eq!(error.class(), Class::Budget);
    assert_eq!(clock.now(), Duration::ZERO);
}

#[test]
fn answers_to_what_began_before_slow_down_once() {
    let (governor, clock) = governor(None, 8);
    let http = http(&Arc::default());
    let permits: Vec<Permit> = (0..8).map(|_| governor.enter(Plane::Down, &http).unwrap()).collect();
    permits.iter().for_each(|permit| governor.slow_down(permit));
    drop(permits);
    let some: Vec<Permit> = (0..4).map(|_| governor.enter(Plane::Down, &http).unwrap()).collect();
    assert!(!governor.state().places.is_free(Plane::Down), "eight became four, and not fewer");
    let before = clock.now();
    drop((0..4).map(|_| governor.enter(Plane::Metadata, &http).unwrap()).collect::<Vec<_>>());
    let took = clock.now() - before;
    assert!(took >= Duration::from_millis(500), "12 calls a second became 6: {took:?}");
    drop(some);
}

#[test]
fn commits_of_one_namespace_wait_for_each_other() {
    let (governor, _) = governor(None, 8);
    let http = http(&Arc::default());
    let first = governor.lock_commits("1", &http).unwrap();
    drop(governor.lock_commits("2", &http).unwrap());
    let waiter = {
        let governor = governor.clone();
        std::thread::spawn(move || drop(governor.lock_commits("1", &self::http(&Arc::default())).unwrap()))
    };
    std::thread::sleep(Duration::from_millis(100));
    assert!(!waiter.is_finished());
    drop(first);
    waiter.join().unwrap();
}

#[test]
fn whoever_stops_waits_no_longer() {
    let (governor, _) = governor(None, 1);
    let stop = Arc::new(AtomicBool::new(false));
    let http = http(&stop);
    let held = governor.enter(Plane::Down, &http).unwrap();
    stop.store(true, Ordering::SeqCst);
    assert_eq!(governor.enter(Plane::Down, &http).err().unwrap().class(), Class::Interrupted);
    assert_eq!(governor.keep_silence(&http).unwrap_err().class(), Class::Interrupted);
    assert_eq!(governor.sleep(Duration::from_secs(9), &http).unwrap_err().class(), Class::Interrupted);
    drop(held);
}
