//! Names that Dropbox does not take, and what is written in their place.
//!
//! What is wrong with a name is written as `%XX`, one for each byte, with `%25` for a percent sign, and `~larder-escaped` behind it: who
//! reads that can have the original back. A name that is too long even so is its start and a hash of all of it, as at every other
//! target; the original stands in the report.

use std::fmt::Write;

use dropbox_client::names::{NAME_UNITS_MAX, NameProblem, check, compose};
use larder_connect::{SUBSTITUTE_MARK, substitute_ending};
use larder_model::{Entry, Problem, ProblemKind, Result, escape};

use crate::rules::require_names;

const ESCAPED: &str = "escaped";

/// Refuses what would lead out of the folder.
pub fn require_safe(name: &[u8], folder: &str) -> Result<()> {
    if Entry::is_safe_name(name) {
        return Ok(());
    }
    Err(Problem::new(
        ProblemKind::Damaged,
        format!("the name \"{}\" in {folder}/ is not a file name; nothing was written", escape(name)),
    ))
}

/// Refuses a place with a name that Dropbox does not take: what a person types is not written in another way.
pub fn require_place(place: &str) -> Result<()> {
    require_names(place).map_err(|problem| problem.context(format!("cannot restore to {}", escape(place.as_bytes()))))
}

/// The name that `name` is written under; composed, as Dropbox keeps names.
pub fn written(name: &[u8]) -> String {
    match std::str::from_utf8(name) {
        Ok(text) => match check(text) {
            Ok(()) => compose(text).into_owned(),
            Err(NameProblem::TooLong) => shortened(text, name),
            Err(_) => escaped(name, |c| matches!(c, '\\' | '\x7f')),
        },
        Err(_) => escaped(name, |c| matches!(c, '\\' | '\x7f')),
    }
}

/// The name for a Dropbox that refuses more than is known: control characters, or what is outside of the Basic Multilingual Plane.
pub fn cautious(name: &str) -> String {
    let is_odd = |c: char| c.is_control() || c as u32 > 0xffff || c == '\\';
    let is_refused = name.chars().any(is_odd) || check(name).is_err();
    if is_refused { escaped(name.as_bytes(), is_odd) } else { name.to_owned() }
}

/// The name of a neighbour whose own name is taken.
pub fn beside(name: &[u8]) -> String {
    let usual = written(name);
    with_ending(&usual, &substitute_ending(name))
}

/// `is_wrong` says which characters are; a space at the end always is.
fn escaped(name: &[u8], is_wrong: impl Fn(char) -> bool) -> String {
    let mut text = String::with_capacity(name.len() + 24);
    for chunk in name.utf8_chunks() {
        let valid = compose(chunk.valid());
        let kept = valid.trim_end().len();
        for (at, c) in valid.char_indices() {
            let is_at_end = at >= kept && chunk.invalid().is_empty();
            if c == '%' || is_wrong(c) || is_at_end {
                c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| push_hex(byte, &mut text));
            } else {
                text.push(c);
            }
        }
        chunk.invalid().iter().for_each(|byte| push_hex(*byte, &mut text));
    }
    text.push_str(SUBSTITUTE_MARK);
    text.push_str(ESCAPED);
    if text.encode_utf16().count() > NAME_UNITS_MAX { shortened(&text, name) } else { text }
}

fn push_hex(byte: u8, text: &mut String) {
    // Writing to a string cannot fail.
    let _ = write!(text, "%{byte:02X}");
}

fn shortened(text: &str, original: &[u8]) -> String {
    let start: String = compose(text).chars().map(|c| if matches!(c, '\\' | '\x7f') { '_' } else { c }).collect();
    with_ending(&start, &substitute_ending(original))
}

/// As much of the start as leaves room for the ending.
fn with_ending(start: &str, ending: &str) -> String {
    let mut left = NAME_UNITS_MAX - ending.len();
    let fits = |c: &char| {
        let units = c.len_utf16();
        let fits = units <= left;
        left = left.saturating_sub(units);
        fits
    };
    let mut name: String = start.chars().take_while(fits).collect();
    name.push_str(ending);
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The original behind an escaped name.
    fn original(name: &str) -> Option<Vec<u8>> {
        let text = name.strip_suffix("~larder-escaped")?.as_bytes();
        let (mut bytes, mut at) = (Vec::new(), 0);
        while at < text.len() {
            if text[at] == b'%' {
                bytes.push(u8::from_str_radix(std::str::from_utf8(&text[at + 1..at + 3]).ok()?, 16).ok()?);
                at += 3;
            } else {
                bytes.push(text[at]);
                at += 1;
            }
        }
        Some(bytes)
    }

    #[test]
    fn names_that_dropbox_takes_stay() {
        for name in ["plain", "what?.txt.", "100 %", "😀", "new\nline", &"ä".repeat(255)] {
            assert_eq!(written(name.as_bytes()), name);
        }
        assert_eq!(written("a\u{308}".as_bytes()), "ä", "as Dropbox composes it");
    }

    #[test]
    fn names_that_it_refuses_come_back() {
        let names: [&[u8]; 8] =
            [b"a\\b", b"end ", b"end \t ", b"Thumbs.db", b"\xff\xfe", b"50%\\", b"del\x7f", b".dropbox.cache"];
        for name in names {
            let written = written(name);
            assert_eq!(check(&written), Ok(()), "{written}");
            assert_eq!(original(&written).as_deref(), Some(name), "{written}");
        }
    }

    #[test]
    fn long_names_are_cut_and_told_apart() {
        let long = |last: &str| "😀".repeat(200) + last;
        let (a, b) = (written(long("a").as_bytes()), written(long("b").as_bytes()));
        assert_ne!(a, b);
        let many = vec![0xff; 250];
        for name in [a, b, written(&many), beside(&many), beside("x".repeat(255).as_bytes())] {
            assert_eq!(check(&name), Ok(()), "{name}");
        }
    }

    #[test]
    fn a_more_cautious_name_is_another_only_where_it_has_to_be() {
        assert_eq!(cautious("plain name.txt"), "plain name.txt");
        assert_eq!(cautious("a\u{1}b"), "a%01b~larder-escaped");
        assert_eq!(cautious("😀"), "%F0%9F%98%80~larder-escaped");
    }

    #[test]
    fn places_that_cannot_be_are_refused() {
        for place in ["/Back ", "/a/b\\c", &format!("/{}", "x".repeat(256))] {
            assert_eq!(require_place(place).unwrap_err().kind(), ProblemKind::Usage, "{place}");
        }
        for place in ["", "/Back", "/a b/ c"] {
            assert!(require_place(place).is_ok(), "{place}");
        }
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in [&b""[..], b".", b"..", b"a/b", b"a\0b"] {
            assert!(require_safe(name, "").is_err());
        }
    }
}
