//! The server: connections in, answers out.
//!
//! All three hosts of the real one are one port here. Plain HTTP, TLS and what comes through the proxy end at the same
//! place, [`dispatch::answer`].

mod api;
mod authorize;
mod body;
mod dispatch;
mod proxy;
mod request;
mod tls;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};

use crate::world::Shared;
pub use request::is_head_too_large;
pub use tls::Authority;

/// Where the server listens.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    pub plain: SocketAddr,
    pub tls: Option<SocketAddr>,
    pub proxy: Option<SocketAddr>,
}

/// What is bound and not yet served.
pub struct Server {
    plain: TcpListener,
    tls: Option<(TcpListener, TcpListener)>,
    ports: Ports,
}

impl Server {
    pub async fn bind(port: u16, with_tls: bool) -> io::Result<Self> {
        let plain = TcpListener::bind(("127.0.0.1", port)).await?;
        let tls = match with_tls {
            true => Some((TcpListener::bind(("127.0.0.1", 0)).await?, TcpListener::bind(("127.0.0.1", 0)).await?)),
            false => None,
        };
        let (tls_port, proxy_port) = match &tls {
            Some((tls, proxy)) => (Some(tls.local_addr()?), Some(proxy.local_addr()?)),
            None => (None, None),
        };
        let ports = Ports { plain: plain.local_addr()?, tls: tls_port, proxy: proxy_port };
        Ok(Self { plain, tls, ports })
    }

    pub fn ports(&self) -> Ports {
        self.ports
    }

    /// Serves on tasks of their own, which end with the runtime.
    pub fn serve(self, shared: &Arc<Shared>, authority: Option<&Authority>) {
        tokio::spawn(accept(self.plain, Arc::clone(shared), serve_plain));
        let Some((tls, proxy)) = self.tls else { return };
        if let (Some(authority), Some(address)) = (authority, self.ports.tls) {
            let acceptor = authority.acceptor();
            tokio::spawn(accept(tls, Arc::clone(shared), move |stream, shared| {
                let acceptor = acceptor.clone();
                async move {
                    // A client that does not trust the authority ends here, and knows why.
                    if let Ok(stream) = acceptor.accept(stream).await {
                        serve(stream, shared).await;
                    }
                }
            }));
            tokio::spawn(accept(proxy, Arc::clone(shared), move |stream, _| proxy::tunnel(stream, address)));
        }
    }
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

async fn serve_plain(stream: TcpStream, shared: Arc<Shared>) {
    serve(stream, shared).await;
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, shared: Arc<Shared>) {
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move { dispatch::answer(&shared, request).await }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http2().max_header_list_size(256 << 10);
    // Connections that are cut on purpose end with an error, which is no news.
    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
}
