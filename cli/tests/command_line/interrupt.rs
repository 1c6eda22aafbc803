//! Ctrl-C, and other ways to be stopped: within a second, whatever the program is at.

use std::{
    io::Read,
    os::unix::process::CommandExt,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::support::sandbox::Sandbox;

/// Starts a line in a process group of its own, as a terminal does, and gives it time to get going.
fn start(sandbox: &Sandbox, line: &str) -> Child {
    let mut command = sandbox.shell(&format!("exec {line}"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let child = command.spawn().unwrap();
    thread::sleep(Duration::from_millis(1500));
    child
}

fn signal(child: &Child, signal: &str) {
    let group = format!("-{}", child.id());
    assert!(Command::new("kill").args(["-s", signal, "--", &group]).status().unwrap().success());
}

/// Waits for the end; the exit code, how long it took, and standard error.
fn end(mut child: Child) -> (Option<i32>, Duration, String) {
    let began = Instant::now();
    let status = child.wait().unwrap();
    let took = began.elapsed();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    (status.code(), took, said)
}

/// A second, and what a machine takes to end a program beside other tests.
const LIMIT: Duration = Duration::from_millis(1500);

#[test]
fn a_backup_that_waits_ends_within_a_second() {
    let sandbox = Sandbox::new();
    sandbox.ok("larder at ./save create -q");
    for (line, name) in [
        ("larder at ./save backup --stdin dump", "INT"),
        ("larder at ./save backup --stdin-command 'echo some; sleep 60'", "TERM"),
    ] {
        let child = start(&sandbox, line);
        signal(&child, name);
        let (code, took, said) = end(child);
        assert_eq!(code, Some(130), "{said}");
        assert!(took < LIMIT, "{took:?}");
        assert!(said.contains("interrupted"), "{said}");
    }
    assert_eq!(sandbox.ok("larder at ./save ls"), "", "nothing that was cut short is a snapshot");
    sandbox.ok("larder at ./save check");
}

#[test]
fn a_backup_of_files_goes_on_where_it_was() {
    let sandbox = Sandbox::new();
    sandbox.ok("larder at ./save create -q; mkdir files");
    sandbox.ok("for i in 1 2 3 4 5 6 7 8; do head -c 20000000 /dev/urandom > files/$i; done");
    let mut command = sandbox.shell("exec larder at ./save backup files --threads 1");
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).spawn().unwrap();
    thread::sleep(Duration::from_millis(700));
    signal(&child, "INT");
    let (code, took, said) = end(child);
    assert!(code == Some(130) || code == Some(0), "{said}");
    assert!(took < LIMIT, "{took:?}");
    sandbox.ok("larder at ./save backup files -q; larder at ./save restore -to back latest -q; diff -r files back");
}

/// Something in the middle of which nobody looks whether to stop: a chunk of 1.5 MiB at the highest level, which can take a second.
#[test]
fn what_does_not_end_by_itself_is_ended_and_harms_nothing() {
    let sandbox = Sandbox::new();
    sandbox.ok("mkdir files; seq 1 9000000 > files/numbers; cp files/numbers files/again");
    sandbox.ok("seq 8000000 17000000 > files/more");
    // A store for each: what an interrupted run has stored the next one need not do, and may be done before it is interrupted.
    for (store, form) in [("one", ""), ("two", "--json")] {
        sandbox.ok(&format!("larder at ./{store} create -q"));
        let line = format!("larder at ./{store} backup files --compression 19 --threads 2 {form}");
        let child = start(&sandbox, &line);
        signal(&child, "INT");
        let (code, took, said) = end(child);
        assert_eq!(code, Some(130), "{said}");
        assert!(took < LIMIT, "{took:?}");
        assert!(said.contains("larder: interrupted") && said.contains("hint: run the same command again"), "{said}");
        sandbox.ok(&format!("larder at ./{store} check --data; larder at ./{store} backup files -q"));
        sandbox.ok(&format!("larder at ./{store} restore -to back-{store} latest -q; diff -r files back-{store}"));
    }
}

/// Nobody reads what it says, and nobody has to.
#[test]
fn a_command_that_cannot_even_tell_ends_too() {
    let sandbox = Sandbox::new();
    sandbox.ok("larder at ./save create -q; mkdir files; head -c 3000000 /dev/zero > files/large");
    sandbox.ok("larder at ./save backup files -q");
    let child = start(&sandbox, "larder at ./save cat latest:large --json");
    signal(&child, "INT");
    let (code, took, _) = end(child);
    assert_eq!(code, Some(130));
    assert!(took < LIMIT, "{took:?}");
}

/// The demo's folder is thrown away however it ends.
#[test]
fn a_demo_that_is_interrupted_leaves_nothing() {
    let sandbox = Sandbox::new();
    let child = start(&sandbox, "larder demo files > /dev/null");
    signal(&child, "INT");
    let (code, _, said) = end(child);
    assert!(code == Some(130) || code == Some(0), "{said}");
    assert_eq!(sandbox.ok("ls -A ../tmp"), "", "{said}");
}
