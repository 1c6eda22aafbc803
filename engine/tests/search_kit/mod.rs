//! Histories to search in, and both ways to search them.

#![allow(dead_code, reason = "not every test uses all of it")]

use std::collections::{BTreeMap, BTreeSet};

use larder_engine::{
    BackupOptions, Facts, Filter, Patterns, Query, Search, SnapshotInfo, Store, Unwatched, backup, find, remove,
};
use larder_model::{Kind, SnapshotId, Time, TreePath};
use larder_testkit::{
    Larder, Rng, edits, generate,
    tree::{MemorySource, SharedTree},
};

pub struct History {
    pub larder: Larder,
    trees: Vec<SharedTree>,
    pub story: Vec<String>,
}

impl History {
    pub fn new(rng: &mut Rng) -> Self {
        let larder = Larder::new();
        let trees = (0..2).map(|_| generate::tree(rng, &larder.clock, 25).shared()).collect();
        Self { larder, trees, story: Vec::new() }
    }

    pub fn step(&mut self, rng: &mut Rng) {
        match rng.below(10) {
            0..=2 => self.backup(rng),
            3..=6 => self.edit_and_backup(rng),
            _ => self.remove_one(rng),
        }
    }

    pub fn backup(&mut self, rng: &mut Rng) {
        let which = rng.below(self.trees.len());
        self.larder.clock.advance_secs(10);
        let source = MemorySource::new(&self.trees[which]).named(&format!("tree {which}"));
        let options = BackupOptions { allow_empty: true, ..BackupOptions::default() };
        let report = backup(&self.larder.open(), &source, &options, &Unwatched).unwrap();
        self.story.push(format!("backup of tree {which}: {}", report.snapshot.unwrap().short()));
    }

    pub fn edit_and_backup(&mut self, rng: &mut Rng) {
        for tree in &self.trees {
            let changes = rng.below(6);
            self.story.extend(edits::edit(rng, &mut tree.lock(), changes));
        }
        self.backup(rng);
    }

    fn remove_one(&mut self, rng: &mut Rng) {
        let store = self.larder.open();
        let all = store.snapshots().unwrap().snapshots;
        if !all.is_empty() {
            let snapshot = rng.pick(&all).clone();
            self.story.push(format!("rm {}", snapshot.id.short()));
            remove(&store, &[snapshot]).unwrap();
        }
    }

    /// What `find` shows: hits by snapshot.
    pub fn compare_all(&self, store: &Store, search: &Search, snapshots: &[SnapshotInfo], wanted: &Wanted) {
        let found = search.find_all(&wanted.query(), usize::MAX, &store.settings().interrupt).unwrap().unwrap();
        for snapshot in wanted.of(snapshots) {
            let found: Vec<_> = found.in_snapshot(&snapshot.id).collect();
            let mut walked = Vec::new();
            let mut is_hit = |path: &TreePath, node: &larder_engine::Node| wanted.is_hit(path, &Facts::of(&node.entry));
            find(store, std::slice::from_ref(snapshot), &mut is_hit, &mut |_, path, node| {
                walked.push((path.clone(), Facts::of(&node.entry)));
                Ok(())
            })
            .unwrap();
            assert_eq!(found, walked, "{}\n{wanted:?}", self.story.join("\n"));
            let mut reader = larder_engine::NodeReader::open(store, snapshot).unwrap();
            for (path, facts) in &found {
                assert_eq!(Facts::of(&reader.node(path).unwrap().entry), *facts, "{path}");
            }
        }
    }
}

#[derive(Debug)]
pub struct Wanted {
    texts: Vec<String>,
    patterns: Patterns,
    filter: Filter,
    snapshots: Option<Vec<SnapshotId>>,
    origin: Option<String>,
}

