//! A simulated account with a folder for a store, and stores in it.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use dropbox_client::{Access, Client, Endpoint, Secret, Settings as ClientSettings};
use dropbox_simulator::{Account, Fault, FaultKind, Options, Simulator, When};
use larder_connect::{ObjectName, Storage};
use larder_dropbox::{DropboxStorage, StorageOptions};
use larder_engine::{BackupOptions, BackupReport, Clock, Settings, Store, Unwatched, backup};
use larder_model::{Kind, Result, Time};
use larder_testkit::{
    Larder, Rng, SimClock, generate,
    tree::{MemorySource, SharedTree},
};

pub const FOLDER: &str = "/Larder";

pub struct Place {
    pub simulator: Arc<Simulator>,
    pub account: Account,
    pub visibility_delay: Duration,
    /// How far the engine's clock is ahead, in milliseconds.
    ahead: Arc<AtomicU64>,
}

impl Place {
    pub fn new() -> Self {
        Self::with(Options::default())
    }

    pub fn with(options: Options) -> Self {
        let simulator = Arc::new(Simulator::start(options).unwrap());
        Self { account: simulator.account(), simulator, visibility_delay: Duration::ZERO, ahead: Arc::default() }
    }

    /// A client of its own: another machine.
    pub fn client(&self) -> Client {
        self.client_with(6)
    }

    fn client_with(&self, retries: u32) -> Client {
        let access = Access::Token(Secret::new(self.account.token()));
        let endpoint = Endpoint::at(&self.simulator.endpoint()).unwrap();
        // The pace of tests is not that of people's accounts.
        Client::new(ClientSettings { endpoint, pace: Some(2_000.0), retries, ..ClientSettings::new(access) }).unwrap()
    }

    /// Gives up soon.
    pub fn impatient(&self, folder: &str) -> DropboxStorage {
        DropboxStorage::new(&self.client_with(1), folder, StorageOptions::default())
    }

    pub fn storage(&self, folder: &str) -> DropboxStorage {
        let options = StorageOptions { visibility_delay: self.visibility_delay, ..StorageOptions::default() };
        DropboxStorage::new(&self.client(), folder, options)
    }

    pub fn has_fault(&self, route: &str, when: When, kind: FaultKind) {
        self.simulator.add_fault(Fault { route: route.to_owned(), when, kind });
    }

    #[track_caller]
    pub fn has_kept_the_rules(&self) {
        let violations = self.simulator.violations();
        assert!(violations.is_empty(), "{violations:?}");
    }

    /// The engine's settings; waiting turns its clock and the simulator's.
    fn settings(&self) -> Settings {
        let (now, ahead, simulator) = (self.ahead.clone(), self.ahead.clone(), self.simulator.clone());
        let clock = Clock::new(
            move || {
                let time = Time::now();
                Time::new(time.secs + (now.load(SeqCst) / 1000) as i64, time.nanos)
            },
            move |wait| {
                ahead.fetch_add(wait.as_millis() as u64, SeqCst);
                simulator.advance(wait);
            },
        );
        Settings { clock, threads: 2, ..Larder::new().settings() }
    }

    pub fn create(&self) -> Store {
        self.create_on(Arc::new(self.storage(FOLDER))).unwrap()
    }

    pub fn create_on(&self, storage: Arc<dyn Storage>) -> Result<Store> {
        Store::create(storage, &Larder::unlock(), "test", None, self.settings())
    }

    /// Opens the store as another machine does.
    pub fn open(&self) -> Store {
        self.open_on(Arc::new(self.storage(FOLDER))).unwrap()
    }

    pub fn open_on(&self, storage: Arc<dyn Storage>) -> Result<Store> {
        Store::open(storage, &mut |_| Ok(Larder::unlock()), self.settings())
    }

    /// Paths of a store's objects without its folder.
    pub fn objects(&self, folder: &str) -> Vec<String> {
        let prefix = format!("{FOLDER}/{folder}");
        let paths = self.account.paths().into_iter().filter(|path| path.starts_with(&prefix) && !path.ends_with('/'));
        paths.map(|path| path[FOLDER.len() + 1..].to_owned()).collect()
    }

    pub fn path(object: &str) -> String {
        format!("{FOLDER}/{object}")
    }
}

pub fn name(text: &str) -> ObjectName {
    ObjectName::parse(text).unwrap()
}

/// Files whose bytes do not repeat.
pub fn tree(seed: u64, files: usize) -> SharedTree {
    let mut rng = Rng::new(seed);
    let tree = generate::tree(&mut rng, &SimClock::default(), files).shared();
    tree.lock().write("large", rng.bytes(3_000_000));
    tree
}

pub fn back_up(store: &Store, tree: &SharedTree) -> Result<BackupReport> {
    backup(store, &MemorySource::new(tree), &BackupOptions::default(), &Unwatched)
}

/// Every file of a snapshot with its bytes, each verified on the way.
pub fn content(store: &Store, snapshot: &str) -> Result<BTreeMap<String, Vec<u8>>> {
    let tree = store.tree(&store.find_snapshot(snapshot)?)?;
    let root = tree.roots()[0].clone();
    let mut files = Vec::new();
    tree.walk(&root, &mut |path, node| {
        if node.entry.kind == Kind::File {
            files.push((path.to_string(), node.clone()));
        }
        Ok(())
    })?;
    let mut content = BTreeMap::new();
    for (path, node) in files {
        let mut body = Vec::new();
        tree.read(&node, &mut body)?;
        content.insert(path, body);
    }
    Ok(content)
}
