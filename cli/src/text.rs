//! Figures and moments as people read them. JSON has exact numbers and these functions are not for it, but for [`moment_exact`].

use jiff::Timestamp;
use larder_model::{Time, escape};

pub use larder_model::reason;

const UNITS: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/// `17 B`, `6.4 KiB`, `120 MiB`.
pub fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    let mut unit = 0;
    // 1023.95 would be shown as 1024.0.
    while value >= 1023.95 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let decimals = usize::from(unit > 0 && value < 99.95);
    format!("{value:.decimals$} {}", UNITS[unit])
}

/// `1,234,567`.
pub fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 file`, `2 files`, for words whose plural ends in `s`.
pub fn count(value: u64, word: &str) -> String {
    let plural = if value == 1 { "" } else { "s" };
    format!("{} {word}{plural}", number(value))
}

/// `0.4 s`, `1:05`, `2:10:00`.
pub fn duration(milliseconds: u64) -> String {
    let secs = milliseconds / 1000;
    match secs {
        0..60 => format!("{:.1} s", milliseconds as f64 / 1000.0),
        60..3_600 => format!("{}:{:02}", secs / 60, secs % 60),
        _ => format!("{}:{:02}:{:02}", secs / 3_600, secs / 60 % 60, secs % 60),
    }
}

/// `2026-01-14T06:45:32Z`: one time zone, so that lists sort and machines agree.
pub fn moment(time: Time) -> String {
    moment_exact(Time::new(time.secs, 0))
}

/// The same with as many decimals as it has. A moment that no calendar holds is shown in seconds.
pub fn moment_exact(time: Time) -> String {
    let nanos = i32::try_from(time.nanos).unwrap_or(0);
    match Timestamp::new(time.secs, 0).and_then(|whole| whole.checked_add(jiff::SignedDuration::new(0, nanos))) {
        Ok(timestamp) => timestamp.to_string(),
        Err(_) => format!("{} s", time.secs),
    }
}

/// Text out of a record, safe for a terminal. Unlike [`escape`] it leaves a backslash alone when there is nothing else to escape:
/// the paths in an origin are escaped already.
pub fn printable(text: &str) -> String {
    let escaped = escape(text.as_bytes());
    if escaped == text.replace('\\', "\\\\") { text.to_owned() } else { escaped }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        assert_eq!(size(0), "0 B");
        assert_eq!(size(1023), "1023 B");
        assert_eq!(size(1024), "1.0 KiB");
        assert_eq!(size(6_554), "6.4 KiB");
        assert_eq!(size(1_048_575), "1.0 MiB");
        assert_eq!(size(u64::MAX), "16384 PiB");
        assert_eq!(number(999), "999");
        assert_eq!(number(1_234_567), "1,234,567");
        assert_eq!(count(1, "file"), "1 file");
        assert_eq!(count(0, "file"), "0 files");
        assert_eq!(duration(420), "0.4 s");
        assert_eq!(duration(65_000), "1:05");
        assert_eq!(duration(7_800_000), "2:10:00");
    }

    #[test]
    fn moments_before_the_epoch_count_forward() {
        assert_eq!(moment(Time::new(1_768_373_132, 5)), "2026-01-14T06:45:32Z");
        assert_eq!(moment_exact(Time::new(-1, 500_000_000)), "1969-12-31T23:59:59.5Z");
        assert_eq!(moment_exact(Time::new(i64::MAX, 0)), format!("{} s", i64::MAX));
    }

    #[test]
    fn no_record_drives_a_terminal() {
        assert_eq!(printable("host:/a\\x1bb"), "host:/a\\x1bb");
        assert_eq!(printable("a\x1bb"), "a\\x1bb");
    }
}
