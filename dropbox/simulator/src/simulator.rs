//! The simulator as tests hold it: started, looked into, edited, and stopped when it is dropped.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use crate::account::Account;
use crate::fault::Fault;
use crate::http;
use crate::journal::{CallRecord, Violation};
use crate::oauth::App;
use crate::oauth::authorize::{Approval, Form};
use crate::options::Options;
use crate::world::{Shared, World};

/// Two are enough to answer while another answer is being made.
const THREADS: usize = 2;

/// A Dropbox on loopback. It has one account from the start, [`Simulator::account`].
pub struct Simulator {
    shared: Arc<Shared>,
    address: SocketAddr,
    #[cfg(feature = "tls")]
    secure: Option<http::Secure>,
    /// Stops with the simulator.
    runtime: Option<Runtime>,
}

impl Simulator {
    /// Listens on loopback and serves on threads of its own.
    pub fn start(options: Options) -> io::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(THREADS).enable_all().build()?;
        let port = options.port;
        #[cfg(feature = "tls")]
        let is_secure = options.tls;
        let shared = Arc::new(Shared::new(options));
        shared.lock().add_account("Ann Example", "ann@example.com");
        let address = runtime.block_on(http::start(port, &shared))?;
        #[cfg(feature = "tls")]
        let secure = if is_secure { Some(runtime.block_on(http::Secure::start(&shared))?) } else { None };
        Ok(Self {
            shared,
            address,
            #[cfg(feature = "tls")]
            secure,
            runtime: Some(runtime),
        })
    }

    /// `http://127.0.0.1:PORT`, for all hosts and for OAuth.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The account that is there from the start.
    pub fn account(&self) -> Account {
        Account::new(Arc::clone(&self.shared), 0)
    }

    pub fn add_account(&self, name: &str, email: &str) -> Account {
        let id = self.shared.lock().add_account(name, email);
        Account::new(Arc::clone(&self.shared), id)
    }

    pub fn add_app(&self, app: App) {
        self.shared.lock().oauth.add_app(app);
    }

    /// Who answers the question whether an app may have access.
    pub fn sign_in(&self, account: &Account) {
        self.shared.lock().oauth.signed_in = account.number();
    }

    /// Lets the person say no from now on.
    pub fn deny(&self, denies: bool) {
        self.shared.lock().oauth.denies = denies;
    }

    /// Approves an authorization address as a person would, and returns the code that they would copy.
    pub fn approve(&self, address: &str) -> Result<String, String> {
        let query = address.split_once('?').map_or("", |(_, query)| query);
        let mut world = self.shared.lock();
        let World { oauth, random, clock, .. } = &mut *world;
        match oauth.authorize(&Form::parse(query.as_bytes()), random, clock.now())? {
            Approval::Code(code) => Ok(code),
            Approval::Redirect(uri) => {
                let query = uri.split_once('?').map_or("", |(_, query)| query);
                let code = Form::parse(query.as_bytes()).get("code").map(str::to_owned);
                code.ok_or_else(|| "access was denied".to_owned())
            }
            Approval::Denied => Err("access was denied".into()),
        }
    }

    /// Changes how the simulator behaves from now on.
    pub fn configure(&self, edit: impl FnOnce(&mut Options)) {
        let mut world = self.shared.lock();
        edit(&mut world.options);
        world.drive.only_basic_plane = world.options.only_basic_plane;
        world.drive.miscased_parents = world.options.miscased_parents;
    }

    pub fn add_fault(&self, fault: Fault) {
        self.shared.lock().faults.add(fault);
    }

    pub fn clear_faults(&self) {
        self.shared.lock().faults.clear();
    }

    /// Turns the simulator's clock forward.
    pub fn advance(&self, by: Duration) {
        let mut world = self.shared.lock();
        world.clock.advance(by);
        world.drive.spaces.values_mut().for_each(|space| space.age(by));
    }

    /// Lets every access token expire now; refresh tokens go on.
    pub fn expire_tokens(&self) {
        self.shared.lock().oauth.expire_tokens();
    }

    /// Makes every cursor there is answer with `reset`.
    pub fn reset_cursors(&self) {
        self.shared.lock().cursors.reset_all();
    }

    /// Forgets every upload session, long before its time.
    pub fn forget_sessions(&self) {
        self.shared.lock().sessions.forget_all();
    }

    /// How often a route was called.
    pub fn calls(&self, route: &str) -> usize {
        self.shared.lock().journal.calls().iter().filter(|call| call.route == route).count()
    }

    pub fn total_calls(&self) -> usize {
        self.shared.lock().journal.calls().len()
    }

    /// Every call since the last reset, in the order of arrival.
    pub fn log(&self) -> Vec<CallRecord> {
        self.shared.lock().journal.calls().to_vec()
    }

    /// Bytes of request bodies, of all routes.
    pub fn bytes_in(&self) -> u64 {
        self.shared.lock().journal.calls().iter().map(|call| call.bytes_in).sum()
    }

    /// Bytes of answers' bodies, of all routes.
    pub fn bytes_out(&self) -> u64 {
        self.shared.lock().journal.calls().iter().map(CallRecord::bytes_out).sum()
    }

    /// Bytes of answers' bodies of one route.
    pub fn bytes_out_of(&self, route: &str) -> u64 {
        let world = self.shared.lock();
        world.journal.calls().iter().filter(|call| call.route == route).map(CallRecord::bytes_out).sum()
    }

    /// What a well-behaved client would not have done.
    pub fn violations(&self) -> Vec<Violation> {
        self.shared.lock().journal.violations().to_vec()
    }

    /// Calls and bytes by route, as `/sim/calls` shows them.
    pub fn summary(&self) -> Value {
        self.shared.lock().journal.summary()
    }

    /// Forgets the calls so far, not the files.
    pub fn reset_journal(&self) {
        self.shared.lock().journal.reset();
    }
}

#[cfg(feature = "tls")]
impl Simulator {
    /// Where TLS is spoken, if it is.
    pub fn tls_address(&self) -> Option<SocketAddr> {
        self.secure.as_ref().map(|secure| secure.tls)
    }

    /// The CONNECT proxy that leads Dropbox's hosts to the TLS port.
    pub fn proxy(&self) -> Option<String> {
        self.secure.as_ref().map(|secure| format!("http://{}", secure.proxy))
    }

    /// Writes the certificate of the authority that signed the server's, as PEM.
    pub fn write_authority(&self, path: &std::path::Path) -> io::Result<()> {
        let secure = self.secure.as_ref();
        let secure = secure.ok_or_else(|| io::Error::other("the simulator was started without TLS"))?;
        std::fs::write(path, secure.pem())
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Long polls and slow answers must not keep a test.
            runtime.shutdown_background();
        }
    }
}
