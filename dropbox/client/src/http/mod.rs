//! HTTP below the client: one pool of HTTP/1.1 connections and a private runtime, waited for by blocking threads.
//!
//! HTTP/1.1 and not 2, since all streams of an HTTP/2 connection share one window and one loss; a pool gives each transfer
//! a connection of its own. Redirects are never followed: Dropbox sends none, and the token must go nowhere else.

mod sending;
mod throttle;
mod wait;

use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Request, Response};
use tokio::runtime::Runtime;

pub(crate) use sending::{Progress, sending};
pub(crate) use throttle::Throttle;
pub(crate) use wait::{Lost, Patience, TICK};

use crate::clock::Clock;
use crate::endpoint::Endpoint;
use crate::error::{Class, Error, Result};

/// Asked all the time; once it says yes, every wait ends within 200 ms with an error of [`Class::Interrupted`].
pub type Cancel = Arc<dyn Fn() -> bool + Send + Sync>;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// Shorter than servers keep idle connections, so that a commit is not sent into one that is just being closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// Connections and the threads that drive them.
pub(crate) struct Http {
    client: reqwest::Client,
    /// `None` only while it is dropped.
    runtime: Option<Runtime>,
    cancel: Cancel,
    clock: Arc<dyn Clock>,
}

impl Http {
    pub fn new(endpoint: &Endpoint, cancel: Cancel, clock: Arc<dyn Clock>) -> Result<Self> {
        let failed =
            |what: String| Error::local(Class::Unreachable, what, "Check the machine's certificates and proxy");
        let mut threads = tokio::runtime::Builder::new_multi_thread();
        let runtime = threads.worker_threads(2).thread_name("dropbox").enable_all().build();
        let runtime = runtime.map_err(|error| failed(format!("No threads for connections: {error}")))?;
        let client = builder(endpoint).build();
        let client =
            client.map_err(|error| failed(format!("Connections cannot be set up: {}", wait::chain(&error))))?;
        Ok(Self { client, runtime: Some(runtime), cancel, clock })
    }

    /// Sends a request and waits for the head of the answer.
    pub fn send(&self, request: Request, patience: Patience) -> std::result::Result<Response, Lost> {
        let answer = self.wait(self.client.execute(request), patience)?;
        answer.map_err(|error| Lost::of_error(&error))
    }

    /// Whether the caller wants to stop.
    pub fn is_canceled(&self) -> bool {
        (self.cancel)()
    }

    /// An error if the caller wants to stop.
    pub fn check(&self) -> Result<()> {
        if self.is_canceled() { Err(interrupted()) } else { Ok(()) }
    }

    /// What all patience is measured by.
    pub(super) fn now(&self) -> Duration {
        self.clock.now()
    }

    fn runtime(&self) -> &Runtime {
        self.runtime.as_ref().expect("there until dropped")
    }
}

impl Drop for Http {
    /// Does not wait for transfers, and may happen anywhere.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

pub(crate) fn interrupted() -> Error {
    Error::local(Class::Interrupted, "The call was stopped on request", "")
}

fn builder(endpoint: &Endpoint) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("dropbox-client/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .tcp_nodelay(true)
        .referer(false);
    let builder = if endpoint.is_loopback() { builder.no_proxy() } else { builder };
    // Without TLS there is no need for the machine to have certificates.
    if endpoint.is_plain() { builder.tls_certs_only([]) } else { builder }
}
