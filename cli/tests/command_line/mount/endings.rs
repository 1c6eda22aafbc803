//! However it ends: cleanly, with 0, and with nothing left mounted.

use super::{Mount, is_mounted};
use crate::support::sandbox::Sandbox;

fn with_snapshot() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.ok("larder at ./save create -q; mkdir files; echo one > files/a; larder at ./save backup files -q");
    sandbox
}

#[test]
fn signals_and_umount_end_it_with_0() {
    let sandbox = with_snapshot();
    for ending in ["INT", "TERM", "HUP", "umount"] {
        let Some(mount) = Mount::start(&sandbox, "") else { return };
        sandbox.ok("ls -lR mounted");
        match ending {
            "umount" => drop(sandbox.ok("umount mounted")),
            signal => mount.signal(signal),
        }
        let end = mount.wait();
        assert_eq!(end.code, Some(0), "{ending}: {}", end.said);
        assert!(!is_mounted(&sandbox), "{ending}");
        assert!(!end.said.contains("in use"), "{ending}: {}", end.said);
        assert_eq!(sandbox.ok("ls mounted"), "", "{ending}");
    }
}

#[test]
fn what_is_in_use_is_detached_and_said_so() {
    let sandbox = with_snapshot();
    let Some(mount) = Mount::start(&sandbox, "latest") else { return };
    let mut user =
        sandbox.shell("cd mounted; echo there; exec sleep 60").stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut there = [0; 6];
    std::io::Read::read_exact(user.stdout.as_mut().unwrap(), &mut there).unwrap();
    mount.signal("INT");
    let end = mount.wait();
    user.kill().unwrap();
    user.wait().unwrap();
    assert_eq!(end.code, Some(0), "{}", end.said);
    assert!(end.said.contains("mounted was in use; it is detached"), "{}", end.said);
    assert!(!is_mounted(&sandbox));
}

#[test]
fn a_mount_whose_program_was_killed_is_told_from_a_folder() {
    let sandbox = with_snapshot();
    let Some(mount) = Mount::start(&sandbox, "") else { return };
    mount.signal("KILL");
    assert_eq!(mount.wait().code, None);
    let said = sandbox.fails(1, "larder at ./save mount mounted");
    assert!(said.contains("a mount whose program is gone") && said.contains("umount mounted"), "{said}");
    sandbox.ok("umount mounted");
}

#[test]
fn a_machine_that_cannot_mount_is_told() {
    let sandbox = with_snapshot();
    if sandbox.run("unshare -m true").0 != 0 {
        println!("skipped: this user may not hide /dev/fuse");
        return;
    }
    sandbox.ok("mkdir mounted");
    let said = sandbox.fails(1, "unshare -m sh -c 'mount -t tmpfs none /dev && exec larder at ./save mount mounted'");
    assert!(said.contains("this machine has no /dev/fuse"), "{said}");
}
