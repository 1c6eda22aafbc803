//! A viewer that listens, and a client that shows every byte of what comes back.

use std::{
    collections::HashMap,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread::JoinHandle,
    time::Duration,
};

use larder_connect::Storage;
use larder_engine::{Limits, Store};
use larder_fs::{FsTarget, TargetOptions};
use larder_model::{Problem, Result};
use larder_testkit::{Larder, tree::MemoryTree};
use larder_viewer::{App, DestinationName, Destinations, Entrance, Listener, OpenDestination, Options};
use serde_json::Value;

pub struct Viewer {
    pub app: App,
    pub address: SocketAddr,
    pub token: Option<String>,
    pub log: Arc<Mutex<Vec<String>>>,
    client: Mutex<Option<Client>>,
    ending: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<()>>>,
}

#[derive(Default)]
pub struct Settings {
    pub password: Option<&'static str>,
    pub destinations: Option<Arc<dyn Destinations>>,
    pub hidden: Vec<String>,
    pub cache: Option<std::path::PathBuf>,
    pub limits: Limits,
}

impl Viewer {
    pub fn start(larder: &Larder) -> Self {
        Self::with(larder.open(), Settings::default())
    }

    pub fn on(larder: &Larder, storage: Arc<dyn Storage>) -> Self {
        Self::with(larder.open_on(storage).unwrap(), Settings::default())
    }

    pub fn with(store: Store, settings: Settings) -> Self {
        let log = Arc::<Mutex<Vec<String>>>::default();
        let entrance = match settings.password {
            Some(password) => Entrance::Password(password.to_owned().into()),
            None => Entrance::Token,
        };
        let (logged, told) = (log.clone(), move |text: &str| log.lock().unwrap().push(text.to_owned()));
        let options = Options {
            name: "test".to_owned(),
            hidden: settings.hidden,
            destinations: settings.destinations,
            entrance,
            cache: settings.cache,
            limits: settings.limits,
            log: Arc::new(told),
        };
        let (app, token) = App::new(Arc::new(store), options).unwrap();
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), None).unwrap();
        let (address, ending) = (listener.address(), Arc::new(AtomicBool::new(false)));
        let (served, is_ending) = (app.clone(), ending.clone());
        let thread = std::thread::spawn(move || listener.serve(served, move || is_ending.load(SeqCst)));
        Self { app, address, token, log: logged, client: Mutex::default(), ending, thread: Some(thread) }
    }

    /// Somebody who has opened the address.
    pub fn client(&self) -> Client {
        if let Some(client) = &*self.client.lock().unwrap() {
            return client.clone();
        }
        let client = self.new_client();
        *self.client.lock().unwrap() = Some(client.clone());
        client
    }

    fn new_client(&self) -> Client {
        let mut client = self.stranger();
        let opened = client.get(&format!("/open?token={}", self.token.as_deref().unwrap()));
        assert_eq!(opened.status, 303, "{opened:?}");
        client.take_cookie(&opened);
        client
    }

    pub fn stranger(&self) -> Client {
        Client { address: self.address, cookie: None, csrf: None }
    }

    pub fn end(&mut self) {
        self.ending.store(true, SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap().unwrap();
        }
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.end();
        }
    }
}

#[derive(Clone)]
pub struct Client {
    pub address: SocketAddr,
    pub cookie: Option<String>,
    pub csrf: Option<String>,
}

#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HashMap<String, String>,
    pub body: Vec<u8>,
    /// The body came to its end as the head said it would.
    pub is_whole: bool,
}

