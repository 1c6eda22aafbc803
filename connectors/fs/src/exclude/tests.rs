//! Tags and `.gitignore` files.

use std::{path::Path, sync::Arc};

use super::*;

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
