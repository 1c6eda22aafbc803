//! Damage, and a store that goes away: an input/output error, a line that names the file, and no harm to the rest.

use std::fs;

use super::Mount;
use crate::support::sandbox::Sandbox;

/// Two files in packs of their own.
fn two_packs() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.ok("larder at ./save create -q; mkdir files; head -c 3000000 /dev/urandom > files/first");
    sandbox.ok("larder at ./save backup files -q; ls -S save/packs | sort > before");
    sandbox.ok("head -c 3000000 /dev/urandom > files/second; larder at ./save backup files -q");
    sandbox
}

#[test]
fn what_is_damaged_is_an_error_and_is_named() {
    let sandbox = two_packs();
    let packs = sandbox.work().join("save/packs");
    let first = sandbox.ok("cd save/packs; for pack in $(cat ../../before); do test $(stat -c %s $pack) -gt 1000000 && echo $pack; done; true");
    for name in first.lines() {
        let mut body = fs::read(packs.join(name)).unwrap();
        for at in (100_000..body.len()).step_by(50_000) {
            body[at] ^= 1;
        }
        sandbox.ok(&format!("chmod u+w save/packs/{name}"));
        fs::write(packs.join(name), body).unwrap();
    }
    let Some(mount) = Mount::start(&sandbox, "latest") else { return };
    for _ in 0..3 {
        let said = sandbox.fails(1, "cat mounted/first > got");
        assert!(said.contains("Input/output error"), "{said}");
    }
    sandbox.ok("test ! -s got || cmp -n $(stat -c %s got) got files/first");
    sandbox.ok("cmp mounted/second files/second; ls -l mounted");
    let said = mount.end();
    let lines: Vec<_> = said.lines().filter(|line| line.contains("/files/first")).collect();
    assert_eq!(lines.len(), 1, "named, and once: {said}");
    assert!(lines[0].starts_with("larder: warning: ") && !said.contains("second"), "{said}");
}

#[test]
fn a_store_that_goes_away_fails_reads_and_works_again_when_it_is_back() {
    let sandbox = two_packs();
    let Some(mount) = Mount::start(&sandbox, "") else { return };
    let file = format!("mounted/latest{}/files", sandbox.work().display());
    sandbox.ok(&format!("cmp {file}/first files/first; mkdir away; mv save/* away; sleep 1.1"));
    let said = sandbox.fails(1, &format!("cat {file}/second > /dev/null"));
    assert!(said.contains("Input/output error"), "{said}");
    assert_eq!(sandbox.ok("ls mounted/all | wc -l"), "2\n", "what is known stays");
    sandbox.ok(&format!("cmp {file}/first files/first"));
    sandbox.ok(&format!("mv away/* save; cmp {file}/second files/second"));
    let said = mount.end();
    assert!(said.contains("is not there any more") && !said.contains("damaged"), "{said}");
}
