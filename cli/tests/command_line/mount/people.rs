//! Other people than root, and other people than the one who mounted.

use super::{Mount, is_mounted};
use crate::support::sandbox::Sandbox;

/// A command as a user who is nobody else, and in no group that is.
const NOBODY: &str = "setpriv --reuid=65534 --regid=65534 --clear-groups";

/// A snapshot, in a place that everybody may enter; `None`, with the reason printed, where one cannot be somebody else.
fn shared() -> Option<Sandbox> {
    let sandbox = Sandbox::new();
    sandbox.ok(&format!("chmod 755 {}", sandbox.path().display()));
    sandbox.ok("larder at ./save create -q; mkdir -p files/own; echo all > files/public; echo root > files/secret; chmod 600 files/secret");
    sandbox.ok("chmod 700 files/own; larder at ./save backup files -q");
    let (code, _, said) = sandbox.run(&format!("{NOBODY} larder version"));
    if code != 0 {
        println!("skipped: nobody else can be had here, or may not run the program: {said}");
        return None;
    }
    Some(sandbox)
}

#[test]
fn only_who_mounted_looks_unless_others_are_allowed() {
    let Some(sandbox) = shared() else { return };
    let Some(mount) = Mount::start(&sandbox, "latest") else { return };
    assert_eq!(sandbox.ok("cat mounted/public mounted/secret"), "all\nroot\n");
    let said = sandbox.fails(1, &format!("{NOBODY} cat mounted/public"));
    assert!(said.contains("Permission denied"), "{said}");
    mount.end();
    let Some(mount) = Mount::start(&sandbox, "latest --allow-other") else { return };
    assert_eq!(sandbox.ok(&format!("{NOBODY} cat mounted/public")), "all\n");
    for line in ["cat mounted/secret", "ls mounted/own"] {
        let (_, _, said) = sandbox.run(&format!("{NOBODY} {line}"));
        assert!(said.contains("Permission denied"), "{line}: {said}");
    }
    assert_eq!(sandbox.ok("cat mounted/secret"), "root\n");
    mount.end();
}

/// By way of `fusermount3`, which is there for those who are not root.
#[test]
fn those_who_are_not_root_mount_and_unmount() {
    let Some(sandbox) = shared() else { return };
    if sandbox.run("fusermount3 --version").0 != 0 || sandbox.run(&format!("{NOBODY} test -w /dev/fuse")).0 != 0 {
        println!("skipped: there is no fusermount3, or /dev/fuse is not for everybody");
        return;
    }
    sandbox.ok("mkdir mounted; chown -R 65534:65534 mounted save ../home");
    let start = |arguments: &str| {
        let line = format!("exec {NOBODY} larder at ./save mount mounted {arguments}");
        Mount::start_with(&sandbox, &line)
    };
    for ending in ["TERM", "fusermount3"] {
        let Some(mount) = start("latest") else { return };
        assert_eq!(sandbox.ok(&format!("{NOBODY} cat mounted/public")), "all\n");
        // What is nobody's is told as it was, and is shown to whoever may mount the store.
        assert_eq!(sandbox.ok(&format!("{NOBODY} stat -c %u:%a mounted/secret")), "0:600\n");
        match ending {
            "fusermount3" => drop(sandbox.ok(&format!("{NOBODY} fusermount3 -u mounted"))),
            signal => mount.signal(signal),
        }
        let end = mount.wait();
        assert_eq!(end.code, Some(0), "{ending}: {}", end.said);
        assert!(!is_mounted(&sandbox), "{ending}");
    }
    if sandbox.ok("cat /etc/fuse.conf 2>/dev/null || true").lines().any(|line| line.trim() == "user_allow_other") {
        println!("skipped: this machine lets users allow others");
        return;
    }
    let said = sandbox.fails(1, &format!("{NOBODY} larder at ./save mount mounted --allow-other"));
    assert!(said.contains("user_allow_other") && said.contains("/etc/fuse.conf"), "{said}");
}

/// A snapshot without any is looked through beside the mount; from then on the kernel answers by itself, and so for each file.
#[test]
fn a_snapshot_without_extended_attributes_is_found_to_have_none() {
    let sandbox = Sandbox::new();
    sandbox.ok("larder at ./save create -q; mkdir -p files/sub; for i in $(seq 300); do echo $i > files/sub/$i; done");
    sandbox.ok("larder at ./save backup files -q");
    if sandbox.run("setfattr -n user.colour -v red files/sub/300").0 != 0 {
        println!("skipped: there are no extended attributes here");
        return;
    }
    sandbox.ok("larder at ./save backup files -q");
    let asks = |arguments: &str| {
        let mount = Mount::start(&sandbox, arguments)?;
        // Looking through it takes a moment.
        let line = "for i in $(seq 100); do getfattr -n user.other mounted/sub/1 2>&1 | grep -q 'not supported' && exit 0; sleep 0.05; done; exit 1";
        let is_told = sandbox.run(line).0 == 0;
        let found = sandbox.run("getfattr -n user.colour --only-values mounted/sub/300").1;
        sandbox.ok("ls -l mounted/sub; cmp mounted/sub/7 files/sub/7; getfattr -d mounted/sub/1");
        mount.end();
        Some((is_told, found))
    };
    let first = sandbox.ok("larder at ./save ls").lines().next().unwrap().split_whitespace().nth(1).unwrap().to_owned();
    let Some(without) = asks(&first) else { return };
    assert_eq!(without, (true, String::new()));
    assert_eq!(asks("latest"), Some((false, "red".to_owned())));
}

#[test]
fn extended_attributes_can_be_left_out() {
    let sandbox = Sandbox::new();
    sandbox.ok("larder at ./save create -q; mkdir files; echo one > files/a");
    if sandbox.run("setfattr -n user.colour -v red files/a").0 != 0 {
        println!("skipped: there are no extended attributes here");
        return;
    }
    sandbox.ok("larder at ./save backup files -q");
    let Some(mount) = Mount::start(&sandbox, "latest") else { return };
    assert!(sandbox.ok("getfattr -d mounted/a").contains("user.colour=\"red\""));
    mount.end();
    let Some(mount) = Mount::start(&sandbox, "latest --no-xattrs") else { return };
    for line in ["getfattr -d mounted/a", "getfattr -n user.colour mounted/a"] {
        let said = sandbox.fails(1, line);
        assert!(said.contains("Operation not supported"), "what the kernel says without asking: {said}");
    }
    sandbox.ok("ls -l mounted && cp -a mounted/a copied && cmp copied files/a");
    assert_eq!(sandbox.ok("cat mounted/a"), "one\n");
    mount.end();
}
