//! A client of a few lines, so that nothing stands between a test and the wire.

use std::io::Read;

use dropbox_simulator::{Account, Options, Simulator};
use serde_json::Value;
use ureq::http::HeaderMap;

pub struct Client {
    agent: ureq::Agent,
    endpoint: String,
    pub token: String,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        let kind = self.header("content-type");
        assert_eq!(kind, "application/json", "{}", self.text());
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The JSON of the header that comes with content.
    pub fn result(&self) -> Value {
        serde_json::from_str(self.header("dropbox-api-result")).unwrap()
    }

    /// The JSON of a call that succeeded.
    pub fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text());
        self.json()
    }

    /// The error of a call that was answered with 409.
    pub fn error(self) -> Value {
        assert_eq!(self.status, 409, "{}", self.text());
        let json = self.json();
        assert!(json["error_summary"].as_str().unwrap().contains('/'), "{json}");
        json["error"].clone()
    }
}

impl Client {
    pub fn new(simulator: &Simulator, account: &Account) -> Self {
        Self::with_token(simulator, account.token())
    }

    pub fn with_token(simulator: &Simulator, token: String) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).proxy(None).build();
        Self { agent: config.into(), endpoint: simulator.endpoint(), token }
    }

    pub fn rpc(&self, route: &str, arg: Value) -> Answer {
        self.try_rpc(route, arg).unwrap()
    }

    pub fn try_rpc(&self, route: &str, arg: Value) -> Result<Answer, ureq::Error> {
        let request = self.post(route).header("content-type", "application/json");
        read(request.send(arg.to_string()))
    }

    pub fn upload(&self, route: &str, arg: Value, bytes: &[u8]) -> Answer {
        self.try_upload(route, arg, bytes).unwrap()
    }

    pub fn try_upload(&self, route: &str, arg: Value, bytes: &[u8]) -> Result<Answer, ureq::Error> {
        let request = self.post(route).header("content-type", "application/octet-stream");
        read(request.header("dropbox-api-arg", header_safe(&arg)).send(bytes))
    }

    pub fn download(&self, route: &str, arg: Value, headers: &[(&str, &str)]) -> Answer {
        self.try_download(route, arg, headers).unwrap()
    }

    pub fn try_download(&self, route: &str, arg: Value, headers: &[(&str, &str)]) -> Result<Answer, ureq::Error> {
        let mut request = self.post(route).header("dropbox-api-arg", header_safe(&arg));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        read(request.send_empty())
    }

    /// A request of any kind.
    pub fn send(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut request = self.agent.post(format!("{}{path}", self.endpoint));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        read(request.send(body)).unwrap()
    }

    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.agent.get(format!("{}{path}", self.endpoint));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        read(request.call()).unwrap()
    }

    /// All pages of a listing, in order, and the last cursor.
    pub fn list(&self, arg: Value) -> (Vec<Value>, String) {
        let mut page = self.rpc("files/list_folder", arg).ok();
        let mut entries = page["entries"].as_array().unwrap().clone();
        while page["has_more"] == true {
            page = self.rpc("files/list_folder/continue", serde_json::json!({"cursor": page["cursor"]})).ok();
            entries.extend(page["entries"].as_array().unwrap().clone());
        }
        (entries, page["cursor"].as_str().unwrap().to_owned())
    }

    /// What changed since a cursor, and the next one.
    pub fn changes(&self, cursor: &str) -> (Vec<Value>, String) {
        let mut entries = Vec::new();
        let mut cursor = cursor.to_owned();
        loop {
            let page = self.rpc("files/list_folder/continue", serde_json::json!({"cursor": cursor})).ok();
            entries.extend(page["entries"].as_array().unwrap().clone());
            cursor = page["cursor"].as_str().unwrap().to_owned();
            if page["has_more"] == false {
                return (entries, cursor);
            }
        }
    }

    fn post(&self, route: &str) -> ureq::RequestBuilder<ureq::typestate::WithBody> {
        let request = self.agent.post(format!("{}/2/{route}", self.endpoint));
        request.header("authorization", format!("Bearer {}", self.token))
    }
}

pub fn start() -> (Simulator, Account, Client) {
    start_with(Options::default())
}

pub fn start_with(options: Options) -> (Simulator, Account, Client) {
    let simulator = Simulator::start(options).unwrap();
    let account = simulator.account();
    let client = Client::new(&simulator, &account);
    (simulator, account, client)
}

/// `file /a.txt`, `folder /b`, `deleted /c`: what a listing says, in short.
pub fn shorten(entries: &[Value]) -> Vec<String> {
    let line =
        |entry: &Value| format!("{} {}", entry[".tag"].as_str().unwrap(), entry["path_display"].as_str().unwrap());
    entries.iter().map(line).collect()
}

fn read(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Answer, ureq::Error> {
    let mut answer = answer?;
    let mut body = Vec::new();
    answer.body_mut().as_reader().read_to_end(&mut body)?;
    Ok(Answer { status: answer.status().as_u16(), headers: answer.headers().clone(), body })
}

/// JSON with everything outside of ASCII escaped.
pub fn header_safe(value: &Value) -> String {
    let mut text = String::new();
    for letter in value.to_string().chars() {
        if letter.is_ascii() {
            text.push(letter);
        } else {
            letter.encode_utf16(&mut [0; 2]).iter().for_each(|unit| text += &format!("\\u{unit:04x}"));
        }
    }
    text
}
