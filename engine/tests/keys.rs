//! Mending copies of keys beside somebody who removes one: a key that was removed stays removed. And two who add keys at a time: none
//! is lost, or its owner is told.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{sync::Arc, thread, time::Duration};

use larder_connect::ObjectName;
use larder_engine::{CheckLevel, Store, Unlock, Unwatched, check};
use larder_model::{ProblemKind, Result};
use larder_testkit::{
    Larder, Rng, SimClock,
    storage::{Actor, Gate, MemoryStorage, Order},
};

const CHECKER: usize = 0;
const REMOVER: usize = 1;

/// Copies that are missing when the scene begins.
const LOST: [&[&str]; 4] = [
    &[],
    &["keys/slot-00000002-1"],
    &["keys/ring-00000000-00000001-0"],
    &["keys/slot-00000002-0", "keys/ring-00000000-00000001-1"],
];

fn guest() -> Unlock {
    Unlock::key_file(b"the key file of somebody who is to be shut out".to_vec())
}

/// A store with two keys, without some of their copies.
fn scene(delay: Duration, lost: &[&str]) -> (MemoryStorage, Larder) {
    let clock = SimClock::default();
    let storage = MemoryStorage::delayed(clock.clone(), delay);
    let larder = Larder::with_storage(storage.clone());
    assert_eq!(larder.open().add_slot(&guest(), "guest").unwrap(), 2);
    for name in lost {
        storage.lose(&ObjectName::parse(name).unwrap()).unwrap();
    }
    clock.advance_secs(3600);
    assert!(open_as_guest(&larder, &storage).is_ok());
    (storage, larder)
}

fn open_as_guest(larder: &Larder, storage: &MemoryStorage) -> Result<Store> {
    Store::open(Arc::new(storage.clone()), &mut |_| Ok(guest()), larder.settings())
}

/// Lets a check and the removal of the guest's key run in the order given; returns how many operations each took.
fn play(scene: &MemoryStorage, larder: &Larder, order: Order, context: &str) -> [usize; 2] {
    let storage = scene.fork();
    let gate = Gate::new(2, order);
    let [checker, remover] = [CHECKER, REMOVER].map(|number| Arc::new(Actor::new(&gate, number, storage.client())));
    thread::scope(|scope| {
        let checking = scope.spawn(|| {
            let store = larder.open_on(checker)?;
            check(&store, CheckLevel::Quick, &Unwatched)
        });
        let removing = scope.spawn(|| larder.open_on(remover)?.remove_slot(2));
        checking.join().unwrap().unwrap_or_else(|problem| panic!("{context}: check: {problem}"));
        removing.join().unwrap().unwrap_or_else(|problem| panic!("{context}: key rm: {problem}"));
    });
    larder.clock.advance_secs(3600);
    let taken = gate.taken();
    let lines: Vec<_> =
        taken.iter().map(|(actor, what)| format!("  {} {what}", ["check ", "key rm"][*actor])).collect();
    let context = format!("{context}\n{}\n", lines.join("\n"));
    let opened = open_as_guest(larder, &storage);
    assert!(opened.is_err(), "{context}: the key that was removed still opens the store");
    let names: Vec<_> = storage.names("keys").iter().map(|name| name.as_str().to_owned()).collect();
    let left = |name: &String| !name.contains("/slot-00000001-") && !name.contains("/ring-00000000-00000002-");
    assert!(!names.iter().any(left), "{context}: something is left of it: {names:?}");
    let report = check(&larder.on(storage).open(), CheckLevel::Quick, &Unwatched).unwrap();
    assert!(report.problems.is_empty(), "{context}: {:?}", report.problems);
    [CHECKER, REMOVER].map(|actor| taken.iter().filter(|taken| taken.0 == actor).count())
}

