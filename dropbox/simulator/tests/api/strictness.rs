//! What is answered with 400, and how.

use serde_json::json;

use crate::kit::start;

#[test]
fn arguments_are_held_to_their_patterns() {
    let (simulator, _account, client) = start();
    for (route, arg, wanted) in [
        ("files/list_folder", json!({"path": "/"}), "path: Specify the root folder as an empty string"),
        ("files/list_folder", json!({"path": "", "limit": 2001}), "limit: 2001 is not less than"),
        ("files/list_folder", json!({"path": "", "recursiv": true}), "unknown field 'recursiv'"),
        ("files/list_folder", json!({}), "missing required field 'path'"),
        ("files/get_metadata", json!({"path": "./x"}), "path: './x' did not match pattern '"),
        ("files/get_metadata", json!({"path": ""}), "path: The root folder is unsupported."),
        ("files/get_metadata", json!({"path": 7}), "path: expected string, got number"),
        ("files/list_revisions", json!({"path": "/a", "limit": 101}), "limit: 101"),
        ("files/delete_v2", json!({"path": "/a", "parent_rev": "xyz"}), "parent_rev: 'xyz' did not match"),
        ("files/move_batch_v2", json!({"entries": []}), "entries: list must have at least 1 items"),
        ("users/get_current_account", json!({}), "expected null, got value"),
        ("files/upload_session/start_batch", json!({"num_sessions": 1001}), "num_sessions: 1001"),
    ] {
        let answer = client.rpc(route, arg);
        let text = answer.text();
        let start = format!("Error in call to API function \"{route}\": request body: ");
        assert_eq!(answer.status, 400, "{text}");
        assert!(text.starts_with(&start) && text.contains(wanted), "{text}");
        assert!(answer.header("content-type").starts_with("text/plain"));
    }
    assert_eq!(simulator.violations().len(), 12);
    assert_eq!(client.rpc("files/no_such_route", json!({})).status, 400);
}

#[test]
fn both_forms_of_no_argument_are_taken() {
    let (_simulator, _account, client) = start();
    let bearer = format!("Bearer {}", client.token);
    let headers = [("authorization", bearer.as_str())];
    assert_eq!(client.send("/2/users/get_space_usage", &headers, b"").status, 200);
    assert_eq!(client.rpc("users/get_space_usage", json!(null)).status, 200);
    let revoked = client.rpc("auth/token/revoke", json!(null));
    assert_eq!((revoked.status, revoked.text().as_str()), (200, "null"));
    assert_eq!(client.rpc("users/get_space_usage", json!(null)).status, 401);
}

#[test]
fn content_types_are_checked() {
    let (_simulator, _account, client) = start();
    let bearer = format!("Bearer {}", client.token);
    let send = |path: &str, kind: &str, body: &[u8]| {
        let headers =
            [("authorization", bearer.as_str()), ("content-type", kind), ("dropbox-api-arg", "{\"path\": \"/a\"}")];
        client.send(path, &headers, body)
    };
    assert_eq!(send("/2/files/list_folder", "text/html", b"{\"path\":\"\"}").status, 400);
    assert_eq!(send("/2/files/list_folder", "application/json", b"{\"path\":").status, 400);
    assert_eq!(send("/2/files/upload", "application/json", b"x").status, 400);
    assert_eq!(send("/2/files/upload", "application/octet-stream", b"x").status, 200);
    assert_eq!(send("/2/files/download", "application/json", b"").status, 400);
    assert_eq!(send("/2/files/download", "application/octet-stream", b"").status, 200);
}

#[test]
fn arguments_in_headers_are_utf8_or_escaped() {
    let (_simulator, account, client) = start();
    account.write("/ü😀", b"1");
    let bearer = format!("Bearer {}", client.token);
    for (arg, status) in [
        ("{\"path\": \"/ü😀\"}".to_owned(), 200),
        ("{\"path\": \"/\\u00fc\\ud83d\\ude00\"}".to_owned(), 200),
        ("{\"path\": \"/\\u00fc\\u1f600\"}".to_owned(), 409),
        ("{\"path\": }".to_owned(), 400),
    ] {
        let headers = [("authorization", bearer.as_str()), ("dropbox-api-arg", arg.as_str())];
        assert_eq!(client.send("/2/files/download", &headers, b"").status, status, "{arg}");
    }
    let missing = client.send("/2/files/download", &[("authorization", &bearer)], b"");
    assert!(missing.text().contains("Must provide HTTP header \"Dropbox-API-Arg\""), "{}", missing.text());
}

#[test]
fn hosts_and_tokens_are_asked_for() {
    let (_simulator, _account, client) = start();
    let bearer = format!("Bearer {}", client.token);
    let send = |headers: &[(&str, &str)]| {
        let all: Vec<_> = headers.iter().copied().chain([("content-type", "application/json")]).collect();
        client.send("/2/files/list_folder", &all, b"{\"path\":\"\"}")
    };
    assert_eq!(send(&[("authorization", &bearer), ("host", "api.dropboxapi.com")]).status, 200);
    assert_eq!(send(&[("authorization", &bearer), ("host", "content.dropboxapi.com")]).status, 400);
    let nobody = send(&[]);
    assert_eq!(nobody.status, 400);
    assert!(nobody.text().contains("Must provide HTTP header \"Authorization\""), "{}", nobody.text());
    assert_eq!(send(&[("authorization", "Bearer wrong")]).json()["error"][".tag"], "invalid_access_token");
}
