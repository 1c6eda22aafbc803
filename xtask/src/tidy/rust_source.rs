//! A Rust file as the rules see it: its code without comments and strings, and without what only tests run.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::scan::{behind_bracket, line_of, mask, words};
use super::tree::TextFile;

/// Folders whose code only tests run, each with the reason.
const TEST_FOLDERS: &[(&str, &str)] = &[
    ("connect/src/conformance", "suites of tests, behind a feature that `layers` keeps to dev-dependencies"),
    ("fuzz", "targets and their test cases"),
    ("testkit", "fixtures; `layers` keeps it to dev-dependencies"),
];

pub struct RustSource {
    pub path: PathBuf,
    /// Code of all kinds: comments and the insides of literals are blank.
    pub code: String,
    /// Like `code`, with the tests blank too.
    pub production: String,
    /// Where the bodies of `#[cfg(test)] mod name;` are: paths without their ending.
    test_modules: Vec<PathBuf>,
}

impl RustSource {
    pub fn new(file: &TextFile) -> Self {
        let code = mask(&file.text);
        let mut source = Self { path: file.path.clone(), production: code.clone(), code, test_modules: Vec::new() };
        source.blank_tests();
        source
    }

    pub fn line_of(&self, at: usize) -> usize {
        line_of(&self.code, at)
    }

    pub fn is_in(&self, folder: &str) -> bool {
        self.path.starts_with(folder)
    }

    fn blank_tests(&mut self) {
        if is_test_path(&self.path) || self.code.contains("#![cfg(test)]") {
            return self.production.clear();
        }
        for start in attributes(&self.code) {
            let end = behind_bracket(&self.code, start + 1);
            if !is_test_attribute(&self.code[start..end]) {
                continue;
            }
            let item_end = behind_item(&self.code, end);
            if let Some(name) = outer_module(&self.code[end..item_end]) {
                self.test_modules.push(module_folder(&self.path).join(name));
            }
            let blank = self.code[start..item_end].replace(|letter| letter != '\n', " ");
            self.production.replace_range(start..item_end, &blank);
        }
    }
}

/// Blanks the files that are modules of `#[cfg(test)]` elsewhere.
pub fn mark_test_modules(sources: &mut [RustSource]) {
    let modules = sources.iter().flat_map(|source| source.test_modules.clone());
    let modules: Vec<PathBuf> = modules.collect();
    let is_test = |path: &Path| {
        let bare = path.with_extension("");
        modules.iter().any(|module| bare.starts_with(module))
    };
    for source in sources {
        if is_test(&source.path) {
            source.production.clear();
        }
    }
}

fn is_test_path(path: &Path) -> bool {
    let bare = path.with_extension("");
    let in_test_folder = TEST_FOLDERS.iter().any(|(folder, _)| bare.starts_with(folder));
    let is_test_name = |part: &OsStr| part == "tests" || part == "benches";
    let stem = path.file_stem().unwrap_or_default();
    in_test_folder || bare.iter().any(is_test_name) || stem.to_string_lossy().ends_with("_tests")
}

fn attributes(code: &str) -> impl Iterator<Item = usize> {
    code.match_indices("#[").map(|(at, _)| at)
}

fn is_test_attribute(attribute: &str) -> bool {
    let compact: String = attribute.split_whitespace().collect();
    if compact == "#[test]" {
        return true;
    }
    compact.starts_with("#[cfg(") && words(&compact, "test").next().is_some() && !compact.contains("not(test")
}

/// The end of the item that follows: its semicolon or its closing brace, whichever comes first.
fn behind_item(code: &str, from: usize) -> usize {
    let mut at = from;
    while let Some(byte) = code.as_bytes().get(at) {
        match byte {
            b';' => return at + 1,
            b'{' => return behind_bracket(code, at),
            b'(' | b'[' => at = behind_bracket(code, at),
            _ => at += 1,
        }
    }
    code.len()
}

/// The name in `mod name;`, whose body is another file.
fn outer_module(item: &str) -> Option<&str> {
    let item = item.trim().strip_suffix(';')?;
    let (_, name) = item.split_once("mod ")?;
    Some(name.trim())
}

/// Where the modules of this file have their files.
fn module_folder(path: &Path) -> PathBuf {
    let is_root = |stem: &OsStr| ["lib", "main", "mod"].iter().any(|it| stem == *it);
    let bare = path.with_extension("");
    match path.file_stem() {
        Some(stem) if !is_root(stem) => bare,
        _ => bare.parent().unwrap_or(Path::new("")).to_path_buf(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> RustSource {
        RustSource::new(&TextFile { path: path.into(), text: text.into() })
    }

    #[test]
    fn test_items_are_no_production_code() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests { fn b() {} }\nfn c() {}\n";
        let production = source("x/src/a.rs", text).production;
        assert!(production.contains("fn a") && production.contains("fn c"));
        assert!(!production.contains("fn b"));
        assert_eq!(production.len(), text.len());
    }

    #[test]
    fn what_is_compiled_without_tests_is_production_code() {
        let production = source("x/src/a.rs", "#[cfg(not(test))]\nfn a() {}").production;
        assert!(production.contains("fn a"));
    }

    #[test]
    fn a_test_module_in_a_file_of_its_own_is_found() {
        let mut sources = [
            source("x/src/store.rs", "#[cfg(test)]\nmod crash;\nfn a() {}"),
            source("x/src/store/crash.rs", "fn b() {}"),
            source("x/src/store/crash/deep.rs", "fn c() {}"),
            source("x/src/store/other.rs", "fn d() {}"),
        ];
        mark_test_modules(&mut sources);
        let kept = sources.map(|source| !source.production.trim().is_empty());
        assert_eq!(kept, [true, false, false, true]);
    }

    #[test]
    fn files_below_tests_are_tests() {
        assert!(source("x/tests/a.rs", "fn a() {}").production.is_empty());
        assert!(source("x/src/a_tests.rs", "fn a() {}").production.is_empty());
        assert!(source("testkit/src/a.rs", "fn a() {}").production.is_empty());
        assert!(source("connect/src/conformance/a.rs", "fn a() {}").production.is_empty());
    }
}
