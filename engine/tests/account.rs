//! Sources that name content by fingerprint and tell what has changed: the snapshot after changes is the one that a full listing
//! makes, nothing is read that the store has, and a parent that cannot be built on costs a listing, never a file.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::{Arc, atomic::Ordering::SeqCst};

use larder_connect::CountedStorage;
use larder_engine::{BackupOptions, BackupReport, CheckLevel, GcOptions, Store, Unwatched, backup, check, gc, remove};
use larder_format::snapshot::Completeness;
use larder_model::{Kind, ProblemKind};
use larder_testkit::{
    Larder, Rng,
    compare::{Kept, assert_same},
    edits, generate,
    storage::{Fault, FaultyStorage, Operation, Rule},
    tree::{MemoryAccount, MemoryTree, SharedTree, Trouble},
};

/// The tree without the names that an account cannot tell apart.
fn folded_tree(rng: &mut Rng, larder: &Larder, items: usize) -> SharedTree {
    generate::tree(rng, &larder.clock, items).shared()
}

fn snapshot(larder: &Larder, account: &MemoryAccount) -> BackupReport {
    larder.backup_of(account).unwrap()
}

fn listed(larder: &Larder, report: &BackupReport) -> MemoryTree {
    let store = larder.open();
    let info = store.snapshot(report.snapshot.unwrap()).unwrap();
    larder.listed(&store, &info).unwrap()
}

/// What a first backup into a new store makes of the same account.
fn expected(larder: &Larder, account: &MemoryAccount) -> (MemoryTree, BackupReport) {
    let other = Larder::new();
    other.clock.advance_secs(larder.clock.now().secs - other.clock.now().secs);
    let report =
        backup(&other.open(), &MemoryAccount::new(account.tree()), &BackupOptions::default(), &Unwatched).unwrap();
    (listed(&other, &report), report)
}

#[test]
fn after_any_changes_the_snapshot_is_that_of_a_full_listing() {
    for seed in 0..30 {
        println!("seed {seed}");
        let mut rng = Rng::new(seed);
        let mut larder = Larder::new();
        larder.threads = 1 + rng.below(3);
        let tree = folded_tree(&mut rng, &larder, 40);
        let account = MemoryAccount::new(&tree);
        snapshot(&larder, &account);
        for round in 0..6 {
            let changes = rng.below(6);
            let story = edits::edit(&mut rng, &mut tree.lock(), changes);
            if rng.chance(15) {
                account.reset();
            }
            let report = snapshot(&larder, &account);
            let (expected, first) = expected(&larder, &account);
            assert_same(
                &expected,
                &listed(&larder, &report),
                Kept::Listed,
                &format!("seed {seed}, round {round}: {story:?}"),
            );
            assert_eq!(report.totals, first.totals, "seed {seed}, round {round}: {story:?}");
            let all = |report: &BackupReport| {
                let counts = report.statistics;
                counts.files_new + counts.files_changed + counts.files_unchanged
            };
            assert!(all(&report) >= report.statistics.files_unchanged);
        }
        let checked = check(&larder.open(), CheckLevel::Data { share: 1.0 }, &Unwatched).unwrap();
        assert!(checked.problems.is_empty(), "seed {seed}: {:?}", checked.problems);
    }
}

#[test]
fn an_unchanged_account_costs_no_listing_no_read_and_three_objects() {
    let mut rng = Rng::new(1);
    let larder = Larder::new();
    let tree = folded_tree(&mut rng, &larder, 300);
    let account = MemoryAccount::new(&tree);
    let first = snapshot(&larder, &account);
    account.take_counts();
    let objects =
        |larder: &Larder| ["packs", "index", "snapshots", "runs"].map(|folder| larder.storage.names(folder).len());
    let before = objects(&larder);
    let second = snapshot(&larder, &account);
    assert_eq!(account.take_counts(), (0, 0, 0));
    let after = objects(&larder);
    assert_eq!(
        [after[0] - before[0], after[1] - before[1], after[2] - before[2]],
        [0, 0, 1],
        "only the snapshot is new"
    );
    assert_eq!(second.totals, first.totals);
    assert_eq!(second.statistics.files_unchanged, first.totals.files);
}

