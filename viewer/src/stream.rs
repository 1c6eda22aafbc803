//! Bytes from a thread that blocks to a client that reads at its own pace.
//!
//! The channel between them is short: memory does not grow with what is sent, and when the client goes away, the next piece finds nobody
//! and the thread ends. What breaks off is cut: the client sees a broken connection, never a short body that looks whole.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use larder_model::{Problem, ProblemKind, Result};
use tokio::{
    runtime::Handle,
    sync::mpsc::{Receiver, Sender, channel},
};

/// Bytes of a piece at most, and pieces on their way.
pub const PIECE_LEN: usize = 128 << 10;
const PIECES_MAX: usize = 3;
/// A client that takes nothing for this long has gone to sleep, and asks again if it wants more.
const PATIENCE: Duration = Duration::from_secs(120);

/// The end that is written to, by a thread that may block.
pub struct Pipe {
    /// `None` is the end.
    sender: Sender<io::Result<Option<Bytes>>>,
    runtime: Handle,
}

/// A pipe, and the body at its other end. `len` is how many bytes will come, where that is known.
pub fn pipe(len: Option<u64>) -> (Pipe, Body) {
    let (sender, receiver) = channel(PIECES_MAX);
    let pipe = Pipe { sender, runtime: Handle::current() };
    (pipe, Body::new(Receiving { receiver, left: len }))
}

impl Pipe {
    /// Sends a piece; an error when nobody is there to take it.
    pub fn send(&self, piece: impl Into<Bytes>) -> Result<()> {
        let sent = self.sender.send_timeout(Ok(Some(piece.into())), PATIENCE);
        self.runtime.block_on(sent).map_err(|_| gone())
    }

    /// Ends the body. Without this it is broken, whatever happens to this end.
    pub fn finish(self) -> Result<()> {
        self.runtime.block_on(self.sender.send_timeout(Ok(None), PATIENCE)).map_err(|_| gone())
    }

    /// Ends the body in a way that nobody takes for its end.
    pub fn cut(self, why: &str) {
        let error = io::Error::other(why.to_owned());
        let _ = self.runtime.block_on(self.sender.send_timeout(Err(error), PATIENCE));
    }
}

fn gone() -> Problem {
    Problem::new(ProblemKind::Interrupted, "whoever asked for it has gone away")
}

struct Receiving {
    receiver: Receiver<io::Result<Option<Bytes>>>,
    left: Option<u64>,
}

impl http_body::Body for Receiving {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let polled = self.receiver.poll_recv(context);
        polled.map(|piece| match piece {
            Some(Ok(Some(piece))) => {
                self.left = self.left.map(|left| left.saturating_sub(piece.len() as u64));
                Some(Ok(Frame::data(piece)))
            }
            Some(Ok(None)) => None,
            Some(Err(error)) => Some(Err(error)),
            // The thread is gone without having said that this is all.
            None => Some(Err(io::Error::other("the body broke off"))),
        })
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
