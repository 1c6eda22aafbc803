//! Writes stored cases for every target: `cargo run -p larder-fuzz --example make_corpus`.
//!
//! They are what Larder itself writes, with every field, column and row in use, so that tampering with them reaches far. Sealed
//! parts are random, so each run makes other slots and rings; run it when the format has grown, not for the sake of it.

use std::{error::Error, fs, path::Path};

use larder_dropbox::decoders::{Checkpoint, Document, Item, Kept};
use larder_format::{
    config::Config,
    container::{self, HASH_LEN, HEAD_LEN, ObjectKind, Suite},
    frame::FrameCodec,
    index::{AliasEntry, BLOCK_LEN_MAX, IndexEntry, IndexRun, PackRow, RunEntry, RunKind},
    keys::{BlobKind, EpochKeys, Identity},
    ledger::{self, Statistics},
    pack::{BlobRow, PackBuilder, locator},
    page::{self, Chunk, Content, ContentTree, FolderChild, LongXattr, Node, PageRef, Totals},
    records::{Intent, MarkReason, Marks, Record, SealedRecord, Start},
    ring::Ring,
    sealing::{BoxKind, OVERHEAD},
    secret::Secret,
    slot::{Slot, Unlock},
    snapshot::{CheckpointKind, Completeness, NewSnapshot, Reference, Snapshot},
};
use larder_model::{
    BlobId, Device, Entry, Fingerprint, Flags, Hash, Kind, LinkId, Metadata, Origin, Owner, PackId, RunId, Skip,
    SnapshotId, Stamp, StoreId, Time, TreePath, Xattr,
};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const STORE: StoreId = StoreId([3; 16]);
const RUN: RunId = RunId([4; 16]);
const MAC_LEN: usize = 32;

fn main() -> Outcome {
    keys()?;
    objects()?;
    frames()?;
    pages()?;
    pack_and_index()?;
    snapshots()?;
    records()?;
    names()?;
    dropbox()?;
    rclone()?;
    answers()
}

fn store(target: &str, name: &str, case: &[u8]) -> Outcome {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    fs::create_dir_all(&folder)?;
    Ok(fs::write(folder.join(name), case)?)
}

fn identity() -> Secret {
    Secret::new([1; 32])
}

fn epoch() -> EpochKeys {
    EpochKeys::new(0, Secret::new([2; 32]))
}

fn body(object: &[u8]) -> &[u8] {
    &object[HEAD_LEN..object.len() - HASH_LEN]
}

fn keys() -> Outcome {
    let secret = identity();
    let key_file = Unlock::key_file(b"the key file of the fuzz targets".to_vec());
    let slot = Slot::create(STORE, 1, &key_file, &secret, 1_700_000_000, "a key file")?;
    store("slot", "key-file", body(&slot.to_object()))?;
    let other = Slot::create(STORE, 2, &Unlock::passphrase("golden".into()), &secret, -1, "")?;
    store("slot", "passphrase", body(&other.to_object()))?;

    let identity = Identity::new(secret);
    let second = EpochKeys::new(1, Secret::new([5; 32]));
    let members = [slot.member(), other.member()];
    for (name, ring) in [
        ("first", Ring::create(STORE, 0, &epoch(), None, &members, 7)?),
        ("second-epoch", Ring::create(STORE, 3, &second, Some(&epoch()), &members, 7)?),
    ] {
        let object = ring.to_object(&identity);
        let body = body(&object);
        store("ring", name, &body[..body.len() - MAC_LEN])?;
    }
    let config = Config::new(STORE, 1_700_000_000);
    for (name, config) in [("first", config.clone()), ("second", config.successor(Hash([6; 32])))] {
        let object = config.to_object(&identity);
        let body = body(&object);
        store("config", name, &body[..body.len() - MAC_LEN])?;
    }
    Ok(())
}

fn objects() -> Outcome {
    let (marks, _) = container::wrap(ObjectKind::Marks, Suite::Sealed, 7, b"body");
    store("container", "whole", &marks)?;
    store("container", "without-its-hash", &marks[..marks.len() - HASH_LEN])?;
    let (empty, _) = container::wrap(ObjectKind::Config, Suite::Plain, 0, b"");
    store("container", "without-a-body", &empty[..HEAD_LEN])
}