#[test]
fn moving_everything_reads_nothing() {
    let larder = Larder::new();
    let mut tree = MemoryTree::new(&larder.clock);
    let mut rng = Rng::new(7);
    for number in 0..200 {
        // Joined files, single chunks, trees of chunks, and empty ones.
        let len = [0, 10, 4_000, 5_000, 200_000][number % 5];
        tree.write(format!("old/{number}"), rng.bytes(len));
    }
    let tree = tree.shared();
    let account = MemoryAccount::new(&tree);
    snapshot(&larder, &account);
    account.take_counts();
    tree.lock().rename("old", "new/place");
    let moved = snapshot(&larder, &account);
    let (listings, _, reads) = account.take_counts();
    assert_eq!((listings, reads), (0, 0));
    assert_same(&expected(&larder, &account).0, &listed(&larder, &moved), Kept::Listed, "moved");

    account.reset();
    account.take_counts();
    let again = snapshot(&larder, &account);
    let (listings, _, reads) = account.take_counts();
    assert_eq!((listings, reads), (1, 0), "a reset costs a listing and no content");
    assert_eq!(again.totals, moved.totals);
}

#[test]
fn a_file_whose_case_and_content_changed_replaces_the_old_one() {
    let larder = Larder::new();
    let tree = MemoryTree::new(&larder.clock).shared();
    tree.lock().write("Docs/Inner/readme.TXT", b"one".to_vec());
    tree.lock().write("Docs/kept", b"kept".to_vec());
    let account = MemoryAccount::new(&tree);
    snapshot(&larder, &account);
    tree.lock().rename("Docs", "DOCS");
    tree.lock().rename("DOCS/Inner/readme.TXT", "DOCS/Inner/README.txt");
    tree.lock().write("DOCS/Inner/README.txt", b"two".to_vec());
    let report = snapshot(&larder, &account);
    assert_same(&expected(&larder, &account).0, &listed(&larder, &report), Kept::Listed, "other case");
}

#[test]
fn what_could_not_be_read_is_tried_again_although_nobody_names_it() {
    let larder = Larder::new();
    let tree = MemoryTree::new(&larder.clock).shared();
    tree.lock().write("a/good", b"good".to_vec());
    tree.lock().write("a/bad", b"bad".to_vec());
    tree.lock().trouble("a/bad", Trouble::Unreadable);
    let account = MemoryAccount::new(&tree);
    let first = snapshot(&larder, &account);
    assert_eq!((first.missing, first.completeness), (1, Completeness::ItemsMissing));
    let second = snapshot(&larder, &account);
    assert_eq!(second.missing, 1, "still missing, and still said");
    tree.lock().trouble("a/bad", None);
    account.take_counts();
    let third = snapshot(&larder, &account);
    assert_eq!((third.missing, third.completeness), (0, Completeness::Complete));
    let (listings, _, reads) = account.take_counts();
    assert_eq!((listings, reads), (0, 1));
    assert_same(&expected(&larder, &account).0, &listed(&larder, &third), Kept::Listed, "mended");
}

#[test]
fn an_older_version_is_carried_until_the_new_one_can_be_read() {
    let larder = Larder::new();
    let tree = MemoryTree::new(&larder.clock).shared();
    tree.lock().write("file", b"old".to_vec());
    tree.lock().write("other", b"other".to_vec());
    let account = MemoryAccount::new(&tree);
    snapshot(&larder, &account);
    tree.lock().write("file", b"new".to_vec());
    tree.lock().trouble("file", Trouble::Unreadable);
    for _ in 0..2 {
        let stale = snapshot(&larder, &account);
        assert_eq!(stale.missing, 1);
        assert_eq!(listed(&larder, &stale).at("file").unwrap().body.to_bytes(), b"old");
    }
    tree.lock().trouble("file", None);
    let mended = snapshot(&larder, &account);
    assert_eq!(mended.missing, 0);
    assert_eq!(listed(&larder, &mended).at("file").unwrap().body.to_bytes(), b"new");
}

