//! What goes over the wire, what is sent again, and what never is.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fake;

use dropbox_client::{
    Append, Class, CommitInfo, Content, DownloadFile, Finish, ListFolder, PathRoot, SessionCursor, SessionKind,
};
use fake::{Answer, Fake, file_json};

const ACCOUNT: &str = r#"{"account_id":"dbid:A","name":{"display_name":"Ann"},"email":"a@example.com",
    "root_info":{".tag":"user","root_namespace_id":"7","home_namespace_id":"8","home_path":"/Ann"}}"#;

fn content(bytes: &[u8]) -> Content {
    bytes.into()
}

#[test]
fn calls_without_argument_send_null() {
    let fake = Fake::new(|_, _| Answer::json(ACCOUNT));
    let account = fake.client().current_account().unwrap();
    assert!(account.root_info.has_team_root());
    let asked = &fake.asked()[0];
    assert_eq!((asked.path.as_str(), asked.body_text().as_str()), ("/2/users/get_current_account", "null"));
    assert_eq!(asked.header("content-type"), Some("application/json"));
    assert_eq!(asked.header("authorization"), Some("Bearer sl.very-secret"));
    assert_eq!(asked.header("dropbox-api-path-root"), None);
}

#[test]
fn uploads_carry_a_header_that_is_plain_text() {
    let fake = Fake::new(|_, _| Answer::json(&file_json("/x", b"hello")));
    let client = fake.client().with_path_root(PathRoot::root("7"));
    client.upload(&CommitInfo::add("/Ünï/😀\u{7f}"), &content(b"hello")).unwrap();
    let asked = &fake.asked()[0];
    let argument = asked.header("dropbox-api-arg").unwrap();
    assert!(
        argument.starts_with(r#"{"path":"/\u00dcn\u00ef/\ud83d\ude00\u007f","mode":{".tag":"add"},"#),
        "{argument}"
    );
    assert!(argument.contains("9595c9df90075148eb06860365df33584b75bff782a510c6cd4883a419833d50"), "{argument}");
    assert_eq!(asked.header("content-type"), Some("application/octet-stream"));
    assert_eq!(asked.header("dropbox-api-path-root"), Some(r#"{".tag":"root","root":"7"}"#));
    assert_eq!(asked.body, b"hello");
}

#[test]
fn an_empty_upload_has_a_length() {
    let fake = Fake::new(|_, _| Answer::json(&file_json("/x", b"")));
    fake.client().upload(&CommitInfo::overwrite("/x"), &Content::empty()).unwrap();
    let asked = &fake.asked()[0];
    assert_eq!(asked.header("content-length"), Some("0"));
    assert_eq!(asked.header("content-type"), Some("application/octet-stream"));
}

#[test]
fn listings_ignore_what_they_do_not_know() {
    let page = format!(
        r#"{{"entries":[{{".tag":"file",{}}},{{".tag":"folder","name":"b","id":"id:b","sharing_info":
        {{"read_only":true,"shared_folder_id":"84"}}}},{{".tag":"deleted","name":"c","path_lower":"/c"}}],
        "cursor":"x","has_more":false,"more":1}}"#,
        file_json("/a", b"1").trim_matches(['{', '}'])
    );
    let fake = Fake::new(move |_, _| Answer::json(&page));
    let page = fake.client().list_folder(&ListFolder::of("").recursively()).unwrap();
    assert_eq!(page.entries.len(), 3);
    assert_eq!(page.entries[0].as_file().unwrap().size, 1);
    assert_eq!(page.entries[1].as_folder().unwrap().mounted_namespace(), Some("84"));
    assert_eq!(page.entries[2].path_lower(), Some("/c"));
}

#[test]
fn reads_are_sent_again_and_changes_are_not() {
    let fake = Fake::new(|asked, before| match (asked.route(), before) {
        (_, 0) => Answer::lost(),
        ("users/get_current_account", 1) => Answer::status(503, "<html>"),
        ("users/get_current_account", _) => Answer::json(ACCOUNT),
        _ => Answer::lost(),
    });
    let client = fake.client();
    client.current_account().unwrap();
    assert_eq!(client.counts().calls["users/get_current_account"], 3);
    assert_eq!(client.counts().retries, 2);
    let error = client.create_folder("/a").unwrap_err();
    assert_eq!((error.class(), error.route(), error.item()), (Class::Unclear, "files/create_folder_v2", Some("/a")));
    assert_eq!(fake.asked().len(), 4);
}

#[test]
fn a_failing_server_makes_changes_unclear_as_well() {
    let fake = Fake::new(|_, _| Answer::status(504, ""));
    let error = fake.client().upload(&CommitInfo::add("/a"), &content(b"1")).unwrap_err();
    assert_eq!((error.class(), error.request_id()), (Class::Unclear, Some("abc123")));
    assert_eq!(fake.asked().len(), 1);
}

#[test]
fn nobody_at_the_address_is_told_as_such_after_some_tries() {
    let fake = Fake::new(|_, _| Answer::lost());
    let mut settings = fake.settings();
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    settings.endpoint = dropbox_client::Endpoint::at(&format!("http://{unused}")).unwrap();
    settings.retries = 1;
    let client = dropbox_client::Client::new(settings).unwrap();
    let error = client.create_folder("/a").unwrap_err();
    assert_eq!(error.class(), Class::Unreachable, "nothing was sent, so nothing is unclear: {error}");
    assert_eq!(client.counts().retries, 1);
}

