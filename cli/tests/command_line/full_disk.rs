//! A full disk, as a small tmpfs: what cannot be stored is an error with the exit code 73, nothing is lost, and space can be made.

use crate::support::sandbox::Sandbox;

/// Runs a line with `small`, a file system of 4 MiB; `None` where that cannot be had.
fn with_full_disk(sandbox: &Sandbox, line: &str) -> Option<(i32, String, String)> {
    let inside =
        |line: &str| format!("mkdir -p small; unshare -rm sh -c 'mount -t tmpfs -o size=4m none small && {line}'");
    if sandbox.run(&inside("true")).0 != 0 {
        eprintln!("no file system can be mounted here: not tested");
        return None;
    }
    Some(sandbox.run(&inside(line)))
}

#[test]
fn a_full_disk_stops_a_backup_and_loses_nothing() {
    let sandbox = Sandbox::new();
    sandbox.ok("mkdir few many; echo one > few/one; head -c 9000000 /dev/urandom > many/large");
    let backup = "larder at small/save create -q; larder at small/save backup few -q; larder at small/save backup many; \
                  echo $?; larder at small/save cat latest:one; larder at small/save check --data";
    let Some((code, stdout, stderr)) = with_full_disk(&sandbox, backup) else { return };
    assert_eq!(code, 0, "{stderr}");
    let lines: Vec<_> = stdout.lines().skip(1).collect();
    assert_eq!(lines[..2], ["73", "one"], "{stdout}{stderr}");
    assert!(stderr.contains("hint: "), "{stderr}");
}

#[test]
fn a_full_disk_stops_a_restore() {
    let sandbox = Sandbox::new();
    sandbox.ok("mkdir many; for i in 1 2 3; do head -c 3000000 /dev/urandom > many/$i; done");
    sandbox.ok("larder at ./save create -q; larder at ./save backup many -q");
    let restore = "larder at ./save restore -to small/back latest; code=$?; ls -A small/back; exit $code";
    let Some((code, stdout, stderr)) = with_full_disk(&sandbox, restore) else { return };
    assert_eq!(code, 73, "{stderr}");
    assert!(stdout.lines().all(|name| ["1", "2", "3"].contains(&name)), "only whole files have names: {stdout}");
}

/// Not a page is left: something else has filled the disk to the last byte.
#[test]
fn snapshots_can_be_removed_from_a_full_disk_and_their_space_comes_back() {
    let sandbox = Sandbox::new();
    sandbox.ok("mkdir one two; head -c 500000 /dev/urandom > one/a; head -c 500000 /dev/urandom > two/b");
    for gc_before in ["true", "larder at small/save gc -q"] {
        let lines = [
            "larder at small/save create -q",
            "larder at small/save backup one -q --tag one",
            "larder at small/save backup two -q --tag two",
            gc_before,
            // The second one fills what the first one, with its larger blocks, has left.
            "(cat /dev/zero > small/fill; cat /dev/zero >> small/fill) 2> errors || grep -q space errors",
            "! (echo x > small/x) 2> /dev/null",
            "larder at small/save rm $(larder at small/save ls --tag one | cut -c24-31) -apply -q",
            "larder at small/save ls -q",
            "larder at small/save check -q --data 2>&1 | grep -v warning",
            "larder at small/save gc --json",
            "head -c 300000 /dev/zero > small/room",
            "rm small/fill small/room",
            "larder at small/save backup one -q",
            "larder at small/save check -q --data",
            "larder at small/save restore -q -to back latest",
            "cmp back/a one/a",
            "rm -r back",
        ];
        let script = sandbox.work().join("script");
        // A pipe that finds nothing ends with 1, and that is what is expected of `grep -v`.
        let text = lines.map(|line| line.replace("grep -v warning", "(grep -v warning || true)")).join("\n");
        std::fs::write(&script, format!("set -e\n{text}\n")).unwrap();
        let Some((code, stdout, stderr)) = with_full_disk(&sandbox, "sh script") else { return };
        assert_eq!(code, 0, "{gc_before}: {stdout}{stderr}");
        assert!(stdout.contains("\"packs_deleted\":2"), "{gc_before}: {stdout}{stderr}");
    }
}
