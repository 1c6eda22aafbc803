//! The server: connections in, answers out.
//!
//! All three hosts of the real one are one port here. Plain HTTP, TLS and what comes through the proxy end at the same
//! place, [`dispatch::answer`].

mod api;
mod authorize;
mod body;
mod dispatch;
mod reply;
mod request;
#[cfg(feature = "tls")]
mod secure;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use crate::world::Shared;
pub use request::is_head_too_large;
#[cfg(feature = "tls")]
pub use secure::Secure;

/// Serves plain HTTP on tasks of their own, which end with the runtime.
pub async fn start(port: u16, shared: &Arc<Shared>) -> io::Result<SocketAddr> {
    let listener = bind(port).await?;
    let address = listener.local_addr()?;
    tokio::spawn(accept(listener, Arc::clone(shared), serve));
    Ok(address)
}

async fn bind(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind(("127.0.0.1", port)).await
}

async fn accept<Served: Future<Output = ()> + Send + 'static>(
    listener: TcpListener,
    shared: Arc<Shared>,
    serve: impl Fn(TcpStream, Arc<Shared>) -> Served,
) {
    loop {
        // A connection that ended before it was accepted is no reason to stop.
        if let Ok((stream, _)) = listener.accept().await {
            // Small answers must not wait for the caller's next packet.
            let _ = stream.set_nodelay(true);
            tokio::spawn(serve(stream, Arc::clone(&shared)));
        }
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    // Connections that are cut on purpose end with an error, which is no news.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service(shared)).await;
}

/// What answers the requests of one connection.
fn service(
    shared: Arc<Shared>,
) -> impl Service<Request<Incoming>, Response = Response<body::Answer>, Error = io::Error, Future: Send + 'static> {
    service_fn(move |request: Request<Incoming>| {
        let shared = Arc::clone(&shared);
        async move { dispatch::answer(&shared, request).await }
    })
}
