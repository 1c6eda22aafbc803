//! Upper and lower case letters as the same.

use std::borrow::Cow;

/// `name` with all letters in one case. Letters beyond ASCII are folded as well; bytes that are not UTF-8 stay as they are. What is
/// folded part by part is folded as a whole, so that a part of a name folds to a part of the folded name.
pub fn fold(name: &[u8]) -> Cow<'_, [u8]> {
    if name.is_ascii() {
        return match name.iter().any(u8::is_ascii_uppercase) {
            true => Cow::Owned(name.to_ascii_lowercase()),
            false => Cow::Borrowed(name),
        };
    }
    let mut folded = Vec::with_capacity(name.len() + 8);
    for chunk in name.utf8_chunks() {
        chunk.valid().chars().for_each(|c| push_folded(c, &mut folded));
        folded.extend_from_slice(chunk.invalid());
    }
    Cow::Owned(folded)
}

/// By way of the upper case, which is the same for letters that have several lower ones (`ß` and `ss`, `σ` and `ς`).
fn push_folded(c: char, folded: &mut Vec<u8>) {
    let mut buffer = [0; 4];
    if c.is_ascii() {
        folded.push(c.to_ascii_lowercase() as u8);
        return;
    }
    for lower in c.to_uppercase().flat_map(char::to_lowercase) {
        folded.extend_from_slice(lower.encode_utf8(&mut buffer).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_all_scripts_fold() {
        for (a, b) in [("ABC", "abc"), ("ÄRGER", "ärger"), ("ΣΑΣ", "σας"), ("STRASSE", "straße"), ("ДОМ", "дом")]
        {
            assert_eq!(fold(a.as_bytes()), fold(b.as_bytes()), "{a}");
        }
        assert_eq!(&*fold(b"A\xffB"), b"a\xffb");
        assert!(matches!(fold(b"plain"), Cow::Borrowed(_)));
    }
}
