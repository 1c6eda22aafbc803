//! A simulated account, a store in memory, and restores of the one into the other.

use std::{collections::BTreeMap, path::PathBuf, sync::Mutex};

use dropbox_client::{Access, Client, Endpoint, Secret, Settings};
use dropbox_simulator::{Account as SimAccount, Fault, FaultKind, Options, Simulator, When};
use larder_dropbox::{Account, DropboxSource, DropboxTarget, Rules, SourceOptions, TargetOptions};
use larder_engine::{Monitor, OnConflict, RestoreOptions, RestoreReport, SnapshotInfo, Store, restore};
use larder_model::{Class, Kind, Result, Skip};
use larder_testkit::{
    Larder,
    tree::{MemoryTree, SharedTree},
};
use tempfile::TempDir;

/// Calls that change something at Dropbox, or prepare it.
pub const WRITES: [&str; 5] = ["upload", "delete", "create_folder", "files/restore", "move"];

pub struct World {
    pub simulator: Simulator,
    pub account: SimAccount,
    pub larder: Larder,
    pub options: TargetOptions,
    pub retries: u32,
    known: Account,
    /// Is deleted at the end.
    _notes_folder: Option<TempDir>,
}

impl World {
    pub fn new() -> Self {
        Self::with(Options::default())
    }

    pub fn with(options: Options) -> Self {
        let simulator = Simulator::start(options).unwrap();
        let account = simulator.account();
        let known = Account::ask(&client_of(&simulator, &account, 3)).unwrap();
        simulator.reset_journal();
        let mut larder = Larder::new();
        larder.threads = 2;
        Self { simulator, account, larder, options: TargetOptions::default(), retries: 3, known, _notes_folder: None }
    }

    /// Notes on uploads are kept for as long as this is.
    pub fn with_notes(mut self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        self.options.notes = Some(folder.path().join("notes"));
        Self { _notes_folder: Some(folder), ..self }
    }

    pub fn notes(&self) -> PathBuf {
        self.options.notes.clone().unwrap()
    }

    pub fn target_at(&self, path: &str) -> DropboxTarget {
        let options = TargetOptions { path: path.into(), ..self.options.clone() };
        DropboxTarget::new(&client_of(&self.simulator, &self.account, self.retries), self.known.clone(), options)
            .unwrap()
    }

    /// Another client of the same account.
    pub fn client(&self) -> Client {
        client_of(&self.simulator, &self.account, 3)
    }

    pub fn tree(&self) -> MemoryTree {
        MemoryTree::new(&self.larder.clock)
    }

    /// A snapshot of a tree.
    pub fn snapshot_of(&self, tree: &SharedTree) -> SnapshotInfo {
        let report = self.larder.backup(tree);
        self.store().snapshot(report.snapshot.unwrap()).unwrap()
    }

    /// A snapshot of the account as it is.
    pub fn snapshot(&self) -> SnapshotInfo {
        let client = client_of(&self.simulator, &self.account, 3);
        let options = SourceOptions { relist_days: 0, ..SourceOptions::default() };
        let rules = Rules::new(&options).unwrap();
        let source = DropboxSource::new(&client, self.known.clone(), rules, options);
        let report = self.larder.backup_of(&source).unwrap();
        self.store().snapshot(report.snapshot.unwrap()).unwrap()
    }

    pub fn store(&self) -> Store {
        self.larder.open()
    }

    /// Restores all of a snapshot, with the journal begun anew.
    pub fn try_restore(
        &self,
        snapshot: &SnapshotInfo,
        path: &str,
        how: &RestoreOptions,
    ) -> (Result<RestoreReport>, Rows) {
        self.simulator.reset_journal();
        let (rows, store, target) = (Rows::default(), self.store(), self.target_at(path));
        let report = restore(&store, snapshot, None, &target, how, &rows);
        (report, rows)
    }

    /// A restore; the simulator must have had nothing to complain about.
    #[track_caller]
    pub fn restore_with(&self, snapshot: &SnapshotInfo, path: &str, how: &RestoreOptions) -> (RestoreReport, Rows) {
        let (report, rows) = self.try_restore(snapshot, path, how);
        self.has_kept_the_rules();
        (report.unwrap(), rows)
    }

