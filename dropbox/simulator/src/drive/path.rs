//! Path arguments: their forms, and the patterns that the API holds them to.
//!
//! A text that does not match its pattern is a defect of the client and answered with 400; a text that matches but names
//! something impossible is a lookup that fails.

use super::node::SpaceId;

/// Which forms a field takes. The patterns are those of `files.stone`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathForm {
    /// `/a`, `id:`, `rev:`, `ns:`
    Read,
    /// `/a`, `id:`, `ns:`
    PathOrId,
    /// `` (the root), `/a`, `id:`, `ns:`
    Folder,
    /// `/a`, `ns:`
    Write,
    /// `/a`, `ns:`, `id:`
    WriteOrId,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathArg {
    /// From the root of the view; empty for the root itself.
    Path(String),
    /// An id, and a path below it.
    Id(String, String),
    Rev(String),
    Space(SpaceId, String),
}

impl PathForm {
    pub fn pattern(self) -> &'static str {
        match self {
            Self::Read => "(/(.|[\\r\\n])*|id:.*)|(rev:[0-9a-f]{9,})|(ns:[0-9]+(/.*)?)",
            Self::PathOrId => "/(.|[\\r\\n])*|id:.*|(ns:[0-9]+(/.*)?)",
            Self::Folder => "(/(.|[\\r\\n])*)?|id:.*|(ns:[0-9]+(/.*)?)",
            Self::Write => "(/(.|[\\r\\n])*)|(ns:[0-9]+(/.*)?)",
            Self::WriteOrId => "(/(.|[\\r\\n])*)|(ns:[0-9]+(/.*)?)|(id:.*)",
        }
    }

    /// `None` where the text does not match the pattern.
    pub fn parse(self, text: &str) -> Option<PathArg> {
        if text.is_empty() {
            return (self == Self::Folder).then(|| PathArg::Path(String::new()));
        }
        if text.starts_with('/') {
            return Some(PathArg::Path(text.to_owned()));
        }
        if let Some(rest) = text.strip_prefix("ns:") {
            let (number, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            return is_number.then(|| PathArg::Space(number.parse().unwrap_or(0), path.to_owned()));
        }
        if let Some(rev) = text.strip_prefix("rev:") {
            return (self == Self::Read && is_rev(rev)).then(|| PathArg::Rev(rev.to_owned()));
        }
        if text.starts_with("id:") && self != Self::Write && !text.contains(['\r', '\n']) {
            let (id, path) = text.split_at(text.find('/').unwrap_or(text.len()));
            return Some(PathArg::Id(id.to_owned(), path.to_owned()));
        }
        None
    }
}

/// `[0-9a-f]{9,}`
pub fn is_rev(text: &str) -> bool {
    text.len() >= 9 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_takes_its_own_forms() {
        let takes = |form: PathForm, text: &str| form.parse(text).is_some();
        for form in [PathForm::Read, PathForm::PathOrId, PathForm::Folder, PathForm::Write, PathForm::WriteOrId] {
            assert!(takes(form, "/a") && takes(form, "ns:12/a") && takes(form, "ns:12"), "{form:?}");
            assert!(!takes(form, "./x") && !takes(form, "a") && !takes(form, "ns:x/a"), "{form:?}");
            assert_eq!(takes(form, ""), form == PathForm::Folder);
            assert_eq!(takes(form, "rev:0123456789"), form == PathForm::Read);
            assert_eq!(takes(form, "id:abc"), form != PathForm::Write);
        }
        assert!(!takes(PathForm::Read, "rev:0123") && !takes(PathForm::Read, "rev:01234567X"));
    }

    #[test]
    fn what_follows_an_id_or_a_namespace_is_a_path() {
        assert_eq!(PathForm::Read.parse("id:x/a/b"), Some(PathArg::Id("id:x".into(), "/a/b".into())));
        assert_eq!(PathForm::Read.parse("ns:7/a"), Some(PathArg::Space(7, "/a".into())));
    }
}
