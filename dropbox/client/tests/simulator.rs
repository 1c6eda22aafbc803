//! Against a Dropbox that keeps count of what a well-behaved client does not do.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use dropbox_client::credentials::{Credentials, FileKeeper, Keeper};
use dropbox_client::sign_in::{RESTORE, SignIn};
use dropbox_client::{
    Access, Append, Class, Client, CommitInfo, Content, ContentHash, Delete, DownloadFile, Endpoint, Finish,
    GetMetadata, ListFolder, ListRevisions, Metadata, PathRoot, Relocate, Secret, SessionCursor, SessionKind, Settings,
};
use dropbox_simulator::{DEFAULT_APP, Fault, FaultKind, Options, Simulator, When};

/// How the process that comes through the proxy is told its token.
const CHILD: &str = "DROPBOX_CLIENT_TEST_TOKEN";

fn simulator() -> Simulator {
    Simulator::start(Options::default()).unwrap()
}

fn settings(simulator: &Simulator) -> Settings {
    let endpoint = Endpoint::at(&simulator.endpoint()).unwrap();
    Settings { endpoint, ..Settings::new(Access::Token(Secret::new(simulator.account().token()))) }
}

fn client(simulator: &Simulator) -> Client {
    Client::new(settings(simulator)).unwrap()
}

/// A sign-in that can be renewed, kept in a folder.
fn kept(simulator: &Simulator, folder: &Path) -> Access {
    let keeper = FileKeeper::of_account(folder, &simulator.account().id());
    let credentials = Credentials {
        version: Credentials::VERSION,
        app_key: DEFAULT_APP.into(),
        app_secret: None,
        account_id: Some(simulator.account().id()),
        scopes: Vec::new(),
        refresh_token: Some(Secret::new(simulator.account().refresh_token())),
        access_token: None,
        access_ends: None,
        access_seconds: None,
    };
    keeper.store(&credentials).unwrap();
    Access::Kept(Arc::new(keeper))
}

fn all_entries(client: &Client, arguments: &ListFolder) -> Vec<Metadata> {
    let mut page = client.list_folder(arguments).unwrap();
    let mut entries = page.entries;
    while page.has_more {
        page = client.list_folder_continue(&page.cursor).unwrap();
        entries.append(&mut page.entries);
    }
    entries
}

fn cursor(session_id: &str, offset: u64) -> SessionCursor {
    SessionCursor { session_id: session_id.to_string(), offset }
}

#[test]
fn from_signing_in_to_signing_out() {
    let simulator = simulator();
    let endpoint = Endpoint::at(&simulator.endpoint()).unwrap();
    let sign_in = SignIn::new(endpoint, DEFAULT_APP, None, Some(RESTORE)).unwrap();
    let code = simulator.approve(&sign_in.address()).unwrap();
    let credentials = sign_in.finish(&code, Arc::new(|| false)).unwrap();
    assert_eq!(credentials.account_id, Some(simulator.account().id()));
    let folder = tempfile::tempdir().unwrap();
    let keeper = FileKeeper::of_account(folder.path(), &simulator.account().id());
    keeper.store(&credentials).unwrap();
    let client = Client::new(Settings { access: Access::Kept(Arc::new(keeper)), ..settings(&simulator) }).unwrap();
    assert_eq!(client.current_account().unwrap().account_id, simulator.account().id());
    simulator.expire_tokens();
    assert!(client.space_usage().unwrap().free().unwrap() > 0);
    client.revoke_token().unwrap();
    assert_eq!(client.space_usage().unwrap_err().class(), Class::Credentials);
    assert_eq!(simulator.violations(), []);
}

