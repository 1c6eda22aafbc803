//! JSON for a header: ASCII alone, as Dropbox wants it in `Dropbox-API-Arg`.
//!
//! Everything that is not ASCII, and DEL, is written as `\uXXXX`, beyond the basic plane as two surrogates. See
//! <https://www.dropbox.com/developers/reference/json-encoding>.

use std::fmt::Write;

/// The same JSON, fit for a header.
pub(crate) fn header_safe(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() && character != '\x7f' {
            safe.push(character);
        } else {
            escape(character, &mut safe);
        }
    }
    safe
}

fn escape(character: char, safe: &mut String) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        // Writing to a string cannot fail.
        let _ = write!(safe, "\\u{unit:04x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_basic_plane_two_surrogates() {
        assert_eq!(header_safe(r#"{"path":"/😀"}"#), r#"{"path":"/\ud83d\ude00"}"#);
    }

    #[test]
    fn delete_and_umlauts_are_escaped_and_ascii_is_not() {
        assert_eq!(header_safe("\"/ä\u{7f}~ \\n\""), "\"/\\u00e4\\u007f~ \\n\"");
    }

    #[test]
    fn what_is_escaped_reads_back_the_same() {
        let name = "/Ünï/日本/𐍈/\u{7f}\u{10ffff}\r\n\"\\";
        let json = serde_json::to_string(name).unwrap();
        let safe = header_safe(&json);
        assert!(safe.bytes().all(|byte| (0x20..0x7f).contains(&byte)));
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), name);
    }
}
