//! What the user wants left out of a backup, by name: the patterns of `--exclude` and `--exclude-from`.
//!
//! There is one syntax, that of `.gitignore`:
//!
//! - a pattern without a slash (`*.o`, `cache/`) matches a name at any depth; with a slash at its end, folders only;
//! - a pattern with a slash in it (`src/*.o`) starts at the root that is backed up, `**/` at its start stands for any depth;
//! - a pattern that starts with a slash (`/home/*/Downloads`) is an absolute path;
//! - `!pattern` takes back what an earlier pattern excluded; the last pattern that matches counts. Nothing below an excluded folder
//!   can be taken back, for it is never looked at.
//!
//! In files, empty lines and lines that start with `#` say nothing. A pattern of the command line may start with `#`.
//!
//! What depends on the content of folders (`.gitignore` files, cache tags) is the connectors' own.

mod told;

use std::{fs, io::Read, os::unix::ffi::OsStrExt, path::Path, sync::Arc};

use ignore::{
    Match,
    gitignore::{Gitignore, GitignoreBuilder},
};
use larder_model::{Problem, ProblemKind, Result, TreePath, escape, reason};

pub use told::OnExcluded;

/// The patterns of one backup, in the order in which they were given.
#[derive(Debug, Default)]
pub struct Patterns {
    lines: Vec<String>,
    /// For every root that no pattern is anchored at.
    common: Arc<Matcher>,
    has_anchored: bool,
    ignores_case: bool,
}

impl Patterns {
    /// Takes patterns of the command line, then those of files; `-` is standard input.
    pub fn new<'a>(exclude: &[String], exclude_from: impl IntoIterator<Item = &'a Path>) -> Result<Self> {
        let mut lines: Vec<_> = exclude.iter().map(|pattern| not_a_comment(pattern)).collect();
        for file in exclude_from {
            lines.extend(read_patterns(file)?);
        }
        let has_anchored = lines.iter().any(|line| anchored(line).is_some());
        let common = Arc::new(Matcher::compile(&lines, &TreePath::top(), false)?);
        Ok(Self { lines, common, has_anchored, ignores_case: false })
    }

    /// For a source that takes names which differ by case only for one name.
    pub fn ignoring_case(mut self) -> Result<Self> {
        self.ignores_case = true;
        self.common = Arc::new(Matcher::compile(&self.lines, &TreePath::top(), true)?);
        Ok(self)
    }

    /// All patterns, those from files included.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// The patterns as they apply below one root.
    pub fn below(&self, root: &TreePath) -> Result<Arc<Matcher>> {
        if self.has_anchored {
            return Matcher::compile(&self.lines, root, self.ignores_case).map(Arc::new);
        }
        Ok(self.common.clone())
    }
}

/// Patterns that are ready to match absolute paths.
#[derive(Debug)]
pub struct Matcher(Gitignore);

impl Default for Matcher {
    fn default() -> Self {
        Self(Gitignore::empty())
    }
}

impl Matcher {
    fn compile(lines: &[String], root: &TreePath, ignores_case: bool) -> Result<Self> {
        let mut builder = GitignoreBuilder::new("/");
        let useless = |error| Problem::usage(format!("the patterns are of no use: {error}"));
        builder.case_insensitive(ignores_case).map_err(useless)?;
        builder.allow_unclosed_class(false);
        for line in lines {
            let anchored = anchored(line).map(|pattern| pattern.at(root));
            builder.add_line(None, anchored.as_deref().unwrap_or(line)).map_err(|error| unusable(line, &error))?;
        }
        builder.build().map(Self).map_err(|error| Problem::usage(format!("the patterns are of no use: {error}")))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a path is excluded; `None` where no pattern says anything of it.
    pub fn verdict(&self, path: &Path, is_dir: bool) -> Option<bool> {
        verdict(&self.0.matched(path, is_dir))
    }

    /// The same for a path that no walk led to, whose folders may be excluded as well.
    pub fn excludes_way_to(&self, path: &Path, is_dir: bool) -> bool {
        self.0.matched_path_or_any_parents(path.strip_prefix("/").unwrap_or(path), is_dir).is_ignore()
    }
}

fn verdict<T>(found: &Match<T>) -> Option<bool> {
    (!found.is_none()).then(|| found.is_ignore())
}

fn unusable(line: &str, error: &ignore::Error) -> Problem {
    let reason = error.to_string();
    let reason = reason.split_once("': ").map_or(reason.as_str(), |(_, reason)| reason);
    Problem::usage(format!("the pattern {line:?} is of no use: {reason}"))
        .hint("patterns are those of .gitignore; a backslash makes *, ?, [ and ! stand for themselves")
}

/// A pattern with a slash in its middle.
struct Anchored<'a> {
    takes_back: bool,
    pattern: &'a str,
}

/// A pattern that starts at the root. `**/…` is the same below every root and is none.
fn anchored(line: &str) -> Option<Anchored<'_>> {
    let (takes_back, pattern) = line.strip_prefix('!').map_or((false, line), |rest| (true, rest));
    let pattern = pattern.strip_prefix("./").map_or(pattern, |_| &pattern[2..]);
    let is_comment = line.starts_with('#');
    let is_anywhere = pattern.starts_with('/') || pattern.starts_with("**/");
    let has_slash = line.starts_with("./") || pattern.trim_end_matches('/').contains('/');
    (!is_comment && !is_anywhere && has_slash).then_some(Anchored { takes_back, pattern })
}

impl Anchored<'_> {
    fn at(&self, root: &TreePath) -> String {
        let mut line = String::from(if self.takes_back { "!" } else { "" });
        line.extend(literal(if root.is_top() { b"" } else { root.as_bytes() }));
        line.push('/');
        line.push_str(self.pattern);
        line
    }
}

/// A pattern for these bytes. Patterns are text, so `?` stands for a byte that is none: it can mean no other path, since the pattern
/// is asked only below the root that it was made from.
fn literal(path: &[u8]) -> impl Iterator<Item = String> {
    path.utf8_chunks().map(|chunk| {
        let mut text = String::new();
        for c in chunk.valid().chars() {
            if r"\*?[]{}!#".contains(c) {
                text.push('\\');
            }
            text.push(c);
        }
        text.extend(chunk.invalid().iter().map(|_| '?'));
        text
    })
}

fn not_a_comment(pattern: &str) -> String {
    if pattern.starts_with('#') { format!("\\{pattern}") } else { pattern.to_owned() }
}

fn read_patterns(file: &Path) -> Result<Vec<String>> {
    let text = String::from_utf8(read_list(file)?)
        .map_err(|_| Problem::usage(format!("{} holds patterns that are not UTF-8", shown(file))))?;
    Ok(text.trim_start_matches('\u{feff}').lines().map(str::to_owned).collect())
}

/// A file that the command line names; `-` is standard input.
pub fn read_list(file: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = if file == Path::new("-") {
        std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        fs::read(file)
    };
    read.map_err(|error| unreadable_list(file, &error))
}

fn unreadable_list(file: &Path, error: &std::io::Error) -> Problem {
    let kind = match error.kind() {
        std::io::ErrorKind::NotFound => ProblemKind::NotFound,
        std::io::ErrorKind::PermissionDenied => ProblemKind::Denied,
        _ => ProblemKind::Failed,
    };
    let problem = Problem::new(kind, format!("cannot read the list {}: {}", shown(file), reason(error)));
    problem.hint("name a file with a line for each pattern or path, or - for standard input")
}

fn shown(path: &Path) -> String {
    escape(path.as_os_str().as_bytes())
}

#[cfg(test)]
mod tests;
