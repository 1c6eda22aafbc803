use super::*;
use crate::error::{Class, Conflict, Error};

fn refusal(route: &'static str, status: u16, body: &str) -> Error {
    Error::from_refusal(&Refusal {
        route,
        is_upload: route.starts_with("files/upload"),
        status,
        request_id: Some("0123456789abcdef"),
        retry_after: None,
        body: body.as_bytes(),
    })
}

fn conflict(route: &'static str, error: &str) -> Error {
    refusal(route, 409, &format!(r#"{{"error_summary":"whatever/..","error":{error}}}"#))
}

/// Routes, unions as Dropbox sends them, and what they mean. The summary is never looked at.
const FACTS: &[(&str, &str, Class)] = &[
    ("files/get_metadata", r#"{".tag":"path","path":{".tag":"not_found"}}"#, Class::SkipAndReport),
    ("files/download", r#"{".tag":"path","path":{".tag":"restricted_content"}}"#, Class::SkipAndReport),
    ("files/download", r#"{".tag":"unsupported_file"}"#, Class::SkipAndReport),
    (
        "files/download",
        r#"{".tag":"path","path":{".tag":"malformed_path","malformed_path":"why"}}"#,
        Class::SkipAndReport,
    ),
    ("files/download", r#"{".tag":"path","path":{".tag":"locked"}}"#, Class::SkipAndReport),
    ("files/export", r#"{".tag":"retry_error"}"#, Class::Retry),
    ("files/list_folder/continue", r#"{".tag":"reset"}"#, Class::Relist),
    ("files/list_folder/continue", r#""reset""#, Class::Relist),
    ("files/list_folder", r#"{".tag":"newer_than_this_client"}"#, Class::SkipAndReport),
    (
        "files/create_folder_v2",
        r#"{".tag":"path","path":{".tag":"conflict","conflict":{".tag":"folder"}}}"#,
        Class::Conflict,
    ),
    ("files/create_folder_v2", r#"{".tag":"path","path":{".tag":"disallowed_name"}}"#, Class::SkipAndReport),
    (
        "files/upload",
        r#"{".tag":"path","reason":{".tag":"conflict","conflict":{".tag":"file"}},"upload_session_id":"s"}"#,
        Class::Conflict,
    ),
    (
        "files/upload",
        r#"{".tag":"path","reason":{".tag":"insufficient_space"},"upload_session_id":"s"}"#,
        Class::NoSpace,
    ),
    ("files/upload", r#"{".tag":"path","reason":{".tag":"team_folder_insufficient_space"}}"#, Class::NoSpace),
    ("files/upload", r#"{".tag":"path","reason":{".tag":"member_folder_insufficient_space"}}"#, Class::NoSpace),
    ("files/upload", r#"{".tag":"path","reason":{".tag":"upload_traffic_limit_reached"}}"#, Class::Budget),
    ("files/upload", r#"{".tag":"content_hash_mismatch"}"#, Class::Retry),
    ("files/move_v2", r#"{".tag":"insufficient_quota"}"#, Class::NoSpace),
    ("files/move_v2", r#"{".tag":"cant_move_shared_folder"}"#, Class::SkipAndReport),
    ("files/move_v2", r#"{".tag":"to","to":{".tag":"no_write_permission"}}"#, Class::SkipAndReport),
    ("files/delete_v2", r#"{".tag":"path_write","path_write":{".tag":"too_many_write_operations"}}"#, Class::Retry),
    ("files/upload_session/append_v2", r#"{".tag":"incorrect_offset","correct_offset":7}"#, Class::Session),
    ("files/upload_session/append_v2", r#"{".tag":"not_found"}"#, Class::Session),
    ("files/upload_session/append_v2", r#"{".tag":"concurrent_session_invalid_offset"}"#, Class::Session),
    ("files/upload_session/append_v2", r#"{".tag":"payload_too_large"}"#, Class::BadRequest),
    ("files/upload_session/finish", r#"{".tag":"lookup_failed","lookup_failed":{".tag":"not_found"}}"#, Class::Session),
    (
        "files/upload_session/finish",
        r#"{".tag":"path","path":{".tag":"conflict","conflict":{".tag":"file"}}}"#,
        Class::Conflict,
    ),
];

#[test]
fn unions_have_classes() {
    for (route, error, class) in FACTS {
        let error = conflict(route, error);
        assert_eq!(error.class(), *class, "{error:?}");
        assert!(error.to_string().ends_with('.') && !error.hint().is_empty(), "{error}");
        assert!(error.to_string().contains("request 0123456789abcdef"), "{error}");
    }
}

/// Statuses, bodies, and what they mean.
const ANSWERS: &[(u16, &str, Class)] = &[
    (400, r#"Error in call to API function "files/x": request body: limit: 9 is more than 5"#, Class::BadRequest),
    (
        400,
        r#"Error in call to API function "files/x": request body: path: './x' did not match pattern '(/'"#,
        Class::SkipAndReport,
    ),
    (400, "Path root is not supported for sandbox app", Class::Credentials),
    (400, "This app has reached its user limit. Contact the app developer.", Class::Credentials),
    (400, r#"{"error":"invalid_grant","error_description":"refresh token is invalid or revoked"}"#, Class::Credentials),
    (400, r#"{"error":"invalid_client"}"#, Class::Credentials),
    (400, r#"{"error":"unsupported_grant_type"}"#, Class::BadRequest),
    (401, r#"{"error_summary":"expired_access_token/..","error":{".tag":"expired_access_token"}}"#, Class::Refresh),
    (401, r#"{"error_summary":"invalid_access_token/","error":{".tag":"invalid_access_token"}}"#, Class::Credentials),
    (401, r#"{"error":{".tag":"user_suspended"}}"#, Class::Credentials),
    (401, "", Class::Credentials),
    (403, r#"{"error":{".tag":"invalid_account_type","invalid_account_type":{".tag":"feature"}}}"#, Class::Credentials),
    (
        403,
        r#"{"error":{".tag":"paper_access_denied","paper_access_denied":{".tag":"paper_disabled"}}}"#,
        Class::SkipAndReport,
    ),
    (413, "too large", Class::BadRequest),
    (422, r#"{"error":{".tag":"no_permission"}}"#, Class::PathRoot),
    (429, "", Class::RateLimited),
    (429, r#"{"error":{"reason":{".tag":"too_many_write_operations"},"retry_after":1}}"#, Class::RateLimited),
    (500, "", Class::Retry),
    (502, r#"{"error":"Internal Server Error"}"#, Class::Retry),
    (503, "<html>", Class::Retry),
];

#[test]
fn statuses_have_classes() {
    for (status, body, class) in ANSWERS {
        let error = refusal("files/list_folder", *status, body);
        assert_eq!(error.class(), *class, "{error:?}");
        assert!(error.to_string().ends_with('.') && !error.hint().is_empty(), "{error}");
    }
}

#[test]
fn an_account_that_may_not_upload_is_out_of_budget() {
    let body = r#"{"error":{".tag":"invalid_account_type","invalid_account_type":{".tag":"feature"}},
        "user_message":{"locale":"en","text":"You have used up your uploads."}}"#;
    let error = refusal("files/upload_session/start", 403, body);
    assert_eq!(error.class(), Class::Budget);
    assert_eq!(error.user_message(), Some("You have used up your uploads."));
    assert!(error.to_string().contains("You have used up your uploads."), "{error}");
}

#[test]
fn what_errors_carry_can_be_asked_for() {
    let error =
        refusal("files/upload", 401, r#"{"error":{".tag":"missing_scope","required_scope":"files.content.write"}}"#);
    assert_eq!((error.class(), error.required_scope()), (Class::Credentials, Some("files.content.write")));
    assert!(error.to_string().contains("`files.content.write`"), "{error}");

    let error = conflict("files/upload", FACTS[11].1);
    assert_eq!((error.conflict(), error.upload_session_id()), (Some(Conflict::File), Some("s")));
    assert_eq!(error.tags(), ["path", "conflict", "file"]);

    let lookup = r#"{".tag":"lookup_failed","lookup_failed":{".tag":"incorrect_offset","correct_offset":9}}"#;
    assert_eq!(conflict("files/upload_session/finish", lookup).correct_offset(), Some(9));

    let root = r#"{"error":{".tag":"invalid_root","invalid_root":{".tag":"team","root_namespace_id":"7",
        "home_namespace_id":"8","home_path":"/Ann"}}}"#;
    let error = refusal("files/list_folder", 422, root);
    assert_eq!(error.class(), Class::PathRoot);
    assert_eq!(error.new_root().unwrap().root_namespace_id, "7");

    assert!(conflict("files/get_metadata", FACTS[0].1).is_not_found());
    assert!(!conflict("files/upload_session/append_v2", r#"{".tag":"not_found"}"#).is_not_found());
}

#[test]
fn entries_of_batches_are_errors_like_others() {
    let json = r#"{".tag":"path","path":{".tag":"too_many_write_operations"}}"#;
    let error = Error::from_entry("files/upload_session/finish_batch_v2", &serde_json::from_str(json).unwrap());
    assert_eq!(error.class(), Class::Retry);
    let error = error.about("/a\u{1b}b");
    assert!(error.to_string().contains(r#""/a\u{1b}b""#), "{error}");
}

#[test]
fn waits_stand_in_headers_json_and_text() {
    let json = br#"{"error":{"reason":{".tag":"too_many_requests"},"retry_after":15}}"#;
    let seconds = |header, body: &[u8]| retry_after(header, body).map(|wait| wait.as_secs_f64());
    assert_eq!(seconds(Some("7"), b""), Some(7.0));
    assert_eq!(seconds(Some("0.5"), b""), Some(0.5));
    assert_eq!(seconds(None, json), Some(15.0));
    assert_eq!(seconds(Some("7"), json), Some(15.0), "the longer one");
    assert_eq!(seconds(Some("20"), json), Some(20.0));
    assert_eq!(seconds(None, b"Too many requests. Retry-After: 12"), Some(12.0));
    assert_eq!(seconds(None, b"You sent 900 calls; please try again in 30s."), Some(30.0));
    assert_eq!(seconds(None, b"too_many_requests"), None);
    assert_eq!(seconds(Some("-3"), b""), Some(0.0));
    let date = (jiff::Timestamp::now() + jiff::SignedDuration::from_secs(60)).strftime("%a, %d %b %Y %H:%M:%S GMT");
    let wait = seconds(Some(&date.to_string()), b"").unwrap();
    assert!((55.0..=60.0).contains(&wait), "{wait}");
}
