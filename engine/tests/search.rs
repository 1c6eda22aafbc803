//! The search index against a walk: whatever the history, both find the same.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod search_kit;

use larder_engine::{Filter, Limits, Query, Readiness, Search, Unwatched};
use larder_testkit::Rng;
use search_kit::{History, indexed, random_query, walked};

const HISTORIES: u64 = 16;
const STEPS: usize = 12;

#[test]
fn an_index_finds_what_a_walk_finds() {
    for seed in 0..HISTORIES {
        println!("seed {seed}");
        let mut rng = Rng::new(seed);
        let mut history = History::new(&mut rng);
        let cache = tempfile::tempdir().unwrap();
        for _ in 0..STEPS {
            history.step(&mut rng);
            let store = history.larder.open();
            let snapshots = store.snapshots().unwrap().snapshots;
            // Another process, as often as not.
            let search = Search::open(&store, cache.path()).with_limits(limits(&mut rng));
            let updated = search.update(&store, &snapshots, &Unwatched).unwrap();
            assert!(updated.left_out.is_empty() && !updated.is_busy && !updated.is_too_large);
            assert_eq!(search.refresh(&snapshots, &snapshots).unwrap(), Readiness::Ready);
            for _ in 0..8 {
                let query = random_query(&mut rng, &snapshots);
                let expected = walked(&store, &snapshots, &query);
                let limit = 1 + rng.below(7);
                let blocks_max = rng.chance(30).then(|| 1 + rng.below(3) as u64);
                let found = indexed(&search, &query, limit, blocks_max);
                assert_eq!(found, expected, "{}\n{query:?}", history.story.join("\n"));
                history.compare_all(&store, &search, &snapshots, &query);
            }
        }
    }
}

/// From one path a block, and segments of a few rows, to what is usual.
fn limits(rng: &mut Rng) -> Limits {
    if rng.chance(20) {
        return Limits::default();
    }
    Limits {
        block_paths: 1 + rng.below(6),
        group_blocks: 1 + rng.below(9),
        gathered_rows: 1 + rng.below(40),
        dead_snapshots: rng.below(4),
    }
}

#[test]
fn pages_go_on_while_snapshots_are_added_and_nothing_comes_twice() {
    for seed in 0..8 {
        println!("seed {seed}");
        let mut rng = Rng::new(seed);
        let mut history = History::new(&mut rng);
        let cache = tempfile::tempdir().unwrap();
        history.backup(&mut rng);
        let store = history.larder.open();
        let search = Search::open(&store, cache.path()).with_limits(limits(&mut rng));
        let first = store.snapshots().unwrap().snapshots;
        search.update(&store, &first, &Unwatched).unwrap();
        let patterns = larder_engine::Patterns::new::<&str>(&[], false).unwrap();
        let filter = Filter::default();
        let query = Query::new(&patterns, &filter);
        let all = search.query(&query, None, usize::MAX).unwrap().hits;
        let (mut cursor, mut seen) = (None, Vec::new());
        loop {
            let page = search.query(&query, cursor.as_deref(), 3).unwrap();
            seen.extend(page.hits);
            history.edit_and_backup(&mut rng);
            let now = store.snapshots().unwrap().snapshots;
            search.update(&store, &now, &Unwatched).unwrap();
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        let mut keys: Vec<_> = seen.iter().map(|hit| (hit.origin.clone(), hit.path.clone(), hit.facts)).collect();
        for hit in &all {
            assert!(keys.contains(&(hit.origin.clone(), hit.path.clone(), hit.facts)), "{} is lost", hit.path);
        }
        let count = keys.len();
        keys.sort_by(|a, b| format!("{a:?}").cmp(&format!("{b:?}")));
        keys.dedup();
        assert_eq!(keys.len(), count, "a hit came twice");
    }
}
