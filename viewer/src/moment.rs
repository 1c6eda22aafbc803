//! Moments as RFC 3339 text, and back.

use jiff::{SignedDuration, Timestamp};
use larder_model::Time;

/// With as many decimals as it has; `None` for a moment that no calendar holds.
pub fn moment(time: Time) -> Option<String> {
    let nanos = i32::try_from(time.nanos).ok()?;
    let whole = Timestamp::new(time.secs, 0).ok()?;
    Some(whole.checked_add(SignedDuration::new(0, nanos)).ok()?.to_string())
}

/// What stands in a parameter: a moment, or a day, which begins at midnight UTC.
pub fn parse(text: &str) -> Option<Time> {
    let text = if text.len() == "2026-01-14".len() { format!("{text}T00:00:00Z") } else { text.to_owned() };
    let moment: Timestamp = text.parse().ok()?;
    let nanos = moment.as_nanosecond();
    let secs = i64::try_from(nanos.div_euclid(1_000_000_000)).ok()?;
    Some(Time::new(secs, u32::try_from(nanos.rem_euclid(1_000_000_000)).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_go_both_ways() {
        for text in ["2026-01-14T06:45:32.000000007Z", "1969-12-31T23:59:59.5Z"] {
            assert_eq!(moment(parse(text).unwrap()).unwrap(), text);
        }
        assert_eq!(parse("1970-01-02"), Some(Time::new(86_400, 0)));
        assert_eq!(parse("yesterday"), None);
        assert_eq!(moment(Time::new(i64::MAX, 0)), None);
    }
}
