//! rclone, through the proxy and over TLS, as it reaches the real one.

use std::path::Path;
use std::process::Command;

use dropbox_simulator::App;
use serde_json::json;

use crate::kit::{Stage, heard, works};

struct Rclone<'a> {
    stage: &'a Stage,
}

impl Rclone<'_> {
    fn run(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("rclone");
        self.stage.lead(&mut command);
        let config = self.stage.folder.path().join("rclone.conf");
        command.arg("--config").arg(config).arg("--ca-cert").arg(self.stage.authority());
        heard(&command.args(arguments).output().unwrap())
    }
}

/// A configuration whose access token is over, so that rclone begins with renewing it.
fn configure(stage: &Stage) {
    let (id, secret) = ("rcloneapp", "hidden");
    stage.simulator.add_app(App { secret: Some(secret.into()), ..App::new(id) });
    let refresh = stage.simulator.account().refresh_token_of(id);
    let token = json!({
        "access_token": "sl.over", "token_type": "bearer", "refresh_token": refresh, "expiry": "2020-01-01T00:00:00Z",
    });
    let text = format!("[dbx]\ntype = dropbox\nclient_id = {id}\nclient_secret = {secret}\ntoken = {token}\n");
    std::fs::write(stage.folder.path().join("rclone.conf"), text).unwrap();
}

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn rclone_copies_there_and_back() {
    if !works(Command::new("rclone").arg("version")) {
        println!("Skipped: rclone is not installed");
        return;
    }
    let stage = Stage::new();
    configure(&stage);
    let (source, back) = (stage.folder.path().join("source"), stage.folder.path().join("back"));
    write(&source, "small.txt", b"hello");
    write(&source, "sub/Grüße 😀.txt", b"more");
    write(&source, "sub/empty", b"");
    write(&source, "large.bin", &vec![7; 5 << 20]);
    let rclone = Rclone { stage: &stage };
    let (source, back) = (source.to_str().unwrap(), back.to_str().unwrap());
    rclone.run(&["copy", source, "dbx:backup", "--dropbox-chunk-size", "4M"]);
    rclone.run(&["copy", source, "dbx:plain", "--dropbox-batch-mode", "off"]);
    let paths = stage.simulator.account().paths();
    assert!(paths.contains(&"/backup/sub/Grüße 😀.txt".to_owned()), "{paths:?}");
    assert!(paths.contains(&"/plain/sub/Grüße 😀.txt".to_owned()), "{paths:?}");
    let checked = rclone.run(&["check", "--download", source, "dbx:backup"]);
    assert!(checked.contains("0 differences found"), "{checked}");
    let checked = rclone.run(&["check", source, "dbx:plain"]);
    assert!(checked.contains("0 differences found"), "{checked}");
    rclone.run(&["copy", "dbx:backup", back]);
    assert!(std::fs::read(Path::new(back).join("large.bin")).unwrap() == vec![7; 5 << 20]);
    let listed = rclone.run(&["lsl", "dbx:backup"]);
    assert_eq!(listed.lines().filter(|line| line.contains("small.txt") || line.contains("large.bin")).count(), 2);
    let listed = rclone.run(&["lsl", "dbx:"]);
    assert!(listed.contains("backup/small.txt") && listed.contains("plain/sub/Grüße 😀.txt"), "{listed}");
    assert!(rclone.run(&["about", "dbx:"]).contains("Used:"));
    rclone.run(&["moveto", "dbx:backup/small.txt", "dbx:backup/renamed.txt"]);
    rclone.run(&["purge", "dbx:plain"]);
    let paths = stage.simulator.account().paths();
    assert!(paths.contains(&"/backup/renamed.txt".to_owned()) && !paths.iter().any(|it| it.starts_with("/plain")));
    let violations = stage.simulator.violations();
    assert_eq!(violations, []);
}
