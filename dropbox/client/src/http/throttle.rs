//! A limit on bandwidth that all transfers in one direction share.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Bytes a second, or no limit.
#[derive(Debug)]
pub(crate) struct Throttle {
    limit: Option<u64>,
    /// When all bytes that were let through will have taken their time.
    free: Mutex<Instant>,
}

impl Throttle {
    pub fn new(limit: Option<u64>) -> Self {
        Self { limit, free: Mutex::new(Instant::now()) }
    }

    /// Notes that these bytes move, and says how long to wait before more do.
    pub fn take(&self, bytes: u64) -> Duration {
        let Some(limit) = self.limit else {
            return Duration::ZERO;
        };
        let now = Instant::now();
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        *free = (*free).max(now) + Duration::from_secs_f64(bytes as f64 / limit.max(1) as f64);
        *free - now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_take_their_time() {
        let throttle = Throttle::new(Some(1000));
        let first = throttle.take(500);
        let second = throttle.take(500);
        assert!(first > Duration::from_millis(450) && first <= Duration::from_millis(500), "{first:?}");
        assert!(second > Duration::from_millis(900), "{second:?}");
    }

    #[test]
    fn no_limit_is_no_wait() {
        assert_eq!(Throttle::new(None).take(u64::MAX), Duration::ZERO);
    }
}
