//! Taking over what rclone wrote: its encrypted files, and rclone itself where it is installed.

use crate::support::sandbox::Sandbox;

/// Written by rclone 1.60.1, with the password `correct horse`.
const ENCRYPTED: &str = include_str!("../../../rclone/src/testdata/encrypted.conf");
const PLAIN: &str = include_str!("../../../rclone/src/testdata/plain.conf");

fn with(name: &str, content: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.work().join(name), content).unwrap();
    sandbox
}

#[test]
fn an_encrypted_configuration_opens_with_its_password() {
    let import = "larder source import mydropbox --config rclone.conf";
    let sandbox = with("rclone.conf", ENCRYPTED);
    sandbox.ok("printf 'correct horse\\n' > password");
    for way in [
        format!("{import} --rclone-password-file password"),
        format!("{import} --rclone-password-command 'cat password'"),
        format!("RCLONE_CONFIG_PASS='correct horse' {import}"),
        "RCLONE_CONFIG_PASS='correct horse' larder source import mydropbox < rclone.conf".to_owned(),
    ] {
        assert_eq!(sandbox.ok(&way), "source: imported mydropbox (dropbox:/)\n");
        sandbox.ok("larder source rm mydropbox");
    }
    let said = sandbox.fails(64, import);
    assert!(said.contains("--rclone-password-file"), "{said}");
    let said = sandbox.fails(77, &format!("RCLONE_CONFIG_PASS=wrong {import}"));
    assert!(said.contains("does not open"), "{said}");
}

#[test]
fn what_rclone_says_is_taken_over() {
    let sandbox = with("rclone.conf", PLAIN);
    let (code, _, _) = sandbox.run("rclone version");
    if code != 0 {
        eprintln!("there is no rclone here: not tested");
        return;
    }
    let show = "RCLONE_CONFIG=rclone.conf rclone config show";
    sandbox.ok(&format!("{show} | larder source import mydropbox"));
    assert_eq!(sandbox.ok("larder source show mydropbox"), "location:       dropbox:/\nroot_namespace: 1234567\n");
    sandbox.ok(&format!("{show} mydropbox | larder store import"));
    assert_eq!(sandbox.ok("larder store show mydropbox"), "location:       dropbox:/Larder\nroot_namespace: 1234567\n");
    let kept = sandbox.ok("cat ~/.local/share/larder/credentials/dropbox-mydropbox.json");
    for value in ["REFRESH-of-fixture", "sl.OLD-access", "ourkey123", "s3cret`x\\\"y\\\"=z:w#q;v"] {
        assert!(kept.contains(value), "{value}: {kept}");
    }
    let said = sandbox.fails(64, &format!("{show} | larder source import 'my box'"));
    assert!(said.contains("rename"), "{said}");
}

#[test]
fn a_token_of_rclone_s_own_app_serves_until_it_ends() {
    let token = r#"{"access_token":"sl.a","refresh_token":"r","expiry":"2999-01-31T12:00:00Z"}"#;
    let sandbox = with("rclone.conf", &format!("[own]\ntype = dropbox\ntoken = {token}\nbatch_mode = sync\n"));
    let (code, stdout, stderr) = sandbox.run("larder source import own < rclone.conf");
    assert_eq!((code, stdout.as_str()), (0, "source: imported own (dropbox:/)\n"));
    for words in ["until 2999-01-31T12:00:00Z", "larder auth dropbox --name own", "ways of its own for: batch_mode"] {
        assert!(stderr.contains(words), "{stderr}");
    }
    let listed = sandbox.ok("larder auth list");
    assert!(listed.contains("cannot be renewed"), "{listed}");
    let kept = sandbox.ok("cat ~/.local/share/larder/credentials/dropbox-own.json");
    assert!(!kept.contains("refresh_token"), "{kept}");
}
