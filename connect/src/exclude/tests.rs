//! Which patterns leave out which paths below the root `/home/ann`.

use std::{ffi::OsStr, path::PathBuf};

use super::*;

fn patterns(lines: &[&str]) -> Result<Patterns> {
    let lines: Vec<_> = lines.iter().map(|line| (*line).to_owned()).collect();
    Patterns::new(&lines, [])
}

fn excluded(lines: &[&str], path: &str) -> bool {
    let matcher = patterns(lines).unwrap().below(&TreePath::new("/home/ann")).unwrap();
    let is_dir = path.ends_with('/');
    matcher.verdict(Path::new(path.trim_end_matches('/')), is_dir) == Some(true)
}

#[test]
fn a_table_of_patterns() {
    let table: &[(&[&str], &str, bool)] = &[
        (&["*.o"], "/home/ann/a.o", true),
        (&["*.o"], "/home/ann/deep/er/a.o", true),
        (&["*.o"], "/home/ann/a.oo", false),
        (&["cache/"], "/home/ann/x/cache/", true),
        (&["cache/"], "/home/ann/x/cache", false),
        (&["src/*.o"], "/home/ann/src/a.o", true),
        (&["src/*.o"], "/home/ann/x/src/a.o", false),
        (&["src/*.o"], "/home/ann/src/x/a.o", false),
        (&["./a"], "/home/ann/a", true),
        (&["./a"], "/home/ann/x/a", false),
        (&["**/src/*.o"], "/home/ann/x/src/a.o", true),
        (&["src/**/*.o"], "/home/ann/src/x/y/a.o", true),
        (&["/home/*/tmp"], "/home/ann/tmp", true),
        (&["/home/*/tmp"], "/home/ann/x/tmp", false),
        (&["/tmp"], "/home/ann/tmp", false),
        (&["*.o", "!keep.o"], "/home/ann/keep.o", false),
        (&["!keep.o", "*.o"], "/home/ann/keep.o", true),
        (&["a/*", "!a/keep"], "/home/ann/a/keep", false),
        (&["a/*", "!a/keep"], "/home/ann/a/x", true),
        (&["#*#"], "/home/ann/#draft#", true),
        (&["\\!x"], "/home/ann/!x", true),
        (&["a?c"], "/home/ann/abc", true),
        (&["[ab]"], "/home/ann/b", true),
        (&["\\[ab\\]"], "/home/ann/[ab]", true),
        (&["*"], "/home/ann/x", true),
        (&[""], "/home/ann/x", false),
    ];
    for (lines, path, expected) in table {
        assert_eq!(excluded(lines, path), *expected, "{lines:?} on {path}");
    }
}

#[test]
fn a_root_may_have_any_name() {
    for root in [&b"/a[b]*"[..], b"/a\xffb", b"/!x", b"/a b ", b"/{a,b}"] {
        let root = TreePath::new(root);
        let matcher = patterns(&["x/y"]).unwrap().below(&root).unwrap();
        let path = |name: &str| PathBuf::from(OsStr::from_bytes(root.joined(name).as_bytes()));
        assert_eq!(matcher.verdict(&path("x/y"), false), Some(true), "{root}");
        assert_eq!(matcher.verdict(&path("z/x/y"), false), None, "{root}");
    }
}

#[test]
fn a_path_in_an_excluded_folder_is_excluded() {
    let matcher = patterns(&["cache/"]).unwrap().below(&TreePath::top()).unwrap();
    assert!(matcher.excludes_way_to(Path::new("/home/cache/x"), false));
    assert!(!matcher.excludes_way_to(Path::new("/home/cache"), false));
}

#[test]
fn a_pattern_that_is_none_is_named() {
    let problem = patterns(&["fine", "a{b"]).unwrap_err();
    assert!(problem.is(ProblemKind::Usage));
    assert!(problem.message().contains("\"a{b\""), "{problem}");
}

#[test]
fn a_missing_file_of_patterns_is_named() {
    let problem = Patterns::new(&[], [Path::new("/no/such/list")]).unwrap_err();
    assert!(problem.is(ProblemKind::NotFound));
    assert!(problem.message().contains("/no/such/list"), "{problem}");
}
