//! Every object of a store damaged in every way: what is read is right or an error that names the damage, whatever does not
//! hang on the damaged object comes back, whatever makes a restore fail makes a check of all data fail, and the next backup
//! mends what the source still has.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Mutex;

use larder_connect::ObjectName;
use larder_engine::{
    BackupOptions, CheckLevel, CheckReport, GcOptions, Monitor, RestoreOptions, RestoreReport, Settings, SnapshotInfo,
    Store, Unwatched, backup, check, gc, restore,
};
use larder_format::{
    container::{HASH_LEN, HEAD_LEN},
    pack::END_LEN,
};
use larder_model::{Class, Problem, ProblemKind, Skip, TreePath};
use larder_testkit::{
    Larder, Rng,
    compare::{Kept, assert_same, differences},
    generate,
    storage::MemoryStorage,
    tree::{MemorySource, MemoryTarget, MemoryTree, SharedTree},
};

const FOLDERS: [&str; 8] = ["config", "keys", "packs", "index", "snapshots", "runs", "marks", "records"];

/// A store with two snapshots, a forget record and a check record.
struct Whole {
    larder: Larder,
    trees: [MemoryTree; 2],
}

impl Whole {
    fn new() -> Self {
        let larder = Larder::new();
        let mut rng = Rng::new(9);
        let tree = generate::tree(&mut rng, &larder.clock, 120).shared();
        tree.lock().write("large", rng.bytes(300_000));
        larder.backup(&tree);
        let store = larder.open();
        let gone = store.find_snapshot("latest").unwrap();
        tree.lock().write("second", &b"second"[..]);
        larder.backup(&tree);
        let first = tree.keep();
        larder_engine::remove(&store, &[gone]).unwrap();
        tree.lock().write("third", rng.bytes(50_000));
        larder.backup(&tree);
        // A mark, too: of a pack that was damaged when it was checked, and came back.
        let pack = larder.storage.names("packs").remove(0);
        flip(&larder.storage, &pack, 100);
        check_all(&larder.open()).unwrap();
        flip(&larder.storage, &pack, 100);
        assert_eq!(larder.storage.names("marks").len(), 1);
        Self { trees: [first, tree.keep()], larder }
    }

    fn damaged(&self, damage: impl FnOnce(&MemoryStorage)) -> Larder {
        let storage = self.larder.storage.fork();
        damage(&storage);
        self.larder.on(storage)
    }
}

/// Remembers what a restore said is missing.
#[derive(Default)]
struct Missing(Mutex<Vec<Skip>>);

impl Monitor for Missing {
    fn skip(&self, skip: &Skip) {
        if skip.class == Class::Missing {
            self.0.lock().unwrap().push(skip.clone());
        }
    }
}

fn is_damage(problem: &Problem) -> bool {
    // What lies there was not written by somebody with the keys, or is of a kind that does not exist: both name the object.
    matches!(
        problem.kind(),
        ProblemKind::Damaged | ProblemKind::NotFound | ProblemKind::Unsupported | ProblemKind::Credentials
    )
}

/// Restores, and asserts that everything that came back is right, and that all else was named. True when all came back.
fn restore_what_is_there(
    larder: &Larder,
    store: &Store,
    info: &SnapshotInfo,
    tree: &MemoryTree,
    context: &str,
) -> bool {
    let target = MemoryTarget::empty(&larder.clock);
    let missing = Missing::default();
    let report = restore(store, info, None, &target, &RestoreOptions::default(), &missing);
    let missing = missing.0.into_inner().unwrap();
    let report = match report {
        Ok(report) => report,
        Err(problem) => {
            assert!(is_damage(&problem), "{context}: {:?}: {problem}", problem.kind());
            return false;
        }
    };
    assert_eq!(report.missing, missing.len() as u64, "{context}");
    let restored = target.tree().keep();
    assert_right_or_named(tree, &restored, &missing, &report, context);
    report.missing == 0
}

fn assert_right_or_named(
    tree: &MemoryTree,
    restored: &MemoryTree,
    missing: &[Skip],
    report: &RestoreReport,
    context: &str,
) {
    if report.missing == 0 {
        return assert_same(tree, restored, Kept::Restored, context);
    }
    let is_named = |path: &TreePath| {
        missing.iter().any(|skip| TreePath::new(&skip.path.as_bytes()["/memory/place".len()..]).contains(path))
    };
    for (path, inode) in tree.walk() {
        let expected = tree.get(inode).unwrap();
        match restored.lookup(&path).and_then(|inode| restored.get(inode)) {
            None => assert!(is_named(&path), "{context}: {path} is missing, and nobody said so: {missing:?}"),
            Some(found) => {
                let same = found.kind == expected.kind && found.body.reads_like(&expected.body);
                assert!(same, "{context}: {path} came back with other bytes");
            }
        }
    }
}

