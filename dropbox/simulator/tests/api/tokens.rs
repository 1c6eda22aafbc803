//! Apps, codes and tokens beyond the plain way.

use dropbox_simulator::App;
use serde_json::{Value, json};

use crate::kit::{Client, start};

fn token(client: &Client, fields: &str) -> (u16, Value) {
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let answer = client.send("/oauth2/token", &headers, fields.as_bytes());
    (answer.status, answer.json())
}

#[test]
fn the_page_answers_as_each_app_wants_it() {
    let (simulator, _account, client) = start();
    let page = "/oauth2/authorize?response_type=code&client_id=simulatorapp123";
    let html = client.get(page, &[]);
    assert!(html.text().contains("id=\"auth-code\""), "{}", html.text());
    assert!(client.get(page, &[("accept", "application/json")]).json()["code"].is_string());
    let back = client.get(&format!("{page}&redirect_uri=http://localhost:9/back&state=a%20b"), &[]);
    let location = back.header("location");
    assert_eq!(back.status, 302);
    assert!(location.starts_with("http://localhost:9/back?code=") && location.ends_with("&state=a+b"), "{location}");
    assert_eq!(client.get(&format!("{page}&redirect_uri=https://example.com/"), &[]).status, 400);
    assert_eq!(client.get("/oauth2/authorize?response_type=code&client_id=nobody", &[]).status, 400);
    simulator.deny(true);
    let denied = client.get(&format!("{page}&redirect_uri=http://localhost:9/"), &[]);
    assert!(denied.header("location").contains("error=access_denied"));
}

#[test]
fn an_app_with_a_secret_has_to_prove_it() {
    let (simulator, account, client) = start();
    simulator.add_app(App { secret: Some("hidden".into()), ..App::new("secretapp") });
    let code = simulator.approve("?response_type=code&client_id=secretapp&token_access_type=offline").unwrap();
    let wrong =
        token(&client, &format!("grant_type=authorization_code&code={code}&client_id=secretapp&client_secret=x"));
    assert_eq!((wrong.0, &wrong.1["error"]), (400, &json!("invalid_client")));
    // Basic, as rclone does it: secretapp:hidden.
    let headers =
        [("content-type", "application/x-www-form-urlencoded"), ("authorization", "Basic c2VjcmV0YXBwOmhpZGRlbg==")];
    let body = format!("grant_type=authorization_code&code={code}");
    let tokens = client.send("/1/oauth2/token", &headers, body.as_bytes()).ok();
    assert_eq!(tokens["account_id"], account.id());
    assert_eq!((account.id().len(), tokens["expires_in"].as_u64()), (40, Some(14_400)));
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let bare = token(&client, &format!("grant_type=refresh_token&refresh_token={refresh}&client_id=secretapp"));
    assert_eq!(bare.1["error"], "invalid_client");
    let echo = [("content-type", "application/json"), headers[1]];
    let echoed = client.send("/2/check/app", &echo, b"{\"query\": \"foo\"}").ok();
    assert_eq!(echoed, json!({"result": "foo"}));
}

#[test]
fn scopes_are_those_of_the_token() {
    let (simulator, account, client) = start();
    let refresh = account.refresh_token();
    let down = |scope: &str| {
        token(
            &client,
            &format!("grant_type=refresh_token&refresh_token={refresh}&client_id=simulatorapp123&scope={scope}"),
        )
    };
    let (status, narrow) = down("files.metadata.read");
    assert_eq!(status, 200);
    let narrow = Client::with_token(&simulator, narrow["access_token"].as_str().unwrap().to_owned());
    assert_eq!(narrow.list(json!({"path": ""})).0.len(), 0);
    let refused = narrow.upload("files/upload", json!({"path": "/a"}), b"1");
    let error = json!({".tag": "missing_scope", "required_scope": "files.content.write"});
    assert_eq!((refused.status, &refused.json()["error"]), (401, &error));
    assert_eq!(down("team_data.member").1["error"], "invalid_scope");
}

#[test]
fn access_taken_away_ends_every_token() {
    let (_simulator, account, client) = start();
    let refresh = account.refresh_token();
    account.revoke_tokens();
    let refused = client.rpc("users/get_space_usage", json!(null));
    assert_eq!(refused.json()["error"][".tag"], "invalid_access_token");
    let (status, answer) =
        token(&client, &format!("grant_type=refresh_token&refresh_token={refresh}&client_id=simulatorapp123"));
    assert_eq!((status, &answer["error"]), (400, &json!("invalid_grant")));
    assert_eq!(token(&client, "grant_type=password&client_id=simulatorapp123").1["error"], "unsupported_grant_type");
}

#[test]
fn somebody_else_may_be_signed_in() {
    let (simulator, account, client) = start();
    let bob = simulator.add_account("Bob", "bob@example.com");
    simulator.sign_in(&bob);
    let verifier = "v".repeat(43);
    let address =
        format!("?response_type=code&client_id=simulatorapp123&code_challenge={verifier}&code_challenge_method=plain");
    let code = simulator.approve(&address).unwrap();
    let body = format!("grant_type=authorization_code&code={code}&client_id=simulatorapp123&code_verifier={verifier}");
    let tokens = token(&client, &body).1;
    assert_eq!(tokens["account_id"], bob.id());
    assert_ne!(account.id(), bob.id());
    assert!(tokens.get("refresh_token").is_none(), "only offline access has one");
    bob.set_suspended(true);
    let client = Client::with_token(&simulator, tokens["access_token"].as_str().unwrap().to_owned());
    assert_eq!(client.rpc("users/get_current_account", json!(null)).json()["error"][".tag"], "user_suspended");
}
