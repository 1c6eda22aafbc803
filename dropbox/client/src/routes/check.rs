//! What Dropbox would answer with 400, told before it is sent.

use crate::content::{Content, REQUEST_BYTES_MAX};
use crate::error::{Class, Error, Result};

/// Which forms a path may have besides `/a/b` and `ns:1/b`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Forms {
    pub root: bool,
    pub id: bool,
    pub rev: bool,
    pub namespace: bool,
}

/// What can be read (`ReadPath`).
pub(crate) const READ: Forms = Forms { root: false, id: true, rev: true, namespace: true };
/// What can be listed (`PathROrId`).
pub(crate) const LIST: Forms = Forms { root: true, id: true, rev: false, namespace: true };
/// What can be made (`WritePath`).
pub(crate) const WRITE: Forms = Forms { root: false, id: false, rev: false, namespace: true };
/// What can be changed (`WritePathOrId`).
pub(crate) const CHANGE: Forms = Forms { root: false, id: true, rev: false, namespace: true };
/// What has a past (`PathOrId`).
pub(crate) const PAST: Forms = Forms { root: false, id: true, rev: false, namespace: true };

/// Checks a path against the patterns of the specification.
pub(crate) fn path(path: &str, forms: Forms) -> Result<()> {
    let is_right = match path.split_once(':') {
        _ if path.is_empty() => forms.root,
        _ if path.starts_with('/') => is_absolute(path),
        Some(("id", id)) => forms.id && !id.is_empty(),
        Some(("rev", rev)) => forms.rev && is_rev(rev),
        Some(("ns", rest)) => forms.namespace && is_namespace(rest),
        _ => false,
    };
    if is_right { Ok(()) } else { Err(wrong_path(path)) }
}

/// Checks a revision: at least nine lower-case hexadecimal digits.
pub(crate) fn rev(rev: &str) -> Result<()> {
    if is_rev(rev) { Ok(()) } else { Err(bad(format!("{rev:?} is no revision"))) }
}

/// Checks that a batch or a figure is within what Dropbox takes.
pub(crate) fn within(what: &str, count: u64, least: u64, most: u64) -> Result<()> {
    if (least..=most).contains(&count) {
        return Ok(());
    }
    Err(bad(format!("{what} have to be between {least} and {most}, and are {count}")))
}

/// Checks that a body is not more than a request takes.
pub(crate) fn body(content: &Content) -> Result<()> {
    within("The bytes of a request", content.length(), 0, REQUEST_BYTES_MAX)
}

/// No path ends with a slash, and none has empty parts; `/` alone is written as nothing.
fn is_absolute(path: &str) -> bool {
    path.len() > 1 && !path.ends_with('/') && !path.contains("//")
}

fn is_rev(rev: &str) -> bool {
    rev.len() >= 9 && rev.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_namespace(rest: &str) -> bool {
    let (id, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()) && (path.is_empty() || is_absolute(path))
}

/// An item that cannot be, and no defect of the whole run.
fn wrong_path(path: &str) -> Error {
    let what = "This is no path that Dropbox takes";
    Error::local(Class::SkipAndReport, what, "Paths are like /a/b, id:… or ns:…/b, and the root is empty").about(path)
}

fn bad(what: String) -> Error {
    Error::local(Class::BadRequest, what, "This is a defect of the program: report it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_the_forms_of_the_specification() {
        for right in ["/a", "/a/b c", "id:x", "rev:0123456789ab", "ns:123", "ns:123/a"] {
            assert!(path(right, READ).is_ok(), "{right}");
        }
        for wrong in ["", "/", "a", "./x", "/a/", "/a//b", "id:", "rev:12", "rev:ABCDEF123", "ns:", "ns:x/a", "ns:1/"] {
            assert_eq!(path(wrong, READ).unwrap_err().class(), Class::SkipAndReport, "{wrong}");
        }
        assert!(path("", LIST).is_ok());
        assert!(path("id:x", WRITE).is_err());
        assert!(path("rev:0123456789ab", CHANGE).is_err());
    }

    #[test]
    fn figures_have_bounds() {
        assert!(within("Entries", 1000, 1, 1000).is_ok());
        assert_eq!(within("Entries", 0, 1, 1000).unwrap_err().class(), Class::BadRequest);
    }
}
