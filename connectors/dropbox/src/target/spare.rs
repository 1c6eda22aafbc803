//! Content that was sent and is kept until its file is committed: a session may be gone by then, and the file is sent once more.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use bytes::Bytes;

/// How much is kept.
#[derive(Clone)]
pub struct Spares {
    kept: Arc<AtomicU64>,
    /// Bytes in all. What does not fit is missing when its session is gone, and comes with the next run.
    bytes_max: u64,
}

/// Content that is kept, for as long as this is.
pub struct Spare {
    pub bytes: Bytes,
    all: Spares,
}

impl Spares {
    pub fn new(bytes_max: u64) -> Self {
        Self { kept: Arc::default(), bytes_max }
    }

    /// Keeps content, if there is room for it.
    pub fn keep(&self, bytes: Bytes) -> Option<Spare> {
        let len = bytes.len() as u64;
        let fits = |kept: u64| Some(kept + len).filter(|kept| *kept <= self.bytes_max);
        self.kept.fetch_update(Relaxed, Relaxed, fits).ok()?;
        Some(Spare { bytes, all: self.clone() })
    }
}

impl Drop for Spare {
    fn drop(&mut self) {
        self.all.kept.fetch_sub(self.bytes.len() as u64, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let spares = Spares::new(99);
        let half = Bytes::from(vec![0; 50]);
        let first = spares.keep(half.clone());
        assert!(first.is_some() && spares.keep(half.clone()).is_none());
        drop(first);
        assert!(spares.keep(half).is_some());
    }
}
