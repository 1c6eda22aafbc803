//! Larder reads every golden store in `fixtures/golden/`, whatever it writes itself by now.
//!
//! `expected.json` beside each store says what was backed up, as the file system told it then; `reader/test_golden.py` holds the
//! second reader to the same. `fixtures/golden/make_golden.py` made them.

#![allow(clippy::unwrap_used)] // Test code: what it did not expect should stop it there.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use aws_lc_rs::digest;
use larder_connect::ReadOnlyStorage;
use larder_engine::{Clock, Interrupt, Node, Settings, Store, Tree, Unlock};
use larder_fs::FsStorage;
use larder_model::{Kind, TreePath};
use serde_json::Value;

/// What is expected of each path; paths are percent-encoded, as `expected.json` has them.
type Expected = BTreeMap<String, Value>;

#[test]
fn every_golden_store_is_read() {
    let stores = golden_stores();
    assert!(!stores.is_empty());
    for store in stores {
        let expected: Value = serde_json::from_slice(&fs::read(store.join("expected.json")).unwrap()).unwrap();
        let passphrase = Unlock::passphrase(text(&expected["passphrase"]).to_owned());
        let key_file = Unlock::key_file(fs::read(store.join("key-file")).unwrap());
        for unlock in [passphrase, key_file] {
            check_snapshots(&open(&store, unlock), &expected["snapshots"]);
        }
    }
}

fn golden_stores() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/golden");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.join("expected.json").is_file()).collect()
}

fn open(folder: &Path, unlock: Unlock) -> Store {
    let settings = Settings {
        threads: 1,
        memory: Settings::MEMORY_DEFAULT,
        clock: Clock::system(),
        host: "test".into(),
        process: 1,
        program: "test".into(),
        interrupt: Interrupt::default(),
        own_runs: None,
    };
    let storage = ReadOnlyStorage(FsStorage::new(folder.join("store")));
    let mut unlock = Some(unlock);
    Store::open(Arc::new(storage), &mut |_| Ok(unlock.take().unwrap()), settings).unwrap()
}

fn check_snapshots(store: &Store, expected: &Value) {
    let list = store.snapshots().unwrap();
    assert!(list.damaged.is_empty());
    let expected = expected.as_array().unwrap();
    let ids = expected.iter().map(|snapshot| (text(&snapshot["id"]), snapshot["sequence"].as_u64().unwrap()));
    let found: Vec<_> = list.snapshots.iter().map(|info| (info.id.to_string(), info.record.sequence)).collect();
    assert!(found.iter().map(|(id, sequence)| (&id[..], *sequence)).eq(ids), "{found:?}");

    let mut entries = Expected::new();
    for (info, snapshot) in list.snapshots.iter().zip(expected) {
        for path in snapshot["removed"].as_array().into_iter().flatten() {
            entries.remove(text(path)).unwrap();
        }
        let changed = snapshot["entries"].as_array().unwrap().iter();
        entries.extend(changed.map(|entry| (text(&entry["path"]).to_owned(), entry.clone())));
        check_tree(&store.tree(info).unwrap(), &entries);
    }
}

fn check_tree(tree: &Tree, expected: &Expected) {
    let [root] = tree.roots() else { panic!("a golden store has one root") };
    let mut found = 0;
    let mut check = |path: &TreePath, node: &Node| {
        // Sockets are recorded, but nothing says what to expect of them.
        if node.entry.kind != Kind::Socket {
            let below = path.as_bytes().strip_prefix(root.as_bytes()).unwrap();
            let below = below.strip_prefix(b"/").unwrap_or(below);
            check_node(tree, node, &expected[&percent_encoded(below)]);
            found += 1;
        }
        Ok(())
    };
    tree.walk(root, &mut check).unwrap();
    assert_eq!(found, expected.len());
}

fn check_node(tree: &Tree, node: &Node, expected: &Value) {
    let meta = &node.entry.meta;
    let kind = if node.entry.is_dir() { "folder" } else { node.entry.kind.word() };
    assert_eq!(kind, text(&expected["kind"]), "{expected}");
    let nanoseconds = meta.mtime.map(|mtime| i128::from(mtime.secs) * 1_000_000_000 + i128::from(mtime.nanos));
    // Dropbox has no times for folders, and nothing has a mode there.
    assert_eq!(nanoseconds, expected["mtime"].as_i64().map(i128::from), "{expected}");
    if kind != "symlink" {
        let mode = meta.mode.map(|mode| format!("{mode:04o}"));
        assert_eq!(mode.as_deref(), expected["mode"].as_str(), "{expected}");
    }
    let target = meta.target.as_deref().map(percent_encoded);
    assert_eq!(target.as_deref(), expected["target"].as_str(), "{expected}");
    if let Some(owner) = expected["owner"].as_array() {
        let found = meta.owner.as_ref().map(|owner| [owner.uid, owner.gid].map(Value::from));
        assert_eq!(found.as_ref().map(<[Value; 2]>::as_slice), Some(&owner[..]), "{expected}");
    }
    assert_eq!(meta.link.is_some(), expected["link"].is_string(), "{expected}");
    check_xattrs(node, expected);
    if node.entry.kind == Kind::File {
        assert_eq!(Some(meta.size), expected["size"].as_u64(), "{expected}");
        check_content(tree, node, expected);
    }
}

/// Of those that are too long for a page, the lengths.
fn check_xattrs(node: &Node, expected: &Value) {
    let short = node.entry.meta.xattrs.iter().map(|xattr| (&xattr.name, xattr.value.len()));
    let long = node.long_xattrs.iter().map(|xattr| (&xattr.name, xattr.len as usize));
    let own = short.chain(long).filter(|(name, _)| name.starts_with(b"user."));
    let found: BTreeMap<_, _> = own.map(|(name, len)| (String::from_utf8_lossy(name).into_owned(), len)).collect();
    let expected = expected["xattrs"].as_object().into_iter().flatten();
    assert_eq!(found, expected.map(|(name, value)| (name.clone(), text(value).len() / 2)).collect());
}

fn check_content(tree: &Tree, node: &Node, expected: &Value) {
    let mut content = Vec::new();
    tree.read(node, &mut content).unwrap();
    assert_eq!(content.len() as u64, node.entry.meta.size, "{expected}");
    if let Some(sha256) = expected["sha256"].as_str() {
        let hash = digest::digest(&digest::SHA256, &content);
        let hex: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, sha256, "{expected}");
    }
}

/// As Python's `quote_from_bytes` has it.
fn percent_encoded(bytes: &[u8]) -> String {
    let encode = |byte: &u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' | b'-' | b'~' | b'/' => char::from(*byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    bytes.iter().map(encode).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}
