//! Just enough of Rust's lexical structure for the rules: what is code, and what is comment or string.
//!
//! A full parser would be a large dependency for a few words to look for. [`mask`] blanks comments and the insides of
//! literals, keeping every byte's place, so that a rule can search for words and report the right line.

/// The text with comments and the contents of string and character literals blanked; same length, same lines.
pub fn mask(text: &str) -> String {
    let mut scanner = Scanner { rest: text.as_bytes(), out: Vec::with_capacity(text.len()) };
    while !scanner.rest.is_empty() {
        scanner.step();
    }
    scanner.out.into_iter().map(char::from).collect()
}

/// Where `word` stands in masked code as a whole identifier.
pub fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let whole = move |at: &usize| {
        let before = code[..*at].bytes().next_back();
        let after = code[at + word.len()..].bytes().next();
        !before.is_some_and(is_identifier) && !after.is_some_and(is_identifier)
    };
    code.match_indices(word).map(|(at, _)| at).filter(whole)
}

/// The line that a place is on, counted from 1.
pub fn line_of(text: &str, at: usize) -> usize {
    1 + text[..at].bytes().filter(|byte| *byte == b'\n').count()
}

/// The place just behind the bracket that closes the one at `open`, in masked code.
pub fn behind_bracket(code: &str, open: usize) -> usize {
    let mut depth = 0usize;
    for (at, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            return at + 1;
        }
    }
    code.len()
}

fn is_identifier(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

struct Scanner<'a> {
    rest: &'a [u8],
    out: Vec<u8>,
}

impl Scanner<'_> {
    fn step(&mut self) {
        if self.rest.starts_with(b"//") {
            let end = self.rest.iter().position(|byte| *byte == b'\n');
            self.blank(end.unwrap_or(self.rest.len()));
        } else if self.rest.starts_with(b"/*") {
            self.blank(block_comment_len(self.rest));
        } else if let Some((hashes, quote)) = self.raw_string_start() {
            self.keep(quote + 1);
            let inside = raw_string_len(self.rest, hashes);
            self.blank(inside);
            self.keep(1 + hashes);
        } else if self.rest[0] == b'"' {
            self.quoted(b'"');
        } else if self.rest[0] == b'\'' && is_character(self.rest) {
            self.quoted(b'\'');
        } else {
            self.keep(1);
        }
    }

    /// Whether a raw string begins here: its number of hashes, and how far off its opening quote is.
    fn raw_string_start(&self) -> Option<(usize, usize)> {
        if self.rest[0] != b'r' || self.in_identifier() {
            return None;
        }
        let hashes = self.rest[1..].iter().take_while(|byte| **byte == b'#');
        let hashes = hashes.count();
        (self.rest.get(1 + hashes) == Some(&b'"')).then_some((hashes, 1 + hashes))
    }

    /// `r` in `for` starts no string, but in `br"…"` and `cr"…"` it does.
    fn in_identifier(&self) -> bool {
        match self.out.as_slice() {
            [.., before, b'b' | b'c'] => is_identifier(*before),
            [b'b' | b'c'] | [] => false,
            [.., before] => is_identifier(*before),
        }
    }

    fn quoted(&mut self, quote: u8) {
        self.keep(1);
        let inside = quoted_len(self.rest, quote);
        self.blank(inside);
        self.keep(1);
    }

    fn keep(&mut self, count: usize) {
        let (now, rest) = self.rest.split_at(count.min(self.rest.len()));
        let ascii = now.iter().map(|byte| if byte.is_ascii() { *byte } else { b'?' });
        self.out.extend(ascii);
        self.rest = rest;
    }

    fn blank(&mut self, count: usize) {
        let (now, rest) = self.rest.split_at(count.min(self.rest.len()));
        let blanks = now.iter().map(|byte| if *byte == b'\n' { b'\n' } else { b' ' });
        self.out.extend(blanks);
        self.rest = rest;
    }
}

/// Block comments nest in Rust.
fn block_comment_len(text: &[u8]) -> usize {
    let (mut depth, mut at) = (0usize, 0usize);
    while at < text.len() {
        if text[at..].starts_with(b"/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if text[at..].starts_with(b"*/") {
            (depth, at) = (depth - 1, at + 2);
        } else {
            at += 1;
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

fn raw_string_len(text: &[u8], hashes: usize) -> usize {
    let end: Vec<u8> = [b'"'].into_iter().chain(std::iter::repeat_n(b'#', hashes)).collect();
    let found = text.windows(end.len()).position(|part| part == end);
    found.unwrap_or(text.len())
}

fn quoted_len(text: &[u8], quote: u8) -> usize {
    let mut at = 0;
    while at < text.len() && text[at] != quote {
        at += if text[at] == b'\\' { 2 } else { 1 };
    }
    at
}

/// Tells `'a'` and `'\n'` from the lifetime `'a`.
fn is_character(text: &[u8]) -> bool {
    if text.get(1) == Some(&b'\\') {
        return true;
    }
    let longest_character = 4;
    let close = text.iter().skip(2).take(longest_character).position(|byte| *byte == b'\'');
    close.is_some_and(|at| at == 0 || !text[1].is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_strings_are_blanked_in_place() {
        let text = "a /* b /* c */ */ \"d\\\"e\" // f\ng";
        assert_eq!(mask(text), "a                 \"    \"     \ng");
        assert_eq!(mask(text).len(), text.len());
    }

    #[test]
    fn raw_strings_end_at_their_own_hashes() {
        assert_eq!(mask(r##"r#"x"y"# z"##), r##"r#"   "# z"##);
        assert_eq!(mask(r#"br"x" for"#), r#"br" " for"#);
    }

    #[test]
    fn lifetimes_are_no_characters() {
        assert_eq!(mask("'x' 'a '\\'' &'b str"), "' ' 'a '  ' &'b str");
        assert_eq!(mask("'é' x"), "'  ' x");
    }

    #[test]
    fn only_whole_words_count() {
        let found: Vec<_> = words("unwrap unwrap_or my_unwrap", "unwrap").collect();
        assert_eq!(found, [0]);
    }

    #[test]
    fn brackets_are_matched() {
        assert_eq!(behind_bracket("x{a(b)}c", 1), 7);
    }
}
