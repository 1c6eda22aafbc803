//! rclone's configuration format: sections of `key = value`, as the Go library goconfig writes them.
//!
//! A line that begins with `#` or `;` is a comment, and there are none behind values. A value that holds a backquote stands between
//! three double quotes, and one between backquotes is taken out of them; any other quote is part of the value. Sections of the same
//! name are one, and the last value of a key counts.

use larder_model::Result;
use zeroize::Zeroizing;

use super::not_rclone;

/// A remote of rclone. Its values may be secrets, and are wiped.
pub struct Section {
    pub name: String,
    values: Vec<(String, Zeroizing<String>)>,
}

impl Section {
    /// A key without a value is as good as none.
    pub fn get(&self, key: &str) -> Option<&str> {
        let found = self.values.iter().rev().find(|(name, _)| name == key);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// What kind of remote it is.
    pub fn kind(&self) -> &str {
        self.get("type").unwrap_or("no type")
    }

    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(|(key, _)| key.as_str())
    }
}

pub fn sections(text: &str) -> Result<Vec<Section>> {
    let mut sections: Vec<Section> = Vec::new();
    let mut current = None;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            current = Some(enter(&mut sections, name.trim()));
            continue;
        }
        // The line itself may be a secret.
        let number = index + 1;
        let section = current.and_then(|at: usize| sections.get_mut(at));
        let section = section.ok_or_else(|| not_rclone(format_args!("line {number} is in no section")))?;
        let pair = line.split_once(['=', ':']).filter(|(key, _)| !key.trim().is_empty());
        let (key, value) = pair.ok_or_else(|| not_rclone(format_args!("line {number} is not `key = value`")))?;
        section.values.push((key.trim().to_owned(), Zeroizing::new(unquoted(value.trim()).to_owned())));
    }
    Ok(sections)
}

fn enter(sections: &mut Vec<Section>, name: &str) -> usize {
    let known = sections.iter().position(|section| section.name == name);
    known.unwrap_or_else(|| {
        sections.push(Section { name: name.to_owned(), values: Vec::new() });
        sections.len() - 1
    })
}

fn unquoted(value: &str) -> &str {
    let between = |quote: &str| value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    between("\"\"\"").or_else(|| between("`")).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written by rclone 1.60.1: `rclone config create`, with values that need quotes.
    const WRITTEN: &str = include_str!("testdata/plain.conf");

    fn section(name: &str) -> Section {
        sections(WRITTEN).unwrap().into_iter().find(|section| section.name == name).unwrap()
    }

    #[test]
    fn what_rclone_wrote_is_read_as_rclone_reads_it() {
        let names: Vec<_> = sections(WRITTEN).unwrap().into_iter().map(|section| section.name).collect();
        assert_eq!(names, ["mydropbox", "own", "remote-s3", "my box", "quotes"]);
        assert_eq!(section("mydropbox").get("client_secret"), Some("s3cret`x\"y\"=z:w#q;v"));
        assert_eq!(section("mydropbox").get("root_namespace"), Some("1234567"));
        assert_eq!(section("remote-s3").get("secret_access_key"), Some("a = b"));
        assert_eq!(section("my box").get("url"), Some("http://h:1/x"));
        assert_eq!(section("quotes").get("remote"), Some("\"a\" b"));
        assert_eq!(section("quotes").get("none"), None);
    }

    #[test]
    fn later_words_count() {
        let sections = sections("[a]\nx = 1\n; y = 2\n[b]\n[ a ]\r\nx = `2`\n").unwrap();
        assert_eq!(sections.len(), 2);
        assert_eq!(sections[0].get("x"), Some("2"));
        assert_eq!(sections[0].kind(), "no type");
    }

    #[test]
    fn nonsense_is_refused_without_showing_it() {
        for text in ["secret = 1", "[a]\nsecret", "[a]\n= secret", "{\"a\": \"secret\"}"] {
            let problem = sections(text).err().unwrap();
            assert!(!problem.message().contains("secret"), "{problem}");
        }
        assert!(sections("").unwrap().is_empty());
    }
}