impl Wanted {
    pub fn query(&self) -> Query<'_> {
        Query {
            snapshots: self.snapshots.as_deref(),
            origin: self.origin.as_deref(),
            ..Query::new(&self.patterns, &self.filter)
        }
    }

    fn is_hit(&self, path: &TreePath, facts: &Facts) -> bool {
        self.filter.accepts(facts) && (self.patterns.is_empty() || self.patterns.match_path(path))
    }

    fn of<'s>(&self, snapshots: &'s [SnapshotInfo]) -> Vec<&'s SnapshotInfo> {
        let of_origin = |snapshot: &&SnapshotInfo| {
            self.origin.as_ref().is_none_or(|origin| *origin == snapshot.record.origin().to_string())
        };
        let wanted = |snapshot: &&SnapshotInfo| self.snapshots.as_ref().is_none_or(|ids| ids.contains(&snapshot.id));
        snapshots.iter().filter(of_origin).filter(wanted).collect()
    }
}

const TEXTS: [&str; 22] = [
    "*",
    "?",
    "??",
    "???",
    "*a*",
    "*1?",
    "[0-4]*",
    "n*",
    "*zq*",
    "nnnn*",
    "*\u{2615}",
    "*UTF-8*",
    "ME*",
    "-rf",
    "{a,b,1}*",
    "*/*a",
    "/*/*",
    "**/1*",
    "/*/**/?",
    "\\*",
    "*\\\\*",
    "* *",
];

pub fn random_query(rng: &mut Rng, snapshots: &[SnapshotInfo]) -> Wanted {
    let texts: Vec<String> = (0..rng.below(3)).map(|_| rng.pick(&TEXTS).to_string()).collect();
    let mut filter = Filter::default();
    if rng.chance(25) {
        filter.kinds = (0..1 + rng.below(2)).map(|_| *rng.pick(&Kind::ALL)).collect();
    }
    filter.min_size = rng.chance(20).then(|| rng.below(5000) as u64);
    filter.max_size = rng.chance(10).then(|| rng.below(20_000) as u64);
    let times: Vec<Time> = snapshots.iter().map(|snapshot| snapshot.record.start()).collect();
    if !times.is_empty() {
        filter.since = rng.chance(20).then(|| *rng.pick(&times));
        filter.until = rng.chance(10).then(|| *rng.pick(&times));
    }
    let some: Vec<SnapshotId> = snapshots.iter().filter(|_| rng.chance(50)).map(|snapshot| snapshot.id).collect();
    Wanted {
        patterns: Patterns::new(&texts, rng.chance(50)).unwrap(),
        texts,
        filter,
        snapshots: rng.chance(40).then_some(some),
        origin: rng.chance(30).then(|| format!("tree {}:/memory/place", rng.below(2))),
    }
}

/// By origin and path: versions, each with the number of snapshots that hold it and the newest.
pub type Hits = BTreeMap<(String, TreePath), BTreeSet<(String, u64, SnapshotId)>>;

pub fn walked(store: &Store, snapshots: &[SnapshotInfo], wanted: &Wanted) -> Hits {
    let mut versions: BTreeMap<(String, TreePath, String), (u64, SnapshotId)> = BTreeMap::new();
    for snapshot in wanted.of(snapshots) {
        let origin = snapshot.record.origin().to_string();
        store
            .tree(snapshot)
            .unwrap()
            .walk(&TreePath::top(), &mut |path, node| {
                let facts = Facts::of(&node.entry);
                if wanted.is_hit(path, &facts) {
                    let key = (origin.clone(), path.clone(), format!("{facts:?}"));
                    let version = versions.entry(key).or_insert((0, snapshot.id));
                    *version = (version.0 + 1, snapshot.id);
                }
                Ok(())
            })
            .unwrap();
    }
    let mut hits = Hits::new();
    for ((origin, path, facts), (count, newest)) in versions {
        hits.entry((origin, path)).or_default().insert((facts, count, newest));
    }
    hits
}

pub fn indexed(search: &Search, wanted: &Wanted, limit: usize, blocks_max: Option<u64>) -> Hits {
    let (mut hits, mut cursor) = (Hits::new(), None);
    let query = Query { blocks_max, ..wanted.query() };
    for pages in 0.. {
        assert!(pages < 10_000, "the pages do not end");
        let page = search.query(&query, cursor.as_deref(), limit).unwrap();
        assert!(page.hits.len() <= limit);
        for hit in page.hits {
            let version = (format!("{:?}", hit.facts), hit.snapshots, hit.snapshot);
            assert!(hits.entry((hit.origin, hit.path)).or_default().insert(version), "a hit came twice");
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    hits
}
