//! The viewer's API against its own description: schemathesis makes requests out of `web/openapi.json`, sensible ones and others, and every
//! answer has to be one that is described, and none a failure of the server's.
//!
//! The requests come from a fixed seed and are of a bounded number, so that a run says the same today and tomorrow.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::failure::{Context, Outcome};
use crate::program::{command, run};
use crate::workspace::Workspace;

use super::python;

const PASSPHRASE: &str = "a passphrase for a store that is thrown away";
/// Requests of each kind that are made up.
const EXAMPLES: &str = "30";
/// What is held against every answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
/// A stream without an end, and what would end the session that all others need.
const LEFT_OUT: &[&str] = &["/api/v1/tasks/events", "/api/v1/session"];

pub fn check(workspace: &Workspace) -> Outcome {
    let folder = workspace.target.join("ci-viewer");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("files/docs")).context("cannot make a folder for the viewer's store")?;
    fs::write(folder.join("files/docs/a.txt"), "some text\n").context("cannot write a file")?;
    fs::write(folder.join("files/b.bin"), [0, 1, 2, 255]).context("cannot write a file")?;
    let larder = workspace.target.join("release/larder");
    for words in ["create -q", "backup -q files", "backup -q files"] {
        run(&mut in_store(&larder, &folder, words))?;
    }
    let mut viewer = Viewer::start(&larder, &folder)?;
    let outcome = viewer.session().and_then(|session| ask(workspace, &folder, &viewer, &session));
    viewer.end();
    outcome
}

fn in_store(larder: &Path, folder: &Path, words: &str) -> Command {
    let mut command = command(larder, ["at", "save"].into_iter().chain(words.split(' ')));
    command.current_dir(folder).env("HOME", folder).env("LARDER_PASSPHRASE", PASSPHRASE);
    for variable in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"] {
        command.env_remove(variable);
    }
    command
}

fn ask(workspace: &Workspace, folder: &Path, viewer: &Viewer, session: &Session) -> Outcome {
    let description = workspace.root.join("web/openapi.json").display().to_string();
    let (cookie, csrf) = (format!("Cookie: {}", session.cookie), format!("X-Larder-CSRF: {}", session.csrf));
    let url = format!("http://{}", viewer.host);
    let mut words = vec!["run", &description, "--url", &url, "--header", &cookie, "--header", &csrf];
    words.extend(["--checks", CHECKS, "--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES]);
    words.extend(["--generation-deterministic", "--request-timeout", "30"]);
    words.extend(["--warnings", "off", "--no-color"]);
    words.extend(LEFT_OUT.iter().flat_map(|path| ["--exclude-path", *path]));
    // It leaves notes where it runs.
    run(command(python::program(workspace, "schemathesis"), words).current_dir(folder))
}

/// `larder ui`, running.
struct Viewer {
    child: Child,
    /// Address and port.
    host: String,
    /// From the slash on.
    opening: String,
}

struct Session {
    cookie: String,
    csrf: String,
}

impl Viewer {
    fn start(larder: &Path, folder: &Path) -> Outcome<Self> {
        let mut command = in_store(larder, folder, "ui --no-browser");
        let mut child = command.stdout(Stdio::piped()).spawn().context("cannot start larder ui")?;
        let stdout = child.stdout.take().context("larder ui has no output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).context("larder ui does not say where it is")?;
        let parts = line.trim_end().strip_prefix("http://").and_then(|rest| rest.split_once('/'));
        let (host, path) = parts.context(format_args!("larder ui has said {line:?} instead of its address"))?;
        Ok(Self { child, host: host.to_owned(), opening: format!("/{path}") })
    }

    /// Swaps the token of the address for a session.
    fn session(&self) -> Outcome<Session> {
        let opened = self.get(&self.opening, "")?;
        let cookie = between(&opened, "set-cookie: ", ";").context("the address gave no cookie")?;
        let told = self.get("/api/v1/session", &format!("cookie: {cookie}\r\n"))?;
        let csrf = between(&told, "\"csrf\":\"", "\"").context("the session has no token")?;
        Ok(Session { cookie: cookie.to_owned(), csrf: csrf.to_owned() })
    }

    fn get(&self, path: &str, headers: &str) -> Outcome<String> {
        let mut stream = TcpStream::connect(&self.host).context("cannot connect to larder ui")?;
        let request = format!("GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n{headers}\r\n", self.host);
        stream.write_all(request.as_bytes()).context("cannot ask larder ui")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).context("larder ui does not answer")?;
        Ok(answer)
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}
