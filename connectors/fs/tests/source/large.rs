//! A folder of many names, and one of many levels.

use std::{
    fs::{self, File},
    thread,
};

use larder_fs::SourceOptions;

use super::walk::Tree;

#[test]
fn twenty_thousand_names_are_all_there() {
    let tree = Tree::new();
    for number in 0..20_000 {
        File::create(tree.at(format!("a file with a rather long name, number {number}"))).unwrap();
    }
    let met = tree.walk(&SourceOptions::default());
    assert_eq!(met.entries.len(), 20_000);
    assert_eq!((met.problems, met.skips), (vec![], vec![]));
    let folder = tree.open("");
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                assert_eq!(folder.names(&mut |_| ()).unwrap().len(), 20_000, "listings do not disturb each other")
            });
        }
    });
}

#[test]
fn a_path_may_be_longer_than_any_call_takes() {
    let tree = Tree::new();
    let mut folder = tree.open("");
    let mut path = tree.at("");
    let name = "x".repeat(200);
    // Each step is made from a shorter name for the same folder, since a path of more than 4,096 bytes cannot be named.
    for _ in 0..30 {
        fs::create_dir(path.join(&name)).unwrap();
        folder = folder.folder(name.as_bytes()).unwrap();
        fs::rename(path.join(&name), tree.at("next")).unwrap();
        path = tree.at("next");
        fs::create_dir(path.join("next")).unwrap();
        path = path.join("next");
        folder = folder.folder(b"next").unwrap();
        fs::rename(&path, tree.at("last")).unwrap();
        fs::remove_dir(tree.at("next")).unwrap();
        path = tree.at("last");
    }
    fs::write(path.join("file"), b"deep").unwrap();
    assert!(folder.path().as_bytes().len() > 6000);
    let entry = folder.stat(b"file", &mut |_| ()).unwrap().unwrap();
    assert_eq!(super::walk::read(&*folder, &entry, &mut |_| ()).unwrap().0, b"deep");
}
