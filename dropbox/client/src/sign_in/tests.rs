use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use super::*;

fn sign_in(scopes: Option<&[&str]>) -> SignIn {
    SignIn::new(Endpoint::dropbox(), "key", None, scopes).unwrap()
}

fn parameter(address: &str, name: &str) -> Option<String> {
    let url = reqwest::Url::parse(address).unwrap();
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

#[test]
fn the_address_asks_for_a_code_that_only_we_can_use() {
    let sign_in = sign_in(Some(BACKUP));
    let address = sign_in.address();
    assert!(address.starts_with("https://www.dropbox.com/oauth2/authorize?client_id=key&response_type=code&"));
    assert_eq!(parameter(&address, "token_access_type").as_deref(), Some("offline"));
    assert_eq!(parameter(&address, "code_challenge_method").as_deref(), Some("S256"));
    assert_eq!(parameter(&address, "code_challenge"), Some(pkce::challenge(&sign_in.verifier)));
    assert_eq!(
        parameter(&address, "scope").as_deref(),
        Some("account_info.read files.metadata.read files.content.read")
    );
    assert_eq!(parameter(&address, "redirect_uri"), None);
    assert!(!address.contains(sign_in.verifier.expose()));
}

#[test]
fn full_access_names_no_scopes() {
    assert_eq!(parameter(&sign_in(None).address(), "scope"), None);
}

#[test]
fn the_browser_brings_the_code_with_the_right_state_only() {
    let redirect = Redirect::listen_on(0).unwrap();
    let sign_in = sign_in(None).with_redirect(&redirect);
    assert_eq!(parameter(&sign_in.address(), "redirect_uri"), Some(redirect.uri()));
    let state = parameter(&sign_in.address(), "state").unwrap();
    let port = reqwest::Url::parse(&redirect.uri()).unwrap().port().unwrap();
    let browser = std::thread::spawn(move || {
        let visit = |target: &str| {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
            write!(stream, "GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        };
        let wrong = [visit("/favicon.ico"), visit("/?code=evil&state=guess")];
        (wrong, visit(&format!("/?code=good%2Bcode&state={state}")))
    });
    let cancel: Cancel = Arc::new(|| false);
    let code = redirect.wait(&sign_in, std::time::Duration::from_secs(20), &cancel).unwrap();
    assert_eq!(code, "good+code");
    let (wrong, right) = browser.join().unwrap();
    assert!(wrong.iter().all(|answer| answer.starts_with("HTTP/1.1 404")));
    assert!(right.starts_with("HTTP/1.1 200"));
}

#[test]
fn waiting_for_the_browser_can_be_stopped() {
    let redirect = Redirect::listen_on(0).unwrap();
    let error = redirect.wait(&sign_in(None), std::time::Duration::from_secs(20), &(Arc::new(|| true) as Cancel));
    assert_eq!(error.unwrap_err().class(), Class::Interrupted);
}
