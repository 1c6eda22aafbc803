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

/// A pipe and its other end. `len` is how many bytes will come, where that is known.
pub fn pipe(len: Option<u64>) -> (Pipe, Receiving) {
    let (sender, receiver) = channel(PIECES_MAX);
    let pipe = Pipe { sender, runtime: Handle::current() };
    (pipe, Receiving { receiver, first: None, left: len })
}

impl Receiving {
    /// The body. Waits for its first piece: what breaks off before that is an error, and can be told as one.
    pub async fn begun(mut self) -> io::Result<Body> {
        self.first = match self.receiver.recv().await {
            Some(Ok(piece)) => Some(piece),
            Some(Err(error)) => return Err(error),
            None => return Err(broken()),
        };
        Ok(Body::new(self))
    }

    pub fn body(self) -> Body {
        Body::new(self)
    }
}

fn broken() -> io::Error {
    io::Error::other("the body broke off")
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

/// The end that a client reads from.
pub struct Receiving {
    receiver: Receiver<io::Result<Option<Bytes>>>,
    /// What was received, and not yet passed on.
    first: Option<Option<Bytes>>,
    left: Option<u64>,
}

impl http_body::Body for Receiving {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let polled = match self.first.take() {
            Some(first) => Poll::Ready(Some(Ok(first))),
            None => self.receiver.poll_recv(context),
        };
        polled.map(|piece| match piece {
            Some(Ok(Some(piece))) => {
                self.left = self.left.map(|left| left.saturating_sub(piece.len() as u64));
                Some(Ok(Frame::data(piece)))
            }
            Some(Ok(None)) => None,
            Some(Err(error)) => Some(Err(error)),
            // The thread is gone without having said that this is all.
            None => Some(Err(broken())),
        })
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