fn frames() -> Outcome {
    let text = b"Larder keeps backups of cloud drives and files. ".repeat(20);
    for (name, data, level) in [("text", &text[..], 3), ("plain", b"as it is", 0), ("empty", b"", 3)] {
        let (mut codec, mut sealed) = (FrameCodec::default(), Vec::new());
        codec.seal(epoch().frames(BlobKind::Content), BlobKind::Content, data, level, &mut sealed)?;
        let plain = epoch().frames(BlobKind::Content).open(BlobKind::Content.frame_kind(), &sealed)?;
        store("frame", name, &plain)?;
    }
    Ok(())
}

fn pages() -> Outcome {
    store("page", "folder-leaf", &page::encode_leaf(&nodes()))?;
    store("page", "folder-leaf-of-one", &page::encode_leaf(&nodes()[..1]))?;
    let child = |name: &[u8], level| FolderChild {
        last_name: name.into(),
        page: PageRef { id: BlobId([name[0]; 32]), level },
        totals: Totals { files: 300, folders: 1, bytes: 1 << 40 },
    };
    store("page", "folder-inner", &page::encode_inner(1, &[child(b"m", 0), child(b"z\xff", 0)]))?;
    let mut names = ["content-leaf", "content-inner"].iter();
    let mut keep = |page: Vec<u8>| -> Outcome<BlobId> {
        if let Some(name) = names.next() {
            store("page", name, &page)?;
        }
        Ok(BlobId([8; 32]))
    };
    let mut tree = ContentTree::default();
    // The last two bytes of the first chunk's id end a leaf and an inner page.
    for id in [BlobId([0; 32]), BlobId([9; 32])] {
        tree.push(Chunk::Data { id, len: 1 << 20 }, &mut keep)?;
        tree.push(Chunk::Hole { len: 1 << 41 }, &mut keep)?;
    }
    tree.finish(&mut keep)?;
    Ok(())
}

fn nodes() -> Vec<Node> {
    let page = |level| PageRef { id: BlobId([7; 32]), level };
    let totals = Totals { files: 3, folders: 2, bytes: 70_000 };
    let slice = |offset| Content::Slice { blob: BlobId([6; 32]), offset };
    let mut nodes = vec![
        full(),
        Node::new(Entry::new(*b"blob", Kind::File), Content::Blob(BlobId([5; 32]))),
        Node::new(Entry::new(*b"folder", Kind::Directory), Content::Folder { root: page(1), totals }),
        Node::new(Entry::new(*b"joined", Kind::File), slice(0)),
        Node::new(Entry::new(*b"joined too", Kind::File), slice(300)),
        Node::new(Entry::new(*b"large", Kind::File), Content::Tree(page(0))),
        Node::new(Entry::new(*b"link\xff", Kind::Symlink), Content::Nothing),
        Node::new(Entry::new(*b"null", Kind::CharDevice), Content::Nothing),
    ];
    nodes[1].entry.meta.mtime = Some(Time::new(1_700_000_000, 5));
    nodes[3].entry.meta.mtime = Some(Time::new(-1, 999_999_999));
    nodes[6].entry.meta.target = Some((*b"../elsewhere").into());
    nodes[7].entry.meta.device = Some(Device { major: 1, minor: 3 });
    nodes
}

fn full() -> Node {
    let mut entry = Entry::new(*b"all of it", Kind::File);
    entry.meta = Metadata {
        size: 12_345,
        mtime: Some(Time::new(1_700_000_000, 1)),
        ctime: Some(Time::new(1_700_000_000, 2)),
        btime: Some(Time::new(-5, 3)),
        mode: Some(0o4755),
        owner: Some(Owner { uid: 1_000, gid: 7, user: Some((*b"ann").into()), group: None }),
        stamp: Some(Stamp { inode: 77 }),
        link: Some(LinkId { device: 3, inode: 77 }),
        device: None,
        target: None,
        xattrs: vec![Xattr { name: (*b"user.a").into(), value: (*b"\0\xff").into() }],
        fingerprint: Some(Fingerprint { kind: 1, hash: [9; 32].into() }),
        provider: Some((*b"{}").into()),
        flags: Flags::RACY.with(Flags::CHANGED),
    };
    let long = LongXattr { name: (*b"user.long").into(), value: BlobId([4; 32]), len: 70_000 };
    Node { entry, content: Content::Slice { blob: BlobId([6; 32]), offset: 77 }, long_xattrs: vec![long] }
}