fn check_all(store: &Store) -> Result<CheckReport, Problem> {
    check(store, CheckLevel::Data { share: 1.0 }, &Unwatched)
}

/// Looks at a damaged store in every way, then mends it.
fn examine(whole: &Whole, larder: &Larder, context: &str) {
    let store = match larder.open_on(std::sync::Arc::new(larder.storage.clone())) {
        Ok(store) => store,
        Err(problem) => return assert!(is_damage(&problem), "{context}: {problem}"),
    };
    let list = store.snapshots().unwrap();
    let mut all_came_back = list.damaged.is_empty();
    for info in &list.snapshots {
        let number = usize::from(info.record.sequence == 3);
        all_came_back &= restore_what_is_there(larder, &store, info, &whole.trees[number], context);
    }
    let is_needed_to_read = context.starts_with("packs/") || context.starts_with("snapshots/");
    assert!(all_came_back || is_needed_to_read, "{context}: what does not hang on it does not come back");
    match check_all(&store) {
        Ok(report) if !all_came_back => {
            assert!(!report.problems.is_empty(), "{context}: a restore fails, and check finds nothing")
        }
        Ok(_) => {}
        Err(problem) => assert!(is_damage(&problem), "{context}: {problem}"),
    }
    mend(whole, larder, context);
}

/// The source still has everything: after a check has marked the damage, the next backup is whole again.
fn mend(whole: &Whole, larder: &Larder, context: &str) {
    let tree: SharedTree = whole.trees[1].clone().shared();
    larder.clock.advance_secs(10);
    let ended = larder.backup_of(&MemorySource::new(&tree));
    let report = match ended {
        Ok(report) => report,
        // Marks that cannot be read stop writers: what they mark is not known.
        Err(problem) => return assert!(is_damage(&problem), "{context}: {problem}"),
    };
    let store = larder.open();
    let info = store.snapshot(report.snapshot.unwrap()).unwrap();
    let (restored, restore) = larder.restored(&store, &info).unwrap();
    let lines = differences(&whole.trees[1], &restored, Kept::Restored);
    assert!(restore.missing == 0 && lines.is_empty(), "{context}: not mended: {lines:?}");
}

#[test]
fn every_object_flipped_in_many_places() {
    let whole = Whole::new();
    let mut rng = Rng::new(2);
    for folder in FOLDERS {
        for name in whole.larder.storage.names(folder) {
            let len = whole.larder.storage.body(&name).unwrap().len();
            let mut places = vec![0, 7, 8, 9, 10, 12, 16, len / 2, len - 33, len - 32, len - 1];
            places.extend((0..6).map(|_| rng.below(len)));
            for at in places.into_iter().filter(|at| *at < len) {
                let larder = whole.damaged(|storage| flip(storage, &name, at));
                examine(&whole, &larder, &format!("{name:.20} of {len} bytes flipped at {at}"));
            }
        }
    }
}

fn flip(storage: &MemoryStorage, name: &ObjectName, at: usize) {
    let mut body = storage.body(name).unwrap().to_vec();
    body[at] ^= 0x10;
    storage.overwrite(name, body);
}

#[test]
fn every_object_cut_short_emptied_or_lost() {
    let whole = Whole::new();
    for folder in FOLDERS {
        for name in whole.larder.storage.names(folder) {
            let body = whole.larder.storage.body(&name).unwrap();
            for len in [0, 1, 15, 16, 47, 48, body.len() / 2, body.len() - 32, body.len() - 1] {
                let larder = whole.damaged(|storage| storage.overwrite(&name, body[..len.min(body.len())].to_vec()));
                examine(&whole, &larder, &format!("{name:.20} of {} bytes cut to {len}", body.len()));
            }
            let larder = whole.damaged(|storage| drop(storage.lose(&name)));
            examine(&whole, &larder, &format!("{name:.20} lost"));
            let larder = whole.damaged(|storage| storage.overwrite(&name, [&body[..], b"more"].concat()));
            examine(&whole, &larder, &format!("{name:.20} with bytes added"));
        }
    }
}

#[test]
fn any_two_objects_of_a_kind_swapped() {
    let whole = Whole::new();
    for folder in FOLDERS {
        let names = whole.larder.storage.names(folder);
        for (index, a) in names.iter().enumerate() {
            for b in &names[index + 1..] {
                let larder = whole.damaged(|storage| {
                    let (left, right) = (storage.body(a).unwrap(), storage.body(b).unwrap());
                    storage.overwrite(a, right.to_vec());
                    storage.overwrite(b, left.to_vec());
                });
                examine(&whole, &larder, &format!("{a:.20} and {b:.20} swapped"));
            }
        }
    }
}