#[test]
fn an_account_that_is_empty_now_makes_no_snapshot() {
    let larder = Larder::new();
    let tree = MemoryTree::new(&larder.clock).shared();
    tree.lock().write("a/file", b"x".to_vec());
    let account = MemoryAccount::new(&tree);
    snapshot(&larder, &account);
    tree.lock().remove("a");
    let problem = larder.backup_of(&account).unwrap_err();
    assert!(problem.is(ProblemKind::Failed), "{problem}");
    let options = BackupOptions { allow_empty: true, ..BackupOptions::default() };
    let report = backup(&larder.open(), &account, &options, &Unwatched).unwrap();
    assert_eq!(report.totals.files, 0);
}

#[test]
fn a_killed_first_run_reads_again_only_what_was_in_flight() {
    let larder = Larder::new();
    let mut rng = Rng::new(3);
    let mut tree = MemoryTree::new(&larder.clock);
    for number in 0..400 {
        tree.write(format!("folder/{number}"), rng.bytes(3_000));
    }
    let tree = tree.shared();
    let account = MemoryAccount::new(&tree);
    // The clock moves with every read, so that what was read is handed in now and then; then somebody stops the run.
    let stopped = Arc::new(std::sync::atomic::AtomicU64::new(0));
    let (counter, clock, interrupt) = (stopped.clone(), larder.clock.clone(), larder.interrupt.clone());
    let killing = account.clone().on_read(move || {
        clock.advance_secs(1);
        if counter.fetch_add(1, SeqCst) == 300 {
            interrupt.set();
        }
    });
    larder.backup_of(&killing).unwrap_err();
    let larder = Larder { interrupt: Default::default(), ..larder };
    account.take_counts();
    snapshot(&larder, &account);
    let (_, _, reads) = account.take_counts();
    assert!((99..=150).contains(&reads), "{reads} of 400 files were read again");
}

/// Whatever fails, at whatever moment: what a broken run has noted of the files that it was joining never leads to something else.
#[test]
fn a_call_that_fails_while_files_are_joined_gives_no_file_other_bytes() {
    let mut failed = 0;
    for (operation, folder) in [(Operation::Get, "index"), (Operation::Put, "packs"), (Operation::Put, "index")] {
        for call in 0..8 {
            let larder = Larder::new();
            let mut rng = Rng::new(call);
            let mut tree = MemoryTree::new(&larder.clock);
            for number in 0..300 {
                tree.write(format!("old/{number}"), rng.bytes(500 + number));
            }
            let tree = tree.shared();
            let account = MemoryAccount::new(&tree);
            snapshot(&larder, &account);
            for number in 0..1000 {
                tree.lock().write(format!("new/{number}"), rng.bytes(3500 - number));
            }
            let rule = Rule { operation, folder, calls: call..call + 1, fault: Fault::Fail(ProblemKind::Unreachable) };
            let faulty = Arc::new(FaultyStorage::new(larder.storage.clone(), [rule]));
            // The clock moves with every read, so that what was read is handed in now and then.
            let clock = larder.clock.clone();
            let reading = account.clone().on_read(move || clock.advance_secs(1));
            let broken = larder
                .open_on(faulty)
                .and_then(|store| backup(&store, &reading, &BackupOptions::default(), &Unwatched).map(drop));
            failed += u32::from(broken.is_err());
            larder.clock.advance_secs(10);
            let report = snapshot(&larder, &account);
            let context = format!("{operation:?} of {folder}, call {call}");
            assert_same(&expected(&larder, &account).0, &listed(&larder, &report), Kept::Listed, &context);
            let store = larder.open();
            let info = store.snapshot(report.snapshot.unwrap()).unwrap();
            let (restored, _) = larder.restored(&store, &info).unwrap();
            assert_same(&tree.keep(), &restored, Kept::Restored, &context);
        }
    }
    assert!(failed >= 8, "{failed} runs failed");
}

