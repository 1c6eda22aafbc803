//! What the system refuses is an error with its name, and never a shorter listing.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command};

use larder_fs::{FsSource, SourceOptions};
use larder_model::{Class, ProblemKind, Skip};

use super::walk::{Tree, is_root, ran, walk};

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
    const ATTRIBUTE: &str = "LARDER_TEST_UNREADABLE_ATTRIBUTE";
    if let Some(folder) = std::env::var_os(FOLDER) {
        let skips = look_at_what_is_denied(folder.as_ref());
        return assert_eq!(skips.len(), usize::from(std::env::var_os(ATTRIBUTE).is_some()), "{skips:?}");
    }
    let tree = Tree::with(&["closed/file", "file", "open/file"]);
    let has_attribute = ran("setfattr", &["-n", "user.note", "-v", "x", tree.at("closed").to_str().unwrap()]);
    fs::set_permissions(tree.folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    fs::set_permissions(tree.at("closed"), PermissionsExt::from_mode(0o000)).unwrap();
    fs::set_permissions(tree.at("file"), PermissionsExt::from_mode(0o000)).unwrap();
    if !is_root() {
        look_at_what_is_denied(tree.folder.path());
        return;
    }
    let test = "source::refusals::what_may_not_be_read_is_denied_by_name";
    let program = tree.at("program");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let mut again = Command::new("setpriv");
    again.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&program).args(["--exact", test]);
    again.env(FOLDER, tree.folder.path()).envs(has_attribute.then_some((ATTRIBUTE, "yes")));
    let Ok(output) = again.output() else {
        return println!("skipped: no setpriv here");
    };
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// The skips that were met: the attribute of a folder that may be listed but not read.
fn look_at_what_is_denied(folder: &Path) -> Vec<Skip> {
    let source = FsSource::new(&[folder.to_owned()], &SourceOptions::default()).unwrap();
    let met = walk(&source, folder);
    assert_eq!(met.problems.len(), 2);
    for (problem, name) in met.problems.iter().zip(["closed", "file"]) {
        assert!(problem.is(ProblemKind::Denied), "{problem}");
        assert_eq!(problem.tag_text(), Some("EACCES"));
        assert!(problem.message().contains(&format!("{}/{name}", folder.display())), "{problem}");
    }
    assert_eq!(met.bodies[&b"open/file"[..]], b"open/file");
    for skip in &met.skips {
        assert_eq!(
            (skip.reason.as_str(), skip.class, skip.tag.as_deref()),
            ("attributes", Class::Note, Some("EACCES"))
        );
        assert!(skip.message.starts_with("the attribute user.note of "), "{}", skip.message);
    }
    met.skips
}
