//! `larder ui`: how it starts, whom it lets in, and how it ends. What it answers is tested in `viewer/tests`.

mod dropbox;

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::support::sandbox::Sandbox;

/// A viewer that has said where it is.
pub struct Ui {
    child: Child,
    first_line: String,
}

impl Ui {
    pub fn start(sandbox: &Sandbox, options: &str) -> Self {
        Self::run(sandbox, &format!("exec larder at ./save ui {options}"))
    }

    fn run(sandbox: &Sandbox, line: &str) -> Self {
        let mut command = sandbox.shell(line);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first_line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut first_line).unwrap();
        Self { child, first_line: first_line.trim_end().to_owned() }
    }

    /// `127.0.0.1:PORT`.
    fn host(&self) -> String {
        self.first_line.split('/').nth(2).unwrap_or_default().to_owned()
    }

    pub fn get(&self, path: &str, headers: &str) -> String {
        self.send("GET", path, headers, "")
    }

    pub fn get_bytes(&self, path: &str, headers: &str) -> Vec<u8> {
        self.send_for_bytes("GET", path, headers, "")
    }

    fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> String {
        String::from_utf8_lossy(&self.send_for_bytes(method, path, headers, body)).into_owned()
    }

    fn send_for_bytes(&self, method: &str, path: &str, headers: &str, body: &str) -> Vec<u8> {
        let mut stream = TcpStream::connect(self.host()).unwrap();
        let (host, len) = (self.host(), body.len());
        let head =
            format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: {len}\r\nconnection: close\r\n");
        stream.write_all(format!("{head}{headers}\r\n{body}").as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        answer
    }

    /// Swaps the token for a cookie, as a header line.
    pub fn open(&self) -> String {
        let path = &self.first_line[self.first_line.find("/open").unwrap()..];
        let answer = self.get(path, "");
        assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
        let cookie = answer.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
        format!("cookie: {}\r\n", cookie.split(';').next().unwrap())
    }

    pub fn status_line(&self, name: &str) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim_matches([':', ' ', '\t', 'k', 'B']).parse().ok()
    }

    fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args(["-s", signal, &self.child.id().to_string()]).status().unwrap().success());
    }

    /// The exit code, and what was said on standard error.
    pub fn end(mut self, signal: &str) -> (Option<i32>, String) {
        self.signal(signal);
        let began = Instant::now();
        let status = self.child.wait().unwrap();
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (status.code(), said)
    }
}

fn store(sandbox: &Sandbox) {
    sandbox.ok("larder at ./save create -q; mkdir files; echo one > files/a.txt; seq 1 200000 > files/numbers");
    sandbox.ok("larder at ./save backup files -q");
}

#[test]
fn it_says_where_it_is_and_ends_with_zero() {
    let sandbox = Sandbox::new();
    store(&sandbox);
    for signal in ["TERM", "INT"] {
        let ui = Ui::start(&sandbox, "--no-browser");
        let line = &ui.first_line;
        assert!(line.starts_with("http://127.0.0.1:") && line.contains("/open?token="), "{line}");
        let cookie = ui.open();
        let answer = ui.get("/api/v1/snapshots/latest/entries", &cookie);
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"items\":"), "{answer}");
        assert!(ui.get("/api/v1/store", &cookie).contains("\"allow_restore\":false"));
        assert!(ui.get("/api/v1/store", "").starts_with("HTTP/1.1 401"));
        // An open connection holds nothing up.
        let _idle = TcpStream::connect(ui.host()).unwrap();
        let (code, said) = ui.end(signal);
        assert_eq!(code, Some(0), "{said}");
    }
}

#[test]
fn the_port_and_the_form_can_be_chosen() {
    let sandbox = Sandbox::new();
    store(&sandbox);
    let ui = Ui::start(&sandbox, "--no-browser --listen localhost:0 --json --allow-restore");
    assert!(ui.first_line.starts_with("{\"event\":\"listening\",\"url\":\"http://127.0.0.1:"), "{}", ui.first_line);
    assert_eq!(ui.end("TERM").0, Some(0));
    let first = Ui::start(&sandbox, "--no-browser");
    let said = sandbox.fails(1, &format!("larder at ./save ui --no-browser --listen {}", first.host()));
    assert!(said.contains("cannot listen at") && said.contains("hint:"), "{said}");
    assert_eq!(first.end("TERM").0, Some(0));
}

