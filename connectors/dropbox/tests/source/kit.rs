//! A simulated account, a store in memory, and backups of the one into the other.

use std::collections::BTreeMap;

use dropbox_client::{Access, Client, Endpoint, Secret, Settings};
use dropbox_simulator::{Account as SimAccount, Options, Simulator};
use larder_dropbox::{Account, DropboxSource, Rules, SourceOptions};
use larder_engine::{BackupOptions, BackupReport, Unwatched, backup};
use larder_model::{Kind, Result, Skip};
use larder_testkit::Larder;

pub struct World {
    pub simulator: Simulator,
    pub account: SimAccount,
    pub larder: Larder,
    pub options: SourceOptions,
    client: Client,
    known: Account,
}

impl World {
    pub fn new() -> Self {
        Self::with(Options::default())
    }

    pub fn with(options: Options) -> Self {
        let simulator = Simulator::start(options).unwrap();
        let account = simulator.account();
        let client = client(&simulator, &account);
        let known = Account::ask(&client).unwrap();
        simulator.reset_journal();
        let mut larder = Larder::new();
        larder.threads = 2;
        Self { simulator, account, larder, options: SourceOptions::default(), client, known }
    }

    /// Asks anew who the account is.
    pub fn know_again(&mut self) {
        self.known = Account::ask(&self.client).unwrap();
        self.simulator.reset_journal();
    }

    pub fn source(&self) -> DropboxSource {
        let rules = Rules::new(&self.options).unwrap();
        DropboxSource::new(&self.client, self.known.clone(), rules, self.options.clone())
    }

    pub fn try_backup(&self) -> Result<BackupReport> {
        self.simulator.reset_journal();
        self.larder.backup_of(&self.source())
    }

    /// A backup; the simulator must have had nothing to complain about.
    #[track_caller]
    pub fn backup(&self) -> BackupReport {
        let report = self.try_backup().unwrap();
        let violations = self.simulator.violations();
        assert!(violations.is_empty(), "{violations:?}");
        report
    }

    pub fn dry_run(&self) -> BackupReport {
        let options = BackupOptions { dry_run: true, ..BackupOptions::default() };
        backup(&self.larder.open(), &self.source(), &options, &Unwatched).unwrap()
    }

    pub fn calls(&self) -> usize {
        self.simulator.total_calls()
    }

    pub fn downloads(&self) -> usize {
        ["files/download", "files/download_zip", "files/export"].iter().map(|route| self.simulator.calls(route)).sum()
    }

    /// Paths and contents of a snapshot; folders end in a slash.
    pub fn content(&self, report: &BackupReport) -> BTreeMap<String, Vec<u8>> {
        let store = self.larder.open();
        let info = store.snapshot(report.snapshot.unwrap()).unwrap();
        let tree = store.tree(&info).unwrap();
        let root = tree.roots()[0].clone();
        let mut found = Vec::new();
        tree.walk(&root, &mut |path, node| {
            found.push((String::from_utf8(path.as_bytes().to_vec()).unwrap(), node.clone()));
            Ok(())
        })
        .unwrap();
        let mut content = BTreeMap::new();
        for (path, node) in found {
            let mut body = Vec::new();
            match node.entry.kind {
                Kind::Directory => drop(content.insert(format!("{path}/"), body)),
                Kind::Symlink => drop(content.insert(path, node.entry.meta.target.unwrap().to_vec())),
                _ => {
                    tree.read(&node, &mut body).unwrap();
                    content.insert(path, body);
                }
            }
        }
        content
    }

    /// The same of the account as it is.
    pub fn expected(&self) -> BTreeMap<String, Vec<u8>> {
        let all = self.account.paths();
        all.into_iter()
            .map(|path| match self.account.read(&path) {
                Some(body) => (path, body),
                None => (format!("{}/", path.trim_end_matches('/')), Vec::new()),
            })
            .collect()
    }

    #[track_caller]
    pub fn assert_same(&self, report: &BackupReport, context: &str) {
        let (expected, content) = (self.expected(), self.content(report));
        let wrong: Vec<_> = expected
            .iter()
            .filter(|(path, body)| content.get(*path) != Some(body))
            .map(|(path, _)| format!("{path} is missing or other"))
            .chain(
                content.keys().filter(|path| !expected.contains_key(*path)).map(|path| format!("{path} is too much")),
            )
            .take(10)
            .collect();
        assert!(wrong.is_empty(), "{context}: {wrong:#?}");
    }

    pub fn ledger(&self, report: &BackupReport) -> Vec<Skip> {
        let store = self.larder.open();
        let info = store.snapshot(report.snapshot.unwrap()).unwrap();
        let mut rows = Vec::new();
        store
            .ledger(&info, &mut |skip| {
                rows.push(skip);
                Ok(())
            })
            .unwrap();
        rows
    }
}

fn client(simulator: &Simulator, account: &SimAccount) -> Client {
    let access = Access::Token(Secret::new(account.token()));
    let endpoint = Endpoint::at(&simulator.endpoint()).unwrap();
    // The pace of tests is not that of people's accounts.
    Client::new(Settings { endpoint, pace: Some(2_000.0), ..Settings::new(access) }).unwrap()
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
