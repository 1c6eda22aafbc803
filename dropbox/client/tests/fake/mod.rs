//! A server that answers what a test says, and remembers what it was asked and when.

#![allow(dead_code)]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use dropbox_client::{Access, Client, Endpoint, Secret, Settings};

/// One request, read whole.
#[derive(Debug, Clone)]
pub struct Asked {
    pub at: Instant,
    pub path: String,
    pub headers: HashMap<String, String>,
    pub body: Vec<u8>,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub fn route(&self) -> &str {
        self.path.trim_start_matches("/2/")
    }

    pub fn body_text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// What is answered.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// Bytes after which the connection breaks; 0 is before anything is answered.
    breaks_after: Option<usize>,
    hangs: bool,
    /// The head comes after so long, and the body never.
    head_after: Option<std::time::Duration>,
}

impl Answer {
    pub fn json(body: &str) -> Self {
        Self::status(200, body).header("Content-Type", "application/json")
    }

    pub fn status(status: u16, body: &str) -> Self {
        Self { status, body: body.as_bytes().to_vec(), ..Self::default() }
    }

    pub fn bytes(status: u16, body: &[u8]) -> Self {
        Self { status, body: body.to_vec(), ..Self::default() }
    }

    /// The connection is closed without an answer.
    pub fn lost() -> Self {
        Self { breaks_after: Some(0), ..Self::default() }
    }

    /// Nothing comes, and nothing ends.
    pub fn silence() -> Self {
        Self { hangs: true, ..Self::default() }
    }

    /// The head of the answer comes late, and nothing after it.
    pub fn without_end(self, after: std::time::Duration) -> Self {
        Self { head_after: Some(after), ..self }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_string(), value.to_string()));
        self
    }

    pub fn breaks_after(self, bytes: usize) -> Self {
        Self { breaks_after: Some(bytes), ..self }
    }
}

type Script = Arc<dyn Fn(&Asked, usize) -> Answer + Send + Sync>;

/// A server on loopback. It lives as long as the test process.
#[derive(Clone)]
pub struct Fake {
    pub address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Fake {
    /// `script` is given each request and how many came before it.
    pub fn new(script: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let fake = Self { address, asked: Arc::default() };
        let (script, server): (Script, _) = (Arc::new(script), fake.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (script, server) = (script.clone(), server.clone());
                std::thread::spawn(move || server.serve(stream, &script));
            }
        });
        fake
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub fn endpoint(&self) -> Endpoint {
        Endpoint::at(&self.address).unwrap()
    }

    pub fn settings(&self) -> Settings {
        let access = Access::Token(Secret::new("sl.very-secret"));
        Settings { endpoint: self.endpoint(), ..Settings::new(access) }
    }

    pub fn client(&self) -> Client {
        Client::new(self.settings()).unwrap()
    }

    fn serve(&self, stream: TcpStream, script: &Script) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        while let Some(asked) = read(&mut reader) {
            let before = {
                let mut all = self.asked.lock().unwrap();
                all.push(asked.clone());
                all.len() - 1
            };
            if !write(&stream, &script(&asked, before)) {
                return;
            }
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let path = line.split(' ').nth(1)?.to_string();
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_string());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked { at: Instant::now(), path, headers, body })
}

/// Whether the connection goes on.
fn write(mut stream: &TcpStream, answer: &Answer) -> bool {
    if answer.hangs {
        std::thread::sleep(std::time::Duration::from_secs(60));
    }
    if answer.breaks_after == Some(0) {
        return false;
    }
    if let Some(wait) = answer.head_after {
        std::thread::sleep(wait);
    }
    let mut head = format!("HTTP/1.1 {} Whatever\r\nX-Dropbox-Request-Id: abc123\r\n", answer.status);
    for (name, value) in &answer.headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += &format!("Content-Length: {}\r\n\r\n", answer.body.len());
    let sent = answer.breaks_after.unwrap_or(usize::MAX).min(answer.body.len());
    if answer.head_after.is_some() {
        let _ = stream.write_all(head.as_bytes());
        std::thread::sleep(std::time::Duration::from_secs(60));
        return false;
    }
    let done = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&answer.body[..sent]));
    done.is_ok() && answer.breaks_after.is_none()
}

/// A file as Dropbox describes it.
pub fn file_json(path: &str, content: &[u8]) -> String {
    let name = path.rsplit('/').next().unwrap();
    format!(
        r#"{{"name":"{name}","path_lower":"{path}","path_display":"{path}","id":"id:a","client_modified":"2026-01-02T03:04:05Z","server_modified":"2026-01-02T03:04:05Z","rev":"0123456789ab","size":{},"content_hash":"{}","unknown_field":1}}"#,
        content.len(),
        dropbox_client::ContentHash::of(content)
    )
}