#[test]
fn a_key_that_is_removed_beside_a_check_stays_removed() {
    for lost in LOST {
        let (storage, larder) = scene(Duration::ZERO, lost);
        let [checker, remover] = play(&storage, &larder, Order::turns([(CHECKER, u64::MAX)]), "check first");
        for i in (0..=checker as u64).step_by(2) {
            for j in 0..=remover as u64 {
                for turns in [
                    [(CHECKER, i), (REMOVER, j), (CHECKER, u64::MAX)],
                    [(REMOVER, j), (CHECKER, i), (REMOVER, u64::MAX)],
                ] {
                    play(&storage, &larder, Order::turns(turns), &format!("without {lost:?}, turns {turns:?}"));
                }
            }
        }
    }
}

#[test]
fn also_in_random_order_and_where_puts_are_seen_late() {
    for delay in [0, 30] {
        for lost in LOST {
            let (storage, larder) = scene(Duration::from_secs(delay), lost);
            for seed in 0..100 {
                let context = format!("without {lost:?}, delay {delay} s, random schedule {seed}");
                play(&storage, &larder, Order::Random(Rng::new(seed)), &context);
            }
        }
    }
}

fn newcomer(number: usize) -> Unlock {
    Unlock::key_file(format!("the key file of newcomer number {number}, long enough").into_bytes())
}

/// Two add a key each, in the order given; returns how many operations each took.
fn add_two(scene: &MemoryStorage, larder: &Larder, order: Order, context: &str) -> [usize; 2] {
    let storage = scene.fork();
    let gate = Gate::new(2, order);
    let actors = [0, 1].map(|number| Arc::new(Actor::new(&gate, number, storage.client())));
    let ended = thread::scope(|scope| {
        let adding = [0, 1].map(|number: usize| {
            let actor = actors[number].clone();
            scope.spawn(move || larder.open_on(actor)?.add_slot(&newcomer(number), ""))
        });
        drop(actors);
        adding.map(|adding| adding.join().unwrap())
    });
    let taken = gate.taken();
    let lines: Vec<_> = taken.iter().map(|(actor, what)| format!("  {actor} {what}")).collect();
    let context = format!("{context}\n{}\n", lines.join("\n"));
    for (number, ended) in ended.iter().enumerate() {
        let opened = Store::open(Arc::new(storage.clone()), &mut |_| Ok(newcomer(number)), larder.settings());
        assert_eq!(opened.is_ok(), ended.is_ok(), "{context}: {ended:?}");
        if let Err(problem) = ended {
            assert!(problem.is(ProblemKind::Conflict), "{context}: {problem}");
        }
    }
    assert!(ended.iter().any(Result::is_ok), "{context}: nobody got through");
    let report = check(&larder.on(storage).open(), CheckLevel::Quick, &Unwatched).unwrap();
    assert!(report.problems.is_empty() && report.harmless.is_empty(), "{context}: {report:?}");
    [0, 1].map(|actor| taken.iter().filter(|taken| taken.0 == actor).count())
}

#[test]
fn of_two_keys_that_are_added_at_a_time_none_is_lost_in_silence() {
    let (storage, larder) = scene(Duration::ZERO, &[]);
    let [first, second] = add_two(&storage, &larder, Order::turns([(0, u64::MAX)]), "one after the other");
    for i in 0..=first as u64 {
        for j in (0..=second as u64).step_by(2) {
            let turns = [(0, i), (1, j), (0, u64::MAX)];
            add_two(&storage, &larder, Order::turns(turns), &format!("turns {turns:?}"));
        }
    }
    for seed in 0..200 {
        add_two(&storage, &larder, Order::Random(Rng::new(seed)), &format!("random schedule {seed}"));
    }
}

#[test]
fn what_a_removal_left_behind_is_not_mended() {
    let (storage, larder) = scene(Duration::ZERO, &[]);
    let left = ObjectName::parse("keys/slot-00000002-0").unwrap();
    let body = storage.body(&left).unwrap();
    larder.open().remove_slot(2).unwrap();
    storage.overwrite(&left, body.to_vec());
    let report = check(&larder.open(), CheckLevel::Quick, &Unwatched).unwrap();
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    assert!(storage.body(&ObjectName::parse("keys/slot-00000002-1").unwrap()).is_none());
}
