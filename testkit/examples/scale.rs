//! Measures a store of names and sizes: `scale STEP FOLDER BLOBS FILES` does one step in this process and prints a line of JSON. The
//! step `make` comes first; `cargo xtask bench scale` runs them all and makes tables of them.

#![allow(clippy::unwrap_used, reason = "a measurement that cannot go on has failed")]

use std::{
    env,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Instant,
};

use larder_connect::{CountedStorage, Counts, Folder, Source, Storage};
use larder_engine::{
    BackupOptions, CheckLevel, Clock, Filter, GcOptions, Interrupt, Patterns, Query, Reader, Search, Settings, Store,
    Unwatched, backup, check, find, gc,
};
use larder_fs::FsStorage;
use larder_model::Kind;
use larder_testkit::{
    Larder, SimClock,
    listing::peak_memory_kib,
    scale::{ClaimedStorage, Claims, MadeUpFiles},
    tree::{MemorySource, MemoryTree},
};
use serde_json::json;

/// What a writer with the default memory covers at a time.
const BLOBS_A_RUN: u64 = Settings::MEMORY_DEFAULT / 512;
/// Blobs that a row of look-ups asks for.
const LOOKUPS: u64 = 1_000;
/// Of these, the ones that find the caches empty.
const FIRST_LOOKUPS: usize = 20;
const CACHE_LEN: usize = 24 << 20;

type Simulated = Arc<CountedStorage<ClaimedStorage<FsStorage>>>;

struct Bench {
    folder: PathBuf,
    claims: Claims,
    files: MadeUpFiles,
    storage: Simulated,
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [step, folder, blobs, files] = arguments.as_slice() else { panic!("scale STEP FOLDER BLOBS FILES") };
    let folder = PathBuf::from(folder);
    let claims = Claims { blobs: blobs.parse().unwrap(), blobs_a_run: BLOBS_A_RUN };
    let storage = CountedStorage::new(ClaimedStorage::new(FsStorage::new(folder.join("store")), claims));
    let files = MadeUpFiles { files: files.parse().unwrap() };
    let bench = Bench { folder, claims, files, storage: Arc::new(storage) };
    match step.as_str() {
        "make" => bench.make(),
        "open" => bench.measured(1, |it| drop(it.reader())),
        "hit" => bench.lookups(bench.claims.known(LOOKUPS).collect()),
        "miss" => bench.lookups(bench.claims.unknown(LOOKUPS).collect()),
        "made-up" => bench.measured(1, Bench::made_up),
        "again" => bench.measured(bench.files.files, Bench::again),
        "folder" => bench.measured(1, Bench::folder),
        "all" => bench.measured(bench.files.files, Bench::all),
        "find" => bench.measured(bench.files.files, Bench::find),
        "names" => bench.measured(bench.files.files, Bench::names),
        "search" => bench.measured(1, Bench::search),
        "check" => bench.measured(bench.claims.packs(), Bench::check),
        "gc" => bench.measured(bench.claims.packs(), Bench::gc),
        other => panic!("there is no step `{other}`"),
    }
}

fn settings() -> Settings {
    Settings {
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        memory: Settings::MEMORY_DEFAULT,
        clock: Clock::system(),
        host: "scale".to_owned(),
        process: std::process::id(),
        program: "scale".to_owned(),
        interrupt: Interrupt::default(),
        own_runs: None,
    }
}

fn less(after: Counts, before: Counts) -> (u64, u64, u64, u64) {
    let calls = |it: Counts| it.puts + it.gets + it.lists + it.deletes + it.barriers;
    let asked = after - before;
    (calls(asked), asked.gets, asked.bytes_got, asked.bytes_put)
}

/// Lists and describes all that is below a folder; tells how much that was.
fn describe(folder: &dyn Folder) -> u64 {
    let names = folder.names(&mut |_| {}).unwrap();
    let below = names.iter().map(|name| {
        let entry = folder.stat(name, &mut |_| {}).unwrap().unwrap();
        if entry.kind == Kind::Directory { describe(&*folder.folder(name).unwrap()) } else { 0 }
    });
    below.sum::<u64>() + names.len() as u64
}