impl Reply {
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

impl Client {
    pub fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], b"")
    }

    pub fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        self.send("GET", path, headers, b"")
    }

    /// The answer's JSON, which has to be one of success.
    #[track_caller]
    pub fn ok(&self, path: &str) -> Value {
        let reply = self.get(path);
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        reply.json()
    }

    /// The kind of the problem, which has to have this status.
    #[track_caller]
    pub fn problem(&self, status: u16, path: &str) -> Value {
        let reply = self.get(path);
        assert_eq!(reply.status, status, "{path}: {}", reply.text());
        assert_eq!(reply.header("content-type"), "application/problem+json", "{path}");
        reply.json()
    }

    #[track_caller]
    pub fn post(&mut self, path: &str, body: &Value) -> Reply {
        let csrf = self.csrf();
        let headers = [("content-type", "application/json"), ("x-larder-csrf", csrf.as_str())];
        self.send("POST", path, &headers, body.to_string().as_bytes())
    }

    pub fn csrf(&mut self) -> String {
        if self.csrf.is_none() {
            self.csrf = self.ok("/api/v1/session")["csrf"].as_str().map(str::to_owned);
        }
        self.csrf.clone().unwrap_or_default()
    }

    pub fn take_cookie(&mut self, reply: &Reply) {
        self.cookie = reply.header("set-cookie").split(';').next().map(str::to_owned);
    }

    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        read(self.begin(method, path, headers, body), method)
    }

    /// A request whose answer nobody has read yet.
    pub fn begin(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> TcpStream {
        let mut head = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
        if !headers.iter().any(|(name, _)| *name == "host") {
            head += &format!("host: {}\r\n", self.address);
        }
        if let Some(cookie) = &self.cookie {
            head += &format!("cookie: other=1; {cookie}\r\n");
        }
        if !body.is_empty() {
            head += &format!("content-length: {}\r\n", body.len());
        }
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
        // Who refuses a request may do so before it has read all of it.
        let _ = stream.write_all(body);
        stream
    }
}

fn read(mut stream: TcpStream, method: &str) -> Reply {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or_else(|| panic!("no head: {bytes:?}"));
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let pairs = head.lines().skip(1).filter_map(|line| line.split_once(": "));
    let headers: HashMap<String, String> = pairs.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    let raw = bytes[end + 4..].to_vec();
    let (body, is_whole) = match headers.get("content-length").and_then(|len| len.parse::<usize>().ok()) {
        _ if headers.get("transfer-encoding").is_some_and(|it| it == "chunked") => chunks(&raw),
        Some(_) if method == "HEAD" || status == 304 => (raw, true),
        Some(len) => (raw.clone(), raw.len() == len),
        None => (raw, true),
    };
    Reply { status, headers, body, is_whole }
}

fn chunks(mut raw: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    loop {
        let Some(end) = raw.windows(2).position(|two| two == b"\r\n") else { return (body, false) };
        let len = std::str::from_utf8(&raw[..end]).ok().and_then(|text| usize::from_str_radix(text, 16).ok());
        let Some(len) = len else { return (body, false) };
        if len == 0 {
            return (body, true);
        }
        raw = &raw[end + 2..];
        body.extend_from_slice(&raw[..len.min(raw.len())]);
        let Some(rest) = raw.get(len + 2..) else { return (body, false) };
        raw = rest;
    }
}

/// Percent-encodes what stands in a parameter.
pub fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// A store with a snapshot of one tree.
pub fn stored(fill: impl FnOnce(&mut MemoryTree)) -> Larder {
    let larder = Larder::new();
    let mut tree = MemoryTree::new(&larder.clock);
    fill(&mut tree);
    larder.backup(&tree.shared());
    larder
}

/// The only root of the newest snapshot.
pub fn root(client: &Client) -> String {
    client.ok("/api/v1/snapshots/latest")["roots"][0].as_str().unwrap().to_owned()
}

/// Destinations that are folders.
pub struct Folders(pub std::path::PathBuf);

struct Open(FsTarget);

impl Destinations for Folders {
    fn names(&self) -> Result<Vec<DestinationName>> {
        Ok(vec![DestinationName { name: "desk".to_owned(), kind: "fs".to_owned() }])
    }

    fn open(&self, _: &str, folder: Option<&str>) -> Result<Box<dyn OpenDestination>> {
        let path = self.0.join(folder.unwrap_or_default().trim_start_matches('/'));
        Ok(Box::new(Open(FsTarget::new(path, TargetOptions::default()))))
    }

    fn allows_folders(&self) -> bool {
        true
    }

    fn open_folder(&self, path: &str) -> Result<Box<dyn OpenDestination>> {
        Ok(Box::new(Open(FsTarget::new(path, TargetOptions::default()))))
    }
}

impl OpenDestination for Open {
    fn target(&self) -> &dyn larder_connect::Target {
        &self.0
    }

    fn finish(&self) -> Result<()> {
        Ok(())
    }

    fn explain(&self, problem: Problem) -> Problem {
        problem
    }
}