fn pack_and_index() -> Outcome {
    let identity = Identity::new(identity());
    let (mut codec, mut pack) = (FrameCodec::default(), PackBuilder::new(BlobKind::Content, Vec::new()));
    for words in [["one", "two"], ["three", "four"]] {
        let row = |word: &str| {
            let id = identity.blob_id(BlobKind::Content, word.as_bytes());
            BlobRow { locator: locator(&id), len: word.len() as u32 }
        };
        pack.add_frame(&mut codec, &epoch(), words.concat().as_bytes(), &words.map(row), 3)?;
    }
    let built = pack.finish(&epoch(), RUN, 77);
    let directory = last_box(built.bytes());
    let directory_plain = epoch().index().open(BoxKind::DIRECTORY, directory)?;
    store("directory", "two-frames", &directory_plain)?;
    store("directory", "as-short-as-an-end", &[0; 36])?;
    store("tail", "as-short-as-an-end", &[0; 36])?;
    store("directory", "end-of-a-pack", &built.bytes()[built.bytes().len() - directory.len() - 40..])?;

    let row = PackRow {
        id: built.id,
        size: built.bytes().len() as u64,
        kind: BlobKind::Content,
        epoch: 0,
        run: RUN,
        created: 77,
        hash: (1, vec![9; 32]),
    };
    let mut run = IndexRun {
        kind: RunKind::Blobs(BlobKind::Content),
        level: 1,
        run: RUN,
        created: 78,
        packs: vec![row],
        entries: built.entries,
        superseded: vec![Hash([1; 32]), Hash([2; 32])],
    };
    store_run("small", run.clone())?;
    let entry = |number: u32| IndexEntry {
        locator: *blake3::hash(&number.to_le_bytes()).as_bytes().first_chunk().expect("a hash has 32 bytes"),
        pack: 0,
        frame_offset: 16 + number / 8 * 1_000,
        frame_len: 1_000,
        offset: number % 8 * 100,
        len: 100,
    };
    run.entries = (0..3_650).map(entry).collect();
    store_run("of-three-blocks", run.clone())?;
    let contents = [
        Content::Nothing,
        Content::Blob(BlobId([1; 32])),
        Content::Slice { blob: BlobId([2; 32]), offset: 8_000 },
        Content::Tree(PageRef { id: BlobId([3; 32]), level: 1 }),
    ];
    let locator = |number: u32| entry(number).locator;
    let alias = |number: u32| AliasEntry::new(locator(number), 5, contents[number as usize % 4], 79);
    let entries = (0..8).filter_map(alias).collect();
    let IndexRun { level, run, created, .. } = run;
    let kind = RunKind::Aliases;
    store_run("of-aliases", IndexRun { kind, level, run, created, packs: Vec::new(), entries, superseded: Vec::new() })
}

fn store_run<E: RunEntry>(name: &str, run: IndexRun<E>) -> Outcome {
    let rest = run.entries.len() % (BLOCK_LEN_MAX / E::LEN);
    let (object, _) = run.to_object(&epoch());
    let tail = last_box(&object);
    store("tail", name, &epoch().index().open(BoxKind::INDEX_TAIL, tail)?)?;
    // The last block holds what the full ones leave: few entries, which keeps the case small.
    let end = object.len() - HASH_LEN - 4 - tail.len();
    let block = &object[end - OVERHEAD - rest * E::LEN..end];
    store("block", name, &epoch().index().open(BoxKind::INDEX_BLOCK, block)?)
}

/// The box before the length and the hash at an object's end.
fn last_box(object: &[u8]) -> &[u8] {
    let (rest, len) = object[..object.len() - HASH_LEN].split_at(object.len() - HASH_LEN - 4);
    let len = u32::from_le_bytes([len[0], len[1], len[2], len[3]]) as usize;
    &rest[rest.len() - len..]
}

