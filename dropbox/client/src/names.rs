//! Names as Dropbox sees them: composed, folded, and not all of them allowed.
//!
//! Dropbox compares names by the lowercase of an old Unicode version, one code point by one, and keeps them in NFC. So two
//! names that a disk tells apart can be one to Dropbox.

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, is_nfc};

/// The most UTF-16 units of one name ("most emojis count as two").
pub const NAME_UNITS_MAX: usize = 255;

/// Names that Dropbox answers with `disallowed_name`, in lower case.
const DISALLOWED: &[&str] =
    &["desktop.ini", "thumbs.db", ".ds_store", "icon\r", ".dropbox", ".dropbox.attr", ".dropbox.cache"];

/// Why Dropbox would not take a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameProblem {
    /// Empty, `.` or `..`.
    NoName,
    /// It has a slash, a backslash, NUL or DEL in it.
    Character(char),
    /// It ends with white space, which Dropbox would take away.
    TrailingSpace,
    /// More than [`NAME_UNITS_MAX`].
    TooLong,
    /// Dropbox keeps such files to itself.
    Disallowed,
}

/// The composed form (NFC), in which Dropbox keeps names and in which paths have to be sent.
pub fn compose(name: &str) -> Cow<'_, str> {
    if is_nfc(name) { Cow::Borrowed(name) } else { Cow::Owned(name.nfc().collect()) }
}

/// What Dropbox compares: composed and in Dropbox's own lower case.
pub fn fold(name: &str) -> String {
    dbxcase::dbx_str_lowercase(&compose(name))
}

/// Whether two names or paths are the same to Dropbox.
pub fn is_same(one: &str, other: &str) -> bool {
    fold(one) == fold(other)
}

/// Whether Dropbox takes this as the last part of a path.
pub fn check(name: &str) -> Result<(), NameProblem> {
    if matches!(name, "" | "." | "..") {
        return Err(NameProblem::NoName);
    }
    if let Some(character) = name.chars().find(|c| matches!(c, '/' | '\\' | '\0' | '\x7f')) {
        return Err(NameProblem::Character(character));
    }
    let composed = compose(name);
    if DISALLOWED.contains(&fold(&composed).as_str()) {
        return Err(NameProblem::Disallowed);
    }
    if composed.ends_with(char::is_whitespace) {
        return Err(NameProblem::TrailingSpace);
    }
    if composed.encode_utf16().count() > NAME_UNITS_MAX { Err(NameProblem::TooLong) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_is_one_code_point_by_one() {
        assert_eq!(fold("ΣΣΣ"), "σσσ");
        assert_eq!(fold("Ꙋ"), "Ꙋ", "newer than Dropbox's Unicode");
        assert_eq!(fold("/Über/A"), "/über/a");
    }

    #[test]
    fn decomposed_names_are_the_same() {
        assert_eq!(compose("a\u{308}"), "ä");
        assert!(is_same("A\u{308}", "ä"));
        assert!(!is_same("a", "ä"));
    }

    #[test]
    fn names_that_dropbox_does_not_take() {
        assert_eq!(check("a"), Ok(()));
        assert_eq!(check("what?.txt."), Ok(()));
        assert_eq!(check(".."), Err(NameProblem::NoName));
        assert_eq!(check("a\\b"), Err(NameProblem::Character('\\')));
        assert_eq!(check("Thumbs.DB"), Err(NameProblem::Disallowed));
        assert_eq!(check("Icon\r"), Err(NameProblem::Disallowed));
        assert_eq!(check("a "), Err(NameProblem::TrailingSpace));
        assert_eq!(check(&"ä".repeat(255)), Ok(()));
        assert_eq!(check(&"😀".repeat(128)), Err(NameProblem::TooLong));
    }
}