#[test]
fn damage_in_the_parent_costs_a_listing_or_a_read_and_no_file() {
    for seed in 0..20 {
        println!("seed {seed}");
        let mut rng = Rng::new(seed);
        let larder = Larder::new();
        let tree = folded_tree(&mut rng, &larder, 60);
        let account = MemoryAccount::new(&tree);
        snapshot(&larder, &account);
        let packs = larder.storage.names("packs");
        let pack = &packs[rng.below(packs.len())];
        if rng.chance(50) {
            let mut body = larder.storage.body(pack).unwrap().to_vec();
            let at = body.len() / 2;
            body[at] ^= 1;
            larder.storage.overwrite(pack, body);
        } else {
            larder.storage.lose(pack).unwrap();
        }
        // Check marks what is bad, so that the next backup mends it.
        let _ = check(&larder.open(), CheckLevel::Data { share: 1.0 }, &Unwatched).unwrap();
        edits::edit(&mut rng, &mut tree.lock(), 2);
        let mended = snapshot(&larder, &account);
        assert_same(&expected(&larder, &account).0, &listed(&larder, &mended), Kept::Listed, &format!("seed {seed}"));
        let store = larder.open();
        let old: Vec<_> = store.snapshots().unwrap().snapshots;
        let old: Vec<_> = old.into_iter().filter(|info| Some(info.id) != mended.snapshot).collect();
        remove(&store, &old).unwrap();
        let checked = check(&larder.open(), CheckLevel::Data { share: 1.0 }, &Unwatched).unwrap();
        assert!(checked.problems.is_empty(), "seed {seed}: {:?}", checked.problems);
    }
}

#[test]
fn aliases_of_what_gc_deleted_bring_nothing_back() {
    let larder = Larder::new();
    let tree = MemoryTree::new(&larder.clock).shared();
    tree.lock().write("kept", b"kept".to_vec());
    tree.lock().write("gone", vec![7; 20_000]);
    let account = MemoryAccount::new(&tree);
    let first = snapshot(&larder, &account);
    tree.lock().remove("gone");
    snapshot(&larder, &account);
    let store = larder.open();
    remove(&store, &[store.snapshot(first.snapshot.unwrap()).unwrap()]).unwrap();
    larder.clock.advance_secs(40 * 24 * 3600);
    gc(&larder.open(), &GcOptions::default(), &Unwatched).unwrap();
    tree.lock().write("back", vec![7; 20_000]);
    account.take_counts();
    let report = snapshot(&larder, &account);
    assert_same(&expected(&larder, &account).0, &listed(&larder, &report), Kept::Listed, "back");
    let checked = check(&larder.open(), CheckLevel::Data { share: 1.0 }, &Unwatched).unwrap();
    assert!(checked.problems.is_empty(), "{:?}", checked.problems);
}

#[test]
fn a_dry_run_forecasts_and_reads_nothing() {
    let larder = Larder::new();
    let tree = MemoryTree::new(&larder.clock).shared();
    tree.lock().write("a", vec![1; 1_000]);
    tree.lock().write("b", vec![2; 2_000]);
    let account = MemoryAccount::new(&tree);
    let options = BackupOptions { dry_run: true, ..BackupOptions::default() };
    let store: Store = larder.open();
    let report = backup(&store, &account, &options, &Unwatched).unwrap();
    let forecast = report.forecast.unwrap();
    assert_eq!((forecast.files, forecast.bytes), (2, 3_000));
    assert_eq!(account.take_counts().2, 0);
    assert_eq!(report.statistics.files_new, 2);
    assert!(tree.lock().at("a").is_some_and(|inode| inode.kind == Kind::File));
}

/// A listing anew finds the content of every file in the parent, whose entries lie side by side, and looks nothing up among aliases,
/// which lie all over the index.
#[test]
fn a_listing_anew_asks_the_parent_before_the_aliases() {
    let larder = Larder::new();
    let tree = MemoryTree::new(&larder.clock).shared();
    for number in 0..4_000_u32 {
        tree.lock().write(format!("{}/{number}", number % 8), number.to_le_bytes().to_vec());
    }
    let account = MemoryAccount::new(&tree);
    snapshot(&larder, &account);
    account.reset();
    let counted = Arc::new(CountedStorage::new(larder.storage.clone()));
    let store = larder.open_on(counted.clone()).unwrap();
    let before = counted.counts().gets;
    let report = backup(&store, &account, &BackupOptions::default(), &Unwatched).unwrap();
    assert_eq!((report.statistics.files_unchanged, report.statistics.bytes_read), (4_000, 0));
    let gets = counted.counts().gets - before;
    assert!(gets <= 13, "{gets} objects or parts of them were read");
}
