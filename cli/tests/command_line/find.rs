//! `larder find` with the search index and without: the same hits in the same order, and where the index is kept.

use crate::support::sandbox::Sandbox;

/// Two origins, snapshots that change, remove and bring back, and one that was removed again.
fn history(sandbox: &Sandbox) {
    sandbox.ok("larder at ./save create -q; mkdir -p files/photos/2024 files/notes other");
    sandbox.ok("for i in $(seq 300); do echo $i > files/notes/note$i.md; done; head -c 3000 /dev/zero > files/photos/2024/A.JPG");
    sandbox.ok("echo x > 'other/na\u{ef}ve [1].txt'; printf 'o' > \"$(printf 'other/odd\\377\\nname.md')\"; ln -s A.JPG files/photos/link.jpg");
    sandbox.ok("touch -d 2020-01-02 files/photos/2024/A.JPG; larder at ./save backup files -q; larder at ./save backup other -q");
    sandbox.ok("rm files/notes/note7.md; echo changed > files/notes/note8.md; larder at ./save backup files -q");
    let removed = sandbox.ok("echo seven > files/notes/note7.md; larder at ./save backup files -q");
    sandbox.ok("rm files/notes/note9.md; larder at ./save backup files -q");
    sandbox.ok(&format!("larder at ./save rm {} -apply -q", removed.trim()));
}

#[test]
fn the_index_finds_what_a_walk_finds() {
    let sandbox = Sandbox::new();
    history(&sandbox);
    let is_kept = || sandbox.run("test -e ~/.cache/larder/search").0 == 0;
    sandbox.ok("larder at ./save find 'note7.md'");
    assert!(!is_kept(), "a small store is walked through");
    sandbox.ok("larder at ./save find --index 'note7.md'");
    assert!(is_kept());
    for query in [
        "note7.md",
        "note9.md note8.md",
        "'*.jpg'",
        "-i '*.jpg'",
        "'notes/note1?.md'",
        "'photos/**'",
        "'*'",
        "--larger 1K",
        "--newer 2021-01-01 '*.JPG' '*.md'",
        "-i 'NA\u{cf}VE*'",
        "'*\\[1\\]*'",
        "'odd*'",
        "nothing",
        "-l 'note1*.md'",
        "--json '*.md' --larger 2",
        "note8.md --snapshot latest",
    ] {
        let walked = sandbox.run(&format!("larder at ./save find --no-index {query}"));
        let found = sandbox.run(&format!("larder at ./save find {query}"));
        assert_eq!(found, walked, "{query}");
        assert!(walked.0 == 0 && (query == "nothing") == walked.1.is_empty(), "{query}: {walked:?}");
    }
    // Another snapshot is added to an index that is there, whatever its size.
    sandbox.ok("echo new > files/notes/brand-new.md; larder at ./save backup files -q");
    let bytes = || sandbox.ok("cat ~/.cache/larder/search/*/* | wc -c");
    let before = bytes();
    let found = sandbox.ok("larder at ./save find brand-new.md");
    assert_eq!(found, sandbox.ok("larder at ./save find --no-index brand-new.md"));
    assert!(found.ends_with("brand-new.md\n") && bytes() != before);
    // What is broken is built anew or done without, and nobody is told something wrong.
    sandbox.ok(
        "for f in ~/.cache/larder/search/*/*; do printf broken | dd of=$f conv=notrunc bs=1 seek=40 status=none; done",
    );
    assert_eq!(
        sandbox.ok("larder at ./save find 'note1*.md'"),
        sandbox.ok("larder at ./save find --no-index 'note1*.md'")
    );
    sandbox.fails(64, "larder at ./save find --index --no-index a");
    sandbox.fails(64, "larder at ./save find --index --snapshot latest a");
}

#[test]
fn a_cache_that_cannot_be_written_costs_a_warning() {
    let sandbox = Sandbox::new();
    history(&sandbox);
    sandbox.ok("rm -rf ~/.cache; echo in the way > ~/.cache");
    let (code, found, said) = sandbox.run("larder at ./save find --index note8.md");
    assert_eq!((code, &found), (0, &sandbox.ok("larder at ./save find --no-index note8.md")));
    assert!(said.contains("the snapshots are walked through"), "{said}");
}
