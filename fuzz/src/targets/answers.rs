//! Answers of a server that are no success: how long to wait, and what can be done.

use std::time::Duration;

use dropbox_client::{
    Class,
    decoders::{read_refusal, retry_after as read_wait},
};

/// The longest text of a server's that an error repeats, with room for words of ours.
const TOLD_LEN_MAX: usize = 2_000;

/// The first line of `data` as the header `Retry-After`, the rest as the body.
pub fn retry_after(data: &[u8]) -> bool {
    let (header, body) = split(data);
    let both = read_wait(header, body);
    let by_header = read_wait(header, b"{}");
    assert!(by_header.is_none_or(|wait| both >= Some(wait)), "the longer one counts");
    both.is_some()
}

/// The first byte of `data` chooses the status, its first line is the header `Retry-After`, the rest the body.
pub fn refusal(data: &[u8]) -> bool {
    let Some((choice, rest)) = data.split_first() else {
        return false;
    };
    let status = 400 + u16::from(*choice);
    let (header, body) = split(rest);
    let error = read_refusal(status, header, body);
    assert_eq!(error.status(), Some(status));
    assert!(!error.what().is_empty() && !error.what().chars().any(char::is_control), "{:?}", error.what());
    assert!(error.what().len() <= TOLD_LEN_MAX || !error.tags().is_empty());
    match status {
        429 => assert_eq!(error.class(), Class::RateLimited),
        422 => assert_eq!(error.class(), Class::PathRoot),
        500.. => assert_eq!(error.class(), Class::Retry),
        _ => {}
    }
    assert!(error.retry_after().is_none_or(|wait| wait <= Duration::MAX));
    !error.tags().is_empty()
}

fn split(data: &[u8]) -> (Option<&str>, &[u8]) {
    let at = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (header, body) = data.split_at(at);
    (std::str::from_utf8(header).ok().filter(|header| !header.is_empty()), body.get(1..).unwrap_or_default())
}
