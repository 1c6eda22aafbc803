//! What stands under a name may be swapped at any moment.

use std::{
    fs,
    os::unix::fs::symlink,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
};

use larder_fs::SourceOptions;
use larder_model::ProblemKind;
use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::walk::{Tree, ran, read};

#[test]
fn a_fifo_or_device_in_a_files_place_is_not_waited_for() {
    let tree = Tree::with(&["fifo", "device", "empty"]);
    fs::write(tree.at("empty"), b"").unwrap();
    let folder = tree.open("");
    let entries = ["fifo", "device", "empty"].map(|name| folder.stat(name.as_bytes(), &mut |_| ()).unwrap().unwrap());
    for name in ["fifo", "device", "empty"] {
        fs::remove_file(tree.at(name)).unwrap();
    }
    let at = |name| tree.at(name).to_str().unwrap().to_owned();
    assert!(ran("mkfifo", &[&at("fifo")]));
    if !ran("mknod", &[&at("device"), "c", "1", "5"]) || !ran("mknod", &[&at("empty"), "c", "1", "5"]) {
        return;
    }
    for entry in entries {
        let problem = read(&*folder, &entry, &mut |_| ()).unwrap_err();
        assert!(problem.is(ProblemKind::NotFound), "{problem}");
    }
}

#[test]
fn a_folder_in_a_files_place_is_not_found() {
    let tree = Tree::with(&["name"]);
    let folder = tree.open("");
    let entry = folder.stat(b"name", &mut |_| ()).unwrap().unwrap();
    fs::remove_file(tree.at("name")).unwrap();
    fs::create_dir(tree.at("name")).unwrap();
    assert!(read(&*folder, &entry, &mut |_| ()).unwrap_err().is(ProblemKind::NotFound));
}

#[test]
fn swapping_a_folder_and_a_link_leads_nowhere_else() {
    let tree = Tree::with(&["root/swap/inside", "outside/secret"]);
    symlink("../outside", tree.at("root/link")).unwrap();
    let swap = || renameat_with(CWD, tree.at("root/swap"), CWD, tree.at("root/link"), RenameFlags::EXCHANGE);
    if swap().is_err() {
        return println!("skipped: this file system cannot exchange names");
    }
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Relaxed) {
                swap().unwrap();
            }
        });
        for _ in 0..300 {
            let source = larder_fs::FsSource::new(&[tree.at("root")], &SourceOptions::default()).unwrap();
            let met = super::walk::walk(&source, &tree.at("root"));
            assert!(!met.paths().iter().any(|path| path.contains("secret")), "{:?}", met.paths());
        }
        stop.store(true, Relaxed);
    });
}

#[test]
fn a_folder_swapped_above_leads_nowhere_else() {
    let tree = Tree::with(&["top/mid/low/file", "outside/low/file"]);
    let low = tree.open("top/mid/low");
    fs::rename(tree.at("top/mid"), tree.at("top/away")).unwrap();
    symlink("../outside", tree.at("top/mid")).unwrap();
    let entry = low.stat(b"file", &mut |_| ()).unwrap().unwrap();
    assert_eq!(read(&*low, &entry, &mut |_| ()).unwrap().0, b"top/mid/low/file");
}
