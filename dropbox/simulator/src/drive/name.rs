//! The names that Dropbox takes, and when two of them are the same.
//!
//! Names are stored in NFC and compared after Dropbox's own folding, which is that of an old Unicode (crate `dbxcase`).
//! What is refused here was observed by others; the unit of the limit is that of Dropbox's help pages.

use unicode_normalization::UnicodeNormalization;

/// The longest name, in UTF-16 units.
const LONGEST_UTF16: usize = 255;

/// Files that Dropbox never stores, whatever their case.
const DISALLOWED: &[&str] =
    &["desktop.ini", "thumbs.db", ".ds_store", "icon\r", ".dropbox", ".dropbox.attr", ".dropbox.cache"];

/// A name as it is stored.
pub fn normalize(name: &str) -> String {
    name.nfc().collect()
}

/// What a name, or a path, is looked up by.
pub fn fold(name: &str) -> String {
    dbxcase::dbx_str_lowercase(&normalize(name))
}

pub fn is_disallowed(name: &str) -> bool {
    DISALLOWED.contains(&fold(name).as_str())
}

/// Why a name cannot be part of a path, if it cannot.
pub fn defect(name: &str, only_basic_plane: bool) -> Option<String> {
    let is_control = |it: char| it == '\0' || it == '\u{7f}';
    if name.is_empty() {
        return Some("the path has an empty component".into());
    }
    if name == "." || name == ".." {
        return Some(format!("'{name}' is not allowed in a path"));
    }
    if name.ends_with(' ') {
        return Some(format!("'{name}' ends with a space"));
    }
    if name.contains('\\') || name.contains(is_control) {
        return Some(format!("'{}' contains a character that is not allowed", name.escape_debug()));
    }
    if only_basic_plane && let Some(at) = name.chars().position(|it| it as u32 > 0xffff) {
        return Some(format!("character at index {at}: not part of the Unicode Basic Multilingual Plane"));
    }
    (name.encode_utf16().count() > LONGEST_UTF16).then(|| "a path component is longer than 255".into())
}

/// `report.txt` with ` (1)` before its ending.
pub fn with_suffix(name: &str, suffix: &str) -> String {
    match name.rfind('.') {
        Some(dot) if dot > 0 => format!("{}{suffix}{}", &name[..dot], &name[dot..]),
        _ => format!("{name}{suffix}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_is_that_of_an_old_unicode() {
        assert_eq!(fold("ΣΣΣ"), "σσσ");
        assert_eq!(fold("Ꙋ"), "Ꙋ");
        assert_eq!(fold("U\u{308}BER"), "über");
    }

    #[test]
    fn names_are_measured_in_utf16_units() {
        assert_eq!(defect(&"ü".repeat(255), false), None);
        assert!(defect(&"😀".repeat(128), false).is_some());
        assert_eq!(defect(&"😀".repeat(127), false), None);
    }

    #[test]
    fn the_switch_for_emoji_is_heeded() {
        assert!(defect("a😀", true).is_some_and(|text| text.contains("index 1")));
        assert_eq!(defect("trailing dot.", true), None);
        assert!(defect("trailing space ", true).is_some());
    }

    #[test]
    fn suffixes_stand_before_the_ending() {
        assert_eq!(with_suffix("a.b.txt", " (1)"), "a.b (1).txt");
        assert_eq!(with_suffix(".profile", " (1)"), ".profile (1)");
    }
}
