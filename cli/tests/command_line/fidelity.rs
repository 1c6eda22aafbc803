//! A restored tree is the one that was backed up, in the eyes of another program: `rsync -aHAX` finds nothing to do.

use crate::support::sandbox::Sandbox;

/// Everything that a file system can hold. Each line is run by itself.
pub const TREE: [&str; 16] = [
    "mkdir -p files/deep/er/still files/empty files/sticky files/passes-on",
    "printf one > files/one; : > files/none; seq 20000 > files/deep/large; cp files/deep/large files/deep/er/copy",
    "printf x > files/$(printf 'byte\\377'); printf x > \"files/$(printf 'line\\nbreak')\"; printf x > 'files/ blank '",
    "ln files/one files/deep/same; ln files/one files/deep/er/same-too; ln -s ../one files/deep/link; ln -s nowhere files/lost",
    "truncate -s 5000000 files/sparse; printf end >> files/sparse; truncate -s 9000000 files/sparse",
    "mkfifo -m 640 files/fifo; mknod -m 600 files/character c 1 3; mknod -m 660 files/block b 7 300",
    "chmod 4751 files/one; chmod 2755 files/deep; chmod 1777 files/sticky; chmod 000 files/none; chmod 500 files/deep/er",
    "chown 12345:54321 files/deep/large; chown -h 7:8 files/deep/link; chown 3999999999:3999999998 files/empty",
    "setfattr -n user.short -v value files/one; setfattr -n user.folder -v value files/deep",
    "setfattr -n user.long -v $(head -c 3000 /dev/zero | tr '\\0' v) files/deep/large; setfattr -n user.nothing files/deep/large",
    "setfattr -h -n trusted.link -v value files/deep/link; setfattr -n trusted.pipe -v value files/fifo",
    "setfacl -m u:4711:rwx,g:4712:r files/deep/large; setfacl -m u:4711:x files/deep/er",
    "setfacl -d -m u:4711:rwx,g::r files/passes-on; printf x > files/passes-on/heir",
    "touch -h -d '2001-02-03T04:05:06.123456789Z' files/deep/link files/lost files/fifo; touch -d 1960-01-01 files/block",
    "touch -d '2030-01-01T00:00:00.000000001Z' files/deep/large; touch -d '2011-12-13T14:15:16.5Z' files/deep/er files/sticky",
    "touch -d '1999-12-31T23:59:59.999999999Z' files/deep files/empty files",
];

/// What `rsync` would still have to do to make `back` like `files`, contents and nanoseconds included.
fn differences(sandbox: &Sandbox) -> String {
    let options = "-aHAX --numeric-ids --checksum --delete --modify-window=-1 --dry-run --itemize-changes";
    sandbox.ok(&format!("rsync {options} files/ back/"))
}

/// A sandbox that may make devices and give files away, with the tools for it.
pub fn privileged() -> Option<Sandbox> {
    let sandbox = Sandbox::new();
    if sandbox.ok("id -u").trim() != "0" {
        println!("skipped: only root makes devices and gives files away");
        return None;
    }
    for tool in ["rsync", "setfacl", "setfattr"] {
        if sandbox.run(&format!("{tool} --version")).0 != 0 {
            println!("skipped: there is no {tool} here");
            return None;
        }
    }
    let probe =
        "mkdir probe; mknod probe/device c 1 3; setfattr -n user.a -v b probe; setfacl -m u:1:r probe; rm -r probe";
    if sandbox.run(&format!("set -e; {probe}")).0 != 0 {
        println!("skipped: devices, attributes or ACLs cannot be made here");
        return None;
    }
    Some(sandbox)
}

#[test]
fn rsync_finds_nothing_to_do_after_a_restore() {
    let Some(sandbox) = privileged() else { return };
    for line in TREE {
        sandbox.ok(&format!("set -e; {line}"));
    }
    sandbox
        .ok("larder at ./save create -q; larder at ./save backup files -q; larder at ./save restore -to back latest");
    assert_eq!(differences(&sandbox), "");
    // An older state of everything, brought up to date in place.
    let spoil = "chmod 700 back/one; chown 0:0 back/deep/large; setfacl -b back/deep/er; setfattr -x user.short back/one; \
                 touch back/deep back/fifo; rm back/deep/same; printf more >> back/deep/large; ln -sf elsewhere back/lost; \
                 touch back/extra; setfattr -n user.extra -v x back/empty";
    sandbox.ok(spoil);
    let met = differences(&sandbox);
    assert!(met.lines().count() >= 9, "the comparison sees what was spoilt: {met}");
    sandbox.ok("larder at ./save restore -to back latest --on-conflict overwrite --delete");
    // The folder that was named keeps its own time.
    sandbox.ok("touch -r files back");
    assert_eq!(differences(&sandbox), "");
}

/// `getent` stands for LDAP and the like; this one is made up.
#[test]
fn owners_that_only_a_directory_knows_have_names() {
    let Some(sandbox) = privileged() else { return };
    let line = "case $1-$2 in passwd-70001) echo ann-of-ldap:*:70001:70001::/:/bin/sh;; *) exit 2;; esac";
    sandbox.ok(&format!("mkdir bin; printf '%s\\n' '#!/bin/sh' '{line}' > bin/getent; chmod +x bin/getent"));
    sandbox.ok("mkdir files; echo x > files/x; chown 70001:70002 files/x; larder at ./save create -q");
    sandbox.ok("PATH=$PWD/bin:$PATH; larder at ./save backup files -q");
    let listed = sandbox.ok("larder at ./save ls -l latest");
    assert!(listed.contains(" ann-of-ldap 70002 "), "{listed}");
}
