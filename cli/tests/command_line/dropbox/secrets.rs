//! Nothing that a backup of an account says holds a secret.

use super::{BACKUP, with_files};

#[test]
fn no_backup_shows_a_secret() {
    let world = with_files();
    let refresh = world.dropbox.account().refresh_token();
    let mut said = String::new();
    let mut run = |line: &str| {
        for option in ["", "-v", "--json", "-v --json"] {
            let (_, stdout, stderr) = world.sandbox.run(&world.line(&format!("{line} {option}")));
            said.push_str(&stdout);
            said.push_str(&stderr);
        }
    };
    run(&format!("{BACKUP} --dry-run"));
    run(BACKUP);
    run("larder at ./save backup @mydropbox:/Nowhere");
    run("larder at ./save info latest");
    let kept: serde_json::Value = serde_json::from_str(&world.credentials().unwrap()).unwrap();
    world.dropbox.account().revoke_tokens();
    run(BACKUP);
    run(&format!("LARDER_DROPBOX_ENDPOINT=http://127.0.0.1:1 {BACKUP}"));
    assert!(said.contains("sign in again") && said.contains("calls made"), "{said}");
    let secrets = ["access_token", "refresh_token"].map(|key| kept[key].as_str().unwrap().to_owned());
    for secret in secrets.iter().map(String::as_str).chain([refresh.as_str(), "sl.", "Bearer"]) {
        assert!(!said.contains(secret), "{secret}: {said}");
    }
    // Nor does the store, or what is remembered beside the credentials.
    let kept = world.sandbox.run(&format!("grep -rlF -e {} -e {} .", secrets[0], secrets[1])).1;
    assert_eq!(kept, "./rclone.conf\n");
    let beside = world.sandbox.ok("cd ~/.local/share/larder; grep -rlF -e access_token -e refresh_token .");
    assert_eq!(beside, "./credentials/dropbox-mydropbox.json\n");
}
