//! What must never happen: a store that a restore removes, an older snapshot given out for the newest, damage that a backup builds on.

use crate::support::sandbox::Sandbox;

fn stored() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.ok("mkdir -p docs/sub; echo old > docs/a; for i in $(seq 50); do echo $i > docs/sub/$i; done");
    sandbox.ok("larder at ./save create -q; larder at ./save backup docs -q");
    sandbox
}

/// Flips bytes of an object, each so many before its end.
fn damage(sandbox: &Sandbox, object: &str, back: impl Iterator<Item = u64>) {
    let file = sandbox.work().join(object);
    let mut bytes = std::fs::read(&file).unwrap();
    let len = bytes.len();
    back.for_each(|back| bytes[len - back as usize] ^= 1);
    std::fs::write(&file, bytes).unwrap();
}

#[test]
fn a_restore_removes_no_store_and_writes_into_none() {
    let sandbox = Sandbox::new();
    sandbox.ok("mkdir -p docs/deep; echo a > docs/a");
    sandbox.ok("larder at docs/deep/save create -q; larder at docs/deep/save backup docs -q");
    sandbox.ok("mkdir docs/deep2; echo junk > docs/junk");
    for way in ["--dry-run", ""] {
        let said = sandbox.ok(&format!("larder at docs/deep/save restore -to docs latest --delete -v {way} 2>&1"));
        assert!(said.contains("junk"), "{said}");
    }
    assert_eq!(sandbox.ok("ls docs"), "a\ndeep\n");
    sandbox.ok("larder at docs/deep/save check --data");
    // The folder around it is in no snapshot at all.
    sandbox.ok("mkdir other; echo b > other/b; larder at docs/deep/save backup other -q");
    let said = sandbox.ok("larder at docs/deep/save restore -to docs latest --delete -v 2>&1");
    assert!(said.contains("deep stays"), "{said}");
    assert_eq!(sandbox.ok("ls docs"), "b\ndeep\n");
    for place in ["docs/deep/save", "docs/deep/save/packs", "docs/deep/save/new/one"] {
        let said = sandbox.fails(64, &format!("larder at docs/deep/save restore -to {place} latest --delete"));
        assert!(said.contains("it lies in the store"), "{said}");
    }
    sandbox.ok("larder at docs/deep/save check --data");
}

#[test]
fn a_damaged_newest_snapshot_is_not_replaced_by_an_older_one() {
    let sandbox = stored();
    let first = sandbox.ok("ls save/snapshots").trim().to_owned();
    sandbox.ok("sleep 1; echo newer > docs/a; larder at ./save backup docs -q");
    let second = sandbox.ok(&format!("ls save/snapshots | grep -v {first}")).trim().to_owned();
    damage(&sandbox, &format!("save/snapshots/{second}"), [40].into_iter());
    for line in ["cat latest:a", "restore -to ./out latest", "rm latest", "ls latest"] {
        let said = sandbox.fails(65, &format!("larder at ./save {line}"));
        assert!(said.contains(&second[..8]), "{line}: {said}");
    }
    for line in ["ls", "find a", "info"] {
        sandbox.fails(65, &format!("larder at ./save {line}"));
    }
    assert_eq!(sandbox.ok(&format!("larder at ./save cat {first}:a")), "old\n");
    // The next backup has nothing to do with it, and is the newest again.
    sandbox.ok("sleep 1; larder at ./save backup docs -q");
    assert_eq!(sandbox.ok("larder at ./save cat latest:a"), "newer\n");
}

/// Damages the pack of pages, which is the smaller one here, `step` bytes apart. What lies before its end says where they are.
fn damage_pages(sandbox: &Sandbox, step: usize) {
    let pages = sandbox.ok("ls -S save/packs | tail -1").trim().to_owned();
    let len: u64 = sandbox.ok(&format!("stat -c %s save/packs/{pages}")).trim().parse().unwrap();
    damage(sandbox, &format!("save/packs/{pages}"), (1_000..len - 100).step_by(step));
}

