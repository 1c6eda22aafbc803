//! Which part of a file a request asks for.

use axum::http::HeaderValue;

/// What a `Range` header asks for.
#[derive(PartialEq, Eq, Debug)]
pub enum Asked {
    All,
    /// From the first byte to before the second.
    Part(u64, u64),
    Nothing,
}

/// RFC 9110, 14.1.2. Of several ranges, and of units that are not bytes, nothing is made: the whole file is a right answer.
pub fn asked(header: &HeaderValue, size: u64) -> Asked {
    let Some(text) = header.to_str().ok() else { return Asked::Nothing };
    let range = match text.split_once('=') {
        Some((unit, range)) if unit.trim().eq_ignore_ascii_case("bytes") => range,
        _ => return Asked::All,
    };
    if range.contains(',') {
        return Asked::All;
    }
    let Some((first, last)) = range.trim().split_once('-') else { return Asked::Nothing };
    let number = |text: &str| -> Option<u64> {
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().unwrap_or(u64::MAX))
    };
    match (first, last) {
        ("", "") => Asked::Nothing,
        ("", last) => match number(last) {
            Some(len) if len > 0 && size > 0 => Asked::Part(size.saturating_sub(len), size),
            _ => Asked::Nothing,
        },
        (first, "") => match number(first) {
            Some(first) if first < size => Asked::Part(first, size),
            _ => Asked::Nothing,
        },
        (first, last) => match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last && first < size => {
                Asked::Part(first, last.saturating_add(1).min(size))
            }
            _ => Asked::Nothing,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        let range = |text: &'static str| asked(&HeaderValue::from_static(text), 100);
        assert_eq!(range("bytes=0-9"), Asked::Part(0, 10));
        assert_eq!(range("bytes=90-"), Asked::Part(90, 100));
        assert_eq!(range("bytes=-10"), Asked::Part(90, 100));
        assert_eq!(range("bytes=-1000"), Asked::Part(0, 100));
        assert_eq!(range("bytes=50-99999999999999999999999"), Asked::Part(50, 100));
        for bad in ["bytes=100-", "bytes=9-5", "bytes=-0", "bytes=-", "bytes=a-b", "bytes=", "bytes=1", "bytes=+1-2"] {
            assert_eq!(range(bad), Asked::Nothing, "{bad}");
        }
        assert_eq!(range("bytes=0-1,3-4"), Asked::All);
        assert_eq!((range("lines=0-1"), range("bytes")), (Asked::All, Asked::All));
        assert_eq!(range("Bytes=0-1"), Asked::Part(0, 2));
        assert_eq!(asked(&HeaderValue::from_static("bytes=0-"), 0), Asked::Nothing);
        assert_eq!(asked(&HeaderValue::from_static("bytes=-5"), 0), Asked::Nothing);
    }
}
