//! Listening, and answering: connections are bounded in number, and in how long they may take to ask.

mod tls;

use std::{
    convert::Infallible,
    future::Future,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Router, body::Body, http::Request};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use larder_model::{Problem, ProblemKind, Result, reason};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::Semaphore,
};
use tokio_rustls::TlsAcceptor;
use tower_service::Service;

use crate::{app::App, guard::Site, routes};

pub use tls::Certificate;

const CONNECTIONS_MAX: usize = 256;
/// A request's head has to be there in this time, also the next one of a connection.
const HEAD_PATIENCE: Duration = Duration::from_secs(75);
const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of a request's head, and its lines.
const HEAD_LEN_MAX: usize = 64 << 10;
const HEADERS_MAX: usize = 100;
/// Threads that block: those that work, those that send, and some for what the runtime does with them.
const BLOCKING_MAX: usize = 64;
/// How long answers may take to end when the viewer does.
const ENDING: Duration = Duration::from_secs(2);
/// How long restores may take to end.
const RESTORES_ENDING: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A place to listen at, before anybody is answered.
pub struct Listener {
    listener: TcpListener,
    address: SocketAddr,
    certificate: Option<Certificate>,
}

impl Listener {
    pub fn bind(address: SocketAddr, certificate: Option<Certificate>) -> Result<Self> {
        let refused = |error: std::io::Error| {
            Problem::failed(format!("cannot listen at {address}: {}", reason(&error)))
                .hint("choose another port with --listen, or none: the system then chooses one that is free")
        };
        let listener = TcpListener::bind(address).map_err(refused)?;
        listener.set_nonblocking(true).map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        Ok(Self { listener, address, certificate })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of the pages; with the token where there is one.
    pub fn url(&self, token: Option<&str>) -> String {
        let scheme = if self.certificate.is_some() { "https" } else { "http" };
        match token {
            Some(token) => format!("{scheme}://{}/open?token={token}", self.address),
            None => format!("{scheme}://{}/", self.address),
        }
    }

    /// Answers until `is_ending` says true; then running restores are asked to stop, and waited for.
    pub fn serve(self, app: App, is_ending: impl Fn() -> bool + Send + Sync + 'static) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .max_blocking_threads(BLOCKING_MAX)
            .thread_name("viewer")
            .enable_all()
            .build()
            .map_err(|error| Problem::failed(format!("the threads of the viewer cannot be started: {error}")))?;
        let served = runtime.block_on(self.answer(app.clone(), is_ending));
        // What is being read for somebody may wait for a slow storage: nobody waits for that.
        runtime.shutdown_timeout(Duration::from_millis(200));
        served
    }

    async fn answer(self, app: App, is_ending: impl Fn() -> bool + Send + Sync + 'static) -> Result<()> {
        let acceptor = self.certificate.as_ref().map(Certificate::acceptor);
        let site = self.site();
        let router = routes::router(app.clone(), site);
        let listener = tokio::net::TcpListener::from_std(self.listener)
            .map_err(|error| Problem::new(ProblemKind::Failed, format!("cannot listen: {}", reason(&error))))?;
        let connections = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let graceful = GracefulShutdown::new();
        while !is_ending() {
            // A look at the interrupt every now and then is all that a signal handler can ask for.
            let Ok(accepted) = tokio::time::timeout(LOOK_EVERY, listener.accept()).await else { continue };
            let Ok((stream, _)) = accepted else {
                // Too many open files, or a client that is gone already.
                tokio::time::sleep(LOOK_EVERY).await;
                continue;
            };
            let Ok(permit) = connections.clone().try_acquire_owned() else { continue };
            let (router, watcher, acceptor) = (router.clone(), graceful.watcher(), acceptor.clone());
            tokio::spawn(async move {
                let _permit = permit;
                match acceptor {
                    None => talk(stream, router, watcher).await,
                    Some(acceptor) => secure(acceptor, stream, router, watcher).await,
                }
            });
        }
        app.tasks.stop_all();
        let _ = tokio::time::timeout(ENDING, graceful.shutdown()).await;
        // A restore ends at its next piece, unless its destination hangs: what it has written is whole, file by file.
        let began = Instant::now();
        while app.tasks.stop_all() && began.elapsed() < RESTORES_ENDING {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    fn site(&self) -> Site {
        let names = self.certificate.clone();
        Site {
            port: self.address.port(),
            is_tls: self.certificate.is_some(),
            is_loopback: self.address.ip().is_loopback(),
            is_named: Arc::new(move |name| names.as_ref().is_some_and(|certificate| certificate.is_for(name))),
        }
    }
}

async fn secure(acceptor: TlsAcceptor, stream: tokio::net::TcpStream, router: Router, watcher: Watcher) {
    if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE_PATIENCE, acceptor.accept(stream)).await {
        talk(stream, router, watcher).await;
    }
}

fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    watcher: Watcher,
) -> impl Future<Output = ()> {
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let mut router = router.clone();
        async move { Ok::<_, Infallible>(answered(router.call(request.map(Body::new)).await)) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_buf_size(HEAD_LEN_MAX)
        .max_headers(HEADERS_MAX)
        .serve_connection(TokioIo::new(stream), service);
    let watched = watcher.watch(connection);
    async move {
        // How a connection ends is the client's business.
        let _ = watched.await;
    }
}

fn answered(response: std::result::Result<axum::response::Response, Infallible>) -> axum::response::Response {
    match response {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
