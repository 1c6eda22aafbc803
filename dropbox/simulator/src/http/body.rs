//! Bodies of answers: whole, or made while they are sent. Both count what left.

use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::mpsc;

use crate::api::{Payload, ZipPlan};
use crate::fault::FaultKind;
use crate::world::Shared;

/// Pieces that may wait for a slow reader.
const PIECES_AHEAD: usize = 4;

pub struct Answer {
    pieces: Pieces,
    /// What is still to come, where that is known.
    left: Option<u64>,
    sent: Arc<AtomicU64>,
}

enum Pieces {
    Whole(Option<Bytes>),
    Made(mpsc::Receiver<io::Result<Bytes>>),
}

/// The way of a piece out: faults are put in, and the bandwidth is kept.
struct Outlet {
    sender: mpsc::Sender<io::Result<Bytes>>,
    shared: Arc<Shared>,
    /// The connection is cut here.
    cut_at: Option<u64>,
    /// The byte here is another one.
    flip_at: Option<u64>,
    at: u64,
}

impl Answer {
    pub fn whole(bytes: Bytes, sent: &Arc<AtomicU64>) -> Self {
        Self { left: Some(bytes.len() as u64), pieces: Pieces::Whole(Some(bytes)), sent: Arc::clone(sent) }
    }

    /// A part of a content, sent as fast as it is read.
    pub fn content(
        shared: &Arc<Shared>,
        payload: Payload,
        range: Range<u64>,
        fault: Option<FaultKind>,
        sent: &Arc<AtomicU64>,
    ) -> Self {
        let length = range.end - range.start;
        let length = if fault == Some(FaultKind::Truncate) { length / 2 } else { length };
        let (sender, receiver) = mpsc::channel(PIECES_AHEAD);
        let mut outlet = Outlet::new(sender, shared, fault, length);
        tokio::spawn(async move {
            match payload {
                Payload::Revision(revision) => {
                    for piece in revision.content.read(range.start..range.start + length) {
                        if !outlet.send(piece).await {
                            return;
                        }
                    }
                }
                Payload::Made(bytes) => {
                    outlet.send(bytes.slice(range.start as usize..(range.start + length) as usize)).await;
                }
            }
        });
        Self { pieces: Pieces::Made(receiver), left: Some(length), sent: Arc::clone(sent) }
    }

    /// An archive that is written while it is sent, so that nobody knows its length.
    pub fn zip(shared: &Arc<Shared>, plan: ZipPlan, fault: Option<FaultKind>, sent: &Arc<AtomicU64>) -> Self {
        let total: u64 = plan.entries.iter().filter_map(|entry| entry.file.as_ref()).map(|it| it.content.size()).sum();
        let (sender, receiver) = mpsc::channel(PIECES_AHEAD);
        let mut outlet = Outlet::new(sender, shared, fault, total.max(2));
        let truncated = (fault == Some(FaultKind::Truncate)).then_some(total / 2);
        let (pieces, mut made) = mpsc::channel(PIECES_AHEAD);
        tokio::task::spawn_blocking(move || crate::zip::write(&plan, |piece| pieces.blocking_send(piece).is_ok()));
        tokio::spawn(async move {
            while let Some(piece) = made.recv().await {
                let is_over = truncated.is_some_and(|most| outlet.at >= most);
                if is_over || (!piece.is_empty() && !outlet.send(piece).await) {
                    return;
                }
            }
        });
        Self { pieces: Pieces::Made(receiver), left: None, sent: Arc::clone(sent) }
    }
}

impl Outlet {
    fn new(
        sender: mpsc::Sender<io::Result<Bytes>>,
        shared: &Arc<Shared>,
        fault: Option<FaultKind>,
        length: u64,
    ) -> Self {
        let middle = Some(length / 2);
        Self {
            sender,
            shared: Arc::clone(shared),
            cut_at: middle.filter(|_| fault == Some(FaultKind::ResetBody)),
            flip_at: middle.filter(|_| fault == Some(FaultKind::Flip)),
            at: 0,
        }
    }

    /// False when there is nobody left to send to.
    async fn send(&mut self, piece: Bytes) -> bool {
        let until = self.shared.lock().bandwidth_out(piece.len());
        if let Some(until) = until {
            tokio::time::sleep_until(until.into()).await;
        }
        let piece = self.flipped(piece);
        let end = self.at + piece.len() as u64;
        if let Some(cut) = self.cut_at.filter(|cut| *cut <= end) {
            let rest = piece.slice(..(cut - self.at) as usize);
            let _ = self.sender.send(Ok(rest)).await;
            let _ = self.sender.send(Err(io::Error::other("the connection is cut on purpose"))).await;
            return false;
        }
        self.at = end;
        self.sender.send(Ok(piece)).await.is_ok()
    }

    fn flipped(&self, piece: Bytes) -> Bytes {
        let inside = self.flip_at.and_then(|at| at.checked_sub(self.at)).filter(|at| *at < piece.len() as u64);
        let Some(inside) = inside else { return piece };
        let mut bytes = piece.to_vec();
        bytes[inside as usize] ^= 0x01;
        bytes.into()
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        let piece = match &mut this.pieces {
            Pieces::Whole(bytes) => bytes.take().map(Ok),
            Pieces::Made(receiver) => ready!(receiver.poll_recv(context)),
        };
        if let Some(Ok(piece)) = &piece {
            this.sent.fetch_add(piece.len() as u64, Ordering::Relaxed);
            this.left = this.left.map(|left| left.saturating_sub(piece.len() as u64));
        }
        Poll::Ready(piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.left == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
