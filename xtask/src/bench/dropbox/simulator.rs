//! The simulator as a process of its own, held by its addresses below `/sim/`.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use super::account::Account;
use super::counts::Counts;
use crate::failure::{Context, Failure, Outcome};
use crate::program::command;

/// Longer than any run.
const TOKEN_LIFE_S: &str = "864000";

/// What slows callers down.
#[derive(Clone, Copy)]
pub struct Limits {
    pub latency_ms: u64,
    pub megabits_per_second: f64,
    pub calls_per_second: f64,
}

impl Limits {
    /// A real account over a good line.
    pub const SLOW: Self = Self { latency_ms: 60, megabits_per_second: 100.0, calls_per_second: 12.0 };
}

/// Ends with this value.
pub struct Simulator {
    process: Child,
    agent: ureq::Agent,
    pub endpoint: String,
    /// The way of programs that know no other address than Dropbox's own.
    pub proxy: String,
    pub authority: PathBuf,
    /// A remote of rclone's that is signed in, called `bench`.
    pub remote: String,
}

impl Simulator {
    /// Starts it with an empty account and no limits; its certificate goes into `folder`.
    pub fn start(program: &Path, folder: &Path) -> Outcome<Self> {
        let authority = folder.join("authority.pem");
        let mut command = command(program, ["--port", "0", "--token-life", TOKEN_LIFE_S, "--tls"]);
        let mut process = command.arg(&authority).stdout(Stdio::piped()).spawn().context(program.display())?;
        let said = process.stdout.take().context("the simulator's output cannot be read")?;
        let said = said_by(BufReader::new(said))?;
        let get = |what: &str| said.get(what).cloned().context(format_args!("the simulator did not tell its {what}"));
        let config = ureq::Agent::config_builder().proxy(None).build();
        Ok(Self {
            process,
            agent: config.into(),
            endpoint: get("endpoint")?,
            proxy: get("proxy")?,
            authority,
            remote: remote(&get("client id")?, &get("access token")?, &get("refresh token")?),
        })
    }

    pub fn fill(&self, account: &Account) -> Outcome {
        for file in &account.files {
            self.post("edit", &json!({"write": file.path, "size": file.size, "seed": file.seed}))?;
        }
        Ok(())
    }

    pub fn limit(&self, limits: Limits) -> Outcome {
        let Limits { latency_ms, megabits_per_second, calls_per_second } = limits;
        let options = json!({
            "latency_ms": latency_ms,
            "megabits_per_second": megabits_per_second,
            "calls_per_second": calls_per_second,
        });
        self.post("options", &options)
    }

    pub fn forget_calls(&self) -> Outcome {
        self.post("reset", &Value::Null)
    }

    /// Since they were last forgotten.
    pub fn counts(&self) -> Outcome<Counts> {
        Counts::read(&self.get("calls")?, &self.get("log")?)
    }

    fn get(&self, what: &str) -> Outcome<Value> {
        let address = format!("{}/sim/{what}", self.endpoint);
        let answer = self.agent.get(&address).call().context(&address)?;
        // A log is longer than what is read by default.
        let text = answer.into_body().into_with_config().limit(1 << 30).read_to_string().context(&address)?;
        serde_json::from_str(&text).context(&address)
    }

    fn post(&self, what: &str, body: &Value) -> Outcome {
        let address = format!("{}/sim/{what}", self.endpoint);
        let mut answer = self.agent.post(&address).send(body.to_string()).context(&address)?;
        // Read to its end, so that the connection is used again.
        answer.body_mut().read_to_string().context(&address).map(drop)
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // It may have ended by itself, which is what is wanted.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// `endpoint       http://…` and so on, up to the line that is the last one.
fn said_by(output: impl BufRead) -> Outcome<HashMap<String, String>> {
    let mut said = HashMap::new();
    for line in output.lines() {
        let line = line.context("the simulator's output")?;
        if let Some((what, value)) = line.split_once("  ") {
            said.insert(what.to_owned(), value.trim().to_owned());
        }
        if line.starts_with("seed ") {
            return Ok(said);
        }
    }
    Err(Failure::new("the simulator ended before it was ready"))
}

fn remote(client: &str, access: &str, refresh: &str) -> String {
    let token = json!({
        "access_token": access, "token_type": "bearer", "refresh_token": refresh, "expiry": "2099-01-01T00:00:00Z",
    });
    format!("[bench]\ntype = dropbox\nclient_id = {client}\ntoken = {token}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_simulator_says_is_read_up_to_its_last_line() {
        let said = said_by("endpoint       http://127.0.0.1:1\nclient id      a\nseed           1\n".as_bytes());
        let said = said.unwrap();
        assert_eq!((said["endpoint"].as_str(), said["client id"].as_str()), ("http://127.0.0.1:1", "a"));
        assert!(said_by("endpoint  x\n".as_bytes()).is_err());
    }
}