#[test]
fn many_small_files_go_up_in_few_calls() {
    let simulator = simulator();
    let client = client(&simulator);
    let count = 150_u64;
    let sessions = client.start_session_batch(SessionKind::Sequential, count).unwrap();
    let file = |i: usize| format!("content of file {i}").into_bytes();
    let mut content = Content::empty();
    let mut pieces = Vec::new();
    for (i, session) in sessions.iter().enumerate() {
        let length = file(i).len() as u64;
        content.push(file(i));
        pieces.push(Append { cursor: cursor(session, 0), length, close: true });
    }
    assert!(Client::append_batch_header_bytes(&pieces) < 40 << 10);
    let results = client.append_session_batch(&pieces, &content).unwrap();
    assert!(results.iter().all(Result::is_ok));
    let path = |i: usize| format!("/Größe/日本 😀/{i}.txt");
    let finish = |(i, piece): (usize, &Append)| Finish {
        cursor: cursor(&piece.cursor.session_id, piece.length),
        commit: CommitInfo::add(path(i)),
    };
    let files: Vec<Finish> = pieces.iter().enumerate().map(finish).collect();
    let done = client.finish_session_batch(&files).unwrap();
    for (i, result) in done.iter().enumerate() {
        let metadata = result.as_ref().unwrap();
        assert_eq!(metadata.content_hash.as_deref(), Some(ContentHash::of(&file(i)).as_str()));
        assert_eq!(simulator.account().read(&path(i)).unwrap(), file(i));
    }
    assert_eq!(all_entries(&client, &ListFolder::of("").recursively()).len(), 150 + 2);
    let deletions: Vec<Delete> = (0..150).map(|i| Delete::of(path(i))).collect();
    assert!(client.delete_batch(&deletions).unwrap().iter().all(Result::is_ok), "a job of its own");
    assert_eq!(client.counts().calls_in_all() as usize, simulator.total_calls());
    assert_eq!(simulator.violations(), []);
}

#[test]
fn a_large_file_goes_up_in_any_order_and_comes_down_through_breaks() {
    let simulator = simulator();
    let client = client(&simulator);
    let bytes: Vec<u8> = (0..9_000_001_u32).map(|i| (i % 251) as u8).collect();
    let session = client.start_session(SessionKind::Concurrent, &Content::empty(), false).unwrap();
    let parts: Vec<(usize, &[u8])> = bytes.chunks(4 << 20).enumerate().collect();
    let send = |(i, part): &(usize, &[u8])| {
        let offset = (*i as u64) << 22;
        client.append_session(&cursor(&session, offset), &Content::from(*part), *i + 1 == parts.len()).unwrap();
    };
    parts[1..2].iter().chain(&parts[..1]).chain(&parts[2..]).for_each(send);
    let end = cursor(&session, bytes.len() as u64);
    let metadata = client.finish_session(&end, &CommitInfo::overwrite("/large"), &Content::empty()).unwrap();
    assert_eq!(metadata.size, bytes.len() as u64);
    simulator.add_fault(Fault { route: "files/download".into(), when: When::First(2), kind: FaultKind::ResetBody });
    let (_, got) = client.download_bytes(&DownloadFile::of(format!("rev:{}", metadata.rev))).unwrap();
    assert!(got == bytes);
    assert_eq!(simulator.calls("files/download"), 3);
    assert_eq!(simulator.violations(), []);
}

#[test]
fn whatever_happens_to_a_download_the_bytes_are_right() {
    use FaultKind::*;
    for kind in [Grpc500, Json502, Html503, Done503, NoAnswer, LostAnswer, ResetBody, Truncate, Flip, Plain429, Json429]
    {
        let simulator = simulator();
        simulator.account().write("/a", b"the very content");
        simulator.add_fault(Fault { route: "files/download".into(), when: When::First(1), kind });
        let (_, got) = client(&simulator).download_bytes(&DownloadFile::of("/a")).unwrap();
        assert_eq!(got, b"the very content", "{kind:?}");
        assert_eq!(simulator.violations(), [], "{kind:?}");
    }
}

#[test]
fn a_namespace_that_others_change_is_tried_again_later_and_later() {
    let simulator = simulator();
    let client = client(&simulator);
    simulator.add_fault(Fault { route: "files/upload".into(), when: When::First(2), kind: FaultKind::Contention });
    let begin = std::time::Instant::now();
    client.upload(&CommitInfo::add("/a"), &b"x"[..].into()).unwrap();
    assert!(begin.elapsed() >= std::time::Duration::from_secs(3));
    assert_eq!(simulator.violations(), []);
}

