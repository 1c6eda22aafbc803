//! On a terminal: passphrases are asked for and never shown, and a bar tells how far a backup is. `script` makes the terminal.

use crate::support::sandbox::Sandbox;

/// Types `keys` into a terminal that runs `line`; what is on the terminal in the end, or `None` where there is no `script`.
fn typed(sandbox: &Sandbox, keys: &str, line: &str) -> Option<(i32, String)> {
    if sandbox.run("script --version").0 != 0 {
        eprintln!("there is no `script` here: not tested");
        return None;
    }
    // The program opens its terminal only after it was asked to; what is typed before that may be lost.
    let keys = keys.replace('\n', "\\r");
    let feed = format!("sleep 2; for key in {keys}; do printf \"$key\\r\"; sleep 1.5; done");
    let (code, shown, _) =
        sandbox.run(&format!("unset LARDER_PASSPHRASE; ({feed}) | script -qec \"{line}\" /dev/null"));
    Some((code, shown))
}

#[test]
fn a_new_passphrase_is_asked_for_twice() {
    let sandbox = Sandbox::new();
    let Some((code, shown)) = typed(&sandbox, "secret secret", "larder at ./save create") else { return };
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("a new passphrase for the store") && shown.contains("once more"), "{shown}");
    assert!(!shown.contains("secret"), "{shown}");
    sandbox.ok("LARDER_PASSPHRASE=secret larder at ./save ls");
    let Some((code, shown)) = typed(&sandbox, "one two", "larder at ./save2 create") else { return };
    assert_eq!(code, 64, "{shown}");
}

#[test]
fn a_mistyped_passphrase_may_be_typed_again() {
    let sandbox = Sandbox::new();
    sandbox.ok("LARDER_PASSPHRASE=secret larder at ./save create -q");
    let Some((code, shown)) = typed(&sandbox, "wrong secret", "larder at ./save ls --json") else { return };
    assert_eq!(code, 0, "{shown}");
    let Some((code, shown)) = typed(&sandbox, "a b c", "larder at ./save ls") else { return };
    assert_eq!(code, 77, "{shown}");
}

#[test]
fn a_bar_shows_a_backup() {
    let sandbox = Sandbox::new();
    sandbox.ok(
        "larder at ./save create -q; echo 'for i in 1 2 3 4 5; do head -c 999999 /dev/urandom; sleep 0.2; done' > feed",
    );
    let line = "script -qec 'larder at ./save backup --stdin-command \"sh feed\" --stdin large' /dev/null";
    let (code, shown, _) = sandbox.run(line);
    if shown.is_empty() {
        return;
    }
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("MiB/s") && shown.contains("/large"), "{shown}");
}

/// Nothing tells how much there is but a look ahead.
#[test]
fn the_bar_of_a_first_backup_has_an_end() {
    let sandbox = Sandbox::new();
    sandbox.ok(
        "larder at ./save create -q; mkdir files; for i in $(seq 12); do seq ${i}000000 ${i}999999 > files/$i; done",
    );
    let line = "script -qec 'larder at ./save backup files --compression 15 --threads 1' /dev/null";
    // The look ahead gives way to everything else, so on a machine that is busy it may come too late.
    for attempt in 1..=3 {
        let (code, shown, _) = sandbox.run(line);
        if shown.is_empty() {
            return;
        }
        assert_eq!(code, 0, "{shown}");
        if shown.contains("% backup: ") && shown.contains(" left") {
            return;
        }
        assert!(attempt < 3, "{shown}");
        sandbox.ok("rm -r save; larder at ./save create -q");
    }
}
