//! Names are bytes; people and JSON need text. This is the one reversible way from the one to the other.
//!
//! Valid UTF-8 stays as it is, except for control characters and the backslash. Everything else becomes `\xNN`, one for each byte,
//! so that a terminal is never driven by a file name and no two names look alike.

use std::fmt::Write;

/// `name` as text: `\\` for a backslash, `\n`, `\r`, `\t`, and `\xNN` for other control characters and for bytes that are not UTF-8.
pub fn escape(name: &[u8]) -> String {
    let mut text = String::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        chunk.valid().chars().for_each(|c| escape_char(c, &mut text));
        chunk.invalid().iter().for_each(|byte| push_hex(*byte, &mut text));
    }
    text
}

fn escape_char(c: char, text: &mut String) {
    match c {
        '\\' => text.push_str("\\\\"),
        '\n' => text.push_str("\\n"),
        '\r' => text.push_str("\\r"),
        '\t' => text.push_str("\\t"),
        c if c.is_control() || is_format(c) => {
            let mut buffer = [0; 4];
            c.encode_utf8(&mut buffer).bytes().for_each(|byte| push_hex(byte, text));
        }
        c => text.push(c),
    }
}

/// Invisible characters that reorder a line on a terminal (Unicode bidirectional controls, line and paragraph separators).
fn is_format(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}')
}

fn push_hex(byte: u8, text: &mut String) {
    write!(text, "\\x{byte:02x}").expect("writing to a string cannot fail");
}

/// The bytes that [`escape`] made `text` from, or `None` when `text` holds a broken escape.
pub fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut name = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            name.push(byte);
            continue;
        }
        name.push(match bytes.next()? {
            b'\\' => b'\\',
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'x' => hex(bytes.next()?)? << 4 | hex(bytes.next()?)?,
            _ => return None,
        });
    }
    Some(name)
}

fn hex(digit: u8) -> Option<u8> {
    (digit as char).to_digit(16).map(|value| value as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_comes_back() {
        let names: [&[u8]; 6] = [
            b"plain",
            "naïve ☕".as_bytes(),
            b"a\xffb",
            b"line\nbreak\x1b[31m",
            b"back\\slash",
            "rtl\u{202e}txt".as_bytes(),
        ];
        for name in names {
            let text = escape(name);
            assert!(!text.chars().any(char::is_control), "{text}");
            assert_eq!(unescape(&text).as_deref(), Some(name), "{text}");
        }
        assert_eq!(escape(b"a\x1bb"), "a\\x1bb");
        assert_eq!(unescape("bad\\q"), None);
        assert_eq!(unescape("bad\\x1"), None);
    }
}