#[test]
fn revoking_twice_because_an_answer_was_lost_is_no_error() {
    let simulator = simulator();
    simulator.add_fault(Fault { route: "auth/token/revoke".into(), when: When::First(1), kind: FaultKind::LostAnswer });
    client(&simulator).revoke_token().unwrap();
    assert_eq!(simulator.calls("auth/token/revoke"), 2);
}

#[test]
fn threads_that_upload_what_they_download_do_not_wait_for_themselves() {
    let simulator = simulator();
    simulator.account().write("/a", &[7; 10_000_000]);
    let client = Client::new(Settings { threads: 1, ..settings(&simulator) }).unwrap();
    let mut download = client.download(&DownloadFile::of("/a")).unwrap();
    let first = Content::read(&mut download, 1_000_000).unwrap();
    client.start_session(SessionKind::Sequential, &first, true).unwrap();
}

#[test]
fn whatever_happens_to_sessions_and_listings_they_end_right() {
    use FaultKind::*;
    std::thread::scope(|scope| {
        for kind in
            [Grpc500, Html503, Done503, NoAnswer, LostAnswer, ResetBody, Truncate, Plain429, Json429, ExpiredToken]
        {
            scope.spawn(move || sessions_and_listings_under(kind));
        }
    });
}

fn sessions_and_listings_under(kind: FaultKind) {
    let simulator = simulator();
    let folder = tempfile::tempdir().unwrap();
    let client = Client::new(Settings { access: kept(&simulator, folder.path()), ..settings(&simulator) }).unwrap();
    let routes = ["start", "start_batch", "append_v2", "append_batch"].map(|it| format!("files/upload_session/{it}"));
    for route in routes.into_iter().chain(["files/list_folder".to_string(), "files/list_folder/continue".to_string()]) {
        simulator.add_fault(Fault { route, when: When::First(1), kind });
    }
    let first = client.start_session(SessionKind::Sequential, &b"abc"[..].into(), false).unwrap();
    client.append_session(&cursor(&first, 3), &b"def"[..].into(), true).unwrap();
    let second = client.start_session_batch(SessionKind::Sequential, 1).unwrap().remove(0);
    let piece = Append { cursor: cursor(&second, 0), length: 2, close: true };
    assert!(client.append_session_batch(&[piece], &b"gh"[..].into()).unwrap()[0].is_ok(), "{kind:?}");
    let finish = |id: &str, length, path: &str| Finish { cursor: cursor(id, length), commit: CommitInfo::add(path) };
    let files = [finish(&first, 6, "/a"), finish(&second, 2, "/b")];
    assert!(client.finish_session_batch(&files).unwrap().iter().all(Result::is_ok), "{kind:?}");
    assert_eq!(simulator.account().read("/a").unwrap(), b"abcdef", "{kind:?}");
    assert_eq!(simulator.account().read("/b").unwrap(), b"gh", "{kind:?}");
    let listing = ListFolder { limit: Some(1), ..ListFolder::of("") };
    assert_eq!(all_entries(&client, &listing).len(), 2, "{kind:?}");
    assert_eq!(simulator.violations(), [], "{kind:?}");
}

#[test]
fn a_lost_commit_is_unclear_and_was_made() {
    let simulator = simulator();
    let client = client(&simulator);
    simulator.add_fault(Fault { route: "files/upload".into(), when: When::First(1), kind: FaultKind::LostAnswer });
    let error = client.upload(&CommitInfo::add("/a"), &b"x"[..].into()).unwrap_err();
    assert_eq!(error.class(), Class::Unclear);
    let there = client.get_metadata(&GetMetadata::of("/a")).unwrap();
    assert_eq!(there.as_file().unwrap().content_hash, Some(ContentHash::of(b"x")));
    let strict = CommitInfo { strict_conflict: true, ..CommitInfo::add("/a") };
    assert_eq!(client.upload(&strict, &b"x"[..].into()).unwrap_err().class(), Class::Conflict);
}

