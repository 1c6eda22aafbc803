//! A request's body: content handed to the connection piece by piece, no faster than allowed.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

use super::Throttle;
use crate::content::Content;

/// The most that is handed over at once, so that a limit on bandwidth is kept smoothly.
const FRAME: usize = 64 << 10;

/// How many bytes of one request have been handed to the connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress(Arc<AtomicU64>);

impl Progress {
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The body for one sending of the content. `total` counts what all requests have sent.
pub(crate) fn sending(content: &Content, throttle: Arc<Throttle>, total: Arc<AtomicU64>) -> (reqwest::Body, Progress) {
    let progress = Progress::default();
    let pieces = content.pieces().to_vec().into_iter();
    let body = Sending {
        pieces,
        piece: Bytes::new(),
        left: content.length(),
        throttle,
        pause: None,
        progress: progress.clone(),
        total,
    };
    (reqwest::Body::wrap(body), progress)
}

struct Sending {
    pieces: std::vec::IntoIter<Bytes>,
    piece: Bytes,
    left: u64,
    throttle: Arc<Throttle>,
    pause: Option<Pin<Box<Sleep>>>,
    progress: Progress,
    total: Arc<AtomicU64>,
}

impl Sending {
    fn next_frame(&mut self) -> Option<Bytes> {
        if self.piece.is_empty() {
            self.piece = self.pieces.next()?;
        }
        let frame = self.piece.split_to(self.piece.len().min(FRAME));
        self.left -= frame.len() as u64;
        Some(frame)
    }
}

impl Body for Sending {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Some(pause) = &mut self.pause {
            if pause.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            self.pause = None;
        }
        let Some(frame) = self.next_frame() else {
            return Poll::Ready(None);
        };
        let length = frame.len() as u64;
        self.progress.0.fetch_add(length, Ordering::Relaxed);
        self.total.fetch_add(length, Ordering::Relaxed);
        // The wait comes behind the bytes that caused it, before the next ones.
        let wait = self.throttle.take(length);
        if !wait.is_zero() {
            self.pause = Some(Box::pin(tokio::time::sleep(wait)));
        }
        Poll::Ready(Some(Ok(Frame::data(frame))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
