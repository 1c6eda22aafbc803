//! TLS and a proxy, for clients that take nothing but TLS and know Dropbox's own names only.
//!
//! Behind the cargo feature `tls`: what uses the simulator as a library over plain HTTP does without.

mod authority;
mod proxy;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::{accept, bind, service};
use crate::world::Shared;
use authority::Authority;

/// Where TLS is served, and by whom it is vouched for.
pub struct Secure {
    authority: Authority,
    pub tls: SocketAddr,
    /// Leads Dropbox's names to `tls`.
    pub proxy: SocketAddr,
}

impl Secure {
    /// Serves on tasks of their own, which end with the runtime.
    pub async fn start(shared: &Arc<Shared>) -> io::Result<Self> {
        let (authority, tls, proxy) = (Authority::new()?, bind(0).await?, bind(0).await?);
        let started = Self { tls: tls.local_addr()?, proxy: proxy.local_addr()?, authority };
        let (acceptor, address) = (started.authority.acceptor(), started.tls);
        tokio::spawn(accept(tls, Arc::clone(shared), move |stream, shared| serve(acceptor.clone(), stream, shared)));
        tokio::spawn(accept(proxy, Arc::clone(shared), move |stream, _| proxy::tunnel(stream, address)));
        Ok(started)
    }

    pub fn pem(&self) -> &str {
        self.authority.pem()
    }
}

async fn serve(acceptor: TlsAcceptor, stream: TcpStream, shared: Arc<Shared>) {
    // A client that does not trust the authority ends here, and knows why.
    let Ok(stream) = acceptor.accept(stream).await else { return };
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http2().max_header_list_size(256 << 10);
    // Connections that are cut on purpose end with an error, which is no news.
    let _ = builder.serve_connection(TokioIo::new(stream), service(shared)).await;
}
