//! `larder ui` as a process of its own, and somebody who asks it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::failure::{Context, Failure, Outcome};
use crate::program::{command, run as run_program};

/// A viewer that is signed in to.
pub struct Ui {
    process: Child,
    agent: ureq::Agent,
    address: String,
    cookie: String,
}

/// One answer.
pub struct Answer {
    pub took: Duration,
    pub json: Value,
}

impl Ui {
    /// `line` is a command that ends in `ui`.
    pub fn start(line: &mut Command) -> Outcome<Self> {
        let mut process = line.arg("--no-browser").stdout(Stdio::piped()).spawn().context("larder ui")?;
        let mut said = String::new();
        let stdout = process.stdout.take().context("larder ui has no output")?;
        BufReader::new(stdout).read_line(&mut said).context("larder ui")?;
        let Some((address, token)) = said.trim().split_once("/open?token=") else {
            // It has said on standard error why.
            let _ = process.wait();
            return Err(Failure::new("larder ui did not start"));
        };
        let config = ureq::Agent::config_builder().proxy(None).max_redirects(0).http_status_as_error(false).build();
        let mut ui = Self { process, agent: config.into(), address: address.to_owned(), cookie: String::new() };
        let opened = ui.agent.get(format!("{address}/open?token={token}")).call().context(address)?;
        let cookie = opened.headers().get("set-cookie").and_then(|cookie| cookie.to_str().ok());
        cookie.and_then(|cookie| cookie.split(';').next()).context("no cookie was set")?.clone_into(&mut ui.cookie);
        Ok(ui)
    }

    /// Asks, and reads the answer to its end.
    pub fn get(&self, path: &str) -> Outcome<Answer> {
        let (took, body) = self.fetch(path, None)?;
        let json = serde_json::from_slice(&body).context(path)?;
        Ok(Answer { took, json })
    }

    /// Some bytes of a file.
    pub fn range(&self, path: &str, first: u64, len: u64) -> Outcome<Duration> {
        let (took, body) = self.fetch(path, Some(format!("bytes={first}-{}", first + len - 1)))?;
        if body.len() as u64 == len { Ok(took) } else { Err(Failure::new(format_args!("{} bytes came", body.len()))) }
    }

    fn fetch(&self, path: &str, range: Option<String>) -> Outcome<(Duration, Vec<u8>)> {
        let began = Instant::now();
        let mut request = self.agent.get(format!("{}/api/v1{path}", self.address)).header("cookie", &self.cookie);
        if let Some(range) = range {
            request = request.header("range", range);
        }
        let answer = request.call().context(path)?;
        let status = answer.status();
        let body = answer.into_body().into_with_config().limit(1 << 30).read_to_vec().context(path)?;
        if !status.is_success() {
            return Err(Failure::new(format_args!("{path}: {status}: {}", String::from_utf8_lossy(&body))));
        }
        Ok((began.elapsed(), body))
    }

    /// The most memory that it ever had.
    pub fn peak_bytes(&self) -> Outcome<u64> {
        Ok(self.number("status", "VmHWM:")? << 10)
    }

    /// What it has read, from files and sockets.
    pub fn read_bytes(&self) -> Outcome<u64> {
        self.number("io", "rchar:")
    }

    fn number(&self, file: &str, name: &str) -> Outcome<u64> {
        let file = format!("/proc/{}/{file}", self.process.id());
        let text = fs::read_to_string(&file).context(&file)?;
        let line = text.lines().find_map(|line| line.strip_prefix(name)).context(&file)?;
        line.trim().trim_end_matches(" kB").parse().context(&file)
    }

    pub fn end(mut self) -> Outcome {
        run_program(&mut command("kill", [self.process.id().to_string()]))?;
        let ended = self.process.wait().context("larder ui")?;
        if ended.success() { Ok(()) } else { Err(Failure::new(format_args!("larder ui ended with {ended}"))) }
    }
}

impl Drop for Ui {
    fn drop(&mut self) {
        // Mostly it has ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What stands in a parameter.
pub fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
