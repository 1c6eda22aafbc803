//! Which patterns leave out which paths below the root `/home/ann`.

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
        let path = |name: &str| crate::source::real_path(&root.joined(name));
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

#[test]
fn tags_are_names() {
    assert!(Tags::new(false, &["a/b".to_owned()]).is_err());
    assert!(Tags::new(false, &[":x".to_owned()]).is_err());
    let tags = Tags::new(true, &[".nobackup".to_owned(), "x:y:z".to_owned()]).unwrap();
    assert_eq!(tags.named(b"x").next().unwrap().header, b"y:z");
    assert_eq!(tags.named(b"CACHEDIR.TAG").count(), 1);
}

#[test]
fn a_deeper_gitignore_wins() {
    let top = Arc::new(IgnoreFile::new(Path::new("/r"), b"*.log\n/only-here\n", None));
    let deep = IgnoreFile::new(Path::new("/r/sub"), b"\xff\n[\n!keep.log\r\n", Some(top));
    let verdict = |path: &str| deep.verdict(Path::new(path), false);
    assert_eq!(verdict("/r/sub/a.log"), Some(true));
    assert_eq!(verdict("/r/sub/keep.log"), Some(false));
    assert_eq!(verdict("/r/sub/only-here"), None);
}
