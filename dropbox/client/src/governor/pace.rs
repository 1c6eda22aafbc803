//! How many calls begin in a second.

use std::time::Duration;

/// Where the pace starts unless told otherwise: Dropbox has been seen to object above some 20 calls a second.
const START: f64 = 12.0;

/// Where it ends.
const MOST: f64 = 50.0;

/// It is never slower.
const LEAST: f64 = 1.0;

/// How much faster it is after a second at full pace.
const STEP: f64 = 0.5;

/// How many calls may begin at once after a rest, where nobody has set a limit.
const BURST: f64 = 4.0;

#[derive(Debug)]
pub(super) struct Pace {
    /// Calls a second.
    rate: f64,
    most: f64,
    burst: f64,
    /// When the next call may begin.
    next: Duration,
}

impl Pace {
    pub fn new(limit: Option<f64>) -> Self {
        let limit = limit.map(|limit| limit.max(0.01));
        let burst = if limit.is_some() { 1.0 } else { BURST };
        Self { rate: limit.unwrap_or(START), most: limit.unwrap_or(MOST), burst, next: Duration::ZERO }
    }

    /// Lets a call begin, or says how long it has to wait.
    pub fn begin(&mut self, now: Duration) -> Option<Duration> {
        let rested = now.saturating_sub(self.interval().mul_f64(self.burst - 1.0));
        let next = self.next.max(rested);
        if next > now {
            return Some(next - now);
        }
        self.next = next + self.interval();
        None
    }

    pub fn not_before(&mut self, time: Duration) {
        self.next = self.next.max(time);
    }

    pub fn halve(&mut self) {
        self.rate = (self.rate / 2.0).max(LEAST.min(self.most));
    }

    pub fn raise(&mut self) {
        self.rate = (self.rate + STEP / self.rate).min(self.most);
    }

    fn interval(&self) -> Duration {
        Duration::from_secs_f64(1.0 / self.rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun_in(pace: &mut Pace, from: u64, to: u64) -> usize {
        (from..to).filter(|ms| pace.begin(Duration::from_millis(*ms)).is_none()).count()
    }

    #[test]
    fn a_second_has_as_many_calls_as_the_pace_and_a_rest_a_few_more() {
        let mut pace = Pace::new(None);
        assert_eq!(begun_in(&mut pace, 60_000, 61_000), 15);
        assert_eq!(begun_in(&mut pace, 61_000, 63_000), 24);
    }

    #[test]
    fn a_limit_is_never_exceeded_not_even_after_a_rest() {
        let mut pace = Pace::new(Some(10.0));
        assert_eq!(begun_in(&mut pace, 60_000, 61_000), 10);
        assert_eq!(begun_in(&mut pace, 61_000, 63_000), 20);
        assert_eq!(begun_in(&mut pace, 163_000, 164_000), 10);
    }

    #[test]
    fn it_is_halved_and_comes_back_slowly() {
        let mut pace = Pace::new(Some(10.0));
        pace.halve();
        assert_eq!(begun_in(&mut pace, 60_000, 61_000), 5);
        for _ in 0..1000 {
            pace.raise();
        }
        assert_eq!(pace.rate, 10.0);
        for _ in 0..10 {
            pace.halve();
        }
        assert_eq!(pace.rate, LEAST);
    }

    #[test]
    fn a_pause_saves_nothing_up() {
        let mut pace = Pace::new(Some(10.0));
        pace.not_before(Duration::from_secs(60));
        assert_eq!(begun_in(&mut pace, 59_000, 60_000), 0);
        assert_eq!(begun_in(&mut pace, 60_000, 60_100), 1);
    }
}
