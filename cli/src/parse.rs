//! Values of options, from text: sizes, moments, shares, compression. The errors are for clap, which names the option itself.

use std::time::Duration;

use jiff::{Timestamp, Zoned, civil::DateTime, tz::TimeZone};
use larder_engine::Compression;
use larder_model::Time;

/// Below this a flow would wait for itself.
const MEMORY_MIN: u64 = 16 << 20;

/// Bytes: `1500`, `10K`, `64M`, `1.5G`, with an optional `B` or `iB` behind. A unit is 1024 times the one before.
pub fn size(text: &str) -> Result<u64, String> {
    let number_len = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(number_len);
    let unit = unit.trim().to_ascii_lowercase();
    let unit = unit.strip_suffix("ib").or_else(|| unit.strip_suffix('b')).unwrap_or(&unit);
    let power = ["", "k", "m", "g", "t", "p"].iter().position(|known| *known == unit);
    let value: Option<f64> = number.parse().ok();
    match (value, power) {
        (Some(value), Some(power)) => Ok((value * 1024_f64.powi(power as i32)) as u64),
        _ => Err("a size is a number with K, M, G or T behind it, such as 64M".to_owned()),
    }
}

/// A size that a flow can work with.
pub fn memory(text: &str) -> Result<u64, String> {
    let bytes = size(text)?;
    if bytes < MEMORY_MIN { Err("16M is the least that Larder can work with".to_owned()) } else { Ok(bytes) }
}

/// A moment: RFC 3339, or a date with or without a time, which are local.
pub fn moment(text: &str) -> Result<Time, String> {
    let advice = || "a time is 2026-01-14T06:45:32Z, or 2026-01-14 06:45, or 2026-01-14".to_owned();
    let timestamp = match text.parse::<Timestamp>() {
        Ok(timestamp) => timestamp,
        Err(_) => {
            let local: DateTime = text.parse().map_err(|_| advice())?;
            local.to_zoned(TimeZone::system()).map_err(|_| advice())?.timestamp()
        }
    };
    Ok(Time::new(timestamp.as_second(), u32::try_from(timestamp.subsec_nanosecond()).unwrap_or(0)))
}

/// A moment, or how long ago: `90s`, `30m`, `12h`, `7d`, `2w`.
pub fn moment_or_age(text: &str) -> Result<Time, String> {
    match age(text) {
        Some(age) => Ok(Time::now().plus_secs(-i64::try_from(age.as_secs()).unwrap_or(i64::MAX))),
        None => moment(text).map_err(|advice| format!("{advice}; an age is 12h, 7d or 2w")),
    }
}

fn age(text: &str) -> Option<Duration> {
    let unit = match text.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 7 * 86_400,
        _ => return None,
    };
    let number: u64 = text[..text.len() - 1].parse().ok()?;
    number.checked_mul(unit).map(Duration::from_secs)
}

/// A share of a whole: `10%`, from above 0 to 100.
pub fn share(text: &str) -> Result<f64, String> {
    let number: Option<f64> = text.trim_end_matches('%').parse().ok();
    match number {
        Some(percent) if percent > 0.0 && percent <= 100.0 => Ok(percent / 100.0),
        _ => Err("a share is above 0% and up to 100%, such as 10%".to_owned()),
    }
}

/// A key by its number.
pub fn key_number(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| "a key is named by its number, which `larder key list` shows first".to_owned())
}

/// `off`, `default`, or a level of zstd.
pub fn compression(text: &str) -> Result<Compression, String> {
    match text {
        "default" => Ok(Compression::default()),
        "off" => Ok(Compression::level(0)),
        _ => match text.parse() {
            Ok(level) if (1..=19).contains(&level) => Ok(Compression::level(level)),
            _ => Err("compression is off, default, or a level from 1 (fast) to 19 (small)".to_owned()),
        },
    }
}

/// A name for a folder that nobody named, from the local time.
pub fn folder_name_now() -> String {
    Zoned::now().strftime("larder-%Y%m%d-%H%M%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        let good = [("0", 0), ("1500", 1500), ("10K", 10_240), ("1.5m", 1_572_864), ("2 GiB", 2 << 30), ("1kb", 1024)];
        for (text, bytes) in good {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for bad in ["", "K", "1X", "-1", "1.2.3M"] {
            assert!(size(bad).is_err(), "{bad}");
        }
        assert!(memory("1M").is_err());
    }

    #[test]
    fn moments_are_absolute_or_ages() {
        assert_eq!(moment("2026-01-14T06:45:32Z"), Ok(Time::new(1_768_373_132, 0)));
        assert!(moment("2026-01-14").is_ok());
        assert!(moment("2026-01-14 06:45").is_ok());
        assert!(moment("yesterday").is_err());
        let day_ago = Time::now().secs - moment_or_age("1d").unwrap().secs;
        assert!((86_399..=86_401).contains(&day_ago));
    }

    #[test]
    fn shares_and_compression_have_bounds() {
        assert_eq!(key_number("7"), Ok(7));
        assert!(key_number("one").is_err() && key_number("-1").is_err());
        assert_eq!(share("10%"), Ok(0.1));
        assert_eq!(share("100"), Ok(1.0));
        assert!(share("0%").is_err() && share("101%").is_err() && share("x").is_err());
        assert!(compression("off").is_ok() && compression("3").is_ok());
        assert!(compression("20").is_err() && compression("fast").is_err());
    }
}