#[test]
fn bad_pages_are_mended_by_the_next_backup() {
    // What is bad may be known from a check, from the backup that met it, or to nobody.
    for (before, after) in [("true", "true"), ("larder at ./save check", "true"), ("true", "rm -rf save/marks/*")] {
        let sandbox = Sandbox::new();
        sandbox.ok("mkdir -p docs/sub; head -c 3M /dev/urandom > docs/noise; for i in $(seq 900); do echo $i > docs/sub/$i; done");
        sandbox.ok("larder at ./save create -q; larder at ./save backup docs -q");
        damage_pages(&sandbox, 100);
        sandbox.fails(65, "larder at ./save check --data");
        sandbox.ok("rm -rf save/marks/*");
        sandbox.run(before);
        sandbox.ok("larder at ./save backup docs -q");
        sandbox.ok("larder at ./save restore -to ./out latest -q && diff -r docs out");
        sandbox.ok(after);
        sandbox.ok("larder at ./save gc -q; larder at ./save restore -to ./again latest -q && diff -r docs again");
    }
}

/// The good copy of what was mended stays the one that counts when index runs are merged, also for gc.
#[test]
fn what_was_mended_outlives_merging_and_gc() {
    let sandbox = Sandbox::new();
    sandbox.ok(
        "mkdir -p docs/sub; head -c 3M /dev/urandom > docs/noise; for i in $(seq 900); do echo $i > docs/sub/$i; done",
    );
    // Files that are older than two seconds are described alike by every backup, so that the second one can mend what the first one stored.
    sandbox.ok("cp -a docs saved; larder at ./save create -q; sleep 2.1; larder at ./save backup docs -q");
    let first = sandbox.ok("ls save/snapshots").trim().to_owned();
    damage_pages(&sandbox, 3_000);
    sandbox.ok("larder at ./save backup docs -q; rm -r docs/sub");
    for number in 0..20 {
        sandbox.ok(&format!("echo {number} > docs/new; larder at ./save backup docs -q"));
    }
    for out in ["merged", "collected"] {
        sandbox.ok(&format!("larder at ./save restore -to {out} {first} -q && diff -r saved {out}"));
        sandbox.ok("larder at ./save gc -q");
    }
}

#[test]
fn a_file_differs_from_a_folder() {
    let sandbox = stored();
    sandbox.ok("mkdir -p other/a");
    for line in ["latest:a ./other", "./other latest:a"] {
        let said = sandbox.ok(&format!("larder at ./save diff {line}"));
        assert!(said.starts_with("T . ("), "{said}");
    }
    let said = sandbox.fails(64, "larder at ./save diff ./docs ./other");
    assert!(said.contains("neither of the two is a snapshot"), "{said}");
}

#[test]
fn a_rehearsal_counts_the_bytes_that_are_written() {
    let sandbox = stored();
    sandbox.ok("truncate -s 300M docs/sparse; echo x >> docs/sparse; larder at ./save backup docs -q");
    let counts = |way: &str| {
        let json = sandbox.ok(&format!("larder --json at ./save restore -to ./out latest {way} | tail -1"));
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        (json["files"].clone(), json["bytes"].clone(), json["folders"].clone())
    };
    assert_eq!(counts("--dry-run"), counts(""));
}

#[test]
fn a_file_in_the_middle_of_a_path_is_a_path_that_does_not_exist() {
    let sandbox = stored();
    for line in ["at ./save backup docs/a/x", "at docs/a/x ls", "at ./save diff latest docs/a/x"] {
        sandbox.fails(66, &format!("larder {line}"));
    }
}

#[test]
fn names_of_one_file_are_that_again() {
    let sandbox = Sandbox::new();
    sandbox.ok("mkdir -p docs/sub; echo same > docs/a; ln docs/a docs/b; ln docs/a docs/sub/c");
    sandbox
        .ok("larder at ./save create -q; larder at ./save backup docs -q; larder at ./save restore -to out latest -q");
    sandbox.ok("cp -p out/b out/other && mv out/other out/b");
    assert_eq!(sandbox.ok("stat -c %h out/a out/b"), "2\n1\n");
    let said = sandbox.ok("larder at ./save restore -to out latest --dry-run");
    assert!(said.contains("would restore 1 file"), "{said}");
    sandbox.ok("larder at ./save restore -to out latest");
    assert_eq!(sandbox.ok("stat -c %h out/a out/b out/sub/c; cat out/b"), "3\n3\n3\nsame\n");
    let said = sandbox.ok("larder at ./save restore -to out latest");
    assert!(said.contains("restored 0 files"), "{said}");
}