/// A certificate is needed where others can reach it; the certificate's names are answered to.
#[test]
fn others_need_a_certificate_and_a_password() {
    let sandbox = Sandbox::new();
    store(&sandbox);
    let made = sandbox.run(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout a.key -out a.crt -days 2 \
         -subj /CN=nas -addext subjectAltName=DNS:nas.example",
    );
    if made.0 != 0 {
        eprintln!("skipped: there is no openssl here ({})", made.2);
        return;
    }
    sandbox.ok("echo 'open sesame' > word");
    let said = sandbox.fails(64, "larder at ./save ui --listen 0.0.0.0:0 --cert a.crt --key a.key");
    assert!(said.contains("--password-file"), "{said}");
    sandbox.fails(64, "larder at ./save ui --listen '[::]:0' --password-file word");
    let options = "--no-browser --listen 0.0.0.0:0 --cert a.crt --key a.key --password-file word";
    let ui = Ui::start(&sandbox, options);
    let line = &ui.first_line;
    assert!(line.starts_with("https://0.0.0.0:") && !line.contains("token"), "{line}");
    let port = ui.host().rsplit(':').next().unwrap().to_owned();
    let curl = |host: &str, more: &str| {
        let line = format!("curl -sk --resolve {host}:{port}:127.0.0.1 {more} https://{host}:{port}/api/v1/session");
        sandbox.ok(&line)
    };
    if sandbox.run("curl --version").0 == 0 {
        assert!(curl("nas.example", "").contains("\"needs_password\":true"));
        assert!(curl("evil.example", "").contains("does not answer to this name"));
        let body = "-H 'content-type: application/json' -i -d '{\"password\":\"open sesame\"}'";
        let signed_in = curl("nas.example", body);
        assert!(signed_in.contains("204") && signed_in.contains("Secure"), "{signed_in}");
    }
    assert_eq!(ui.end("TERM").0, Some(0));
    sandbox.ok("openssl genrsa -out other.key 2048 2> /dev/null");
    let said = sandbox.fails(64, "larder at ./save ui --cert a.crt --key other.key");
    assert!(said.contains("cannot be used"), "{said}");
}

#[test]
fn the_store_may_go_away_and_come_back() {
    let sandbox = Sandbox::new();
    store(&sandbox);
    let ui = Ui::start(&sandbox, "--no-browser");
    let cookie = ui.open();
    sandbox.ok("mv save away");
    thread::sleep(Duration::from_millis(2200));
    let answer = ui.get("/api/v1/snapshots", &cookie);
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("\"kind\":\"unreachable\""), "{answer}");
    assert!(!answer.contains(sandbox.path().to_str().unwrap()) && !answer.contains("./save"), "{answer}");
    sandbox.ok("mv away save");
    assert!(ui.get("/api/v1/snapshots", &cookie).starts_with("HTTP/1.1 200"));
    sandbox.ok("echo two > files/b.txt; larder at ./save backup files -q");
    thread::sleep(Duration::from_millis(2200));
    assert!(ui.get("/api/v1/snapshots", &cookie).contains("\"total\":2"));
    assert_eq!(ui.end("TERM").0, Some(0));
}

#[test]
fn its_memory_has_a_bound() {
    let sandbox = Sandbox::new();
    sandbox.ok("larder at ./save create -q; mkdir files; head -c 120000000 /dev/urandom > files/large");
    sandbox.ok(
        "i=0; while [ $i -lt 3000 ]; do echo $i > files/file-$i; i=$((i+1)); done; larder at ./save backup files -q",
    );
    let ui = Ui::start(&sandbox, "--no-browser");
    let cookie = ui.open();
    let folder = format!("{}/files", sandbox.work().display());
    let path = format!("/api/v1/snapshots/latest/content?path={folder}/large");
    // The file comes whole, and some who ask for it do not read what comes.
    let idle: Vec<_> = (0..8)
        .map(|_| {
            let mut stream = TcpStream::connect(ui.host()).unwrap();
            write!(stream, "GET {path} HTTP/1.1\r\nhost: {}\r\n{cookie}\r\n", ui.host()).unwrap();
            stream
        })
        .collect();
    let mut stream = TcpStream::connect(ui.host()).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n{cookie}\r\n", ui.host()).unwrap();
    let read = std::io::copy(&mut stream, &mut std::io::sink()).unwrap();
    assert!(read > 120_000_000, "{read}");
    for question in ["/api/v1/search?q=file-*&limit=1000", "/api/v1/snapshots/latest/usage?path=/", "/api/v1/store"] {
        assert!(ui.get(question, &cookie).starts_with("HTTP/1.1 200"), "{question}");
    }
    if let Some(peak) = ui.status_line("VmHWM") {
        assert!(peak < 200 << 10, "{} MiB at the peak", peak >> 10);
    }
    drop(idle);
    assert_eq!(ui.end("TERM").0, Some(0));
}
