//! Dropbox's times: whole seconds of UTC, written `2026-11-30T12:00:00Z` and in no other way.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

const FORMAT: &str = "%Y-%m-%dT%H:%M:%SZ";

/// Seconds since 1970 in UTC, between the years 1 and 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Year 1, which is as far back as four digits go.
    const FIRST: i64 = -62_135_596_800;
    /// The end of the year 9999.
    const LAST: i64 = 253_402_207_200;

    /// `None` if no four digits can name the year.
    pub fn from_unix(seconds: i64) -> Option<Self> {
        (Self::FIRST..=Self::LAST).contains(&seconds).then_some(Self(seconds))
    }

    /// Seconds since 1970.
    pub fn unix(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = jiff::Timestamp::from_second(self.0).map_err(|_| fmt::Error)?;
        write!(f, "{}", time.strftime(FORMAT))
    }
}

impl FromStr for Timestamp {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let time: jiff::Timestamp = text.parse().map_err(|_| format!("{text:?} is not a time of Dropbox's"))?;
        Self::from_unix(time.as_second()).ok_or_else(|| format!("{text:?} is too far away"))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_whole_seconds_of_utc() {
        let time: Timestamp = "2015-05-12T15:50:38Z".parse().unwrap();
        assert_eq!(time.unix(), 1_431_445_838);
        assert_eq!(time.to_string(), "2015-05-12T15:50:38Z");
    }

    #[test]
    fn years_have_four_digits() {
        let first = Timestamp::from_unix(Timestamp::FIRST).unwrap();
        assert_eq!(first.to_string(), "0001-01-01T00:00:00Z");
        assert!(Timestamp::from_unix(Timestamp::LAST).unwrap().to_string().starts_with("9999-12-30"));
        assert!(Timestamp::from_unix(Timestamp::FIRST - 1).is_none());
        assert!(Timestamp::from_unix(i64::MAX).is_none());
    }
}
