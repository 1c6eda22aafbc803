//! Start records and intents that cannot be read: harmless once their run has ended, and protecting what can be protected until
//! then.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;

use larder_connect::ObjectName;
use larder_engine::{
    BackupOptions, BackupReport, CheckLevel, CheckReport, GcOptions, Unwatched, backup, check, gc, remove,
};
use larder_model::{Problem, ProblemKind, Result};
use larder_testkit::{
    Larder, Rng,
    storage::{Fault, FaultyStorage, Operation, Rule},
    tree::{MemorySource, MemoryTree},
};

const DAY: i64 = 24 * 3600;

/// A backup that could not remove its start record, and perhaps not put its snapshot.
fn left_behind(larder: &Larder, rules: &[Rule]) -> Result<BackupReport> {
    let fault = Fault::Fail(ProblemKind::Unreachable);
    let keeps_start = Rule { operation: Operation::Delete, folder: "runs", calls: 0..u64::MAX, fault };
    let faulty = FaultyStorage::new(larder.storage.clone(), rules.iter().cloned().chain([keeps_start]));
    let store = larder.open_on(Arc::new(faulty)).unwrap();
    larder.clock.advance_secs(10);
    backup(&store, &source(larder, 2), &BackupOptions::default(), &Unwatched)
}

fn source(larder: &Larder, seed: u64) -> MemorySource {
    let mut tree = MemoryTree::new(&larder.clock);
    tree.write("file", Rng::new(seed).bytes(30_000));
    MemorySource::new(&tree.shared())
}

fn records(larder: &Larder, suffix: &str) -> Vec<ObjectName> {
    let mut names = larder.storage.names("runs");
    names.retain(|name| name.name().ends_with(suffix));
    names
}

/// What a power cut makes of an object that was not synced.
fn empty(larder: &Larder, name: &ObjectName) {
    larder.storage.overwrite(name, Vec::new());
}

fn look(larder: &Larder) -> CheckReport {
    check(&larder.open(), CheckLevel::Structure, &Unwatched).unwrap()
}

fn collect(larder: &Larder) -> Result<()> {
    gc(&larder.open(), &GcOptions::default(), &Unwatched).map(drop)
}

fn assert_harmless(larder: &Larder, names: &[ObjectName]) {
    let report = look(larder);
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    let harmless: Vec<_> = report.harmless.iter().map(|finding| finding.item.as_str()).collect();
    assert_eq!(harmless, names.iter().map(ObjectName::as_str).collect::<Vec<_>>());
}

#[test]
fn of_an_ended_run_they_are_harmless_and_gc_takes_them_away() {
    let larder = Larder::new();
    larder.backup_of(&source(&larder, 1)).unwrap();
    let intent = records(&larder, ".intent");
    empty(&larder, &intent[0]);
    assert_harmless(&larder, &intent);
    collect(&larder).unwrap();
    assert!(larder.storage.names("runs").is_empty());
}

#[test]
fn a_snapshot_tells_that_its_run_has_ended() {
    let larder = Larder::new();
    left_behind(&larder, &[]).unwrap();
    let names = [records(&larder, ".start"), records(&larder, ".intent")].concat();
    assert_eq!(names.len(), 2);
    names.iter().for_each(|name| empty(&larder, name));
    assert_harmless(&larder, &names);
    collect(&larder).unwrap();
    assert!(larder.storage.names("runs").is_empty());
}

#[test]
fn a_damaged_start_record_protects_by_its_name() {
    let larder = Larder::new();
    let first = larder.backup_of(&source(&larder, 1)).unwrap().snapshot.unwrap();
    let failing = source(&larder, 2).ending_with(Problem::failed("it was killed"));
    let fault = Fault::Fail(ProblemKind::Unreachable);
    let rule = Rule { operation: Operation::Delete, folder: "runs", calls: 0..u64::MAX, fault };
    let faulty = Arc::new(FaultyStorage::new(larder.storage.clone(), [rule]));
    let of_first = larder.storage.names("packs");
    larder.clock.advance_secs(10);
    backup(&larder.open_on(faulty).unwrap(), &failing, &BackupOptions::default(), &Unwatched).unwrap_err();
    let start = records(&larder, ".start");
    empty(&larder, &start[0]);
    assert_harmless(&larder, &start);

    let store = larder.open();
    remove(&store, &[store.snapshot(first).unwrap()]).unwrap();
    larder.clock.advance_secs(3 * DAY);
    collect(&larder).unwrap();
    let packs = larder.storage.names("packs");
    assert!(
        !packs.is_empty() && packs.iter().all(|pack| !of_first.contains(pack)),
        "its own packs are kept, no others"
    );
    assert_eq!(larder.storage.names("marks").len(), 1, "it may not have seen the marks yet");
    assert_eq!(records(&larder, ".start"), start);

    larder.clock.advance_secs(31 * DAY);
    collect(&larder).unwrap();
    for folder in ["packs", "marks", "runs"] {
        assert!(larder.storage.names(folder).is_empty(), "{folder}: after 30 days nothing is left to protect");
    }
}

#[test]
fn a_damaged_intent_stops_gc_while_its_run_may_go_on() {
    let fault = Fault::Fail(ProblemKind::Unreachable);
    let no_snapshot = Rule { operation: Operation::Put, folder: "snapshots", calls: 0..u64::MAX, fault };
    for is_removed_by_hand in [false, true] {
        let larder = Larder::new();
        left_behind(&larder, std::slice::from_ref(&no_snapshot)).unwrap_err();
        let (start, intent) = (records(&larder, ".start"), records(&larder, ".intent"));
        empty(&larder, &intent[0]);
        larder.clock.advance_secs(5 * DAY);
        let problem = collect(&larder).unwrap_err();
        assert!(problem.is(ProblemKind::Damaged), "{problem}");
        assert!(problem.hint_text().unwrap().contains(start[0].as_str()), "it says what can be done");
        assert!(!larder.storage.names("packs").is_empty());
        assert_eq!(look(&larder).problems[0].item, intent[0].as_str());
        if is_removed_by_hand {
            larder.storage.lose(&start[0]);
        } else {
            larder.clock.advance_secs(26 * DAY);
        }
        assert_harmless(&larder, &intent);
        collect(&larder).unwrap();
        assert!(larder.storage.names("runs").is_empty());
    }
}