fn snapshots() -> Outcome {
    let rows = [
        Skip::missing(TreePath::new(b"/home/ann/a\xff"), "unreadable", "it cannot be read").tagged("EACCES"),
        Skip::note(TreePath::new("/home/ann/b"), "changed", "it changed while it was read"),
    ];
    let ledger: Vec<u8> = rows.iter().flat_map(ledger::encode_row).collect();
    store("ledger", "two-rows", &ledger)?;
    let statistics = Statistics { files_new: 5, bytes_read: 1 << 40, duration_ms: 1_234, ..Statistics::default() };
    store("statistics", "some", &statistics.encode())?;

    let root = PageRef { id: BlobId([6; 32]), level: 2 };
    let full = NewSnapshot {
        origin: Origin { connector: "fs".into(), identity: "a machine".into(), root: "/home/ann".into() },
        roots: vec![TreePath::new("/home/ann"), TreePath::new(b"/srv/\xff")],
        roots_reference: None,
        source_times: Some((Time::new(10, 1), Time::new(20, 2))),
        times: (Time::new(11, 3), Time::new(21, 999_999_999)),
        sequence: 5,
        host: "host".into(),
        tags: vec!["daily".into(), "kept".into()],
        root: Some(root),
        totals: Totals { files: 100, folders: 20, bytes: 1 << 33 },
        completeness: Completeness::ItemsMissing,
        ledger: Some(Reference::inline(ledger)),
        ledger_rows: (1, 1),
        statistics: Some(Reference::blob(BlobId([7; 32]), 80)),
        checkpoint: Some((CheckpointKind::Whole, Reference::inline(vec![3; 40]))),
        parent: Some(SnapshotId([8; 32])),
        previous: Some(SnapshotId([9; 32])),
        run: RUN,
        program: "larder 0.1.0".into(),
    };
    store("snapshot", "full", &Snapshot::new(full.clone()).encode()?.0)?;
    let many_roots = Some(Reference::tree(root, 1 << 20));
    let sparse = NewSnapshot { roots_reference: many_roots, source_times: None, root: None, ledger: None, ..full };
    store("snapshot", "roots-elsewhere", &Snapshot::new(sparse).encode()?.0)
}

fn records() -> Outcome {
    let (root, id) = (PageRef { id: BlobId([5; 32]), level: 1 }, SnapshotId([2; 32]));
    store("start", "with-a-parent", &Start::new(RUN, Some((id, Some(root))), 3, "host".into(), 4).to_plain())?;
    store("start", "first", &Start::new(RUN, None, -3, String::new(), 0).to_plain())?;
    let references = vec![Reference::inline(vec![7; 9]), Reference::blob(root.id, 5), Reference::tree(root, 1 << 40)];
    store("intent", "full", &Intent::new(RUN, Some(root), 6, references).to_plain())?;
    store("intent", "of-nothing", &Intent::new(RUN, None, 6, Vec::new()).to_plain())?;
    let marks = Marks::new(MarkReason::Damaged, RUN, 8).with_frames([(PackId([1; 32]), 16), (PackId([2; 32]), 4_000)]);
    store("marks", "damaged", &marks.to_plain())?;
    let marks = Marks::new(MarkReason::Delete, RUN, 8).with_packs([PackId([9; 32]), PackId([8; 32])]);
    store("marks", "to-be-deleted", &marks.to_plain())?;
    let origin = Origin { connector: "fs".into(), identity: "a machine".into(), root: "/".into() };
    store("record", "forget", &Record::forget(1, "host".into(), id, origin, 3).to_plain())?;
    store("record", "check", &Record::check(1, "host".into(), 3, [PackId([9; 32])], 2).to_plain())
}

fn names() -> Outcome {
    for (index, case) in
        [&b"plain \xe2\x98\x95"[..], b"a\xffb\n", br"\x1b[31m\\\n", b"\xe2\x80\xaetxt"].iter().enumerate()
    {
        store("escaped", &format!("{index}"), case)?;
    }
    for (index, case) in [&b"/home//ann/./x/../y"[..], b"a/b\0../../c", b"/\xff/.../..x"].iter().enumerate() {
        store("tree_path", &format!("{index}"), case)?;
    }
    for (index, case) in ["packs/00ff", "runs/0a.start", "config/00000000-1", "../x"].iter().enumerate() {
        store("object_name", &format!("{index}"), case.as_bytes())?;
    }
    store("ids", "short", "a5".repeat(16).as_bytes())?;
    store("ids", "long", "0f".repeat(32).as_bytes())
}

