//! Names in archives and in headers: harmless wherever they are put.

use std::fmt::Write;

use larder_model::escape;

/// A name for zip, which is text with `/` between names. What other systems take for a separator, a drive or a control character is
/// written as `%NN`, and so are bytes that are not UTF-8.
pub fn in_zip(names: &[&[u8]]) -> String {
    let mut text = String::new();
    for (index, name) in names.iter().enumerate() {
        if index > 0 {
            text.push('/');
        }
        for chunk in name.utf8_chunks() {
            for (at, c) in chunk.valid().char_indices() {
                let is_drive = c == ':' && index == 0 && at == 1;
                if c.is_control() || c == '\\' || is_drive {
                    let mut buffer = [0; 4];
                    c.encode_utf8(&mut buffer).bytes().for_each(|byte| push(byte, &mut text));
                } else {
                    text.push(c);
                }
            }
            chunk.invalid().iter().for_each(|byte| push(*byte, &mut text));
        }
    }
    text
}

fn push(byte: u8, text: &mut String) {
    write!(text, "%{byte:02X}").expect("writing to a string cannot fail");
}

/// A name under which a browser may save something.
pub fn file_name(name: &[u8]) -> String {
    let harmless = |c: char| if c.is_control() || "/\\:*?\"<>|".contains(c) { '_' } else { c };
    let name: String = escape(name).chars().map(harmless).collect();
    let name = name.trim_matches(['.', ' ']);
    if name.is_empty() { "unnamed".to_owned() } else { name.to_owned() }
}

/// `Content-Disposition` with a name of any characters (RFC 6266).
pub fn in_header(disposition: &str, name: &str) -> String {
    let plain = |c: char| if c.is_ascii_graphic() && !"\"\\%;".contains(c) || c == ' ' { c } else { '_' };
    let ascii: String = name.chars().map(plain).collect();
    format!("{disposition}; filename=\"{ascii}\"; filename*=UTF-8''{}", in_address(name))
}

/// As it stands in an address, or in a header that takes its encoding over (RFC 3986, 2.1).
pub fn in_address(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(byte as char);
        } else {
            push(byte, &mut encoded);
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_below_the_folder_that_one_extracts_into() {
        assert_eq!(in_zip(&[b"a", b"..\\..\\b"]), "a/..%5C..%5Cb");
        assert_eq!(in_zip(&[b"C:", b"x:y"]), "C%3A/x:y");
        assert_eq!(in_zip(&[b"a\xffb\n"]), "a%FFb%0A");
        assert_eq!(file_name(b"../a\"b"), "_a_b");
        assert_eq!(file_name(b"..."), "unnamed");
        let header = in_header("attachment", "naïve \"x\".txt");
        assert_eq!(header, "attachment; filename=\"na_ve _x_.txt\"; filename*=UTF-8''na%C3%AFve%20%22x%22.txt");
    }
}