impl Bench {
    fn store(&self) -> Store {
        Store::open(self.storage.clone(), &mut |_| Ok(Larder::unlock()), settings()).unwrap()
    }

    fn reader(&self) -> Reader {
        Reader::open(Arc::new(self.store()), CACHE_LEN).unwrap()
    }

    /// Does the work, which is so much, and prints what it took.
    fn measured(&self, work: u64, step: impl FnOnce(&Self)) {
        let (before, started) = (self.storage.counts(), Instant::now());
        step(self);
        self.print(work, started, before);
    }

    fn print(&self, work: u64, started: Instant, before: Counts) {
        let seconds = started.elapsed().as_secs_f64();
        let (calls, gets, bytes_got, bytes_put) = less(self.storage.counts(), before);
        println!(
            "{}",
            json!({
                "work": work,
                "seconds": seconds,
                "calls": calls,
                "gets": gets,
                "bytes_got": bytes_got,
                "bytes_put": bytes_put,
                "memory_kib": peak_memory_kib().unwrap(),
            })
        );
    }

    /// A store with one snapshot of all files, and then with the claims beside it.
    fn make(&self) {
        let plain = Arc::new(FsStorage::new(self.folder.join("store")));
        let store = Store::create(plain.clone(), &Larder::unlock(), "scale", None, settings()).unwrap();
        let started = Instant::now();
        let report = backup(&store, &self.files, &BackupOptions::default(), &Unwatched).unwrap();
        let files = started.elapsed().as_secs_f64();
        assert_eq!(report.statistics.files_new, self.files.files);
        let (identity, keys) = Larder::keys_of(&*plain);
        let started = Instant::now();
        self.claims.put_index(&*plain, &identity, &keys).unwrap();
        let runs = plain.list("index").unwrap();
        println!(
            "{}",
            json!({
                "bytes": self.claims.bytes(),
                "packs": self.claims.packs(),
                "runs": runs.len(),
                "index_bytes": runs.iter().map(|info| info.size).sum::<u64>(),
                "index_seconds": started.elapsed().as_secs_f64(),
                "files_seconds": files,
                "memory_kib": peak_memory_kib().unwrap(),
            })
        );
    }

    /// Backs up a file for each body, which the index is asked for. Figures are those between the first file and the last.
    fn lookups(&self, bodies: Vec<Vec<u8>>) {
        let store = self.store();
        let tree = MemoryTree::new(&SimClock::default()).shared();
        for (number, body) in bodies.iter().enumerate() {
            tree.lock().write(format!("{number:06}"), body.clone());
        }
        let moments = Arc::new(Mutex::new(Vec::new()));
        let (counted, seen) = (self.storage.clone(), moments.clone());
        let note = move |_: &_| seen.lock().unwrap().push((Instant::now(), counted.counts()));
        let source = MemorySource::new(&tree).on_open(note);
        backup(&store, &source, &BackupOptions::default(), &Unwatched).unwrap();
        let moments = moments.lock().unwrap();
        let between = |from: usize, to: usize| {
            let ((start, before), (end, after)) = (moments[from], moments[to]);
            let (_, gets, bytes_got, _) = less(after, before);
            (end.duration_since(start).as_secs_f64(), gets, bytes_got)
        };
        let (first, last) = (between(0, FIRST_LOOKUPS), between(moments.len() / 2, moments.len() - 1));
        let each = |all: f64, count: usize| all / count as f64;
        let later = moments.len() - 1 - moments.len() / 2;
        println!(
            "{}",
            json!({
                "work": 1,
                "seconds": each(first.0, FIRST_LOOKUPS),
                "gets": each(first.1 as f64, FIRST_LOOKUPS),
                "bytes_got": each(first.2 as f64, FIRST_LOOKUPS),
                "later_seconds": each(last.0, later),
                "later_gets": each(last.1 as f64, later),
                "later_bytes_got": each(last.2 as f64, later),
                "memory_kib": peak_memory_kib().unwrap(),
            })
        );
    }