    #[track_caller]
    pub fn restore(&self, snapshot: &SnapshotInfo, path: &str) -> RestoreReport {
        let (report, rows) = self.restore_with(snapshot, path, &RestoreOptions::default());
        assert_eq!(report.missing, 0, "{:?}", rows.missing());
        report
    }

    #[track_caller]
    pub fn has_kept_the_rules(&self) {
        let violations = self.simulator.violations();
        assert!(violations.is_empty(), "{violations:?}");
        let wrong: Vec<_> = self.simulator.log().into_iter().filter(|call| call.status == 400).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    pub fn calls(&self) -> usize {
        self.simulator.total_calls()
    }

    /// Calls that write.
    pub fn writes(&self) -> usize {
        let log = self.simulator.log();
        log.iter().filter(|call| WRITES.iter().any(|word| call.route.contains(word))).count()
    }

    pub fn fault(&self, route: &str, when: When, kind: FaultKind) {
        self.simulator.add_fault(Fault { route: route.into(), when, kind });
    }

    /// Paths and contents of all that is in the account; folders end in a slash.
    pub fn content(&self) -> BTreeMap<String, Vec<u8>> {
        let paths = self.account.paths().into_iter();
        paths.map(|path| (path.clone(), self.account.read(&path).unwrap_or_default())).collect()
    }

    /// The same of a snapshot, without its root.
    pub fn content_of(&self, snapshot: &SnapshotInfo) -> BTreeMap<String, Vec<u8>> {
        let store = self.store();
        let tree = store.tree(snapshot).unwrap();
        let root = tree.roots()[0].clone();
        let mut content = BTreeMap::new();
        let mut found = Vec::new();
        tree.walk(&root, &mut |path, node| {
            let skipped = if root.is_top() { 0 } else { root.as_bytes().len() };
            found.push((String::from_utf8_lossy(&path.as_bytes()[skipped..]).into_owned(), node.clone()));
            Ok(())
        })
        .unwrap();
        for (path, node) in found {
            let mut body = Vec::new();
            match node.entry.kind {
                Kind::Directory => drop(content.insert(path + "/", body)),
                Kind::File => {
                    tree.read(&node, &mut body).unwrap();
                    content.insert(path, body);
                }
                _ => {}
            }
        }
        content
    }
}

pub fn overwrite() -> RestoreOptions {
    RestoreOptions { on_conflict: OnConflict::Overwrite, ..RestoreOptions::default() }
}

pub fn dry_run(options: RestoreOptions) -> RestoreOptions {
    RestoreOptions { dry_run: true, ..options }
}

/// Rows of the report, as they come.
#[derive(Default)]
pub struct Rows(Mutex<Vec<Skip>>);

impl Rows {
    pub fn all(&self) -> Vec<Skip> {
        self.0.lock().unwrap().clone()
    }

    pub fn missing(&self) -> Vec<Skip> {
        self.all().into_iter().filter(|skip| skip.class == Class::Missing).collect()
    }

    pub fn reasons(&self) -> Vec<String> {
        let mut reasons: Vec<_> = self.all().into_iter().map(|skip| skip.reason).collect();
        reasons.sort();
        reasons
    }
}

impl Monitor for Rows {
    fn skip(&self, skip: &Skip) {
        self.0.lock().unwrap().push(skip.clone());
    }
}

pub fn client_of(simulator: &Simulator, account: &SimAccount, retries: u32) -> Client {
    let access = Access::Token(Secret::new(account.token()));
    let endpoint = Endpoint::at(&simulator.endpoint()).unwrap();
    // The pace of tests is not that of people's accounts.
    Client::new(Settings { endpoint, retries, pace: Some(2_000.0), ..Settings::new(access) }).unwrap()
}

/// Bytes that do not repeat.
pub fn bytes(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    (0..len)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        })
        .collect()
}

/// Many small files in some folders.
pub fn small_files(world: &World, count: usize, folders: usize, len: usize) -> SharedTree {
    let mut tree = world.tree();
    for number in 0..count {
        tree.write(format!("folder {}/file {number}", number % folders), bytes(len, number as u64));
    }
    tree.shared()
}