#[test]
fn the_past_comes_back_and_moves() {
    let simulator = simulator();
    let client = client(&simulator);
    let first = client.upload(&CommitInfo::add("/a/b"), &b"one"[..].into()).unwrap();
    client.upload(&CommitInfo::overwrite("/a/b"), &b"two"[..].into()).unwrap();
    let revisions = client.list_revisions(&ListRevisions::of("/a/b")).unwrap();
    assert_eq!(revisions.entries.len(), 2);
    client.restore("/a/b", &first.rev).unwrap();
    assert_eq!(simulator.account().read("/a/b").unwrap(), b"one");
    let relocate = |to: &str| Relocate {
        from_path: "/a/b".into(),
        to_path: to.into(),
        autorename: false,
        allow_ownership_transfer: false,
    };
    let moved = client.move_item(&relocate("/c")).unwrap();
    assert_eq!(moved.id(), Some(first.id.as_str()));
    let folders = client.create_folder_batch(&["/x".into(), "/c".into()]).unwrap();
    assert!(folders[0].is_ok());
    assert_eq!(folders[1].as_ref().unwrap_err().class(), Class::Conflict);
    client.create_folder("/y").unwrap();
    client.delete(&Delete::of("/y")).unwrap();
    assert!(client.get_metadata(&GetMetadata::of("/y")).unwrap_err().is_not_found());
    assert!(!client.latest_cursor(&ListFolder::of("")).unwrap().is_empty());
    let zip = client.download_zip("/a").unwrap();
    assert_eq!(zip.metadata.name, "a");
    assert_eq!(simulator.violations(), []);
}

#[test]
fn a_root_that_is_not_the_accounts_is_told() {
    let simulator = simulator();
    let client = client(&simulator).with_path_root(PathRoot::root("999999"));
    let error = client.list_folder(&ListFolder::of("")).unwrap_err();
    assert_eq!(error.class(), Class::PathRoot);
    let root = error.new_root().unwrap().root_namespace_id;
    client.with_path_root(PathRoot::root(root)).list_folder(&ListFolder::of("")).unwrap();
}

/// More threads than Dropbox takes, whose refusals come as JSON and as text.
#[test]
fn no_call_comes_before_its_time() {
    for plain_text in [false, true] {
        let simulator = simulator();
        simulator.account().write("/a", &[7; 1000]);
        simulator.configure(|options| {
            options.limits.calls_per_second = Some(6.0);
            options.limits.burst = 3.0;
            options.limits.plain_text = plain_text;
        });
        let client = client(&simulator);
        std::thread::scope(|scope| {
            for _ in 0..6 {
                let client = client.clone();
                scope.spawn(move || {
                    for _ in 0..4 {
                        client.download_bytes(&DownloadFile::of("/a")).unwrap();
                    }
                });
            }
        });
        assert!(client.counts().rate_limits > 0, "the limit was never met");
        assert_eq!(simulator.violations(), [], "plain text: {plain_text}");
    }
}

/// As in real life: TLS, an authority of one's own, a proxy, and Dropbox's names.
#[test]
fn a_proxy_and_an_authority_from_the_environment_are_used() {
    let simulator = Simulator::start(Options { tls: true, ..Options::default() }).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("ca.pem");
    simulator.write_authority(&authority).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "what_the_process_behind_the_proxy_does", "--ignored"]);
    child.env(CHILD, simulator.account().token()).env("SSL_CERT_FILE", &authority).env_remove("SSL_CERT_DIR");
    child.env("HTTPS_PROXY", simulator.proxy().unwrap()).env_remove("NO_PROXY").env_remove("no_proxy");
    assert!(child.status().unwrap().success());
    assert_eq!((simulator.calls("users/get_space_usage"), simulator.calls("files/upload")), (1, 1));
    assert_eq!(simulator.violations(), []);
}

#[test]
#[ignore = "is run by the test above, in a process of its own"]
fn what_the_process_behind_the_proxy_does() {
    let token = std::env::var(CHILD).unwrap();
    let client = Client::new(Settings::new(Access::Token(Secret::new(token)))).unwrap();
    client.space_usage().unwrap();
    client.upload(&CommitInfo::add("/a"), &vec![1; 300_000].into()).unwrap();
    let client = Client::new(Settings { retries: 0, ..Settings::new(Access::Token(Secret::new("x"))) }).unwrap();
    assert_eq!(client.current_account().unwrap_err().class(), Class::Credentials);
}
