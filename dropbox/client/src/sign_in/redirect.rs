//! A listener on this machine that the browser brings the code to.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use reqwest::Url;

use super::SignIn;
use crate::error::{Class, Error, Result};
use crate::http::{Cancel, interrupted};

/// The port of the redirect address, which has to stand in the app's settings as `http://localhost:53682/`.
pub const REDIRECT_PORT: u16 = 53682;

const TICK: Duration = Duration::from_millis(50);

/// Browsers also open connections that they send nothing on; those must not keep the others waiting.
const READ_TIMEOUT: Duration = Duration::from_millis(150);

/// The longest first line of a request that is looked at.
const LINE_MAX: u64 = 8192;

/// Waits for the browser on loopback.
#[derive(Debug)]
pub struct Redirect {
    listeners: Vec<TcpListener>,
    port: u16,
}

impl Redirect {
    /// Listens on [`REDIRECT_PORT`].
    pub fn listen() -> Result<Self> {
        Self::listen_on(REDIRECT_PORT)
    }

    pub(super) fn listen_on(port: u16) -> Result<Self> {
        let failed = |error: std::io::Error| {
            let what = format!("Port {port} of this machine cannot be listened on: {error}");
            Error::local(Class::Local, what, "Sign in without a redirect, and copy the code")
        };
        let main = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(failed)?;
        let port = main.local_addr().map_err(failed)?.port();
        // Some browsers take `localhost` for this one first. Many machines do not have it.
        let other = TcpListener::bind((Ipv6Addr::LOCALHOST, port));
        let listeners: Vec<TcpListener> = [main].into_iter().chain(other).collect();
        for listener in &listeners {
            listener.set_nonblocking(true).map_err(failed)?;
        }
        Ok(Self { listeners, port })
    }

    /// The address that Dropbox sends the browser to.
    pub fn uri(&self) -> String {
        format!("http://localhost:{}/", self.port)
    }

    /// Waits until the browser brings the code of this sign-in, for `limit` at most.
    pub fn wait(&self, sign_in: &SignIn, limit: Duration, cancel: &Cancel) -> Result<String> {
        let end = Instant::now() + limit;
        while Instant::now() < end {
            if cancel() {
                return Err(interrupted());
            }
            let Some(stream) = self.listeners.iter().find_map(|listener| listener.accept().ok()) else {
                std::thread::sleep(TICK);
                continue;
            };
            if let Some(code) = answer(stream, sign_in) {
                return code;
            }
        }
        Err(Error::local(Class::Credentials, "Nobody signed in", "Try again, or sign in without a redirect"))
    }
}

/// Serves one request of the browser; only one with the right state is about this sign-in.
fn answer((mut stream, _): (TcpStream, SocketAddr), sign_in: &SignIn) -> Option<Result<String>> {
    let url = read_url(&stream)?;
    let value = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    if value("state").as_deref() != Some(sign_in.state.expose()) {
        reply(&mut stream, "404 Not Found", "This page belongs to no sign-in that is under way.");
        return None;
    }
    match (value("code"), value("error_description").or_else(|| value("error"))) {
        (Some(code), _) => {
            reply(&mut stream, "200 OK", "You are signed in. This page can be closed.");
            Some(Ok(code))
        }
        (None, why) => {
            reply(&mut stream, "200 OK", "The sign-in was refused. This page can be closed.");
            let what = format!("The sign-in was refused: {}", why.unwrap_or_else(|| "no reason given".to_string()));
            Some(Err(Error::local(Class::Credentials, what, "Sign in again and allow access")))
        }
    }
}

fn read_url(stream: &TcpStream) -> Option<Url> {
    stream.set_nonblocking(false).ok()?;
    stream.set_read_timeout(Some(READ_TIMEOUT)).ok()?;
    let mut line = String::new();
    BufReader::new(std::io::Read::take(stream, LINE_MAX)).read_line(&mut line).ok()?;
    let target = line.strip_prefix("GET ")?.split(' ').next()?;
    Url::parse("http://localhost/").ok()?.join(target).ok()
}

fn reply(stream: &mut TcpStream, status: &str, text: &str) {
    let page = format!("<!doctype html><meta charset=utf-8><title>Dropbox</title><p>{text}</p>");
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}", page.len());
    // The browser may be gone; what it sent has been read.
    let _ = write!(stream, "{head}\r\nConnection: close\r\nReferrer-Policy: no-referrer\r\n\r\n{page}");
}
