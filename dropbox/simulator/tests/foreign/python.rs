//! Dropbox's own SDK for Python, whose validators are strict about every field.

use std::process::Command;

use dropbox_simulator::{DEFAULT_APP, Fault, FaultKind, When};

use crate::kit::{Stage, heard, python};

#[test]
fn the_python_sdk_finds_a_dropbox() {
    let Some(python) = python() else {
        println!("Skipped: `cargo xtask ci` has not installed the Python package dropbox");
        return;
    };
    let stage = Stage::new();
    let account = stage.simulator.account();
    account.write("/Shared/x.txt", b"1");
    account.share("/Shared");
    account.add_paper("/Doc.paper", "# text", 0);
    // Met on the way: what the SDK repeats by itself must do no harm.
    for (call, kind) in [(2, FaultKind::Json429), (4, FaultKind::Plain429), (6, FaultKind::Grpc500)] {
        stage.simulator.add_fault(Fault { route: "files/get_metadata".into(), when: When::Call(call), kind });
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/foreign/sdk.py");
    let mut command = Command::new(python);
    stage.lead(&mut command);
    command.env("CLIENT_ID", DEFAULT_APP).env("REFRESH_TOKEN", account.refresh_token());
    let output = command.arg(script).output().unwrap();
    assert!(heard(&output).ends_with("all is well\n"));
    assert_eq!(stage.simulator.violations(), []);
}
