//! Where other file systems begin, and what Larder leaves out of its own accord.

use std::path::Path;

use larder_connect::Source;
use larder_fs::{FsSource, SourceOptions};
use larder_model::{Class, Metadata, ProblemKind};

use super::walk::{Tree, ran, walk};

/// A file system in a folder, gone when this is dropped.
struct Mount(String);

impl Mount {
    fn new(kind: &str, at: &Path) -> Option<Self> {
        let at = at.to_str().unwrap().to_owned();
        ran("mount", &["-t", kind, "larder-test", &at]).then_some(Self(at))
    }

    fn bind(from: &Path, at: &Path) -> Option<Self> {
        let at = at.to_str().unwrap().to_owned();
        ran("mount", &["--bind", from.to_str().unwrap(), &at]).then_some(Self(at))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        ran("umount", &["-l", &self.0]);
    }
}

fn one_file_system() -> SourceOptions {
    SourceOptions { one_file_system: true, ..SourceOptions::default() }
}

#[test]
fn other_file_systems_are_walked_unless_told_otherwise() {
    let tree = Tree::with(&["mounted/", "other/file"]);
    let Some(_mount) = Mount::new("tmpfs", &tree.at("mounted")) else { return };
    tree.make("mounted/inside");
    assert_eq!(tree.paths(&SourceOptions::default()), ["mounted/", "mounted/inside", "other/", "other/file"]);
    let met = tree.walk(&one_file_system());
    assert_eq!(met.paths(), ["mounted/", "other/", "other/file"]);
    assert_eq!(met.skips, []);
    let meta = met.meta("mounted");
    assert!(meta.mode.is_some());
    assert_eq!((meta.mtime, meta.stamp), (None, None), "the times are those of another file system");
}

#[test]
fn a_root_behind_a_mount_point_is_reached() {
    let tree = Tree::with(&["a/mounted/", "file"]);
    let Some(_mount) = Mount::new("tmpfs", &tree.at("a/mounted")) else { return };
    tree.make("a/mounted/deep/root/inside");
    tree.make("a/mounted/deep/neighbour");
    for root in ["a/mounted", "a/mounted/deep/root"] {
        let source = FsSource::new(&[tree.at(""), tree.at(root)], &one_file_system()).unwrap();
        assert_eq!(source.roots().len(), 1, "one root lies in the other");
        let paths = walk(&source, tree.folder.path()).paths();
        assert!(paths.contains(&"a/mounted/deep/root/inside".to_owned()), "{paths:?}");
        assert_eq!(paths.contains(&"a/mounted/deep/neighbour".to_owned()), root == "a/mounted");
    }
}

#[test]
fn pseudo_file_systems_are_left_out_and_named() {
    let tree = Tree::with(&["proc/", "file"]);
    let Some(_mount) = Mount::new("proc", &tree.at("proc")) else { return };
    let met = tree.walk(&SourceOptions::default());
    assert_eq!(met.paths(), ["file", "proc/"]);
    assert_eq!(met.skipped(), [("left-out", tree.at("proc").to_str().unwrap().to_owned())]);
    assert_eq!(met.skips[0].class, Class::Note);
    assert!(met.skips[0].message.contains("proc file system"), "{}", met.skips[0].message);
    assert_eq!(met.problems, []);
}

#[test]
fn a_folder_of_a_pseudo_file_system_is_refused_and_a_file_is_taken() {
    let root = Path::new("/proc/sys/kernel");
    if !root.exists() {
        return;
    }
    for folder in [Path::new("/proc"), root] {
        let problem = FsSource::new(&[folder.to_owned()], &SourceOptions::default()).unwrap_err();
        assert!(problem.is(ProblemKind::Usage), "{problem}");
        let expected = format!("cannot back up {}: it lies on a proc file system", folder.display());
        assert!(problem.message().starts_with(&expected), "{problem}");
    }
    let source = FsSource::new(&[root.join("ostype")], &SourceOptions::default()).unwrap();
    let met = walk(&source, root);
    assert!(met.bodies[&b"ostype"[..]].starts_with(b"Linux"), "{:?}", met.paths());
    assert_eq!(met.skips, []);
}

#[test]
fn a_folder_of_a_pseudo_file_system_in_a_list_is_left_out_and_named() {
    let kernel = Path::new("/proc/sys/kernel");
    if !kernel.exists() {
        return;
    }
    let tree = Tree::with(&["real/file"]);
    let list = tree.at("list");
    let walked = |lines: &[&str]| {
        std::fs::write(&list, lines.join("\n")).unwrap();
        let options = SourceOptions { files_from: vec![list.clone()], ..SourceOptions::default() };
        walk(&FsSource::new(&[], &options).unwrap(), Path::new("/"))
    };
    let real = tree.at("real").to_str().unwrap().to_owned();
    let met = walked(&[&real, "/proc/sys/kernel", "/proc/sys/kernel/ostype"]);
    assert_eq!(met.skipped(), [("left-out", "/proc/sys/kernel".to_owned())]);
    assert!(met.skips[0].message.contains("it lies on a proc file system"), "{}", met.skips[0].message);
    assert_eq!(met.problems, []);
    let paths = met.paths();
    let in_kernel: Vec<_> = paths.iter().filter(|path| path.starts_with("proc/sys/kernel/")).collect();
    assert_eq!(in_kernel, ["proc/sys/kernel/", "proc/sys/kernel/ostype"], "a file that was named is taken");
    assert!(paths.iter().any(|path| path.ends_with("real/file")), "{paths:?}");
    // The same within a folder that is walked.
    let met = walked(&["/proc/sys/kernel/ostype", "/proc"]);
    assert_eq!(met.skipped(), [("left-out", "/proc".to_owned())]);
    assert!(met.paths().len() < 10, "{:?}", met.paths());
}

#[test]
fn the_store_is_left_out_by_identity_and_named() {
    let tree = Tree::with(&["store/packs/x", "bound/", "file"]);
    let _mount = Mount::bind(&tree.at("store"), &tree.at("bound"));
    std::os::unix::fs::symlink("store", tree.at("link")).unwrap();
    let leave_out = vec![tree.at("link"), tree.at("not-there")];
    let met = tree.walk(&SourceOptions { leave_out, ..SourceOptions::default() });
    assert_eq!(met.entry("link").kind, larder_model::Kind::Symlink);
    let mut expected = vec![("left-out", tree.at("store").to_str().unwrap().to_owned())];
    if _mount.is_some() {
        expected.insert(0, ("left-out", tree.at("bound").to_str().unwrap().to_owned()));
        assert_eq!(met.paths(), ["file", "link"]);
    }
    assert_eq!(met.skipped(), expected);
}

#[test]
fn a_store_that_is_the_root_leaves_nothing() {
    let tree = Tree::with(&["packs/x"]);
    let met = tree.walk(&SourceOptions { leave_out: vec![tree.at("")], ..SourceOptions::default() });
    assert_eq!(met.skipped().len(), 1);
    assert!(met.entries.is_empty());
    assert!(met.entries.values().all(|entry| entry.meta == Metadata::default()));
}
