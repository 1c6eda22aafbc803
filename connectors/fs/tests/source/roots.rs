//! What can be named, and how it is understood.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use larder_connect::Source;
use larder_fs::{FsSource, SourceOptions, machine_name};
use larder_model::{Class, Kind, ProblemKind, TreePath};

use super::walk::{Tree, walk};

fn source(roots: &[PathBuf]) -> FsSource {
    FsSource::new(roots, &SourceOptions::default()).unwrap()
}

fn tree_path(path: &Path) -> TreePath {
    TreePath::new(path.to_str().unwrap())
}

#[test]
fn roots_are_sorted_and_merged() {
    let tree = Tree::with(&["b/file", "a/sub/file", "a-b/file", "c"]);
    let roots = ["b", "a/sub/file", "a-b", "a", "c", "b/.", "a/../b"].map(|name| tree.at(name));
    let source = source(&roots);
    let expected: Vec<_> = ["a", "a-b", "b", "c"].iter().map(|name| tree_path(&tree.at(name))).collect();
    assert_eq!(source.roots(), expected);
    let met = walk(&source, tree.folder.path());
    let paths = ["a/", "a-b/", "a-b/file", "a/sub/", "a/sub/file", "b/", "b/file", "c"];
    let mut sorted = paths.to_vec();
    sorted.sort_unstable_by_key(|path| path.trim_end_matches('/').as_bytes().to_vec());
    assert_eq!(met.paths(), sorted);
    assert_eq!(met.bodies[&b"c"[..]], b"c");
    assert_eq!((met.problems, met.skips), (vec![], vec![]));
}

#[test]
fn the_origin_is_the_machine_and_the_roots() {
    let tree = Tree::with(&["b/", "a/"]);
    let origin = source(&[tree.at("b"), tree.at("a/")]).origin();
    assert_eq!((origin.connector.as_str(), origin.identity), ("fs", machine_name()));
    assert_eq!(origin.root, format!("{}:{}", tree.at("a").display(), tree.at("b").display()));
    let options = SourceOptions { origin: Some("docs".to_owned()), ..SourceOptions::default() };
    assert_eq!(tree.source(&options).origin().to_string(), "docs");
}

#[test]
fn a_link_is_followed_if_it_was_written_with_a_slash() {
    let tree = Tree::with(&["real/file"]);
    symlink("real", tree.at("link")).unwrap();
    let met = walk(&source(&[tree.at("link")]), tree.folder.path());
    assert_eq!(met.entry("link").kind, Kind::Symlink);
    assert_eq!(met.skipped(), [("link", tree.at("link").to_str().unwrap().to_owned())]);
    assert_eq!(met.skips[0].class, Class::Note);
    for end in ["link/", "link/."] {
        let met = walk(&source(&[tree.at(end)]), tree.folder.path());
        assert_eq!(met.paths(), ["link/", "link/file"]);
        assert_eq!(met.skips, []);
    }
    let met = walk(&source(&[tree.at("link/file")]), tree.folder.path());
    assert_eq!(met.paths(), ["link/", "link/file"], "links on the way stay in the path");
}

#[test]
fn two_dots_lead_to_where_a_link_really_is() {
    let tree = Tree::with(&["deep/real/", "deep/file", "file"]);
    symlink("deep/real", tree.at("link")).unwrap();
    let real = fs::canonicalize(tree.at("deep/file")).unwrap();
    assert_eq!(source(&[tree.at("link/../file")]).roots(), [tree_path(&real)]);
}

#[test]
fn the_whole_machine_is_a_root() {
    let source = source(&[PathBuf::from("/")]);
    assert_eq!((source.roots(), source.origin().root.as_str()), (vec![TreePath::top()], "/"));
    let top = source.top().unwrap();
    let names = top.names(&mut |_| ()).unwrap();
    assert!(names.iter().any(|name| name == b"etc"));
    let mut skips = Vec::new();
    let proc = top.stat(b"proc", &mut |skip| skips.push(skip)).unwrap().unwrap();
    assert_eq!((proc.kind, skips.len()), (Kind::Directory, 1));
    assert!(top.folder(b"proc").unwrap().names(&mut |_| ()).unwrap().is_empty());
}

#[test]
fn lists_name_what_to_back_up() {
    let tree = Tree::with(&["d/one", "d/two\n", "d/e/three", "d/not", "d/e/not.tmp"]);
    let paths = |list: &[u8], exclude: &[&str]| {
        fs::write(tree.at("list"), list).unwrap();
        let exclude = exclude.iter().map(|pattern| (*pattern).to_owned()).collect();
        let options = SourceOptions { files_from: vec![tree.at("list")], exclude, ..SourceOptions::default() };
        let source = FsSource::new(&[], &options).unwrap();
        let roots: Vec<_> = source.roots();
        (walk(&source, tree.folder.path()).paths(), roots)
    };
    let at = |name: &str| tree.at(name).to_str().unwrap().to_owned();
    let lines = format!("{}\n\n{}\n", at("d/one"), at("d/e/three"));
    let (found, roots) = paths(lines.as_bytes(), &[]);
    assert_eq!(found, ["d/", "d/e/", "d/e/three", "d/one"]);
    assert_eq!(roots, [tree_path(&tree.at("d"))], "the folder that holds all of them");
    let ended_by_nul = format!("{}\0{}\0", at("d/two\n"), at("d/e"));
    assert_eq!(paths(ended_by_nul.as_bytes(), &["*.tmp"]).0, ["d/", "d/e/", "d/e/three", r"d/two\n"]);
    let (found, _) = paths(lines.as_bytes(), &["e/"]);
    assert_eq!(found, ["d/", "d/one"]);
}

#[test]
fn a_listed_path_that_is_not_there_is_missing_and_not_fatal() {
    let tree = Tree::with(&["here"]);
    fs::write(tree.at("list"), format!("{}\n{}\n", tree.at("here").display(), tree.at("no/where").display())).unwrap();
    let options = SourceOptions { files_from: vec![tree.at("list")], ..SourceOptions::default() };
    let source = FsSource::new(&[], &options).unwrap();
    let met = walk(&source, tree.folder.path());
    assert_eq!(met.bodies.len(), 1);
    assert_eq!(met.skipped(), [("vanished", tree.at("no/where").to_str().unwrap().to_owned())]);
    assert_eq!(met.skips[0].class, Class::Missing);
}

#[test]
fn an_empty_list_is_an_error() {
    let tree = Tree::with(&["list"]);
    fs::write(tree.at("list"), "\n").unwrap();
    let options = SourceOptions { files_from: vec![tree.at("list")], ..SourceOptions::default() };
    assert!(FsSource::new(&[], &options).unwrap_err().is(ProblemKind::Failed));
    let missing = SourceOptions { files_from: vec![tree.at("missing")], ..SourceOptions::default() };
    assert!(FsSource::new(&[], &missing).unwrap_err().is(ProblemKind::NotFound));
}

#[test]
fn many_roots_are_declared_by_the_folder_that_holds_them() {
    let names: Vec<_> = (0..100).map(|number| format!("user-{number:03}/")).collect();
    let tree = Tree::with(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let roots: Vec<_> = names.iter().map(|name| tree.at(name)).collect();
    let source = source(&roots);
    assert_eq!(source.roots(), [tree_path(tree.folder.path())]);
    assert_eq!(walk(&source, tree.folder.path()).entries.len(), 100);
}
