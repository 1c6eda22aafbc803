//! What of an account a snapshot holds: the root, and what is left out.

use std::{path::Path, sync::Arc};

use dropbox_client::names::{NameProblem, check, compose, fold};
use larder_connect::{Matcher, OnExcluded, Patterns};
use larder_model::{Problem, Result, TreePath, escape};

use crate::{item::Item, options::SourceOptions};

/// The options that need reading, ready to be used.
pub struct Rules {
    /// The root's path as the user wrote it, composed: `/Photos`, or empty for the top.
    pub root: String,
    exclude: Arc<Matcher>,
    include: Arc<Matcher>,
    larger_than: Option<u64>,
    on_excluded: Option<OnExcluded>,
    /// What a checkpoint must have been made by.
    pub fingerprint: String,
}

/// What becomes of an item.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    Taken,
    /// It alone, or it and all below it.
    LeftOut,
    /// It lies in something that is left out.
    BelowLeftOut,
}

impl Rules {
    /// An error for patterns and paths that make no sense.
    pub fn new(options: &SourceOptions) -> Result<Self> {
        let root = root(&options.path)?;
        let below = TreePath::new(&root);
        let files = options.exclude_from.iter().map(std::path::PathBuf::as_path);
        let patterns = Patterns::new(&options.exclude, files)?.ignoring_case()?;
        let include = Patterns::new(&options.include, [])?.ignoring_case()?;
        let fingerprint = format!(
            "{:?} {:?} {:?} {:?} {}",
            patterns.lines(),
            options.include,
            options.exclude_larger_than,
            options.export,
            fold(&root)
        );
        Ok(Self {
            exclude: patterns.below(&below)?,
            include: include.below(&below)?,
            larger_than: options.exclude_larger_than,
            on_excluded: options.on_excluded.clone(),
            fingerprint,
            root,
        })
    }

    /// True for the root and what lies below it.
    pub fn is_within(&self, path_lower: &str) -> bool {
        if self.root.is_empty() {
            return true;
        }
        let root = fold(&self.root);
        fold(path_lower).strip_prefix(&root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Tells whoever wants to know that an item is left out because the user said so.
    pub fn tell_left_out(&self, path: &str) {
        if let Some(on_excluded) = &self.on_excluded {
            on_excluded.tell(&TreePath::new(path));
        }
    }

    /// Whether an item is taken, by its path as displayed.
    pub fn verdict(&self, path: &str, item: &Item) -> Verdict {
        let is_folder = item.is_folder();
        let path = Path::new(path);
        if !self.exclude.is_empty() {
            let above = path.parent().filter(|above| above.as_os_str().len() > self.root.len().max(1));
            if above.is_some_and(|above| self.exclude.excludes_way_to(above, true)) {
                return Verdict::BelowLeftOut;
            }
            if self.exclude.verdict(path, is_folder) == Some(true) {
                return Verdict::LeftOut;
            }
        }
        let is_not_included = !self.include.is_empty() && !is_folder && !self.include.excludes_way_to(path, false);
        let is_too_large = self.larger_than.is_some_and(|limit| item.is_file() && item.size > Some(limit));
        if is_not_included || is_too_large { Verdict::LeftOut } else { Verdict::Taken }
    }
}

/// A path as Dropbox takes it: absolute, composed, without a slash at its end.
pub fn root(path: &str) -> Result<String> {
    let mut root = String::new();
    for name in path.split('/').filter(|name| !name.is_empty()) {
        if name == "." || name == ".." {
            return Err(Problem::usage(format!("`{path}` is no path at Dropbox"))
                .hint("name a folder from the top, such as dropbox:/Photos"));
        }
        root.push('/');
        root.push_str(&compose(name));
    }
    Ok(root)
}

/// Refuses a path with a name that Dropbox takes for no folder.
pub fn require_names(path: &str) -> Result<()> {
    for name in path.split('/').filter(|name| !name.is_empty()) {
        let why = match check(name) {
            Ok(()) => continue,
            Err(NameProblem::TooLong) => "it is longer than 255 UTF-16 units",
            Err(_) => "Dropbox refuses backslashes, DEL, white space at the end, and names that it keeps to itself",
        };
        let message = format!("no folder can be named \"{}\"; {why}", escape(name.as_bytes()));
        return Err(Problem::usage(message).hint("name another folder"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(path: &str, exclude: &[&str], include: &[&str]) -> Rules {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let options = SourceOptions {
            path: path.into(),
            exclude: texts(exclude),
            include: texts(include),
            ..SourceOptions::default()
        };
        Rules::new(&options).unwrap()
    }

    #[test]
    fn roots_are_absolute_and_composed() {
        assert_eq!(rules("", &[], &[]).root, "");
        assert_eq!(rules("/", &[], &[]).root, "");
        assert_eq!(rules("Photos//2024/", &[], &[]).root, "/Photos/2024");
        assert_eq!(rules("/e\u{301}", &[], &[]).root, "/\u{e9}");
        assert!(root("/a/../b").is_err());
        let photos = rules("/Photos", &[], &[]);
        assert!(photos.is_within("/photos") && photos.is_within("/PHOTOS/a"));
        assert!(!photos.is_within("/photosx") && !photos.is_within("/"));
        assert!(rules("", &[], &[]).is_within("/x"));
    }

    #[test]
    fn patterns_are_those_of_files() {
        let file = Item { size: Some(10), ..Item::default() };
        let folder = Item { is_folder: Some(true), ..Item::default() };
        let rules = rules("", &["*.tmp", "cache/"], &[]);
        assert_eq!(rules.verdict("/a/x.tmp", &file), Verdict::LeftOut);
        assert_eq!(rules.verdict("/a/cache", &folder), Verdict::LeftOut);
        assert_eq!(rules.verdict("/a/cache", &file), Verdict::Taken);
        assert_eq!(rules.verdict("/a/cache/deep/x", &file), Verdict::BelowLeftOut);
        assert_eq!(rules.verdict("/a/x", &file), Verdict::Taken);
        assert_eq!(rules.verdict("/A/X.TMP", &file), Verdict::LeftOut, "names that differ by case only are one");
    }

    #[test]
    fn what_is_included_is_taken_with_the_folders_on_the_way() {
        let file = Item { size: Some(10), ..Item::default() };
        let folder = Item { is_folder: Some(true), ..Item::default() };
        let rules = rules("", &[], &["*.jpg", "keep/"]);
        assert_eq!(rules.verdict("/a/b.jpg", &file), Verdict::Taken);
        assert_eq!(rules.verdict("/a/b.txt", &file), Verdict::LeftOut);
        assert_eq!(rules.verdict("/a/keep/deep/b.txt", &file), Verdict::Taken);
        assert_eq!(rules.verdict("/a", &folder), Verdict::Taken);
    }
}
