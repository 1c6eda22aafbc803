//! `larder demo` runs on any machine and leaves nothing behind.

use std::fs;

use crate::support::sandbox::Sandbox;

#[test]
fn the_demo_shows_the_main_job_and_cleans_up() {
    let sandbox = Sandbox::new();
    let shown = sandbox.ok("larder demo");
    for command in ["create", "backup ./files", "ls", "diff", "find", "cat", "restore -to", "check --data", "info"] {
        assert!(shown.contains(&format!("$ larder at ./save {command}")), "{command}\n{shown}");
    }
    assert!(shown.contains("are the same, byte for byte"), "{shown}");
    assert_eq!(fs::read_dir(sandbox.path().join("tmp")).unwrap().count(), 0);
    assert_eq!(fs::read_dir(sandbox.path().join("home")).unwrap().count(), 0, "it touches no memory of the user");
}