/// Head and end of a pack hurt no restore, but are not what was stored either.
#[test]
fn what_no_seal_covers_is_compared() {
    let larder = Larder::new();
    let mut tree = MemoryTree::new(&larder.clock);
    tree.write("file", &b"bytes"[..]);
    larder.backup(&tree.shared());
    for pack in larder.storage.names("packs") {
        let len = larder.storage.body(&pack).unwrap().len();
        for at in (0..HEAD_LEN).chain(len - END_LEN..len) {
            let storage = larder.storage.fork();
            flip(&storage, &pack, at);
            assert!(!findings(&larder.on(storage), &pack).is_empty(), "{pack} flipped at {at} of {len}");
        }
    }
}

/// What a check of all data says of an object.
fn findings(larder: &Larder, name: &ObjectName) -> Vec<String> {
    let report = check_all(&larder.open()).unwrap();
    let of_it = report.problems.into_iter().filter(|finding| finding.item == name.to_string());
    of_it.map(|finding| finding.message).collect()
}

/// The other pack is sound, of the same run, as long, made in the same moment, and ends in the hash that its new name wants.
#[test]
fn a_pack_in_the_place_of_another_is_found() {
    // Files that are not cut: else keys, which are others each time, would decide how long packs are.
    let larder = Larder::with_default_chunks(MemoryStorage::default());
    let mut tree = MemoryTree::new(&larder.clock);
    let mut rng = Rng::new(4);
    for number in 0..30 {
        tree.write(format!("{number}"), rng.bytes(200_000));
    }
    let tree = tree.shared();
    // Little memory makes short packs: five of six files each, and one of pages.
    let settings = Settings { memory: 4 << 20, ..larder.settings() };
    let storage = std::sync::Arc::new(larder.storage.clone());
    let store = Store::open(storage, &mut |_| Ok(Larder::unlock()), settings).unwrap();
    backup(&store, &MemorySource::new(&tree), &BackupOptions::default(), &Unwatched).unwrap();
    let packs = larder.storage.names("packs");
    assert_others_are_found(&larder, &packs, "it is not the pack that the index means");
    let lost = larder.on(larder.storage.fork());
    for name in lost.storage.names("index") {
        lost.storage.lose(&name);
    }
    assert_others_are_found(&lost, &packs, "its bytes do not match its name");
    lost.backup(&tree);
    assert!(!lost.storage.names("index").is_empty(), "packs were not taken over");
    assert_others_are_found(&lost, &packs, "its bytes do not match its name");
}

/// Puts these packs in the place of others of their length, one after the other.
fn assert_others_are_found(larder: &Larder, packs: &[ObjectName], message: &str) {
    let mut as_long = 0;
    for (a, b) in packs.iter().flat_map(|a| packs.iter().map(move |b| (a, b))).filter(|(a, b)| a != b) {
        let (own, mut other) = (larder.storage.body(a).unwrap(), larder.storage.body(b).unwrap().to_vec());
        if own.len() == other.len() {
            as_long += 1;
            let hash_at = own.len() - HASH_LEN;
            other[hash_at..].copy_from_slice(&own[hash_at..]);
            let storage = larder.storage.fork();
            storage.overwrite(a, other);
            let found = findings(&larder.on(storage), a);
            assert!(found.iter().any(|found| found == message), "{found:?}");
        }
    }
    assert_eq!(as_long, 5 * 4, "of {} packs", packs.len());
}

/// Foreign objects and leftovers of other programs are left alone and disturb nobody.
#[test]
fn foreign_objects_are_left_alone() {
    let whole = Whole::new();
    let foreign = ["packs/readme", "snapshots/notes.txt", "index/zz", "keys/other", "config/old", "elsewhere/x"];
    let larder = whole.damaged(|storage| {
        for name in foreign {
            storage.overwrite(&ObjectName::parse(name).unwrap(), b"not ours".to_vec());
        }
    });
    let store = larder.open();
    let info = store.find_snapshot("latest").unwrap();
    assert!(restore_what_is_there(&larder, &store, &info, &whole.trees[1], "foreign objects"));
    gc(&store, &GcOptions::default(), &Unwatched).unwrap();
    mend(&whole, &larder, "foreign objects");
    for name in foreign {
        assert!(larder.storage.body(&ObjectName::parse(name).unwrap()).is_some(), "{name} is not ours to delete");
    }
}

/// A damaged object of one snapshot says nothing about the other one, and gc deletes nothing that it cannot account for.
#[test]
fn gc_deletes_nothing_that_a_damaged_snapshot_may_need() {
    let whole = Whole::new();
    for name in whole.larder.storage.names("snapshots") {
        let larder = whole.damaged(|storage| flip(storage, &name, 60));
        let packs = larder.storage.names("packs");
        let problem = gc(&larder.open(), &GcOptions::default(), &Unwatched).unwrap_err();
        assert!(is_damage(&problem), "{problem}");
        assert_eq!(larder.storage.names("packs"), packs);
    }
}
