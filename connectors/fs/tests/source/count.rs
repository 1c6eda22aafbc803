//! Counting ahead meets what a backup meets, and stops when nobody wants to know any more.

use std::{
    os::unix::fs::symlink,
    sync::{Arc, Mutex},
};

use larder_connect::OnExcluded;
use larder_fs::{FsSource, SourceOptions};
use larder_model::Kind;

use super::walk::{Tree, walk};

#[test]
fn what_is_counted_is_what_a_walk_meets() {
    let tree = Tree::with(&["a/b/c", "a/skipped.o", "empty/", "file", "cache/CACHEDIR.TAG", "cache/inside"]);
    std::fs::write(tree.at("large"), vec![1; 100_000]).unwrap();
    std::fs::write(tree.at("too-large"), vec![1; 200_000]).unwrap();
    symlink("file", tree.at("link")).unwrap();
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let tell = told.clone();
    let options = SourceOptions {
        exclude: vec!["*.o".to_owned()],
        exclude_larger_than: Some(150_000),
        on_excluded: Some(OnExcluded::new(move |path| tell.lock().unwrap().push(path.to_string()))),
        ..SourceOptions::default()
    };
    let source = FsSource::new(&[tree.at("")], &options).unwrap();
    let counted = source.counter().count(&|| true).unwrap();
    assert!(told.lock().unwrap().is_empty(), "what is left out is told by the backup alone");
    let met = walk(&source, tree.folder.path());
    let files: Vec<_> = met.entries.values().filter(|entry| entry.kind != Kind::Directory).collect();
    let bytes: u64 = files.iter().filter(|entry| entry.kind == Kind::File).map(|entry| entry.meta.size).sum();
    assert_eq!((counted.files, counted.bytes), (files.len() as u64, bytes));
    assert!(counted.bytes >= 100_000 && counted.bytes < 200_000);
    assert!(told.lock().unwrap().iter().any(|path| path.ends_with("skipped.o")));
}

#[test]
fn counting_ends_when_nobody_wants_it() {
    let tree = Tree::with(&["a", "b/c"]);
    let source = FsSource::new(&[tree.at("")], &SourceOptions::default()).unwrap();
    assert_eq!(source.counter().count(&|| false), None);
}
