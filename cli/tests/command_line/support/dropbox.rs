//! A Dropbox that knows no files: what signing in needs, with what the program sent.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// What it grants and whose account it is. Tests change it while it runs.
#[derive(Clone)]
pub struct Character {
    pub account: &'static str,
    pub scopes: &'static str,
    /// The type of the app.
    pub is_app_folder: bool,
    /// What the token endpoint answers instead, with status 400.
    pub refusal: Option<&'static str>,
}

/// What renewing gives, whatever account the sign-ins of today are to.
const RENEWED: &str = "sl.renewed-secret";
const RENEWED_ACCOUNT: &str = "dbid:AnnAnnAnn";

/// What the head of a request said.
#[derive(Default)]
struct Sent {
    has_root: bool,
    is_renewed: bool,
}

pub const ALL_SCOPES: &str = "account_info.read files.metadata.read files.content.read files.content.write";

impl Default for Character {
    fn default() -> Self {
        Self { account: RENEWED_ACCOUNT, scopes: ALL_SCOPES, is_app_folder: false, refusal: None }
    }
}

pub struct FakeDropbox {
    pub address: String,
    pub character: Arc<Mutex<Character>>,
    /// Routes with their bodies.
    pub seen: Arc<Mutex<Vec<(String, String)>>>,
    challenges: Arc<Mutex<Vec<String>>>,
}

impl FakeDropbox {
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let fake = Self { address, character: Arc::default(), seen: Arc::default(), challenges: Arc::default() };
        let (character, seen, challenges) = (fake.character.clone(), fake.seen.clone(), fake.challenges.clone());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (character, seen) = (character.lock().unwrap().clone(), seen.clone());
                let challenges = challenges.lock().unwrap().clone();
                thread::spawn(move || serve(stream, &character, &seen, &challenges));
            }
        });
        fake
    }

    /// What a person does with the address: allows access, and gets a code.
    pub fn allow(&self, address: &str) -> String {
        assert!(address.starts_with(&format!("{}/oauth2/authorize?", self.address)), "{address}");
        assert_eq!(value_of(address, "token_access_type").as_deref(), Some("offline"), "{address}");
        assert_eq!(value_of(address, "code_challenge_method").as_deref(), Some("S256"), "{address}");
        self.challenges.lock().unwrap().push(value_of(address, "code_challenge").unwrap());
        "the-code".to_owned()
    }

    pub fn is(&self, change: impl FnOnce(&mut Character)) {
        change(&mut self.character.lock().unwrap());
    }

    pub fn bodies_of(&self, route: &str) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        seen.iter().filter(|(name, _)| name == route).map(|(_, body)| body.clone()).collect()
    }
}

/// A value of a query or a form, percent signs undone.
pub fn value_of(text: &str, key: &str) -> Option<String> {
    let query = text.split_once('?').map_or(text, |(_, query)| query);
    let pair = query.split('&').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='))?;
    let mut bytes = Vec::new();
    let mut rest = pair.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let hex: String = rest.by_ref().take(2).map(char::from).collect();
                u8::from_str_radix(&hex, 16).unwrap()
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

fn serve(stream: TcpStream, character: &Character, seen: &Mutex<Vec<(String, String)>>, challenges: &[String]) {
    let mut reader = BufReader::new(&stream);
    let (mut first, mut length, mut sent) = (String::new(), 0, Sent::default());
    reader.read_line(&mut first).unwrap();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        sent.has_root |= line.starts_with("dropbox-api-path-root:");
        sent.is_renewed |= line.ends_with(RENEWED);
        length = line.strip_prefix("content-length:").map_or(length, |text| text.trim().parse().unwrap());
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let body = String::from_utf8(body).unwrap();
    let route = first.split(' ').nth(1).unwrap_or_default().to_owned();
    seen.lock().unwrap().push((route.clone(), body.clone()));
    let (status, kind, answer) = answer(&route, &body, &sent, character, challenges);
    let head = format!("HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {}", answer.len());
    drop(write!(&stream, "{head}\r\nConnection: close\r\n\r\n{answer}"));
}

fn answer(
    route: &str,
    body: &str,
    sent: &Sent,
    character: &Character,
    challenges: &[String],
) -> (u16, &'static str, String) {
    const JSON: &str = "application/json";
    let json = |value: Value| (200, JSON, value.to_string());
    match route {
        "/oauth2/token" => token(body, character, challenges),
        "/2/users/get_current_account" => {
            json(account(if sent.is_renewed { RENEWED_ACCOUNT } else { character.account }))
        }
        "/2/users/get_space_usage" => {
            json(json!({"used": 1_048_576, "allocation": {".tag": "individual", "allocated": 2_097_152}}))
        }
        "/2/auth/token/revoke" => (200, JSON, "null".to_owned()),
        "/2/files/list_folder" if sent.has_root && character.is_app_folder => {
            let text =
                "Error in call to API function \"files/list_folder\": Path root is not supported for sandbox app";
            (400, "text/plain; charset=utf-8", text.to_owned())
        }
        "/2/files/list_folder" => json(json!({"entries": [], "cursor": "c", "has_more": false})),
        "/2/files/get_metadata" => {
            let error = json!({".tag": "path", "path": {".tag": "not_found"}});
            (409, JSON, json!({"error_summary": "path/not_found/..", "error": error}).to_string())
        }
        _ => (400, "text/plain; charset=utf-8", format!("Unknown API function: {route}")),
    }
}

fn token(body: &str, character: &Character, challenges: &[String]) -> (u16, &'static str, String) {
    const JSON: &str = "application/json";
    if let Some(refusal) = character.refusal {
        return (400, if refusal.starts_with('{') { JSON } else { "text/plain" }, refusal.to_owned());
    }
    let challenge = value_of(body, "code_verifier").map(|it| URL_SAFE_NO_PAD.encode(digest(&SHA256, it.as_bytes())));
    let is_known = challenge.is_some_and(|challenge| challenges.contains(&challenge));
    let is_code = value_of(body, "code").as_deref() == Some("the-code") && is_known;
    let is_refresh = value_of(body, "refresh_token").is_some_and(|token| token.starts_with("refresh-secret"));
    if !is_code && !is_refresh {
        let error = json!({"error": "invalid_grant", "error_description": "code doesn't exist or has expired"});
        return (400, JSON, error.to_string());
    }
    let mut answer = json!({"access_token": RENEWED, "token_type": "bearer", "expires_in": 14400});
    if is_code {
        answer["access_token"] = "sl.access-secret".into();
        answer["refresh_token"] = "refresh-secret".into();
        answer["scope"] = character.scopes.into();
        answer["account_id"] = character.account.into();
        answer["uid"] = "1".into();
    }
    (200, JSON, answer.to_string())
}

fn account(id: &str) -> Value {
    json!({
        "account_id": id,
        "name": {"given_name": "Ann", "surname": "Example", "familiar_name": "Ann", "display_name": "Ann Example",
            "abbreviated_name": "AE"},
        "email": "ann@example.com",
        "email_verified": true,
        "disabled": false,
        "locale": "en",
        "referral_link": "https://db.tt/x",
        "is_paired": false,
        "account_type": {".tag": "basic"},
        "root_info": {".tag": "user", "root_namespace_id": "7", "home_namespace_id": "7"},
    })
}