fn dropbox() -> Outcome {
    let file = Item {
        id: Some("id:abc".into()),
        rev: Some("0123456789abcdef".into()),
        server_modified: Some(1_700_000_000),
        shared_in: Some("84528192421".into()),
        read_only: Some(true),
        modified_by: Some("dbid:AAH".into()),
        has_members: Some(true),
        size: Some(5),
        client_modified: Some(-1),
        content_hash: Some(vec![0xab; 32]),
        ..Item::default()
    };
    let folder = Item { id: file.id.clone(), mounts: Some("7".into()), is_folder: Some(true), ..Item::default() };
    let formats = Some(vec!["markdown".into(), "html".into()]);
    let document = Item { export: Some("html".into()), export_options: formats, content_hash: None, ..file.clone() };
    let link = Item { target: Some("../x".into()), ..Item::default() };
    for (name, item) in [("file", &file), ("folder", &folder), ("document", &document), ("link", &link)] {
        store("item", name, &item.encode())?;
    }
    let mut checkpoint = Checkpoint {
        cursor: "AAE".repeat(40),
        rules: "[] [] None Some([])  7".into(),
        listed: 1_700_000_000,
        root: "/Photos".into(),
        zips_off_until: Some(1_700_600_000),
        zips_work: true,
        stores: vec!["/Larder".into()],
        ..Checkpoint::default()
    };
    store("checkpoint", "without-items", &checkpoint.clone().encode())?;
    let kept = |path: &str, item: &Item| Kept { path: path.into(), item: item.clone() };
    checkpoint.pending = vec![kept("/a", &file), kept("/b.paper", &document)];
    checkpoint.mounts = vec![kept("/Team", &folder)];
    let exports = vec!["/b.paper.html".into()];
    checkpoint.documents = vec![Document { path: "/b.paper".into(), exports }];
    store("checkpoint", "full", &checkpoint.encode())
}

/// Beside what rclone wrote.
fn rclone() -> Outcome {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rclone/src/testdata");
    store("rclone_ini", "by-rclone", &fs::read(testdata.join("plain.conf"))?)?;
    let token =
        r#"{"access_token":"sl.long-enough-to-be-one","refresh_token":"r","expiry":"2024-01-31T12:00:00.5+01:00"}"#;
    let text =
        format!("[x]\ntype = dropbox\nclient_id = k\nroot_namespace = 12\nexport_formats = md\ntoken = {token}\n");
    store("rclone_ini", "dropbox", text.as_bytes())?;
    store("rclone_ini", "quotes", b"\xef\xbb\xbf[a b]\r\nx=`1`\ny : \"\"\"2`\"\"\"\n; z\n[ a b ]\nx = 3\n")?;
    for name in ["encrypted", "encrypted-unicode"] {
        store("rclone_encrypted", name, &fs::read(testdata.join(name).with_extension("conf"))?)?;
    }
    store("rclone_encrypted", "too-short", b"RCLONE_ENCRYPT_V0:\nAAAA")
}

fn answers() -> Outcome {
    for (name, case) in [
        ("header", &b"15\nnot JSON"[..]),
        ("date", b"Wed, 21 Oct 2026 07:28:00 GMT\n"),
        (
            "json",
            br#"
{"error_summary":"too_many_requests/..","error":{"reason":{".tag":"too_many_requests"},"retry_after":300}}"#,
        ),
        ("text", b"\nToo many requests. Try again in 15 seconds."),
        (
            "both",
            br#"1.5
{"error":{"retry_after":2}}"#,
        ),
    ] {
        store("retry_after", name, case)?;
        store("refusal", name, &[b"\x1d", case].concat())?;
    }
    for (name, status, body) in [
        (
            "not-found",
            409,
            r#"{"error_summary":"path/not_found/...","error":{".tag":"path","path":{".tag":"not_found"}}}"#,
        ),
        ("expired", 401, r#"{"error_summary":"expired_access_token/","error":{".tag":"expired_access_token"}}"#),
        (
            "root",
            422,
            r#"{"error":{".tag":"invalid_root","invalid_root":{".tag":"user","root_namespace_id":"1","home_namespace_id":"1"}}}"#,
        ),
        (
            "traffic",
            409,
            r#"{"user_message":{"text":"Enough","locale":"en"},"error":{".tag":"path","reason":{".tag":"upload_traffic_limit_reached"},"upload_session_id":"x"}}"#,
        ),
        ("plain", 400, "Error in call to API function \"files/upload\": request body: path: 'x' did not match pattern"),
        ("oauth", 400, r#"{"error":"invalid_grant","error_description":"refresh token is invalid or revoked"}"#),
        (
            "offset",
            409,
            r#"{"error":{".tag":"lookup_failed","lookup_failed":{".tag":"incorrect_offset","correct_offset":7}}}"#,
        ),
        ("html", 502, "<html>\u{1b}[31m</html>"),
    ] {
        store("refusal", name, format!("{}\n{body}", char::from((status - 400) as u8)).as_bytes())?;
    }
    Ok(())
}