    /// What the simulation itself takes of an unchanged backup, on one thread: listing the packs, and describing each file.
    fn made_up(&self) {
        let mut packs = 0;
        self.storage.list_each("packs", &mut |_| packs += 1).unwrap();
        assert!(packs >= self.claims.packs());
        assert!(describe(&*self.files.top().unwrap()) > self.files.files);
    }

    fn again(&self) {
        let report = backup(&self.store(), &self.files, &BackupOptions::default(), &Unwatched).unwrap();
        assert_eq!(report.statistics.files_unchanged, self.files.files);
    }

    fn folder(&self) {
        let (store, mut seen) = (self.store(), 0);
        let snapshots = store.snapshots().unwrap().snapshots;
        let tree =
            store.tree(snapshots.iter().find(|it| it.record.totals().files == self.files.files).unwrap()).unwrap();
        let folder = self.files.folder_of(self.files.files / 2);
        let mut each = |_| {
            seen += 1;
            Ok(())
        };
        tree.list(&folder, &mut each).unwrap();
        assert!(seen > 0);
    }

    fn all(&self) {
        let (store, mut seen) = (self.store(), 0);
        let snapshots = store.snapshots().unwrap().snapshots;
        let tree =
            store.tree(snapshots.iter().find(|it| it.record.totals().files == self.files.files).unwrap()).unwrap();
        let root = tree.roots()[0].clone();
        let mut each = |_: &_, _: &_| {
            seen += 1;
            Ok(())
        };
        tree.walk(&root, &mut each).unwrap();
        assert!(seen > self.files.files);
    }

    fn find(&self) {
        let (store, mut found) = (self.store(), 0);
        let mut snapshots = store.snapshots().unwrap().snapshots;
        snapshots.retain(|it| it.record.totals().files == self.files.files);
        snapshots.truncate(1);
        let wanted = self.files.path(self.files.files / 2);
        let name = wanted.names().last().unwrap();
        let mut hit = |_: &_, _: &_, _: &_| {
            found += 1;
            Ok(())
        };
        find(&store, &snapshots, &mut |_, node| *node.entry.name == *name, &mut hit).unwrap();
        assert_eq!(found, 1);
    }

    /// Builds the index of names.
    fn names(&self) {
        let store = self.store();
        let mut snapshots = store.snapshots().unwrap().snapshots;
        snapshots.retain(|it| it.record.totals().files == self.files.files);
        Search::open(&store, &self.folder.join("names")).update(&store, &snapshots, &Unwatched).unwrap();
    }

    fn search(&self) {
        let wanted = self.files.path(self.files.files / 2);
        let name = String::from_utf8(wanted.names().last().unwrap().to_vec()).unwrap();
        let store = self.store();
        let search = Search::open(&store, &self.folder.join("names"));
        let snapshots = store.snapshots().unwrap().snapshots;
        search.refresh(&snapshots, &snapshots[..1]).unwrap();
        let (patterns, filter) = (Patterns::typed(&name, false).unwrap(), Filter::default());
        let page = search.query(&Query::new(&patterns, &filter), None, 10).unwrap();
        assert_eq!(page.hits.len(), 1);
    }

    fn check(&self) {
        let report = check(&self.store(), CheckLevel::Quick, &Unwatched).unwrap();
        assert_eq!(report.problems.len(), 0);
    }

    fn gc(&self) {
        let report = gc(&self.store(), &GcOptions { dry_run: true }, &Unwatched).unwrap();
        assert!(report.packs_deleted + report.packs_kept > self.claims.packs());
        assert!(report.packs_deleted > self.claims.packs() * 9 / 10, "nothing refers to the claims");
    }
}
