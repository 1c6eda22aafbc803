//! The simulator's time: the machine's clock, which tests can turn forward to let tokens and sessions expire.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

/// Seconds since 1970, the unit of all times in the simulator: Dropbox knows whole seconds only.
pub type Seconds = i64;

#[derive(Clone, Debug, Default)]
pub struct Clock {
    ahead: Duration,
}

impl Clock {
    pub fn now(&self) -> Seconds {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        (since + self.ahead).as_secs() as Seconds
    }

    pub fn advance(&mut self, by: Duration) {
        self.ahead += by;
    }
}

/// A time as the API writes it: `2026-01-31T23:59:59Z`.
pub fn to_text(time: Seconds) -> String {
    let time = Timestamp::from_second(time).unwrap_or(Timestamp::UNIX_EPOCH);
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Reads exactly the form that the API takes: UTC, whole seconds, nothing else.
pub fn from_text(text: &str) -> Option<Seconds> {
    let time: Timestamp = text.parse().ok()?;
    (to_text(time.as_second()) == text).then(|| time.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_seconds_in_utc_are_taken() {
        assert_eq!(from_text("1970-01-02T00:00:00Z"), Some(86_400));
        for bad in ["1970-01-02T00:00:00.5Z", "1970-01-02T00:00:00+00:00", "1970-01-02", "1970-01-02 00:00:00Z"] {
            assert_eq!(from_text(bad), None, "{bad}");
        }
    }
}
