//! Time and chance, so that tests need neither.

use std::time::{Duration, Instant, SystemTime};

/// What a client knows of time and chance.
pub trait Clock: Send + Sync {
    /// Time that only goes forward, since whenever.
    fn now(&self) -> Duration;

    /// Time of day.
    fn time_of_day(&self) -> SystemTime;

    /// Waits. The client never asks for more than 50 ms at once.
    fn sleep(&self, duration: Duration);

    /// Chance: from 0 to below 1.
    fn random(&self) -> f64;
}

/// The machine's own.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    start: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self { start: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn time_of_day(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }

    fn random(&self) -> f64 {
        // Without chance all waits have the same jitter, which is harmless.
        let bits = getrandom::u32().unwrap_or(1 << 31);
        f64::from(bits) / 2f64.powi(32)
    }
}
