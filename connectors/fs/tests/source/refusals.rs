//! What the system refuses is an error with its name, and never a shorter listing.

use std::{fs, os::unix::fs::PermissionsExt, process::Command};

use larder_fs::{FsSource, SourceOptions};
use larder_model::ProblemKind;

use super::walk::{Tree, is_root, walk};

#[test]
fn a_root_that_is_not_there_is_named() {
    let tree = Tree::new();
    let problem = FsSource::new(&[tree.at("a\nb")], &SourceOptions::default()).unwrap_err();
    assert!(problem.is(ProblemKind::NotFound));
    assert!(problem.message().contains(r"/a\nb"), "{problem}");
    assert_eq!(problem.tag_text(), Some("ENOENT"));
}

#[test]
fn nothing_to_back_up_is_an_error() {
    let problem = FsSource::new(&[], &SourceOptions::default()).unwrap_err();
    assert!(problem.is(ProblemKind::Usage));
}

/// Permissions do not bind root: the test runs itself again as another user.
#[test]
fn what_may_not_be_read_is_denied_by_name() {
    const FOLDER: &str = "LARDER_TEST_UNREADABLE";
    if let Some(folder) = std::env::var_os(FOLDER) {
        return look_at_what_is_denied(folder.as_ref());
    }
    let tree = Tree::with(&["closed/file", "file", "open/file"]);
    fs::set_permissions(tree.folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    fs::set_permissions(tree.at("closed"), PermissionsExt::from_mode(0o000)).unwrap();
    fs::set_permissions(tree.at("file"), PermissionsExt::from_mode(0o000)).unwrap();
    if !is_root() {
        return look_at_what_is_denied(tree.folder.path());
    }
    let test = "source::refusals::what_may_not_be_read_is_denied_by_name";
    let program = tree.at("program");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let mut again = Command::new("setpriv");
    again.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&program).args(["--exact", test]);
    let Ok(output) = again.env(FOLDER, tree.folder.path()).output() else {
        return println!("skipped: no setpriv here");
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

fn look_at_what_is_denied(folder: &std::path::Path) {
    let source = FsSource::new(&[folder.to_owned()], &SourceOptions::default()).unwrap();
    let met = walk(&source, folder);
    assert_eq!(met.problems.len(), 2);
    for (problem, name) in met.problems.iter().zip(["closed", "file"]) {
        assert!(problem.is(ProblemKind::Denied), "{problem}");
        assert_eq!(problem.tag_text(), Some("EACCES"));
        assert!(problem.message().contains(&format!("{}/{name}", folder.display())), "{problem}");
    }
    assert_eq!(met.bodies[&b"open/file"[..]], b"open/file");
}
