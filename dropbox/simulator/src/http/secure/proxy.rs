//! A CONNECT proxy: clients that know Dropbox's hosts only are led to the simulator by it. Nobody else is let through.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;

/// The longest request that is read.
const MOST: usize = 8 << 10;

/// Serves one connection. One that ends early is nobody's concern.
pub async fn tunnel(stream: TcpStream, to: SocketAddr) {
    let _ = try_tunnel(stream, to).await;
}

async fn try_tunnel(mut stream: TcpStream, to: SocketAddr) -> io::Result<()> {
    let request = read_head(&mut stream).await?;
    if !is_dropbox(&request) {
        return stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").await;
    }
    let mut server = TcpStream::connect(to).await?;
    server.set_nodelay(true)?;
    stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    copy_bidirectional(&mut stream, &mut server).await.map(|_| ())
}

/// Reads byte by byte, since what follows the head is not for the proxy.
async fn read_head(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() == MOST {
            return Err(io::Error::other("the request's head is too long"));
        }
        head.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn is_dropbox(request: &str) -> bool {
    let target = request.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next()).unwrap_or_default();
    let Some(host) = target.strip_suffix(":443") else { return false };
    host.ends_with(".dropboxapi.com") || host == "www.dropbox.com" || host == "api.dropbox.com"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_dropbox_is_reached() {
        assert!(is_dropbox("CONNECT content.dropboxapi.com:443 HTTP/1.1\r\n\r\n"));
        assert!(is_dropbox("CONNECT www.dropbox.com:443 HTTP/1.1\r\n\r\n"));
        for other in ["example.com:443", "api.dropboxapi.com:80", "dropboxapi.com.example.com:443"] {
            assert!(!is_dropbox(&format!("CONNECT {other} HTTP/1.1\r\n\r\n")), "{other}");
        }
        assert!(!is_dropbox("GET http://api.dropboxapi.com:443/ HTTP/1.1\r\n\r\n"));
    }
}
