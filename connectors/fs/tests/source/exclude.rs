//! What is left out because the user said so.

use std::fs;

use larder_fs::SourceOptions;

use super::walk::Tree;

fn all() -> SourceOptions {
    SourceOptions::default()
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn patterns_leave_out_names_and_all_below_them() {
    let tree = Tree::with(&["a.o", "src/a.o", "src/keep.o", "src/main.c", "target/x/y", "deep/target/z"]);
    let with = |exclude: &[&str]| tree.paths(&SourceOptions { exclude: strings(exclude), ..all() });
    assert_eq!(
        with(&["*.o", "!keep.o", "/target"]).join(" "),
        "deep/ deep/target/ deep/target/z src/ src/keep.o src/main.c target/ target/x/ target/x/y"
    );
    assert_eq!(with(&["target/"]).join(" "), "a.o deep/ src/ src/a.o src/keep.o src/main.c");
    assert_eq!(
        with(&["./target"]).join(" "),
        "a.o deep/ deep/target/ deep/target/z src/ src/a.o src/keep.o src/main.c"
    );
    assert_eq!(with(&["src/*.o", "**/target"]).join(" "), "a.o deep/ src/ src/main.c");
    let absolute = format!("{}/src", tree.folder.path().display());
    assert_eq!(with(&[&absolute, "target"]).join(" "), "a.o deep/");
}

#[test]
fn only_what_is_included_is_taken_with_the_folders_on_the_way() {
    let tree = Tree::with(&["a.jpg", "a.txt", "deep/er/b.jpg", "deep/c.txt", "keep/x/d.txt", "keep/e.jpg", "list"]);
    let with = |include: &[&str], exclude: &[&str]| {
        tree.paths(&SourceOptions { include: strings(include), exclude: strings(exclude), ..all() }).join(" ")
    };
    assert_eq!(with(&["*.jpg"], &[]), "a.jpg deep/ deep/er/ deep/er/b.jpg keep/ keep/e.jpg keep/x/");
    assert_eq!(with(&["keep/"], &[]), "deep/ deep/er/ keep/ keep/e.jpg keep/x/ keep/x/d.txt");
    assert_eq!(with(&["*.jpg"], &["deep/", "e.*"]), "a.jpg keep/ keep/x/");
    fs::write(tree.at("list"), format!("{}\n{}\n", tree.at("a.jpg").display(), tree.at("a.txt").display())).unwrap();
    let options = SourceOptions { include: strings(&["*.jpg"]), files_from: vec![tree.at("list")], ..all() };
    let source = larder_fs::FsSource::new(&[], &options).unwrap();
    assert_eq!(super::walk::walk(&source, tree.folder.path()).paths(), ["a.jpg"]);
}

#[test]
fn patterns_come_from_files_too() {
    let tree = Tree::with(&["a", "b", "#c", "patterns"]);
    fs::write(tree.at("patterns"), "# a comment\n\na\r\n\\#c\npatterns\n").unwrap();
    assert_eq!(tree.paths(&SourceOptions { exclude_from: vec![tree.at("patterns")], ..all() }), ["b"]);
}

#[test]
fn a_named_root_is_taken_whatever_the_patterns_say() {
    let tree = Tree::with(&["cache/cache/file", "cache/x"]);
    let options = SourceOptions { exclude: strings(&["cache"]), ..all() };
    let source = larder_fs::FsSource::new(&[tree.at("cache")], &options).unwrap();
    assert_eq!(super::walk::walk(&source, tree.folder.path()).paths(), ["cache/", "cache/x"]);
}

#[test]
fn gitignore_files_count_when_asked_for() {
    let tree = Tree::with(&["a.log", "sub/a.log", "sub/keep.log", "sub/build/x", "build/x", "deep/er/a.log"]);
    fs::write(tree.at(".gitignore"), "*.log\n/build/\n").unwrap();
    fs::write(tree.at("sub/.gitignore"), "!keep.log\n").unwrap();
    assert_eq!(tree.paths(&all()).len(), 13);
    let gitignore = SourceOptions { gitignore: true, ..all() };
    let expected = ".gitignore deep/ deep/er/ sub/ sub/.gitignore sub/build/ sub/build/x sub/keep.log";
    assert_eq!(tree.paths(&gitignore).join(" "), expected);
    let taken_back = SourceOptions { exclude: strings(&["!deep/er/a.log"]), ..gitignore };
    assert!(tree.paths(&taken_back).contains(&"deep/er/a.log".to_owned()), "the command line wins");
}

#[test]
fn caches_keep_their_folder_and_tag() {
    let tree = Tree::with(&["cache/CACHEDIR.TAG", "cache/file", "cache/sub/file", "false/CACHEDIR.TAG", "false/file"]);
    fs::write(tree.at("cache/CACHEDIR.TAG"), "Signature: 8a477f597d28d172789f06886806bc55\n# more\n").unwrap();
    let expected = ["cache/", "cache/CACHEDIR.TAG", "false/", "false/CACHEDIR.TAG", "false/file"];
    assert_eq!(tree.paths(&SourceOptions { exclude_caches: true, ..all() }), expected);
    assert_eq!(tree.paths(&all()).len(), 8);
}

#[test]
fn tags_of_the_users_own_count() {
    let tree = Tree::with(&["a/.nobackup", "a/file", "b/TAG", "b/file", "c/TAG", "c/file"]);
    fs::write(tree.at("b/TAG"), "skip me").unwrap();
    let options = SourceOptions { exclude_if_present: strings(&[".nobackup", "TAG:skip"]), ..all() };
    assert_eq!(tree.paths(&options).join(" "), "a/ a/.nobackup b/ b/TAG c/ c/TAG c/file");
}

#[test]
fn large_files_are_left_out() {
    let tree = Tree::with(&["small", "large", "folder/"]);
    fs::write(tree.at("small"), [0; 1000]).unwrap();
    fs::write(tree.at("large"), [0; 1001]).unwrap();
    assert_eq!(tree.paths(&SourceOptions { exclude_larger_than: Some(1000), ..all() }), ["folder/", "small"]);
}

#[test]
fn what_is_no_pattern_is_a_usage_error() {
    let tree = Tree::new();
    for options in [
        SourceOptions { exclude: strings(&["[z-a]"]), ..all() },
        SourceOptions { exclude_if_present: strings(&["a/b"]), ..all() },
    ] {
        let problem = larder_fs::FsSource::new(&[tree.at("")], &options).unwrap_err();
        assert!(problem.is(larder_model::ProblemKind::Usage), "{problem}");
    }
}
