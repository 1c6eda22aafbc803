//! Globs that people search and restore by: `*.txt`, `report-202?`, `photos/**/*.jpg`, `/home/ann/*`.
//!
//! A pattern without a slash is about the name of an item, wherever it lies. One that starts with a slash is about the whole path, one
//! with a slash elsewhere about the end of the path. `*` and `?` stay within a name, `**` does not.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt, path::Path};

use globset::{Candidate, Glob, GlobBuilder, GlobSet, GlobSetBuilder};
use larder_model::{Problem, Result, TreePath};

/// Several patterns, of which one has to match.
#[derive(Debug)]
pub struct Patterns {
    names: GlobSet,
    paths: GlobSet,
    is_empty: bool,
}

impl Patterns {
    pub fn new(patterns: &[String], ignore_case: bool) -> Result<Self> {
        let mut names = GlobSetBuilder::new();
        let mut paths = GlobSetBuilder::new();
        for pattern in patterns {
            let pattern = pattern.strip_suffix('/').unwrap_or(pattern);
            let glob = compile(pattern, ignore_case)?;
            if pattern.contains('/') {
                paths.add(glob)
            } else {
                names.add(glob)
            };
        }
        let build = |builder: GlobSetBuilder| {
            builder.build().map_err(|error| Problem::usage(format!("the patterns are of no use: {error}")))
        };
        Ok(Self { names: build(names)?, paths: build(paths)?, is_empty: patterns.is_empty() })
    }

    pub fn is_empty(&self) -> bool {
        self.is_empty
    }

    /// Whether a pattern matches this very path.
    pub fn match_path(&self, path: &TreePath) -> bool {
        let name = path.name().is_some_and(|name| !self.names.is_empty() && self.names.is_match(as_path(name)));
        name || (!self.paths.is_empty() && self.paths.is_match_candidate(&Candidate::new(as_path(path.as_bytes()))))
    }

    /// Whether a pattern matches the path or a folder that it lies in.
    pub fn match_path_or_above(&self, path: &TreePath) -> bool {
        let mut path = path.clone();
        while !path.is_top() {
            if self.match_path(&path) {
                return true;
            }
            path.pop();
        }
        false
    }
}

/// globset takes any bytes as a path on Unix.
fn as_path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

fn compile(pattern: &str, ignore_case: bool) -> Result<Glob> {
    let is_end = pattern.contains('/') && !pattern.starts_with('/') && !pattern.starts_with("**/");
    let glob = if is_end { format!("**/{pattern}") } else { pattern.to_owned() };
    let built = GlobBuilder::new(&glob).literal_separator(true).case_insensitive(ignore_case).build();
    built.map_err(|error| {
        Problem::usage(format!("the pattern {pattern:?} is of no use: {}", error.kind()))
            .hint("a backslash makes *, ?, [ and { stand for themselves")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        Patterns::new(&[pattern.to_owned()], false).unwrap().match_path(&TreePath::new(path))
    }

    #[test]
    fn a_pattern_is_about_a_name_or_a_path() {
        for (pattern, path, expected) in [
            ("a.txt", "/x/a.txt", true),
            ("*.txt", "/x/a.txt", true),
            ("a", "/x/a.txt", false),
            ("x/*.txt", "/y/x/a.txt", true),
            ("/x/*.txt", "/y/x/a.txt", false),
            ("/y/**/*.txt", "/y/x/z/a.txt", true),
            ("x/*", "/x/y/a.txt", false),
            ("cache/", "/x/cache", true),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
        assert!(Patterns::new(&["A*".to_owned()], true).unwrap().match_path(&TreePath::new("/a1")));
        assert!(Patterns::new(&["[".to_owned()], false).is_err());
    }

    #[test]
    fn names_need_not_be_text() {
        let patterns = Patterns::new(&["a*".to_owned()], false).unwrap();
        assert!(patterns.match_path(&TreePath::new(b"/a\xff")));
        assert!(patterns.match_path_or_above(&TreePath::new(b"/x/a\xff/b")));
        assert!(!patterns.match_path_or_above(&TreePath::new(b"/x/b")));
    }
}
