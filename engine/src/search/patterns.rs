//! Globs that people search and restore by: `*.txt`, `report-202?`, `photos/**/*.jpg`, `/home/ann/*`.
//!
//! A pattern without a slash is about the name of an item, wherever it lies. One that starts with a slash is about the whole path, one
//! with a slash elsewhere about the end of the path. `*` and `?` stay within a name, `**` does not.

use std::{borrow::Cow, ffi::OsStr, os::unix::ffi::OsStrExt, path::Path};

use globset::{Candidate, Glob, GlobBuilder, GlobSet, GlobSetBuilder};
use larder_model::{Problem, Result, TreePath};

use super::{fold::fold, needs::Needs};

/// Several patterns, of which one has to match.
#[derive(Debug)]
pub struct Patterns {
    names: GlobSet,
    paths: GlobSet,
    /// What each of them needs to match.
    needs: Vec<Needs>,
    ignores_case: bool,
}

impl Patterns {
    pub fn new<S: AsRef<str>>(patterns: &[S], ignore_case: bool) -> Result<Self> {
        let mut names = GlobSetBuilder::new();
        let mut paths = GlobSetBuilder::new();
        let mut needs = Vec::new();
        for pattern in patterns.iter().map(AsRef::as_ref) {
            let pattern = pattern.strip_suffix('/').unwrap_or(pattern);
            let glob = compile(pattern, ignore_case)?;
            if pattern.contains('/') {
                paths.add(glob)
            } else {
                names.add(glob)
            };
            needs.push(Needs::of(pattern));
        }
        let build = |builder: GlobSetBuilder| {
            builder.build().map_err(|error| Problem::usage(format!("the patterns are of no use: {error}")))
        };
        Ok(Self { names: build(names)?, paths: build(paths)?, needs, ignores_case: ignore_case })
    }

    /// What a person types into a search field: a glob, a path, or a part of a name.
    pub fn typed(text: &str, ignore_case: bool) -> Result<Self> {
        let is_glob = text.contains(['*', '?', '[', '{', '/']);
        Self::new(&[if is_glob { text.to_owned() } else { format!("*{}*", text.replace('\\', "\\\\")) }], ignore_case)
    }

    pub fn is_empty(&self) -> bool {
        self.needs.is_empty()
    }

    pub(super) fn needs(&self) -> &[Needs] {
        &self.needs
    }

    pub(super) fn ignores_case(&self) -> bool {
        self.ignores_case
    }

    /// Whether a pattern matches this very path.
    pub fn match_path(&self, path: &TreePath) -> bool {
        !path.is_top() && self.match_bytes(path.as_bytes())
    }

    /// `path` is that of an item: with a leading slash, and not the top.
    pub(super) fn match_bytes(&self, path: &[u8]) -> bool {
        let path = if self.ignores_case { fold(path) } else { Cow::Borrowed(path) };
        let name = path.iter().rposition(|byte| *byte == b'/').map_or(&*path, |slash| &path[slash + 1..]);
        (!self.names.is_empty() && self.names.is_match(as_path(name)))
            || (!self.paths.is_empty() && self.paths.is_match_candidate(&Candidate::new(as_path(&path))))
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

/// A pattern that ignores case is folded, and so is what it is compared with: globset folds no letters beyond ASCII.
fn compile(pattern: &str, ignore_case: bool) -> Result<Glob> {
    let is_end = pattern.contains('/') && !pattern.starts_with('/') && !pattern.starts_with("**/");
    let glob = if is_end { format!("**/{pattern}") } else { pattern.to_owned() };
    let glob = if ignore_case { String::from_utf8_lossy(&fold(glob.as_bytes())).into_owned() } else { glob };
    GlobBuilder::new(&glob).literal_separator(true).build().map_err(|error| {
        Problem::usage(format!("the pattern {pattern:?} is of no use: {}", error.kind()))
            .hint("a backslash makes *, ?, [ and { stand for themselves")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        Patterns::new(&[pattern], false).unwrap().match_path(&TreePath::new(path))
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
        assert!(Patterns::new(&["["], false).is_err());
    }

    #[test]
    fn case_can_be_ignored_beyond_ascii() {
        for (pattern, path) in [("A*", "/a1"), ("ärger*", "/x/ÄRGER.txt"), ("FOTOS/*.Jpg", "/Fotos/ä.JPG")] {
            assert!(Patterns::new(&[pattern], true).unwrap().match_path(&TreePath::new(path)), "{pattern}");
            assert!(!matches(pattern, path));
        }
    }

    #[test]
    fn what_is_typed_is_a_part_of_a_name_unless_it_is_a_pattern() {
        for (text, path, expected) in [
            ("ote", "/x/notes.txt", true),
            ("ote", "/note/a", false),
            ("*.txt", "/x/notes.txt", true),
            ("x/*", "/x/notes.txt", true),
            ("back\\slash", "/back\\slashes", true),
        ] {
            let patterns = Patterns::typed(text, false).unwrap();
            assert_eq!(patterns.match_path(&TreePath::new(path)), expected, "{text} {path}");
        }
    }

    #[test]
    fn names_need_not_be_text() {
        let patterns = Patterns::new(&["a*"], false).unwrap();
        assert!(patterns.match_path(&TreePath::new(b"/a\xff")));
        assert!(patterns.match_path_or_above(&TreePath::new(b"/x/a\xff/b")));
        assert!(!patterns.match_path_or_above(&TreePath::new(b"/x/b")));
    }
}
