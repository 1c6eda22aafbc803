//! How places are written: a path, `scheme:rest`, or `@name`.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

use larder_model::{Problem, Result, escape};

/// The scheme of a path that has none.
pub const FILES: &str = "fs";

/// A place as the user wrote it.
#[derive(PartialEq, Eq, Debug)]
pub enum Location<'a> {
    /// A path is a location of `fs`.
    At { scheme: String, rest: &'a OsStr },
    /// `@name`, or `@name:/sub/path`.
    Named { name: String, below: &'a OsStr },
}

impl<'a> Location<'a> {
    pub fn parse(text: &'a OsStr) -> Result<Self> {
        let bytes = text.as_bytes();
        if let Some(name) = bytes.strip_prefix(b"@") {
            let end = name.iter().position(|byte| *byte == b':').unwrap_or(name.len());
            let below = name.get(end + 1..).unwrap_or_default();
            return Ok(Self::Named { name: escape(&name[..end]), below: OsStr::from_bytes(below) });
        }
        let (scheme, rest) = match scheme_of(bytes) {
            Some(scheme) => (scheme, &bytes[scheme.len() + 1..]),
            None => (FILES, bytes),
        };
        // Elsewhere nothing may stand for the top, as in `dropbox:`.
        if rest.is_empty() && scheme == FILES {
            return Err(Problem::usage(format!("`{}` names no place", escape(bytes)))
                .hint("name a folder, a location such as dropbox:/Photos, or @NAME"));
        }
        Ok(Self::At { scheme: scheme.to_owned(), rest: OsStr::from_bytes(rest) })
    }
}

/// What stands before the colon, if it can be a scheme (RFC 3986). One letter is none, so that `c:` may be a drive some day.
fn scheme_of(text: &[u8]) -> Option<&str> {
    let end = text.iter().position(|byte| *byte == b':')?;
    let scheme = std::str::from_utf8(&text[..end]).ok()?;
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "+.-".contains(c);
    let starts_well = scheme.starts_with(|c: char| c.is_ascii_lowercase());
    (scheme.len() >= 2 && starts_well && scheme.chars().all(legal)).then_some(scheme)
}

/// A path or other text of the command line, for messages.
pub fn shown(text: impl AsRef<OsStr>) -> String {
    escape(text.as_ref().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Location<'_> {
        Location::parse(OsStr::new(text)).unwrap()
    }

    fn at<'a>(scheme: &str, rest: &'a str) -> Location<'a> {
        Location::At { scheme: scheme.to_owned(), rest: OsStr::new(rest) }
    }

    fn named<'a>(name: &str, below: &'a str) -> Location<'a> {
        Location::Named { name: name.to_owned(), below: OsStr::new(below) }
    }

    #[test]
    fn places_are_paths_locations_or_names() {
        assert_eq!(parsed("./save"), at("fs", "./save"));
        assert_eq!(parsed("fs:/save"), at("fs", "/save"));
        assert_eq!(parsed("s3://bucket/x"), at("s3", "//bucket/x"));
        assert_eq!(parsed("./a:b"), at("fs", "./a:b"));
        assert_eq!(parsed("C:/save"), at("fs", "C:/save"));
        assert_eq!(parsed("dropbox:"), at("dropbox", ""));
        assert_eq!(parsed("@cloud"), named("cloud", ""));
        assert_eq!(parsed("@cloud:"), named("cloud", ""));
        assert_eq!(parsed("@cloud:/x:y"), named("cloud", "/x:y"));
        assert!(Location::parse(OsStr::new("fs:")).is_err());
        assert!(Location::parse(OsStr::new("")).is_err());
    }
}
