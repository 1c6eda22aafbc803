//! Rate limits: a bucket of calls for each token, and who does not wait when told to.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::options::Limits;

#[derive(Debug, Default)]
pub struct Pace {
    buckets: HashMap<String, Bucket>,
}

#[derive(Debug)]
struct Bucket {
    calls: f64,
    filled_at: Instant,
    refused: Option<Refused>,
}

#[derive(Clone, Copy, Debug)]
struct Refused {
    at: Instant,
    until: Instant,
}

/// What a call comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passage {
    pub is_refused: bool,
    /// The caller had been told to wait, and did not.
    pub is_violation: bool,
}

impl Pace {
    /// Counts a call; refused calls count too, as with the real one.
    pub fn take(&mut self, who: &str, limits: &Limits, now: Instant) -> Passage {
        let bucket = self.bucket(who, limits, now);
        let is_violation = bucket.refused.is_some_and(|it| now < it.until && now > it.at + limits.grace);
        let Some(rate) = limits.calls_per_second else {
            return Passage { is_refused: false, is_violation };
        };
        let gained = now.duration_since(bucket.filled_at).as_secs_f64() * rate;
        bucket.calls = (bucket.calls + gained).min(limits.burst.max(1.0));
        bucket.filled_at = now;
        let is_refused = bucket.calls < 1.0;
        if is_refused {
            bucket.refused = Some(Refused { at: now, until: now + limits.retry_after });
        } else {
            bucket.calls -= 1.0;
        }
        Passage { is_refused, is_violation }
    }

    /// Notes that the caller was told to wait, for a reason outside of the bucket.
    pub fn refuse(&mut self, who: &str, limits: &Limits, wait: Duration, now: Instant) {
        self.bucket(who, limits, now).refused = Some(Refused { at: now, until: now + wait });
    }

    fn bucket(&mut self, who: &str, limits: &Limits, now: Instant) -> &mut Bucket {
        let fresh = || Bucket { calls: limits.burst, filled_at: now, refused: None };
        self.buckets.entry(who.to_owned()).or_insert_with(fresh)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_that_does_not_wait_is_noted() {
        let limits = Limits {
            calls_per_second: Some(1.0),
            burst: 2.0,
            retry_after: Duration::from_secs(2),
            ..Limits::default()
        };
        let mut pace = Pace::default();
        let start = Instant::now();
        let mut at = |milliseconds| pace.take("token", &limits, start + Duration::from_millis(milliseconds));
        assert!(!at(0).is_refused && !at(0).is_refused);
        assert_eq!(at(0), Passage { is_refused: true, is_violation: false });
        assert_eq!(at(100), Passage { is_refused: true, is_violation: false }); // Was on its way.
        assert_eq!(at(1500), Passage { is_refused: false, is_violation: true });
        assert_eq!(at(4000), Passage { is_refused: false, is_violation: false });
    }
}
