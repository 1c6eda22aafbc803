//! A clock that tests turn.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::SeqCst},
    },
    time::Duration,
};

use larder_engine::Clock;
use larder_model::Time;

const NANOS: i64 = 1_000_000_000;

/// Stands still until somebody turns it. Clones are one clock.
#[derive(Clone, Debug)]
pub struct SimClock(Arc<AtomicI64>);

impl Default for SimClock {
    /// Some day in 2025.
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(1_750_000_000 * NANOS)))
    }
}

impl SimClock {
    pub fn now(&self) -> Time {
        let nanos = self.0.load(SeqCst);
        Time::new(nanos.div_euclid(NANOS), nanos.rem_euclid(NANOS) as u32)
    }

    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_nanos() as i64, SeqCst);
    }

    pub fn advance_secs(&self, secs: i64) {
        self.0.fetch_add(secs * NANOS, SeqCst);
    }

    /// A moment later, so that two changes never share a time.
    pub fn tick(&self) -> Time {
        self.advance(Duration::from_millis(1));
        self.now()
    }

    /// The engine's clock; waiting turns it.
    pub fn for_engine(&self) -> Clock {
        let (clock, sleeper) = (self.clone(), self.clone());
        Clock::new(move || clock.now(), move |time| sleeper.advance(time))
    }
}