#[test]
fn content_that_was_damaged_on_its_way_is_sent_again() {
    let refusal = r#"{"error_summary":"content_hash_mismatch/","error":{".tag":"content_hash_mismatch"}}"#;
    let fake = Fake::new(move |_, before| match before {
        0 => Answer::status(409, refusal),
        _ => Answer::json(r#"{"session_id":"s"}"#),
    });
    assert_eq!(fake.client().start_session(SessionKind::Sequential, &content(b"abc"), true).unwrap(), "s");
    assert_eq!(fake.asked()[1].body, b"abc");
}

#[test]
fn an_append_whose_answer_was_lost_counts_when_the_bytes_are_there() {
    let there = r#"{"error":{".tag":"incorrect_offset","correct_offset":8}}"#;
    let script = move |_: &fake::Asked, before| if before == 0 { Answer::lost() } else { Answer::status(409, there) };
    let cursor = SessionCursor { session_id: "s".into(), offset: 5 };
    Fake::new(script).client().append_session(&cursor, &content(b"abc"), false).unwrap();
    let error = Fake::new(script).client().append_session(&cursor, &content(b"ab"), false).unwrap_err();
    assert_eq!((error.class(), error.correct_offset()), (Class::Session, Some(8)), "those were other bytes");
    let fake = Fake::new(move |_, _| Answer::status(409, there));
    let error = fake.client().append_session(&cursor, &content(b"abc"), false).unwrap_err();
    assert_eq!(error.class(), Class::Session, "nothing was lost, so somebody else appended");
}

#[test]
fn batches_give_a_result_for_each_entry() {
    let fake = Fake::new(|asked, _| match asked.route() {
        "files/upload_session/append_batch" => {
            Answer::json(r#"{"entries":[{".tag":"success"},{".tag":"failure","failure":{".tag":"not_found"}}]}"#)
        }
        _ => Answer::json(&format!(
            r#"{{"entries":[{{".tag":"success",{}}},{{".tag":"failure","failure":{{".tag":"path","path":
            {{".tag":"conflict","conflict":{{".tag":"folder"}}}}}}}}]}}"#,
            file_json("/a", b"1").trim_matches(['{', '}'])
        )),
    });
    let client = fake.client();
    let cursor = |id: &str, offset| SessionCursor { session_id: id.into(), offset };
    let piece = |id: &str| Append { cursor: cursor(id, 0), length: 1, close: true };
    let mut both = content(b"1");
    both.push(&b"2"[..]);
    let results = client.append_session_batch(&[piece("s"), piece("t")], &both).unwrap();
    assert!(results[0].is_ok());
    assert_eq!(results[1].as_ref().unwrap_err().class(), Class::Session);
    assert_eq!(fake.asked()[0].body, b"12");
    let finish = |id: &str, path: &str| Finish { cursor: cursor(id, 1), commit: CommitInfo::add(path) };
    let results = client.finish_session_batch(&[finish("s", "/a"), finish("t", "/b")]).unwrap();
    assert_eq!(results[0].as_ref().unwrap().size, 1);
    let error = results[1].as_ref().unwrap_err();
    assert_eq!((error.class(), error.item()), (Class::Conflict, Some("/b")));
}

#[test]
fn jobs_are_waited_for() {
    let fake = Fake::new(|asked, before| match (asked.route(), before) {
        ("files/delete_batch", _) => Answer::json(r#"{".tag":"async_job_id","async_job_id":"dbjid:1"}"#),
        (_, 1) => Answer::json(r#"{".tag":"in_progress"}"#),
        _ => Answer::json(
            r#"{".tag":"complete","entries":[{".tag":"failure","failure":{".tag":"path_lookup","path_lookup":{".tag":"not_found"}}}]}"#,
        ),
    });
    let results = fake.client().delete_batch(&[dropbox_client::Delete::of("/a")]).unwrap();
    assert!(results[0].as_ref().unwrap_err().is_not_found());
    assert_eq!(fake.asked().len(), 3);
    assert_eq!(fake.asked()[2].body_text(), r#"{"async_job_id":"dbjid:1"}"#);
}

#[test]
fn what_dropbox_would_answer_with_400_is_not_sent() {
    let fake = Fake::new(|_, _| Answer::status(400, ""));
    let client = fake.client();
    assert!(client.list_folder(&ListFolder::of("/")).is_err());
    assert!(client.list_folder(&ListFolder { limit: Some(0), ..ListFolder::of("") }).is_err());
    assert!(client.delete_batch(&[]).is_err());
    assert!(client.finish_session_batch(&[]).is_err());
    assert!(client.start_session_batch(SessionKind::Sequential, 1001).is_err());
    assert!(client.restore("/a", "XYZ").is_err());
    assert!(client.download(&DownloadFile::of("")).is_err());
    assert!(fake.asked().is_empty());
}

#[test]
fn debug_output_and_errors_show_no_token() {
    let fake = Fake::new(|_, _| Answer::status(401, r#"{"error":{".tag":"invalid_access_token"}}"#));
    let settings = fake.settings();
    let client = fake.client();
    let error = client.space_usage().unwrap_err();
    let all = format!("{settings:?} {:?} {client:?} {error:?} {error} {:?}", settings.access, client.counts());
    assert!(!all.contains("very-secret"), "{all}");
    assert_eq!(error.class(), Class::Credentials);
}
