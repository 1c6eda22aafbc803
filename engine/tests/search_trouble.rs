//! A search index that is broken, cannot be written, or is being built by somebody else: it is a cache, and nothing is ever lost with it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{fs, path::PathBuf};

use larder_engine::{Filter, Patterns, Query, Readiness, Search, SnapshotInfo, Store, Unwatched};
use larder_model::ProblemKind;
use larder_testkit::{Larder, Rng, generate};

struct Stage {
    store: Store,
    snapshots: Vec<SnapshotInfo>,
    cache: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        let larder = Larder::new();
        let tree = generate::tree(&mut Rng::new(1), &larder.clock, 60).shared();
        larder.backup(&tree);
        let store = larder.open();
        let snapshots = store.snapshots().unwrap().snapshots;
        Self { store, snapshots, cache: tempfile::tempdir().unwrap() }
    }

    fn search(&self) -> Search {
        Search::open(&self.store, self.cache.path())
    }

    fn update(&self, search: &Search) {
        let updated = search.update(&self.store, &self.snapshots, &Unwatched).unwrap();
        assert!(updated.left_out.is_empty() && !updated.is_busy);
    }

    fn folder(&self) -> PathBuf {
        self.cache.path().join("search").join(self.store.id().to_string())
    }
}

fn hits(search: &Search) -> larder_model::Result<usize> {
    let (patterns, filter) = (Patterns::new::<&str>(&[], false).unwrap(), Filter::default());
    search.query(&Query::new(&patterns, &filter), None, 1000).map(|page| page.hits.len())
}

#[test]
fn a_broken_index_shows_nothing_and_is_built_anew() {
    let stage = Stage::new();
    let search = stage.search();
    stage.update(&search);
    let expected = hits(&search).unwrap();
    assert!(expected > 30);
    for which in ["index", "segment"] {
        for at in (0..5).map(|part| part as f64 / 4.0) {
            let mut files = fs::read_dir(stage.folder()).unwrap().flatten().map(|file| file.path());
            let file = files.find(|path| path.to_string_lossy().ends_with(which)).unwrap();
            let mut bytes = fs::read(&file).unwrap();
            let at = ((bytes.len() - 1) as f64 * at) as usize;
            bytes[at] ^= 0x20;
            fs::write(&file, bytes).unwrap();
            let search = stage.search();
            let found = search.refresh(&stage.snapshots, &stage.snapshots).map(|_| hits(&search));
            assert!(!matches!(found, Ok(Ok(n)) if n != 0 && n != expected), "{which} {at}");
            stage.update(&search);
            assert_eq!(hits(&search).unwrap(), expected, "{which} {at}");
        }
    }
}

#[test]
fn names_do_not_lie_in_the_cache_in_plain() {
    let larder = Larder::new();
    let mut tree = larder_testkit::tree::MemoryTree::new(&larder.clock);
    tree.write("a-very-secret-name.txt", b"x".to_vec());
    larder.backup(&tree.shared());
    let (store, cache) = (larder.open(), tempfile::tempdir().unwrap());
    let search = Search::open(&store, cache.path());
    search.update(&store, &store.snapshots().unwrap().snapshots, &Unwatched).unwrap();
    let folder = cache.path().join("search").join(store.id().to_string());
    for file in fs::read_dir(folder).unwrap().flatten() {
        let bytes = fs::read(file.path()).unwrap();
        let shows = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
        assert!(!shows(b"secret") && !shows(b"memory/place"), "{:?}", file.path());
    }
    // Another store's key does not open it.
    assert!(hits(&Search::open(&Larder::new().open(), cache.path())).unwrap() == 0);
}

#[test]
fn a_cache_that_cannot_be_written_is_a_problem_and_no_more() {
    let stage = Stage::new();
    fs::write(stage.cache.path().join("search"), b"a file").unwrap();
    let problem = stage.search().update(&stage.store, &stage.snapshots, &Unwatched).unwrap_err();
    assert!(
        problem.is(ProblemKind::Failed) && problem.message().starts_with("the search index cannot be"),
        "{problem}"
    );
}

#[test]
fn one_builds_and_readers_do_not_wait() {
    let stage = Stage::new();
    fs::create_dir_all(stage.folder()).unwrap();
    let lock = fs::File::create(stage.folder().join("lock")).unwrap();
    lock.lock().unwrap();
    let search = stage.search();
    assert!(search.update(&stage.store, &stage.snapshots, &Unwatched).unwrap().is_busy);
    assert_eq!(hits(&search).unwrap(), 0);
    drop(lock);
    stage.update(&search);
    // Somebody else reads what was built, and goes on reading what he has open while it is built anew.
    let other = stage.search();
    assert_eq!(other.refresh(&stage.snapshots, &stage.snapshots).unwrap(), Readiness::Ready);
    search.forget();
    assert_eq!(hits(&search).unwrap(), 0);
    assert!(hits(&other).unwrap() > 30);
    stage.update(&search);
    assert_eq!(hits(&search).unwrap(), hits(&other).unwrap());
}

#[test]
fn an_interrupted_build_goes_on_later() {
    let stage = Stage::new();
    let search = stage.search();
    stage.store.settings().interrupt.set();
    let problem = search.update(&stage.store, &stage.snapshots, &Unwatched).unwrap_err();
    assert!(problem.is(ProblemKind::Interrupted));
    assert_eq!(hits(&search).unwrap(), 0);
}
